"""Values of contacts as people are shown them: what differs never looks alike within one text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Final

from rollcall.model.contact import EMAIL, PHONE, mask_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: The parts of a contact in the order in which people are shown them.
PARTS: Final = ("email", "name", "title", "phone")
_BARE: Final = {"email": EMAIL, "phone": PHONE}
#: Printable, and yet nothing is seen: fillers of Hangul, and a blank pattern of Braille.
_BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")


class Masks(Enum):
    """Which values are masked."""

    NOTHING = "nothing"
    #: Values that no roster has: alerts show the organization's own mailboxes, which are in its repository.
    FOREIGN = "foreign"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactValue:
    """One part of a contact. `own`: a roster has it; its `{account_name}` is that of each account."""

    part: str
    text: str
    own: bool


def quote_value(value: ContactValue, text: str) -> str:
    """The text with all that cannot be seen spelt out, in quotes unless it is an address or a number."""
    composed = unicodedata.is_normalized("NFC", text)
    escaped = "".join(_escape(text, place, own=value.own, composed=composed) for place in range(len(text)))
    bare = _BARE.get(value.part)
    plain = escaped == text and bare is not None and bare.fullmatch(text.replace("*", "0"))
    return text if plain else f'"{escaped}"'


def show_values(
    values: Iterable[ContactValue],
    *,
    masks: Masks,
    write: Callable[[ContactValue, str], str] = quote_value,
) -> Mapping[ContactValue, str]:
    """How each value is written in one text: different values of one part are written differently.

    Masks that would look like another value get a number: `a***@example.com #1`. `write` gives the form of a
    value or of its mask.
    """
    shown: dict[ContactValue, str] = {}
    by_mask: dict[tuple[str, str], list[ContactValue]] = {}
    for value in dict.fromkeys(values):
        if masks is Masks.EVERYTHING or (masks is Masks.FOREIGN and not value.own):
            mask = write(value, mask_value(value.part, value.text))
            by_mask.setdefault((value.part, mask), []).append(value)
        else:
            shown[value] = write(value, value.text)
    taken = {(value.part, text) for value, text in shown.items()}
    for (part, mask), alike in by_mask.items():
        numbered = len(alike) > 1 or (part, mask) in taken
        free = (text for number in count(1) if (part, text := f"{mask} #{number}") not in taken)
        for value in alike:
            shown[value] = next(free) if numbered else mask
            taken.add((part, shown[value]))
    return shown


def _escape(text: str, place: int, *, own: bool, composed: bool) -> str:
    character = text[place]
    if character in '\\"' or (character == "{" and not own):
        return "\\" + character
    if character == " ":
        inner = 0 < place < len(text) - 1 and text[place - 1] != " "
        return " " if inner else r"\x20"
    hidden = not character.isprintable() or character in _BLANKS
    # An accent that stands by itself looks like the letter that has it.
    if hidden or (not composed and not character.isascii()):
        return f"\\u{{{ord(character):x}}}"
    return character
