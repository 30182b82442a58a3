"""Faults at calls: which call is hit by what follows from the seed and the call's own name alone.

So a story keeps its faults when other parts of it are taken away.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Kind(StrEnum):
    """What may happen to a call. The words are those of a printed story."""

    BUSY = "refused: too many calls"
    BROKEN = "refused: the service is broken"
    DENIED = "refused: access denied"
    HICCUP = "one attempt refused"
    UNSENT = "never arrived, and nobody answered"
    LOST_ONCE = "answer of one attempt lost"
    LOST = "made, and its answer lost"
    FALSE = "made, and answered with a server error"
    LATE = "made after its caller gave up waiting"
    SLOW = "slow"
    STALL = "held up for a minute or two"
    STALE = "a stale read"
    PARTIAL = "taken in part"
    KILL_BEFORE = "worker killed before the call"
    KILL_AFTER = "worker killed after the call"
    KILL_DURING = "worker killed while the call was on its way, and made after that"


_CHANGES: Final = frozenset(
    {"account.PutAlternateContact", "account.DeleteAlternateContact", "account.PutContactInformation"}
)
#: Kinds that only some calls can have.
_ONLY: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.STALE: frozenset({"account.GetAlternateContact", "account.GetContactInformation"}),
    Kind.PARTIAL: frozenset({"events.PutEvents"}),
    Kind.DENIED: frozenset(
        {
            "account.GetAlternateContact",
            "account.PutAlternateContact",
            "account.DeleteAlternateContact",
            "account.GetContactInformation",
            "account.PutContactInformation",
            "events.PutEvents",
            "s3.PutObject",
            "sts.AssumeRole",
        }
    ),
    Kind.LATE: _CHANGES,
    Kind.KILL_DURING: _CHANGES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A service refuses this share of all calls from `start` to `end`, in seconds of the story."""

    service: str
    start: float
    end: float
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A fault at a certain call: the `nth` of `call` by a process whose name is like `label`.

    With `after` only calls count that come after one of that name in the same process. It happens `times`
    times, first in the process that comes after `skip` others in which it could have happened.
    """

    label: str
    call: str
    kind: Kind
    nth: int = 1
    after: str | None = None
    skip: int = 0
    times: int = 1

    def fits(self, process: str, call: str, seen: Mapping[str, int]) -> bool:
        """Whether a call is one that counts."""
        if not fnmatchcase(process, self.label) or not fnmatchcase(call, self.call):
            return False
        return self.after is None or any(fnmatchcase(name, self.after) for name in seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Which faults a story has. `rates` are the shares of calls that are hit by each kind.

    `stale` is the share of reads of contacts that may be late, `most` how many faults may happen by rate at
    all. `only` are the sites that are left of those, None for all.
    """

    rates: Mapping[Kind, float] = field(default_factory=dict)
    outages: Sequence[Outage] = ()
    planned: Sequence[Planned] = ()
    stale: float = 0.0
    most: int | None = None
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that happened."""

    time: float
    site: str
    kind: Kind


@dataclass(slots=True)
class Faults:
    """Draws the faults of one story. After `calm_from`, in seconds of the story, there are none."""

    plan: FaultPlan
    seed: int
    calm_from: float
    fired: list[Fired] = field(default_factory=list)
    _ladder: list[tuple[float, Kind]] = field(init=False)
    _counted: dict[tuple[int, str], int] = field(default_factory=dict)
    _reached: dict[int, int] = field(default_factory=dict)
    _drawn: int = 0

    def __post_init__(self) -> None:
        """Stack the rates, so that one number between 0 and 1 chooses."""
        self._ladder, top = [], 0.0
        for kind, rate in self.plan.rates.items():
            top += rate
            self._ladder.append((top, kind))

    def draw(self, process: str, call: str, nth: int, seen: Mapping[str, int], now: float) -> Kind | None:
        """What happens to this call; `seen` counts the process's calls until now."""
        if now >= self.calm_from:
            return None
        site = f"{process}|{call}|{nth}"
        kind = self._find_planned(process, call, seen) or self._find_outage(call, site, now)
        kind = kind or self._find_by_rate(call, site)
        if kind is not None:
            self.fired.append(Fired(now, site, kind))
        return kind

    def count(self) -> Counter[str]:
        """How often each kind happened."""
        return Counter(str(fired.kind) for fired in self.fired)

    def _find_planned(self, process: str, call: str, seen: Mapping[str, int]) -> Kind | None:
        for number, planned in enumerate(self.plan.planned):
            if planned.fits(process, call, seen):
                place = (number, process)
                self._counted[place] = self._counted.get(place, 0) + 1
                if self._counted[place] == planned.nth:
                    self._reached[number] = before = self._reached.get(number, 0) + 1
                    if planned.skip < before <= planned.skip + planned.times:
                        return planned.kind
        return None

    def _find_outage(self, call: str, site: str, now: float) -> Kind | None:
        service = call.partition(".")[0]
        for outage in self.plan.outages:
            if (
                outage.service == service
                and outage.start <= now < outage.end
                and draw_number(self.seed, "outage", site) < outage.share
            ):
                return Kind.BROKEN if self.seed % 3 else Kind.UNSENT
        return None

    def _find_by_rate(self, call: str, site: str) -> Kind | None:
        if self.plan.only is not None and site not in self.plan.only:
            return None
        if call in _ONLY[Kind.STALE] and draw_number(self.seed, "old", site) < self.plan.stale:
            return Kind.STALE
        if not self._ladder or self._drawn == self.plan.most:
            return None
        number = draw_number(self.seed, "fault", site)
        kind = next((kind for top, kind in self._ladder if number < top), None)
        if kind is None or not can_hit(kind, call):
            return None
        self._drawn += 1
        return kind


def can_hit(kind: Kind, call: str) -> bool:
    """Whether such a call can have a fault of this kind."""
    return call in _ONLY.get(kind, {call})


def draw_number(seed: int, *names: str) -> float:
    """A number from 0 up to 1 that follows from the seed and the names."""
    text = f"{seed}|{'|'.join(names)}".encode()
    return int.from_bytes(blake2b(text, digest_size=7).digest()) / 2**56
