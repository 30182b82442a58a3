"""Contacts and our writes: right in the end, never without intent, never twice, never against the pause."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from chaos.fakes.account import KINDS
from chaos.fakes.client import STALE_SECONDS
from chaos.faults import Kind
from chaos.oracle.calls import find_contact, find_look, is_answered, read_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.fakes.cloud import Call
    from chaos.oracle.evidence import Evidence, Violation
    from chaos.oracle.records import Record
    from chaos.wants import Want

#: What is recorded in the ledger stands in the state table so many seconds later, if nothing goes wrong.
_CLOSING: Final = 1.0
#: Rollcall allows for clocks that differ by less.
_CLOCKS_DIFFER: Final = 3.0
#: A worker decides at most so many seconds before it opens its intent.
_DECIDED_BEFORE: Final = 60.0


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    yield from _find_wrong(evidence)
    for call in evidence.own_calls:
        yield from _judge_write(evidence, call)
    for record in evidence.records.values():
        if len(record.calls) > 1:
            yield evidence.find_violation(
                "two-calls-under-one-intent", record.calls[1].sent_at, f"intent {record.id}"
            )
    yield from _find_needless(evidence)
    yield from _find_ignored_echoes(evidence)
    yield from _find_approvals_in_pause(evidence)


def _find_wrong(evidence: Evidence) -> Iterator[Violation]:
    """In the end each contact is as the approved roster wants it."""
    control = evidence.control[-1]
    if control.is_paused(evidence.world.scheduler.now):
        return
    for account in evidence.names:
        now = evidence.world.scheduler.now
        left = evidence.find_closing(account) is not None or evidence.may_be_blocked(account, now, now)
        for kind in () if left else KINDS:
            want, found = (
                evidence.find_want(control.approved, (account, kind)),
                evidence.account.read(account, kind),
            )
            if want and want.managed and want.enforced and not want.fits(found):
                text = f"{account} {kind} is {found and found[2]}, not {want.values and want.values[2]}"
                yield evidence.find_violation("contact-wrong", now, text)


def _judge_write(evidence: Evidence, call: Call) -> Iterator[Violation]:
    contact, record = find_contact(evidence, call), evidence.by_call.get(call.request_id)
    name = f"{call.process} sets {contact[0]} {contact[1]}"
    if record is None or "intent" not in record.puts or record.puts["intent"].time > call.sent_at:
        yield evidence.find_violation("write-without-intent", call.sent_at, name)
        return
    if record.opened_at is None or record.opened_at > call.sent_at:
        yield evidence.find_violation("write-without-lock", call.sent_at, f"{name}, intent {record.id}")
        return
    if "outcome" in record.puts and record.puts["outcome"].time < call.sent_at:
        yield evidence.find_violation("write-after-its-end", call.sent_at, f"{name}, intent {record.id}")
    look = find_look(evidence, call, record.opened_at)
    if look is None or not is_answered(look):
        yield evidence.find_violation("write-over-unread", call.sent_at, f"{name}, intent {record.id}")
    control, digest = evidence.find_control(record.opened_at), record.documents["intent"]["roster_digest"]
    # A worker whose clock is ahead knows of the end of a pause so much earlier.
    if control.is_paused(record.opened_at + evidence.story.skew):
        yield evidence.find_violation("write-while-paused", call.sent_at, f"{name}, intent {record.id}")
    if control.approved != digest:
        yield evidence.find_violation("write-under-other-roster", call.sent_at, f"{name}, intent {record.id}")
    # Decided before the account was changed, after it, or between two changes.
    since = record.opened_at - _DECIDED_BEFORE
    changes = (time for time, _ in evidence.list_places(contact[0]) if since < time < record.opened_at)
    moments = (record.opened_at, since, *changes)
    wants = [
        want
        for moment in moments
        if (want := evidence.find_want(digest, contact, moment)) and want.managed and want.enforced
    ]
    fitting = [want for want in wants if want.fits(read_values(call))]
    if not fitting:
        yield evidence.find_violation("write-not-wanted", call.sent_at, f"{name}, intent {record.id}")
    elif look is not None and not any(_is_kept(evidence, call, look, want) for want in fitting):
        yield evidence.find_violation("kept-part-lost", call.sent_at, f"{name}, intent {record.id}")


def _is_kept(evidence: Evidence, call: Call, look: Call, want: Want) -> bool:
    """Whether what the roster keeps is, as a whole, what the account had between the look and the call.

    AWS has no condition on what is there: somebody else's change after the look is written over.
    """
    site = f"{look.process}|account.{look.operation}|"
    faults = evidence.world.faults.fired
    stale = any(fired.kind is Kind.STALE and fired.site.startswith(site) for fired in faults)
    contact, values = find_contact(evidence, call), read_values(call) or ()
    start = look.sent_at - (STALE_SECONDS if stale else 0.0)
    changes = evidence.account.history[contact]
    had = [evidence.account.read(*contact, start)]
    had += [change.values for change in changes if start < change.time <= call.sent_at]
    return any(all(values[place] == (one or values)[place] for place in want.kept) for one in had)


def _find_ignored_echoes(evidence: Evidence) -> Iterator[Violation]:
    """Our own write's event finds the contact wrong: then it is restored, though no other event came."""
    control, lost = (
        evidence.control[-1],
        {edit.call.request_id for edit in evidence.edits if not edit.deliveries},
    )
    if control.is_paused(evidence.story_end):
        return
    ours = {call.request_id for call in evidence.own_calls}
    fired = any(fault.kind is Kind.STALE for fault in evidence.world.faults.fired)
    stale = STALE_SECONDS if fired else 0.0
    for contact, values in evidence.world.before_sweep.items():
        want, changes = evidence.find_want(control.approved, contact), evidence.account.history[contact]
        last = [change for change in changes if change.time < evidence.story_end]
        closed = evidence.find_closing(contact[0]) is not None
        closed = closed or evidence.may_be_blocked(contact[0], changes[0].time, evidence.world.scheduler.now)
        if closed or want is None or not (want.managed and want.enforced) or want.fits(values):
            continue
        if last[-1].request_id not in lost or not [change for change in last if change.request_id in ours]:
            continue
        own = [change for change in last if change.request_id in ours][-1]
        heard = [
            delivery.time
            for delivery in evidence.world.deliveries
            if delivery.call.request_id == own.request_id
            and delivery.time > last[-1].time + stale
            # In a pause it is alerted, and left to the next sweep.
            and not evidence.find_control(delivery.time).is_paused(delivery.time)
        ]
        if heard and want.fits(own.values):
            text = f"{contact[0]} {contact[1]} was changed after our write, and stayed so after its event"
            yield evidence.find_violation("echo-ignored", heard[0], text)


def _find_approvals_in_pause(evidence: Evidence) -> Iterator[Violation]:
    """No roster is approved by itself while writes are paused."""
    for before, after in pairwise(evidence.control):
        if (
            before.is_paused(after.time + evidence.story.skew)
            and after.paused
            and before.approved != after.approved
        ):
            by_sweep = any(
                item.document.get("notice") == "roster-approved" and item.document["facts"]["automatic"]
                for item in evidence.notices
                if item.time >= after.time and item.document["facts"].get("roster") == after.approved
            )
            if by_sweep:
                yield evidence.find_violation("approved-in-pause", after.time, str(after.approved))


def _find_needless(evidence: Evidence) -> Iterator[Violation]:
    """A write of what was there, and whoever decided it could see that."""
    stale = {
        fired.site.partition("|")[0] for fired in evidence.world.faults.fired if fired.kind is Kind.STALE
    }
    ours = {call.request_id: call for call in evidence.own_calls}
    for contact, changes in evidence.account.history.items():
        for before, change in pairwise(changes):
            call = ours.get(change.request_id or "")
            record = evidence.by_call.get(change.request_id or "")
            if call is None or record is None or record.opened_at is None or call.process in stale:
                continue
            look = find_look(evidence, call, record.opened_at)
            known_at = look.sent_at if look is not None else record.opened_at
            earlier = evidence.by_call.get(before.request_id or "")
            if earlier is not None and "outcome" in earlier.puts:
                # It stands in the contact's record, too: nobody needs to have seen the contact after it.
                ended = earlier.puts["outcome"].time
                # Only its time says that a look was before it.
                misled = known_at >= ended - max(0.0, 2 * evidence.story.skew - _CLOCKS_DIFFER)
                if before.time <= ended < record.opened_at - _CLOSING and not misled:
                    known_at = record.opened_at
            if before.values == change.values and before.time < known_at:
                name = "loop" if _is_answer_to_us(evidence, record) else "needless-write"
                text = f"{call.process} sets {contact[0]} {contact[1]} to what it was"
                yield evidence.find_violation(name, change.time, text)


def _is_answer_to_us(evidence: Evidence, record: Record) -> bool:
    request = record.documents["intent"]["signal"]["event"]["request_id"]
    return any(call.request_id == request for call in evidence.own_calls)
