"""What the Account API does with the requests that it accepts."""

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from simulation import ApiError, Caller
from simulation.account_api import QUOTAS, AccountService
from simulation.cloudtrail import MASKED

MODEL: Any = botocore.session.get_session().get_service_model("account")
MEMBER, HUB, MANAGEMENT = "222222222222", "333333333333", "111111111111"
KIND = {"AlternateContactType": "SECURITY"}


def read(client, **params):
    return client.get_alternate_contact(**KIND, **params)["AlternateContact"]


def test_masked_members_are_those_that_the_service_model_calls_sensitive():
    organizations: Any = botocore.session.get_session().get_service_model("organizations")
    create = organizations.operation_model("CreateAccount").input_shape.members
    assert {name for name, shape in create.items() if shape.metadata.get("sensitive")} == MASKED


def test_answers_fit_the_service_model(world, contact, misfits):
    client = world.client("account", "hub")
    assert client.put_alternate_contact(AccountId=MEMBER, **contact).keys() == {"ResponseMetadata"}
    answer = client.get_alternate_contact(AccountId=MEMBER, **KIND)
    del answer["ResponseMetadata"]
    assert misfits(MODEL.operation_model("GetAlternateContact").output_shape, answer) == []
    assert answer["AlternateContact"] == contact
    assert client.delete_alternate_contact(AccountId=MEMBER, **KIND).keys() == {"ResponseMetadata"}


@pytest.mark.parametrize(
    ("writer", "reader", "account_id"),
    [
        ("hub", "member", MEMBER),
        ("management", "member", MEMBER),
        ("hub", "hub", HUB),
        ("management", "hub", HUB),
    ],
)
def test_organizations_mode_reaches_the_named_account_also_the_hubs_own(
    world, contact, writer, reader, account_id
):
    world.client("account", writer).put_alternate_contact(AccountId=account_id, **contact)
    assert read(world.client("account", reader)) == contact
    assert [a.id for a in world.organization.accounts.values() if a.contacts] == [account_id]


@pytest.mark.parametrize(
    ("who", "account_id"), [("member", MEMBER), ("hub", HUB), ("management", MANAGEMENT)]
)
def test_standalone_mode_is_about_the_caller_and_needs_no_trusted_access(world, contact, who, account_id):
    world.organization.trusted_access.clear()
    world.client("account", who).put_alternate_contact(**contact)
    assert world.organization.accounts[account_id].contacts.keys() == {"SECURITY"}


def test_an_account_outside_the_organization_is_denied(world):
    with pytest.raises(ClientError, match=r"is not authorized to perform: account:GetAlternateContact$"):
        read(world.client("account", "outsider"))


def test_the_address_is_trimmed_and_everything_else_kept_as_sent(world, contact):
    client = world.client("account", "member")
    sent = {
        "Name": "  Name  ",
        "PhoneNumber": " +1 (202) 555-0100 ",
        "Title": " T ",
        "EmailAddress": "  P+o@Ex.co  ",
    }
    client.put_alternate_contact(**{**contact, **sent})
    assert read(client) == {**KIND, **sent, "EmailAddress": "P+o@Ex.co"}


def test_put_replaces_everything_of_its_kind_and_nothing_of_another(world, contact):
    client = world.client("account", "member")
    client.put_alternate_contact(**{**contact, "AlternateContactType": "BILLING"})
    client.put_alternate_contact(**contact)
    other = {**KIND, "Name": "n", "Title": "t", "EmailAddress": "n@example.com", "PhoneNumber": "1"}
    client.put_alternate_contact(**other)
    assert read(client) == other
    billing = client.get_alternate_contact(AlternateContactType="BILLING")["AlternateContact"]
    assert billing == {**contact, "AlternateContactType": "BILLING"}


def test_the_second_delete_finds_nothing(world, contact):
    client = world.client("account", "member")
    client.put_alternate_contact(**contact)
    client.delete_alternate_contact(**KIND)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.delete_alternate_contact(**KIND)


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE"])
def test_inactive_accounts_can_be_read(world, contact, state):
    client = world.client("account", "hub")
    client.put_alternate_contact(AccountId=MEMBER, **contact)
    world.organization.accounts[MEMBER].state = state
    assert read(client, AccountId=MEMBER) == contact


@pytest.mark.parametrize(
    ("operation", "burst", "rate"),
    [("GetAlternateContact", 15, 10), ("PutAlternateContact", 8, 5), ("DeleteAlternateContact", 6, 1)],
)
def test_quotas_are_spent_by_the_caller_and_refilled_by_time(world, contact, operation, burst, rate):
    def granted(caller):
        try:
            world.cloud.call("account", operation, {**contact}, caller)
        except ApiError as error:
            if (error.code, error.status) == ("TooManyRequestsException", 429):
                return False
        return True

    mary, hub = Caller.role(MEMBER, "Dev", "mary"), Caller.role(HUB, "Ops", "ops")
    assert [granted(mary) for _ in range(burst + 2)] == [True] * burst + [False] * 2
    assert granted(hub)
    world.clock.sleep(1)
    assert [granted(mary) for _ in range(rate + 1)] == [True] * rate + [False]
    for _ in range(3 * rate):
        world.clock.sleep(1 / rate)
        assert granted(mary)


def test_ten_tenths_of_a_second_refill_one_request(world):
    client = world.client("account", "member")

    def throttled():
        with pytest.raises(ClientError) as caught:
            client.delete_alternate_contact(**KIND)
        return caught.value.response["Error"]["Code"] == "TooManyRequestsException"

    assert [throttled() for _ in range(7)] == [False] * 6 + [True]
    answers = []
    for _ in range(10):
        world.clock.sleep(0.1)
        answers.append(throttled())
    assert answers == [True] * 9 + [False]


def test_every_operation_has_a_quota():
    assert AccountService.operations == QUOTAS.keys()


def test_reads_are_stale_for_the_propagation_delay_and_writes_are_not(build, contact):
    world = build(propagation_seconds=2)
    client = world.client("account", "member")
    client.put_alternate_contact(**contact)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        read(client)
    world.clock.sleep(1)
    second = {**contact, "Name": "Second"}
    client.put_alternate_contact(**second)
    world.clock.sleep(1)
    assert read(client) == contact
    client.delete_alternate_contact(**KIND)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.delete_alternate_contact(**KIND)
    world.clock.sleep(1)
    assert read(client) == second
    world.clock.sleep(1)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        read(client)


def test_injected_failures_hit_only_what_they_name_and_run_out(world, contact):
    client = world.client("account", "hub")
    fault = ApiError("InternalServerException", "", 500)
    world.cloud.account.fail_next("PutAlternateContact", fault, times=2, account=MEMBER, kind="SECURITY")
    client.put_alternate_contact(AccountId=HUB, **contact)
    client.put_alternate_contact(AccountId=MEMBER, **{**contact, "AlternateContactType": "BILLING"})
    for _ in range(2):
        with pytest.raises(client.exceptions.InternalServerException) as caught:
            client.put_alternate_contact(AccountId=MEMBER, **contact)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert world.organization.accounts[MEMBER].contacts.keys() == {"BILLING"}
    client.put_alternate_contact(AccountId=MEMBER, **contact)
    assert world.organization.accounts[MEMBER].contacts.keys() == {"BILLING", "SECURITY"}


def test_a_lost_answer_is_a_failure_after_the_change(world, contact):
    client = world.client("account", "member")
    fault = ApiError("InternalServerException", "", 500)
    world.cloud.account.fail_next("PutAlternateContact", fault, applied=True)
    with pytest.raises(client.exceptions.InternalServerException):
        client.put_alternate_contact(**contact)
    assert read(client) == contact
    client.put_alternate_contact(**contact)


def test_the_client_checks_parameters_as_boto3_does(world, contact):
    client = world.client("account", "member")
    with pytest.raises(ParamValidationError):
        client.put_alternate_contact(AlternateContactType="SECURITY", Name="SOC")
    with pytest.raises(ParamValidationError):
        client.get_alternate_contact(**KIND, Nonsense="x")
    with pytest.raises(AttributeError):
        client.put_alternate_contacts(**contact)
    assert world.events == []


def test_regions_are_switched_with_their_events(world):
    account = world.client("account", "member")
    assert account.get_region_opt_status(RegionName="us-east-1")["RegionOptStatus"] == "ENABLED_BY_DEFAULT"
    assert account.get_region_opt_status(RegionName="eu-south-1")["RegionOptStatus"] == "DISABLED"
    account.enable_region(RegionName="eu-south-1")
    switched = account.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"]
    assert switched == [{"RegionName": "eu-south-1", "RegionOptStatus": "ENABLED"}]
    first = account.list_regions(MaxResults=20)
    rest = account.list_regions(MaxResults=20, NextToken=first["NextToken"])
    assert len(first["Regions"] + rest["Regions"]) == 34
    for wrong in ("us-east-1", "xx-north-9"):
        with pytest.raises(account.exceptions.ValidationException):
            account.disable_region(RegionName=wrong)
        world.clock.sleep(2)
    details = [event["detail"] for _, event in world.events if event["source"] == "aws.account"]
    assert [detail.get("eventName") or detail["status"] for detail in details][:3] == [
        "EnableRegion",
        "ENABLING",
        "ENABLED",
    ]
    assert details[0]["requestParameters"] == {"regionName": "eu-south-1"}
