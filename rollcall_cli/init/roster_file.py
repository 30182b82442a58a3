"""`contacts.yaml` as `rollcall init` writes it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from rollcall.model.contact import ContactKind
from rollcall_cli.init.yaml_text import comment, quoted
from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollcall.model.account import Account
    from rollcall.model.contact import Contact
    from rollcall_cli.init.overrides import Entry
    from rollcall_cli.init.propose import Left, Proposal

_HEAD: Final = """\
# The roster: which contacts each account of the organization must have.
# Proposed by `rollcall init` from what the accounts have today: nothing would change.
# `rollcall validate` checks it, `rollcall plan` shows what it changes; docs/roster.md explains every key.
version: 1

# audit: tell about differences and write nothing. enforce: tell, and set the contacts.
mode: audit

# Names are yours to choose. They stand in alerts and logs: no names of people.
contacts:"""
_NOBODY: Final = """\
  # No account has any contact today. Replace this example, then name it in the defaults.
  security:
    name: Security Operations
    title: Duty officer
    email: aws-security@example.com
    phone: "+1 206 555 0100\""""
_DEFAULTS: Final = "# What most accounts have, and new accounts get."
_UNMANAGED: Final = "no account has one. Rollcall leaves it alone until a contact is named here"
_ABSENT: Final = "`absent`: no such contact today. Remove that line, and the default is set there."
_LEFT: Final = (
    "Left alone, because today's contacts are not known or no roster can say them. Once that is mended, "
    "remove the entry: then the defaults hold there."
)
_REASON: Final = "contacts not known when this roster was proposed"


def roster_text(proposal: Proposal) -> str:
    """The whole file."""
    lines = [_HEAD]
    for name, contact in proposal.contacts.items():
        lines += _contact(name, contact)
    if not proposal.contacts:
        lines.append(_NOBODY)
    lines += ["", _DEFAULTS, *_defaults(proposal.defaults)]
    if proposal.entries:
        lines += ["", "overrides:"]
    for entry in proposal.entries:
        lines += _entry(entry)
    if proposal.left:
        lines += ["", *comment(_LEFT), "exempt:", *_exempt(proposal.left)]
    return "\n".join(lines) + "\n"


def _defaults(defaults: Mapping[ContactKind, str]) -> Iterator[str]:
    if not defaults:
        yield "defaults: {}  # as in {security: security}; a kind that is not named is left alone"
        return
    yield "defaults:"
    for kind in ContactKind:
        name = defaults.get(kind)
        yield f"  {kind.lower()}: {name}" if name else f"  # {kind.lower()}: {_UNMANAGED}."


def _contact(name: str, contact: Contact) -> Iterator[str]:
    yield f"  {name}:"
    for part, value in contact.as_document().items():
        yield f"    {part}: {quoted(value)}"


def _entry(entry: Entry) -> Iterator[str]:
    if entry.unit is not None:
        yield from comment(f"The same in each of its {len(entry.accounts)} accounts.", indent="  ")
    if None in entry.kinds.values():
        yield from comment(_ABSENT, indent="  ")
    if entry.unit is not None:
        yield f"  - ou: {quoted(entry.unit)}"
    else:
        yield "  - accounts:"
        yield from _accounts(entry.accounts)
    yield from _kinds(entry.kinds)


def _kinds(kinds: Mapping[ContactKind, str | None]) -> Iterator[str]:
    for kind, name in kinds.items():
        yield f"    {kind.lower()}: {name or 'absent'}"


def _accounts(accounts: tuple[Account, ...]) -> Iterator[str]:
    for account in accounts:
        yield f"      - {quoted(account.id)}  # {plain(account.name)}".rstrip()


def _exempt(left: Iterable[Left]) -> Iterator[str]:
    for reason, group in groupby(sorted(left, key=_reason), key=_reason):
        yield from comment(reason, indent="  ")
        yield f"  - reason: {_REASON}"
        yield "    accounts:"
        yield from _accounts(tuple(item.account for item in group))


def _reason(item: Left) -> str:
    return item.reason
