"""Who holds which contact: each person or mailbox that was found, and on how many accounts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rollcall.contacts import Contact, ContactKind
from rollcall.report.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS = ("name", "title", "email", "phone")


class Holders:
    """Counts contacts as they are after the run. `roster` is the compiled document."""

    def __init__(self, roster: Mapping[str, Any]) -> None:
        self._known = {_key(values): name for name, values in roster["contacts"].items()}
        self._kinds: dict[tuple[str, ...], Counter[str]] = {}

    def add(self, _account_id: str, kind: ContactKind, contact: Mapping[str, Any]) -> None:
        """Count one contact of an account, if it is known what it is."""
        found = contact["found"]
        values = found.get("contact") if found else None
        if contact["status"] == Status.FIXED:
            values = contact["wanted"]
        if values is not None:
            self._kinds.setdefault(_key(values), Counter())[str(kind)] += 1

    def as_documents(self) -> list[dict[str, Any]]:
        """The most frequent first. `contact` is its name in the roster, None if it is not from there.

        A contact of the roster that holds `{account_id}` or `{account_name}` is not recognised.
        """
        rows = [
            dict(zip(_PARTS, key, strict=True))
            | {
                "contact": self._known.get(key),
                "kinds": {str(kind): kinds[str(kind)] for kind in ContactKind},
                "count": kinds.total(),
            }
            for key, kinds in self._kinds.items()
        ]
        return sorted(rows, key=lambda row: (-row["count"], row["email"], row["name"]))


def _key(values: Mapping[str, str]) -> tuple[str, ...]:
    contact = Contact.from_document(values)
    return (contact.name, contact.title, contact.email.strip(), contact.phone)
