"""An explanation as text and as JSON, version 1. Masks hide values that the roster does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from rollcall.decide.plan_values import KnownContacts
from rollcall.model.contact import ALL_PARTS, KEEP, ContactKind, find_rules, mask_value
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
from rollcall.model.display import ContactValue, Masks, show_values
from rollcall.outcomes.verdicts import Verdict
from rollcall_cli.aws.contacts import KEPT_BY
from rollcall_cli.explain.explanation import ExplanationStatus, find_winners
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rollcall.decide.resolve import Enforcement, SelectorMatch
    from rollcall.model.account import Account
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


def render(explanation: Explanation, enforcement: Enforcement | None, *, masks: Masks) -> Iterator[Text]:
    """Yield the text line by line.

    `enforcement` is what is in force, None if that is not known.
    """
    account = explanation.account
    tags = ", ".join(f"{key}={value}" for key, value in sorted(account.tags.items()))
    yield Text(clean(f"{account.id}  {account.name}".rstrip()), style="bold")
    yield from _format_rows(
        [
            ("OU", account.ou or "none, directly below the root"),
            ("ids", " / ".join(account.parent_ids) or "not known"),
            ("state", str(account.state)),
            ("tags", tags or "none"),
            *(("writer", text) for reach, text in KEPT_BY.items() if reach is explanation.reach),
            *(("mode", line) for line in _list_entries(explanation.modes)),
            *(("exempt", _format_exemption(*item)) for item in explanation.exemptions),
            ("roster", explanation.roster.digest),
        ]
    )
    values = _ContactValues(explanation)
    for kind in explanation.kinds:
        yield Text()
        yield _format_heading(kind)
        yield from _format_rows(_list_facts(kind, values, masks=masks))
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
        word = "deleted" if isinstance(kind.desired, DesiredAbsent) else "set"
        heading.append(f": would be {word}", style=_STYLES[kind.status])
    elif kind.verdict is not None:
        heading.append(f": {_WORDS.get(kind.verdict, str(kind.verdict))}", style=_STYLES[kind.status])
        if kind.verdict is not Verdict.COMPLIANT:
            heading.append(f" ({kind.reason})", style="not bold")
    return heading


def _list_facts(kind: KindExplanation, values: _ContactValues, *, masks: Masks) -> Iterable[tuple[str, str]]:
    yield from (("entry", line) for line in _list_entries(kind.candidates))
    wanted, found = values.list_wanted(kind), values.list_found(kind)
    texts = show_values((value for value in (*wanted.values(), *found.values()) if value), masks=masks)
    if isinstance(kind.desired, Desired):
        yield from (("wanted", line) for line in _list_parts(kind.kind, wanted, texts))
        if kept := kind.desired.contact.list_kept():
            yield "wanted", f"as the account has it: {_name_parts(kind.kind, kept)}"
    elif kind.desired is not None:
        yield "wanted", f"blocked: {kind.desired.reason}" if isinstance(kind.desired, Conflict) else "absent"
    if kind.placeholders:
        yield "filled", ", ".join(f"{{{name}}}" for name in kind.placeholders)
    match kind.found:
        case Present():
            yield from (("found", line) for line in _list_parts(kind.kind, found, texts))
        case Absent():
            yield "found", "absent"
        case Unreadable(reason=reason):
            yield "found", f"unreadable: {reason}"
    if kind.differs_in:
        yield "differs", _name_parts(kind.kind, kind.differs_in)


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


class _ContactValues:
    """Collects values by part. `own`: the roster has the value, which is shown in full."""

    def __init__(self, explanation: Explanation) -> None:
        self._account: Account = explanation.account
        self._known = KnownContacts([explanation.roster])

    def list_wanted(self, kind: KindExplanation) -> Mapping[str, ContactValue | None]:
        """Return what the roster sets, None for a part that it removes; nothing of what it keeps."""
        if not isinstance(kind.desired, Desired):
            return {}
        wanted = kind.desired.contact.as_stored()
        parts = {part: wanted.get(part) for part in find_rules(kind.kind)}
        return {
            part: ContactValue(part=part, text=text, own=True) if text else None
            for part, text in parts.items()
            if text != KEEP
        }

    def list_found(self, kind: KindExplanation) -> Mapping[str, ContactValue]:
        """Return what the account has."""
        if not isinstance(kind.found, Present):
            return {}
        found, wanted = kind.found.contact.as_stored(), self.list_wanted(kind).values()
        named = self._known.find(found, self._account)
        # What the roster keeps is the account's own.
        of_roster = {part for part in ALL_PARTS if named and named[1].get(part) not in ("", KEEP)}
        parts = {part: text for part in ALL_PARTS if (text := found.get(part))}
        texts = {(value.part, value.text) for value in wanted if value}
        return {
            part: ContactValue(
                part=part,
                text=text,
                own=part in of_roster or (part, text) in texts or self._known.has(part, text),
            )
            for part, text in parts.items()
        }


def _list_parts(
    kind: ContactKind, values: Mapping[str, ContactValue | None], texts: Mapping[ContactValue, str]
) -> Iterable[str]:
    """Yield an alternate contact in one line, and each part of a primary contact by its key in the roster."""
    shown = {part: texts[value] if value else "absent" for part, value in values.items()}
    if kind is not ContactKind.PRIMARY:
        yield " | ".join(shown.values())
        return
    yield from (f"{_name_parts(kind, [part])}: {text}" for part, text in shown.items())


def _name_parts(kind: ContactKind, parts: Iterable[str]) -> str:
    """Return the keys of these parts in the roster: of primary contacts those of the Account API."""
    rules = find_rules(kind)
    return ", ".join(rules[part].member if kind is ContactKind.PRIMARY else part for part in parts)


def _format_rows(facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    """Yield label and text in two columns. A label that repeats is shown once."""
    last = ""
    for label, text in facts:
        yield Text.assemble((f"  {'' if label == last else label:9}", "dim"), clean(text))
        last = label


VERSION = 1


def build_document(explanation: Explanation, *, masks: Masks) -> dict[str, Any]:
    """Return the JSON form."""
    account, values = explanation.account, _ContactValues(explanation)
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
        "kinds": [_build_kind(kind, values, masks=masks) for kind in explanation.kinds],
    }


def _build_contact(values: Mapping[str, ContactValue | None], *, masks: Masks) -> dict[str, str | None]:
    return {part: _mask(value, masks) if value else None for part, value in values.items()}


def _mask(value: ContactValue, masks: Masks) -> str:
    shown = value.own or masks is Masks.NOTHING
    return value.text if shown else mask_value(value.part, value.text)


def _build_kind(kind: KindExplanation, values: _ContactValues, *, masks: Masks) -> dict[str, Any]:
    kept = dict.fromkeys(kind.desired.contact.list_kept(), KEEP) if isinstance(kind.desired, Desired) else {}
    wanted = _build_contact(values.list_wanted(kind), masks=masks) | kept
    found = _build_contact(values.list_found(kind), masks=masks)
    return {
        "kind": str(kind.kind),
        "verdict": str(kind.verdict) if kind.verdict else None,
        "reason": kind.reason,
        "entries": _build_candidates(kind.candidates, "contact"),
        "placeholders": list(kind.placeholders),
        "wanted": _build_wanted(kind.desired, wanted),
        "found": _build_found(kind.found, found),
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


def _build_wanted(desired: DesiredOrConflict | None, contact: Mapping[str, str | None]) -> dict[str, Any]:
    match desired:
        case Desired(source=source):
            return {"state": "present", "contact": dict(contact), "source": source}
        case DesiredAbsent(source=source):
            return {"state": "absent", "contact": None, "source": source}
        case Conflict(reason=reason):
            return {"state": "blocked", "contact": None, "source": reason}
        case None:
            return {"state": "unmanaged", "contact": None, "source": None}


def _build_found(found: Observation | None, contact: Mapping[str, str | None]) -> dict[str, Any]:
    match found:
        case Present():
            return {"state": "present", "contact": dict(contact), "reason": None}
        case Absent():
            return {"state": "absent", "contact": None, "reason": None}
        case Unreadable(reason=reason):
            return {"state": "unreadable", "contact": None, "reason": reason}
        case None:
            return {"state": "unknown", "contact": None, "reason": "not read"}
