"""The changes of a plan, grouped by what changes: which values, of which contacts, in which accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollcall.decide.resolve import fill_placeholders
from rollcall.model.contact import KEEP, Contact, ContactKind
from rollcall.model.desired import Desired, Present
from rollcall.model.display import PARTS, ContactValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollcall.decide.plan import Change, PlannedChange
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster

    #: As a plan decides or stores it.
    ContactChange = Change | PlannedChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedValue:
    """A part that differs; None where there is no contact before, or none afterwards."""

    found: ContactValue | None
    wanted: ContactValue | None

    @property
    def part(self) -> str:
        """Which part of the contact."""
        value = self.wanted or self.found
        return value.part if value else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """The same change in several accounts, which are in the order of the plan.

    `action` is `add`, `change` or `delete`. The names are those of contacts of the roster, None of a contact
    that no roster has. `note` is why the change is not made, None if it is. `values` are only what differs.
    """

    kind: ContactKind
    action: str
    found_name: str | None
    wanted_name: str | None
    values: tuple[ChangedValue, ...]
    note: str | None
    accounts: tuple[Account, ...]


class KnownContacts:
    """Recognizes contacts of rosters, filled in for an account; of two names the earlier roster's counts."""

    def __init__(self, rosters: Iterable[Roster]) -> None:
        self._exact: dict[tuple[str, ...], tuple[str, Contact]] = {}
        self._templates: list[tuple[str, Contact]] = []
        self._values: set[tuple[str, str]] = set()
        for roster in rosters:
            for name, contact in roster.contacts.items():
                parts = contact.as_document()
                self._values.update((part, text) for part, text in parts.items() if "{" not in text)
                if any("{" in text for text in parts.values()):
                    self._templates.append((name, contact))
                else:
                    self._exact.setdefault(_make_key(contact), (name, contact))

    def find(self, contact: Contact, account: Account) -> tuple[str, Contact] | None:
        """The name of a contact and its values as the roster has them, None if no roster has it."""
        exact = self._exact.get(_make_key(contact))
        if exact is not None:
            return exact
        filled = (item for item in self._templates if contact.is_same(fill_placeholders(item[1], account)))
        return next(filled, None)

    def has(self, part: str, text: str) -> bool:
        """Whether a contact of a roster has exactly this value, which is not made by a placeholder."""
        return (part, text) in self._values


class ChangeGrouper:
    """Collects changes, account by account."""

    def __init__(self, known: KnownContacts) -> None:
        self._known = known
        self._accounts: dict[ChangeGroup, list[Account]] = {}

    def add(self, account: Account, change: ContactChange, *, note: str | None = None) -> None:
        """The next change. `note` is why it is not made, None if it is."""
        found = change.found.contact if isinstance(change.found, Present) else None
        wanted = change.wanted.contact if isinstance(change.wanted, Desired) else None
        before, after = (self._name(contact, account) for contact in (found, wanted))
        group = ChangeGroup(
            kind=change.kind,
            action="change" if found and wanted else "add" if wanted else "delete",
            found_name=before[0],
            wanted_name=after[0],
            values=tuple(
                ChangedValue(
                    found=self._show(part, found, before[1]), wanted=self._show(part, wanted, after[1])
                )
                for part in PARTS
                if _get_part(found, part) != _get_part(wanted, part)
            ),
            note=note,
            accounts=(),
        )
        self._accounts.setdefault(group, []).append(account)

    def list_groups(self) -> Sequence[ChangeGroup]:
        """The groups, those of most accounts first."""
        groups = [replace(group, accounts=tuple(accounts)) for group, accounts in self._accounts.items()]
        return sorted(groups, key=lambda group: -len(group.accounts))

    def _name(self, contact: Contact | None, account: Account) -> tuple[str | None, Contact | None]:
        """The name of a contact of a roster with its values there; of another one None, and nothing."""
        return (self._known.find(contact, account) if contact else None) or (None, None)

    def _show(self, part: str, contact: Contact | None, of_roster: Contact | None) -> ContactValue | None:
        if not (found := _get_part(contact, part)):
            return None
        in_roster = _get_part(of_roster, part) not in ("", KEEP)
        text = _get_part(of_roster, part) if in_roster else found
        return ContactValue(part=part, text=text, own=in_roster or self._known.has(part, text))


def group_changes(
    changes: Iterable[tuple[Account, ContactChange]], known: KnownContacts
) -> Sequence[ChangeGroup]:
    """Group these changes, those of most accounts first."""
    grouper = ChangeGrouper(known)
    for account, change in changes:
        grouper.add(account, change)
    return grouper.list_groups()


def _make_key(contact: Contact) -> tuple[str, ...]:
    stored = contact.as_stored()
    return tuple(stored.get(part) for part in PARTS)


def _get_part(contact: Contact | None, part: str) -> str:
    return contact.as_stored().get(part) if contact else ""
