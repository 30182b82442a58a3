"""What a DynamoDB call is billed as: request units, by the sizes of the items that it reads and writes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: Bytes of one unit. A consistent read of so much is one unit, in a transaction each write is two.
READ_BYTES, WRITE_BYTES = 4096, 1024
_IN_TRANSACTION = 2
_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


def size_of(item: Mapping[str, Any]) -> int:
    """Bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def billed(
    client: Any, operation: str, parameters: Mapping[str, Any], call: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, int]]:
    """Make the call; its answer, and its `read` and `write` units.

    Reads of our adapters are all consistent. `client` is asked for the items that are written, before and
    after: a write is billed by the larger one.
    """
    if operation in _WRITES:
        writes, factor = [parameters], 1
    elif operation == "TransactWriteItems":
        items = parameters["TransactItems"]
        writes, factor = [given for part in items for given in part.values()], _IN_TRANSACTION
    else:
        answer = call()
        return answer, {"read": _read_units(client, operation, parameters, answer)}
    before = [_stored(client, write) for write in writes]
    answer = call()
    after = [_stored(client, write) for write in writes]
    sizes = map(max, before, after)
    return answer, {"write": factor * sum(max(1, ceil(size / WRITE_BYTES)) for size in sizes)}


def table_bytes(client: Any, table: str) -> int:
    """What is stored, with the 100 bytes that DynamoDB adds to each item."""
    return sum(size_of(item) + 100 for item in _all(client, table))


def _read_units(client: Any, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> int:
    items: Iterable[Mapping[str, Any]]
    match operation:
        case "BatchGetItem":  # each item is rounded up by itself, also one that is not there
            ((table, found),) = answer["Responses"].items()
            missing = len(parameters["RequestItems"][table]["Keys"]) - len(found)
            return missing + sum(max(1, ceil(size_of(item) / READ_BYTES)) for item in found)
        case "GetItem":
            items = [answer.get("Item", {})]
        case "Query":
            items = answer["Items"]
        case "Scan":  # what the filter leaves out was read, too
            items = _all(client, parameters["TableName"])
        case _:
            raise NotImplementedError(f"no rule for the units of {operation}")
    return max(1, ceil(sum(map(size_of, items)) / READ_BYTES))


def _stored(client: Any, write: Mapping[str, Any]) -> int:
    key = write.get("Key") or {name: write["Item"][name] for name in ("pk", "sk")}
    item = client.get_item(TableName=write["TableName"], Key=key, ConsistentRead=True).get("Item", {})
    return size_of(item)


def _all(client: Any, table: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table)
    return [item for page in pages for item in page["Items"]]


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            size = len(content.encode())
        case "N":  # about a byte for two digits, and one
            size = ceil(len(content) / 2) + 1
        case "B":
            size = len(content)
        case "SS":
            size = sum(len(one.encode()) for one in content)
        case "BOOL" | "NULL":
            size = 1
        case _:
            raise NotImplementedError(f"no rule for the size of {kind}")
    return size
