"""The history of an account for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from rollcall.model.contact import mask_contact
from rollcall.model.desired import Desired, Present
from rollcall.notify.incidents import name_program
from rollcall.sweep.apply_account import SWEEP
from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.model.contact import Contact
    from rollcall_cli.history.entries import Entry

_PARTS = ("name", "title", "email", "phone")


def document(entry: Entry, *, details: bool) -> dict[str, Any]:
    """One write as JSON; contacts are masked unless `details`."""
    intent, outcome = entry.intent, entry.outcome or {}
    return {
        "id": entry.id,
        "at": intent.opened_at.isoformat() if intent else None,
        "account_id": intent.signal.account_id if intent else None,
        "kind": str(intent.kind) if intent else None,
        "cause": str(intent.signal.cause) if intent else None,
        "actor": intent.signal.actor.as_document() if intent else None,
        "event_id": intent.signal.event.id if intent else None,
        "found": _values(intent.found.contact if isinstance(intent.found, Present) else None, details=details)
        if intent
        else None,
        "wanted": _values(
            intent.wanted.contact if isinstance(intent.wanted, Desired) else None, details=details
        )
        if intent
        else None,
        "source": intent.wanted.source if intent else None,
        "verdict": outcome.get("verdict"),
        "reason": outcome.get("reason"),
        "request_id": outcome.get("request_id"),
        "verified": outcome.get("verified"),
        "faults": list(entry.faults),
    }


def table(found: Sequence[Entry], *, details: bool) -> Table:
    """A table, the newest last, as one reads a log."""
    made = Table(show_lines=True)
    for column in ("when (UTC)", "contact", "who, from where", "found", "set", "outcome"):
        made.add_column(column, overflow="fold")  # nothing is cut: an ARN's end says who it was
    for entry in found:
        made.add_row(*_row(document(entry, details=details)))
    return made


def _row(item: Mapping[str, Any]) -> tuple[str, ...]:
    if item["at"] is None:
        return (plain(item["id"]), "?", "?", "?", "?", plain(item["verdict"] or "?"))
    return (
        item["at"][:19].replace("T", " "),
        item["kind"].lower(),
        _who(item["actor"]),
        plain(_line(item["found"])),
        plain(_line(item["wanted"])),
        plain(item["verdict"] or ("no outcome" if item["faults"] else "no outcome yet")),
    )


def _who(actor: Mapping[str, Any]) -> str:
    """Principal, address and program; a sweep acts by itself and comes from nowhere."""
    who = plain(actor["principal"])
    if actor["kind"] == SWEEP.kind:
        return who
    return f"{who}\n{plain(actor['source_ip'])}, {plain(name_program(actor['user_agent']))}"


def _values(contact: Contact | None, *, details: bool) -> dict[str, str] | None:
    if contact is None:
        return None
    return contact.as_document() if details else mask_contact(contact)


def _line(contact: Mapping[str, str] | None) -> str:
    return ", ".join(contact[part] for part in _PARTS) if contact else "absent"
