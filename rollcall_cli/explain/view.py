"""An explanation for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

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
from rollcall_cli.aws.reach import KEPT_BY
from rollcall_cli.explain.document import shown
from rollcall_cli.explain.explanation import Status, winners
from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rollcall.decide.resolve import SelectorMatch
    from rollcall.model.roster import Exemption
    from rollcall_cli.explain.explanation import Explanation, KindExplanation

_STYLES: Final = {Status.NOTHING_TO_DO: "green", Status.DIFFERENCE: "yellow", Status.NOT_KNOWN: "red"}
_ENDS: Final = {
    Status.NOTHING_TO_DO: "Nothing to do.",
    Status.DIFFERENCE: "There is a difference.",
    Status.NOT_KNOWN: "It cannot be told what is right here: see above.",
}
_NOT_SEEN: Final = "Nobody looked at what the account has now."
_ASSUMED: Final = "This is what this roster asks for once it is approved and while nothing is paused."
_WORDS: Final = {
    Verdict.WOULD_SET: "differs and is only told",
    Verdict.COMPLIANT: "compliant",
}


def view(explanation: Explanation, *, details: bool) -> Iterator[Text]:
    """The page, line by line; contacts are masked unless `details`."""
    account = explanation.account
    tags = ", ".join(f"{key}={value}" for key, value in sorted(account.tags.items()))
    yield Text(plain(f"{account.id}  {account.name}".rstrip()), style="bold")
    yield from _rows(
        [
            ("OU", "/".join(account.ou_path) or "the root"),
            ("ids", " / ".join(account.parent_ids) or "not known"),
            ("state", str(account.state)),
            ("tags", tags or "none"),
            *(("kept by", text) for reach, text in KEPT_BY.items() if reach is explanation.reach),
            *(("mode", line) for line in _entries(explanation.modes)),
            *(("exempt", _exemption(*item)) for item in explanation.exemptions),
            ("roster", explanation.roster.digest),
        ]
    )
    for kind in explanation.kinds:
        yield Text()
        yield _heading(kind)
        yield from _rows(_facts(kind, details=details))
    yield Text()
    status = explanation.status
    not_seen = not explanation.looked and status is Status.NOTHING_TO_DO
    yield Text(_NOT_SEEN) if not_seen else Text(_ENDS[status], style=_STYLES[status])
    yield Text(_ASSUMED, style="dim")


def _heading(kind: KindExplanation) -> Text:
    heading = Text(str(kind.kind), style="bold")
    if kind.verdict is Verdict.SET:
        word = "deleted" if isinstance(kind.demand, DesiredAbsent) else "set"
        heading.append(f": would be {word}", style=_STYLES[kind.status])
    elif kind.verdict is not None:
        heading.append(f": {_WORDS.get(kind.verdict, str(kind.verdict))}", style=_STYLES[kind.status])
        if kind.verdict is not Verdict.COMPLIANT:
            heading.append(f" ({kind.reason})", style="not bold")
    return heading


def _facts(kind: KindExplanation, *, details: bool) -> Iterable[tuple[str, str]]:
    yield from (("entry", line) for line in _entries(kind.candidates))
    if kind.demand is not None:
        yield "wanted", _wanted(kind.demand, details=details)
    if kind.placeholders:
        yield "filled", ", ".join(f"{{{name}}}" for name in kind.placeholders)
    if kind.found is not None:
        yield "found", _found(kind.found, details=details)
    if kind.differs_in:
        yield "differs", ", ".join(kind.differs_in)


def _entries(found: Sequence[SelectorMatch[Any]]) -> Iterable[str]:
    """The most specific first; the winner is marked, and so is a tie that nobody wins."""
    won = winners(found)
    for item in found:
        tie = not won and item.rank == found[0].rank
        mark = "!" if tie else (">" if item in won else " ")
        yield f"{mark} {item.source}: {'absent' if item.value is None else item.value}"


def _exemption(exemption: Exemption, in_force: bool) -> str:
    until = f", to {exemption.until}" if exemption.until else ""
    return f"{exemption.reason}{until}{'' if in_force else ' (over)'}"


def _wanted(demand: DesiredOrConflict, *, details: bool) -> str:
    if isinstance(demand, Desired):
        return " | ".join(shown(demand.contact, details=details).values())
    return f"blocked: {demand.reason}" if isinstance(demand, Conflict) else "absent"


def _found(found: Observation, *, details: bool) -> str:
    match found:
        case Present(contact=contact):
            return " | ".join(shown(contact, details=details).values())
        case Absent():
            return "absent"
        case Unreadable(reason=reason):
            return f"unreadable: {reason}"


def _rows(facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    """Label and text; a label that repeats is shown once."""
    last = ""
    for label, text in facts:
        yield Text.assemble((f"  {'' if label == last else label:9}", "dim"), plain(text))
        last = label
