"""The records of contacts in the state table: one item each, and a sparse index of those that are pending."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.adapters.state.rosters import APPROVAL, check_unpaused
from rollcall.adapters.state.table import (
    TableAdapter,
    find_cancellations,
    make_item,
    make_key,
    make_versioned_put,
    read_document,
)
from rollcall.contact.record import ContactRecord
from rollcall.model.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.model.contact import ContactKind

#: Name and partition key of the index; only items that have the attribute are in it.
PENDING: Final = "pending"
#: Their values of records: somebody may have to come back to it; it only remembers edits.
_OPEN, _EDITED = "contact", "edited"
#: Longer than EventBridge retries (24 h), queues keep messages (14 days) and people pause.
_REMEMBERED: Final = timedelta(days=60)
#: Items of one BatchGetItem.
_BATCH: Final = 100
_FAILED: Final = "ConditionalCheckFailed"
_CONFLICT: Final = "TransactionConflict"
#: Every intent checks the same two items, and of two transactions on one item one is refused: beside a
#: sweep that writes, a signal would have to come again for nothing.
_TRIES: Final = 5


class ContactItems(TableAdapter):
    """The port `ContactMemory`."""

    def load(self, account_id: str, kind: ContactKind) -> ContactRecord:
        """The record as it is now."""
        return _read(account_id, kind, self._table.get(_make_key(account_id, kind)))

    def load_each(self, keys: Sequence[tuple[str, ContactKind]]) -> Sequence[ContactRecord]:
        """The records as they are now, a hundred in one call."""
        found: list[ContactRecord] = []
        for start in range(0, len(keys), _BATCH):
            batch = keys[start : start + _BATCH]
            items = self._table.get_each([_make_key(*key) for key in batch])
            found += [_read(*key, item) for key, item in zip(batch, items, strict=True)]
        return found

    def save(self, record: ContactRecord, *, at: datetime) -> bool:
        """Store it, if it is what it was when it was read."""
        return self._table.try_write("put_item", **_write(record, at))

    def open_intent(self, record: ContactRecord, *, at: datetime) -> None:
        """Store it in one transaction with the check that its intent may be carried out."""
        if record.intent is None:
            raise ValueError("there is no intent to open")
        approved = {
            "Key": APPROVAL,
            "ConditionExpression": "approved = :digest",
            "ExpressionAttributeValues": {":digest": {"S": record.intent.roster_digest}},
        }
        checks = [("ConditionCheck", approved), check_unpaused(at)]
        for tries_left in reversed(range(_TRIES)):
            try:
                self._table.transact(*checks, ("Put", _write(record, at)))
            except AWS_ERRORS as error:
                codes = find_cancellations(error)
                if tries_left and _CONFLICT in codes and _FAILED not in codes:
                    continue
                raise _make_error(error, codes) from None
            return

    def list_pending(self) -> Sequence[ContactRecord]:
        """Those of all accounts. The index may be some milliseconds behind."""
        return self._list(_OPEN)

    def list_edited(self) -> Sequence[ContactRecord]:
        """Those that are pending, and those that remember edits: all that was saved in the last 60 days."""
        return self._list(_OPEN, _EDITED)

    def _list(self, *values: str) -> Sequence[ContactRecord]:
        items = [item for value in values for item in self._table.query_index(PENDING, value)]
        records = (read_document(ContactRecord, item) for item in items)
        found = {(record.account_id, record.kind): record for record in records}
        return [found[key] for key in sorted(found)]


def _make_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return make_key(f"contact#{account_id}#{kind}", "record")


def _read(account_id: str, kind: ContactKind, item: Mapping[str, Any] | None) -> ContactRecord:
    blank = ContactRecord(account_id=account_id, kind=kind)
    return blank if item is None else read_document(ContactRecord, item)


def _write(record: ContactRecord, at: datetime) -> dict[str, Any]:
    """The parameters of a put that only takes the place of what was read."""
    item = make_item(_make_key(record.account_id, record.kind), record, at=at, kept=_REMEMBERED)
    if record.is_pending or record.edits:
        item[PENDING] = {"S": _OPEN if record.is_pending else _EDITED}
    return make_versioned_put(item, record.version)


def _make_error(error: Exception, codes: Sequence[str | None]) -> RetryableError:
    """Why the intent was not recorded, as those who wanted to write need to know it."""
    if _FAILED in codes[:2]:
        return WritesHaltedError("writes were paused or another roster was approved")
    if codes[2] == _FAILED or _CONFLICT in codes:
        return IntentBusyError("another worker is at this contact, or somebody pauses or approves")
    return RecordRefusedError(f"the state table refused the intent: {get_code(error)}")
