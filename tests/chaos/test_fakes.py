"""The fakes of AWS and the oracle stand alone, and refuse what AWS refuses."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import chaos
from chaos.fakes.dynamodb import Table
from chaos.fakes.queue import Queue
from chaos.fakes.s3 import Buckets

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(chaos.__file__).parent
#: All but these know nothing of what they test.
KNOWING = {"driver.py", "variants/__init__.py", "run.py", "__main__.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def test_fakes_stories_and_oracle_import_nothing_of_rollcall() -> None:
    files = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).as_posix() not in KNOWING]
    roots = {name.partition(".")[0] for path in files for name in imported(path)}
    assert roots - sys.stdlib_module_names == {"__future__", "chaos", "botocore", "greenlet"} - {"__future__"}
    assert {ROOT / "oracle" / "people.py", ROOT / "fakes" / "dynamodb.py"} <= set(files)
    assert not {name for path in files for name in imported(path)} & {"chaos.driver", "chaos.variants"}


def test_time_is_asked_of_the_scheduler_only() -> None:
    for path in ROOT.rglob("*.py"):
        if path.name != "__main__.py":
            assert "time" not in set(imported(path))
            assert "datetime.now" not in path.read_text(encoding="utf-8")


@pytest.fixture
def table() -> Table:
    return Table(now=lambda: 1000.0, indexes={"open": ("marker", None)})


def item(pk: str, **attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "s"}} | attributes


def put(table: Table, given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return table.call("PutItem", {"TableName": "t", "Item": given, **more})


def find_code(table: Table, operation: str, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        table.call(operation, given)
    return caught.value.response["Error"]["Code"]


def test_a_condition_that_fails_writes_nothing(table: Table) -> None:
    put(table, item("a", n={"N": "1"}), ConditionExpression="attribute_not_exists(pk)")
    code = find_code(
        table,
        "PutItem",
        TableName="t",
        Item=item("a", n={"N": "2"}),
        ConditionExpression="n < :one OR NOT (n <> :one AND attribute_exists(pk)) AND n > :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    assert code == "ConditionalCheckFailedException"
    found = table.call("GetItem", {"TableName": "t", "Key": item("a"), "ConsistentRead": True})
    assert found["Item"]["n"] == {"N": "1"}


def test_a_transaction_writes_all_or_nothing_and_once_for_its_token(table: Table) -> None:
    put(table, item("a", n={"N": "1"}))
    step = {"TableName": "t", "Key": item("a"), "UpdateExpression": "SET n = n + :one"}
    add = {"Update": {**step, "ExpressionAttributeValues": {":one": {"N": "1"}}}}
    never = {"TableName": "t", "Item": item("b"), "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(ClientError) as caught:
        table.call("TransactWriteItems", {"TransactItems": [add, {"Put": never}]})
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    for _ in range(2):
        table.call("TransactWriteItems", {"TransactItems": [add], "ClientRequestToken": "x"})
    assert dict(table.find_items())["a", "s"]["n"] == {"N": "2"}


@pytest.mark.parametrize(
    "given",
    [
        {"ConditionExpression": "n = :one"},
        {"ExpressionAttributeValues": {":one": {"N": "1"}}},
        {"ConditionExpression": "n = :one", "ExpressionAttributeValues": {":one": {"N": 1}}},
        {"ConditionExpression": "n ==", "ExpressionAttributeValues": {}},
    ],
)
def test_what_aws_would_not_understand_is_refused(table: Table, given: dict[str, Any]) -> None:
    assert find_code(table, "PutItem", TableName="t", Item=item("a"), **given) == "ValidationException"


def test_an_index_holds_only_items_that_have_its_key_and_not_at_once() -> None:
    now = 1000.0
    table = Table(now=lambda: now, indexes={"open": ("marker", None)})
    put(table, item("a", marker={"S": "yes"}))
    put(table, item("b"))
    asked = {
        "TableName": "t",
        "IndexName": "open",
        "KeyConditionExpression": "marker = :yes",
        "ExpressionAttributeValues": {":yes": {"S": "yes"}},
    }
    assert table.call("Query", asked)["Items"] == []
    now = 1001.0
    assert [found["pk"]["S"] for found in table.call("Query", asked)["Items"]] == ["a"]
    assert find_code(table, "Query", **asked, ConsistentRead=True) == "ValidationException"


def test_an_object_is_put_once_if_asked_so() -> None:
    buckets = Buckets(now=lambda: 0.0, names=frozenset({"b"}))
    given = {"Bucket": "b", "Key": "k", "Body": b"1", "IfNoneMatch": "*"}
    buckets.call("PutObject", given)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        buckets.call("PutObject", given | {"Body": b"2"})
    assert buckets.call("GetObject", {"Bucket": "b", "Key": "k"})["Body"].read() == b"1"


def test_a_message_that_came_too_often_is_dead() -> None:
    now = 0.0
    queue = Queue(name="q", visibility=10, most_receives=2, now=lambda: now, wake=lambda _moment: None)
    queue.send("body", "m")
    message = None
    for _ in range(2):
        ((message, receipt),) = queue.receive(10)
        assert not queue.receive(10)
        queue.change_visibility(receipt, 3)
        now += 3
    assert message is not None
    assert message.receives == 2
    assert not queue.receive(10)
    assert queue.dead == [message]
