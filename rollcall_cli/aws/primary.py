"""Contacts of the roster that an account has as its primary contact, too: Prowler fails such accounts."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from rollcall.decide.resolve import find_candidates, pick_winner, resolve_requirement
from rollcall.model.contact import ALTERNATE_KINDS, KEEP, Contact, ContactKind
from rollcall.model.desired import Desired, Present, Unreadable
from rollcall_cli.aws.contacts import read_contacts
from rollcall_cli.text.formatting import count
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from rollcall.decide.resolve import Requirement
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall_cli.aws.composition import Connection
    from rollcall_config.document import ConfigWarning, Document

_NAMED: Final = 3
#: What an account has where the roster does not manage its primary contact.
_UNMANAGED: Final = Contact(name=KEEP, phone=KEEP)


def find_shared(
    document: Document,
    roster: Roster,
    accounts: Sequence[Account],
    connection: Connection,
    *,
    today: date,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[ConfigWarning]:
    """Return a warning for each contact whose name or phone number is the primary contact's of an account.

    What the roster does not set of the primary contact is read: CommandError if the credentials cannot. The
    management account, which only its own credentials can read, is left out without them. `document` is the
    valid file of the roster. The texts have no contact details.
    """
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    for done, account in enumerate(accounts):
        progress(done, len(accounts))
        requirement = resolve_requirement(roster, account, today=today)
        wanted = _list_contacts(roster, account, requirement)
        primary = _find_primary(account.id, requirement, connection) if wanted else None
        if primary is not None:
            for name, contact in wanted.items():
                for part in _find_same(contact, primary):
                    shared[name, part].append(account.id)
    progress(len(accounts), len(accounts))
    return [
        document.make_warning(
            ("contacts", name, part),
            f"is also that of the primary contact of {_format_accounts(ids)}:"
            " Prowler fails accounts whose contacts are not different",
        )
        for (name, part), ids in sorted(shared.items())
    ]


def _find_primary(account_id: str, requirement: Requirement, connection: Connection) -> Contact | None:
    """Return the primary contact that the account is to have; None if it cannot be known."""
    wanted = requirement.desired.get(ContactKind.PRIMARY)
    primary = wanted.contact if isinstance(wanted, Desired) else _UNMANAGED
    if KEEP not in (primary.name, primary.phone):
        return primary
    accounts = connection.get_api(account_id)
    if accounts is None:
        return None
    found = read_contacts(accounts, account_id, [ContactKind.PRIMARY])[ContactKind.PRIMARY]
    if isinstance(found, Unreadable):
        raise CommandError(found.reason, fix="assume the role rollcall-reader of the hub")
    return primary.keep_from(found.contact) if isinstance(found, Present) else None


def _list_contacts(roster: Roster, account: Account, requirement: Requirement) -> Mapping[str, Contact]:
    """Return the alternate contacts that the account gets, by their names in the roster."""
    found = {}
    for kind in ALTERNATE_KINDS if account.active and requirement.exempt is None else ():
        best = pick_winner(find_candidates(roster, account, kind)) if kind in requirement.desired else None
        wanted = requirement.desired.get(kind)
        if best is not None and isinstance(best.value, str) and isinstance(wanted, Desired):
            found[best.value] = wanted.contact
    return found


def _find_same(contact: Contact, primary: Contact) -> list[str]:
    """Return the parts that Prowler compares: a primary contact has no mailbox."""
    same = {
        "name": contact.name.casefold() == primary.name.casefold(),
        "phone": _keep_digits(contact.phone) == _keep_digits(primary.phone) != "",
    }
    return [part for part, equal in same.items() if equal]


def _format_accounts(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{count(len(ids), 'account')} ({', '.join(ids[:_NAMED])}{more})"


def _keep_digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
