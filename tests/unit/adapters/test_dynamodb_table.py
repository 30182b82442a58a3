"""The table itself: what all adapters over it rely on."""

import pytest

from rollcall.adapters.state.table import DynamoTable, make_key
from tests.support.moto_aws import TABLE

#: More than one answer of a query holds (1 MB).
MANY, LARGE = 5, "x" * 300_000


@pytest.fixture
def table(dynamodb):
    return DynamoTable(client=dynamodb, table=TABLE)


def fill(table, **more):
    for number in range(MANY):
        table.call("put_item", Item=make_key("many", f"part#{number}") | more)
    table.call("put_item", Item=make_key("many", "zebra"))
    table.call("put_item", Item=make_key("other", "part#0"))


def sort_keys(items):
    return [item["sk"]["S"] for item in items]


def test_a_query_goes_on_where_an_answer_was_full(table, dynamodb):
    fill(table, large={"S": LARGE})
    answers = []

    class Watching:
        def query(self, **parameters):
            answers.append(dynamodb.query(**parameters))
            return answers[-1]

    found = DynamoTable(client=Watching(), table=TABLE).query("many")
    assert sort_keys(found) == [*(f"part#{number}" for number in range(MANY)), "zebra"]
    assert len(answers) > 1


def test_a_limit_is_one_answer(table):
    fill(table)
    assert sort_keys(table.query("many", limit=2)) == ["part#0", "part#1"]


def test_a_prefix_chooses_by_the_sort_key(table):
    fill(table)
    assert len(table.query("many", prefix="part#")) == MANY
    assert table.query("many", prefix="none") == []


class TestIndex:
    """Only items that have the index's attribute are in it, and they are found by its value alone."""

    def test_it_finds_those_of_a_value_wherever_they_are(self, table):
        fill(table)
        for number in range(3):
            pending = {"pending": {"S": "contact" if number else "incident"}, "more": {"N": str(number)}}
            table.call("put_item", Item=make_key(f"contact#{number}", "record") | pending)
        found = table.query_index("pending", "contact")
        assert [(item["pk"]["S"], item["more"]["N"]) for item in found] == [
            ("contact#1", "1"),
            ("contact#2", "2"),
        ]
        assert table.query_index("pending", "none") == []

    def test_it_goes_on_where_an_answer_was_full(self, table, dynamodb):
        fill(table, large={"S": LARGE}, pending={"S": "contact"})
        answers = []

        class Watching:
            def query(self, **parameters):
                answers.append(dynamodb.query(**parameters))
                return answers[-1]

        found = DynamoTable(client=Watching(), table=TABLE).query_index("pending", "contact")
        assert sorted(sort_keys(found)) == [f"part#{number}" for number in range(MANY)]
        assert len(answers) > 1
