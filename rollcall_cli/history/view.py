"""The history of an account as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from rollcall.model.contact import mask_contact
from rollcall.model.desired import Desired, Present
from rollcall.notify.incidents import name_program
from rollcall.sweep.apply_account import SWEEP
from rollcall_cli.text.formatting import clean, format_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall.model.contact import Contact
    from rollcall_cli.history.entries import LedgerEntry

_CONFIRMATION = ("state", "by", "reason", "request_id", "recorded_at")
_PARTS = ("name", "title", "email", "phone")


def build_document(entry: LedgerEntry, *, details: bool) -> dict[str, Any]:
    """Return one write as JSON; contacts are masked unless `details`."""
    intent, outcome = entry.intent, entry.outcome or {}
    return {
        "id": entry.id,
        "at": intent.opened_at.isoformat() if intent else None,
        "account_id": intent.signal.account_id if intent else None,
        "kind": str(intent.kind) if intent else None,
        "cause": str(intent.signal.cause) if intent else None,
        "actor": intent.signal.actor.as_document() if intent else None,
        "event_id": intent.signal.event.id if intent else None,
        "found": _show_contact(
            intent.found.contact if isinstance(intent.found, Present) else None, details=details
        )
        if intent
        else None,
        "wanted": _show_contact(
            intent.wanted.contact if isinstance(intent.wanted, Desired) else None, details=details
        )
        if intent
        else None,
        "source": intent.wanted.source if intent else None,
        "state": outcome.get("state"),
        "reason": outcome.get("reason"),
        "request_id": outcome.get("request_id"),
        "confirmation": {name: entry.confirmation.get(name) for name in _CONFIRMATION}
        if entry.confirmation
        else None,
        "errors": list(entry.errors),
        "lookup": entry.lookup,
    }


def render(found: Sequence[LedgerEntry], *, details: bool) -> Iterator[Text]:
    """Yield a block for each write, the newest last, like a log. Print them unwrapped: ARNs stay whole."""
    for entry in found:
        item = build_document(entry, details=details)
        state = clean(_format_state(item))
        if item["at"] is None:
            yield Text(f"{clean(item['id'])}  {state}")
            continue
        yield Text(f"{item['at'][:19].replace('T', ' ')}Z  {item['kind'].lower()}  {state}")
        yield from format_rows(
            (
                *_list_origin(item["actor"]),
                ("found", _format_contact(item["found"])),
                ("set", _format_contact(item["wanted"])),
            )
        )


def _format_state(item: Mapping[str, Any]) -> str:
    """Return how the write ended, and by what that became known later."""
    if item["confirmation"]:
        return f"{item['confirmation']['state']}, confirmed by {item['confirmation']['by']}"
    if item["state"] is None:
        return "no outcome" if item["errors"] else "no outcome yet"
    return "not known" if item["lookup"] else str(item["state"])


def _list_origin(actor: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield principal, address and program; a sweep has no address and no program."""
    yield "by", actor["principal"]
    if actor["kind"] != SWEEP.kind:
        yield "from", f"{actor['source_ip']}, {name_program(actor['user_agent'])}"


def _show_contact(contact: Contact | None, *, details: bool) -> dict[str, str] | None:
    if contact is None:
        return None
    return contact.as_document() if details else mask_contact(contact)


def _format_contact(contact: Mapping[str, str] | None) -> str:
    return ", ".join(contact[part] for part in _PARTS) if contact else "absent"
