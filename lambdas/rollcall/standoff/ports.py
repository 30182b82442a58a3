"""What standoffs ask of the state table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.contacts import ContactKind
    from rollcall.standoff.records import Standoff


class Standoffs(Protocol):
    """Memory of reverts and standoffs. RetryableError from each."""

    def standoff(self, account_id: str, kind: ContactKind) -> Standoff:
        """What is known of this contact; a blank of version 0 if nothing is."""

    def save_standoff(self, standoff: Standoff, *, at: datetime) -> bool:
        """Store it; False, and nothing stored, if another worker stored it since it was read."""

    def standoffs(self, now: datetime) -> Sequence[Standoff]:
        """Those that go on, by account and kind."""

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        """End a standoff and forget its reverts: the next change is undone at once.

        Whether there was one; who ended it is remembered for two days. `by` is who asked for it.
        """
