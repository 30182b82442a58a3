"""Values out of CloudTrail records, whose spelling and nesting AWS has not settled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rollcall.errors import MalformedEventError

_ACCOUNT_ID = re.compile(r"[0-9]{12}", re.ASCII)


def leaves(value: object) -> dict[str, object]:
    """Leaves of nested objects by lower-cased name; of two equal names the outer, then the first wins."""
    return dict(_flatten(value))


def account_id(value: object) -> str:
    """The value, if it is an account id; MalformedEventError if not."""
    if is_account_id(value):
        return str(value)
    raise MalformedEventError("the event names no account of 12 digits")


def is_account_id(value: object) -> bool:
    """Whether this is text of twelve digits."""
    return isinstance(value, str) and _ACCOUNT_ID.fullmatch(value) is not None


def _flatten(value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        return
    own = [(str(key).lower(), item) for key, item in value.items() if not isinstance(item, Mapping)]
    for item in reversed(list(value.values())):  # what comes later overwrites: the first of two stays
        yield from _flatten(item)
    yield from reversed(own)
