"""The ledger says what is known: each record once, whole, and never against what AWS did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.oracle.evidence import find_contact, is_done, read_ending, read_values, shows
from chaos.world import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.oracle.evidence import Evidence, Record, Violation

WRITTEN: Final = frozenset({"set", "written"})
NOT_WRITTEN: Final = frozenset({"not-written", "not-sent", "refused", "failed"})
UNKNOWN: Final = frozenset({"unconfirmed", "unreadable"})


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    puts = Counter(stored.key for stored in evidence.world.cloud.buckets.puts if stored.bucket == LEDGER)
    for stored in evidence.world.cloud.buckets.puts:
        if stored.bucket == LEDGER and puts.pop(stored.key, 0) > 1:
            yield evidence.find_violation("record-put-twice", stored.time, stored.key)
    for record in evidence.records.values():
        yield from _judge_pair(evidence, record)
        if "outcome" in record.documents:
            yield from _judge_outcome(evidence, record)
        if "confirmation" in record.documents:
            yield from _judge_confirmation(evidence, record)


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
    if record.documents["outcome"].get("verified") and not _was_seen(evidence, record):
        yield evidence.find_violation("verified-unseen", time, f"{text}, verified")
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
    return any(call.answered and call.process not in killed for call in record.calls) or any(
        delivery.call.request_id in requests and delivery.time <= before
        for delivery in evidence.world.deliveries
    )


def _was_seen(evidence: Evidence, record: Record) -> bool:
    """Whether one of us read the contact as the write left it, after the write."""
    return any(
        shows(other, read_values(call))
        for call in record.calls
        for other in evidence.calls
        if other.operation == "GetAlternateContact"
        and other.answered
        and other.sent_at >= call.sent_at
        and find_contact(evidence, other) == find_contact(evidence, call)
    )
