"""How many accounts a change of the roster may concern before a person approves it."""

from __future__ import annotations

from typing import Final

#: Where the roster names no limit: a tenth of the active accounts, and at least so many, but never all.
_USUAL_SHARE: Final = 10
_USUAL_LEAST: Final = 2
#: The most accounts that an organization can have:
#: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_MOST_ACCOUNTS: Final = 10_000


def compute_limit(limit: int | str | None, *, active: int) -> int:
    """How many of so many active accounts a change of the roster may concern; per cents are rounded down.

    `limit` is a number of accounts, a per cent such as `5%`, or None for the usual limit. ValueError if it is
    something else.
    """
    if limit is None:
        return max(0, min(max(_USUAL_LEAST, active // _USUAL_SHARE), active - 1))
    if isinstance(limit, int):
        return limit
    if not limit.endswith("%"):
        raise ValueError("a limit is a number of accounts or a per cent")
    return active * int(limit.removesuffix("%")) // 100


def is_raised(limit: int | str | None, *, before: int | str | None, active: int) -> bool:
    """Whether a limit allows more than the one before, in this organization or once it has grown."""
    sizes = (active, max(active, _MOST_ACCOUNTS))
    return any(compute_limit(limit, active=size) > compute_limit(before, active=size) for size in sizes)


def describe_limit(limit: int | str | None) -> str:
    """As people write it in the roster."""
    return "the default" if limit is None else str(limit)
