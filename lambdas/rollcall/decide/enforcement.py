"""What may be written now: the approved roster, and the pause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.decide.resolve import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """The control item of the state table, as one read saw it.

    `approved` is the digest of the approved roster, None before the first approval.
    """

    approved: str | None
    paused: bool

    def find_halt(self, requirement: Requirement) -> str | None:
        """Why nothing may be written for an account with this requirement, None if it may."""
        if self.approved is None:
            return "no roster has been approved yet: audit only"
        if self.paused:
            return "writes are paused"
        return requirement.halted
