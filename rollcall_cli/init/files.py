"""`organization.yaml` and `contacts.yaml` as `rollcall init` writes them."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rollcall.model.contact import COUNTRIES_WITH_STATES, KEEP, PRIMARY_PARTS, list_kinds
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollcall.model.account import Account
    from rollcall.model.contact import Contact, ContactKind
    from rollcall_cli.init.organization import OrganizationIds
    from rollcall_cli.init.propose import ExemptedAccount, Proposal, ProposedOverride

_WIDTH: Final = 110


def quote(text: str) -> str:
    """Return the text in double quotes, with unprintable characters escaped: YAML refuses them."""
    return '"' + "".join(map(_escape, text)) + '"'


def wrap_comment(text: str, *, indent: str = "") -> Iterator[str]:
    """Yield the text as comment lines, cleaned: names of accounts are foreign text."""
    for line in textwrap.wrap(clean(text), _WIDTH - len(indent)):
        yield f"{indent}# {line}"


def _escape(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


_TEXT: Final = """\
# The organization, and the account that runs Rollcall. docs/deploying.md describes the other settings:
# the guardrail, limits, the schedule of the sweep.
version: 1
organization: {organization}
management: "{management}"

# The account that runs Rollcall, the delegated administrator of AWS Account Management.
hub: "{hub}"

# Recipients of alerts. Each address first gets an email from AWS and must confirm it.{note}
alerts:
  addresses: [{address}]

# The Region that hosts the Account API.
region: {region}

# How members get the forwarder. Without it, only sweeps find edits of members. Uncomment this for a
# StackSet, or deploy the forwarder with another tool.
# members:
#   deploy: stackset
#   targets: [{root}]
"""
#: Reserved for documentation: https://www.rfc-editor.org/rfc/rfc2606#section-3
PLACEHOLDER: Final = "aws-alerts@example.com"
_NOTE: Final = "\n# This one is an example: replace it."


def build_organization_file(whose: OrganizationIds, *, root: str, region: str, address: str | None) -> str:
    """Return the whole file for the root with this ID; without an address it has a placeholder and a note."""
    return _TEXT.format(
        organization=whose.organization,
        management=whose.management,
        hub=whose.hub,
        region=region,
        root=root,
        address=quote(address or PLACEHOLDER),
        note="" if address else _NOTE,
    )


#: The first line of a roster says where it comes from.
FROM_AWS: Final = "Proposed by `rollcall init` from what the accounts have today: it changes nothing."
FROM_FILE: Final = "Proposed by `rollcall init --from` from a CSV file."
_HEAD: Final = """\
# The roster: which contacts each account of the organization must have.
# {origin}
# `rollcall validate` checks it, `rollcall plan --fresh` shows what it changes; docs/roster.md has all keys.
version: 1

# audit: alert on differences and write nothing. enforce: alert, and set the contacts.
mode: audit

# Choose the names of contacts. They appear in alerts and logs: do not use names of people.
contacts:"""
_NOBODY: Final = """\
  # No account has a contact today. Replace this example, then use its name in the defaults.
  security:
    name: Security Operations
    title: Duty officer
    email: aws-security@example.com
    phone: "+1 206 555 0100\""""
_DEFAULTS: Final = "# What most accounts have, and new accounts get."
_UNMANAGED: Final = "none was found. Rollcall does not manage it until a contact is named here"
_ABSENT: Final = "`absent`: no such contact today. Remove that line to set the default there."
_EXEMPT: Final = (
    "Exempt, because today's contacts are not known or not valid in a roster. Fix that, then remove the "
    "entry to apply the defaults there."
)
_REASON: Final = "contacts not known when this roster was proposed"


def build_roster_file(proposal: Proposal, *, origin: str = FROM_AWS) -> str:
    """Return the whole file; `origin` is a line of its comment."""
    lines = [_HEAD.format(origin=origin)]
    for name, contact in proposal.contacts.items():
        lines += _list_contact(name, contact)
    if not proposal.contacts:
        lines.append(_NOBODY)
    lines += ["", _DEFAULTS, *_list_defaults(proposal.defaults)]
    if proposal.entries:
        lines += ["", "overrides:"]
    for entry in proposal.entries:
        lines += _list_override(entry)
    if proposal.exempted:
        lines += ["", *wrap_comment(_EXEMPT), "exempt:", *_list_exempt(proposal.exempted)]
    return "\n".join(lines) + "\n"


def _list_defaults(defaults: Mapping[ContactKind, str]) -> Iterator[str]:
    if not defaults:
        yield "defaults: {}  # as in {security: security}; a kind that is not named is not managed"
        return
    yield "defaults:"
    for kind in list_kinds(defaults):
        name = defaults.get(kind)
        yield f"  {kind.lower()}: {name}" if name else f"  # {kind.lower()}: {_UNMANAGED}."


def _list_contact(name: str, contact: Contact) -> Iterator[str]:
    yield f"  {name}:"
    if contact.email:
        yield from (f"    {part}: {quote(value)}" for part, value in contact.as_document().items())
        return
    needed = {part for part, rule in PRIMARY_PARTS.items() if rule.required}
    if contact.country_code in COUNTRIES_WITH_STATES:
        needed.add("state_or_region")
    for part, rule in PRIMARY_PARTS.items():
        value = contact.get(part)
        if value != KEEP:
            yield f"    {rule.member}: {quote(value)}"
        elif part in needed:
            yield f"    {rule.member}: keep  # as each account has it"


def _list_override(entry: ProposedOverride) -> Iterator[str]:
    if entry.unit is not None:
        yield from wrap_comment(f"The same in each of its {len(entry.accounts)} accounts.", indent="  ")
    if None in entry.kinds.values():
        yield from wrap_comment(_ABSENT, indent="  ")
    if entry.unit is not None:
        yield f"  - ou: {quote(entry.unit)}"
    else:
        yield "  - accounts:"
        yield from _list_accounts(entry.accounts)
    yield from _list_kinds(entry.kinds)


def _list_kinds(kinds: Mapping[ContactKind, str | None]) -> Iterator[str]:
    for kind, name in kinds.items():
        yield f"    {kind.lower()}: {name or 'absent'}"


def _list_accounts(accounts: tuple[Account, ...]) -> Iterator[str]:
    for account in accounts:
        yield f"      - {quote(account.id)}  # {clean(account.name)}".rstrip()


def _list_exempt(exempted: Iterable[ExemptedAccount]) -> Iterator[str]:
    for reason, group in groupby(sorted(exempted, key=_get_reason), key=_get_reason):
        yield from wrap_comment(reason, indent="  ")
        yield f"  - reason: {_REASON}"
        yield "    accounts:"
        yield from _list_accounts(tuple(item.account for item in group))


def _get_reason(item: ExemptedAccount) -> str:
    return item.reason
