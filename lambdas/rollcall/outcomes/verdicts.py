"""Verdicts: what became of one contact, or of a signal that led to none."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What became of one contact, or of a signal that led to none."""

    COMPLIANT = "compliant"
    SET = "set"
    UNDONE = "undone"
    WOULD_SET = "would-set"
    PENDING = "pending"
    BACKED_OFF = "spaced"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    BLOCKED = "held"
    EXEMPT = "exempt"
    UNMANAGED = "unmanaged"
    INACTIVE = "inactive"
    DENIED = "denied"
    NOTIFIED = "told"
    OWN_WRITE = "own-write"
    UNRECORDED_WRITE = "unrecorded-write"
    REFUSED = "refused"
    IGNORED = "ignored"
    NOT_WRITTEN = "not-written"
