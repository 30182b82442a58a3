"""What became of the edits that records remember: who changed a contact, and how long it was wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rollcall.contact.record import SKEW, ContactRecord, KnownEdit
from rollcall.decide.intent import WriteState
from rollcall.outcomes.outcome import name_incident
from rollcall.outcomes.verdicts import RIGHT, VERDICTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rollcall.model.contact import ContactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EditResult:
    """One edit, and what is known of its end."""

    account_id: str
    kind: ContactKind
    incident_id: str
    principal: str
    root: bool
    #: None if the event has no readable time.
    at: datetime | None
    #: The verdict that was published of it, None before.
    verdict: str | None
    #: When the contact was right again, None if it is not or nobody knows when.
    ended_at: datetime | None
    #: Whether the contact is still what the edit, or a later one, made of it.
    open: bool

    def measure_wrong(self, now: datetime) -> timedelta | None:
        """How long the contact was wrong, so far if it still is; None if that is not known."""
        end = now if self.open else self.ended_at
        # CloudTrail cuts the time of an event to whole seconds, and clocks differ.
        return None if end is None or self.at is None else max(end - self.at, timedelta())

    def as_document(self, now: datetime) -> dict[str, Any]:
        """As reports and scripts have it; no contact details."""
        wrong = self.measure_wrong(now)
        return {
            "incident_id": self.incident_id,
            "account_id": self.account_id,
            "kind": str(self.kind),
            "at": self.at.isoformat() if self.at else None,
            "principal": self.principal,
            "root": self.root,
            "verdict": self.verdict,
            "open": self.open,
            "wrong_seconds": None if wrong is None else int(wrong.total_seconds()),
        }


def list_edits(records: Iterable[ContactRecord], *, since: datetime, now: datetime) -> list[EditResult]:
    """The edits made or published from `since` on, at most the last eight of each contact, by their time.

    Edits without a readable time, and those that are still open, are always among them.
    """
    found = [
        result
        for record in records
        for edit, result in zip(record.edits, _judge_edits(record, now), strict=True)
        if result.open or any(at is None or at >= since for at in (edit.at, edit.published_at or edit.at))
    ]
    return sorted(found, key=lambda result: (result.at or since, result.account_id, result.kind))


def is_open(record: ContactRecord, now: datetime) -> bool:
    """Whether the contact is left changed after an event, or a write of it is not finished."""
    left = record.drift is not None and record.drift.is_remembered(now)
    return left or record.intent is not None or record.repeated.is_open(now)


def was_right_since(record: ContactRecord, at: datetime) -> bool:
    """Whether the contact was right at a time after this one; False if the record cannot prove it."""
    if any(write.state is WriteState.WRITTEN and write.at > at for write in record.writes):
        return True
    closed = [
        Verdict(edit.published)
        for edit in record.edits
        if edit.published is not None and edit.published_at is not None and edit.published_at >= at
    ]
    # An edit that left it changed made it known drift: without any, it was found right since.
    known = any(verdict in RIGHT or VERDICTS[verdict].remembered for verdict in closed)
    return known and record.drift is None


def was_followed(record: ContactRecord, incident_id: str) -> bool:
    """Whether another edit came so soon after that of this incident that either may have set the contact."""
    for edit in record.edits:
        if name_incident(edit.key, record.account_id) == incident_id:
            until = edit.published_at
            return any(
                other.at is None
                or edit.at is None
                or (other.at >= edit.at - SKEW and (until is None or other.at <= until + SKEW))
                for other in record.list_beside(edit.key)
            )
    return False


def _judge_edits(record: ContactRecord, now: datetime) -> Iterator[EditResult]:
    left = is_open(record, now)
    for edit in record.edits:
        ended_at = _find_end(record, edit)
        right = edit.published in RIGHT and edit.published is not None
        yield EditResult(
            account_id=record.account_id,
            kind=record.kind,
            incident_id=name_incident(edit.key, record.account_id),
            principal=edit.principal,
            root=edit.root,
            at=edit.at,
            verdict=edit.published,
            ended_at=ended_at,
            open=ended_at is None and not right and (left or edit.published is None),
        )


def _find_end(record: ContactRecord, edit: KnownEdit) -> datetime | None:
    if edit.published == Verdict.SET_BY_OTHERS:
        return edit.at
    if edit.published == Verdict.CHANGED_BACK:
        return edit.published_at  # at the latest
    write = record.find_undoing(edit.at)
    undone_at = write.at if write else None
    if edit.published == Verdict.KEPT_EDITED:
        # Only a write before its alert can have undone a part of it.
        before = undone_at is not None and edit.published_at is not None and undone_at <= edit.published_at
        return undone_at if before else edit.at
    return undone_at
