"""Operator commands: pause, unpause, approve, release. Each is checked, carried out and alerted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.contact.record import update_record
from rollcall.contact.repeated_edits import make_released
from rollcall.events.fields import is_account_id
from rollcall.model.contact import ContactKind
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import make_notice
from rollcall.rosters.current import approve_candidate
from rollcall.sweep.approvals import make_approved_notice
from rollcall.sweep.run import Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.contact.record import ContactMemory
    from rollcall.ports import Clock, Organization, OutcomeBus
    from rollcall.rosters.current import Rosters
    from rollcall.rosters.orphaned import Matches
    from rollcall.sweep.approvals import PendingPlan
    from rollcall.sweep.ports import SweepMachine, Sweeps

#: An ARN of a session has at most about 200 characters, one of a user with a path about 600.
LONGEST_CALLER: Final = 1024
LONGEST_REASON: Final = 500
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REASONED: Final = frozenset({"pause", "unpause"})


class RefusedError(Exception):
    """The command is not carried out, and why; trying it again does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. `key` is the same for every try of one command, and no other's.

    `plan` is what is to be approved, `contact` whose standoff is to end.
    """

    operation: str
    by: str
    reason: str
    plan: str | None
    contact: tuple[str, ContactKind] | None
    key: str

    @classmethod
    def from_document(cls, document: Mapping[str, Any], now: datetime) -> Command:
        """Read the input of the machine; RefusedError if it cannot be shown to people as it is."""
        plan = document.get("plan")
        if plan is not None and not (isinstance(plan, str) and _DIGEST.fullmatch(plan)):
            raise RefusedError("a plan is named by its whole digest, 64 hexadecimal digits")
        operation, by = str(document.get("operation")), _read_text(document, "by", most=LONGEST_CALLER)
        reason = _read_text(document, "reason", most=LONGEST_REASON, needed=operation in _REASONED)
        return cls(
            operation=operation,
            by=by,
            reason=reason,
            plan=plan,
            contact=_read_contact(document) if operation == "release" else None,
            key=str(document.get("execution") or f"{by}/{now.isoformat()}"),
        )


def _read_contact(document: Mapping[str, Any]) -> tuple[str, ContactKind]:
    account_id, kind = document.get("account"), document.get("kind")
    if not is_account_id(account_id) or kind not in tuple(ContactKind):
        raise RefusedError(
            "a contact is named by an account id of 12 digits and SECURITY, OPERATIONS or BILLING"
        )
    return str(account_id), ContactKind(str(kind))


def _read_text(document: Mapping[str, Any], name: str, *, most: int, needed: bool = True) -> str:
    """What a person wrote, as it may stand in an alert: one line, nothing invisible, not endless."""
    value = document.get(name) or ""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise RefusedError(f"`{name}` is one line of at most {most} printable characters")
    if needed and not value.strip():
        raise RefusedError(f"`{name}` is missing")
    return value.strip()


class PauseMemory(Protocol):
    """Memory of the pause."""

    def set_paused(self, *, paused: bool, by: str, reason: str, at: datetime) -> None:
        """Stop all writes, or let them go on; RetryableError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHandler:
    """Carries out commands."""

    pause: PauseMemory
    contacts: ContactMemory
    sweeps: Sweeps
    bus: OutcomeBus
    matches: Matches
    organization: Organization
    machine: SweepMachine
    rosters: Rosters
    clock: Clock

    def handle(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """`{"done": true, ...}`, or `{"refused": "<why>"}`.

        RetryableError if AWS was busy or broken: the same command again finishes what was begun.
        """
        try:
            now = self.clock.now()
            return {"done": True} | self._carry_out(Command.from_document(document, now), now)
        except RefusedError as error:
            return {"refused": str(error)}

    def _carry_out(self, command: Command, now: datetime) -> dict[str, Any]:
        match command.operation:
            case "pause":
                return self._pause(command, now, paused=True)
            case "unpause":
                return self._pause(command, now, paused=False)
            case "approve":
                return self._approve(command, now)
            case "release" if command.contact is not None:
                return self._release(command, *command.contact, now)
        raise RefusedError("no such operation")

    def _pause(self, command: Command, now: datetime, *, paused: bool) -> dict[str, Any]:
        self.pause.set_paused(paused=paused, by=command.by, reason=command.reason, at=now)
        kind = NoticeKind.PAUSED if paused else NoticeKind.UNPAUSED
        facts = {"by": command.by, "reason": command.reason}
        self.bus.publish_notice(make_notice(kind, key=command.key, facts=facts), now)
        return {"paused": paused}

    def _approve(self, command: Command, now: datetime) -> dict[str, Any]:
        """The person is on record first; then the roster is in force; then its plan is carried out."""
        control = self.rosters.get_enforcement()
        held = self._find_pending(command.plan, control.approved, now)
        before = self.rosters.find_current(control)
        self.sweeps.approve(held.plan, by=command.by, at=now)
        if held.roster != control.approved:
            approve_candidate(
                memory=self.rosters.memory,
                matches=self.matches,
                organization=self.organization,
                document=self.rosters.document,
                approved_by=command.by,
                now=now,
            )
        # Plans of the roster before are nobody's wish any more, if this is another one.
        self.sweeps.forget_others({held.roster, self.rosters.candidate.digest})
        told = make_approved_notice(
            self.rosters.load(held.roster),
            before=before,
            plan=held.plan,
            changes=held.changes,
            by=command.by,
            automatic=False,
            key=command.key,
        )
        self.bus.publish_notice(told, now)
        execution = f"approval-{held.plan[:12]}-{int(now.timestamp())}"
        asked = {
            "trigger": str(Trigger.APPROVAL),
            "by": command.by,
            "plan": held.plan,
            "roster": held.roster,
            # Its run may have to wait for another one, until the table has forgotten the plan.
            "expires_at": held.expires_at.isoformat(),
        }
        self.machine.start(execution, asked)
        return {
            "plan": held.plan,
            "roster": held.roster,
            "changes": held.changes,
            "execution": execution,
            # Approved all the same; the plan is carried out by the first sweep after the pause.
            "paused": control.paused,
        }

    def _release(self, command: Command, account_id: str, kind: ContactKind, now: datetime) -> dict[str, Any]:
        """Told first: a try that was cut off between the two would find nothing left to tell of."""
        contact = {"account": account_id, "kind": str(kind)}
        record = self.contacts.load(account_id, kind)
        known = record.repeated
        if known.release is not None and not known.is_open(now):
            # The answer of an earlier try was lost, or somebody else was faster: it is as it was asked for.
            return contact | {"released": {"by": known.release.by, "at": known.release.at.isoformat()}}
        if not known.is_open(now):
            raise RefusedError("this contact is not in backoff after repeated edits")
        facts = {"by": command.by, "account": {"id": account_id}, "kind": str(kind)}
        self.bus.publish_notice(make_notice(NoticeKind.RELEASED, key=command.key, facts=facts), now)
        released = make_released(by=command.by, now=now)
        update_record(self.contacts, record, lambda one: replace(one, repeated=released), clock=self.clock)
        return contact

    def _find_pending(self, plan: str | None, approved: str | None, now: datetime) -> PendingPlan:
        held = self.sweeps.find_pending(plan) if plan is not None else None
        if held is None:
            raise RefusedError("no plan waits under this digest")
        if held.expires_at <= now:
            raise RefusedError("the plan waited for too long: start a sweep for one that is of today")
        if held.roster not in (approved, self.rosters.candidate.digest):
            raise RefusedError("another roster was deployed since: its own plan is the one to look at")
        return held
