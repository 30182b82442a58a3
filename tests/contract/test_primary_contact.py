"""The primary contact: what is accepted, what a put leaves, who may, quotas and events."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from simulation import ApiError, Caller, SimulatedCloud, SimulatedOrganization, VirtualClock
from simulation.account_api import MANAGEMENT_TARGET, NO_TRUSTED_ACCESS
from simulation.authorization import build_request
from simulation.contact_rules import STATED_COUNTRIES
from tests.contract.conftest import CALLERS, HUB, MANAGEMENT, MEMBER, OTHER, PRIMARY

GET, PUT = "GetContactInformation", "PutContactInformation"
MODEL: Any = botocore.session.get_session().get_service_model("account")
SHAPE = MODEL.operation_model(PUT).input_shape.members["ContactInformation"]
REQUIRED = ("FullName", "AddressLine1", "City", "PostalCode", "CountryCode", "PhoneNumber")
LENGTHS = {
    "FullName": 50,
    "CompanyName": 50,
    "AddressLine1": 60,
    "AddressLine2": 60,
    "AddressLine3": 60,
    "City": 50,
    "DistrictOrCounty": 50,
    "StateOrRegion": 50,
    "PostalCode": 20,
    "CountryCode": 2,
    "PhoneNumber": 20,
    "WebsiteUrl": 256,
}


def primary(client, **params):
    return client.get_contact_information(**params)["ContactInformation"]


def put(client, contact, **params):
    client.put_contact_information(ContactInformation=contact, **params)


def refuse(world, contact, caller="member", **params):
    """The refusal of a put straight to the service, as over HTTP: botocore would stop some of them."""
    before = dict(world.organization.accounts[MEMBER].primary)
    with pytest.raises(ApiError) as caught:
        world.cloud.call("account", PUT, {"ContactInformation": contact, **params}, CALLERS[caller])
    assert world.organization.accounts[MEMBER].primary == before
    return caught.value


def make_value(name, size):
    return ("+" + "1" * size)[:size] if name == "PhoneNumber" else "x" * size


def test_the_service_model_has_the_lengths_of_the_reference():
    assert {name: shape.metadata["max"] for name, shape in SHAPE.members.items()} == LENGTHS
    assert tuple(sorted(SHAPE.required_members)) == tuple(sorted(REQUIRED))


@pytest.mark.parametrize(("name", "most"), sorted(LENGTHS.items()))
def test_a_value_may_be_as_long_as_the_reference_says(world, name, most):
    value = "pt" if name == "CountryCode" else make_value(name, most)
    put(world.client("account", "member"), PRIMARY | {name: value})
    assert primary(world.client("account", "member"))[name] == (
        value.upper() if name == "CountryCode" else value
    )
    long = make_value(name, most + 1)
    error = refuse(world, PRIMARY | {name: long})
    assert (error.code, error.status) == ("ValidationException", 400)
    assert error.message == f'[string "{long}" is too long (length: {most + 1}, maximum allowed: {most})]'
    least = 2 if name == "CountryCode" else 1
    empty = f'[string "" is too short (length: 0, required minimum: {least})]'
    assert refuse(world, PRIMARY | {name: ""}).message == empty


@pytest.mark.parametrize("value", [None, "left out"])
@pytest.mark.parametrize("name", REQUIRED)
def test_what_is_required_is_asked_for(world, name, value):
    contact = PRIMARY | {name: None} if value is None else {k: v for k, v in PRIMARY.items() if k != name}
    error = refuse(world, contact)
    text = f'[object has missing required properties (["{name}"])]'
    assert (error.code, error.status, error.message) == ("ValidationException", 400, text)


@pytest.mark.parametrize(
    "phone", ["0215550100", "351 21 555 0100", "+", "+351 ext 5", "+351.21.555", "\uff0b351", "+\u0661\u0662"]
)
def test_a_phone_number_begins_with_plus_and_has_no_letters(world, phone):
    error = refuse(world, PRIMARY | {"PhoneNumber": phone})
    text = f'[ECMA 262 regex "^[+][\\s0-9()-]+$" does not match input string "{phone}"]'
    assert (error.code, error.message) == ("ValidationException", text)


@pytest.mark.parametrize("phone", ["+1", "+351 (21) 555-0100", "+-", "+1 206 555 0100"])
def test_other_phone_numbers_are_stored_as_sent(world, phone):
    client = world.client("account", "member")
    put(client, PRIMARY | {"PhoneNumber": phone})
    assert primary(client)["PhoneNumber"] == phone


@pytest.mark.parametrize("country", ["P1", "12", "P ", "\u00c4\u00d6"])
def test_a_country_has_two_letters(world, country):
    error = refuse(world, PRIMARY | {"CountryCode": country})
    assert error.code == "ValidationException"
    assert error.message == f'[ECMA 262 regex "^[A-Za-z]{{2}}$" does not match input string "{country}"]'


@pytest.mark.parametrize("country", ["pt", "Pt", "pT", "PT"])
def test_a_country_is_stored_in_upper_case_and_recorded_as_sent(world, country):
    client = world.client("account", "member")
    put(client, PRIMARY | {"CountryCode": country})
    assert primary(client) == PRIMARY
    asked = world.events[-1][1]["detail"]["requestParameters"]
    assert asked["contactInformation"]["countryCode"] == country


def test_some_countries_have_states():
    assert {"US", "CA", "GB", "DE", "JP", "IN", "BR"} == STATED_COUNTRIES


@pytest.mark.parametrize("state", [None, "left out"])
@pytest.mark.parametrize("country", [*sorted(STATED_COUNTRIES), "us", "Gb"])
def test_the_state_is_asked_for_where_there_are_states(world, country, state):
    contact = PRIMARY | {"CountryCode": country} | ({} if state else {"StateOrRegion": None})
    error = refuse(world, contact)
    text = '[object has missing required properties (["StateOrRegion"])]'
    assert (error.code, error.status, error.message) == ("ValidationException", 400, text)
    client = world.client("account", "member")
    put(client, PRIMARY | {"CountryCode": country, "StateOrRegion": "S"})
    assert primary(client) == PRIMARY | {"CountryCode": country.upper(), "StateOrRegion": "S"}


@pytest.mark.parametrize("contact", ["x", ["x"], 7])
def test_a_contact_is_a_structure(world, contact):
    text = '[instance type does not match any allowed primitive type (allowed: ["object"])]'
    assert refuse(world, contact).message == text


def test_all_errors_of_values_are_said_at_once(world):
    assert refuse(world, PRIMARY | {"City": "", "CountryCode": "PRT"}).message == (
        '[string "" is too short (length: 0, required minimum: 1), '
        'string "PRT" is too long (length: 3, maximum allowed: 2)]'
    )
    text = '[instance type does not match any allowed primitive type (allowed: ["string"])]'
    assert refuse(world, PRIMARY | {"City": 7}).message == text
    accented = "\u00e9" * 51
    assert refuse(world, PRIMARY | {"City": accented}).message == (
        f'[string "{accented}" is too long (length: 51, maximum allowed: 50)]'
    )


def test_a_put_replaces_everything_and_keeps_spaces(world):
    client = world.client("account", "member")
    full = {name: make_value(name, 3) for name in LENGTHS} | {"CountryCode": "US", "AddressLine2": " 2 "}
    put(client, full)
    assert primary(client) == full
    put(client, PRIMARY)
    assert primary(client) == PRIMARY
    world.cloud.call(
        "account", PUT, {"ContactInformation": PRIMARY | {"CompanyName": None}}, CALLERS["member"]
    )
    assert primary(client) == PRIMARY
    assert [account for account, _ in world.events] == [MEMBER] * 3


def test_it_is_one_contact_of_one_account_beside_the_alternate_ones(world, contact):
    before = {account.id: dict(account.primary) for account in world.organization.accounts.values()}
    hub = world.client("account", "hub")
    hub.put_alternate_contact(AccountId=MEMBER, **contact)
    put(hub, PRIMARY, AccountId=MEMBER)
    after = {account.id: account.primary for account in world.organization.accounts.values()}
    assert after == before | {MEMBER: PRIMARY}
    found = hub.get_alternate_contact(AccountId=MEMBER, AlternateContactType="SECURITY")
    assert found["AlternateContact"] == contact
    assert not [name for name in dir(hub) if "delete_contact" in name]


def test_reads_are_stale_for_the_propagation_delay(build):
    world = build(propagation_seconds=2)
    client = world.client("account", "member")
    before = primary(client)
    put(client, PRIMARY)
    assert primary(client) == before
    world.clock.sleep(2)
    assert primary(client) == PRIMARY


def test_a_new_account_has_the_contact_of_management_in_its_own_name(world):
    put(world.client("account", "management"), PRIMARY | {"CompanyName": "C"})
    world.client("organizations", "management").create_account(
        Email="new@example.com", AccountName="New Shop"
    )
    new_id = list(world.organization.accounts)[-1]
    hub = world.client("account", "hub")
    assert primary(hub, AccountId=new_id) == PRIMARY | {"CompanyName": "C", "FullName": "New Shop"}
    put(hub, PRIMARY, AccountId=new_id)
    hub.put_account_name(AccountId=new_id, AccountName="Renamed")
    assert primary(hub, AccountId=new_id) == PRIMARY
    assert primary(world.client("account", "management"))["CompanyName"] == "C"


def test_an_invited_account_keeps_its_own(world):
    standalone = world.client("account", "standalone")
    put(standalone, PRIMARY)
    handshake = world.client("organizations", "management").invite_account_to_organization(
        Target={"Type": "ACCOUNT", "Id": "777788889999"}
    )
    world.client("organizations", "standalone").accept_handshake(HandshakeId=handshake["Handshake"]["Id"])
    assert primary(world.client("account", "hub"), AccountId="777788889999") == PRIMARY


@pytest.mark.parametrize("who", ["management", "hub", "member", "standalone"])
def test_everybody_has_the_own_one_in_standalone_mode(world, who):
    world.organization.trusted_access.clear()
    client = world.client("account", who)
    put(client, PRIMARY)
    assert primary(client) == PRIMARY
    ((account, event),) = world.events
    assert account == event["detail"]["recipientAccountId"] == CALLERS[who].account_id
    assert event["detail"]["requestParameters"].keys() == {"contactInformation"}


@pytest.mark.parametrize("operation", [GET, PUT])
@pytest.mark.parametrize(
    ("who", "target", "why"),
    [
        ("hub", MANAGEMENT, f" ({MANAGEMENT_TARGET})"),
        ("management", MANAGEMENT, f" ({MANAGEMENT_TARGET})"),
        ("member", MEMBER, ""),
        ("member", OTHER, ""),
        ("standalone", MEMBER, ""),
        ("hub", "999999999999", ""),
        ("hub", MEMBER, f" ({NO_TRUSTED_ACCESS})"),
    ],
)
def test_refusals_have_the_texts_that_were_captured(world, operation, who, target, why):
    if why == f" ({NO_TRUSTED_ACCESS})":
        world.organization.trusted_access.clear()
    params = {"AccountId": target} | ({"ContactInformation": PRIMARY} if operation == PUT else {})
    with pytest.raises(ApiError) as caught:
        world.cloud.call("account", operation, params, CALLERS[who])
    error, caller = caught.value, CALLERS[who]
    assert (error.code, error.status) == ("AccessDeniedException", 403)
    assert error.message == f"User: {caller.arn} is not authorized to perform: account:{operation}{why}"
    details = [event["detail"] for _, event in world.events]
    assert [(one["errorCode"], one["requestParameters"], one["recipientAccountId"]) for one in details] == [
        ("AccessDenied", None, caller.account_id)
    ] * (operation == PUT)
    assert PRIMARY not in [account.primary for account in world.organization.accounts.values()]


@pytest.mark.parametrize("operation", [GET, PUT])
@pytest.mark.parametrize("target", [None, MEMBER])
def test_policies_are_asked_about_the_account_and_no_kind(world, operation, target):
    params = {"ContactInformation": PRIMARY} | ({"AccountId": target} if target else {})
    request = build_request(world.organization, "account", operation, params, CALLERS["hub"])
    home = f"{MANAGEMENT}:account/o-exampleorgid/{MEMBER}" if target else f"{HUB}:account"
    assert (request.action, request.resource) == (f"account:{operation}", f"arn:aws:account::{home}")
    assert request.context["account:AlternateContactTypes"] == []
    assert bool(request.context["account:AccountResourceOrgPaths"]) == (target is not None)


@pytest.mark.parametrize(
    ("statement", "denied"),
    [
        ({"Action": PUT}, True),
        ({"Action": "Put*"}, True),
        ({"Action": "PutAlternateContact"}, False),
        ({"Action": GET}, False),
        # An edit of a primary contact has no such key.
        (
            {
                "Action": "*",
                "Condition": {
                    "ForAnyValue:StringEquals": {
                        "account:AlternateContactTypes": ["SECURITY", "OPERATIONS", "BILLING"]
                    }
                },
            },
            False,
        ),
    ],
)
def test_service_control_policies_bind_members_that_edit_their_own(world, statement, denied):
    organizations = world.client("organizations", "management")
    organizations.enable_policy_type(RootId="r-a1b2", PolicyType="SERVICE_CONTROL_POLICY")
    document = {"Effect": "Deny", "Resource": "arn:aws:account::*:account", **statement}
    document["Action"] = f"account:{statement['Action']}"
    policy = organizations.create_policy(
        Name="guardrail",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
    )
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId="r-a1b2")
    put(world.client("account", "hub"), PRIMARY, AccountId=OTHER)
    put(world.client("account", "management"), PRIMARY)
    changed = PRIMARY | {"City": "Porto"}
    if not denied:
        put(world.client("account", "member"), changed)
        assert world.organization.accounts[MEMBER].primary == changed
        return
    error, own = refuse(world, changed), f"arn:aws:account::{MEMBER}:account"
    assert error.code == "AccessDeniedException"
    assert error.message.startswith(
        f"User: {CALLERS['member'].arn} is not authorized to perform: account:{PUT}"
    )
    assert error.message.endswith(f"on resource: {own} with an explicit deny in a service control policy")
    detail = world.events[-1][1]["detail"]
    assert (detail["errorCode"], detail["requestParameters"]) == ("AccessDenied", None)


@pytest.mark.parametrize(
    ("partition", "operation", "burst", "rate"),
    [
        ("aws", GET, 15, 10),
        ("aws", PUT, 8, 5),
        ("aws-cn", GET, 5, 3),
        ("aws-cn", PUT, 2, 1),
        ("aws-cn", "GetAlternateContact", 5, 3),
        ("aws-cn", "PutAlternateContact", 6, 1),
    ],
)
def test_each_partition_has_its_quotas(contact, partition, operation, burst, rate):
    clock = VirtualClock()
    organization = SimulatedOrganization(
        organization_id="o-exampleorgid", management=MANAGEMENT, clock=clock, partition=partition
    )
    cloud = SimulatedCloud(organization, clock)
    params = contact if "Alternate" in operation else {"ContactInformation": PRIMARY}

    def list_codes(times):
        codes = []
        for _ in range(times):
            try:
                cloud.call("account", operation, params, Caller.root(MANAGEMENT))
            except ApiError as error:
                codes.append((error.code, error.status))
        return [code for code in codes if code != ("ResourceNotFoundException", 404)]

    assert list_codes(burst) == []
    assert list_codes(2) == [("TooManyRequestsException", 429)] * 2
    clock.sleep(1)
    assert len(list_codes(rate + 2)) == 2


def test_a_central_edit_is_recorded_where_it_was_made(build):
    world = build()
    put(world.client("account", "hub"), PRIMARY, AccountId=MEMBER)
    primary(world.client("account", "hub"), AccountId=MEMBER)
    ((account, event),) = world.events  # reads are not delivered
    detail = event["detail"]
    assert (account, event["source"], event["detail-type"]) == (
        HUB,
        "aws.account",
        "AWS API Call via CloudTrail",
    )
    shown = {name[:1].lower() + name[1:]: value for name, value in PRIMARY.items()}
    assert detail["requestParameters"] == {"accountId": MEMBER, "contactInformation": shown}
    assert (detail["eventName"], detail["responseElements"], detail["readOnly"]) == (PUT, None, False)
    copied = build(copies_to_target=True)
    put(copied.client("account", "hub"), PRIMARY, AccountId=MEMBER)
    assert [account for account, _ in copied.events] == [HUB, MEMBER]
    assert len({event["detail"]["sharedEventID"] for _, event in copied.events}) == 1
    pascal = build(spelling="pascal")
    put(pascal.client("account", "hub"), PRIMARY, AccountId=MEMBER)
    asked = pascal.events[0][1]["detail"]["requestParameters"]
    assert asked == {"AccountId": MEMBER, "ContactInformation": PRIMARY}


def test_a_value_that_is_refused_is_recorded_with_its_text_unless_hidden(build):
    for redact in (False, True):
        world = build(redact=redact)
        with pytest.raises(ClientError) as caught:
            put(world.client("account", "member"), PRIMARY | {"PhoneNumber": "021 secret"})
        assert "021 secret" in caught.value.response["Error"]["Message"]
        detail = world.events[0][1]["detail"]
        assert detail["errorCode"] == "ValidationException"
        assert ("021 secret" in json.dumps(detail)) is not redact
