"""What the entries of a roster matched. `test_memories.py` holds it to the memory of the core's tests."""

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.state.rosters import MatchTable
from rollcall.model.errors import RetryableError
from tests.support.cases import check_each
from tests.support.samples import MEMBER, Refusing, client_error

TABLE = "state"
OTHER = "444455556666"
TAG = "tag scope=pci"
#: As long as AWS lets names be: five units of 128 characters, and three tags.
LONGEST_PATH = "/".join(["名" * 128] * 5)
LONGEST_TAG = "tag " + ", ".join(f"{'鍵' * 127}{number}={'値' * 256}" for number in range(3))


@pytest.fixture
def matches(dynamodb):
    return MatchTable(client=dynamodb, table=TABLE)


def test_a_path_may_have_led_to_several_units(matches):
    for path, ou_id in (("Sandbox", "ou-1-a"), ("Sandbox", "ou-1-b"), ("a#b", "ou-1-a"), ("a#b", "ou-1-a")):
        matches.add_unit(path, ou_id)
    assert matches.list_units() == {
        "Sandbox": frozenset({"ou-1-a", "ou-1-b"}),
        "a#b": frozenset({"ou-1-a"}),
    }


def test_one_unit_of_one_path_is_forgotten(matches):
    for path, ou_id in (("Sandbox", "ou-1-a"), ("Sandbox", "ou-1-b"), ("Sandbox/Deeper", "ou-1-a")):
        matches.add_unit(path, ou_id)
    matches.forget_unit("Sandbox", "ou-1-a")
    assert matches.list_units() == {"Sandbox": frozenset({"ou-1-b"}), "Sandbox/Deeper": frozenset({"ou-1-a"})}
    matches.forget_unit("Sandbox", "ou-1-b")
    assert matches.list_units() == {"Sandbox/Deeper": frozenset({"ou-1-a"})}


def test_the_last_carrier_is_known_as_such(matches):
    for account_id in (MEMBER, OTHER):
        matches.set_tagged(TAG, account_id, carries=True)
    assert matches.has_others_tagged(TAG, MEMBER)
    assert matches.list_tagged(TAG) == {MEMBER, OTHER}
    matches.set_tagged(TAG, OTHER, carries=False)
    assert matches.is_tagged(TAG, MEMBER)
    assert not matches.is_tagged(TAG, OTHER)
    assert not matches.has_others_tagged(TAG, MEMBER)
    assert matches.list_tagged(TAG) == {MEMBER}
    assert matches.has_others_tagged(TAG, OTHER)


def test_forgetting_what_is_not_known_is_no_error(matches, items):
    matches.set_tagged(TAG, MEMBER, carries=False)
    matches.forget_unit("Sandbox", "ou-1-a")
    assert items() == {}


@pytest.mark.parametrize("path", [LONGEST_PATH, "Sandbox"], ids=["longest", "short"])
def test_a_path_may_be_as_long_as_aws_lets_it_be(matches, items, path):
    matches.add_unit(path, "ou-a1b2-xxxxxxxx")
    assert matches.list_units() == {path: frozenset({"ou-a1b2-xxxxxxxx"})}
    assert_keys_fit(items)
    matches.forget_unit(path, "ou-a1b2-xxxxxxxx")
    assert matches.list_units() == {}


def test_tags_may_be_as_long_as_aws_lets_them_be(matches, items):
    matches.set_tagged(LONGEST_TAG, MEMBER, carries=True)
    assert matches.is_tagged(LONGEST_TAG, MEMBER)
    assert matches.has_others_tagged(LONGEST_TAG, OTHER)
    assert_keys_fit(items)


def assert_keys_fit(items):
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    for pk, sk in items():
        assert len(pk.encode()) <= 2048
        assert len(sk.encode()) <= 1024


CALLS = [
    ("query", lambda matches: matches.list_units()),
    ("put_item", lambda matches: matches.add_unit("Sandbox", "ou-1-a")),
    ("delete_item", lambda matches: matches.forget_unit("Sandbox", "ou-1-a")),
    ("query", lambda matches: matches.list_guardrails()),
    ("put_item", lambda matches: matches.add_guardrail("p-1a2b3c4d")),
    ("get_item", lambda matches: matches.is_tagged(TAG, MEMBER)),
    ("query", lambda matches: matches.has_others_tagged(TAG, MEMBER)),
    ("query", lambda matches: matches.list_tagged(TAG)),
    ("put_item", lambda matches: matches.set_tagged(TAG, MEMBER, carries=True)),
    ("delete_item", lambda matches: matches.set_tagged(TAG, MEMBER, carries=False)),
]


@check_each(("operation", "call"), CALLS)
@check_each(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("AccessDeniedException"),
        client_error("ValidationException"),
        EndpointConnectionError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com"),
    ],
)
def test_a_broken_table_is_never_taken_for_no_match(dynamodb, operation, call, error):
    matches = MatchTable(client=Refusing({operation: error}, dynamodb), table=TABLE)
    with pytest.raises(RetryableError, match=f"the state table refused {operation}") as caught:
        call(matches)
    assert caught.value.__suppress_context__


def test_reads_are_consistent(dynamodb):
    seen = []

    class Watching:
        def __getattr__(self, name):
            def call(**parameters):
                seen.append((name, parameters.get("ConsistentRead")))
                return getattr(dynamodb, name)(**parameters)

            return call

    watched = MatchTable(client=Watching(), table=TABLE)
    watched.list_units()
    watched.list_guardrails()
    watched.is_tagged(TAG, MEMBER)
    watched.has_others_tagged(TAG, MEMBER)
    watched.list_tagged(TAG)
    assert seen == [("query", True), ("query", True), ("get_item", True), ("query", True), ("query", True)]
