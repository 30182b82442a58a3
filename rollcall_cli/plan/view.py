"""A plan as text and as JSON, version 1: grouped by what changes."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from rollcall.decide.plan_text import build_group_documents, describe_groups
from rollcall.model.account import describe_account
from rollcall.model.desired import Desired, Present
from rollcall.model.display import Masks
from rollcall_cli.plan.result import PlanStatus
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall_cli.plan.result import Difference, PlanResult

_SIGNS: Final = {"add": ("+", "green"), "change": ("~", "yellow"), "delete": ("-", "red")}


def render(result: PlanResult, *, masks: Masks) -> Iterator[Text]:
    """Yield the text line by line: what changes, with its accounts, then what is not known."""
    for group, text in zip(result.groups, describe_groups(result.groups, masks=masks), strict=True):
        sign, style = _SIGNS[group.action]
        yield Text(clean(f"{sign} {text.heading}"), style=style)
        yield from (Text(clean(f"    {value}")) for value in text.values)
        yield Text(clean(f"    {text.accounts}"))
        yield Text()
    yield from _render_unknown(result)
    yield from _render_summary(result)


def _render_unknown(result: PlanResult) -> Iterator[Text]:
    if result.unknown:
        yield Text("Not known", style="bold")
    for account, group in groupby(result.unknown, key=lambda item: item[0]):
        yield Text(clean(f"  {account.id}  {account.name}".rstrip()))
        for reason, findings in groupby(group, key=lambda item: (item[1].verdict, item[1].reason)):
            kinds = ", ".join(str(finding.kind) for _, finding in findings)
            verdict, why = str(reason[0]), reason[1]
            # What a sweep stored begins with the verdict.
            yield Text(clean(f"      {kinds}: {why if why.startswith(verdict) else f'{verdict}, {why}'}"))
    if result.unknown:
        yield Text()


def count_actions(result: PlanResult) -> str:
    """Return how many contacts there are to add, change and delete, how many are not known, and where."""
    actions = Counter(item.action for item in result.differences if not item.alert_only)
    alert_only = sum(item.alert_only is not None for item in result.differences)
    counts = ", ".join(f"{actions[action]} to {action}" for action in _SIGNS)
    also = f", {alert_only} different (alert only)" if alert_only else ""
    also += f", {len(result.unknown)} not known" if result.unknown else ""
    return f"{counts}{also}, in {result.changed} of {result.active} active accounts."


def list_facts(result: PlanResult) -> Iterator[str]:
    """Yield the roster, when the accounts were observed, and why a sweep would wait."""
    named = f", plan {result.digest}" if result.digest else ""
    yield f"Roster {result.seen.roster}{named}."
    yield from (f"Warning: {text}." for text in result.unmatched if text not in result.needs_approval)
    for reason in result.needs_approval:
        yield f"A sweep would ask for approval: {reason}."


def _render_summary(result: PlanResult) -> Iterator[Text]:
    seen = result.seen
    if seen.partial:
        yield Text(f"Partial: {len(seen.observed)} of {len(seen.accounts)} accounts were read.", style="red")
    style = {PlanStatus.CHANGES: "yellow", PlanStatus.NOT_KNOWN: "red"}.get(result.status, "green")
    yield Text(f"Plan: {count_actions(result)}", style=style)
    roster, *reasons = list_facts(result)
    yield Text(roster)
    yield from (Text(clean(reason), style="yellow") for reason in reasons)


VERSION: Final = 1


def build_document(result: PlanResult, *, masks: Masks) -> dict[str, Any]:
    """Return the JSON form. Without masks each difference has its contacts, too."""
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
        "unmatched": list(result.unmatched),
        "groups": build_group_documents(result.groups, masks=masks),
        "differences": [
            _build_difference(item, details=masks is Masks.NOTHING) for item in result.differences
        ],
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
    contacts = {
        "found": found.as_document() if found else None,
        "wanted": wanted.as_document() if wanted else None,
    }
    return {
        "account": describe_account(item.account),
        "kind": str(change.kind),
        "action": item.action,
        "alert_only": item.alert_only,
        "source": change.wanted.source,
        **(contacts if details else {}),
    }
