"""The table of an organization's history: a line for each edit and write, whole also in a pipe."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from rollcall.events.signal import TAMPERING, Cause
from rollcall.model.display import format_duration
from rollcall.outcomes.verdicts import VERDICTS, Verdict
from rollcall_cli.history.reading import find_incident
from rollcall_cli.history.view import (
    build_document,
    build_open_document,
    describe_edit,
    describe_open,
    describe_write,
    format_at,
    format_wrong,
    list_other_edits,
    parse_iso,
)
from rollcall_cli.text.formatting import clean, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_cli.history.reading import History

#: Columns of the table of an organization. The last is not padded: an ARN has any length.
_HEADS: Final = ("time", "account", "kind", "result", "wrong for", "incident", "by")


def render_organization(found: History, *, names: Mapping[str, str]) -> Iterator[Text]:
    """Yield a table with a line for each edit, write and command, the newest last. Print it unwrapped."""
    rows = sorted(
        (
            *_list_writes(found, names),
            *_list_edits(found, names),
            *_list_left(found, names),
            *_list_commands(found, names),
        ),
        key=lambda row: row[0],
    )
    rows += sorted(_list_lines(found, names), key=lambda row: row[0])
    yield from _render_table([tuple(map(clean, row)) for row in rows])


def summarise(found: History) -> str:
    """Return one sentence: edits, principals, and what is open."""
    edits = {(edit.incident_id, edit.kind): edit.principal for edit in found.edits} | {
        (str(find_incident(entry)), entry.intent.kind): entry.intent.signal.actor.principal
        for _, entry in found.writes
        if entry.intent and entry.intent.signal.cause in TAMPERING
    }
    known = f"{count(len(edits), 'edit')} by {count(len(set(edits.values())), 'principal')}"
    left = f"{count(len(found.open), 'contact')} open" if found.open else "nothing is open"
    return f"{known if edits else 'No edit is known'}; {left}."


def _render_table(rows: Sequence[tuple[str, ...]]) -> Iterator[Text]:
    if not rows:
        return
    widths = [max(len(row[column]) for row in (_HEADS, *rows)) for column in range(len(_HEADS) - 1)]
    for number, row in enumerate((_HEADS, *rows)):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
        yield Text("  ".join((*cells, row[-1])), style="" if number else "dim")


def _list_writes(found: History, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each write after an event, and one for all of a sweep that ended alike."""
    swept: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for account_id, entry in found.writes:
        item = build_document(entry, account_id, details=False)
        state = describe_write(item)
        if item["cause"] == Cause.SWEPT:
            swept.setdefault((item["event_id"], state), []).append(item)
            continue
        wrong = item["wrong_seconds"]
        yield (
            format_at(parse_iso(item["at"])),
            _name_account(account_id, names),
            (item["kind"] or "-").lower(),
            state,
            "" if wrong is None else format_duration(timedelta(seconds=wrong)),
            item["incident_id"] or "",
            item["actor"]["principal"] if item["actor"] else entry.id,
        )
    for (run, state), items in swept.items():
        yield (
            format_at(parse_iso(min(item["at"] for item in items))),
            count(len({item["account_id"] for item in items}), "account"),
            count(len(items), "contact"),
            state,
            "",
            "",
            f"sweep {run}",
        )


def _list_edits(found: History, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for edit in list_other_edits(found):
        yield (
            format_at(edit.at),
            _name_account(edit.account_id, names),
            edit.kind.lower(),
            describe_edit(edit),
            format_wrong(edit, found),
            edit.incident_id,
            edit.principal,
        )


def _list_left(found: History, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield what is open without an edit that says so."""
    known = {(edit.account_id, edit.kind) for edit in found.edits if edit.open}
    for record in found.open:
        if (record.account_id, record.kind) not in known:
            item = build_open_document(record, found.now)
            since = parse_iso(item["since"])
            yield (
                format_at(since),
                _name_account(record.account_id, names),
                record.kind.lower(),
                f"{describe_open(item)}, open",
                f"{format_duration(found.now - since)} so far" if since else "",
                "",
                ", ".join(item["principals"]) or "no edit is known",
            )


def _list_commands(found: History, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for command in found.commands:
        ended = "refused" if command["refused"] else "done" if command["done"] else "not finished"
        yield (
            format_at(parse_iso(command["at"])),
            _name_account(command["account"], names) if command["account"] else "",
            (command["kind"] or "").lower(),
            f"{command['operation']}: {ended}" if command["operation"] else "unreadable command",
            "",
            "",
            command["by"] or "unknown",
        )


def _list_lines(found: History, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield what the messages list, without what is shown already."""
    known = {find_incident(entry) for _, entry in found.writes} | {edit.incident_id for edit in found.edits}
    for line in found.lines:
        if line["incident_id"] not in known:
            yield (
                line["at"][:19].replace("T", " ") + "Z",
                _name_account(line["account_id"], names),
                ", ".join(str(kind).lower() for kind in line["kinds"]),
                _describe_line(line) + (", left changed" if line.get("left") else ""),
                "",
                line["incident_id"],
                line["actor"]["principal"],
            )


def _describe_line(line: Mapping[str, Any]) -> str:
    """Return what became of the contacts, or what was done or tried if none is concerned."""
    if line["verdict"] == Verdict.DENIED:
        return f"{line['event']} refused"
    words = VERDICTS[Verdict(line["verdict"])].words if line["verdict"] in set(Verdict) else None
    return (words.result if words and line["kinds"] else "") or str(line["event"])


def _name_account(account_id: str, names: Mapping[str, str]) -> str:
    return f"{account_id} {names.get(account_id, '')}".rstrip()
