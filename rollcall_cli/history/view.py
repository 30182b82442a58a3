"""The history of an account, of an incident and of the organization, as text and as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from rollcall.decide.intent import WriteState
from rollcall.events.signal import TAMPERING, Cause, parse_time
from rollcall.model.contact import ALL_PARTS, mask_contact
from rollcall.model.desired import Desired, Present
from rollcall.model.display import format_duration
from rollcall.notify.words import name_program
from rollcall.outcomes.verdicts import VERDICTS, Verdict
from rollcall.sweep.apply_account import SWEEP
from rollcall_cli.history.reading import find_incident
from rollcall_cli.text.formatting import clean, format_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall.contact.edits import EditResult
    from rollcall.contact.record import ContactRecord
    from rollcall.decide.intent import Intent
    from rollcall.model.contact import Contact
    from rollcall_cli.history.entries import LedgerEntry
    from rollcall_cli.history.reading import History

#: What only --verify says.
_VERIFIED: Final = frozenset({"errors", "lookup"})
_CONFIRMATION = ("state", "by", "reason", "request_id", "recorded_at")


def build_document(entry: LedgerEntry, account_id: str, *, details: bool) -> dict[str, Any]:
    """Return one write as JSON; contacts are masked unless `details`."""
    intent, outcome = entry.intent, entry.outcome or {}
    return {
        "id": entry.id,
        "at": _find_time(intent).isoformat() if intent else None,
        "opened_at": intent.opened_at.isoformat() if intent else None,
        "account_id": account_id,
        "incident_id": find_incident(entry),
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
        "wrong_seconds": _measure_wrong(entry),
        "confirmation": {name: entry.confirmation.get(name) for name in _CONFIRMATION}
        if entry.confirmation
        else None,
        "errors": list(entry.errors),
        "lookup": entry.lookup,
    }


def _find_time(intent: Intent) -> datetime:
    """Return when the event happened, as its alert says, and of a write without an event when it began."""
    event = None if intent.signal.cause is Cause.SWEPT else parse_time(intent.signal)
    return event or intent.opened_at


def build_history_document(found: History, *, details: bool, verify: bool) -> dict[str, Any]:
    """Return the JSON form, version 1; contacts are masked unless `details`."""
    hidden = frozenset() if verify else _VERIFIED
    return {
        "version": 1,
        "account_id": found.account_id,
        "since": found.since.isoformat() if found.since else None,
        "incident_id": found.incident_id,
        "writes": [
            {
                name: value
                for name, value in build_document(entry, account_id, details=details).items()
                if name not in hidden
            }
            for account_id, entry in found.writes
        ],
        "edits": [edit.as_document(found.now) for edit in found.edits],
        "open": [build_open_document(record, found.now) for record in found.open],
        "lines": [dict(line) for line in found.lines],
        "commands": [dict(command) for command in found.commands],
    }


def build_open_document(record: ContactRecord, now: datetime) -> dict[str, Any]:
    """Return a contact that is left changed, or whose write is not finished, as JSON."""
    since = record.drift.at if record.drift else None
    reason = "left changed"
    if record.repeated.is_open(now):
        since, reason = record.repeated.opened_at, "repeated edits"
    if record.intent is not None:
        since, reason = record.intent.opened_at, "write in progress"
    verdicts = [edit.published for edit in record.edits if edit.published]
    return {
        "account_id": record.account_id,
        "kind": str(record.kind),
        "since": since.isoformat() if since else None,
        "reason": reason,
        "verdict": verdicts[-1] if verdicts and reason == "left changed" else None,
        "principals": list(dict.fromkeys(edit.principal for edit in record.edits)),
    }


def describe_open(item: Mapping[str, Any]) -> str:
    """Return why such a contact is open: `left changed (NOT restored)`."""
    return (
        f"{item['reason']} ({_describe_verdict(item['verdict'])})" if item["verdict"] else str(item["reason"])
    )


def render_account(found: History, *, details: bool) -> Iterator[Text]:
    """Yield a block for each write and edit, the newest last. Print them unwrapped: ARNs stay whole."""
    blocks = [
        (parse_iso(document["at"]), list(_render_write(document, found)))
        for account_id, entry in found.writes
        for document in (build_document(entry, account_id, details=details),)
    ]
    blocks += [(edit.at, list(_render_edit(edit, found))) for edit in list_other_edits(found)]
    for _, lines in sorted(blocks, key=lambda block: block[0] or found.now):
        yield from lines


def _render_write(item: Mapping[str, Any], found: History) -> Iterator[Text]:
    state = clean(describe_write(item))
    if item["at"] is None:
        yield Text(f"{clean(item['id'])}  {state}")
        return
    yield Text(f"{item['at'][:19].replace('T', ' ')}Z  {item['kind'].lower()}  {state}")
    wrong = item["wrong_seconds"]
    yield from format_rows(
        (
            *_list_account(item["account_id"], found),
            *_list_origin(item["actor"]),
            ("found", _format_contact(item["found"])),
            ("wanted", _format_contact(item["wanted"])),
            *([] if wrong is None else [("wrong for", format_duration(timedelta(seconds=wrong)))]),
            ("incident", item["incident_id"]),
        )
    )


def _render_edit(edit: EditResult, found: History) -> Iterator[Text]:
    yield Text(f"{format_at(edit.at)}  {edit.kind.lower()}  {describe_edit(edit)}")
    rows = [*_list_account(edit.account_id, found), ("by", edit.principal)]
    if (wrong := format_wrong(edit, found)) != "":
        rows.append(("wrong for", wrong))
    yield from format_rows([*rows, ("incident", edit.incident_id)])


def _list_account(account_id: str, found: History) -> list[tuple[str, str]]:
    """Return a row with the account, unless all is about one."""
    return [("account", account_id)] if found.account_id is None else []


def list_other_edits(found: History) -> list[EditResult]:
    """Edits that led to no write of their own: for the others, the ledger has more."""
    written = {(find_incident(entry), entry.intent.kind) for _, entry in found.writes if entry.intent}
    return [edit for edit in found.edits if (edit.incident_id, edit.kind) not in written]


def describe_edit(edit: EditResult) -> str:
    """Return what became of an edit, in the words of alerts."""
    if edit.verdict is None:
        return "in progress"
    return _describe_verdict(edit.verdict) + (", open" if edit.open else "")


def _describe_verdict(verdict: str) -> str:
    words = VERDICTS[Verdict(verdict)].words
    return words.result if words else verdict


def format_wrong(edit: EditResult, found: History) -> str:
    """Return how long the contact was wrong, empty if that is not known."""
    wrong = edit.measure_wrong(found.now)
    return "" if wrong is None else format_duration(wrong) + (" so far" if edit.open else "")


def format_at(at: datetime | None) -> str:
    """Return the time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%SZ}" if at else "unknown time"


def parse_iso(text: str | None) -> datetime | None:
    """Return the time of a document, None if it has none."""
    return datetime.fromisoformat(text) if text else None


def _measure_wrong(entry: LedgerEntry) -> int | None:
    """Return the seconds from the edit to the record of its restore, None if it was not restored."""
    intent, outcome = entry.intent, entry.outcome
    if intent is None or outcome is None or intent.signal.cause not in TAMPERING:
        return None
    edited_at = parse_time(intent.signal)
    if entry.state != WriteState.WRITTEN or edited_at is None:
        return None
    try:
        ended_at = datetime.fromisoformat(outcome["recorded_at"])
        return max(0, int((ended_at - edited_at).total_seconds()))
    except (KeyError, TypeError, ValueError):  # it says nothing of its time
        return None


def describe_write(item: Mapping[str, Any]) -> str:
    """Return how the write ended, in the words of alerts, and by what that became known later."""
    confirmed = item["confirmation"]
    state = (confirmed or item)["state"]
    if state is None:
        return "no outcome" if item["errors"] else "no outcome yet"
    if state == WriteState.WRITTEN and item["cause"] is not None:
        state = "restored" if item["cause"] in TAMPERING else "set"
    elif item["lookup"]:
        state = "not known"
    return f"{state}, confirmed by {confirmed['by']}" if confirmed else str(state)


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
    return ", ".join(contact[part] for part in ALL_PARTS if part in contact) if contact else "absent"
