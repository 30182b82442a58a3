"""One DynamoDB table with keys `pk` and `sk`, sparse indexes and a time to live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes import expressions
from chaos.fakes.errors import make_error
from chaos.fakes.requests import (
    ALLOWED,
    MOST_STEPS,
    STEPS,
    choose_answer,
    find_key,
    find_partition,
    list_texts,
    make_cancellation,
    make_key,
    wants_old,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chaos.fakes.expressions import Item
    from chaos.fakes.requests import Key

#: AWS's largest item, in bytes.
_LARGEST: Final = 400 * 1024
#: How late an index may be, in seconds.
INDEX_LAG: Final = 0.5
#: How long a token of a transaction is remembered.
_TOKEN_SECONDS: Final = 600


class _ConditionFailedError(Exception):
    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


@dataclass(slots=True)
class Table:
    """The table; all reads of it are consistent, those of its indexes late.

    `indexes` names the partition key of each index, and its sort key if it has one. `ttl_lag` is how long
    an item stays after its `expires_at`, in seconds.
    """

    now: Callable[[], float]
    indexes: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    ttl_lag: float = 0.0
    page: int | None = None
    #: Every write in its order: time, key, the item before and after it.
    writes: list[tuple[float, Key, Item | None, Item | None]] = field(default_factory=list)
    _items: dict[str, dict[str, Item]] = field(default_factory=dict)
    _tokens: dict[str, float] = field(default_factory=dict)

    def call(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of one operation; ClientError as AWS raises it."""
        allowed = ALLOWED.get(operation)
        if allowed is None or not allowed.issuperset(given):
            raise TypeError(f"{operation} with {sorted(set(given) - (allowed or set()))} is not modelled")
        try:
            answer: dict[str, Any] = getattr(self, f"_{operation}")(**given)
        except _ConditionFailedError as failed:
            item: dict[str, Any] = {"Item": failed.item} if failed.item and wants_old(given) else {}
            text = "The conditional request failed"
            raise make_error(operation, "ConditionalCheckFailedException", text, **item) from None
        except expressions.ExpressionError as error:
            raise make_error(operation, "ValidationException", str(error)) from None
        return answer

    def find_items(self) -> Iterable[tuple[Key, Item]]:
        """All items that have not expired."""
        for pk in list(self._items):
            for sk in list(self._items[pk]):
                item = self._read((pk, sk))
                if item is not None:
                    yield (pk, sk), item

    def list_keys(self, operation: str, given: Mapping[str, Any]) -> list[Key]:
        """What a call writes."""
        if operation == "TransactWriteItems":
            return [find_key(step) for step in given["TransactItems"]]
        key = given.get("Key") or given.get("Item")
        return [(key["pk"]["S"], key["sk"]["S"])] if key else []

    def _GetItem(self, *, Key: Item, **_other: Any) -> dict[str, Any]:  # noqa: N802, N803
        item = self._read(make_key(Key))
        return {"Item": dict(item)} if item else {}

    def _BatchGetItem(self, *, RequestItems: dict[str, dict[str, Any]]) -> dict[str, Any]:  # noqa: N802, N803
        ((table, asked),) = RequestItems.items()
        items = [self._read(make_key(key)) for key in asked["Keys"]]
        return {"Responses": {table: [dict(item) for item in items if item]}, "UnprocessedKeys": {}}

    def _PutItem(self, **given: Any) -> dict[str, Any]:  # noqa: N802
        key, after = self._prepare("PutItem", given)
        before = self._read(key)
        self._write(key, after)
        return choose_answer(given, before, after)

    def _UpdateItem(self, **given: Any) -> dict[str, Any]:  # noqa: N802
        key, after = self._prepare("UpdateItem", given)
        before = self._read(key)
        self._write(key, after)
        return choose_answer(given, before, after)

    def _DeleteItem(self, **given: Any) -> dict[str, Any]:  # noqa: N802
        key, _ = self._prepare("DeleteItem", given)
        before = self._read(key)
        self._write(key, None)
        return choose_answer(given, before, None)

    def _TransactWriteItems(  # noqa: N802
        self,
        *,
        TransactItems: list[dict[str, Any]],  # noqa: N803
        ClientRequestToken: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        if ClientRequestToken and self.now() - self._tokens.get(ClientRequestToken, 0) < _TOKEN_SECONDS:
            return {}
        keys = [find_key(step) for step in TransactItems]
        if not 1 <= len(keys) <= MOST_STEPS or len(set(keys)) != len(keys):
            text = "Transaction request cannot include multiple operations on one item"
            raise make_error("TransactWriteItems", "ValidationException", text)
        prepared: list[tuple[Key, Item | None] | None] = []
        reasons: list[dict[str, Any]] = []
        for step in TransactItems:
            ((action, given),) = step.items()
            try:
                prepared.append(self._prepare_step(action, given))
                reasons.append({"Code": "None"})
            except _ConditionFailedError as failed:
                old = {"Item": failed.item} if failed.item and wants_old(given) else {}
                reasons.append(
                    {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", **old}
                )
        if any(reason["Code"] != "None" for reason in reasons):
            raise make_cancellation(reasons)
        for change in prepared:
            if change is not None:
                self._write(*change)
        if ClientRequestToken:
            self._tokens[ClientRequestToken] = self.now()
        return {}

    def _Query(self, *, KeyConditionExpression: str, **given: Any) -> dict[str, Any]:  # noqa: N802, N803
        names, values = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
        texts = [KeyConditionExpression, *list_texts(given)]
        expressions.check_placeholders(texts, names, values)
        index = given.get("IndexName")
        hashed = self.indexes[index][0] if index else "pk"
        named = {hashed, *(key for key, name in (names or {}).items() if name == hashed)}
        if not named & set(expressions.split(KeyConditionExpression)):
            raise expressions.ExpressionError("a query names the whole partition key")
        if index:
            found = list(self._read_index(index, given))
        else:
            pk = find_partition(KeyConditionExpression, names, values)
            found = [
                ((pk, sk), item)
                for sk in sorted(self._items.get(pk, ()))
                if (item := self._read((pk, sk))) is not None
            ]
        found = [
            (key, item)
            for key, item in found
            if expressions.holds(KeyConditionExpression, item, names, values)
        ]
        if not given.get("ScanIndexForward", True):
            found.reverse()
        return self._page(found, given)

    def _read_index(self, index: str, given: Mapping[str, Any]) -> Iterable[tuple[Key, Item]]:
        """The items that have the index's keys, as they were a moment ago."""
        if given.get("ConsistentRead"):
            raise expressions.ExpressionError(
                "Consistent reads are not supported on global secondary indexes"
            )
        hashed, ranged = self.indexes[index]
        known = dict(self.find_items())
        for time, key, before, _ in reversed(self.writes):
            if time < self.now() - INDEX_LAG:
                break
            if before is None:
                known.pop(key, None)
            else:
                known[key] = before
        kept = [
            (key, item) for key, item in known.items() if hashed in item and (not ranged or ranged in item)
        ]
        return sorted(
            kept, key=lambda one: (*(str(one[1].get(name or "")) for name in (hashed, ranged)), one[0])
        )

    def _page(self, found: list[tuple[Key, Item]], given: Mapping[str, Any]) -> dict[str, Any]:
        start = given.get("ExclusiveStartKey")
        if start is not None:
            at = [key for key, _ in found].index(make_key(start))
            found = found[at + 1 :]
        limits = [limit for limit in (given.get("Limit"), self.page) if limit]
        limit = min(limits) if limits else None
        taken = found if limit is None else found[:limit]
        condition = given.get("FilterExpression")
        names, values = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
        kept = [
            dict(item)
            for _, item in taken
            if not condition or expressions.holds(condition, item, names, values)
        ]
        answer: dict[str, Any] = {"Items": kept, "Count": len(kept), "ScannedCount": len(taken)}
        if limit is not None and len(taken) == limit:
            pk, sk = taken[-1][0]
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": sk}}
        return answer

    def _prepare_step(self, action: str, given: Mapping[str, Any]) -> tuple[Key, Item | None] | None:
        if action == "ConditionCheck":
            self._check(make_key(given["Key"]), given, [])
            return None
        return self._prepare(STEPS[action], given)

    def _prepare(self, operation: str, given: Mapping[str, Any]) -> tuple[Key, Item | None]:
        """The key and what is to stand there; checks the condition."""
        if operation == "PutItem":
            item = dict(given["Item"])
            expressions.check_item(item)
            if sum(len(str(value)) for value in item.values()) > _LARGEST:
                raise expressions.ExpressionError("Item size has exceeded the maximum allowed size")
            key = (item["pk"]["S"], item["sk"]["S"])
            self._check(key, given, [])
            return key, item
        key = make_key(given["Key"])
        text = given.get("UpdateExpression")
        before = self._check(key, given, [text] if text else [])
        if operation == "DeleteItem":
            return key, None
        known = before or {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        names, values = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
        after = expressions.update(text, known, names, values) if text else dict(known)
        expressions.check_item(after)
        return key, after

    def _check(self, key: Key, given: Mapping[str, Any], others: list[str]) -> Item | None:
        condition = given.get("ConditionExpression")
        names, values = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
        expressions.check_placeholders([*others, *([condition] if condition else [])], names, values)
        item = self._read(key)
        if condition and not expressions.holds(condition, item or {}, names, values):
            raise _ConditionFailedError(item)
        return item

    def _read(self, key: Key) -> Item | None:
        item = self._items.get(key[0], {}).get(key[1])
        if item is not None and "expires_at" in item:
            ((_, expiry),) = item["expires_at"].items()
            if float(expiry) + self.ttl_lag < self.now():
                self._write(key, None)
                return None
        return item

    def _write(self, key: Key, item: Item | None) -> None:
        before = self._items.get(key[0], {}).get(key[1])
        self.writes.append((self.now(), key, before, item))
        if item is not None:
            self._items.setdefault(key[0], {})[key[1]] = item
        elif before is not None:
            del self._items[key[0]][key[1]]
