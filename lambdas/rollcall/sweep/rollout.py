"""Changes that a roster asks for and that no run has made yet: such a difference is no drift."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rollcall.decide.plan import plan_observed
from rollcall.sweep.approvals import open_pending
from rollcall.sweep.stored_plan import (
    AlteredPlanError,
    StoredPlan,
    compute_change_digest,
    make_planned_change,
)
from rollcall.write.apply_change import compute_desired_fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from rollcall.contact.record import ContactMemory
    from rollcall.decide.plan import PlannedChange
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.approvals import PassedPlan
    from rollcall.sweep.ports import SweepPorts
    from rollcall.sweep.run import Run

#: Contacts that were drift, in an item of the state table: about 50 of its 400 kilobytes.
_MOST_STORED: Final = 2000


def load_granted(roster: str, ports: SweepPorts) -> dict[bytes, datetime]:
    """Digests of all changes in approved plans of this roster (digest), each with when it was made.

    RetryableError if they cannot be read. A plan that differs from its digest grants nothing: a person
    approved another one.
    """
    granted: dict[bytes, datetime] = {}
    for plan in ports.sweeps.list_granted(roster, ports.clock.now()):
        with suppress(AlteredPlanError):
            for change in open_pending(ports.runs, plan).read_all():
                granted[compute_change_digest(change)] = plan.made_at
    return granted


def load_rollout(
    roster: str, ports: SweepPorts, rosters: Rosters, *, besides: str
) -> Mapping[bytes, datetime]:
    """As `load_granted`, with the changes of plans that needed no approval but that of the run `besides`.

    A contact that was drift under the roster before does not count: it still is.
    """
    found = load_granted(roster, ports)
    for passed in ports.sweeps.list_passed(ports.clock.now()):
        if passed.plan is None or passed.plan.roster != roster or passed.run == besides:
            continue
        drifted = frozenset(_list_drifted(passed, ports, rosters))
        with suppress(AlteredPlanError):
            for change in StoredPlan(ports.runs, passed.plan, data=passed.run).read_all():
                if _name_contact(change) not in drifted:
                    found[compute_change_digest(change)] = passed.at
    return found


def _list_drifted(passed: PassedPlan, ports: SweepPorts, rosters: Rosters) -> Iterable[str]:
    if passed.drifted is not None:
        return passed.drifted
    wrong = _list_wrong(passed.run, passed.against, ports, rosters, today=passed.at.date())
    return map(_name_contact, wrong)


def find_drifted(run: Run, ports: SweepPorts, rosters: Rosters, *, today: date) -> tuple[str, ...] | None:
    """Contacts (account/kind) that the run saw changed by others, None if they are too many to store.

    They are not as the approved roster wants them, and no change that it asks for is unfinished there. To be
    asked before another roster is approved: what is unfinished under this one is forgotten then.
    """
    against = run.approved or ""
    unfinished = load_rollout(against, ports, rosters, besides=run.id)
    drifted = [
        _name_contact(change)
        for change in _list_wrong(run.data, against, ports, rosters, today=today)
        if (since := unfinished.get(compute_change_digest(change))) is None
        or was_carried_out(change, since, ports.records, besides=run.id)
    ]
    return tuple(drifted) if len(drifted) <= _MOST_STORED else None


def _list_wrong(
    data: str, digest: str, ports: SweepPorts, rosters: Rosters, *, today: date
) -> Iterator[PlannedChange]:
    """What this roster (digest) would change of what the run `data` observed; nothing without a roster."""
    roster = rosters.find(digest) if digest else None
    if roster is None:
        return
    for observed in ports.runs.read_observed(data):
        for change in plan_observed(observed, roster, halted=None, today=today).changes:
            yield make_planned_change(observed.account.id, change)


def _name_contact(change: PlannedChange) -> str:
    return f"{change.account_id}/{change.kind}"


def was_carried_out(change: PlannedChange, since: datetime, records: ContactMemory, *, besides: str) -> bool:
    """Whether a write made it since then, so that somebody undid it. Those of the run `besides` do not count.

    RetryableError if the record of the contact cannot be read.
    """
    wanted = compute_desired_fingerprint(change.wanted)
    return any(
        write.may_have_changed and write.event_id != besides and write.left == wanted and write.at >= since
        for write in records.load(change.account_id, change.kind).writes
    )
