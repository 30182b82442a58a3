"""No attribute has a reserved word for a name: AWS refuses the whole call, and only then."""

import ast
import re
from pathlib import Path

import pytest

import rollcall.adapters
from rollcall.adapters.state.table import DynamoTable
from tests.support.cases import check_each
from tests.support.reserved_words import find_expressions, find_reserved, list_reserved

MODULES = sorted(Path(rollcall.adapters.__file__).parent.rglob("*.py"))
#: Parts of expressions, among the texts of a module.
_PART = re.compile(r"\b(SET|REMOVE|ADD) |[=<>] ?:|attribute_(not_)?exists|begins_with|contains\(|size\(")


def test_the_list_is_awss():
    assert len(list_reserved()) == 573
    assert {"FOUND", "AT", "NAME"} <= list_reserved()


@pytest.mark.parametrize(
    ("expression", "reserved"),
    [
        ("SET found = :found, #at = :at REMOVE pending", {"found"}),
        ("attribute_not_exists(pk) OR lease_until <= :now", set()),
        ("begins_with(name, :name) AND size(ids) < :most", {"name"}),
    ],
)
def test_reserved_words_are_found_whatever_is_around_them(expression, reserved):
    assert find_reserved(expression) == reserved


def test_parts_of_transactions_are_seen():
    part = {"Update": {"Key": {"pk": {"S": "x"}}, "UpdateExpression": "SET a = :a"}}
    assert list(find_expressions({"TransactItems": [part]})) == ["SET a = :a"]


@check_each("path", MODULES)
def test_no_expression_in_the_code_names_one(path):
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PART.search(node.value)
    ]
    assert {word for text in texts if "\n" not in text for word in find_reserved(text)} == set()


def test_a_call_with_one_fails_in_every_test_of_an_adapter(dynamodb):
    """Also names that are put together, such as those of a pause: moto takes some that AWS refuses."""
    table = DynamoTable(client=dynamodb, table="state")
    with pytest.raises(AssertionError, match="name"):
        table.call(
            "delete_item",
            Key={"pk": {"S": "a"}, "sk": {"S": "b"}},
            ConditionExpression="name = :name",
            ExpressionAttributeValues={":name": {"S": "x"}},
        )
