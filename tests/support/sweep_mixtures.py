"""What several tests of one subject share: sweep properties."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rollcall.adapters.organizations import AwsOrganization
from rollcall.decide.plan import PlannedChange
from rollcall.decide.resolve import Requirement, resolve_requirement
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present
from rollcall.model.roster import Roster
from rollcall.sweep.stored_plan import compute_change_digest
from simulation.organization import AlternateContact
from tests.support.memory import Crash
from tests.support.world import MALLORY, ROSTER

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.contact.record import ContactRecord
    from rollcall.decide.intent import Intent
    from rollcall.sweep.approvals import PendingPlan
    from tests.support.sweep_world import SweepWorld


LIMITED: dict[str, Any] = ROSTER | {"limits": {"max_changed_accounts": 1}}


THEIRS = MALLORY | {"Name": "Somebody else"}


def edit(world: SweepWorld, place: tuple[str, str], value: dict[str, str] | None) -> None:
    account, kind = place
    client = world.member(account)
    if value is not None:
        client.put_alternate_contact(AlternateContactType=kind, **value)
    elif kind in world.contacts(account):
        client.delete_alternate_contact(AlternateContactType=kind)


def command(world: SweepWorld, operation: str, **given: Any) -> None:
    """A command whose function may die; then people try again or not."""
    with suppress(Crash):
        world.command(operation, **given)


def happen(world: SweepWorld, what: str, *given: Any) -> None:  # noqa: C901  # one case for each happening
    match what, given:
        case "edit", (place, value):
            edit(world, place, value)
        case "lost edit", (place, value):
            before = list(world.queue)
            edit(world, place, value)
            world.queue[:] = before
        case "deploy", (roster,):
            world.deploy(roster)
        case "begin", (trigger,):
            world.execution(trigger)
        case "approve", (number,):
            held = sorted(world.sweeps.plans)
            if held:
                command(world, "approve", plan=held[number % len(held)])
        case (("pause" | "unpause"), ()):
            command(world, what)
        case "time", (seconds,):
            world.clock.sleep(seconds)
        case "fault", (step,):
            world.faults.plan(step, Crash())
        case "drain", ():
            world.drain()
        case (("advance" | "finish"), (number,)):
            running = [item for item in world.executions if item.status == "RUNNING"]
            if running:
                execution = running[number % len(running)]
                execution.advance() if what == "advance" else execution.run()


class Watch:
    """Looks at every intent as it is opened: before each write there is one, with the same values."""

    def __init__(self, world: SweepWorld) -> None:
        self.world = world
        self.unwanted: list[str] = []
        self.held: dict[str, PendingPlan] = {}
        self._open_intent, self._hold = world.state.open_intent, world.sweeps.save_pending
        self._record_intent = world.ledger.record_intent
        world.state.open_intent = self.open_intent
        world.ledger.record_intent = self.record_intent
        world.sweeps.save_pending = self.save_pending

    def save_pending(self, held: PendingPlan) -> bool:
        self.held[held.plan] = held
        return self._hold(held)

    def open_intent(self, record: ContactRecord, *, at: datetime) -> None:
        self._open_intent(record, at=at)
        assert not self.world.state.is_paused(at)

    def record_intent(self, intent: Intent) -> None:
        self._record_intent(intent)
        if not self._of_the_roster(intent):
            self.unwanted.append(f"{intent.id}: not what the approved roster wants")
        if intent.signal.cause == "swept" and not self._of_a_plan(intent):
            self.unwanted.append(f"{intent.id}: in no plan that was let through")

    def _of_the_roster(self, intent: Intent) -> bool:
        state, account_id = self.world.state, intent.signal.account_id
        assert state.approved is not None
        required = self._resolve(state.approved, account_id)
        allowed = required.halted is None and required.exempt is None and required.blocked is None
        return allowed and required.desired.get(intent.kind) == intent.wanted

    def _of_a_plan(self, intent: Intent) -> bool:
        assert isinstance(intent.found, Present | Absent)
        change = PlannedChange(
            account_id=intent.signal.account_id, kind=intent.kind, found=intent.found, wanted=intent.wanted
        )
        runs = [item.document for item in self.world.executions]
        (run,) = [document for document in runs if document.get("id") == intent.signal.event.id]
        plan = run["plan"]
        changes = self._changes(run["data"], plan["roster"], plan["parts"])
        if plan["roster"] != self.world.state.approved or compute_change_digest(change) not in changes:
            return False
        # More than one account is above the limit of all these rosters: a person must have agreed. What the
        # roster before wanted as well is drift, and waits only where it is deleted in several accounts.
        left = [item for name, item in changes.items() if name not in self._granted()]
        deleted = {item.account_id for item in left if isinstance(item.wanted, DesiredAbsent)}
        other = {item.account_id for item in left if self._is_new(item, run["approved"])}
        return len(deleted) <= 1 and len(other) <= 1

    def _is_new(self, change: PlannedChange, approved: str) -> bool:
        if self.world.state.approved == approved:
            return False
        required = self._resolve(approved, change.account_id)
        mode_or_exemption = required.halted or required.exempt or required.blocked
        return bool(mode_or_exemption) or required.desired.get(change.kind) != change.wanted

    def _resolve(self, digest: str, account_id: str) -> Requirement:
        organization = AwsOrganization(client=self.world.admin("organizations"))
        account = organization.get_account(account_id, with_tags=True)
        assert account is not None
        roster = Roster.from_document(self.world.state.documents[digest])
        return resolve_requirement(roster, account, today=self.world.clock.now().date())

    def _granted(self) -> set[bytes]:
        told = [item["facts"] for item in self.world.bus.notices if item["notice"] == "roster-approved"]
        plans = [self.held[facts["plan"]] for facts in told if not facts["automatic"]]
        return {name for held in plans for name in self._changes(held.data, held.roster, held.parts)}

    def _changes(self, data: str, roster: str, parts: int) -> dict[bytes, PlannedChange]:
        found = [item for part in range(parts) for item in self.world.runs.read_planned(data, roster, part)]
        return {compute_change_digest(item): item for item in found}


def wrong(world: SweepWorld) -> list[str]:
    """Contacts that are not as the approved roster wants them, where it lets them be set."""
    roster = Roster.from_document(world.state.documents[world.state.approved or ""])
    organization = AwsOrganization(client=world.admin("organizations"))
    found = []
    for account_id in world.organization.accounts:
        account = organization.get_account(account_id, with_tags=True)
        assert account is not None
        required = resolve_requirement(roster, account, today=world.clock.now().date())
        if required.halted or required.exempt:
            continue
        for kind, demand in required.desired.items():
            stored = world.organization.accounts[account_id].contacts.get(str(kind))
            wanted = AlternateContact(**demand.contact.as_document()) if isinstance(demand, Desired) else None
            if stored != wanted:
                found.append(f"{account_id} {kind}")
    return found
