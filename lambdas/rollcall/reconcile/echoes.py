"""Echoes, the events of our own writes: whether the call is ours, and the contact still as we left it.

A call is ours if our role made it and it names an intent that has no other call. That proves the call and not
the contact: a contact that differs from the write is restored and alerted, and so is one that no roster
names, as who has the role can also write records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.contact.record import (
    MESSAGES_LAST,
    SKEW,
    Call,
    ContactRecord,
    KnownWrite,
    end_intent,
    update_record,
)
from rollcall.decide.intent import Answer, IntentName, WriteState
from rollcall.decide.resolve import resolve_requirement
from rollcall.events.signal import Signal, compute_age, parse_time
from rollcall.model.contact import ALL_PARTS, KEEP, ContactKind
from rollcall.model.desired import Desired, Observation, Present, Unreadable, matches
from rollcall.model.errors import LookAgainError, SoonError
from rollcall.model.roster import ACCOUNT_ID, ACCOUNT_NAME, Roster
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import RIGHT, Verdict
from rollcall.write.apply_change import AppliedChange, Writer
from rollcall.write.look import STALE

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.ports import Organization
    from rollcall.rosters.current import Rosters

#: If somebody changed a contact after us, that event comes within this time.
EXPLAINED_WITHIN: Final = timedelta(minutes=15)


class Echo(Enum):
    """What is to be done about an event of our own role."""

    DONE = "done"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoJudge:
    """Judges the calls of our own roles. `finish` finishes what a worker that is gone left open."""

    writer: Writer
    finish: Callable[[ContactRecord], ContactRecord]
    rosters: Rosters
    organization: Organization

    def judge(self, signal: Signal) -> tuple[Echo, AppliedChange]:
        """What the event is, and whether the contact is to be restored because of it.

        SoonError while the write is under way, LookAgainError while the event of a later edit is awaited.
        """
        name = IntentName.find(signal.actor.user_agent)
        if name is not None and _is_about(name, signal):
            record = self.writer.contacts.load(name.account_id, name.kind)
            if record.intent is not None and (
                record.intent.id == name.intent_id or record.intent.event_id == signal.event.id
            ):
                record = self.finish(record)
            call = record.judge_call(name.intent_id, signal.event.key)
            if call is Call.UNDER_WAY and record.intent is not None:
                wait = record.intent.count_wait(self.writer.clock.now())
                raise SoonError("a write of ours on this contact is still under way", seconds=wait)
            write = record.find_write(name.intent_id)
            if call is Call.CONFIRMS and write is not None and not signal.unsure:
                record = self._confirm(signal, record, write)
            if call is not Call.UNKNOWN and call is not Call.FOREIGN:
                return self._look(signal, record, name.intent_id, record.find_write(name.intent_id))
            if call is Call.UNKNOWN and (answer := self._find_in_ledger(signal, name)) is not None:
                write = _recall_write(signal, name, answer, now=self.writer.clock.now())
                return self._look(signal, record, name.intent_id, write)
        refused = signal.denied is not None and not signal.unsure
        return Echo.DONE if refused else Echo.RESTORE, AppliedChange(outcome=_make_unrecorded(signal))

    def _confirm(self, signal: Signal, record: ContactRecord, write: KnownWrite) -> ContactRecord:
        """Record the end of a write whose answer was lost: CloudTrail's record has it."""
        sure = replace(write, state=_read_state(signal), request_id=signal.event.key)
        # The ledger first: a second call under this intent finds it.
        self._record_confirmation(signal, record.account_id, write.intent_id)
        return update_record(
            self.writer.contacts, record, lambda known: end_intent(known, sure), clock=self.writer.clock
        )

    def _record_confirmation(self, signal: Signal, account_id: str, intent_id: str) -> None:
        answer = Answer(
            state=_read_state(signal),
            reason=f"CloudTrail's record {signal.event.id}",
            request_id=signal.event.key,
        )
        self.writer.ledger.record_confirmation(
            account_id, intent_id, answer, by="CloudTrail", at=self.writer.clock.now()
        )

    def _find_in_ledger(self, signal: Signal, name: IntentName) -> Answer | None:
        """The answer to this call, if it is of an older intent, which the record has forgotten."""
        known = self.writer.ledger.find_answer(name.account_id, name.intent_id)
        if known is None:
            return None
        if known.request_id is not None:
            return known if known.request_id == signal.event.key else None
        if known.state is not WriteState.UNCONFIRMED:
            return None
        if signal.unsure:
            return known
        self._record_confirmation(signal, name.account_id, name.intent_id)
        return replace(known, state=_read_state(signal), request_id=signal.event.key)

    def _look(
        self, signal: Signal, record: ContactRecord, intent_id: str, write: KnownWrite | None
    ) -> tuple[Echo, AppliedChange]:
        """Whether the contact is as the write left it, or somebody is known to have changed it since."""
        own = AppliedChange(outcome=_make_own(signal))
        self._check_unfinished(signal, record)
        if write is None or write.state is not WriteState.WRITTEN:
            return Echo.DONE, own
        made_at = parse_time(signal) or write.at
        others = [edit for edit in record.edits if edit.key not in (signal.event.key, write.event_key)]
        later = [edit for edit in others if edit.at is None or made_at - edit.at <= SKEW]
        known = record.find_edit(signal.event.key)
        if known is not None and known.published not in (None, str(Verdict.BACKED_OFF)):
            return Echo.DONE, own if later else self._await_event(signal, record, known.published)
        reason = "the contact is not as our write left it, and no event says who changed it"
        overwritten = AppliedChange(
            outcome=Outcome(verdict=Verdict.OVERWRITTEN, reason=reason, kind=signal.kind),
            again=int(EXPLAINED_WITHIN.total_seconds()),
        )
        looked_at = self.writer.clock.now()
        # It was judged before, and its restore backs off; else another event is about a change that is still
        # to be handled, or that was left. A message that is too old to come back handles none any more.
        backed_off = known is not None and known.published is not None
        unhandled = any(
            edit.published is None and (edit.at is None or looked_at - edit.at <= MESSAGES_LAST)
            for edit in others
        )
        if backed_off or unhandled or any(edit.published not in RIGHT for edit in later):
            return (Echo.RESTORE, overwritten) if backed_off else (Echo.DONE, own)
        found = self.writer.accounts.get(record.account_id, record.kind)
        left = compute_fingerprint(found)
        named = write.left in (None, left) and self._is_named(record, intent_id, found)
        if left is None or named or self._is_kept(record, found):
            return Echo.DONE, own
        # Read again after the look: what differs because of us is in it by now.
        record = self.writer.contacts.load(record.account_id, record.kind)
        self._check_unfinished(signal, record)
        if record.is_written_after(intent_id, besides=signal.event.key):
            return Echo.DONE, own
        if compute_age(signal, looked_at) < STALE:
            raise SoonError(
                "the contact is not as we left it, and a read so soon may be older than the write"
            )
        return Echo.RESTORE, overwritten

    def _check_unfinished(self, signal: Signal, record: ContactRecord) -> None:
        """SoonError while a restore because of this very event is under way, or its worker may be."""
        if record.intent is not None and record.intent.event_id == signal.event.id:
            wait = record.intent.count_wait(self.writer.clock.now())
            raise SoonError("the restore after this very event is under way", seconds=wait)

    def _is_named(self, record: ContactRecord, intent_id: str, found: Observation) -> bool:
        """Whether the roster names such a contact, or the one did that the write was for; RetryableError."""
        if isinstance(found, Unreadable):
            return False
        # The deployed roster, which needs no read, is mostly the one in force; it came with this code.
        if _is_named_by(self.rosters.candidate, record, found):
            return True
        roster = self.rosters.find_current(self.rosters.get_enforcement())
        if _is_named_by(roster, record, found):
            return True
        intent = self.writer.ledger.load_intent(record.account_id, intent_id)
        before = self.rosters.find(intent.roster_digest) if intent is not None else None
        return before is not None and _is_named_by(before, record, found)

    def _is_kept(self, record: ContactRecord, found: Observation) -> bool:
        """Whether only parts that the roster keeps can differ; RetryableError if it cannot be known."""
        if record.kind is not ContactKind.PRIMARY:
            return False
        roster = self.rosters.find_current(self.rosters.get_enforcement())
        account = self.organization.get_account(record.account_id, with_tags=roster.uses_tags)
        today = self.writer.clock.now().date()
        desired = resolve_requirement(roster, account, today=today).desired if account else {}
        wanted = desired.get(record.kind)
        return isinstance(wanted, Desired) and wanted.contact.keeps and matches(found, wanted)

    def _await_event(self, signal: Signal, record: ContactRecord, published: str) -> AppliedChange:
        """Wait until no event can explain the change any more, then alert it as unexplained."""
        if published == Verdict.UNEXPLAINED:
            return AppliedChange(outcome=_make_own(signal))
        left = EXPLAINED_WITHIN - compute_age(signal, self.writer.clock.now())
        if left > timedelta(0):
            raise LookAgainError(int(left.total_seconds()) + 1)
        reason = "15 minutes later still no event says who changed the contact after our write"
        outcome = Outcome(verdict=Verdict.UNEXPLAINED, reason=reason, kind=signal.kind)
        return AppliedChange(outcome=outcome, record=record)


def _is_named_by(roster: Roster, record: ContactRecord, found: Observation) -> bool:
    """Whether the roster names such a contact for any account, or none of this kind.

    An account's name, and what the roster keeps, stand for anything: they may be others since the write.
    """
    if not isinstance(found, Present):
        choices = [roster.defaults, *(override.kinds for override in roster.overrides)]
        return any(record.kind in named and named[record.kind] is None for named in choices)
    contact = found.contact.as_stored()

    def fits(said: str, value: str) -> bool:
        form = re.escape(said.replace(ACCOUNT_ID, record.account_id)).replace(re.escape(ACCOUNT_NAME), ".*")
        return said == KEEP or re.fullmatch(form, value, re.DOTALL) is not None

    return any(
        all(fits(said.get(part), contact.get(part)) for part in ALL_PARTS)
        for said in (one.as_stored() for one in roster.contacts.values())
    )


def _recall_write(signal: Signal, name: IntentName, answer: Answer, *, now: datetime) -> KnownWrite:
    """The write of an intent that only the ledger knows, and not what it was to leave."""
    return KnownWrite(
        intent_id=name.intent_id,
        state=answer.state,
        # Not as the name says, which may be invented.
        at=parse_time(signal) or now,
        event_key="",
        event_id="",
        incident_id="",
        left=None,
        request_id=signal.event.key,
    )


def _make_own(signal: Signal) -> Outcome:
    return Outcome(verdict=Verdict.OWN_WRITE, reason="a recorded call of ours", kind=signal.kind)


def _make_unrecorded(signal: Signal) -> Outcome:
    answer = ""
    if signal.denied is not None:
        answer = f"; {'it failed inside of AWS' if signal.unsure else 'AWS refused it'}: {signal.denied}"
    reason = f"a call by the writer role without a recorded intent: treat the role as stolen{answer}"
    return Outcome(verdict=Verdict.UNRECORDED_WRITE, reason=reason, kind=signal.kind)


def _read_state(signal: Signal) -> WriteState:
    return WriteState.REFUSED if signal.denied is not None else WriteState.WRITTEN


def _is_about(name: IntentName, signal: Signal) -> bool:
    """Whether the event may be of the call so named. Of a refused call AWS may not say the target."""
    if signal.denied is not None:
        return True
    return name.account_id == signal.account_id and signal.kind in (None, name.kind)
