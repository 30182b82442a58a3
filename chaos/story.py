"""Stories: what people do and what goes wrong. `chaos.profiles` draws them from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from chaos.faults import FaultPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.fakes.account import Values

MANAGEMENT: Final = "111111111111"
HUB: Final = "333333333333"
#: Who may act: the root user of the account, an administrator, another one, a changer whom the roster
#: authorises, and somebody with the credentials of the role that writes. Beside them there are a stranger,
#: whose calls for other accounts AWS refuses, and as many persons, by number, as a story wants.
WHO: Final = ("root", "admin", "dev", "authorised", "thief")
#: What a person sets: one of the foreign contacts by its number, nothing, or what the roster wants. A primary
#: contact is never deleted.
RIGHT: Final = "right"
#: Bursts of edits in a story of nothing else.
BURSTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that somebody does `at` so many seconds.

    `do` is edit, sweep, deploy, approve, pause, unpause, release, drill (an edit by `who` is registered),
    unforward or forward (a member's forwarder is removed, or back), redrive (of all dead letters), rename (of
    an organizational unit, or back), or create, move, tag, untag, close, leave, rejoin (with the contacts
    that it had) or call (it gets another name). Of an edit, or a drill,
    `value` is the number of a foreign contact, None for a delete, or "right". Of a deployment it is the
    number of the roster, of a pause its minutes, of a new account the seconds for which it denies access,
    of a move or rename the unit, of a leave "removed" or "denied", of a new name the seconds until AWS
    Organizations shows it (a root user's record hides the name). `name` is its own, also when others are
    taken out of the story. The event of an edit may be surely `lost`.
    """

    name: str = ""
    at: float
    do: str
    who: str = "admin"
    account: str = ""
    kind: str = ""
    value: int | str | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPlan:
    """What happens to events on their way: shares of them that are lost, late (by up to so long) or doubled.

    `copies` is whether AWS writes a record in the target account, too. `double` is the share of messages
    that a queue delivers once more, at once. With `release` events are held up, and come together each so
    many seconds.
    """

    lost: float = 0.0
    late: float = 0.0
    longest: float = 7200.0
    doubled: float = 0.0
    copies: bool = False
    double: float = 0.0
    release: float = 0.0


class Trouble(StrEnum):
    """What becomes of a role that reads a member's contacts, as a printed story has it."""

    REMOVED = "removed"
    DENIED = "may not read any more"
    BUSY = "is refused: too many calls"
    SILENT = "has no answer"
    ODD = "has answers in which a part is missing"
    OTHER = "has sessions of another account"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRole:
    """A member's role works `until` so many seconds of the story; then it has this `trouble`."""

    until: float
    trouble: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything that a replay needs. Times are seconds of the story; faults end at `end`.

    `roles` are those through which sweeps read members, by account; of none there are none to be asked.
    """

    seed: int
    profile: str
    accounts: Sequence[tuple[str, str]]
    rosters: Sequence[Mapping[str, Any]]
    actions: Sequence[Action]
    foreign: Sequence[Values]
    #: Primary contacts; what is `{keep}` in one its editor leaves as it is.
    foreign_primary: Sequence[Values] = ()
    end: float
    workers: int = 2
    batch: int = 1
    skew: float = 0.0
    pace: float = 1.0
    events: EventPlan = field(default_factory=EventPlan)
    faults: FaultPlan = field(default_factory=FaultPlan)
    paths: bool = True
    empty_pages: bool = False
    ttl_lag: float = 0.0
    roles: Mapping[str, MemberRole] = field(default_factory=dict)
