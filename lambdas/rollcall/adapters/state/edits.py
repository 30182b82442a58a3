"""Bulk edits in the state table."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.state.table import (
    TableAdapter,
    find_cancellations,
    make_error,
    make_expiry,
    make_key,
)
from rollcall.bulk_edits.model import By, EditWindow, GroupedIncident

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

#: An incident may come back as long as any queue keeps its message (14 days).
_REMEMBERED: Final = timedelta(days=30)


class BulkItems(TableAdapter):
    """The port `BulkMemory`."""

    def load_windows(self, names: Sequence[tuple[By, str]]) -> list[EditWindow]:
        """What is known under each of these names, in one read."""
        items = self._table.get_each([_make_window_key(by, name) for by, name in names])
        return [_read_window(by, name, item) for (by, name), item in zip(names, items, strict=True)]

    def is_in_bulk(self, bulk: str, member: str) -> bool:
        """Whether the bulk has counted this account or principal."""
        return self._table.get(_make_member_key(bulk, member)) is not None

    def find_grouped(self, incident_id: str) -> GroupedIncident | None:
        """Which bulk alert an incident is part of."""
        item = self._table.get(_make_grouped_key(incident_id))
        if item is None:
            return None
        known = {name: item[name]["S"] for name in ("name", "bulk", "verdict")}
        return GroupedIncident(incident_id=incident_id, by=By(item["by"]["S"]), **known)

    def save_windows(
        self,
        windows: Sequence[EditWindow],
        *,
        at: datetime,
        members: Collection[str] = (),
        grouped: Sequence[GroupedIncident] = (),
    ) -> bool:
        """Store all in one transaction, if each window is what it was when it was read."""
        kept = {"expires_at": make_expiry(at, _REMEMBERED.total_seconds())}
        last = windows[-1].bulk
        items = [_make_member_key(last.key if last else "", member) for member in members]
        items += [_make_grouped_key(one.incident_id) | _write_grouped(one) for one in grouped]
        steps = [_write_window(window, kept) for window in windows]
        steps += [{"Item": item | kept} for item in items]
        try:
            self._table.transact(*(("Put", step) for step in steps))
        except AWS_ERRORS as error:
            if {"ConditionalCheckFailed", "TransactionConflict"}.intersection(find_cancellations(error)):
                return False
            raise make_error("the count of edits", error) from None
        return True

    def schedule_closing(self, message_id: str, by: By, name: str, *, at: datetime) -> None:
        """Remember that this message comes back only to see whether a bulk is over."""
        item = make_key(_make_closing_key(message_id), f"{by}#{name}") | {
            "by": {"S": str(by)},
            "name": {"S": name},
            "expires_at": make_expiry(at, _REMEMBERED.total_seconds()),
        }
        self._table.call("put_item", Item=item)

    def find_scheduled(self, message_id: str) -> Sequence[tuple[By, str]]:
        """The edit windows for which this message comes back."""
        items = self._table.query(_make_closing_key(message_id))
        return [(By(item["by"]["S"]), item["name"]["S"]) for item in items]


def _read_window(by: By, name: str, item: Mapping[str, Any] | None) -> EditWindow:
    if item is None:
        return EditWindow(by=by, name=name)
    version = int(item["version"]["N"])
    return EditWindow.from_document(json.loads(item["document"]["S"]), by=by, name=name, version=version)


def _write_window(window: EditWindow, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a put that only takes the place of what was read."""
    item = _make_window_key(window.by, window.name) | {
        "version": {"N": str(window.version + 1)},
        "document": {"S": json.dumps(window.as_document(), sort_keys=True)},
        **kept,
    }
    if not window.version:
        return {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "Item": item,
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(window.version)}},
    }


def _make_window_key(by: By, name: str) -> dict[str, Any]:
    return make_key("edits", f"{by}#{name}")


def _make_member_key(bulk: str, member: str) -> dict[str, Any]:
    return make_key(f"bulk#{bulk}", member)


def _make_grouped_key(incident_id: str) -> dict[str, Any]:
    return make_key(f"grouped#{incident_id}", "grouped")


def _write_grouped(grouped: GroupedIncident) -> dict[str, Any]:
    return {
        "by": {"S": str(grouped.by)},
        "name": {"S": grouped.name},
        "bulk": {"S": grouped.bulk},
        "verdict": {"S": grouped.verdict},
    }


def _make_closing_key(message_id: str) -> str:
    return f"watch#{message_id}"
