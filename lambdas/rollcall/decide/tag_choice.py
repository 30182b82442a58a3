"""Contacts that a tag of an account chooses, by their names: no value of a contact ever comes from a tag."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rollcall.model.contact import ContactKind, has_form, mask_value
from rollcall.model.desired import Conflict
from rollcall.model.display import spell_value

if TYPE_CHECKING:
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster, TagChoice

#: As names of contacts are.
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
#: So many characters of a value are shown, and so many digits may be the number of a person.
_MOST_SHOWN: Final = 64
_DIGITS_OF_PHONE: Final = 7


def list_selectable(roster: Roster, kind: ContactKind) -> tuple[str, ...]:
    """The values that select a contact: names of those that have the form of this kind."""
    return tuple(sorted(name for name, contact in roster.contacts.items() if has_form(contact, kind)))


def choose_contact(roster: Roster, account: Account, kind: ContactKind, choice: TagChoice) -> str | Conflict:
    """The name of the contact that the tag selects for this account; a conflict if it selects none."""
    name = account.tags.get(choice.key, choice.default)
    if name is None:
        return Conflict(
            reason=f"the account has no tag {choice.key}, which names its {kind.lower()} contact:"
            " tag it, or give the roster a default"
        )
    contact = roster.contacts.get(name)
    if contact is not None and has_form(contact, kind):
        return name
    what = f"names no {kind.lower()} contact of the roster"
    near = _find_near(name, list_selectable(roster, kind))
    return Conflict(
        reason=f"tag {choice.key}={_show_value(name)} {what}"
        + (f" (nearest: {', '.join(near)})" if near else ""),
        summary=f"a value of tag {choice.key} {what}",
    )


@lru_cache(maxsize=1024)
def _find_near(value: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = {name.lower(): name for name in known}
    return tuple(names[found] for found in get_close_matches(value.lower(), names))


def _show_value(value: str) -> str:
    """The value in quotes, masked if it has not the form of a name: it may be anything, also a person's."""
    if sum(map(str.isdigit, value)) >= _DIGITS_OF_PHONE:
        value = mask_value("phone", value)
    elif value and not _NAME.fullmatch(value):
        value = mask_value("email" if "@" in value else "name", value)
    dots = "..." if len(value) > _MOST_SHOWN else ""
    return f'"{spell_value(value[:_MOST_SHOWN], template=False)}{dots}"'
