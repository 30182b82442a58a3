"""Distinguishes drift from rollout: changes that a roster asks for and that no run has made yet."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from rollcall.decide.plan import Change, PlannedChange, plan_observed
from rollcall.model.desired import Observation, is_same_observation
from rollcall.sweep.approvals import PassedPlan, PendingPlan, open_pending
from rollcall.sweep.stored_plan import (
    AlteredPlanError,
    StoredPlan,
    compute_change_digest,
    make_planned_change,
)
from rollcall.write.apply_change import compute_desired_fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollcall.contact.record import ContactMemory
    from rollcall.model.contact import ContactKind
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import SweepPorts, Sweeps
    from rollcall.sweep.run import Run

#: Contacts that were drift, in an item of the state table: about 50 of its 400 kilobytes.
_MOST_STORED: Final = 2000


def load_granted(roster: str, ports: SweepPorts) -> dict[bytes, datetime]:
    """Digests of all changes in approved plans of this roster (digest), each with when it was made.

    RetryableError if they cannot be read. A plan that differs from its digest grants nothing: a person
    approved another one.
    """
    granted: dict[bytes, datetime] = {}
    approved = ports.sweeps.list_approved(ports.clock.now())
    for plan in (one for one in approved if one.roster == roster):
        with suppress(AlteredPlanError):
            for change in open_pending(ports.runs, plan).read_all():
                granted[compute_change_digest(change)] = plan.made_at
    return granted


def list_pending_deletes(run: Run, sweeps: Sweeps) -> list[PendingPlan]:
    """The plan of deletes that wait for a person while the run carries out the rest of its roster, if any."""
    plan = run.plan
    found = [sweeps.find_pending(digest) for digest in run.pending] if plan is not None else []
    return [pending for pending in found if pending is not None and plan and pending.roster == plan.roster]


def load_pending_deletes(run: Run, ports: SweepPorts) -> frozenset[tuple[str, ContactKind]]:
    """The contacts of those deletes; RetryableError if the plan cannot be read."""
    deletes: set[tuple[str, ContactKind]] = set()
    for pending in list_pending_deletes(run, ports.sweeps):
        with suppress(AlteredPlanError):
            changes = open_pending(ports.runs, pending).read_all()
            deletes |= {(change.account_id, change.kind) for change in changes}
    return frozenset(deletes)


def load_rollout(
    roster: str, ports: SweepPorts, rosters: Rosters, *, besides: str
) -> Mapping[bytes, datetime]:
    """As `load_granted`, with plans that needed no approval, except the plan of the run `besides`.

    Without contacts that were drift under the roster before: they still are.
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

    They are not as the approved roster wants them, and no change that it asks for is unfinished there. Call
    this before another roster is approved: that forgets what is unfinished under this one.
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
        for change in plan_observed(observed, roster, today=today).changes:
            yield make_planned_change(observed.account.id, change)


def _name_contact(change: PlannedChange) -> str:
    return f"{change.account_id}/{change.kind}"


def was_carried_out(change: PlannedChange, since: datetime, records: ContactMemory, *, besides: str) -> bool:
    """Whether a write made the change since then, so that somebody undid it, but none of the run `besides`.

    RetryableError if the record of the contact cannot be read.
    """
    wanted = compute_desired_fingerprint(change.wanted)
    return any(
        write.may_have_changed and write.event_id != besides and write.left == wanted and write.at >= since
        for write in records.load(change.account_id, change.kind).writes
    )


def find_unchanged(
    run: Run, drifts: Iterable[tuple[str, Change]], ports: SweepPorts, rosters: Rosters
) -> set[tuple[str, ContactKind]]:
    """Those of these contacts (account, change) that the run before saw the same, and would not have changed.

    Nobody changed them: an OU was renamed since, or an account reopened. RetryableError.
    """
    last = ports.sweeps.find_last() or {}
    observed, judged_by = last.get("observed"), last.get("judged_by")
    roster = rosters.find(judged_by) if judged_by else None
    if not observed or observed["run"] == run.data or roster is None:
        return set()
    found: dict[str, dict[ContactKind, Observation]] = {}
    for account_id, change in drifts:
        found.setdefault(account_id, {})[change.kind] = change.found
    then, same = datetime.fromisoformat(observed["at"]).date(), set()
    for before in ports.runs.read_observed(observed["run"]):
        now = found.get(before.account.id)
        if now is None:
            continue
        plan = plan_observed(before, roster, today=then)
        for kind in now.keys() - {change.kind for change in plan.changes}:
            seen = before.contacts.get(kind)
            # Of an account that is not active nothing is read, and nobody can change anything.
            if not before.account.active or (seen is not None and is_same_observation(seen, now[kind])):
                same.add((before.account.id, kind))
    return same
