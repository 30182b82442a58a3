"""Carries out the commands of operators (OPERATIONS) for callers who are proven."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.contact.record import ContactMemory, update_record
from rollcall.contact.repeated_edits import find_backoff, make_released
from rollcall.control.commands import GIVE_AGAIN, Command, ProvenCaller, RefusedError, describe_command
from rollcall.control.pauses import PauseMemory, Pauses
from rollcall.control.proof import UnprovenError, build_request, check_operator, read_answer
from rollcall.decide.resolve import RegisteredDrill, check_drill
from rollcall.model.contact import ContactKind
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import format_time, make_notice
from rollcall.rosters.current import Rosters, alert_approval, approve_candidate
from rollcall.sweep.approvals import LOOK, WAITS, PendingPlan, make_approved_notice
from rollcall.sweep.plan_alerts import end_plan_alerts, explain_outdated, find_ended
from rollcall.sweep.run import Run, Step, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.control.proof import IdentityService, Place
    from rollcall.grouping.sending import GroupMessages
    from rollcall.ports import Clock, Organization, OutcomeBus
    from rollcall.rosters.orphaned import Matches
    from rollcall.sweep.gate import ApproveStep
    from rollcall.sweep.ports import SweepMachine, Sweeps

#: The operation that the schedule starts.
FOLLOW_UP: Final = "follow-up"


class CommandLedger(Protocol):
    """The write-once record of commands. RecordRefusedError from each if it was not taken."""

    def record_command(self, execution: str, part: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Record the `part` (command, approval, result or refusal) of an execution (its name).

        Returns what is recorded: of a part that is there already the first record stays, of an earlier try.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandHandler:
    """Carries out commands of the `operators` (patterns of ARNs) and of the operator's role."""

    identities: IdentityService
    ledger: CommandLedger
    place: Place
    operators: tuple[str, ...]
    pause: PauseMemory
    contacts: ContactMemory
    sweeps: Sweeps
    bus: OutcomeBus
    matches: Matches
    organization: Organization
    machine: SweepMachine
    #: Its ARN.
    sweep_machine: str
    approval: ApproveStep
    rosters: Rosters
    groups: GroupMessages
    clock: Clock

    def handle(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """`{"done": true, ...}`, or `refused` (why) and `fix`, with `unproven` if the caller is not believed.

        The schedule's FOLLOW_UP needs no proof: it sends alerts that are due, and nothing else. Nor does the
        sweep's machine, which gets the run: of our roles only machines invoke this, each as its execution.
        RetryableError if AWS was busy or broken: the same command again finishes what was begun.
        """
        now = self.clock.now()
        if document.get("operation") == Step.APPROVE and self._is_of_sweep(document):
            return self.approval.run_step(Run.from_document(document["run"])).as_document()
        if document.get("operation") == FOLLOW_UP:
            return {"done": True, "pause": self._follow_up(now)}
        try:
            caller = self._identify(document, now)
        except UnprovenError as error:
            return self._refuse(document, error, now)
        asked = describe_command(document) | {"by": caller.arn, "user_id": caller.user_id}
        name = str(document["execution"]).rpartition(":")[2]
        self.ledger.record_command(name, "command", asked)
        try:
            answer = {"done": True} | self._carry_out(Command.from_document(document, caller), now)
        except RefusedError as error:
            answer = error.as_document()
        # Of several tries the first one's: what it did may be over by now.
        return self.ledger.record_command(name, "result", answer)

    def _follow_up(self, now: datetime) -> str | None:
        """Each of these alerts, whatever is wrong with another; the stage that a pause was alerted in."""
        pauses = Pauses(memory=self.pause, bus=self.bus)
        with ExitStack() as each:  # the last first; what failed is raised at the end
            each.callback(self.groups.publish_overdue)
            each.callback(end_plan_alerts, self.sweeps, self.bus, self.rosters, now)
            each.callback(alert_approval, self.rosters.memory, self.bus, now)
            pause = pauses.follow_up(now)
        return str(pause.stage) if pause else None

    def _is_of_sweep(self, document: Mapping[str, Any]) -> bool:
        executions = self.sweep_machine.replace(":stateMachine:", ":execution:")
        return str(document.get("execution")).startswith(f"{executions}:")

    def _identify(self, document: Mapping[str, Any], now: datetime) -> ProvenCaller:
        caller = read_answer(self.identities.ask(build_request(document, self.place, now)))
        check_operator(caller, self.operators, self.place)
        return caller

    def _refuse(self, document: Mapping[str, Any], error: UnprovenError, now: datetime) -> dict[str, Any]:
        """Nobody is believed to have given this command: that is recorded and alerted."""
        reason, asked, arn = str(error), describe_command(document), str(document.get("execution"))
        name = arn.rpartition(":")[2]
        whose = {"by": error.caller and error.caller.arn, "user_id": error.caller and error.caller.user_id}
        self.ledger.record_command(name, "refusal", asked | whose | {"refused": reason})
        facts = whose | {"operation": asked["operation"], "reason": reason, "execution": name}
        self.bus.publish_notice(make_notice(NoticeKind.COMMAND_REFUSED, key=arn, facts=facts), now)
        return error.as_document() | {"unproven": True}

    def _carry_out(self, command: Command, now: datetime) -> dict[str, Any]:
        match command.operation:
            case "pause" | "unpause":
                return self._pause(command, now)
            case "approve":
                return self._approve(command, now)
            case "rollback" if command.plan is not None:
                return self._roll_back(command, command.plan)
            case "release" if command.contact is not None:
                return self._release(command, *command.contact, now)
            case "sweep":
                return self._sweep(command)
            case "drill" if command.drill is not None:
                return self._register(command.drill, now)
        raise RefusedError("no such operation", fix=GIVE_AGAIN)

    def _pause(self, command: Command, now: datetime) -> dict[str, Any]:
        pause = Pauses(memory=self.pause, bus=self.bus).carry_out(command, now)
        ended = {"paused": False, "was_paused": not pause.ended_nothing}
        return {"paused": True, "until": pause.until.isoformat()} if pause.is_open else ended

    def _sweep(self, command: Command) -> dict[str, Any]:
        """The execution of the sweep has the name of the command's: each try starts the same one."""
        asked = {"trigger": str(Trigger.OPERATOR), "by": command.caller.arn, "plan": None}
        self.machine.start(command.execution, asked)
        return {"execution": command.execution}

    def _register(self, drill: RegisteredDrill, now: datetime) -> dict[str, Any]:
        """Have alerts say of exactly these edits that they are a drill."""
        control = self.rosters.get_enforcement()
        if control.approved is None:
            raise RefusedError("no roster has been approved yet", fix="approve the first plan: " + LOOK)
        if refusal := check_drill(drill, self.rosters.load(control.approved), today=now.date()):
            raise RefusedError(refusal, fix="change that in the roster, deploy it and approve its plan")
        if not self.rosters.memory.save_drill(drill):
            raise RefusedError("a later drill was registered", fix="repeat the drill when that one is over")
        return {"until": drill.until.isoformat(), "paused": control.paused}

    def _approve(self, command: Command, now: datetime) -> dict[str, Any]:
        """The person is on record first; then the roster is in force; then its plan is carried out."""
        control = self.rosters.get_enforcement()
        try:
            pending = self._find_pending(command.plan, control.approved, now)
        except RefusedError as error:
            return self._finish_begun(command, control.approved, error)
        asked = {
            "trigger": str(Trigger.APPROVAL),
            "by": command.caller.arn,
            "plan": pending.plan,
            "roster": pending.roster,
            "expires_at": (now + WAITS).isoformat(),  # its run may wait until the plan is forgotten
        }
        answer = {
            "plan": pending.plan,
            "roster": pending.roster,
            "changes": pending.changes,
            "execution": command.execution,
            "paused": control.paused,  # then the first sweep after the pause carries it out
        }
        begun = self.ledger.record_command(command.execution, "approval", {"answer": answer, "input": asked})
        if "refused" in begun:
            raise RefusedError(begun["refused"], fix=begun["fix"])
        notice = make_approved_notice(
            self.rosters.load(pending.roster),
            before=self.rosters.load(pending.against) if pending.against else None,
            plan=pending.plan,
            changes=pending.changes,
            by=command.caller.arn,
            automatic=False,
            key=command.execution_arn,
        )
        notice = replace(notice, facts={**notice.facts, **command.facts})
        known = self.sweeps.approve(pending.plan, by=command.caller.arn, at=now)
        if not known and pending.approved_by is None:
            late = RefusedError("a sweep ended this plan meanwhile", fix=LOOK)
            if (ended := find_ended(self.sweeps, pending.plan)) is None or ended.ending != "approved":
                raise late
            return self._finish_begun(command, self.rosters.get_enforcement().approved, late)
        candidate = self.rosters.candidate.digest
        if pending.roster == candidate or pending.summary.get("rollback"):
            # At each try: what is deployed would be approved again by itself if its change is small.
            self.sweeps.save_rolled_back(None if pending.roster == candidate else candidate, now)
        if pending.roster != control.approved:
            alert_approval(self.rosters.memory, self.bus, now)
            approve_candidate(
                memory=self.rosters.memory,
                matches=self.matches,
                organization=self.organization,
                document=self.rosters.load_document(self.rosters.load(pending.roster)),
                approved_by=command.caller.arn,
                now=now,
                before=control.approved,
                notice=notice,
            )
        else:
            # A try before put it into force, another person did, or it is of drift: each approval is alerted.
            self.bus.publish_notice(notice, now)
        # Another roster was compared with the one before, and its plan is nobody's wish any more.
        same = {self.rosters.candidate.digest} if pending.roster == control.approved else set()
        self.sweeps.forget_others({pending.roster, *same}, now)
        alert_approval(self.rosters.memory, self.bus, now)
        self.machine.start(command.execution, asked)  # first: what was approved waits for no alert
        end_plan_alerts(self.sweeps, self.bus, self.rosters, now)
        return answer

    def _finish_begun(self, command: Command, approved: str | None, error: RefusedError) -> dict[str, Any]:
        """The answer of a try before that began, if a sweep has carried out its plan since; else `error`.

        Such a sweep forgets the plan that it found approved. It may also end before the approver is stored.
        """
        begun = self.ledger.record_command(command.execution, "approval", error.as_document())
        ended = find_ended(self.sweeps, command.plan)
        lost = (ended and ended.ending != "approved") or self.sweeps.find_pending(str(command.plan))
        if lost or "refused" in begun or begun["answer"]["roster"] != approved:
            raise error
        self.machine.start(command.execution, begun["input"])
        return dict(begun["answer"])

    def _roll_back(self, command: Command, roster: str) -> dict[str, Any]:
        """Start the run that plans it; approving its plan is another command."""
        if roster == self.rosters.get_enforcement().approved:
            raise RefusedError("this roster is already in force", fix=LOOK)
        if not self.rosters.memory.is_known(roster):
            raise RefusedError("no roster with this digest was ever approved", fix=LOOK)
        asked = {"trigger": str(Trigger.ROLLBACK), "by": command.caller.arn, "plan": None, "roster": roster}
        self.machine.start(command.execution, asked)
        return {"roster": roster, "execution": command.execution}

    def _release(self, command: Command, account_id: str, kind: ContactKind, now: datetime) -> dict[str, Any]:
        """Publish; the machine then has `store_release` carry it out, as the role that writes contacts."""
        contact = {"account": account_id, "kind": str(kind)}
        record = self.contacts.load(account_id, kind)
        known = record.repeated
        if known.release is not None and not known.is_open(now):
            # The answer of an earlier try was lost, or somebody else was faster: it is as it was asked for.
            return contact | {"released": {"by": known.release.by, "at": known.release.at.isoformat()}}
        if not known.is_open(now):
            raise RefusedError(
                "this contact is not in backoff after repeated edits",
                fix="nothing to release: its next edit is restored at once",
            )
        backoff = find_backoff(known, now) if known.wrong_since is not None else None
        next_try = {"next_try_at": format_time(backoff.until) if backoff else None}
        facts = command.facts | {"account": {"id": account_id}, "kind": str(kind)} | next_try
        update = known.updates + 1  # one alert may be under way that this worker does not know of
        notice = make_notice(NoticeKind.RELEASED, key=record.repeated_key, facts=facts, update=update)
        self.bus.publish_notice(notice, now)
        answer = contact | {"waiting": known.wrong_since is not None}
        return answer | {"release": contact | {"by": command.caller.arn, "at": now.isoformat()}}

    def _find_pending(self, plan: str | None, approved: str | None, now: datetime) -> PendingPlan:
        pending = self.sweeps.find_pending(plan) if plan is not None else None
        if pending is None:
            ended = find_ended(self.sweeps, plan)
            why, fix = ended.explain() if ended else ("no plan with this digest is pending approval", LOOK)
            raise RefusedError(why, fix=fix)
        found = explain_outdated(pending, approved=approved, candidate=self.rosters.candidate.digest, now=now)
        if found is not None:
            raise RefusedError(found[0], fix=found[1])
        return pending


def store_release(answer: Mapping[str, Any], *, contacts: ContactMemory, clock: Clock) -> dict[str, Any]:
    """The answer to a release, carried out: `apply` does it, for `control` writes no record of a contact."""
    asked = answer["release"]
    record = contacts.load(asked["account"], ContactKind(asked["kind"]))
    released = make_released(by=asked["by"], now=datetime.fromisoformat(asked["at"]))
    update_record(contacts, record, lambda one: replace(one, repeated=released), clock=clock)
    return {name: value for name, value in answer.items() if name != "release"}
