"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(time: datetime) -> str:
    """UTC to the second, as CloudTrail writes it: 2026-10-05T09:30:00Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
