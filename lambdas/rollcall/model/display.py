"""Values of contacts, and lists, as people are shown them: what differs never looks alike within one text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Final

from rollcall.model.contact import ALL_PARTS, EMAIL, PHONE, mask_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

#: Names in a list, as of accounts by their ids.
MOST_SHOWN: Final = 3
#: The parts of a contact in the order in which people are shown them.
PARTS: Final = ("email", *(part for part in ALL_PARTS if part != "email"))
_BARE: Final = {"email": EMAIL, "phone": PHONE}
#: Printable for Python, and yet nothing is seen: default-ignorable code points, and a blank of Braille.
#: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
#: Characters of which none looks like another one: ASCII, without a backtick, for which chats show a quote;
#: Latin letters of European languages, Kana, Hangul and Han. Combining marks are left out, and so are letters
#: that differ by a detail (dotless i, breve and caron, eth), and Han that looks like Kana.
_PLAIN: Final = re.compile(
    r"[!#-\[\]-_a-z|}~"
    "À-ÏÑ-ÖØ-öø-čĎĐ-ēĖ-ěĜ-īĮ-įİĴ-ķĹ-ĽŁ-ňŊ-ōŐ-ŤŦ-ūŮ-ž"
    "々ぁ-ゖァ-プホ-ヺー가-힣]"
    "|(?![\u4e00\u4e3f\u4e42\u4e8c\u516b\u529b\u5343\u535c\u53b6\u53e3\u5915\u5de5\u624d])[\u4e00-\u9fff]"
)
_PLAIN_WORDS: Final = re.compile(f"(?:{_PLAIN.pattern})+(?: (?:{_PLAIN.pattern})+)*")


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


def format_duration(span: timedelta) -> str:
    """How long something lasted, in one unit and cut: `4 s`, `9 min`, `3 h`, `2 days`."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def list_first(names: Sequence[str], *, most: int = MOST_SHOWN) -> str:
    """The first of them, and how many there are beyond those."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def quote_value(value: ContactValue, text: str) -> str:
    """The text with all that is not plain spelt out, in quotes unless it is an address or a number."""
    escaped = spell_value(text, template=value.own)
    bare = _BARE.get(value.part)
    plain = escaped == text and bare is not None and bare.fullmatch(text.replace("*", "0"))
    return text if plain else f'"{escaped}"'


def spell_value(text: str, *, template: bool = True) -> str:
    r"""A value of a contact, so that no other one looks like it: `\u{200b}` for all that is not plain.

    `template`: a brace begins a placeholder. Letters of other scripts are not plain, as a whole Cyrillic or
    Greek word can look like a Latin one.
    """
    if _PLAIN_WORDS.fullmatch(text):
        return text
    return "".join(_spell(text, place, template=template) for place in range(len(text)))


def spell_unseen(text: str) -> str:
    r"""A name or a line with what cannot be seen, or turns the direction, as `\u{202e}`."""
    if not is_unseen(text):  # nearly every text, which reports have by the ten thousand
        return text
    return "".join(_spell_code(one) if is_unseen(one) else one for one in text)


def is_unseen(text: str) -> bool:
    """Whether any of it is a control, a mark of direction, a space not the plain one, or takes no room."""
    return not text.isprintable() or _BLANK.search(text) is not None


def show_values(
    values: Iterable[ContactValue],
    *,
    masks: Masks,
    write: Callable[[ContactValue, str], str] = quote_value,
) -> Mapping[ContactValue, str]:
    """How each value is written in one text: different values of one part are written differently.

    What would look like another value gets a number: `a***@example.com #1`. `write` gives the form of a value
    or of its mask, which may be shortened.
    """
    full: dict[tuple[str, str], list[ContactValue]] = {}
    masked: dict[tuple[str, str], list[ContactValue]] = {}
    for value in dict.fromkeys(values):
        if masks is Masks.EVERYTHING or (masks is Masks.FOREIGN and not value.own):
            look = write(value, mask_value(value.part, value.text))
            masked.setdefault((value.part, look), []).append(value)
        else:
            full.setdefault((value.part, write(value, value.text)), []).append(value)
    unlike = {key: alike for key, alike in full.items() if len({value.text for value in alike}) == 1}
    shown = {value: look for (_, look), alike in unlike.items() for value in alike}
    taken = set(unlike)
    rest = [(key, alike) for key, alike in full.items() if key not in unlike]
    for (part, look), alike in [*rest, *masked.items()]:
        numbered = len(alike) > 1 or (part, look) in taken
        free = (text for number in count(1) if (part, text := f"{look} #{number}") not in taken)
        for value in alike:
            shown[value] = next(free) if numbered else look
            taken.add((part, shown[value]))
    return shown


def _spell(text: str, place: int, *, template: bool) -> str:
    character = text[place]
    if character in '\\"' or (character == "{" and not template):
        return "\\" + character
    if character == " ":
        inner = 0 < place < len(text) - 1 and text[place - 1] != " "
        return " " if inner else r"\x20"
    return character if character == "{" or _PLAIN.match(character) else _spell_code(character)


def _spell_code(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"
