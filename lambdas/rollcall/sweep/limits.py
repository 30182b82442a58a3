"""How much a sweep may change before a person is asked."""

from __future__ import annotations

from typing import Final

#: What `limits.max_changed_accounts` is when nobody set it: a share of the active accounts, or so many.
DEFAULT: Final = "default"
_DEFAULT_PER_CENT, _DEFAULT_LEAST = 10, 10
#: Deleting the same contact of several accounts is what an attacker would want, and a typing mistake does.
MOST_ACCOUNTS_WITH_DELETES: Final = 1


def most_changed_accounts(limit: str, *, active: int) -> int:
    """How many accounts a plan may change, of so many active ones; per cents are rounded down.

    `limit` is a number, a percentage as `5%`, or `default`. ValueError if it is something else.
    """
    if limit == DEFAULT:
        return max(_DEFAULT_LEAST, active * _DEFAULT_PER_CENT // 100)
    number = int(limit.removesuffix("%"))
    return active * number // 100 if limit.endswith("%") else number
