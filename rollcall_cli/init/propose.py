"""A roster that asks of every account what it has today: pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rollcall.model.contact import Contact, ContactKind, find_violation
from rollcall.model.desired import Absent, Observation, Present, Unreadable
from rollcall_cli.init.overrides import Entry, entries_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollcall.decide.observed import ObservedAccount
    from rollcall.model.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An account that the roster leaves alone, and why. The reason has no contact details."""

    account: Account
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the roster says, of the accounts in `kept`, whose contacts are known."""

    contacts: Mapping[str, Contact] = field(repr=False)
    defaults: Mapping[ContactKind, str]
    entries: Sequence[Entry]
    kept: Sequence[Account]
    left: Sequence[Left]

    @property
    def mailbox(self) -> str | None:
        """Address of the most common security contact, or of another one; None if there is none."""
        name = next((self.defaults[kind] for kind in ContactKind if kind in self.defaults), None)
        return self.contacts[name].email if name else None

    def unread_besides(self, management: str) -> str | None:
        """The most common reason if not one member is known, None if there is one or no member at all."""
        if any(account.id != management for account in self.kept):
            return None
        reasons = Counter(item.reason for item in self.left if item.account.id != management)
        return next((reason for reason, _ in reasons.most_common()), None)


def propose(observed: Iterable[ObservedAccount]) -> Proposal:
    """The most common contact of each kind is the default, all else an override.

    A kind that no account has stays out of the roster. An account with a contact that could not be read, or
    that no roster can say, is left alone: to give it anything would be a guess.
    """
    left, kept = [], []
    for item in observed:
        reason = _why_left(item)
        if reason is None:
            kept.append(item)
        else:
            left.append(Left(account=item.account, reason=reason))
    accounts = [item.account for item in kept]
    names: dict[Contact, str] = {}
    defaults: dict[ContactKind, str] = {}
    wanted: dict[ContactKind, dict[str, str | None]] = {}
    for kind in ContactKind:
        have = {item.account.id: _value(item.contacts[kind]) for item in kept}
        # Of two that are as common the one of the first account: the same organization, the same roster.
        ranking = [contact for contact, _ in Counter(filter(None, have.values())).most_common()]
        for place, contact in enumerate(ranking, start=1):
            names.setdefault(contact, kind.lower() + (f"-{place}" if place > 1 else ""))
        if ranking:
            defaults[kind] = names[ranking[0]]
            wanted[kind] = {one: None if contact is None else names[contact] for one, contact in have.items()}
    return Proposal(
        contacts={name: contact for contact, name in names.items()},
        defaults=defaults,
        entries=entries_for(accounts, defaults=defaults, wanted=wanted),
        kept=accounts,
        left=left,
    )


def _value(found: Observation) -> Contact | None:
    if not isinstance(found, Present):
        return None
    return replace(found.contact, email=found.contact.email.strip())


def _why_left(item: ObservedAccount) -> str | None:
    reasons = (_why(kind, found) for kind, found in sorted(item.contacts.items()))
    return next((reason for reason in reasons if reason is not None), None)


def _why(kind: ContactKind, found: Observation) -> str | None:
    match found:
        case Unreadable(reason=reason):
            return reason
        case Absent():
            return None
        case Present(contact=contact):
            for part, value in contact.as_document().items():
                problem = find_violation(part, value.strip() if part == "email" else value)
                if "{" in value or "}" in value:
                    problem = "has a brace, which a roster reads as a placeholder"
                if problem:
                    return f"the {part} of its {kind} contact {problem}: correct it in the account"
    return None
