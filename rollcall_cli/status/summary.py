"""What a run of the sweep found and did, for people; no contact details are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.outcomes.verdicts import OUT_OF_SCOPE, RIGHT
from rollcall.report.words import format_percent
from rollcall_cli.status.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def covered(summary: Mapping[str, Any]) -> tuple[int, int]:
    """How many contacts were right in the end, of how many that the roster manages."""
    contacts: Mapping[str, int] = summary["contacts"]
    managed = sum(number for name, number in contacts.items() if name not in OUT_OF_SCOPE)
    return sum(contacts.get(name, 0) for name in RIGHT), managed


def lines(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and text."""
    right, managed = covered(summary)
    ended = f"{summary['ended_at'][:16].replace('T', ' ')}Z"
    share = format_percent(right / managed) if managed else ""
    yield "ended", f"{summary['ending']}, {ended}"
    by = f" by {summary['by']}" if summary["by"] else ""
    yield "started", f"{summary['trigger']}{by}"
    yield "accounts", f"{summary['accounts']}, {summary['active']} active"
    # No more than this run saw: what happened since is in no sweep yet.
    seen = f"{right} of {managed} contacts ({share}) were right at {ended}"
    yield "coverage", seen if managed else "nothing was counted"
    found = {name: number for name, number in summary["contacts"].items() if number}
    yield "contacts", ", ".join(f"{number} {name}" for name, number in found.items()) or "none"
    if summary["unannounced"]:
        yield "drift", f"{count(summary['unannounced'], 'change')} that no event announced"
    for plan in summary["held"]:
        yield "held", f"plan {plan}"
    for step, reason in summary["failed"].items():
        yield "failed", f"{step}: {reason}"
