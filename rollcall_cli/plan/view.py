"""A plan as text and as JSON, version 1. Contacts are masked unless details are asked for."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from rollcall.model.account import describe_account
from rollcall.model.contact import Contact
from rollcall.model.desired import Desired, Present
from rollcall_cli.explain.view import show_contact
from rollcall_cli.plan.result import PlanStatus
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.model.account import Account
    from rollcall_cli.plan.result import Difference, PlanResult

_SIGNS: Final = {"add": ("+", "green"), "change": ("~", "yellow"), "delete": ("-", "red")}
_PARTS: Final = ("name", "title", "email", "phone")


def render(result: PlanResult, *, details: bool) -> Iterator[Text]:
    """Yield the text line by line; contacts are masked unless `details`."""
    for account, group in groupby(result.differences, key=lambda item: item.account):
        yield _format_heading(account)
        for item in group:
            yield from _render_difference(item, details=details)
        yield Text()
    yield from _render_unknown(result)
    yield from _render_summary(result)


def _format_heading(account: Account) -> Text:
    facts = describe_account(account)
    return Text(clean(f"{facts['id']}  {facts['name']}  {facts['ou'] or 'the root'}"), style="bold")


def _render_difference(item: Difference, *, details: bool) -> Iterator[Text]:
    sign, style = _SIGNS[item.action]
    note = f" - {item.alert_only}: alert only" if item.alert_only else ""
    yield Text.assemble(
        (f"  {sign} {item.change.kind}", style), clean(f"  {item.change.wanted.source}{note}")
    )
    change = item.change
    found = change.found.contact if isinstance(change.found, Present) else None
    wanted = change.wanted.contact if isinstance(change.wanted, Desired) else None
    before = show_contact(found, details=details) if found else {}
    after = show_contact(wanted, details=details) if wanted else {}
    for part in _PARTS:
        if not (found and wanted and _is_same(part, found, wanted)):
            values = [f'"{values[part]}"' for values in (before, after) if values]
            yield Text(clean(f"      {part + ':':7}{' -> '.join(values)}"))


def _is_same(part: str, one: Contact, other: Contact) -> bool:
    """Return whether this part is as the roster has it, compared as AWS does."""
    mixed = Contact.from_document(other.as_document() | {part: one.as_document()[part]})
    return mixed.is_same(other)


def _render_unknown(result: PlanResult) -> Iterator[Text]:
    if result.unknown:
        yield Text("Not known", style="bold")
    for account, group in groupby(result.unknown, key=lambda item: item[0]):
        yield Text(clean(f"  {account.id}  {account.name}".rstrip()))
        for reason, findings in groupby(group, key=lambda item: (item[1].verdict, item[1].reason)):
            kinds = ", ".join(str(finding.kind) for _, finding in findings)
            yield Text(clean(f"      {kinds}: {reason[0]}, {reason[1]}"))
    if result.unknown:
        yield Text()


def _render_summary(result: PlanResult) -> Iterator[Text]:
    actions = Counter(item.action for item in result.differences if not item.alert_only)
    alert_only = sum(item.alert_only is not None for item in result.differences)
    seen = result.seen
    if seen.partial:
        yield Text(f"Partial: {len(seen.observed)} of {len(seen.accounts)} accounts were read.", style="red")
    counts = ", ".join(f"{actions[action]} to {action}" for action in _SIGNS)
    also = f", {alert_only} different (alert only)" if alert_only else ""
    style = {PlanStatus.CHANGES: "yellow", PlanStatus.NOT_KNOWN: "red"}.get(result.status, "green")
    yield Text(f"Plan: {counts}{also}, in {result.changed} of {result.active} active accounts.", style=style)
    named = f", plan {result.digest}" if result.digest else ""
    yield Text(f"Roster {seen.roster}{named}.")
    for reason in result.needs_approval:
        yield Text(f"A sweep would ask for approval: {reason}.", style="yellow")


VERSION: Final = 1


def build_document(result: PlanResult, *, details: bool) -> dict[str, Any]:
    """Return the JSON form; with `details` the contacts are in full."""
    seen = result.seen
    return {
        "version": VERSION,
        "status": result.status.name.lower().replace("_", "-"),
        "partial": seen.partial,
        "organization": seen.organization,
        "roster": seen.roster,
        "plan": result.digest,
        "since": seen.since.isoformat(),
        "scope": seen.scope.as_document(),
        "accounts": {
            "planned": len(seen.accounts),
            "seen": len(seen.observed),
            "active": result.active,
            "changed": result.changed,
        },
        "needs_approval": list(result.needs_approval),
        "differences": [_build_difference(item, details=details) for item in result.differences],
        "unknown": [
            {
                "account": describe_account(account),
                "kind": str(finding.kind),
                "verdict": str(finding.verdict),
                "reason": finding.reason,
            }
            for account, finding in result.unknown
        ],
    }


def _build_difference(item: Difference, *, details: bool) -> dict[str, Any]:
    change = item.change
    found = change.found.contact if isinstance(change.found, Present) else None
    wanted = change.wanted.contact if isinstance(change.wanted, Desired) else None
    return {
        "account": describe_account(item.account),
        "kind": str(change.kind),
        "action": item.action,
        "alert_only": item.alert_only,
        "source": change.wanted.source,
        "found": show_contact(found, details=details) if found else None,
        "wanted": show_contact(wanted, details=details) if wanted else None,
    }
