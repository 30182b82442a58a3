"""Edits of others in the state table: bulk edits, repeated edits, known drift."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.state.intents import cancelled
from rollcall.adapters.state.table import TableAdapter, expiry, key_of, refusal
from rollcall.bulk_edits.model import By, Gathered, Tally
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError
from rollcall.publish.known_drift import REMEMBERED, Announced
from rollcall.repeated_edits.rules import OVER_AFTER, Standoff, released

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

#: An incident may come back as long as any queue keeps its message (14 days).
_REMEMBERED: Final = timedelta(days=30)


class BulkItems(TableAdapter):
    """The port `Bulks`."""

    def tally(self, by: By, name: str) -> Tally:
        """What is known under this name."""
        item = self._table.get(_tally_key(by, name))
        if item is None:
            return Tally(by=by, name=name)
        version = int(item["version"]["N"])
        return Tally.from_document(json.loads(item["document"]["S"]), by=by, name=name, version=version)

    def in_bulk(self, bulk: str, member: str) -> bool:
        """Whether the bulk has counted this account or principal."""
        return self._table.get(_member_key(bulk, member)) is not None

    def gathered(self, incident_id: str) -> Gathered | None:
        """Which bulk an incident is told with."""
        item = self._table.get(_gathered_key(incident_id))
        if item is None:
            return None
        known = {name: item[name]["S"] for name in ("name", "bulk", "verdict")}
        return Gathered(incident_id=incident_id, by=By(item["by"]["S"]), **known)

    def save_tally(
        self, tally: Tally, *, at: datetime, members: Collection[str] = (), gathered: Sequence[Gathered] = ()
    ) -> bool:
        """Store all in one transaction, if the tally is what it was when it was read."""
        kept = {"expires_at": expiry(at, _REMEMBERED.total_seconds())}
        bulk = tally.bulk.key if tally.bulk else ""
        items = [_member_key(bulk, member) for member in members]
        items += [_gathered_key(one.incident_id) | _gathered_values(one) for one in gathered]
        head = {
            "Item": _tally_key(tally.by, tally.name)
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
            if any(cancelled(error)):
                return False
            raise refusal("the count of edits", error) from None
        return True

    def watch(self, message_id: str, by: By, name: str, *, at: datetime) -> None:
        """Remember that this message comes back only to see whether a bulk is over."""
        item = key_of(_watch(message_id), f"{by}#{name}") | {
            "by": {"S": str(by)},
            "name": {"S": name},
            "expires_at": expiry(at, _REMEMBERED.total_seconds()),
        }
        self._table.call("put_item", Item=item)

    def watched(self, message_id: str) -> Sequence[tuple[By, str]]:
        """The tallies for which this message comes back."""
        items = self._table.query(_watch(message_id))
        return [(By(item["by"]["S"]), item["name"]["S"]) for item in items]


def _tally_key(by: By, name: str) -> dict[str, Any]:
    return key_of("edits", f"{by}#{name}")


def _member_key(bulk: str, member: str) -> dict[str, Any]:
    return key_of(f"bulk#{bulk}", member)


def _gathered_key(incident_id: str) -> dict[str, Any]:
    return key_of(f"gathered#{incident_id}", "gathered")


def _gathered_values(gathered: Gathered) -> dict[str, Any]:
    return {
        "by": {"S": str(gathered.by)},
        "name": {"S": gathered.name},
        "bulk": {"S": gathered.bulk},
        "verdict": {"S": gathered.verdict},
    }


def _watch(message_id: str) -> str:
    return f"watch#{message_id}"


_STANDOFFS: Final = "standoffs"
#: Longer than a standoff goes on without a change.
_STANDOFF_REMEMBERED: Final = OVER_AFTER + timedelta(days=1)


class StandoffItems(TableAdapter):
    """The port `Standoffs`."""

    def standoff(self, account_id: str, kind: ContactKind) -> Standoff:
        """What is known of this contact."""
        item = self._table.get(_standoff_key(account_id, kind))
        return Standoff(account_id=account_id, kind=kind) if item is None else _standoff(item)

    def save_standoff(self, standoff: Standoff, *, at: datetime) -> bool:
        """Store it, if it is what it was when it was read."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if standoff.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(standoff.version)}},
            }
        item = _standoff_key(standoff.account_id, standoff.kind) | {
            "version": {"N": str(standoff.version + 1)},
            "document": {"S": json.dumps(standoff.as_document(), sort_keys=True)},
            "expires_at": expiry(at, _STANDOFF_REMEMBERED.total_seconds()),
        }
        return self._table.conditionally("put_item", Item=item, **condition)

    def standoffs(self, now: datetime) -> Sequence[Standoff]:
        """Those that go on."""
        return [found for item in self._table.query(_STANDOFFS) if (found := _standoff(item)).open(now)]

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        """End a standoff and forget its reverts; RetryableError if a worker is counting one just now."""
        known = self.standoff(account_id, kind)
        if not known.open(at):
            return False
        if not self.save_standoff(released(known, by=by, now=at), at=at):
            raise RetryableError("a worker is counting a revert of this contact")
        return True


def _standoff_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return key_of(_STANDOFFS, f"{account_id}#{kind}")


def _standoff(item: Mapping[str, Any]) -> Standoff:
    account_id, _, kind = item["sk"]["S"].partition("#")
    return Standoff.from_document(
        json.loads(item["document"]["S"]),
        account_id=account_id,
        kind=ContactKind(kind),
        version=int(item["version"]["N"]),
    )


_ANNOUNCED: Final = "announced"


class AnnouncedItems(TableAdapter):
    """The port `Announcements`."""

    def announce(self, announced: Announced) -> None:
        """Remember it, in place of what was announced of this contact before."""
        found = {"found": {"S": announced.found}} if announced.found else {}
        item = _announced_key(announced.account_id, announced.kind) | {
            "at": {"S": announced.at.isoformat()},
            "expires_at": expiry(announced.at, REMEMBERED.total_seconds()),
        }
        self._table.call("put_item", Item=item | found)

    def withdraw(self, account_id: str, kind: ContactKind) -> None:
        """Forget what was announced of this contact."""
        self._table.call("delete_item", Key=_announced_key(account_id, kind))

    def announced(self) -> Sequence[Announced]:
        """All of it."""
        return [_announced(item) for item in self._table.query(_ANNOUNCED)]

    def settled(self, announced: Announced) -> None:
        """Forget exactly this."""
        self._exactly(announced, "delete_item")

    def narrowed(self, announced: Announced) -> None:
        """Remember what was found."""
        if announced.found is not None:
            found = {":found": {"S": announced.found}}
            self._exactly(announced, "update_item", found, UpdateExpression="SET found = :found")

    def _exactly(
        self, announced: Announced, operation: str, values: Mapping[str, Any] | None = None, **update: str
    ) -> None:
        self._table.conditionally(
            operation,
            Key=_announced_key(announced.account_id, announced.kind),
            ConditionExpression="#at = :at",
            # DynamoDB reserves the word.
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": announced.at.isoformat()}, **(values or {})},
            **update,
        )


def _announced_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return key_of(_ANNOUNCED, f"{account_id}#{kind}")


def _announced(item: Mapping[str, Any]) -> Announced:
    account_id, _, kind = item["sk"]["S"].partition("#")
    return Announced(
        account_id=account_id,
        kind=ContactKind(kind),
        found=item.get("found", {}).get("S"),
        at=datetime.fromisoformat(item["at"]["S"]),
    )
