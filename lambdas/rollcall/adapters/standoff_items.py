"""Reverts and standoffs in the state table, all under one key: there are few, and people list them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.dynamodb_table import TableAdapter, expiry, key_of
from rollcall.contacts import ContactKind
from rollcall.errors import RetryableError
from rollcall.standoff.limits import OVER_AFTER
from rollcall.standoff.records import Standoff
from rollcall.standoff.tug import released

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_PK: Final = "standoffs"
#: Longer than a standoff goes on without a change.
_REMEMBERED: Final = OVER_AFTER + timedelta(days=1)


class StandoffItems(TableAdapter):
    """The port `Standoffs`."""

    def standoff(self, account_id: str, kind: ContactKind) -> Standoff:
        """What is known of this contact."""
        item = self._table.get(_key(account_id, kind))
        return Standoff(account_id=account_id, kind=kind) if item is None else _standoff(item)

    def save_standoff(self, standoff: Standoff, *, at: datetime) -> bool:
        """Store it, if it is what it was when it was read."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if standoff.version:
            condition = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(standoff.version)}},
            }
        item = _key(standoff.account_id, standoff.kind) | {
            "version": {"N": str(standoff.version + 1)},
            "document": {"S": json.dumps(standoff.as_document(), sort_keys=True)},
            "expires_at": expiry(at, _REMEMBERED.total_seconds()),
        }
        return self._table.conditionally("put_item", Item=item, **condition)

    def standoffs(self, now: datetime) -> Sequence[Standoff]:
        """Those that go on."""
        return [found for item in self._table.query(_PK) if (found := _standoff(item)).open(now)]

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        """End a standoff and forget its reverts; RetryableError if a worker is counting one just now."""
        known = self.standoff(account_id, kind)
        if not known.open(at):
            return False
        if not self.save_standoff(released(known, by=by, now=at), at=at):
            raise RetryableError("a worker is counting a revert of this contact")
        return True


def _key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return key_of(_PK, f"{account_id}#{kind}")


def _standoff(item: Mapping[str, Any]) -> Standoff:
    account_id, _, kind = item["sk"]["S"].partition("#")
    return Standoff.from_document(
        json.loads(item["document"]["S"]),
        account_id=account_id,
        kind=ContactKind(kind),
        version=int(item["version"]["N"]),
    )
