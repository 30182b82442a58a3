"""Profiles of what comes into force: rosters that weaken, approvals side by side, pauses that end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.faults import FaultPlan, Kind, Planned
from chaos.profiles.draws import draw_events, draw_rates
from chaos.story import EventPlan

if TYPE_CHECKING:
    from random import Random

    from chaos.profiles.draft import Draft
    from chaos.story import Story

#: Where an approval, or a gate, is held up or cut off.
_CALLS: Final = (
    "s3.PutObject",
    "dynamodb.GetItem",
    "dynamodb.UpdateItem",
    "dynamodb.TransactWriteItems",
    "dynamodb.DeleteItem",
    "events.PutEvents",
    "stepfunctions.StartExecution",
)
_CUT_OFF: Final = (Kind.BROKEN, Kind.KILL_BEFORE, Kind.KILL_AFTER, Kind.LOST, Kind.FALSE)


def write_weakened(draft: Draft) -> Story:
    """Rosters that weaken are deployed: each waits for a person, who approves it or does not."""
    for _ in range(draft.random.randint(1, 2)):
        before = draft.rosters[-1]
        draft.rosters.append(draft.weaken(draft.make_roster(before) if draft.chance(0.3) else before))
    for number in range(1, len(draft.rosters)):
        draft.do("deploy", value=number)
        draft.wait(0.5, 90)
        if draft.chance(0.5):
            draft.edit(*draft.pick_contact())
            draft.wait(1, 60)
        if draft.chance(0.3):
            draft.do("sweep")
            draft.wait(0, 30)
        if draft.chance(0.5):
            draft.do("approve")
            draft.wait(1, 300)
    if draft.chance(0.3):
        draft.do("deploy", value=0)
        draft.wait(10, 90)
    rates = draw_rates(draft.random, 0.006) if draft.chance(0.4) else {}
    return draft.finish(events=draw_events(draft.random, quiet=0.7), faults=FaultPlan(rates=rates, most=4))


def write_abandoned(draft: Draft) -> Story:
    """A plan waits for a week and longer: it is replaced, found again, not needed, approved late, or expires.

    Meanwhile writes may be paused, and contacts are edited in bulk.
    """
    random, day = draft.random, 86_400
    before = {**draft.rosters[0], "limits": {"max_changed_accounts": 1}}
    draft.rosters = [before, draft.make_roster(before), draft.weaken(before)]
    ends_at = draft.now + 7 * day
    draft.do("deploy", value=random.choice([1, 2]))
    for _ in range(random.randint(0, 4)):
        draft.now += random.choice([0, 5, 60, 900, day])
        step = random.choice(["sweep", "sweep", "deploy", "edit", "pause", "spree"])
        match step:
            case "edit":
                draft.edit(*draft.pick_contact(), right=0.0, lost=draft.chance(0.5))
            case "spree":
                for account, _ in draft.accounts:
                    draft.edit(account, random.choice(draft.kinds), who="admin", right=0.0)
                    draft.wait(0.1, 15)
            case _:
                minutes = random.choice([15, 60, 1440])
                draft.do(step, value={"deploy": random.choice([0, 1, 2]), "pause": minutes}.get(step))
    if draft.chance(0.7):
        # Just before or after it expires.
        draft.now = max(draft.now, ends_at + random.choice([-1000, -2, 1, 1000]))
        for step in random.sample(["approve", "sweep"], random.randint(1, 2)):
            draft.do(step)
            draft.wait(0, 5)
    draft.wait(900, 3600)
    planned = [_draw_cut_off(random) for _ in range(random.choice([0, 1, 1, 2]))]
    if draft.chance(0.5):
        label = random.choice(["follow-up*", "sweep:*gate*", "command-approve*"])
        call = random.choice(["events.PutEvents", "dynamodb.DeleteItem", "dynamodb.PutItem"])
        planned.append(Planned(label=label, call=call, kind=random.choice(_CUT_OFF), times=3))
    return draft.finish(
        events=draw_events(random, quiet=0.8),
        bulk=random.randint(2, 4),
        faults=FaultPlan(planned=planned),
        pace=random.choice([1.0, 3.0]),
    )


def _draw_cut_off(random: Random) -> Planned:
    """An approval, or a gate, is held up or cut off once, or at each try."""
    return Planned(
        label=random.choice(["command-approve*", "command-approve*", "sweep:*gate*"]),
        call=random.choice(_CALLS),
        kind=random.choice([Kind.STALL, *_CUT_OFF]),
        nth=random.randint(1, 3),
        times=random.choice([1, 2, 5]),
    )


def write_side_by_side(draft: Draft) -> Story:
    """A plan is approved while another roster, or the same plan, is approved as well."""
    before = {**draft.rosters[0], "limits": {"max_changed_accounts": 1}}
    # The first waits for a person; the other one weakens and writes nothing.
    harmless = {**before, "limits": {"max_changed_accounts": 0}}
    weaker = draft.weaken(before)
    draft.rosters = [before, weaker, harmless, {**weaker, "limits": {"max_changed_accounts": 0}}]
    draft.do("deploy", value=1)
    draft.wait(30, 90)
    way = draft.random.choice(["two-people", "overtaken", "deployed-again", "rolled-back"])
    if way == "deployed-again":
        draft.do("deploy", value=2)
        draft.wait(30, 90)
        draft.do("deploy", value=1)
        draft.wait(0, 2)
    if way == "rolled-back":
        draft.do("approve")
        draft.wait(30, 90)
        draft.do("rollback", value=0)
        draft.wait(30, 90)
        if draft.chance(0.5):
            draft.do(
                "deploy", value=3
            )  # of itself, so that the plan to go back was compared with another one
            draft.wait(30, 90)
    draft.do("approve")
    if way == "two-people":
        draft.wait(0, 3)
        draft.do("approve")
    if way == "overtaken":
        draft.wait(0, 2)
        draft.do("deploy", value=2)
    draft.wait(5, 90)
    if draft.chance(0.4):
        draft.do("sweep")
        draft.wait(5, 90)
    planned = [_draw_cut_off(draft.random) for _ in range(draft.random.randint(1, 2))]
    if way == "overtaken":
        # Between its look at what is in force and its own approval.
        call = draft.random.choice(["dynamodb.UpdateItem", *["dynamodb.TransactWriteItems"] * 2])
        planned.append(Planned(label="command-approve*", call=call, kind=Kind.STALL))
    if way == "two-people" and draft.chance(0.3):
        # The bus takes nothing from either, however often they try.
        planned = [Planned(label="command-approve*", call="events.PutEvents", kind=Kind.BROKEN, times=10)]
    if way in ("deployed-again", "rolled-back"):
        # Another roster comes into force, and the plan that was compared with the one before is kept.
        label = f"control:roster-deploy{1 if way == 'deployed-again' else 3}*approve*"
        planned.append(Planned(label=label, call="dynamodb.DeleteItem", kind=Kind.BROKEN, times=5))
    return draft.finish(faults=FaultPlan(planned=planned), pace=draft.random.choice([1.0, 3.0]))


def write_expiring(draft: Draft) -> Story:
    """A pause ends by itself; contacts are changed before, during and after it, perhaps in bulk.

    Meanwhile a plan may wait for a person.
    """
    minutes = draft.random.choice([15, 20, 30])
    pending, bulk = draft.chance(0.3), draft.chance(0.3)
    if pending:
        draft.rosters.append(draft.weaken(draft.rosters[0]))
        draft.do("deploy", value=1)
        draft.wait(0, 60)
    if draft.chance(0.5):
        draft.edit(*draft.pick_contact())
        draft.wait(0, 20)
    draft.do("pause", value=minutes)
    ends_at = draft.now + 60 * minutes
    for _ in range(draft.random.randint(1, 3)):
        draft.wait(1, 20 * minutes)
        draft.change()
    if draft.chance(0.4):
        draft.do("sweep")
    if bulk:
        # It is open as the pause ends.
        draft.now = max(draft.now, ends_at - draft.random.uniform(0, 600))
        for account, _ in draft.accounts:
            draft.edit(account, draft.random.choice(draft.kinds), who="admin", right=0.0)
            draft.wait(0.1, 15)
    draft.now = max(draft.now, ends_at + draft.random.uniform(-5, 600))
    if pending and draft.chance(0.5):
        draft.do("approve")
    for _ in range(draft.random.randint(1, 3)):
        draft.edit(*draft.pick_contact())
        draft.wait(1, 60)
    rates = draw_rates(draft.random, 0.006) if draft.chance(0.4) else {}
    events = draw_events(draft.random, quiet=0.6) if draft.chance(0.7) else EventPlan(lost=0.5)
    faults = FaultPlan(rates=rates, most=4)
    return draft.finish(events=events, bulk=3 if bulk else 5, faults=faults)
