"""Pauses end, and everybody hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.oracle.evidence import Evidence, Violation

#: A worker decides at most so many seconds before its outcome is published.
_DECIDED_BEFORE: Final = 300.0


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    yield from _find_unended(evidence)
    yield from _find_obeyed(evidence)


def _find_unended(evidence: Evidence) -> Iterator[Violation]:
    """The end of a pause is alerted, by whatever it ended."""
    for place, control in enumerate(evidence.control):
        later = evidence.control[place + 1 :]
        replaced = any(
            (item.paused, item.until) != (control.paused, control.until) and item.time < control.until
            for item in later
        )
        if not control.paused or replaced or control.until > evidence.world.scheduler.now:
            continue
        ends = [
            item
            for item in evidence.notices
            if item.time >= control.until - evidence.story.skew
            and (item.document["notice"] == "unpaused" or item.document["facts"].get("stage") == "ended")
        ]
        if not ends:
            yield evidence.find_violation("end-of-pause-not-alerted", control.until, "nobody heard of it")


def _find_obeyed(evidence: Evidence) -> Iterator[Violation]:
    """A pause that has ended keeps nobody from writing."""
    for item in evidence.outcomes:
        if item.document["reason"] != "writes are paused":
            continue
        start = item.time - _DECIDED_BEFORE
        paused = evidence.find_control(start).is_paused(start) or any(
            control.paused and control.time <= item.time and control.until > start
            for control in evidence.control
        )
        if not paused:
            text = f"{item.process}: {item.document['account']['id']} {item.document['kind']}"
            yield evidence.find_violation("ended-pause-obeyed", item.time, text)
