"""The report as CSV: one line for each contact, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from rollcall.model.contact import ALL_PARTS, ALTERNATE_PARTS, ContactKind
from rollcall.model.display import is_unseen, spell_unseen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def list_columns(parts: Collection[str] = tuple(ALTERNATE_PARTS)) -> tuple[str, ...]:
    """The header, with these parts of contacts."""
    values = (f"{state}_{part}" for state in ("found", "wanted") for part in parts)
    place = ("account_id", "account_name", "ou", "state")
    return (*place, "kind", "status", "reason", "found", *values, "source")


# Spreadsheets take such a cell for a formula, and names are chosen by others. Where they expect another
# separator than the comma, a cell begins after each of these characters.
# https://owasp.org/www-community/attacks/CSV_Injection
_BEFORE, _SIGN = r"""(^|[;,|:"'])(\s*)""", r"(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"  # the last four: full width
_FORMULA = re.compile(_BEFORE + _SIGN)
_GUARDED = re.compile(f"{_BEFORE}'{_SIGN}")
# Any code point but half of a pair, which is no character.
_SPELT = re.compile(r"\\u\{((?!d[89a-f]..\})[0-9a-f]{1,5}|10[0-9a-f]{4})\}")


def write_csv(report: Mapping[str, Any]) -> str:
    """CSV (RFC 4180, all quoted, with a header) of a report document; apostrophes keep cells text.

    Columns of primary contacts are there only if the roster manages them.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    primary = any(ContactKind.PRIMARY in account["contacts"] for account in report["accounts"])
    parts = tuple(ALL_PARTS if primary else ALTERNATE_PARTS)
    writer.writerow(list_columns(parts))
    for account in report["accounts"]:
        place = (account["id"], account["name"], account["ou"], account["state"])
        for kind, contact in account["contacts"].items():
            found = contact["found"] or {}
            row = (
                *place,
                kind,
                contact["status"],
                contact["reason"],
                # An absent contact has no values, as one that could not be read; empty: nobody read it.
                found.get("state", ""),
                *_list_values(found.get("contact"), parts),
                *_list_values(contact["wanted"], parts),
                contact["source"] or "",
            )
            writer.writerow([_write_cell(cell) for cell in row])
    return out.getvalue()


def _list_values(contact: Mapping[str, str] | None, parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(contact.get(part, "") if contact else "" for part in parts)


def _write_cell(cell: str) -> str:
    return _FORMULA.sub(r"\1\2'", spell_unseen(cell))


def read_cell(cell: str) -> str:
    """The value of a cell that `write_csv` wrote, without the apostrophes and with what cannot be seen."""
    return _SPELT.sub(_read_code, _GUARDED.sub(r"\1\2", cell))


def _read_code(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if is_unseen(character) else found[0]
