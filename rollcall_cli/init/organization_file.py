"""`organization.yaml` as `rollcall init` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollcall_cli.init.yaml_text import quoted

if TYPE_CHECKING:
    from rollcall_cli.init.organization import Whose

_TEXT: Final = """\
# Whose organization this is, and where Rollcall runs in it. docs/deploying.md has what else can be said here:
# how members get their forwarder, the guardrail, limits, the schedule of the sweep.
version: 1
organization: {organization}
management: "{management}"

# The account that runs Rollcall, the delegated administrator of AWS Account Management.
hub: "{hub}"

# Who is told. Each address gets a mail from AWS first and must confirm it.{note}
alerts:
  addresses: [{address}]

# The Region that hosts the Account API.
region: {region}
"""
#: Nobody reads mail to it: https://www.rfc-editor.org/rfc/rfc2606#section-3
PLACEHOLDER: Final = "aws-alerts@example.com"
_NOTE: Final = "\n# This one is an example: replace it."


def organization_text(whose: Whose, *, region: str, address: str | None) -> str:
    """The whole file; without an address a placeholder that says so."""
    return _TEXT.format(
        organization=whose.organization,
        management=whose.management,
        hub=whose.hub,
        region=region,
        address=quoted(address or PLACEHOLDER),
        note="" if address else _NOTE,
    )
