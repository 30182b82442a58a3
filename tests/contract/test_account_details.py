"""Name, root address and all operations but those of contacts: answers, validation, who may ask, events."""

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from simulation import ApiError, Caller
from simulation.account_api import AccountService
from tests.contract.conftest import CALLERS, HUB, MANAGEMENT, MEMBER, PRIMARY
from tests.support.cases import check_each

MODEL: Any = botocore.session.get_session().get_service_model("account")
REQUESTS: dict[str, dict[str, Any]] = {
    "GetContactInformation": {},
    "PutContactInformation": {"ContactInformation": PRIMARY},
    "GetAccountInformation": {},
    "PutAccountName": {"AccountName": "New"},
    "GetPrimaryEmail": {},
    "StartPrimaryEmailUpdate": {"PrimaryEmail": "n@example.com"},
    "AcceptPrimaryEmailUpdate": {"PrimaryEmail": "n@example.com", "Otp": "abc123"},
    "DisableRegion": {"RegionName": "eu-south-1"},
    "EnableRegion": {"RegionName": "eu-south-1"},
    "GetRegionOptStatus": {"RegionName": "eu-south-1"},
    "ListRegions": {"MaxResults": 5, "RegionOptStatusContains": ["ENABLED_BY_DEFAULT"]},
}


def refused(act, code):
    with pytest.raises(ClientError) as caught:
        act()
    error = caught.value
    assert error.response["Error"]["Code"] == code
    modelled = MODEL.operation_model(error.operation_name).error_shapes
    statuses = {shape.error_code: shape.metadata["error"]["httpStatusCode"] for shape in modelled}
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == statuses[code]
    return error.response["Error"]["Message"]


def test_everything_but_phones_is_answered():
    left_out = {name for name in MODEL.operation_names if "Phone" in name}
    left_out.update(("GetGovCloudAccountInformation", "GetPrimaryEmailUpdateStatus"))
    assert AccountService.operations == set(MODEL.operation_names) - left_out
    assert {
        name for name in AccountService.operations if not name.startswith(("Get", "List"))
    } == AccountService.mutating


@pytest.mark.parametrize("operation", sorted(REQUESTS))
def test_answers_fit_the_service_model(world, misfits, operation):
    world.organization.accounts[MEMBER].new_email = "n@example.com"
    params = REQUESTS[operation] | {"AccountId": MEMBER}
    body = world.cloud.call("account", operation, params, CALLERS["hub"]).body
    shape = MODEL.operation_model(operation).output_shape
    assert body == {} if shape is None else misfits(shape, body) == []
    assert bool(body) == (shape is not None)


@check_each("operation", sorted(REQUESTS))
@check_each(
    ("who", "target", "granted"),
    [
        ("hub", MEMBER, True),
        ("hub", HUB, True),
        ("management", MEMBER, True),
        ("management", MANAGEMENT, False),
        ("hub", MANAGEMENT, False),
        ("member", MEMBER, False),
        ("standalone", MEMBER, False),
    ],
)
def test_organizations_mode_is_for_management_and_the_hub(build, operation, who, target, granted):
    world = build()
    world.organization.accounts[target].new_email = "n@example.com"
    params = REQUESTS[operation] | {"AccountId": target}
    if granted:
        world.cloud.call("account", operation, params, CALLERS[who])
        return
    with pytest.raises(ApiError, match=f"account:{operation}") as caught:
        world.cloud.call("account", operation, params, CALLERS[who])
    assert caught.value.code == "AccessDeniedException"


def test_a_name_is_changed_and_shown_by_both_services(world):
    client = world.client("account", "member")
    before = world.clock.now()
    world.clock.sleep(60)
    client.put_account_name(AccountName="Payments 2")
    information = client.get_account_information()
    del information["ResponseMetadata"]
    assert information == {
        "AccountId": MEMBER,
        "AccountName": "Payments 2",
        "AccountCreatedDate": before,
        "AccountState": "ACTIVE",
    }
    described = world.client("organizations", "hub").describe_account(AccountId=MEMBER)["Account"]
    assert described["Name"] == "Payments 2"
    refused(lambda: client.put_account_name(AccountName="<b>"), "ValidationException")


def test_a_blank_name_is_refused_without_a_code(world):
    with pytest.raises(ApiError) as caught:
        world.cloud.call("account", "PutAccountName", {"AccountName": "  "}, CALLERS["member"])
    assert (caught.value.code, caught.value.message, caught.value.status) == ("UnknownError", "", 400)


def test_a_root_address_is_changed_in_two_steps(world):
    client, update = world.client("account", "hub"), {"AccountId": MEMBER, "PrimaryEmail": "New@example.com"}
    old = client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"]
    assert client.start_primary_email_update(**update)["Status"] == "PENDING"
    assert client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"] == old
    refused(
        lambda: client.accept_primary_email_update(**update | {"PrimaryEmail": old}, Otp="abc123"),
        "ResourceNotFoundException",
    )
    world.clock.sleep(1)
    assert client.accept_primary_email_update(**update, Otp="abc123")["Status"] == "ACCEPTED"
    assert client.get_primary_email(AccountId=MEMBER)["PrimaryEmail"] == "New@example.com"
    world.clock.sleep(1)
    refused(lambda: client.accept_primary_email_update(**update, Otp="abc123"), "ResourceNotFoundException")
    refused(
        lambda: client.start_primary_email_update(AccountId=HUB, PrimaryEmail="new@EXAMPLE.com"),
        "ConflictException",
    )
    world.clock.sleep(1)
    assert client.start_primary_email_update(AccountId=HUB, PrimaryEmail=old)["Status"] == "PENDING"
    refused(lambda: client.accept_primary_email_update(**update, Otp="abc 12"), "ValidationException")
    assert set(world.names()) == {"StartPrimaryEmailUpdate", "AcceptPrimaryEmailUpdate"}
    assert {account for account, _ in world.events} == {HUB}
    assert world.events[0][1]["detail"]["responseElements"] == {"status": "PENDING"}


def test_root_addresses_are_for_organizations_mode_only(world):
    client = world.client("account", "management")
    with pytest.raises(ParamValidationError):
        client.get_primary_email()
    for operation in ("GetPrimaryEmail", "StartPrimaryEmailUpdate", "AcceptPrimaryEmailUpdate"):
        with pytest.raises(ApiError, match="AccountId"):
            world.cloud.call("account", operation, REQUESTS[operation], CALLERS["member"])


@pytest.mark.parametrize(
    ("operation", "burst", "rate"),
    [
        ("GetContactInformation", 15, 10),
        ("PutContactInformation", 8, 5),
        ("GetPrimaryEmail", 3, 3),
        ("StartPrimaryEmailUpdate", 1, 1),
        ("AcceptPrimaryEmailUpdate", 1, 1),
    ],
)
def test_quotas_are_the_published_ones(world, operation, burst, rate):
    world.organization.accounts[MEMBER].new_email = "n@example.com"
    params = REQUESTS[operation] | {"AccountId": MEMBER}

    def granted():
        try:
            world.cloud.call("account", operation, params, CALLERS["hub"])
        except ApiError as error:
            return error.code != "TooManyRequestsException"
        return True

    assert [granted() for _ in range(burst + 1)] == [True] * burst + [False]
    # A longer sleep would show the burst again, not the rate.
    world.clock.sleep(0.5)
    assert [granted() for _ in range(burst + 1)].count(True) == int(rate * 0.5)
    world.clock.sleep(0.5)
    assert [granted() for _ in range(burst + 1)].count(True) == rate - int(rate * 0.5)
    world.cloud.call("account", "GetAccountInformation", {}, Caller.root(HUB))
