"""What the entries of a roster matched, in the state table."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rollcall.adapters.dynamodb_table import TableAdapter, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class MatchTable(TableAdapter):
    """The port `Matches` over a boto3 DynamoDB client."""

    def units(self) -> Mapping[str, frozenset[str]]:
        """Ids of the organizational units that each path of names has led to."""
        found: dict[str, set[str]] = defaultdict(set)
        for item in self._table.query("units"):
            found[item["path"]["S"]].add(item["ou_id"]["S"])
        return {path: frozenset(ids) for path, ids in found.items()}

    def add_unit(self, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""
        item = _unit_key(path, ou_id) | {"path": {"S": path}, "ou_id": {"S": ou_id}}
        self._table.call("put_item", Item=item)

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Forget that the path led to this unit."""
        self._table.call("delete_item", Key=_unit_key(path, ou_id))

    def tagged(self, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""
        return self._table.get(key_of(_carriers(tag), account_id)) is not None

    def others_tagged(self, tag: str, account_id: str) -> bool:
        """Whether any other account did."""
        found = self._table.query(_carriers(tag), limit=2)
        return any(item["sk"]["S"] != account_id for item in found)

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""
        key = key_of(_carriers(tag), account_id)
        if carries:
            self._table.call("put_item", Item=key | {"tag": {"S": tag}})
        else:
            self._table.call("delete_item", Key=key)


def _unit_key(path: str, ou_id: str) -> dict[str, Any]:
    return key_of("units", f"{ou_id}#{_short(path)}")


def _carriers(tag: str) -> str:
    return f"tagged#{_short(tag)}"


def _short(text: str) -> str:
    """Names and tags may be longer than DynamoDB's keys: 1,024 bytes to sort by, 2,048 to find by."""
    return hashlib.sha256(text.encode()).hexdigest()
