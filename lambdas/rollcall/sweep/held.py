"""Plans that wait for a person, and approvals: what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A plan that waits for a person. `summary` has no contact details.

    `data` is the run that stored it. `approved_by` and `approved_at` are None until somebody approves it.
    """

    plan: str
    roster: str
    changes: int
    parts: int
    data: str
    held_at: datetime
    expires_at: datetime
    summary: Mapping[str, Any]
    approved_by: str | None = None
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """An approval that came to nothing: its plan was not carried out, and why. No contact details."""

    plan: str
    by: str
    why: str
    at: datetime


class HeldPlans(Protocol):
    """Memory of them in the state table. RetryableError from each."""

    def hold(self, held: Held) -> bool:
        """Remember a plan that waits; it replaces one of the same roster that nobody approved.

        False if it waited before.
        """

    def held(self, plan: str) -> Held | None:
        """The plan that waits under this digest, None if there is none."""

    def waiting(self, now: datetime) -> Sequence[Held]:
        """All plans that wait for approval and have not expired."""

    def approve(self, plan: str, *, by: str, at: datetime) -> None:
        """Remember who approved it; an approval that lapsed before is answered by it."""

    def approved(self, now: datetime) -> Sequence[Held]:
        """Plans that somebody approved, that have not expired, and that no run has carried out to its end."""

    def granted(self, roster: str, now: datetime) -> Sequence[Held]:
        """Those of them that are for this roster."""

    def carried_out(self, plan: str) -> None:
        """Forget a plan: a run got to its end. Others, which may want more, go on waiting."""

    def all_carried_out(self, roster: str) -> None:
        """Forget all plans for this roster: a run looked at all accounts, and nothing is left of them."""

    def forget_others(self, rosters: Collection[str]) -> None:
        """Forget all plans but those for these rosters, approved ones too: another roster is in force now.

        What somebody wanted of an earlier roster is not what anybody wants when that is deployed again.
        """

    def lapse(self, lapsed: Lapsed) -> None:
        """Remember an approval that came to nothing, in place of an earlier one."""

    def lapsed(self, now: datetime) -> Lapsed | None:
        """The last one of the past seven days that no other approval has answered."""
