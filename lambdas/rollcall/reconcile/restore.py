"""Bring one account back to the roster: what is required, what is there, what to do, each kind on its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.contact.record import SKEW, ContactRecord
from rollcall.decide.plan import Change, Finding, make_plan
from rollcall.decide.resolve import Enforcement, Requirement, is_authorised, resolve_requirement
from rollcall.events.signal import TAMPERING, Cause, Signal, is_provisioning, parse_time
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Desired, Observation, Unreadable
from rollcall.model.errors import IntentBusyError, RetryableError, SoonError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import FOUND_RIGHT, VERDICTS, Left, Verdict
from rollcall.reconcile.already_compliant import explain_compliant
from rollcall.reconcile.backoff import back_off, find_repeated_incident
from rollcall.reconcile.preconditions import make_denied
from rollcall.rosters.orphaned import Matches, find_orphaned
from rollcall.write.apply_change import AppliedChange, Writer, apply_change
from rollcall.write.look import STALE, Look, look_at_contact, store_edit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall.decide.intent import Judgement
    from rollcall.grouping.grouper import AlertGrouper
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall.ports import Delivery

#: While a pause lasts, a message that waits for a revert comes back so often, in seconds, and at most so many
#: times: the queue gives up after sixty receives.
PAUSE_CHECKED_EVERY: Final = 900
MOST_CHECKS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRestorer:
    """Restores one account because of one message; `finish` closes what a worker that is gone left open."""

    control: Enforcement
    roster: Roster
    signal: Signal
    account: Account
    delivery: Delivery
    writer: Writer
    matches: Matches
    grouper: AlertGrouper
    finish: Callable[[ContactRecord], ContactRecord]
    #: Before the account was read.
    read_at: datetime
    judged: Judgement | None = None
    #: What came of looks that were taken already, while the account was read.
    looks: Mapping[ContactKind, Look | RetryableError] = field(default_factory=dict)

    def restore(self) -> list[AppliedChange]:
        """What became of each kind that the signal points at."""
        signal, roster = self.signal, self.roster
        required = resolve_requirement(
            roster,
            self.account,
            today=self.writer.clock.now().date(),
            orphaned=find_orphaned(roster, self.account, self.matches),
        )
        kinds = [signal.kind] if signal.kind else sorted(required.desired)
        if not kinds:
            reason = "the roster names no contact for this account"
            nothing = Outcome(verdict=Verdict.UNMANAGED, reason=reason)
            return [AppliedChange(outcome=make_denied(signal) if signal.unsure else nothing)]
        return self._restore_contacts(kinds, required)

    def _restore_contacts(self, kinds: Sequence[ContactKind], required: Requirement) -> list[AppliedChange]:
        """What became of each kind, in one order for all workers.

        A new account causes two events at once. If another worker has just begun a contact, the rest is left
        to it: then one alert has them all. If that worker is slow or was killed, only its contact waits.
        """
        applied: list[AppliedChange] = []
        for kind in kinds:
            item = self._mark_drill(self._restore_contact(kind, required))
            applied.append(item)
            if isinstance(item.soon, IntentBusyError) and item.soon.seconds is None:
                for one in kinds[len(applied) :]:
                    outcome = self._make_pending(one, "another worker is at this account")
                    applied.append(AppliedChange(outcome=outcome, soon=item.soon))
                break
        return applied

    def _mark_drill(self, item: AppliedChange) -> AppliedChange:
        """Say that it was registered, if what was found is what the registered edit left."""
        drill, outcome, signal = self.control.drill, item.outcome, self.signal
        deleted = signal.cause is Cause.CONTACT_DELETED
        if drill is None or signal.cause not in TAMPERING or deleted is not isinstance(outcome.found, Absent):
            return item
        if outcome.verdict in FOUND_RIGHT | {Verdict.UNDONE}:
            return item  # what is right again says nothing of what the edit left
        edit = f"{outcome.kind}:{compute_fingerprint(outcome.found)}"
        named = drill.names(
            edit, account_id=signal.account_id, principal=signal.actor.principal, at=parse_time(signal)
        )
        return replace(item, outcome=replace(outcome, drill=drill.by)) if named else item

    def _restore_contact(self, kind: ContactKind, required: Requirement) -> AppliedChange:
        try:
            return self._look_and_restore(kind, required)
        except RetryableError as error:
            soon = error if isinstance(error, SoonError) else None
            return AppliedChange(outcome=self._make_pending(kind, str(error)), soon=soon)

    def _look_and_restore(self, kind: ContactKind, required: Requirement) -> AppliedChange:
        look = self._settle(self._take_look(kind, self.looks.get(kind)))
        found, looked_at, record = look.found, look.at, look.record
        denied = isinstance(found, Unreadable) and found.denied
        if denied and is_provisioning(self.signal, self.writer.clock.now()):
            reason = "AWS denies the read of a new account"
            return AppliedChange(outcome=self._make_pending(kind, reason), expected=True)
        halted = self.control.find_halt(required)
        plan = make_plan(
            requirement=required, account=self.account, observations={kind: found}, halted=halted
        )
        if plan.changes:
            return replace(self._restore_change(plan.changes[0], record, looked_at), looked_at=looked_at)
        kept = isinstance(wanted := required.desired.get(kind), Desired) and wanted.contact.keeps
        if not self.signal.unsure:
            record = store_edit(self.writer, record, self.signal)
        if self.signal.cause not in TAMPERING:
            record = self._store_place(replace(look, record=record))
        explained = self._explain_finding(plan.findings[0], record, looked_at, kept=kept)
        return replace(explained, looked_at=looked_at)

    def _take_look(self, kind: ContactKind, look: Look | RetryableError | None) -> Look:
        """The look that was taken already, or a new one. An inactive account need not be readable."""
        if not self.account.active and not isinstance(look, Look):
            record = self.writer.contacts.load(self.signal.account_id, kind)
            unread = Unreadable(reason=f"the account is {self.account.state}")
            return Look(at=self.writer.clock.now(), found=unread, record=record)
        look = look or look_at_contact(self.writer, self.signal.account_id, kind)
        if isinstance(look, RetryableError):
            raise look
        return look

    def _settle(self, look: Look) -> Look:
        """A look whose record has no open intent, taken after its end; IntentBusyError while there is one."""
        if look.record.intent is None:
            return look
        record = store_edit(self.writer, self.finish(look.record), self.signal)
        if record.intent is None:
            return self._settle(self._take_look(record.kind, None))
        now = self.writer.clock.now()
        if record.intent.is_expired(now):
            # Waiting some seconds does not help: the ledger or the Account API failed.
            raise RetryableError("what another worker left of this contact could not be finished")
        raise IntentBusyError("another worker is at this contact", seconds=record.intent.count_wait(now))

    def _store_place(self, look: Look) -> ContactRecord:
        """The record, stored with the time at which the account was read: no older decision is written then.

        SoonError if one was written since the contact was read, IntentBusyError if one is being written.
        """
        look.check_fresh(besides=self.signal.event.id)
        record = self._note_place(look.record)
        record = replace(record, seen_at=max(look.at, record.seen_at or look.at))
        if not self.writer.contacts.save(record, at=self.writer.clock.now()):
            raise IntentBusyError("another worker is at this contact")
        return replace(record, version=record.version + 1)

    def _note_place(self, record: ContactRecord) -> ContactRecord:
        if self.signal.cause in TAMPERING:
            return record
        return replace(record, placed_at=max(self.read_at, record.placed_at or self.read_at))

    def _explain_finding(
        self, finding: Finding, record: ContactRecord, looked_at: datetime, *, kept: bool
    ) -> AppliedChange:
        """What is left as it is; if it is right after an edit, why, or that a value is `kept` as found.

        A primary contact that the roster names elsewhere only is alerted, as where it names none. Where the
        roster asks for nothing, a call that failed inside of AWS counts as refused.
        """
        if self.signal.unsure and VERDICTS[finding.verdict].left is Left.ALONE:
            return AppliedChange(outcome=make_denied(self.signal, finding.kind))
        alerted = (finding.verdict, self.signal.kind) == (Verdict.UNMANAGED, ContactKind.PRIMARY)
        outcome = Outcome(
            verdict=Verdict.NOTIFIED if alerted else finding.verdict,
            reason=finding.reason,
            kind=finding.kind,
            found=finding.found,
            wanted=finding.wanted,
            authorised=self._authorised,
            roster_digest=self.roster.digest,
        )
        if finding.verdict is Verdict.COMPLIANT and self.signal.cause in TAMPERING:
            return explain_compliant(
                outcome,
                record,
                signal=self.signal,
                looked_at=looked_at,
                now=self.writer.clock.now(),
                kept=kept,
            )
        waits = (
            finding.verdict is Verdict.WOULD_SET
            and self.control.paused
            and record.repeated.is_open(looked_at)
            and self.delivery.receives < MOST_CHECKS
        )
        return AppliedChange(outcome=outcome, record=record, again=PAUSE_CHECKED_EVERY if waits else None)

    def _restore_change(self, change: Change, record: ContactRecord, looked_at: datetime) -> AppliedChange:
        """Set one contact; if others keep changing it back, in its time."""
        waiting = self._make_pending(change.kind, "", change)
        try:
            record, backoff, again = back_off(
                record,
                self.signal,
                self.account,
                delivery=self.delivery,
                limits=self.roster.repeated_edits,
                writer=self.writer,
                grouper=self.grouper,
                find_stale=partial(self._find_stale, looked_at=looked_at),
            )
        except SoonError as error:
            record = store_edit(self.writer, record, self.signal)
            outcome = replace(waiting, reason=str(error), found=None)
            return AppliedChange(outcome=outcome, record=record, soon=error)
        except RetryableError as error:
            return AppliedChange(outcome=replace(waiting, reason=str(error)), record=record)
        repeated = find_repeated_incident(record, self.signal.actor.principal, self.writer.clock.now())
        if backoff is not None:
            return AppliedChange(
                outcome=replace(waiting, verdict=Verdict.BACKED_OFF, reason=backoff.reason),
                record=record,
                again=again,
                repeated_incident_id=repeated,
            )
        applied = apply_change(
            record=self._note_place(record),
            signal=self.signal,
            change=change,
            roster_digest=self.roster.digest,
            authorised=self._authorised,
            delivery=self.delivery,
            writer=self.writer,
            judged=self.judged,
        )
        return replace(applied, repeated_incident_id=repeated, again=again)

    def _find_stale(self, record: ContactRecord, looked_at: datetime) -> SoonError | None:
        """Why what was read may be older than the last write of ours, None if it is not.

        Another worker may have written since the look. A read soon after a write that undid this very change
        may be older, too; a later change is restored at once. And the account may be elsewhere by now.
        """
        if (moved := record.find_newer_place(self.read_at)) is not None:
            return moved
        last = max((write.at for write in record.writes if write.may_have_changed), default=None)
        if last is None:
            return None
        at = parse_time(self.signal) if self.signal.cause in TAMPERING else None
        fresh_at = last + (STALE if at is not None and at <= last else SKEW)
        if looked_at >= fresh_at:
            return None
        fresh_in = max(fresh_at - self.writer.clock.now(), timedelta(0))
        seconds = int(fresh_in.total_seconds()) + 1
        return SoonError("the contact was read before, or just after, a write of ours", seconds=seconds)

    @property
    def _authorised(self) -> bool:
        return is_authorised(self.roster, self.signal.actor)

    def _make_pending(self, kind: ContactKind, reason: str, change: Change | None = None) -> Outcome:
        found: Observation | None = change.found if change else None
        return Outcome(
            verdict=Verdict.PENDING,
            reason=reason,
            kind=kind,
            found=found,
            wanted=change.wanted if change else None,
            authorised=self._authorised,
            roster_digest=self.roster.digest if change else None,
        )
