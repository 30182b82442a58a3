"""What the entries of a roster matched, in the state table."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping


class MatchTable:
    """The port `Matches` over a boto3 DynamoDB client."""

    def __init__(self, *, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def units(self) -> Mapping[str, frozenset[str]]:
        """Ids of the organizational units that each path of names has led to."""
        found: dict[str, set[str]] = defaultdict(set)
        for item in self._query("units"):
            found[item["path"]["S"]].add(item["ou_id"]["S"])
        return {path: frozenset(ids) for path, ids in found.items()}

    def add_unit(self, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""
        key = _key("units", f"{ou_id}#{_short(path)}")
        self._call("put_item", Item=key | {"path": {"S": path}, "ou_id": {"S": ou_id}})

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Forget that the path led to this unit."""
        self._call("delete_item", Key=_key("units", f"{ou_id}#{_short(path)}"))

    def tagged(self, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""
        key = _key(_carriers(tag), account_id)
        return "Item" in self._call("get_item", Key=key, ConsistentRead=True)

    def others_tagged(self, tag: str, account_id: str) -> bool:
        """Whether any other account did."""
        found = self._query(_carriers(tag), Limit=2)
        return any(item["sk"]["S"] != account_id for item in found)

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""
        key = _key(_carriers(tag), account_id)
        if carries:
            self._call("put_item", Item=key | {"tag": {"S": tag}})
        else:
            self._call("delete_item", Key=key)

    def _query(self, pk: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self._call(
            "query",
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            **parameters,
        )
        items: list[dict[str, Any]] = answer["Items"]
        return items

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(TableName=self._table, **parameters)
        except AWS_ERRORS as error:
            raise RetryableError(f"the state table refused {operation}: {code_of(error)}") from None
        return answer


def _carriers(tag: str) -> str:
    return f"tagged#{_short(tag)}"


def _short(text: str) -> str:
    """Names and tags may be longer than DynamoDB's keys: 1,024 bytes to sort by, 2,048 to find by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
