"""Grouped alerts: every change named soon, few alerts beside them, and one message of a group a minute."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chaos.oracle.evidence import SEVERITIES
from chaos.oracle.people import find_alerts, list_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.oracle.evidence import Edit, Evidence, Violation

#: A line waits for the next minute of the clock; then its message is published and sent.
_NAMED_WITHIN: Final = 75.0
#: Alerts below CRITICAL that leave by themselves in each ten minutes of the clock.
_MOST_ALERTS: Final = 30
_TEN_MINUTES: Final = 600
#: An alert is published at most so many seconds after it was counted.
_PUBLISHED_WITHIN: Final = 10
#: These wait for an hour: somebody set contacts to what the roster wants.
_LATER: Final = "set-by-others"


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    yield from _find_two_in_a_minute(evidence)
    yield from _find_different_updates(evidence)
    for edit in evidence.edits:
        if edit.deliveries and edit.call.error == "AccessDeniedException":
            yield from _judge_attempt(evidence, edit)
    if not evidence.world.faults.fired:
        yield from _find_late(evidence)
        yield from _find_too_many(evidence)


def _find_two_in_a_minute(evidence: Evidence) -> Iterator[Violation]:
    """In a minute of its worker's clock at most one message of one group leaves."""
    known: dict[tuple[str, str], int] = {}
    for item in evidence.groups:
        document = item.document
        minute = (document["incident_id"], document["decided_at"][:16])
        if known.setdefault(minute, document["update"]) != document["update"]:
            text = f"{document['notice']} {document['incident_id']}, update {document['update']}"
            yield evidence.find_violation("two-messages-in-one-minute", item.time, text)


def _find_different_updates(evidence: Evidence) -> Iterator[Violation]:
    """A message that is published again names nothing that it did not name: channels drop it."""
    known: dict[tuple[str, int], set[tuple[str, str]]] = {}
    for item in evidence.groups:
        update = (item.document["incident_id"], item.document["update"])
        lines = {(line["incident_id"], line["verdict"]) for line in item.document["facts"]["lines"]}
        if not lines <= known.setdefault(update, lines):
            text = f"{update[0]}, update {update[1]}, by {item.process}"
            yield evidence.find_violation("update-published-differently", item.time, text)


def _judge_attempt(evidence: Evidence, edit: Edit) -> Iterator[Violation]:
    """A refused call is alerted by itself or in a line that names who tried."""
    incidents = {item.document["incident_id"] for item in list_outcomes(evidence, edit)}
    named = any(text.attributes["incident"] in incidents for text in evidence.texts) or any(
        line["incident_id"] in incidents and line["principal"] == edit.call.identity.arn
        for item, _ in evidence.sent
        for line in item.document.get("facts", {}).get("lines", ())
    )
    if not named:
        yield evidence.find_violation("attempt-not-alerted", edit.deliveries[0].time, edit.describe())


def _find_late(evidence: Evidence) -> Iterator[Violation]:
    """Each change is named soon after its outcome, if nothing fails."""
    for edit in evidence.edits:
        outcomes = list_outcomes(evidence, edit)
        if edit.call.made_at is None or not outcomes or any(map(_waits, outcomes)):
            continue
        if not all(want.managed for want in evidence.list_wants(edit.contact)):
            continue
        due = outcomes[0].time + _NAMED_WITHIN
        alerts = find_alerts(evidence, edit)
        if alerts and min(text.time for text in alerts) > due:
            late = min(text.time for text in alerts) - outcomes[0].time
            yield evidence.find_violation("named-late", due, f"{edit.describe()}: after {late:.0f} s")


def _waits(outcome: Any) -> bool:
    return bool(outcome.document["verdict"] == _LATER)


def _find_too_many(evidence: Evidence) -> Iterator[Violation]:
    """Few alerts leave by themselves, if nothing fails."""
    counts: Counter[int] = Counter()
    seen: set[str] = set()
    for item, text in evidence.sent:
        document = item.document
        alone = not text.is_notice and not document.get("opened") and text.severity < _CRITICAL
        second = datetime.fromisoformat(document["decided_at"]).timestamp()
        # Of the first seconds nobody knows in which ten minutes they were counted.
        if alone and second % _TEN_MINUTES >= _PUBLISHED_WITHIN and document["incident_id"] not in seen:
            seen.add(document["incident_id"])
            counts[int(second // _TEN_MINUTES)] += 1
            if counts[int(second // _TEN_MINUTES)] == _MOST_ALERTS + 1:
                yield evidence.find_violation("too-many-alerts", item.time, text.subject)


_CRITICAL: Final = SEVERITIES.index("CRITICAL")
