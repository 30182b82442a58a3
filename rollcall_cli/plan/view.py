"""A plan for people: what is different, account by account, and a line that sums it up."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rollcall.model.contact import Contact
from rollcall.model.desired import Desired, Present
from rollcall.sweep.plan_builder import describe_account
from rollcall_cli.explain.document import shown
from rollcall_cli.plan.result import Status
from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.model.account import Account
    from rollcall_cli.plan.result import Difference, Result

_SIGNS: Final = {"add": ("+", "green"), "change": ("~", "yellow"), "delete": ("-", "red")}
_PARTS: Final = ("name", "title", "email", "phone")


def view(result: Result, *, details: bool) -> Iterator[Text]:
    """Line by line; contacts are masked unless `details`."""
    for account, group in groupby(result.differences, key=lambda item: item.account):
        yield _heading(account)
        for item in group:
            yield from _difference(item, details=details)
        yield Text()
    yield from _unknown(result)
    yield from _summary(result)


def _heading(account: Account) -> Text:
    facts = describe_account(account)
    return Text(plain(f"{facts['id']}  {facts['name']}  {facts['ou'] or 'the root'}"), style="bold")


def _difference(item: Difference, *, details: bool) -> Iterator[Text]:
    sign, style = _SIGNS[item.action]
    told = f" - {item.told}: only told" if item.told else ""
    yield Text.assemble(
        (f"  {sign} {item.change.kind}", style), plain(f"  {item.change.wanted.source}{told}")
    )
    change = item.change
    found = change.found.contact if isinstance(change.found, Present) else None
    wanted = change.wanted.contact if isinstance(change.wanted, Desired) else None
    before = shown(found, details=details) if found else {}
    after = shown(wanted, details=details) if wanted else {}
    for part in _PARTS:
        if not (found and wanted and _same(part, found, wanted)):
            values = [f'"{values[part]}"' for values in (before, after) if values]
            yield Text(plain(f"      {part + ':':7}{' -> '.join(values)}"))


def _same(part: str, one: Contact, other: Contact) -> bool:
    """Whether this part is as wanted, as AWS compares."""
    mixed = Contact.from_document(other.as_document() | {part: one.as_document()[part]})
    return mixed.is_same(other)


def _unknown(result: Result) -> Iterator[Text]:
    if result.unknown:
        yield Text("Could not be told", style="bold")
    for account, group in groupby(result.unknown, key=lambda item: item[0]):
        yield Text(plain(f"  {account.id}  {account.name}".rstrip()))
        for reason, findings in groupby(group, key=lambda item: (item[1].verdict, item[1].reason)):
            kinds = ", ".join(str(finding.kind) for _, finding in findings)
            yield Text(plain(f"      {kinds}: {reason[0]}, {reason[1]}"))
    if result.unknown:
        yield Text()


def _summary(result: Result) -> Iterator[Text]:
    actions = Counter(item.action for item in result.differences if not item.told)
    told = sum(item.told is not None for item in result.differences)
    seen = result.seen
    if seen.partial:
        yield Text(f"Partial: {len(seen.observed)} of {len(seen.accounts)} accounts were seen.", style="red")
    counts = ", ".join(f"{actions[action]} to {action}" for action in _SIGNS)
    also = f", {told} different and only told" if told else ""
    style = {Status.CHANGES: "yellow", Status.NOT_KNOWN: "red"}.get(result.status, "green")
    yield Text(f"Plan: {counts}{also}, in {result.changed} of {result.active} active accounts.", style=style)
    named = f", plan {result.digest}" if result.digest else ""
    yield Text(f"Roster {seen.roster}{named}.")
    for reason in result.hold:
        yield Text(f"A sweep would hold this for a person: {reason}.", style="yellow")
