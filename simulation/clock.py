"""Clocks: of the machine, and virtual ones."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

DEFAULT_START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """`moment` as CloudTrail writes most times: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, UTC."""

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        time.sleep(seconds)


class VirtualClock:
    """A clock that only advances by sleeping; a sleep takes no real time."""

    def __init__(self, start: datetime = DEFAULT_START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Advance by `seconds`; negative values are refused with ValueError, as time.sleep does."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._now += timedelta(seconds=seconds)
