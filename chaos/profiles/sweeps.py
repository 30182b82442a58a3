"""Profiles of sweeps: rosters, approvals, pauses and renames beside edits."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from chaos.fakes.account import ALTERNATE_KINDS
from chaos.faults import FaultPlan, Kind, Planned
from chaos.profiles.draws import ANY_PUT, Place, draw_events, draw_planned, draw_rates
from chaos.story import EventPlan, MemberRole, Trouble

if TYPE_CHECKING:
    from chaos.profiles.draft import Draft
    from chaos.story import Story


def write_sweeps(draft: Draft) -> Story:
    """Events are lost, and sweeps find what no event led to."""
    for _ in range(draft.random.randint(1, 3)):
        draft.edit(*draft.pick_contact())
        draft.wait(0, 60)
    for _ in range(draft.random.randint(1, 2)):
        draft.do("sweep")
        draft.wait(0, 8)
        if draft.chance(0.7):
            draft.burst(*draft.pick_contact())
        draft.wait(60, 1200)
    rates = draw_rates(draft.random, draft.random.choice([0.004, 0.02])) if draft.chance(0.7) else {}
    planned = []
    if draft.chance(0.3):
        place = Place(draft.random.choice(["s3.PutObject", "*"]), 2, label="sweep:*report*")
        planned = [replace(draw_planned(draft.random, [place]), times=5)]
    events = EventPlan(lost=draft.random.choice([0.3, 1.0]), late=draft.random.choice([0.0, 0.3]))
    return draft.finish(
        events=events, faults=FaultPlan(planned=planned, rates=rates, most=6, stale=draft.draw_stale())
    )


def write_approvals(draft: Draft) -> Story:
    """A new roster is deployed and approved, writes are paused, and contacts are changed meanwhile."""
    draft.rosters.append(draft.make_roster(draft.rosters[0]))
    steps = ["deploy", "approve", "pause", "unpause"]
    if draft.chance(0.6):
        steps = draft.random.choice(
            [["pause", "deploy", "unpause", "approve"], ["deploy", "pause", "unpause", "approve"]]
        )
    for step in steps:
        if draft.chance(0.5):
            draft.edit(*draft.pick_contact())
            # What was decided before a pause or another roster may come to be written after it.
            draft.wait(0, 8 if draft.chance(0.6) else 60)
        draft.do(step, value=1 if step == "deploy" else None)
        if draft.chance(0.4):
            draft.wait(0, 5)
            continue
        draft.wait(1, 30)
        if draft.chance(0.5):
            draft.edit(*draft.pick_contact())
        draft.wait(30, 900)
    rates = draw_rates(draft.random, 0.006) if draft.chance(0.5) else {}
    return draft.finish(
        events=draw_events(draft.random, quiet=0.6),
        faults=FaultPlan(rates=rates, most=4, stale=draft.draw_stale()),
    )


def write_unforwarded(draft: Draft) -> Story:
    """The forwarders of members are removed, and brought back: what is edited meanwhile only sweeps find."""
    random = draft.random
    members = random.sample([account for account, _ in draft.accounts[2:]], random.randint(1, 3))
    for step in ("unforward", "sweep", "forward", "sweep"):
        for account in members if step.endswith("forward") else ("",):
            draft.do(step, account=account)
            draft.wait(0, 5)
        for _ in range(random.randint(0, 3)):
            draft.wait(0, random.choice([5, 60, 900]))
            draft.burst(random.choice([*members, draft.accounts[1][0]]), random.choice(draft.kinds))
        draft.wait(0, random.choice([2, 20, 1800]))
    rates = draw_rates(random, 0.006) if draft.chance(0.4) else {}
    return draft.finish(
        events=draw_events(random, quiet=0.6),
        bulk=random.randint(2, 5),
        faults=FaultPlan(rates=rates, most=4, stale=draft.draw_stale()),
    )


def write_roles(draft: Draft) -> Story:
    """Sweeps read members through roles, which fail before, between or in the middle of them."""
    moments = [0.0, inf]
    for _ in range(draft.random.randint(2, 3)):
        for _ in range(draft.random.randint(0, 2)):
            draft.edit(*draft.pick_contact(), right=0.0, lost=draft.chance(0.8))
            draft.wait(0, 60)
        draft.do("sweep")
        moments += [draft.now, draft.now + draft.random.uniform(0, 6)]
        draft.wait(600, 1500)
    roles = {
        account: MemberRole(until=draft.random.choice(moments), trouble=draft.random.choice(list(Trouble)))
        for account, _ in draft.accounts[2:]
    }
    rates = draw_rates(draft.random, draft.random.choice([0.01, 0.04]))
    faults = FaultPlan(rates=rates, stale=draft.draw_stale()) if draft.chance(0.5) else FaultPlan()
    return draft.finish(faults=faults, roles=roles)


def write_held_up(draft: Draft) -> Story:
    """A sweep is held up at its write for longer than others wait, and the contact is changed again."""
    account, kind = draft.pick_contact()
    draft.edit(account, kind, right=0.0)
    draft.wait(0, 20)
    draft.do("sweep")
    for _ in range(draft.random.randint(1, 3)):
        draft.wait(2, 60)
        draft.edit(account, kind, right=0.2)
    place = draft.random.choice([("account.*", None), ("s3.PutObject", None), ("dynamodb.*", ANY_PUT)])
    planned = Planned(
        label="apply:*apply*", call=place[0], after=place[1], kind=Kind.STALL, nth=draft.random.randint(1, 3)
    )
    return draft.finish(events=EventPlan(lost=0.5), faults=FaultPlan(planned=[planned]))


def write_unannounced(draft: Draft) -> Story:
    """A contact is restored as a sweep begins, and changed again by somebody of whom no event may come."""
    account, kind = draft.pick_contact()
    draft.edit(account, kind, right=0.0)
    draft.wait(0.5, 15)
    draft.do("sweep")
    for _ in range(draft.random.randint(1, 2)):
        draft.wait(0.5, 30)
        draft.edit(account, kind, right=0.1, lost=draft.chance(0.7))
    return draft.finish(events=draw_events(draft.random), pace=draft.random.choice([1.0, 3.0, 10.0]))


def write_interrupted(draft: Draft) -> Story:
    """A roster whose few changes need nobody is deployed, and writes are paused while its sweep runs."""
    roster = draft.rosters[0]
    draft.rosters = [{**roster, "limits": {"max_changed_accounts": "100%"}}]
    draft.rosters.append(draft.make_roster(draft.rosters[0]))
    draft.do("deploy", value=1)
    draft.wait(0.5, draft.random.choice([4, 12]))
    if draft.chance(0.4):
        draft.edit(*draft.pick_contact())
    draft.do("pause")
    draft.wait(30, 900)
    if draft.chance(0.4):
        draft.edit(*draft.pick_contact())
        draft.wait(0, 60)
    draft.do("unpause")
    draft.wait(1, 60)
    return draft.finish(pace=draft.random.choice([1.0, 3.0, 10.0]))


def write_renamed(draft: Draft) -> Story:
    """The unit of all members is renamed while calls fail: each account is looked at because of it."""
    for _ in range(draft.random.randint(0, 2)):
        account, _ = draft.random.choice(draft.accounts[2:])
        draft.edit(account, draft.random.choice(draft.kinds), right=0.0, lost=draft.chance(0.7))
        draft.wait(0, 60)
    draft.do("rename")
    draft.wait(1, 300)
    if draft.chance(0.4):
        draft.change()
    rates = draw_rates(draft.random, draft.random.choice([0.0, 0.01, 0.05, 0.12]))
    planned: list[Planned] = []
    if draft.chance(0.3):
        # What it has to say in the end is refused, too.
        planned = [
            Planned(label="reconcile:rename*", call=call, kind=Kind.BROKEN, nth=nth, times=8)
            for call, nth in (("account.*", 1), ("events.PutEvents", draft.random.randint(1, 4)))
        ]
    faults = FaultPlan(rates=rates, planned=planned)
    return draft.finish(faults=faults, events=draw_events(draft.random, quiet=0.5))


def write_pending(draft: Draft) -> Story:
    """A roster waits for approval; the run that found it restores drift, and others sweep beside it."""
    limits = {"limits": {"max_changed_accounts": draft.random.choice([1, 2])}}
    draft.rosters = [{**draft.rosters[0], **limits}]
    draft.rosters.append(draft.make_roster(draft.rosters[0]))
    if draft.chance(0.8):
        draft.edit(*draft.pick_contact(), who="dev", right=0.0, lost=True)
        draft.wait(1, 60)
    draft.do("deploy", value=1)
    draft.wait(30, 600)
    if draft.chance(0.5):
        draft.edit(*draft.pick_contact(), right=0.0)
        draft.wait(1, 30)
        draft.do("sweep")
        draft.wait(0, 6)
    draft.do("approve")
    draft.wait(60, 900)
    return draft.finish(events=EventPlan(lost=0.5), pace=draft.random.choice([1.0, 3.0]))


def write_too_many(draft: Draft) -> Story:
    """Deletes in several accounts wait, beside edits that do not, and more follow while they are approved."""
    kind, roster = draft.random.choice(ALTERNATE_KINDS), draft.rosters[0]
    absent = {"defaults": {**roster["defaults"], kind: None}, "overrides": [], "exempt": []}
    draft.rosters = [{**roster, **absent}]
    for accounts, wait in ((draft.accounts[:2], (30, 600)), (draft.accounts[2:], (0, 5))):
        for account, _ in accounts:
            draft.edit(account, kind, who="dev", right=0.0, deleted=0.0, lost=True)
            if draft.chance(0.5):
                draft.edit(account, draft.random.choice(draft.kinds), right=0.0, lost=True)
        draft.wait(1, 10)
        draft.do("sweep")
        draft.wait(*wait)
    draft.do("approve")
    draft.wait(60, 900)
    return draft.finish(pace=draft.random.choice([1.0, 3.0]))
