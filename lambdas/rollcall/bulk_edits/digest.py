"""Edits that left a contact as the roster has it: one message for each principal and hour, not one each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.bulk_edits.counting import normalise_actor
from rollcall.bulk_edits.model import By, GroupedIncident
from rollcall.events.actor import UNKNOWN
from rollcall.model.errors import RetryableError
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice

if TYPE_CHECKING:
    from rollcall.bulk_edits.model import BulkMemory, Edit, EditWindow
    from rollcall.events.actor import Actor
    from rollcall.ports import Clock, OutcomeBus

#: So long after the first of its edits a digest leaves.
HOUR: Final = timedelta(hours=1)
#: A message lists all edits that it stands for: with so many it leaves at once.
MOST_EDITS: Final = 10
#: Two workers rarely want the same window at the same time, and never five times in a row.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestWriter:
    """Collects such edits in a window of their principal, and publishes them. Their messages come back."""

    bulks: BulkMemory
    bus: OutcomeBus
    clock: Clock

    def add(self, actor: Actor, edit: Edit) -> GroupedIncident:
        """Collect an edit, once; a digest that is full leaves. RetryableError if it could not be stored."""
        name = normalise_actor(actor) or UNKNOWN
        for _ in range(_TRIES):
            [window] = self.bulks.load_windows([(By.SET, name)])
            after = replace(window, recent=(*window.recent, edit))
            grouped = GroupedIncident(
                incident_id=edit.incident_id,
                by=By.SET,
                name=name,
                bulk=_make_key(after),
                verdict=edit.verdict,
            )
            if self.bulks.save_windows([after], at=self.clock.now(), grouped=[grouped]):
                if len(after.recent) >= MOST_EDITS:
                    self.publish_if_due(name)
                return grouped
        raise RetryableError("other workers are collecting edits of the same principal")

    def publish_if_due(self, name: str) -> int | None:
        """Publish what was collected if it is time; else the seconds until then, None if nothing is left."""
        for _ in range(_TRIES):
            [window] = self.bulks.load_windows([(By.SET, name)])
            if not window.recent:
                return None
            left = min(edit.at for edit in window.recent) + HOUR - self.clock.now()
            if left > timedelta(0) and len(window.recent) < MOST_EDITS:
                return int(left.total_seconds()) + 1
            # Published first: a crash in between publishes the same once more.
            part, rest = window.recent[:MOST_EDITS], window.recent[MOST_EDITS:]
            self.bus.publish_notice(make_digest_notice(replace(window, recent=part)), self.clock.now())
            if self.bulks.save_windows([replace(window, recent=rest)], at=self.clock.now()):
                return self.publish_if_due(name)
        raise RetryableError("other workers are collecting edits of the same principal")


def make_digest_notice(window: EditWindow) -> Notice:
    """The message about all edits of a window."""
    edits = sorted(window.recent, key=lambda edit: edit.at)
    facts = {
        "actor": dict(edits[-1].actor),
        "edits": len(edits),
        "first_at": format_time(edits[0].at),
        "last_at": format_time(edits[-1].at),
        "examples": [
            {"account": dict(edit.place), "kind": edit.kind, "reason": f"by {edit.principal}"}
            for edit in edits
        ],
    }
    # Another edit that came in between is another message of the same incident, with all of them.
    return make_notice(NoticeKind.CONTACTS_SET, key=_make_key(window), facts=facts, update=len(edits))


def _make_key(window: EditWindow) -> str:
    first = window.recent[0]
    return f"{window.name}/{first.at.isoformat()}/{first.incident_id}"
