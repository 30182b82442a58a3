"""Which roster decides: the approved one, or before the first approval the candidate, as an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.control import Control
    from rollcall.ports import State


class Rosters:
    """Rosters by digest. A digest names one document for ever, so what was read once stays right."""

    def __init__(self, *, state: State, candidate: Mapping[str, Any]) -> None:
        self._state = state
        self._candidate = Roster.from_document(candidate)
        self._known = {self._candidate.digest: self._candidate}

    def current(self, control: Control) -> Roster:
        """The roster to decide by; RetryableError if the state table cannot be read."""
        if control.approved is None:
            return self._candidate
        if control.approved not in self._known:
            document = self._state.approved_document(control.approved)
            self._known = {control.approved: Roster.from_document(document)}
        return self._known[control.approved]
