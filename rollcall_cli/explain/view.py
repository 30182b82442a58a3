"""An explanation as text and as JSON, version 1. Contacts are masked unless details are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from rollcall.model.contact import KEEP, ContactKind, mask_contact
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    DesiredOrConflict,
    Observation,
    Present,
    Unreadable,
)
from rollcall.outcomes.verdicts import Verdict
from rollcall_cli.aws.contacts import KEPT_BY
from rollcall_cli.explain.explanation import ExplanationStatus, find_winners
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rollcall.decide.resolve import Enforcement, SelectorMatch
    from rollcall.model.contact import Contact
    from rollcall.model.roster import Exemption
    from rollcall_cli.explain.explanation import Explanation, KindExplanation

_STYLES: Final = {
    ExplanationStatus.NOTHING_TO_DO: "green",
    ExplanationStatus.DIFFERENCE: "yellow",
    ExplanationStatus.NOT_KNOWN: "red",
}
_ENDS: Final = {
    ExplanationStatus.NOTHING_TO_DO: "Nothing to do.",
    ExplanationStatus.DIFFERENCE: "A contact differs from the roster.",
    ExplanationStatus.NOT_KNOWN: "A contact is blocked or unreadable: see above.",
}
_NOT_SEEN: Final = "The contacts of the account were not read."
_WORDS: Final = {
    Verdict.WOULD_SET: "differs, alert only",
    Verdict.COMPLIANT: "compliant",
}


def render(explanation: Explanation, enforcement: Enforcement | None, *, details: bool) -> Iterator[Text]:
    """Yield the text line by line; contacts are masked unless `details`.

    `enforcement` is what is in force, None if that is not known.
    """
    account = explanation.account
    tags = ", ".join(f"{key}={value}" for key, value in sorted(account.tags.items()))
    yield Text(clean(f"{account.id}  {account.name}".rstrip()), style="bold")
    yield from _format_rows(
        [
            ("OU", account.ou or "the root"),
            ("ids", " / ".join(account.parent_ids) or "not known"),
            ("state", str(account.state)),
            ("tags", tags or "none"),
            *(("writer", text) for reach, text in KEPT_BY.items() if reach is explanation.reach),
            *(("mode", line) for line in _list_entries(explanation.modes)),
            *(("exempt", _format_exemption(*item)) for item in explanation.exemptions),
            ("roster", explanation.roster.digest),
        ]
    )
    for kind in explanation.kinds:
        yield Text()
        yield _format_heading(kind)
        yield from _format_rows(_list_facts(kind, details=details))
    yield Text()
    status = explanation.status
    not_seen = not explanation.looked and status is ExplanationStatus.NOTHING_TO_DO
    yield Text(_NOT_SEEN) if not_seen else Text(_ENDS[status], style=_STYLES[status])
    if assumed := _list_assumed(explanation, enforcement):
        yield Text(f"This applies {', and '.join(assumed)}.", style="dim")


def _list_assumed(explanation: Explanation, enforcement: Enforcement | None) -> list[str]:
    """Return what the explanation assumes and is not so, or not known to be so."""
    pending = enforcement is None or enforcement.approved != explanation.roster.digest
    paused = enforcement is None or enforcement.paused
    texts = {"once this roster is approved": pending, "while writes are not paused": paused}
    return [text for text, needed in texts.items() if needed]


def _format_heading(kind: KindExplanation) -> Text:
    heading = Text(str(kind.kind), style="bold")
    if kind.verdict is Verdict.SET:
        word = "deleted" if isinstance(kind.demand, DesiredAbsent) else "set"
        heading.append(f": would be {word}", style=_STYLES[kind.status])
    elif kind.verdict is not None:
        heading.append(f": {_WORDS.get(kind.verdict, str(kind.verdict))}", style=_STYLES[kind.status])
        if kind.verdict is not Verdict.COMPLIANT:
            heading.append(f" ({kind.reason})", style="not bold")
    return heading


def _list_facts(kind: KindExplanation, *, details: bool) -> Iterable[tuple[str, str]]:
    yield from (("entry", line) for line in _list_entries(kind.candidates))
    if isinstance(kind.demand, Desired):
        yield from (
            ("wanted", line) for line in _list_values(kind.kind, kind.demand.contact, details=details)
        )
    elif kind.demand is not None:
        yield "wanted", f"blocked: {kind.demand.reason}" if isinstance(kind.demand, Conflict) else "absent"
    if kind.placeholders:
        yield "filled", ", ".join(f"{{{name}}}" for name in kind.placeholders)
    match kind.found:
        case Present(contact=contact):
            yield from (("found", line) for line in _list_values(kind.kind, contact, details=details))
        case Absent():
            yield "found", "absent"
        case Unreadable(reason=reason):
            yield "found", f"unreadable: {reason}"
    if kind.differs_in:
        yield "differs", ", ".join(kind.differs_in)


def _list_entries(found: Sequence[SelectorMatch[Any]]) -> Iterable[str]:
    """Yield the most specific entry first, with a mark for the winner or for a tie without one."""
    won = find_winners(found)
    for item in found:
        tie = not won and item.rank == found[0].rank
        mark = "!" if tie else (">" if item in won else " ")
        value = "no contact" if isinstance(item.value, Conflict) else item.value
        yield f"{mark} {item.source}: {'absent' if value is None else value}"


def _format_exemption(exemption: Exemption, in_force: bool) -> str:
    until = f", to {exemption.until}" if exemption.until else ""
    return f"{exemption.reason}{until}{'' if in_force else ' (expired)'}"


def _list_values(kind: ContactKind, contact: Contact, *, details: bool) -> Iterable[str]:
    """Yield the values: of an alternate contact all in a line, of a primary contact each with its part."""
    values = show_contact(contact, details=details)
    if kind is not ContactKind.PRIMARY:
        yield " | ".join(values.values())
        return
    yield from (f"{part}: {value}" for part, value in values.items() if value != KEEP)
    if kept := [part for part, value in values.items() if value == KEEP]:
        yield f"as the account has it: {', '.join(kept)}"


def _format_rows(facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    """Yield label and text in two columns. A label that repeats is shown once."""
    last = ""
    for label, text in facts:
        yield Text.assemble((f"  {'' if label == last else label:9}", "dim"), clean(text))
        last = label


VERSION = 1


def build_document(explanation: Explanation, *, details: bool) -> dict[str, Any]:
    """Return the JSON form; with `details` the contacts are in full."""
    account = explanation.account
    return {
        "version": VERSION,
        "status": explanation.status.name.lower().replace("_", "-"),
        "account": {
            "id": account.id,
            "name": account.name,
            "state": str(account.state),
            "ou": account.ou,
            "parent_ids": list(account.parent_ids),
            "tags": dict(account.tags),
        },
        "roster": {"digest": explanation.roster.digest},
        "mode": _build_candidates(explanation.modes, "mode"),
        "halted": explanation.requirement.blocked or explanation.requirement.halted,
        "exempt": explanation.requirement.exempt,
        "exemptions": [
            {
                "reason": exemption.reason,
                "until": exemption.until.isoformat() if exemption.until else None,
                "in_force": in_force,
            }
            for exemption, in_force in explanation.exemptions
        ],
        "kinds": [_build_kind(kind, details=details) for kind in explanation.kinds],
    }


def show_contact(contact: Contact, *, details: bool) -> dict[str, str]:
    """Return the values by part, masked unless `details`. What is kept stays `{keep}`."""
    values = contact.as_document()
    return values if details else mask_contact(contact) | {p: v for p, v in values.items() if v == KEEP}


def _build_kind(kind: KindExplanation, *, details: bool) -> dict[str, Any]:
    return {
        "kind": str(kind.kind),
        "verdict": str(kind.verdict) if kind.verdict else None,
        "reason": kind.reason,
        "entries": _build_candidates(kind.candidates, "contact"),
        "placeholders": list(kind.placeholders),
        "wanted": _build_wanted(kind.demand, details=details),
        "found": _build_found(kind.found, details=details),
        "differs_in": list(kind.differs_in),
    }


def _build_candidates(found: Sequence[SelectorMatch[Any]], value: str) -> list[dict[str, Any]]:
    won = find_winners(found)
    return [
        {
            "source": item.source,
            value: None if item.value is None or isinstance(item.value, Conflict) else str(item.value),
            "wins": item in won,
        }
        for item in found
    ]


def _build_wanted(demand: DesiredOrConflict | None, *, details: bool) -> dict[str, Any]:
    match demand:
        case Desired(contact=contact, source=source):
            return {"state": "present", "contact": show_contact(contact, details=details), "source": source}
        case DesiredAbsent(source=source):
            return {"state": "absent", "contact": None, "source": source}
        case Conflict(reason=reason):
            return {"state": "blocked", "contact": None, "source": reason}
        case None:
            return {"state": "unmanaged", "contact": None, "source": None}


def _build_found(found: Observation | None, *, details: bool) -> dict[str, Any]:
    match found:
        case Present(contact=contact):
            return {"state": "present", "contact": show_contact(contact, details=details), "reason": None}
        case Absent():
            return {"state": "absent", "contact": None, "reason": None}
        case Unreadable(reason=reason):
            return {"state": "unreadable", "contact": None, "reason": reason}
        case None:
            return {"state": "unknown", "contact": None, "reason": "not read"}
