"""The outcome bus that outcomes and incidents go to, and the queue that signals come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.model.display import Masks
from rollcall.model.errors import RetryableError
from rollcall.model.well_known import (
    INCIDENT_DETAIL_TYPE,
    NOTICE_DETAIL_TYPE,
    OUTCOME_DETAIL_TYPE,
    OUTCOME_SOURCE,
)
from rollcall.outcomes.documents import build_incident_document, build_outcome_documents
from rollcall.outcomes.notices import Notice, build_notice_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.outcomes.outcome import Incident

_ENTRIES_PER_CALL = 10


class EventBridgeOutcomeBus:
    """The port `OutcomeBus` over a boto3 EventBridge client."""

    def __init__(
        self, *, client: Any, bus: str, management_account: str, masks: Masks = Masks.FOREIGN
    ) -> None:
        self._client = client
        self._bus = bus
        self._shown: dict[str, Any] = {"management_account": management_account, "masks": masks}

    def publish(self, incident: Incident, at: datetime) -> None:
        """Publish the incident first, so that a failure after it can only repeat an alert."""
        document = build_incident_document(incident, at=at, **self._shown)
        outcomes = build_outcome_documents(incident, at=at, **self._shown)
        entries = [self._make_entry(INCIDENT_DETAIL_TYPE, document)] if document else []
        entries += [self._make_entry(OUTCOME_DETAIL_TYPE, outcome) for outcome in outcomes]
        for start in range(0, len(entries), _ENTRIES_PER_CALL):
            self._put(entries[start : start + _ENTRIES_PER_CALL])

    def write_opening(self, incident: Incident, at: datetime) -> str | None:
        """What `publish` would send of this incident, None if nobody is to be alerted."""
        document = build_incident_document(incident, at=at, **self._shown)
        return json.dumps(document, sort_keys=True) if document else None

    def publish_opening(self, opening: str) -> None:
        """Publish exactly this; RetryableError if it was not taken."""
        self._put([self._make_entry(INCIDENT_DETAIL_TYPE, json.loads(opening))])

    def publish_notice(self, notice: Notice, at: datetime) -> None:
        """Publish a notice; RetryableError if it was not taken."""
        self._put([self._make_entry(NOTICE_DETAIL_TYPE, build_notice_document(notice, at=at))])

    def _make_entry(self, detail_type: str, document: Mapping[str, Any]) -> dict[str, str]:
        return {
            "EventBusName": self._bus,
            "Source": OUTCOME_SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(document, sort_keys=True),
        }

    def _put(self, entries: list[dict[str, str]]) -> None:
        try:
            answer = self._client.put_events(Entries=entries)
        except AWS_ERRORS as error:
            raise RetryableError(f"the outcome bus refused: {get_code(error)}") from None
        if answer["FailedEntryCount"]:
            codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
            raise RetryableError(f"the outcome bus refused: {', '.join(codes)}")


class SqsQueue:
    """The port `Queue` over a boto3 SQS client."""

    def __init__(self, *, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def return_in(self, receipt: str, seconds: int) -> None:
        """Show the message again after this time; RetryableError if SQS did not take it."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the queue refused: {get_code(error)}") from None
