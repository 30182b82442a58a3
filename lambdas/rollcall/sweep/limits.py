"""How much a sweep may change before a person is asked."""

from __future__ import annotations

from typing import Final

#: Where the roster names no limit: this share of the active accounts, and at least so many.
_USUAL_PER_CENT, _USUAL_LEAST = 10, 10
#: Deleting the same contact of several accounts is what an attacker would want, and a typing mistake does.
MOST_ACCOUNTS_WITH_DELETES: Final = 1


def most_changed_accounts(limit: int | str | None, *, active: int) -> int:
    """How many accounts a plan may change, of so many active ones; per cents are rounded down.

    `limit` is a number of accounts, a per cent such as `5%`, or None for the usual limit. ValueError if it is
    something else.
    """
    if limit is None:
        return max(_USUAL_LEAST, active * _USUAL_PER_CENT // 100)
    if isinstance(limit, int):
        return limit
    if not limit.endswith("%"):
        raise ValueError("a limit is a number of accounts or a per cent")
    return active * int(limit.removesuffix("%")) // 100
