"""What a request to DynamoDB names: its keys, its texts, and what it wants to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaos.fakes import expressions
from chaos.fakes.errors import make_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError

    from chaos.fakes.expressions import Item

Key = tuple[str, str]
_COMMON: Final = {"TableName", "ExpressionAttributeNames", "ExpressionAttributeValues"}
_WRITE: Final = _COMMON | {"ConditionExpression", "ReturnValues", "ReturnValuesOnConditionCheckFailure"}
_READ: Final = {"ConsistentRead", "ProjectionExpression"}
_LIST: Final = (
    _COMMON
    | _READ
    | {"FilterExpression", "Limit", "ExclusiveStartKey", "IndexName", "Select", "ReturnConsumedCapacity"}
)
ALLOWED: Final[dict[str, set[str]]] = {
    "GetItem": {"TableName", "Key", "ExpressionAttributeNames"} | _READ,
    "PutItem": _WRITE | {"Item"},
    "UpdateItem": _WRITE | {"Key", "UpdateExpression"},
    "DeleteItem": _WRITE | {"Key"},
    "Query": _LIST | {"KeyConditionExpression", "ScanIndexForward"},
    "Scan": _LIST,
    "TransactWriteItems": {"TransactItems", "ClientRequestToken"},
    "TransactGetItems": {"TransactItems"},
    "BatchGetItem": {"RequestItems"},
}
#: Parts of a transaction that are checked and written as the operations of their names are.
STEPS: Final = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": ""}
MOST_STEPS: Final = 100


def make_cancellation(reasons: list[dict[str, Any]]) -> ClientError:
    """A transaction that was cancelled, with a reason for each of its steps."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return make_error(
        "TransactWriteItems",
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=reasons,
    )


def make_key(key: Mapping[str, Any]) -> Key:
    """The key that a request names; ExpressionError if it is none."""
    if set(key) != {"pk", "sk"} or not key["pk"]["S"] or not key["sk"]["S"]:
        raise expressions.ExpressionError("The provided key element does not match the schema")
    return key["pk"]["S"], key["sk"]["S"]


def find_key(step: Mapping[str, Any]) -> Key:
    """What a step of a transaction writes."""
    ((action, given),) = step.items()
    if action not in STEPS:
        raise TypeError(f"no step of a transaction: {action}")
    found = given["Item"] if action == "Put" else given["Key"]
    return found["pk"]["S"], found["sk"]["S"]


def find_partition(text: str, names: Mapping[str, str] | None, values: Mapping[str, Any] | None) -> str:
    """The partition that a query names."""
    tokens = expressions.split(text)
    for position, token in enumerate(tokens):
        if (names or {}).get(token, token) == "pk" and tokens[position + 1] == "=":
            return str((values or {})[tokens[position + 2]]["S"])
    raise expressions.ExpressionError("a query names the whole partition key")


def list_texts(given: Mapping[str, Any]) -> list[str]:
    """Texts of a query beside its condition on keys."""
    return [given[name] for name in ("FilterExpression", "ProjectionExpression") if name in given]


def wants_old(given: Mapping[str, Any]) -> bool:
    """Whether a condition that fails is to be answered with what is there."""
    return given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def choose_answer(given: Mapping[str, Any], before: Item | None, after: Item | None) -> dict[str, Any]:
    """What the answer to a write shows."""
    wanted = {"ALL_OLD": before, "ALL_NEW": after}.get(given.get("ReturnValues", "NONE"))
    return {"Attributes": dict(wanted)} if wanted else {}
