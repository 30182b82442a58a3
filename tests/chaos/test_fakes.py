"""The fakes of AWS and the oracle stand alone, and refuse what AWS refuses."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

import chaos
from chaos.fakes.account import PRIMARY, PRIMARY_FIELDS, AccountService
from chaos.fakes.dynamodb import Table
from chaos.fakes.people import Identity
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


VALID = {
    "FullName": "Ana",
    "AddressLine1": "1 Any Street",
    "City": "Lisbon",
    "PostalCode": "1000-001",
    "CountryCode": "pt",
    "PhoneNumber": "+351 21 555-0100",
}
STORED = VALID | {"CountryCode": "PT"}
MANAGEMENT, HUB, MEMBER, NEW = "111111111111", "333333333333", "222222222222", "444444444444"


class Accounts:
    """The Account API with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.service = AccountService(
            now=lambda: self.now, accounts={MANAGEMENT, HUB, MEMBER}, management=MANAGEMENT, hub=HUB
        )
        for account in (MANAGEMENT, HUB, MEMBER):
            self.service.set_first(account, PRIMARY, (account, *[""] * 11))

    def put(self, contact: Any, caller: str = MEMBER, **given: str) -> None:
        given |= {"ContactInformation": contact}
        self.service.call("PutContactInformation", given, Identity(caller, "Dev", "x"), request_id="r")

    def get(self, caller: str = MEMBER, *, late: float = 0.0, **given: str) -> Any:
        identity = Identity(caller, "Dev", "x")
        answer = self.service.call("GetContactInformation", given, identity, request_id="r", late=late)
        return answer["ContactInformation"]

    def find_refusal(self, contact: Any, caller: str = MEMBER, **given: str) -> tuple[str, str]:
        before = {contact: list(changes) for contact, changes in self.service.history.items()}
        with pytest.raises(ClientError) as caught:
            self.put(contact, caller, **given)
        assert self.service.history == before
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


def test_a_primary_contact_is_replaced_as_a_whole_and_its_country_upper_cased() -> None:
    accounts = Accounts()
    accounts.put(VALID | {"CompanyName": "Corp", "AddressLine2": " 2 ", "WebsiteUrl": None})
    accounts.now += 1
    assert accounts.get() == STORED | {"CompanyName": "Corp", "AddressLine2": " 2 "}
    accounts.put(VALID, HUB, AccountId=MEMBER)
    assert accounts.get(HUB, AccountId=MEMBER) == STORED
    assert accounts.get(late=0.5)["CompanyName"] == "Corp"
    accounts.put(VALID | {"CountryCode": "us", "StateOrRegion": "WA"}, MANAGEMENT)
    assert accounts.get(MANAGEMENT)["CountryCode"] == "US"


def test_the_fakes_take_and_refuse_the_same_primary_contacts_as_the_service_model() -> None:
    service: Any = get_session().get_service_model("account")
    model = service.operation_model("PutContactInformation").input_shape.members["ContactInformation"]
    assert {name: part.metadata["max"] for name, part in model.members.items()} == PRIMARY_FIELDS
    for name, most in PRIMARY_FIELDS.items():
        longest = "xx" if most == 2 else "+".ljust(most, "1")
        accounts = Accounts()
        accounts.put(VALID | {name: longest})
        for value in ("", longest + "1", 7):
            assert accounts.find_refusal(VALID | {name: value})[0] == "ValidationException"
            accounts.now += 1
        without = {key: value for key, value in VALID.items() if key != name}
        if name in model.required_members:
            assert accounts.find_refusal(without)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PhoneNumber": "021 555"}, 'does not match input string "021 555"'),
        ({"PhoneNumber": "+351 x"}, 'does not match input string "+351 x"'),
        ({"CountryCode": "1T"}, 'does not match input string "1T"'),
        *[({"CountryCode": code}, "StateOrRegion") for code in ("US", "ca", "GB", "DE", "JP", "IN", "br")],
        ({"Email": "x"}, "other members"),
    ],
)
def test_a_primary_contact_that_aws_refuses_is_refused(change: dict[str, str], said: str) -> None:
    code, text = Accounts().find_refusal(VALID | change)
    assert code == "ValidationException"
    assert said in text
    assert Accounts().find_refusal("x")[0] == "ValidationException"


@pytest.mark.parametrize(
    ("caller", "target"), [(HUB, MANAGEMENT), (MEMBER, MEMBER), (MEMBER, HUB), (HUB, NEW)]
)
def test_who_may_not_set_a_primary_contact_is_denied(caller: str, target: str) -> None:
    accounts = Accounts()
    code, text = accounts.find_refusal(VALID, caller, AccountId=target)
    assert code == "AccessDeniedException"
    assert text.endswith("is not authorized to perform: account:PutContactInformation")
    with pytest.raises(ClientError, match="account:GetContactInformation"):
        accounts.get(caller, AccountId=target)


def test_a_new_account_has_the_primary_contact_of_management_in_its_own_name() -> None:
    accounts = Accounts()
    accounts.put(VALID, MANAGEMENT)
    accounts.service.set_first(NEW, PRIMARY, None)
    accounts.service.add(NEW, "New Shop")
    assert accounts.get(HUB, AccountId=NEW) == STORED | {"FullName": "New Shop"}


def test_primary_contacts_have_quotas_of_their_own() -> None:
    accounts = Accounts()
    for _ in range(8):
        accounts.put(VALID)
    assert accounts.find_refusal(VALID)[0] == "TooManyRequestsException"
    for _ in range(15):
        accounts.get()
    with pytest.raises(ClientError, match="TooManyRequests"):
        accounts.get()
    accounts.now += 0.2
    accounts.put(VALID)
    assert [accounts.get() for _ in range(2)]
    assert accounts.find_refusal(VALID)[0] == "TooManyRequestsException"


def test_an_alternate_contact_is_no_primary_one() -> None:
    for given in ({}, {"AlternateContactType": PRIMARY}):
        with pytest.raises(ClientError, match="invalid Alternate Contact type"):
            Accounts().service.call("GetAlternateContact", given, Identity(MEMBER), request_id="r")
