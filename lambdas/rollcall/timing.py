"""Pacing and retries. The Account API's quota is the whole organization's: every worker takes its share."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

#: Calls per second and burst of one calling account, as AWS publishes them.
#: https://docs.aws.amazon.com/accounts/latest/reference/quotas.html
QUOTAS = {
    "GetAlternateContact": (10.0, 15.0),
    "PutAlternateContact": (5.0, 8.0),
    "DeleteAlternateContact": (1.0, 6.0),
    "GetContactInformation": (10.0, 15.0),
    "PutContactInformation": (5.0, 8.0),
}
_REGION: Final = "us-east-1"
#: The same in China: https://docs.amazonaws.cn/en_us/accounts/latest/reference/quotas.html
QUOTAS_IN_CHINA = QUOTAS | {
    "GetAlternateContact": (3.0, 5.0),
    "PutAlternateContact": (1.0, 6.0),
    "GetContactInformation": (3.0, 5.0),
    "PutContactInformation": (1.0, 2.0),
}
#: All reads of AWS Organizations together. Its numbers are not published in a form that we could read.
ORGANIZATIONS = "Organizations"
#: Where a worker that looks for the limit of AWS Organizations begins, and what it never exceeds.
ORGANIZATIONS_RATE = 10.0
#: Sessions of members' roles. AWS STS takes 600 calls a second from an account that asks with its own
#: credentials: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ASSUME_ROLE = "AssumeRole"
#: Where a sweep begins, and what it never exceeds: 64 in flight make no more than some 130.
ASSUME_ROLE_RATE = 150.0
#: What a sweep takes at most of a quota: the rest is for signals and refills the burst that they use.
CEILING = 0.97
#: What a refused call costs: gentle, because it says that somebody took what was free, not that all is lost.
DECREASE = 0.9
#: Refusals within so many seconds say the same thing once.
DECREASE_EVERY_SECONDS = 1.0
#: A second of success gains this share of the ceiling: what one refusal cost is back in ten seconds.
INCREASE_PER_SECOND = 0.01
#: A worker never waits longer than twenty times what the ceiling asks: it goes on finding out.
FLOOR = 0.05


def find_quotas(region: str) -> Mapping[str, tuple[float, float]]:
    """Calls per second and burst by operation, in the partition of the Region."""
    return QUOTAS_IN_CHINA if region.startswith("cn-") else QUOTAS


class Sleeper(Protocol):
    """What can wait: any clock."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


def attempts(clock: Sleeper, waits: Iterable[float]) -> Iterator[None]:
    """Yield once for each try: at once, then after each of these waits, in seconds."""
    yield
    for seconds in waits:
        clock.sleep(seconds)
        yield


class Pace(Protocol):
    """How fast calls of one operation may be made. Time is in seconds on any steady clock."""

    def reserve(self, now: float) -> float:
        """Take the right to one call; returns the seconds to wait before it."""

    def slow_down(self, now: float) -> None:
        """The service refused a call because there were too many."""

    def speed_up(self, now: float) -> None:
        """The service answered a call."""


@dataclass(slots=True, kw_only=True)
class Bucket:
    """A token bucket. Pure but for its own memory: time, in seconds on any steady clock, is handed in.

    It is a fixed share of the quota: what the service says of a call changes nothing.
    """

    rate: float
    burst: float
    tokens: float
    at: float

    def reserve(self, now: float) -> float:
        """Take a token; returns the seconds to wait before the call."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate) - 1.0
        self.at = now
        return max(0.0, -self.tokens / self.rate)

    def slow_down(self, now: float) -> None:
        """The queue brings the message again later; the share stays what it is."""

    def speed_up(self, now: float) -> None:
        """The share stays what it is."""


@dataclass(slots=True, kw_only=True)
class AdaptivePace:
    """Calls one by one, as fast as the service takes them and never faster than the ceiling.

    Empty at start, so that workers which follow each other add up to one; calls of several threads are
    spaced evenly, because what is reserved is a moment and not a place in a burst. A refusal takes a tenth of
    the rate, once a second at most; success gives it back slowly. `guard` makes it one thread's at a time.
    """

    ceiling: float
    rate: float
    free_at: float
    guard: AbstractContextManager[object] = field(default_factory=nullcontext)
    eased_at: float = float("-inf")
    grown_at: float = float("-inf")

    def reserve(self, now: float) -> float:
        """The next free moment, at least one interval after the last; returns the seconds until then."""
        with self.guard:
            # Being late by up to one interval is made up for; what was free before that is lost.
            self.free_at = max(self.free_at, now - 1.0 / self.rate) + 1.0 / self.rate
            return max(0.0, self.free_at - now)

    def slow_down(self, now: float) -> None:
        """Slow down."""
        with self.guard:
            if now - self.eased_at >= DECREASE_EVERY_SECONDS:
                self.rate = max(self.rate * DECREASE, self.ceiling * FLOOR)
                self.eased_at = self.grown_at = now

    def speed_up(self, now: float) -> None:
        """Speed up by the time since this was last said, at most by a second's worth."""
        with self.guard:
            seconds = min(max(0.0, now - self.grown_at), 1.0)
            self.rate = min(self.ceiling, self.rate + self.ceiling * INCREASE_PER_SECOND * seconds)
            self.grown_at = now


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingPace:
    """Of calls that each follow a paced one, `first`: they wait for nothing, but it learns from them."""

    first: Pace

    def reserve(self, _now: float) -> float:
        """No wait."""
        return 0.0

    def slow_down(self, now: float) -> None:
        """Make fewer of the first calls."""
        self.first.slow_down(now)

    def speed_up(self, now: float) -> None:
        """Make more of the first calls."""
        self.first.speed_up(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """The paces of one worker of a sweep, by operation."""

    by_operation: Mapping[str, AdaptivePace]

    def resume(self, rates: Mapping[str, float], now: float) -> None:
        """Begin empty, at the rates that the worker before had reached."""
        for operation, pace in self.by_operation.items():
            pace.rate = min(pace.ceiling, max(rates.get(operation, pace.ceiling), pace.ceiling * FLOOR))
            pace.free_at = now

    def get_rates(self) -> dict[str, float]:
        """Calls per second that were reached, by operation: for the worker that comes after."""
        return {operation: round(pace.rate, 3) for operation, pace in self.by_operation.items()}


def make_buckets(*, share: float, now: float, region: str = _REGION) -> dict[str, Bucket]:
    """A full bucket for each paced operation, at this share (0 to 1) of the quota of the Region."""
    return {
        operation: Bucket(rate=rate * share, burst=burst * share, tokens=burst * share, at=now)
        for operation, (rate, burst) in find_quotas(region).items()
    }


def make_paces(
    *,
    now: float,
    guard: Callable[[], AbstractContextManager[object]] = nullcontext,
    region: str = _REGION,
) -> Paces:
    """Adaptive paces for the Region's Account API, AWS Organizations and sessions of members' roles.

    `guard` makes a lock for each.
    """
    ceilings = {operation: rate * CEILING for operation, (rate, _) in find_quotas(region).items()}
    ceilings |= {ORGANIZATIONS: ORGANIZATIONS_RATE, ASSUME_ROLE: ASSUME_ROLE_RATE}
    return Paces(
        by_operation={
            operation: AdaptivePace(ceiling=ceiling, rate=ceiling, free_at=now, guard=guard())
            for operation, ceiling in ceilings.items()
        }
    )
