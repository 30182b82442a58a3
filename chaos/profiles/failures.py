"""Profiles of failures: crashes, outages and calls that go wrong while contacts are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.faults import FaultPlan, Kind, Outage, Planned
from chaos.profiles.draws import AFTER_PUT, PLACES, draw_events, draw_planned, draw_rates
from chaos.story import EventPlan

if TYPE_CHECKING:
    from chaos.profiles.draft import Draft
    from chaos.story import Story


def write_crash(draft: Draft) -> Story:
    """A burst or two, and one to three faults at chosen calls."""
    for _ in range(draft.random.randint(1, 2)):
        draft.change()
        draft.wait(5, 900)
    planned = [draw_planned(draft.random) for _ in range(draft.random.randint(1, 4))]
    return draft.finish(
        events=draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=planned, stale=draft.draw_stale()),
    )


def write_trouble(draft: Draft) -> Story:
    """Some per cent of all calls go wrong for the whole time."""
    for _ in range(draft.random.randint(1, 4)):
        draft.change()
        draft.wait(5, 1800)
    rates = draw_rates(draft.random, draft.random.choice([0.01, 0.04, 0.1]))
    return draft.finish(
        events=draw_events(draft.random), faults=FaultPlan(rates=rates, stale=draft.draw_stale())
    )


def write_outage(draft: Draft) -> Story:
    """A service or two are down for minutes, while contacts are changed."""
    outages = []
    for _ in range(draft.random.randint(1, 2)):
        draft.edit(*draft.pick_contact())
        start = draft.now + draft.random.uniform(-30, 30)
        outages.append(
            Outage(
                service=draft.random.choice(("account", "dynamodb", "events", "organizations", "s3", "sns")),
                start=start,
                end=start + draft.random.choice([20, 60, 400, 1200]),
                share=draft.random.choice([0.5, 1.0, 1.0]),
            )
        )
        draft.wait(1, 300)
        draft.burst(*draft.pick_contact())
        draft.wait(1, 1800)
    return draft.finish(events=draw_events(draft.random, quiet=0.5), faults=FaultPlan(outages=tuple(outages)))


def write_dead_letters(draft: Draft) -> Story:
    """A service is down until messages are dead letters, which are redriven minutes or days later."""
    random, start = draft.random, draft.now - draft.random.uniform(0, 30)
    for _ in range(random.randint(1, 3)):
        draft.change()
        draft.wait(0, 300)
    # Alerts are given up after some five hours, events after some thirteen.
    service, hours = random.choice(
        [
            ("sns", 6),
            ("sns", 8),
            *((name, 14) for name in ("account", "dynamodb", "organizations", "s3", "events")),
        ]
    )
    draft.now = end = start + 3600 * hours
    for _ in range(random.randint(1, 2)):
        draft.wait(60, random.choice([600, 86_400]))
        for step in random.sample(["edit", "sweep", "redrive", "redrive"], random.randint(0, 3)):
            draft.wait(0, random.choice([5, 900]))
            if step == "edit":
                draft.change()
            else:
                draft.do(step)
    draft.do("redrive")
    return draft.finish(
        events=draw_events(random, quiet=0.7),
        faults=FaultPlan(outages=[Outage(service=service, start=start, end=end)]),
    )


def write_relapse(draft: Draft) -> Story:
    """A worker fails at its write or right after it, and the contact is changed again before others look."""
    for _ in range(draft.random.randint(1, 2)):
        account, kind = draft.pick_contact()
        draft.edit(account, kind, right=0.0)
        for _ in range(draft.random.randint(1, 2)):
            draft.wait(2, draft.random.choice([10, 100]))
            draft.edit(account, kind, right=0.5)
        draft.wait(200, 2000)
    denied: list[Planned] = []
    if draft.absent is not None and draft.chance(0.5):
        draft.edit(*draft.absent, right=0.0)
        draft.wait(100, 300)
        read = "account.GetAlternateContact"
        write = "account.DeleteAlternateContact"
        denied = [Planned(label="*", call=read, after=write, kind=Kind.DENIED, nth=nth) for nth in (1, 2, 3)]
    places = [place for place in PLACES if place.call.startswith("account.") or place.afters == AFTER_PUT[1:]]
    planned = [draw_planned(draft.random, places) for _ in range(draft.random.randint(1, 3))]
    return draft.finish(
        events=draw_events(draft.random, quiet=0.5),
        faults=FaultPlan(planned=[*denied, *planned], stale=draft.draw_stale()),
    )


def write_unrecorded(draft: Draft) -> Story:
    """The ledger refuses how a write ended, and the event of the write may be lost."""
    for _ in range(draft.random.randint(1, 2)):
        draft.edit(*draft.pick_contact(), right=0.0)
        draft.wait(100, 900)
    planned = Planned(
        label="reconcile:*",
        call="s3.PutObject",
        after=draft.random.choice(AFTER_PUT[1:]),
        kind=draft.random.choice([Kind.DENIED, Kind.BROKEN, Kind.BUSY, Kind.UNSENT, Kind.LOST]),
        skip=draft.random.choice([0, 1]),
        times=draft.random.choice([1, 2, 3]),
    )
    return draft.finish(events=EventPlan(lost=0.3), faults=FaultPlan(planned=[planned]))
