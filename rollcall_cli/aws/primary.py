"""Contacts of the roster that an account has as its primary contact, too: Prowler fails such accounts."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.decide.resolve import find_candidates, pick_winner, resolve_requirement
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Desired
from rollcall.timing import QUOTAS, Bucket
from rollcall_cli.text.formatting import count
from rollcall_cli.text.problems import DENIED_CODES, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from rollcall.model.account import Account
    from rollcall.model.contact import Contact
    from rollcall.model.roster import Roster
    from rollcall.ports import Clock
    from rollcall_config.document import ConfigWarning, Document

#: Name and phone number, as Prowler compares them: a primary contact has no mailbox.
PrimaryContact = tuple[str, str]
#: AWS allows as many reads of primary contacts as of alternate contacts.
_RATE, _BURST = QUOTAS["GetAlternateContact"]
_SHARE: Final = 0.5
_NAMED: Final = 3


class PrimaryReader:
    """Reads primary contacts at half of the quota; `own` is the account whose credentials read itself."""

    def __init__(self, client: Any, clock: Clock, *, own: str | None) -> None:
        self._client, self._clock, self._own = client, clock, own
        burst = _BURST * _SHARE
        self._bucket = Bucket(rate=_RATE * _SHARE, burst=burst, tokens=burst, at=clock.now().timestamp())

    def read(self, account_id: str) -> PrimaryContact:
        """Return the primary contact; CommandError if the credentials cannot read it."""
        self._clock.sleep(self._bucket.reserve(self._clock.now().timestamp()))
        target = {} if account_id == self._own else {"AccountId": account_id}
        try:
            found = self._client.get_contact_information(**target)["ContactInformation"]
        except ClientError as error:
            if get_code(error) not in DENIED_CODES:
                raise
            raise CommandError(
                "the credentials are not allowed to call account:GetContactInformation",
                fix="assume the role rollcall-reader of the hub",
            ) from error
        return found.get("FullName", ""), found.get("PhoneNumber", "")


def find_shared(
    document: Document,
    roster: Roster,
    accounts: Sequence[Account],
    read: Callable[[str], PrimaryContact],
    *,
    today: date,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[ConfigWarning]:
    """Return a warning for each contact whose name or phone number is the primary contact's of an account.

    `document` is the valid file of the roster. The texts have no contact details.
    """
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    for done, account in enumerate(accounts):
        progress(done, len(accounts))
        wanted = _list_contacts(roster, account, today)
        if wanted:
            primary = read(account.id)
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


def _list_contacts(roster: Roster, account: Account, today: date) -> Mapping[str, Contact]:
    """Return the contacts that the account gets, by their names in the roster."""
    requirement = resolve_requirement(roster, account, today=today)
    found = {}
    for kind in ContactKind if account.active and requirement.exempt is None else ():
        best = pick_winner(find_candidates(roster, account, kind)) if kind in requirement.desired else None
        wanted = requirement.desired.get(kind)
        if best is not None and best.value is not None and isinstance(wanted, Desired):
            found[best.value] = wanted.contact
    return found


def _find_same(contact: Contact, primary: PrimaryContact) -> list[str]:
    name, phone = primary
    same = {
        "name": contact.name.casefold() == name.casefold(),
        "phone": _keep_digits(contact.phone) == _keep_digits(phone) != "",
    }
    return [part for part, equal in same.items() if equal]


def _format_accounts(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{count(len(ids), 'account')} ({', '.join(ids[:_NAMED])}{more})"


def _keep_digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
