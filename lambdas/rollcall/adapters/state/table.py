"""One DynamoDB table with keys `pk` and `sk`, as all our tables' adapters speak to it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.model.codec import Serializable
from rollcall.model.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Stored = TypeVar("_Stored", bound=Serializable)


class DynamoTable:
    """A table over a boto3 DynamoDB client. All reads but those of an index are consistent.

    A call that AWS refuses or does not answer raises RetryableError, unless its method says otherwise.
    """

    def __init__(self, *, client: Any, table: str) -> None:
        self._client = client
        self._name = table

    def get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """The item at this key, None if there is none."""
        item: dict[str, Any] | None = self.call("get_item", Key=key, ConsistentRead=True).get("Item")
        return item

    def get_each(self, keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
        """The items at these keys (100 at most), in their order, in one call; None where there is none."""
        asked = {self._name: {"Keys": keys, "ConsistentRead": True}}
        try:
            answer = self._client.batch_get_item(RequestItems=asked)
        except AWS_ERRORS as error:
            raise make_error("batch_get_item", error) from None
        if answer.get("UnprocessedKeys"):
            raise RetryableError("the state table was too busy to read all items")
        items = answer["Responses"][self._name]
        return [next((item for item in items if key.items() <= item.items()), None) for key in keys]

    def query(self, pk: str, *, prefix: str = "", limit: int | None = None) -> list[dict[str, Any]]:
        """Items of one `pk` by `sk`: those whose `sk` begins with the prefix, all or at most `limit`."""
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values = f"{condition} AND begins_with(sk, :sk)", values | {":sk": {"S": prefix}}
        parameters: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        if limit:
            answer = self.call("query", ConsistentRead=True, Limit=limit, **parameters)
            first: list[dict[str, Any]] = answer["Items"]
            return first
        return self._read_all(parameters)

    def query_index(self, index: str, value: str) -> list[dict[str, Any]]:
        """Items whose attribute of the index's own name has this value; such reads are never consistent."""
        parameters = {
            "IndexName": index,
            "KeyConditionExpression": "#index = :value",
            "ExpressionAttributeNames": {"#index": index},
            "ExpressionAttributeValues": {":value": {"S": value}},
        }
        return self._read_all(parameters, consistent=False)

    def _read_all(self, parameters: Mapping[str, Any], *, consistent: bool = True) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self.call("query", ConsistentRead=consistent, **parameters, **start)
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Any operation on this table, with its answer."""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(TableName=self._name, **parameters)
        except AWS_ERRORS as error:
            raise make_error(operation, error) from None
        return answer

    def call_if(self, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """The answer to a write whose condition held, None if it did not."""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(TableName=self._name, **parameters)
        except AWS_ERRORS as error:
            if get_code(error) == "ConditionalCheckFailedException":
                return None
            raise make_error(operation, error) from None
        return answer

    def try_write(self, operation: str, **parameters: Any) -> bool:
        """Whether the condition of this write held."""
        return self.call_if(operation, **parameters) is not None

    def transact(self, *steps: tuple[str, Mapping[str, Any]]) -> None:
        """Write all or nothing: each step an action with its parameters. AWS's errors are passed on."""
        items = [{action: {"TableName": self._name, **parameters}} for action, parameters in steps]
        self._client.transact_write_items(TransactItems=items)


class TableAdapter:
    """An adapter whose memory is in a table."""

    def __init__(self, *, client: Any, table: str) -> None:
        self._table = DynamoTable(client=client, table=table)


def find_cancellations(error: Exception) -> list[str | None]:
    """What each step of a transaction was cancelled for, at least three."""
    reasons = error.response.get("CancellationReasons", []) if isinstance(error, ClientError) else []
    return [reason.get("Code") for reason in reasons] + [None, None, None]


def make_error(operation: str, error: Exception) -> RetryableError:
    """What to raise when AWS refused: with its code and never with its text, which may quote an item."""
    return RetryableError(f"the state table refused {operation}: {get_code(error)}")


def make_key(pk: str, sk: str) -> dict[str, Any]:
    """The key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def write_document(one: Serializable) -> dict[str, str]:
    """What is stored whole, as one attribute."""
    return {"S": json.dumps(one.as_document(), sort_keys=True)}


def read_document(cls: type[_Stored], item: Mapping[str, Any], name: str = "document") -> _Stored:
    """What `write_document` wrote to the attribute of this name; the item's version, if any, is a field."""
    version = {"version": int(item["version"]["N"])} if "version" in item else {}
    return cls.from_document(json.loads(item[name]["S"]) | version)


def make_item(key: Mapping[str, Any], one: Serializable, *, at: datetime, kept: timedelta) -> dict[str, Any]:
    """An item with this document, which is kept for so long."""
    return {**key, "document": write_document(one), "expires_at": make_expiry(at, kept)}


def make_versioned_put(item: Mapping[str, Any], version: int) -> dict[str, Any]:
    """The parameters of a put that only takes the place of what was read in this version, 0 for none."""
    put = {"Item": {**item, "version": {"N": str(version + 1)}}}
    if not version:
        return put | {"ConditionExpression": "attribute_not_exists(pk)"}
    known = {":version": {"N": str(version)}}
    return put | {"ConditionExpression": "version = :version", "ExpressionAttributeValues": known}


def make_expiry(start: datetime, kept: timedelta = timedelta()) -> dict[str, str]:
    """For `expires_at`: so long after the start. DynamoDB deletes later than that, by days even."""
    return {"N": str(int((start + kept).timestamp()))}
