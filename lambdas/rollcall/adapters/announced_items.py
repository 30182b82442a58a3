"""What events announced, in the state table, all under one key: a sweep reads it at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.dynamodb_table import TableAdapter, expiry, key_of
from rollcall.announced import REMEMBERED, Announced
from rollcall.contacts import ContactKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PK: Final = "announced"


class AnnouncedItems(TableAdapter):
    """The port `Announcements`."""

    def announce(self, announced: Announced) -> None:
        """Remember it, in place of what was announced of this contact before."""
        found = {"found": {"S": announced.found}} if announced.found else {}
        item = _key(announced.account_id, announced.kind) | {
            "at": {"S": announced.at.isoformat()},
            "expires_at": expiry(announced.at, REMEMBERED.total_seconds()),
        }
        self._table.call("put_item", Item=item | found)

    def withdraw(self, account_id: str, kind: ContactKind) -> None:
        """Forget what was announced of this contact."""
        self._table.call("delete_item", Key=_key(account_id, kind))

    def announced(self) -> Sequence[Announced]:
        """All of it."""
        return [_announced(item) for item in self._table.query(_PK)]

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
            Key=_key(announced.account_id, announced.kind),
            ConditionExpression="#at = :at",
            # DynamoDB reserves the word.
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": announced.at.isoformat()}, **(values or {})},
            **update,
        )


def _key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return key_of(_PK, f"{account_id}#{kind}")


def _announced(item: Mapping[str, Any]) -> Announced:
    account_id, _, kind = item["sk"]["S"].partition("#")
    return Announced(
        account_id=account_id,
        kind=ContactKind(kind),
        found=item.get("found", {}).get("S"),
        at=datetime.fromisoformat(item["at"]["S"]),
    )
