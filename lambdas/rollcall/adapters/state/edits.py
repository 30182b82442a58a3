"""Edits of others in the state table: bulk edits, repeated edits, known drift."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.state.intents import is_cancelled
from rollcall.adapters.state.table import TableAdapter, make_error, make_expiry, make_key
from rollcall.bulk_edits.model import By, EditWindow, GroupedIncident
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError
from rollcall.publish.known_drift import REMEMBERED, KnownDrift
from rollcall.repeated_edits.rules import OVER_AFTER, RepeatedEdits, release

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

#: An incident may come back as long as any queue keeps its message (14 days).
_REMEMBERED: Final = timedelta(days=30)


class BulkItems(TableAdapter):
    """The port `BulkMemory`."""

    def load_window(self, by: By, name: str) -> EditWindow:
        """What is known under this name."""
        item = self._table.get(_make_window_key(by, name))
        if item is None:
            return EditWindow(by=by, name=name)
        version = int(item["version"]["N"])
        return EditWindow.from_document(json.loads(item["document"]["S"]), by=by, name=name, version=version)

    def is_in_bulk(self, bulk: str, member: str) -> bool:
        """Whether the bulk has counted this account or principal."""
        return self._table.get(_make_member_key(bulk, member)) is not None

    def find_grouped(self, incident_id: str) -> GroupedIncident | None:
        """Which bulk an incident is told with."""
        item = self._table.get(_make_grouped_key(incident_id))
        if item is None:
            return None
        known = {name: item[name]["S"] for name in ("name", "bulk", "verdict")}
        return GroupedIncident(incident_id=incident_id, by=By(item["by"]["S"]), **known)

    def save_window(
        self,
        tally: EditWindow,
        *,
        at: datetime,
        members: Collection[str] = (),
        gathered: Sequence[GroupedIncident] = (),
    ) -> bool:
        """Store all in one transaction, if the tally is what it was when it was read."""
        kept = {"expires_at": make_expiry(at, _REMEMBERED.total_seconds())}
        bulk = tally.bulk.key if tally.bulk else ""
        items = [_make_member_key(bulk, member) for member in members]
        items += [_make_grouped_key(one.incident_id) | _write_grouped(one) for one in gathered]
        head = {
            "Item": _make_window_key(tally.by, tally.name)
            | {
                "version": {"N": str(tally.version + 1)},
                "document": {"S": json.dumps(tally.as_document(), sort_keys=True)},
            }
            | kept,
            "ConditionExpression": "version = :version" if tally.version else "attribute_not_exists(pk)",
        }
        if tally.version:
            head["ExpressionAttributeValues"] = {":version": {"N": str(tally.version)}}
        try:
            self._table.transact(("Put", head), *(("Put", {"Item": item | kept}) for item in items))
        except AWS_ERRORS as error:
            if any(is_cancelled(error)):
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
        """The tallies for which this message comes back."""
        items = self._table.query(_make_closing_key(message_id))
        return [(By(item["by"]["S"]), item["name"]["S"]) for item in items]


def _make_window_key(by: By, name: str) -> dict[str, Any]:
    return make_key("edits", f"{by}#{name}")


def _make_member_key(bulk: str, member: str) -> dict[str, Any]:
    return make_key(f"bulk#{bulk}", member)


def _make_grouped_key(incident_id: str) -> dict[str, Any]:
    return make_key(f"gathered#{incident_id}", "gathered")


def _write_grouped(gathered: GroupedIncident) -> dict[str, Any]:
    return {
        "by": {"S": str(gathered.by)},
        "name": {"S": gathered.name},
        "bulk": {"S": gathered.bulk},
        "verdict": {"S": gathered.verdict},
    }


def _make_closing_key(message_id: str) -> str:
    return f"watch#{message_id}"


_STANDOFFS: Final = "standoffs"
#: Longer than a standoff goes on without a change.
_STANDOFF_REMEMBERED: Final = OVER_AFTER + timedelta(days=1)


class RepeatedEditItems(TableAdapter):
    """The port `RepeatedEditMemory`."""

    def load_repeated(self, account_id: str, kind: ContactKind) -> RepeatedEdits:
        """What is known of this contact."""
        item = self._table.get(_make_repeated_key(account_id, kind))
        return RepeatedEdits(account_id=account_id, kind=kind) if item is None else _read_repeated(item)

    def save_repeated(self, standoff: RepeatedEdits, *, at: datetime) -> bool:
        """Store it, if it is what it was when it was read."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if standoff.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(standoff.version)}},
            }
        item = _make_repeated_key(standoff.account_id, standoff.kind) | {
            "version": {"N": str(standoff.version + 1)},
            "document": {"S": json.dumps(standoff.as_document(), sort_keys=True)},
            "expires_at": make_expiry(at, _STANDOFF_REMEMBERED.total_seconds()),
        }
        return self._table.try_write("put_item", Item=item, **condition)

    def list_repeated(self, now: datetime) -> Sequence[RepeatedEdits]:
        """Those that go on."""
        return [
            found for item in self._table.query(_STANDOFFS) if (found := _read_repeated(item)).is_open(now)
        ]

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        """End a standoff and forget its reverts; RetryableError if a worker is counting one just now."""
        known = self.load_repeated(account_id, kind)
        if not known.is_open(at):
            return False
        if not self.save_repeated(release(known, by=by, now=at), at=at):
            raise RetryableError("a worker is counting a revert of this contact")
        return True


def _make_repeated_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return make_key(_STANDOFFS, f"{account_id}#{kind}")


def _read_repeated(item: Mapping[str, Any]) -> RepeatedEdits:
    account_id, _, kind = item["sk"]["S"].partition("#")
    return RepeatedEdits.from_document(
        json.loads(item["document"]["S"]),
        account_id=account_id,
        kind=ContactKind(kind),
        version=int(item["version"]["N"]),
    )


_ANNOUNCED: Final = "announced"


class KnownDriftItems(TableAdapter):
    """The port `KnownDriftMemory`."""

    def remember_drift(self, announced: KnownDrift) -> None:
        """Remember it, in place of what was announced of this contact before."""
        found = {"found": {"S": announced.found}} if announced.found else {}
        item = _make_drift_key(announced.account_id, announced.kind) | {
            "at": {"S": announced.at.isoformat()},
            "expires_at": make_expiry(announced.at, REMEMBERED.total_seconds()),
        }
        self._table.call("put_item", Item=item | found)

    def forget_drift(self, account_id: str, kind: ContactKind) -> None:
        """Forget what was announced of this contact."""
        self._table.call("delete_item", Key=_make_drift_key(account_id, kind))

    def list_known_drift(self) -> Sequence[KnownDrift]:
        """All of it."""
        return [_read_drift(item) for item in self._table.query(_ANNOUNCED)]

    def resolve_drift(self, announced: KnownDrift) -> None:
        """Forget exactly this."""
        self._change_exactly(announced, "delete_item")

    def refine_drift(self, announced: KnownDrift) -> None:
        """Remember what was found."""
        if announced.found is not None:
            found = {":found": {"S": announced.found}}
            self._change_exactly(announced, "update_item", found, UpdateExpression="SET found = :found")

    def _change_exactly(
        self, announced: KnownDrift, operation: str, values: Mapping[str, Any] | None = None, **update: str
    ) -> None:
        self._table.try_write(
            operation,
            Key=_make_drift_key(announced.account_id, announced.kind),
            ConditionExpression="#at = :at",
            # DynamoDB reserves the word.
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": announced.at.isoformat()}, **(values or {})},
            **update,
        )


def _make_drift_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return make_key(_ANNOUNCED, f"{account_id}#{kind}")


def _read_drift(item: Mapping[str, Any]) -> KnownDrift:
    account_id, _, kind = item["sk"]["S"].partition("#")
    return KnownDrift(
        account_id=account_id,
        kind=ContactKind(kind),
        found=item.get("found", {}).get("S"),
        at=datetime.fromisoformat(item["at"]["S"]),
    )
