"""What the report says of one contact: one word for each verdict that a sweep may end in."""

from __future__ import annotations

from enum import StrEnum

from rollcall.plan import Verdict


class Status(StrEnum):
    """In the order in which the report counts them."""

    RIGHT = "right"
    FIXED = "fixed"
    WOULD_FIX = "would-fix"
    SKIPPED = "skipped"
    PENDING = "pending"
    FAILED = "failed"
    HELD = "held"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    EXEMPT = "exempt"
    UNMANAGED = "unmanaged"
    INACTIVE = "inactive"


#: Contacts that somebody must look at: Rollcall neither finds them right nor can make them so.
ATTENTION = (
    Status.SKIPPED,
    Status.PENDING,
    Status.FAILED,
    Status.HELD,
    Status.UNREADABLE,
    Status.UNREACHABLE,
)
#: Contacts that the roster asks nothing of; coverage is a share of the others.
LEFT_OUT = (Status.EXEMPT, Status.UNMANAGED, Status.INACTIVE)

_BY_VERDICT = {
    Verdict.COMPLIANT: Status.RIGHT,
    Verdict.SET: Status.FIXED,
    Verdict.WOULD_SET: Status.WOULD_FIX,
    Verdict.NOT_WRITTEN: Status.FAILED,
    Verdict.DENIED: Status.FAILED,
}


def status_of(verdict: Verdict) -> Status:
    """The word for a verdict; most are their own. ValueError for one that no sweep ends in."""
    return _BY_VERDICT.get(verdict) or Status(str(verdict))
