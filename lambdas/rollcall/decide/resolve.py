"""What the roster asks of one account: account, then tag, then OU (deepest wins), then defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from rollcall.model.contact import Contact, ContactKind, complaint
from rollcall.model.desired import Demand, Held, Wanted, WantedAbsent
from rollcall.model.roster import ACCOUNT_ID, ACCOUNT_NAME, Mode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from rollcall.events.actor import Actor
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster

_Value = TypeVar("_Value")
_DEFAULT = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What the roster asks of one account. A kind that is not in `demands` is unmanaged.

    `halted` is why nothing may be written for this account, None if the roster lets it; `held` is why the
    roster does not even say whether it may.
    """

    demands: Mapping[ContactKind, Demand]
    halted: str | None = None
    held: str | None = None
    exempt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Generic[_Value]):
    """An entry of the roster that names a value for an account; the highest `rank` wins."""

    rank: tuple[int, int]
    source: str
    value: _Value


def requirement(roster: Roster, account: Account, *, today: date, lost: str | None = None) -> Requirement:
    """Apply the roster; total and deterministic, whatever the order of its entries.

    `lost` is why an entry that used to match this account no longer does, None if all is well: then
    every kind is held, never quietly given to a less specific entry.
    """
    modes = modes_for(roster, account)
    mode = winner(modes)
    halted = "audit mode" if mode is not None and mode.value is Mode.AUDIT else None
    held = _disagreement("the mode", modes) if mode is None else None
    demands = {
        kind: _demand(roster, account, kind) for kind in ContactKind if candidates(roster, account, kind)
    }
    if lost is not None:
        demands = {kind: Held(reason=lost) for kind in ContactKind if kind in roster.managed}
    return Requirement(demands=demands, halted=halted, held=held, exempt=exemption_of(roster, account, today))


def candidates(roster: Roster, account: Account, kind: ContactKind) -> Sequence[Candidate[str | None]]:
    """Every entry that names this kind for the account, the most specific first."""
    found = [
        Candidate(rank=rank, source=f"override of {override.selector}", value=override.kinds[kind])
        for override in roster.overrides
        if kind in override.kinds and (rank := override.selector.rank(account)) is not None
    ]
    if kind in roster.defaults:
        found.append(Candidate(rank=_DEFAULT, source="defaults", value=roster.defaults[kind]))
    return sorted(found, key=lambda item: (item.rank, item.source), reverse=True)


def modes_for(roster: Roster, account: Account) -> Sequence[Candidate[Mode]]:
    """Every entry that names a mode for the account, the most specific first."""
    found = [
        Candidate(rank=rank, source=f"override of {override.selector}", value=override.mode)
        for override in roster.overrides
        if override.mode is not None and (rank := override.selector.rank(account)) is not None
    ]
    found.append(Candidate(rank=_DEFAULT, source="mode of the roster", value=roster.mode))
    return sorted(found, key=lambda item: (item.rank, item.source), reverse=True)


def winner(found: Sequence[Candidate[_Value]]) -> Candidate[_Value] | None:
    """The most specific entry, None if equally specific ones disagree."""
    best = [item for item in found if item.rank == found[0].rank]
    return best[0] if all(item.value == best[0].value for item in best) else None


def _disagreement(what: str, found: Sequence[Candidate[_Value]]) -> str:
    best = [item for item in found if item.rank == found[0].rank]
    other = next(item for item in best if item.value != best[0].value)
    return f"two equally specific entries disagree on {what}: {best[0].source} and {other.source}"


def _demand(roster: Roster, account: Account, kind: ContactKind) -> Demand:
    found = candidates(roster, account, kind)
    best = winner(found)
    if best is None:
        return Held(reason=_disagreement(f"the {kind.lower()} contact", found))
    if best.value is None:
        return WantedAbsent(source=f"absent ({best.source})")
    contact = _filled(roster.contacts[best.value], account)
    for part, value in contact.as_document().items():
        if problem := complaint(part, value):
            return Held(
                reason=f"contact {best.value}: {part} {problem} once it is filled in for this account"
            )
    return Wanted(contact=contact, source=f"contact {best.value} ({best.source})")


def _filled(contact: Contact, account: Account) -> Contact:
    """The contact with `{account_id}` and `{account_name}` replaced."""
    parts = {
        part: value.replace(ACCOUNT_ID, account.id).replace(ACCOUNT_NAME, account.name)
        for part, value in contact.as_document().items()
    }
    return Contact.from_document(parts)


def exemption_of(roster: Roster, account: Account, today: date) -> str | None:
    """Why the roster leaves the account alone on this day, None if it does not."""
    reasons = [
        exemption.reason
        for exemption in roster.exemptions
        if account.id in exemption.accounts and exemption.in_force(today)
    ]
    return reasons[0] if reasons else None


def is_authorised(roster: Roster, actor: Actor) -> bool:
    """Whether this principal, or the role behind its session, is named as an authorised changer."""
    return not roster.authorised_changers.isdisjoint({actor.principal, actor.role_arn or actor.principal})
