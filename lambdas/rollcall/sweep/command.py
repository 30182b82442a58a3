"""A command of an operator, as the machine hands it over: read, or refused with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall.contacts import ContactKind
from rollcall.fields import is_account_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

#: An ARN of a session has at most about 200 characters, one of a user with a path about 600.
LONGEST_CALLER: Final = 1024
LONGEST_REASON: Final = 500
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_REASONED: Final = frozenset({"pause", "unpause"})


class RefusedError(Exception):
    """The command is not carried out, and why; trying it again does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. `key` is the same for every try of one command, and no other's.

    `plan` is what is to be approved, `contact` whose standoff is to end.
    """

    operation: str
    by: str
    reason: str
    plan: str | None
    contact: tuple[str, ContactKind] | None
    key: str

    @classmethod
    def from_document(cls, document: Mapping[str, Any], now: datetime) -> Command:
        """Read the input of the machine; RefusedError if it cannot be shown to people as it is."""
        plan = document.get("plan")
        if plan is not None and not (isinstance(plan, str) and _DIGEST.fullmatch(plan)):
            raise RefusedError("a plan is named by its whole digest, 64 hexadecimal digits")
        operation, by = str(document.get("operation")), _text(document, "by", most=LONGEST_CALLER)
        reason = _text(document, "reason", most=LONGEST_REASON, needed=operation in _REASONED)
        return cls(
            operation=operation,
            by=by,
            reason=reason,
            plan=plan,
            contact=_contact(document) if operation == "release" else None,
            key=str(document.get("execution") or f"{by}/{now.isoformat()}"),
        )


def _contact(document: Mapping[str, Any]) -> tuple[str, ContactKind]:
    account_id, kind = document.get("account"), document.get("kind")
    if not is_account_id(account_id) or kind not in tuple(ContactKind):
        raise RefusedError(
            "a contact is named by an account id of 12 digits and SECURITY, OPERATIONS or BILLING"
        )
    return str(account_id), ContactKind(str(kind))


def _text(document: Mapping[str, Any], name: str, *, most: int, needed: bool = True) -> str:
    """What a person wrote, as it may stand in an alert: one line, nothing invisible, not endless."""
    value = document.get(name) or ""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise RefusedError(f"`{name}` is one line of at most {most} printable characters")
    if needed and not value.strip():
        raise RefusedError(f"`{name}` is missing")
    return value.strip()
