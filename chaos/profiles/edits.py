"""Profiles of edits: what people change, and what happens to its events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaos.faults import FaultPlan, Kind, Planned
from chaos.profiles.draws import ANY_PUT, draw_events, draw_planned, draw_rates
from chaos.story import BURSTS, EventPlan

if TYPE_CHECKING:
    from chaos.profiles.draft import Draft
    from chaos.story import Story


def write_bursts(draft: Draft) -> Story:
    """Bursts of edits, no fault at all."""
    for _ in range(draft.random.randint(1, 4)):
        draft.burst(*draft.pick_contact())
        draft.wait(60, 3600)
    return draft.finish()


def write_many_bursts(draft: Draft) -> Story:
    """Ten bursts, far enough from each other that no edits count as bulk or as repeated."""
    for _ in range(BURSTS):
        draft.burst(*draft.pick_contact())
        draft.wait(1300, 3600)
    return draft.finish()


def write_drill(draft: Draft) -> Story:
    """Registered edits of a drill, and others that come close to them."""
    members = [account for account, _ in draft.accounts[1:] if account != draft.exempt]
    draft.rosters = [{**roster, "drill": {"accounts": sorted(members)}} for roster in draft.rosters]
    for _ in range(draft.random.randint(1, 4)):
        draft.drill(draft.random.choice(members), draft.random.choice(draft.kinds))
        draft.wait(60, 1200)
    planned = [draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    return draft.finish(events=draw_events(draft.random, quiet=0.5), faults=FaultPlan(planned=planned))


def write_rush(draft: Draft) -> Story:
    """Events are held up on their way and come all at once, when their edits are no longer new."""
    for _ in range(draft.random.randint(1, 3)):
        draft.burst(*draft.pick_contact(), right=0.05)
        draft.wait(60, 600)
    planned = [draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    events = replace(draw_events(draft.random, quiet=0.7), release=draft.random.choice([30.0, 300.0]))
    return draft.finish(
        events=events, faults=FaultPlan(planned=planned), pace=draft.random.choice([1.0, 3.0, 5.0, 10.0])
    )


def write_spree(draft: Draft) -> Story:
    """One principal changes contacts of all accounts within a minute."""
    who = draft.random.choice(("admin", "root", "authorised"))
    for account, _ in draft.accounts:
        draft.edit(account, draft.random.choice(draft.kinds), who=who, right=0.0)
        draft.wait(0.1, 15)
    if draft.chance(0.5):
        draft.wait(10, 400)
        draft.change()
    planned = [draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    return draft.finish(
        bulk=draft.random.randint(2, 5),
        events=draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=planned),
    )


def write_calm(draft: Draft) -> Story:
    """Single edits, also far apart, with all that events may do on their way."""
    for _ in range(draft.random.randint(1, 5)):
        draft.edit(*draft.pick_contact(), right=0.3)
        draft.wait(1, 3000)
    return draft.finish(events=draw_events(draft.random))


def write_tug(draft: Draft) -> Story:
    """Somebody, or several people, change one contact back again and again."""
    account, kind = draft.pick_contact()
    who = draft.random.choice((None, "admin", "root"))
    for _ in range(draft.random.randint(4, 8)):
        draft.edit(account, kind, who=who, right=0.05)
        draft.wait(5, 400)
    if draft.chance(0.3):
        draft.do("release", account=account, kind=kind)
        draft.wait(5, 60)
        draft.edit(account, kind)
    rates = draw_rates(draft.random, 0.02) if draft.chance(0.6) else {}
    return draft.finish(
        events=draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(rates=rates, most=3, stale=draft.draw_stale()),
    )


def write_overwritten(draft: Draft) -> Story:
    """A contact is changed after our write, and no event of it comes: only that of our own write."""
    for _ in range(draft.random.randint(3, 6)):
        account, kind = draft.pick_contact()
        draft.edit(account, kind, right=0.0)
        draft.wait(3, 15)
        draft.edit(account, kind, right=0.0, lost=draft.chance(0.8))
        draft.wait(20, draft.random.choice([60, 60, 3000]))
    events = EventPlan(late=draft.random.choice([0.0, 0.5]), longest=300.0)
    return draft.finish(events=events, bulk=2)


def write_theft(draft: Draft) -> Story:
    """Somebody has the credentials of the role that writes."""
    for _ in range(draft.random.randint(1, 3)):
        account, kind = draft.pick_contact()
        if draft.chance(0.5):
            draft.edit(account, kind)
            draft.wait(0, 6)
        draft.edit(account, kind, who="thief", right=0.1)
        draft.wait(1, 1200)
    planned = [draw_planned(draft.random) for _ in range(draft.random.choice([0, 0, 1, 2]))]
    if draft.chance(0.5):
        # What is known of the call must survive the worker that restores the contact.
        kind = draft.random.choice([Kind.KILL_BEFORE, Kind.KILL_AFTER])
        put, skip = ANY_PUT, draft.random.choice([0, 1])
        planned.append(Planned(label="reconcile:*", call=put, kind=kind, skip=skip))
    return draft.finish(
        events=draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=planned, stale=draft.draw_stale()),
    )
