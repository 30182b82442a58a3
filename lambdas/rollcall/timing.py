"""Pacing: the whole organization shares the quota of the Account API, and every worker takes its share.

How long a message of a queue is retried is in `runtime/handlers`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

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
#: Such sessions at the same time.
ROLES_IN_FLIGHT: Final = 64
#: Where a sweep begins, and what it never exceeds: so many in flight make no more than some 130.
ASSUME_ROLE_RATE = 150.0
#: Messages of signals that are worked on at the same time: so many that a storm of edits is restored as fast
#: as the quota lets puts through, with the share of the quota that each has.
WORKERS: Final = 6
#: What the workers take together: the rest is for the sweep, so that few calls are refused.
WORKERS_SHARE: Final = 0.95
#: What a sweep takes at most of a quota: the rest is for signals and refills the burst that they use.
CEILING = 0.97
#: Of CEILING, what the step that writes takes in reads: it reads a contact before and after its put, and a
#: worker reads it once more for the event of the put.
APPLY_READS: Final = 2 / 3
#: Of several refusals within so many seconds, one slows down.
DECREASE_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Easing:
    """How a pace slows down after a refused call, and how it recovers."""

    #: What is left of the rate.
    decrease: float
    #: Seconds for which it stays that low.
    hold_seconds: float
    #: Then a second of success gains this share of the ceiling.
    increase: float
    #: This share of the ceiling is always left: the worker goes on finding out.
    floor: float


#: For a limit that nobody publishes: a refusal says that it was passed, and what it cost is back in seconds.
PROBING: Final = Easing(decrease=0.9, hold_seconds=0, increase=0.01, floor=0.05)
#: For the quota of the Account API: a refusal says that edits are being restored, which a sweep lets pass. It
#: is best of what was tried in a storm beside a sweep (`make bench`).
YIELDING: Final = Easing(decrease=0.1, hold_seconds=40, increase=0.01, floor=0.01)


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
    """A token bucket: a fixed share of the quota, whatever the service says of a call."""

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
    spaced evenly, because what is reserved is a moment and not a place in a burst. `guard` makes it one
    thread's at a time.
    """

    ceiling: float
    rate: float
    free_at: float
    easing: Easing = PROBING
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
                self.rate = max(self.rate * self.easing.decrease, self.ceiling * self.easing.floor)
                self.eased_at = self.grown_at = now

    def speed_up(self, now: float) -> None:
        """Speed up by the time since this was last said, at most by a second's worth."""
        with self.guard:
            held = now - self.eased_at < self.easing.hold_seconds
            seconds = 0.0 if held else min(max(0.0, now - self.grown_at), 1.0)
            self.rate = min(self.ceiling, self.rate + self.ceiling * self.easing.increase * seconds)
            self.grown_at = now


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingPace:
    """For calls that each follow a call paced by `first`: no wait, but `first` adapts to their answers."""

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
            least = pace.ceiling * pace.easing.floor
            pace.rate = min(pace.ceiling, max(rates.get(operation, pace.ceiling), least))
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
    reads: float = 1.0,
) -> Paces:
    """Adaptive paces for the Region's Account API, AWS Organizations and sessions of members' roles.

    `guard` makes a lock for each; of the quota of reads this share is taken.
    """
    quotas = find_quotas(region)
    ceilings = {
        operation: rate * CEILING * (reads if operation.startswith("Get") else 1.0)
        for operation, (rate, _) in quotas.items()
    }
    ceilings |= {ORGANIZATIONS: ORGANIZATIONS_RATE, ASSUME_ROLE: ASSUME_ROLE_RATE}
    return Paces(
        by_operation={
            operation: AdaptivePace(
                ceiling=ceiling,
                rate=ceiling,
                free_at=now,
                easing=YIELDING if operation in quotas else PROBING,
                guard=guard(),
            )
            for operation, ceiling in ceilings.items()
        }
    )
