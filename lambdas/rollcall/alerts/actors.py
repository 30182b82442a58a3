"""Who did it, as lines of an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.programs import program

if TYPE_CHECKING:
    from collections.abc import Mapping

_MFA = {True: "with MFA", False: "without MFA", None: "MFA unknown"}
_WAYS = {True: "console", False: "API", None: "console or API unknown"}


def who(actor: Mapping[str, Any]) -> str:
    """Principal, kind, account, MFA and what it went through; KeyError if it is no actor document."""
    via = f", through {actor['via']}" if actor.get("via") else ""
    return (
        f"{actor['principal']} ({actor['kind']} of account {actor['account_id']}, {_MFA[actor['mfa']]}{via})"
    )


def from_where(actor: Mapping[str, Any]) -> str:
    """Source address, console or API, program, access key; KeyError if it is no actor document."""
    key = f", access key {actor['access_key']}" if actor.get("access_key") else ""
    return f"{actor['source_ip']}, {_WAYS[actor.get('console')]} ({program(str(actor['user_agent']))}){key}"
