"""Pacing: the quota of the Account API belongs to the whole organization, so every worker takes its share."""

from __future__ import annotations

from dataclasses import dataclass

#: Calls per second and burst of one calling account, as AWS publishes them.
QUOTAS = {
    "GetAlternateContact": (10.0, 15.0),
    "PutAlternateContact": (5.0, 8.0),
    "DeleteAlternateContact": (1.0, 6.0),
}


@dataclass(slots=True, kw_only=True)
class Bucket:
    """A token bucket. Pure but for its own memory: time, in seconds on any steady clock, is handed in."""

    rate: float
    burst: float
    tokens: float
    at: float

    def reserve(self, now: float) -> float:
        """Take a token; returns the seconds to wait before the call."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate) - 1.0
        self.at = now
        return max(0.0, -self.tokens / self.rate)


def buckets(*, share: float, now: float) -> dict[str, Bucket]:
    """A full bucket for each paced operation, at this share (0 to 1) of the quota."""
    return {
        operation: Bucket(rate=rate * share, burst=burst * share, tokens=burst * share, at=now)
        for operation, (rate, burst) in QUOTAS.items()
    }
