"""What people command: pause, unpause, approve, release. Each is told to everybody, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall.approve import approve_candidate
from rollcall.notices import NoticeKind, notice
from rollcall.sweep.command import Command, RefusedError
from rollcall.sweep.hold import approved_notice
from rollcall.sweep.run import Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.contacts import ContactKind
    from rollcall.lost_matches import Matches
    from rollcall.ports import Clock, Organization, OutcomeBus, State
    from rollcall.rosters import Rosters
    from rollcall.sweep.held import Held
    from rollcall.sweep.ports import SweepMachine, Sweeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Carries out commands."""

    state: State
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
        self.state.set_paused(paused=paused, by=command.by, reason=command.reason, at=now)
        kind = NoticeKind.PAUSED if paused else NoticeKind.UNPAUSED
        facts = {"by": command.by, "reason": command.reason}
        self.bus.publish_notice(notice(kind, key=command.key, facts=facts), now)
        return {"paused": paused}

    def _approve(self, command: Command, now: datetime) -> dict[str, Any]:
        """The person is on record first; then the roster is in force; then its plan is carried out."""
        control = self.state.control()
        held = self._held(command.plan, control.approved, now)
        before = self.rosters.current(control)
        self.sweeps.approve(held.plan, by=command.by, at=now)
        if held.roster != control.approved:
            approve_candidate(
                state=self.state,
                matches=self.matches,
                organization=self.organization,
                document=self.rosters.document,
                approved_by=command.by,
                now=now,
            )
        # Plans of the roster before are nobody's wish any more, if this is another one.
        self.sweeps.forget_others({held.roster, self.rosters.candidate.digest})
        told = approved_notice(
            self.rosters.named(held.roster),
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
        known = self.state.standoff(account_id, kind)
        if known.release is not None and not known.open(now):
            # The answer of an earlier try was lost, or somebody else was faster: it is as it was asked for.
            return contact | {"released": {"by": known.release.by, "at": known.release.at.isoformat()}}
        if not known.open(now):
            raise RefusedError("there is no standoff over this contact")
        facts = {"by": command.by, "account": {"id": account_id}, "kind": str(kind)}
        self.bus.publish_notice(notice(NoticeKind.RELEASED, key=command.key, facts=facts), now)
        self.state.release(account_id, kind, by=command.by, at=now)
        return contact

    def _held(self, plan: str | None, approved: str | None, now: datetime) -> Held:
        held = self.sweeps.held(plan) if plan is not None else None
        if held is None:
            raise RefusedError("no plan waits under this digest")
        if held.expires_at <= now:
            raise RefusedError("the plan waited for too long: start a sweep for one that is of today")
        if held.roster not in (approved, self.rosters.candidate.digest):
            raise RefusedError("another roster was deployed since: its own plan is the one to look at")
        return held
