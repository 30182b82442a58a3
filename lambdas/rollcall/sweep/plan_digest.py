"""The name of a plan: a digest of everything that it would write, so that a person approves exactly that."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollcall.sweep.records import PlannedChange


class PlanDigest:
    """SHA-256 of the canonical JSON of `{"changes": [...], "roster": digest}`, taken change by change."""

    def __init__(self, roster: str) -> None:
        self._roster = roster
        self._hash = hashlib.sha256(b'{"changes":[')
        self._first = True

    def add(self, change: PlannedChange) -> None:
        """The next change of the plan."""
        separator = b"" if self._first else b","
        self._first = False
        self._hash.update(separator + _canonical(change.as_document()))

    def hexdigest(self) -> str:
        """The digest of the changes so far."""
        whole = self._hash.copy()
        whole.update(b'],"roster":' + _canonical(self._roster) + b"}")
        return whole.hexdigest()


def change_digest(change: PlannedChange) -> bytes:
    """A short name of one change, with what was found and what is to be there."""
    return hashlib.sha256(_canonical(change.as_document())).digest()[:16]


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
