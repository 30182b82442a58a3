"""Changes that a roster asks for and that no run has made yet: such a difference is no drift."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollcall.decide.plan import plan_observed
from rollcall.sweep.approvals import open_pending
from rollcall.sweep.stored_plan import AlteredPlanError, StoredPlan, compute_change_digest
from rollcall.write.apply_change import compute_desired_fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.contact.record import ContactMemory
    from rollcall.decide.plan import PlannedChange
    from rollcall.model.contact import ContactKind
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.approvals import PassedPlan
    from rollcall.sweep.ports import SweepPorts


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

    A contact that was wrong under the roster before does not count: it was drift, and still is.
    """
    found = load_granted(roster, ports)
    for passed in ports.sweeps.list_passed(ports.clock.now()):
        if passed.plan is None or passed.plan.roster != roster or passed.run == besides:
            continue
        drifted = _list_drifted(passed, ports, rosters)
        with suppress(AlteredPlanError):
            for change in StoredPlan(ports.runs, passed.plan, data=passed.run).read_all():
                if (change.account_id, change.kind) not in drifted:
                    found[compute_change_digest(change)] = passed.at
    return found


def _list_drifted(passed: PassedPlan, ports: SweepPorts, rosters: Rosters) -> set[tuple[str, ContactKind]]:
    """Contacts that were not as the roster before wanted them."""
    before = rosters.find(passed.against) if passed.against else None
    if before is None:
        return set()
    today = passed.at.date()
    return {
        (observed.account.id, change.kind)
        for observed in ports.runs.read_observed(passed.run)
        for change in plan_observed(observed, before, halted=None, today=today).changes
    }


def was_carried_out(change: PlannedChange, since: datetime, records: ContactMemory, *, besides: str) -> bool:
    """Whether a write made it since then, so that somebody undid it. Those of the run `besides` do not count.

    RetryableError if the record of the contact cannot be read.
    """
    wanted = compute_desired_fingerprint(change.wanted)
    return any(
        write.may_have_changed and write.event_id != besides and write.left == wanted and write.at >= since
        for write in records.load(change.account_id, change.kind).writes
    )
