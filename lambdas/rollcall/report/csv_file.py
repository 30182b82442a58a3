"""The report as CSV: one line for each contact, for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from rollcall.model.display import spell_unseen

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS = ("name", "title", "email", "phone")
HEADER = (
    "account_id",
    "account_name",
    "ou",
    "state",
    "kind",
    "status",
    "reason",
    *(f"found_{part}" for part in _PARTS),
    *(f"wanted_{part}" for part in _PARTS),
    "source",
)
# Spreadsheets take such a cell for a formula, and names are chosen by others. Where they expect another
# separator than the comma, a cell begins after each of these characters.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(
    r"""(^|[;,|:"'])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"""  # the last four: full width
)


def write_csv(report: Mapping[str, Any]) -> str:
    """CSV (RFC 4180, all quoted, with a header) of a report document; apostrophes keep cells text."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    for account in report["accounts"]:
        place = (account["id"], account["name"], account["ou"], account["state"])
        for kind, contact in account["contacts"].items():
            found = contact["found"].get("contact") if contact["found"] else None
            row = (
                *place,
                kind,
                contact["status"],
                contact["reason"],
                *_list_values(found),
                *_list_values(contact["wanted"]),
                contact["source"] or "",
            )
            writer.writerow([_write_cell(cell) for cell in row])
    return out.getvalue()


def _list_values(contact: Mapping[str, str] | None) -> tuple[str, ...]:
    return tuple(contact[part] if contact else "" for part in _PARTS)


def _write_cell(cell: str) -> str:
    return _FORMULA.sub(r"\1\2'", spell_unseen(cell))
