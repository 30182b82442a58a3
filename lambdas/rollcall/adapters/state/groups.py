"""Groups of alerts in the state table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.state.contacts import PENDING
from rollcall.adapters.state.table import (
    TableAdapter,
    find_cancellations,
    make_error,
    make_expiry,
    make_item,
    make_key,
    make_versioned_put,
    read_document,
)
from rollcall.grouping.model import (
    ALERTS_WITHIN,
    MOST_ALERTS,
    Group,
    Grouped,
    GroupKey,
    GroupKind,
    GroupState,
    Known,
    Line,
    Watch,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.grouping.model import KeyedLine

#: An incident may come back as long as any queue keeps its message (14 days).
_REMEMBERED: Final = timedelta(days=30)
#: Items of one transaction, as `grouping.model.MOST_ACCOUNTS` says.
_BATCH: Final = 100
_LINE: Final = "line#"


class GroupItems(TableAdapter):
    """The port `GroupMemory`."""

    def load_known(self, incident_id: str, names: Sequence[tuple[GroupKind, str]], *, at: datetime) -> Known:
        """What is known of this incident, under these names, and of the alerts of these ten minutes."""
        keys = [_make_grouped_key(incident_id), _make_alerts_key(at)]
        grouped, alerts, *windows = self._table.get_each(
            keys + [_make_window_key(kind, name) for kind, name in names]
        )
        admitted = (alerts or {}).get("ids", {}).get("SS", ())
        return Known(
            grouped=_read_grouped(grouped) if grouped else None,
            windows=[
                Window(kind=kind, name=name) if item is None else read_document(Window, item)
                for (kind, name), item in zip(names, windows, strict=True)
            ],
            full=len(admitted) >= MOST_ALERTS,
            admitted=incident_id in admitted,
        )

    def save_windows(
        self, windows: Sequence[Window], *, admitted: str | None, at: datetime, left: KeyedLine | None = None
    ) -> bool:
        """Store them in one transaction."""
        steps = [("Put", _write_window(window, at)) for window in windows]
        if admitted is not None:
            steps.append(("Update", _write_admission(admitted, at)))
        if left is not None:
            steps += _write_line(*left, at)
        return self._transact(steps) if steps else True

    def open_group(self, window: Window, group: Group, lines: Sequence[Line], *, at: datetime) -> bool:
        """Store a new group with its lines and its window, in one transaction."""
        steps = [("Put", _write_window(window, at)), ("Put", _write_group(group, at))]
        for line in lines:
            steps += _write_line(group.key, line, at)
        return self._transact(steps)

    def add_line(self, key: GroupKey, line: Line, *, at: datetime) -> bool:
        """Store a line as unsent; False if another worker is at it just now."""
        return self._transact(_write_line(key, line, at))

    def load_group(self, key: GroupKey) -> GroupState:
        """The group with its lines."""
        items = self._table.query(f"group#{key.id}")
        groups = [read_document(Group, item) for item in items if item["sk"]["S"] == "group"]
        lines = [item for item in items if item["sk"]["S"].startswith(_LINE)]
        found = [(read_document(Line, item), item) for item in lines]
        return GroupState(
            group=groups[0] if groups else None,
            unsent=[line for line, item in found if item["unsent"]["BOOL"]],
            left=[line for line, _ in found if line.left],
        )

    def save_group(self, group: Group, *, at: datetime) -> bool:
        """Store it, if it is what it was when it was read."""
        return self._table.try_write("put_item", **_write_group(group, at))

    def mark_sent(self, key: GroupKey, lines: Sequence[Line], *, at: datetime) -> None:
        """Delete lines, unless a contact is left changed; one whose verdict changed since stays unsent."""
        restored = [_write_end(key, line) for line in lines if not line.left]
        for start in range(0, len(restored), _BATCH):
            batch = restored[start : start + _BATCH]
            if not self._transact([("Delete", one) for one in batch]):
                # Another worker is at one of them: the others go all the same.
                for one in batch:
                    self._transact([("Delete", one)])
        for line in lines:
            if line.left:
                named = {
                    "Key": _make_line_key(key, line.incident_id),
                    "UpdateExpression": f"SET unsent = :no, expires_at = :expiry REMOVE {PENDING}",
                    "ConditionExpression": "verdict = :verdict",
                    "ExpressionAttributeValues": {
                        ":no": {"BOOL": False},
                        ":verdict": {"S": line.verdict},
                        ":expiry": make_expiry(at, _REMEMBERED),
                    },
                }
                self._transact([("Update", named)])

    def schedule(self, watch: Watch, *, at: datetime) -> None:
        """Remember that a message comes back for a group."""
        self._table.call("put_item", Item=_make_watch(watch, at))

    def find_scheduled(self, message_id: str) -> Sequence[Watch]:
        """What this message comes back for."""
        return [
            Watch(message_id=message_id, key=_read_key(item), only=item["only"]["BOOL"])
            for item in self._table.query(f"watch#{message_id}")
        ]

    def list_open(self) -> Sequence[GroupKey]:
        """Groups that may have something left to be sent. The index may be some milliseconds behind."""
        keys = [_read_key(item) for item in self._table.query_index(PENDING, "group")]
        return list({key.id: key for key in keys}.values())

    def _transact(self, steps: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
        """Whether all was stored; False if a condition did not hold or another worker was at it."""
        try:
            self._table.transact(*steps)
        except AWS_ERRORS as error:
            if {"ConditionalCheckFailed", "TransactionConflict"}.intersection(find_cancellations(error)):
                return False
            raise make_error("the groups of alerts", error) from None
        return True


def _write_window(window: Window, at: datetime) -> dict[str, Any]:
    return _write_versioned(_make_window_key(window.kind, window.name), window, at)


def _write_group(group: Group, at: datetime) -> dict[str, Any]:
    key = make_key(f"group#{group.key.id}", "group") | _write_key(group.key)
    return _write_versioned(key | ({PENDING: {"S": "group"}} if group.is_unfinished else {}), group, at)


def _write_versioned(key: Mapping[str, Any], one: Window | Group, at: datetime) -> dict[str, Any]:
    """The parameters of a put that only takes the place of what was read."""
    return make_versioned_put(make_item(key, one, at=at, kept=_REMEMBERED), one.version)


def _write_line(key: GroupKey, line: Line, at: datetime) -> list[tuple[str, dict[str, Any]]]:
    """The line itself, and where it can be found by its incident."""
    known = _write_key(key) | {"verdict": {"S": line.verdict}}
    item = make_item(_make_line_key(key, line.incident_id), line, at=at, kept=_REMEMBERED)
    unsent = {"unsent": {"BOOL": True}, PENDING: {"S": "group"}}
    grouped = {"alone": {"BOOL": line.alone}, "expires_at": make_expiry(at, _REMEMBERED)}
    return [
        ("Put", {"Item": item | known | unsent}),
        ("Put", {"Item": _make_grouped_key(line.incident_id) | known | grouped}),
    ]


def _write_end(key: GroupKey, line: Line) -> dict[str, Any]:
    """The parameters of a delete of a line that says what was sent."""
    return {
        "Key": _make_line_key(key, line.incident_id),
        "ConditionExpression": "attribute_not_exists(pk) OR verdict = :verdict",
        "ExpressionAttributeValues": {":verdict": {"S": line.verdict}},
    }


def _write_admission(alert: str, at: datetime) -> dict[str, Any]:
    """The parameters of an update that adds the alert to those of these ten minutes, if there is room."""
    return {
        "Key": _make_alerts_key(at),
        "UpdateExpression": "ADD ids :alert SET expires_at = :expiry",
        "ConditionExpression": "attribute_not_exists(ids) OR size(ids) < :most OR contains(ids, :id)",
        "ExpressionAttributeValues": {
            ":alert": {"SS": [alert]},
            ":id": {"S": alert},
            ":most": {"N": str(MOST_ALERTS)},
            ":expiry": make_expiry(at, _REMEMBERED),
        },
    }


def _make_watch(watch: Watch, at: datetime) -> dict[str, Any]:
    return {
        **make_key(f"watch#{watch.message_id}", watch.key.id),
        **_write_key(watch.key),
        "only": {"BOOL": watch.only},
        "expires_at": make_expiry(at, _REMEMBERED),
    }


def _read_grouped(item: Mapping[str, Any]) -> Grouped:
    return Grouped(key=_read_key(item), verdict=item["verdict"]["S"], alone=item["alone"]["BOOL"])


def _write_key(key: GroupKey) -> dict[str, Any]:
    return {"kind": {"S": str(key.kind)}, "name": {"S": key.name}, "group": {"S": key.id}}


def _read_key(item: Mapping[str, Any]) -> GroupKey:
    return GroupKey(kind=GroupKind(item["kind"]["S"]), name=item["name"]["S"], id=item["group"]["S"])


def _make_window_key(kind: GroupKind, name: str) -> dict[str, Any]:
    return make_key("alerts", f"{kind}#{name}")


def _make_alerts_key(at: datetime) -> dict[str, Any]:
    start = at.replace(minute=at.minute - at.minute % ALERTS_WITHIN, second=0, microsecond=0)
    return make_key("alerts", f"sent#{start:%Y-%m-%dT%H:%M}")


def _make_grouped_key(incident_id: str) -> dict[str, Any]:
    return make_key(f"grouped#{incident_id}", "grouped")


def _make_line_key(key: GroupKey, incident_id: str) -> dict[str, Any]:
    return make_key(f"group#{key.id}", _LINE + incident_id)
