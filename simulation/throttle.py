"""Request quotas as token buckets."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """`rate` requests a second in the long run, `burst` at once."""

    rate: float
    burst: int


class TokenBuckets:
    """One bucket per key (calling account and operation), full at first use."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, str], tuple[float, datetime]] = {}

    def take(self, key: tuple[str, str], quota: Quota, now: datetime) -> bool:
        """Spend one request; False, and nothing spent, when the bucket is empty."""
        level, since = self._levels.get(key, (float(quota.burst), now))
        level = min(float(quota.burst), level + (now - since).total_seconds() * quota.rate)
        # Refills are sums of binary fractions: without the tolerance ten sleeps of 0.1 s would buy nothing.
        granted = level >= 1.0 - 1e-9
        self._levels[key] = (level - 1.0 if granted else level, now)
        return granted
