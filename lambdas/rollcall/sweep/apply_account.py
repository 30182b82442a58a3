"""The planned changes of one account: read again, skip what is not as planned, set the rest, publish."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from rollcall.contact.repeated_edits import find_backoff
from rollcall.decide.plan import Change, ChangeResult, Finding, ObservedAccount, PlannedChange, plan_observed
from rollcall.events.actor import UNKNOWN, Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.contact import ALL_PARTS, Contact, ContactKind
from rollcall.model.desired import (
    Desired,
    Observation,
    Present,
    is_same_desired,
    is_same_observation,
    make_fulfilled,
)
from rollcall.model.errors import IntentBusyError, RetryableError, SoonError, describe_unexpected
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import RIGHT, UNREAD, Verdict
from rollcall.ports import Delivery
from rollcall.publish.incidents import make_incident
from rollcall.publish.recover import finish_intent
from rollcall.rosters.orphaned import find_orphaned
from rollcall.write.apply_change import SET_REASON, AppliedChange, apply_change
from rollcall.write.look import is_left_by_us, look_at_contact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from rollcall.contact.record import ContactRecord
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import ApplyPorts
    from rollcall.sweep.run import Run

SWEEP = Actor(
    principal="rollcall sweep",
    kind="sweep",
    account_id=UNKNOWN,
    role_arn=None,
    mfa=None,
    source_ip=UNKNOWN,
    user_agent=UNKNOWN,
)


def make_sweep_signal(account_id: str, run: Run, now: datetime) -> Signal:
    """The reason why a run looks at an account. One account is one incident in one run."""
    event = EventReference(id=run.id, name="Sweep", time=now.isoformat(), request_id=None)
    return Signal(account_id=account_id, cause=Cause.SWEPT, event=event, actor=SWEEP)


def _make_unwritten(planned: PlannedChange, verdict: Verdict, reason: str) -> AppliedChange:
    """A planned change of which nothing was written now."""
    outcome = Outcome(
        verdict=verdict, reason=reason, kind=planned.kind, found=planned.found, wanted=planned.wanted
    )
    return AppliedChange(outcome=outcome)


def _make_waiting(planned: PlannedChange, error: RetryableError) -> AppliedChange:
    """It is tried again."""
    waiting = _make_unwritten(planned, Verdict.PENDING, str(error))
    return replace(waiting, soon=error if isinstance(error, SoonError) else None)


#: Waits before the second, third and fourth try of what AWS was too busy for.
RETRY_SECONDS: Final = (1.0, 4.0, 15.0)
#: Further waits where another worker is at the contact: if it was killed, others may finish its intent then.
WORKER_GONE_SECONDS: Final = (10.0,) * 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountApplier:
    """Carries out what a run has planned with this roster, an account at a time."""

    ports: ApplyPorts
    rosters: Rosters
    run: Run
    roster: Roster
    #: When the function is stopped.
    deadline: datetime
    #: Contacts whose records show who changed them since the run began.
    known: set[tuple[str, ContactKind]] = field(default_factory=set)
    #: Contacts that our own last write before it left as they were planned from.
    unchanged: set[tuple[str, ContactKind]] = field(default_factory=set)

    def apply_changes(self, changes: Sequence[PlannedChange]) -> list[ChangeResult]:
        """What became of the changes of one account, in their order. Never raises for what AWS may do.

        What has to wait is tried again here, and in the end pending: the next run looks at it.
        """
        done: dict[ContactKind, AppliedChange] = {}
        for seconds in (0.0, *RETRY_SECONDS, *WORKER_GONE_SECONDS):
            todo = [change for change in changes if _is_left(done.get(change.kind), seconds)]
            if not todo or (seconds and self._is_stopped()):
                break
            self.ports.writer.clock.sleep(seconds)
            done |= self._try_once(todo)
        return [self._make_result(change, done[change.kind].outcome) for change in changes]

    def _make_result(self, planned: PlannedChange, outcome: Outcome) -> ChangeResult:
        """The same, as the run stores it."""
        return ChangeResult(
            account_id=planned.account_id,
            kind=planned.kind,
            verdict=outcome.verdict,
            reason=outcome.reason,
            known=(planned.account_id, planned.kind) in self.known,
            unchanged=(planned.account_id, planned.kind) in self.unchanged,
            became=make_fulfilled(planned.wanted) if outcome.verdict is Verdict.SET else None,
        )

    def _try_once(self, changes: Sequence[PlannedChange]) -> Mapping[ContactKind, AppliedChange]:
        account_id = changes[0].account_id
        read_at = self.ports.writer.clock.now()
        try:
            account = self.ports.organization.get_account(account_id, with_tags=self.roster.uses_tags)
            applied = self._act(account, changes, read_at)
            signal = make_sweep_signal(account_id, self.run, self.ports.writer.clock.now())
            self._publish(signal, account, applied.values())
        except RetryableError as error:
            # What was written keeps its open intent: the next try finishes and publishes it.
            return {change.kind: _make_waiting(change, error) for change in changes}
        except Exception as error:  # noqa: BLE001  # one account must not keep the others from being set
            reason = describe_unexpected(error)
            return {change.kind: _make_unwritten(change, Verdict.FAILED, reason) for change in changes}
        return applied

    def _finish(self, record: ContactRecord) -> ContactRecord:
        """The record once its intent is finished, if it has one; IntentBusyError while a worker is at it."""
        if record.intent is None:
            return record
        if not record.intent.is_expired(self.ports.writer.clock.now()):
            raise IntentBusyError("another worker is at this contact")
        record = finish_intent(
            record,
            writer=self.ports.writer,
            publisher=self.ports.publisher,
            organization=self.ports.organization,
        )
        if record.intent is not None:
            raise RetryableError("what another worker left of this contact could not be finished")
        return record

    def _act(
        self, account: Account | None, changes: Sequence[PlannedChange], read_at: datetime
    ) -> dict[ContactKind, AppliedChange]:
        if account is None:
            reason = "the organization has no such account any more"
            return {change.kind: _make_unwritten(change, Verdict.SKIPPED, reason) for change in changes}
        applied, contacts, records = self._observe(changes, read_at)
        lost = find_orphaned(self.roster, account, self.ports.matches)
        observed = ObservedAccount(
            account=account, contacts=contacts, orphaned={self.roster.digest: lost} if lost else {}
        )
        plan = plan_observed(observed, self.roster, today=self.ports.writer.clock.now().date())
        decided: list[Change | Finding] = [*plan.changes, *plan.findings]
        by_kind = {item.kind: item for item in decided}
        for change in changes:
            if change.kind in contacts:
                applied[change.kind] = self._carry(change, by_kind[change.kind], records[change.kind])
        return applied

    def _observe(
        self, changes: Sequence[PlannedChange], read_at: datetime
    ) -> tuple[
        dict[ContactKind, AppliedChange],
        dict[ContactKind, Observation],
        dict[ContactKind, ContactRecord],
    ]:
        waiting: dict[ContactKind, AppliedChange] = {}
        contacts: dict[ContactKind, Observation] = {}
        records: dict[ContactKind, ContactRecord] = {}
        for change in changes:
            try:
                look = look_at_contact(self.ports.writer, change.account_id, change.kind)
                self.known.add((change.account_id, change.kind))  # somebody may be at it
                if not look.is_explained(change.found, since=self.run.started_at, besides=self.run.id):
                    self.known.discard((change.account_id, change.kind))
                if is_left_by_us(change.found, look.record, besides=self.run.id):
                    self.unchanged.add((change.account_id, change.kind))
                records[change.kind] = self._finish(look.record)
                if (moved := look.record.find_newer_place(read_at)) is not None:
                    raise moved
                contacts[change.kind] = look.found
            except RetryableError as error:
                waiting[change.kind] = _make_waiting(change, error)
        return waiting, contacts, records

    def _carry(
        self, planned: PlannedChange, decided: Change | Finding, record: ContactRecord
    ) -> AppliedChange:
        """One contact, as it is now: write only what was approved, over what was seen then."""
        if isinstance(decided, Finding):
            return self._skip_if_changed(planned, decided, record)
        if not _is_same_write(decided, planned):
            return _make_unwritten(planned, Verdict.SKIPPED, "the roster asks for something else here by now")
        if not is_same_observation(decided.found, planned.found) and not is_left_by_us(decided.found, record):
            return _make_unwritten(planned, Verdict.SKIPPED, "somebody changed it after the plan was made")
        now = self.ports.writer.clock.now()
        backoff = find_backoff(record.repeated, now)
        if backoff is not None:
            return _make_unwritten(planned, Verdict.SKIPPED, backoff.reason)
        return apply_change(
            record=record,
            signal=make_sweep_signal(planned.account_id, self.run, now),
            change=decided,
            roster_digest=self.roster.digest,
            authorised=False,
            # Only a later worker of the same execution knows the earlier one gone.
            delivery=Delivery(message_id=f"sweep/{self.run.execution}", deadline=self.deadline),
            writer=self.ports.writer,
        )

    def _skip_if_changed(
        self, planned: PlannedChange, finding: Finding, record: ContactRecord
    ) -> AppliedChange:
        """What is not to be written now, though it was planned."""
        if finding.verdict is not Verdict.COMPLIANT:
            verdict = finding.verdict if finding.verdict in UNREAD else Verdict.SKIPPED
            return _make_unwritten(planned, verdict, finding.reason)
        if any(write.may_have_changed and write.event_id == self.run.id for write in record.writes):
            # A worker of this run set it, and was cut off before it could say so.
            return _make_unwritten(planned, Verdict.SET, SET_REASON)
        return _make_unwritten(planned, Verdict.COMPLIANT, finding.reason)

    def _publish(self, signal: Signal, account: Account | None, applied: Iterable[AppliedChange]) -> None:
        """Publish, and only then forget the intents: after a crash in between it is published twice."""
        alerted = [
            item for item in applied if item.write is not None or item.outcome.verdict not in _NOT_ALERTED
        ]
        if alerted:
            self.ports.publisher.publish_and_close(make_incident(signal, account, alerted), alerted)

    def _is_stopped(self) -> bool:
        """Whether trying again is no use: the pause, or another roster."""
        try:
            control = self.rosters.get_enforcement()
        except RetryableError:
            return False
        return control.paused or control.approved != self.roster.digest


#: Not alerted one by one: the run reports them.
_NOT_ALERTED = RIGHT | {Verdict.PENDING}


def _is_same_write(decided: Change, planned: PlannedChange) -> bool:
    """Whether both ask for the same; a value that both leave as it was found is one that the roster keeps."""
    now, then = decided.wanted, planned.wanted
    if not (isinstance(now, Desired) and isinstance(then, Desired)):
        return is_same_desired(now, then)
    found, seen = (
        one.found.contact if isinstance(one.found, Present) else Contact() for one in (decided, planned)
    )
    return all(
        now.contact.get(part) == then.contact.get(part)
        or (now.contact.get(part) == found.get(part) and then.contact.get(part) == seen.get(part))
        for part in ALL_PARTS
    )


def _is_left(done: AppliedChange | None, wait: float) -> bool:
    """Whether a contact is to be tried after this wait: the long ones are for what waits for others."""
    if done is None:
        return True
    pending = done.outcome.verdict is Verdict.PENDING
    return pending and (done.soon is not None or wait not in WORKER_GONE_SECONDS)
