"""Who did it, as a line of an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MFA = {True: "with MFA", False: "without MFA", None: "MFA unknown"}


def who(actor: Mapping[str, Any]) -> str:
    """Principal, kind, account and MFA; KeyError if it is no actor document."""
    return f"{actor['principal']} ({actor['kind']} of account {actor['account_id']}, {_MFA[actor['mfa']]})"


def from_where(actor: Mapping[str, Any]) -> str:
    """Source address and user agent; KeyError if it is no actor document."""
    return f"{actor['source_ip']}, {actor['user_agent']}"
