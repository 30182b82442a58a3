"""Edits that are counted, and bulks, in the state table: one worker at a tally, all of a count or nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.aws_errors import AWS_ERRORS
from rollcall.adapters.dynamodb_table import TableAdapter, expiry, key_of, refusal
from rollcall.adapters.intent_items import cancelled
from rollcall.bulk.limits import By
from rollcall.bulk.records import Gathered, Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

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
