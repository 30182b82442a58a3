"""What `rollcall init` tells about its proposal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rollcall.model.contact import ContactKind
from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollcall.decide.observed import ObservedAccount
    from rollcall_cli.init.propose import Left, Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was looked at; `inactive` counts accounts that nobody asked about."""

    observed: Sequence[ObservedAccount]
    inactive: int


def summary(proposal: Proposal, found: Found, *, address: str | None, warnings: int) -> Iterator[str]:
    """Line by line; no contact details but the address that alerts go to."""
    skipped = f"; {found.inactive} not active, not read" if found.inactive else ""
    yield f"{len(found.observed)} active accounts{skipped}."
    for kind in ContactKind:
        yield f"  {kind.lower() + ':':12}{_of(kind, proposal)}"
    if proposal.left:
        yield "Left alone (exempt in contacts.yaml):"
        yield from _left(proposal.left)
    told = address or "an example: replace it in organization.yaml"
    yield f"Alerts go to {told}."
    yield f"Both files are good, with {warnings} warning{'' if warnings == 1 else 's'} (`rollcall validate`)."
    yield "The mode is audit, and every account keeps what it has. Next: `rollcall plan`, docs/deploying.md."


def _of(kind: ContactKind, proposal: Proposal) -> str:
    if kind not in proposal.defaults:
        return "no account has one; unmanaged"
    named = [entry for entry in proposal.entries if kind in entry.kinds]
    others = sum(len(entry.accounts) for entry in named if entry.kinds[kind] is not None)
    absent = sum(len(entry.accounts) for entry in named if entry.kinds[kind] is None)
    return f"{len(proposal.kept) - others - absent} have the default, {others} another one, {absent} none"


def _left(left: Sequence[Left]) -> Iterator[str]:
    for reason, group in groupby(sorted(left, key=lambda item: item.reason), key=lambda item: item.reason):
        for item in group:
            yield plain(f"  {item.account.id} {item.account.name}".rstrip())
        yield f"    {reason}"
