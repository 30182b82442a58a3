"""Values out of CloudTrail records, whose spelling and nesting AWS has not settled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from rollcall.model.account import is_account_id
from rollcall.model.errors import MalformedEventError


def flatten_leaves(value: object) -> dict[str, object]:
    """Leaves of nested objects by lower-cased name; of two equal names the outer, then the first wins."""
    return dict(_flatten(value))


def read_account_id(value: object) -> str:
    """The value, if it is an account id; MalformedEventError if not."""
    if is_account_id(value):
        return str(value)
    raise MalformedEventError("the event names no account of 12 digits")


def read_text(value: object, *, longest: int) -> str | None:
    """The value, if it is text and not empty: at most so many characters, and such as can be encoded."""
    if not isinstance(value, str) or not value:
        return None
    # JSON may hold halves of pairs of UTF-16, which no table and no topic takes.
    return value[:longest].encode("utf-8", "replace").decode("utf-8")


def make_key_text(value: str, *, longest: int = 256) -> str:
    """Text that identifies one thing, fit for the key of an item whatever an event holds."""
    if value.isascii() and len(value) <= longest:
        return value
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _flatten(value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        return
    own = [(str(key).lower(), item) for key, item in value.items() if not isinstance(item, Mapping)]
    for item in reversed(list(value.values())):  # what comes later overwrites: the first of two stays
        yield from _flatten(item)
    yield from reversed(own)
