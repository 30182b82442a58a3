"""Profiles of floods: more alerts in ten minutes than may leave by themselves, by one and by many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.faults import FaultPlan, Kind, Planned
from chaos.profiles.draws import Place, draw_planned
from chaos.story import EventPlan

if TYPE_CHECKING:
    from chaos.profiles.draft import Draft
    from chaos.story import Story

#: What a group is stored, claimed and published with.
_PLACES: Final = (
    *[Place("events.PutEvents", 2)] * 3,
    Place("dynamodb.TransactWriteItems", 3),
    Place("dynamodb.PutItem", 3),
    Place("dynamodb.Query", 2),
    Place("dynamodb.BatchGetItem", 2),
    Place("s3.PutObject", 3),
    Place("sns.Publish", 2, label="notify:*"),
)


def write_flood(draft: Draft) -> Story:
    """Waves of edits of many accounts and of refused calls. Nothing fails; messages may come twice."""
    _write_waves(draft)
    events = EventPlan(double=draft.random.choice([0.0, 0.2, 0.5]), copies=draft.chance(0.3))
    pace = draft.random.choice([0.5, 1.0, 3.0])
    return draft.finish(events=events, bulk=draft.random.randint(3, 6), pace=pace)


def write_flood_and_faults(draft: Draft) -> Story:
    """The same while calls fail and workers are killed."""
    _write_waves(draft)
    planned = [draw_planned(draft.random, _PLACES) for _ in range(draft.random.randint(2, 5))]
    if draft.chance(0.4):
        # Workers that came back for the same group keep the lines of its message at different speeds.
        call, after = "s3.PutObject", "dynamodb.Query"
        planned.append(Planned(label="reconcile:*", call=call, after=after, kind=Kind.SLOW, times=50))
    else:
        # The message of a group does not leave, or its worker ends there.
        kind, skip = draft.random.choice([Kind.BROKEN, Kind.KILL_BEFORE]), draft.random.randint(0, 4)
        call, after = "events.PutEvents", "dynamodb.Query"
        planned.append(Planned(label="reconcile:*", call=call, after=after, kind=kind, skip=skip, times=3))
    events = EventPlan(double=draft.random.choice([0.0, 0.1]), lost=draft.random.choice([0.0, 0.1]))
    return draft.finish(events=events, bulk=draft.random.randint(3, 6), faults=FaultPlan(planned=planned))


def _write_waves(draft: Draft) -> None:
    draft.add_members(draft.random.randint(8, 12))
    waves = draft.random.sample(["root", "persons", "one", "attempts"], draft.random.randint(2, 3))
    for wave in waves:
        _write_wave(draft, wave)
        draft.wait(1, 120)
    if draft.chance(0.5):
        # What comes when the first groups have ended.
        draft.wait(300, 2400)
        _write_wave(draft, draft.random.choice(waves))


def _write_wave(draft: Draft, wave: str) -> None:
    random = draft.random
    accounts = [account for account, _ in draft.accounts]
    if wave == "attempts":
        for _ in range(random.randint(4, 14)):
            draft.edit(random.choice(accounts), random.choice(draft.kinds), who="stranger", right=0.0)
            draft.wait(0.1, 20)
        return
    everywhere = [(account, kind) for account in accounts for kind in draft.kinds]
    number = len(accounts) if wave == "one" else random.randint(20, 36)
    pause = random.choice([2, 12, 12, 100]) if wave == "one" else random.choice([2, 12])
    for place, (account, kind) in enumerate(random.sample(everywhere, number)):
        who = {"root": "root", "one": "admin"}.get(wave, f"person{place + 1}")
        # A member may delete only so many a second, and so may we.
        draft.edit(account, kind, who=who, right=0.05, deleted=0.1)
        draft.wait(0.1, pause)
