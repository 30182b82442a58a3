"""What counting edits asks of the state table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from rollcall.bulk.limits import By
    from rollcall.bulk.records import Gathered, Tally


class Bulks(Protocol):
    """Memory of edits and bulks. RetryableError from each."""

    def tally(self, by: By, name: str) -> Tally:
        """What is known under this name; an empty tally of version 0 if nothing is."""

    def in_bulk(self, bulk: str, member: str) -> bool:
        """Whether the bulk has counted this account, or this principal (`Edit.principal_key`)."""

    def gathered(self, incident_id: str) -> Gathered | None:
        """Which bulk an incident is told with, None if it is told by itself."""

    def save_tally(
        self, tally: Tally, *, at: datetime, members: Collection[str] = (), gathered: Sequence[Gathered] = ()
    ) -> bool:
        """Store the tally, its bulk's new members and incidents that it stands for: all or nothing.

        False, and nothing stored, if another worker stored this tally since it was read.
        """

    def watch(self, message_id: str, by: By, name: str, *, at: datetime) -> None:
        """Remember that this message of the queue comes back only to see whether a bulk is over."""

    def watched(self, message_id: str) -> Sequence[tuple[By, str]]:
        """The tallies for which this message comes back."""
