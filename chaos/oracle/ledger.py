"""The ledger says what is known: each record once, whole, and never against what AWS did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.fakes.account import READS
from chaos.oracle.calls import find_contact, is_done, read_values, shows
from chaos.oracle.records import read_ending
from chaos.setting import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.oracle.evidence import Evidence, Violation
    from chaos.oracle.records import Record

WRITTEN: Final = frozenset({"set", "written"})
NOT_WRITTEN: Final = frozenset({"not-written", "not-sent", "refused", "failed"})
#: What AWS says when it does not know itself whether it was done.
_NO_ANSWER: Final = "InternalServerException"
#: Rollcall ignores records of throttled calls, so that a flood of calls is no flood of alerts.
_THROTTLED: Final = "TooManyRequestsException"
UNKNOWN: Final = frozenset({"unconfirmed", "unreadable"})


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    puts = Counter(stored.key for stored in evidence.world.cloud.buckets.puts if stored.bucket == LEDGER)
    for stored in evidence.world.cloud.buckets.puts:
        if stored.bucket == LEDGER and puts.pop(stored.key, 0) > 1:
            yield evidence.find_violation("record-put-twice", stored.time, stored.key)
    yield from _find_unseen(evidence)
    yield from _find_overlaps(evidence)
    for record in evidence.records.values():
        yield from _judge_pair(evidence, record)
        if "outcome" in record.documents:
            yield from _judge_outcome(evidence, record)
        if "confirmation" in record.documents:
            yield from _judge_confirmation(evidence, record)


def _find_unseen(evidence: Evidence) -> Iterator[Violation]:
    """What is published as verified was read after the write."""
    for item in evidence.outcomes:
        record = evidence.records.get(str(item.document["intent_id"]))
        if record is None or not record.calls:
            continue  # nothing was written that could be seen
        if item.document["verified"] and not _was_seen(evidence, record, item.time):
            text = f"{record.id} of {record.account} {record.kind}"
            yield evidence.find_violation("verified-unseen", item.time, text)


def _find_overlaps(evidence: Evidence) -> Iterator[Violation]:
    """An intent is opened when the one before it, under which a call was sent, has ended."""
    ends: dict[tuple[str, str], tuple[float, str]] = {}
    opened = [record for record in evidence.records.values() if record.opened_at is not None and record.calls]
    for record in sorted(opened, key=lambda one: one.opened_at or 0.0):
        contact, start = (record.account, record.kind), record.opened_at or 0.0
        end, before = ends.get(contact, (0.0, ""))
        if start < end:
            yield evidence.find_violation("intents-overlap", start, f"{before} and {record.id}")
        stored = record.puts.get("outcome")
        ends[contact] = (stored.time if stored else start, record.id)


def _judge_pair(evidence: Evidence, record: Record) -> Iterator[Violation]:
    if "intent" not in record.documents:
        first = min(stored.time for stored in record.puts.values())
        yield evidence.find_violation("outcome-without-intent", first, record.id)
    elif "outcome" not in record.documents:
        yield evidence.find_violation("intent-without-outcome", record.puts["intent"].time, record.id)
    elif record.puts["outcome"].time < record.puts["intent"].time:
        yield evidence.find_violation("outcome-before-intent", record.puts["outcome"].time, record.id)


def _judge_outcome(evidence: Evidence, record: Record) -> Iterator[Violation]:
    verdict, time = record.verdict, record.puts["outcome"].time
    done, made = any(map(is_done, record.calls)), any(call.made_at is not None for call in record.calls)
    text = f"{record.id} of {record.account} {record.kind} ends as {verdict}"
    if verdict not in WRITTEN | NOT_WRITTEN | UNKNOWN:
        yield evidence.find_violation("unknown-ending", time, text)
    if verdict in WRITTEN and not done:
        yield evidence.find_violation("ledger-invents-write", time, f"{text}, and nothing was written")
    if verdict in NOT_WRITTEN and made:
        yield evidence.find_violation("ledger-denies-write", time, f"{text}, and it was written")
    if verdict == "unconfirmed" and "confirmation" not in record.documents and _is_known(evidence, record):
        yield evidence.find_violation(
            "never-confirmed", time, f"{text}, and CloudTrail's record was delivered"
        )


def _judge_confirmation(evidence: Evidence, record: Record) -> Iterator[Violation]:
    time, said = record.puts["confirmation"].time, read_ending(record.documents["confirmation"])
    text = f"{record.id} of {record.account} {record.kind}: {said}"
    if record.verdict != "unconfirmed":
        yield evidence.find_violation("confirmed-though-known", time, text)
    made = any(call.made_at is not None for call in record.calls)
    if (said in NOT_WRITTEN and made) or (said in WRITTEN and not any(map(is_done, record.calls))):
        yield evidence.find_violation("confirmation-wrong", time, text)
    if not _is_known(evidence, record, before=time):
        yield evidence.find_violation("confirmed-without-evidence", time, text)


def _is_known(evidence: Evidence, record: Record, before: float = float("inf")) -> bool:
    """Whether AWS's word on one of the calls has come: its answer, or its record."""
    requests = {call.request_id for call in record.calls}
    killed = evidence.world.killed
    return any(
        call.answered and call.error != _NO_ANSWER and call.process not in killed for call in record.calls
    ) or any(
        delivery.call.request_id in requests
        and delivery.call.error not in (_NO_ANSWER, _THROTTLED)
        and delivery.time <= before
        for delivery in evidence.world.deliveries
    )


def _was_seen(evidence: Evidence, record: Record, before: float) -> bool:
    """Whether one of us read the contact as the write left it, after the write."""
    return any(
        shows(other, read_values(call))
        for call in record.calls
        for other in evidence.calls
        if other.operation in READS
        and other.answered
        and call.sent_at <= other.sent_at <= before
        and find_contact(evidence, other) == find_contact(evidence, call)
    )
