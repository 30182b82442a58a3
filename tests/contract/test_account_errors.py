"""Every refusal of the Account API that has been captured or documented, with its exact text."""

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from simulation import Caller
from simulation.errors import ApiError
from tests.support.account_errors import ERRORS, text_of
from tests.support.cases import check_each

ACCOUNTS = {
    "management": "111111111111",
    "hub": "333333333333",
    "member": "222222222222",
    "other": "444455556666",
    "stranger": "123456789012",
}
#: What a request of somebody leads to, however our own adapter is set up.
REFUSED = [row for row in ERRORS if "caller" in row]
METHODS = {
    "GetAlternateContact": "get_alternate_contact",
    "PutAlternateContact": "put_alternate_contact",
    "DeleteAlternateContact": "delete_alternate_contact",
}


def request_of(row, contact):
    params = {**contact, **row.get("change", {})} if row["operation"].startswith("Put") else {}
    params["AlternateContactType"] = row.get("kind", "SECURITY")
    if row["target"]:
        params["AccountId"] = ACCOUNTS[row["target"]]
    return params


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["case"])
def test_refusals_have_the_code_status_and_text_of_aws(world, contact, row):
    if not row.get("trusted_access", True):
        world.organization.trusted_access.clear()
    caller = Caller.role(ACCOUNTS[row["caller"]], "Probe", "probe")
    client = world.client("account", caller)
    with pytest.raises(ClientError) as caught:
        getattr(client, METHODS[row["operation"]])(**request_of(row, contact))
    response = caught.value.response
    assert response["Error"] == {"Code": row["code"], "Message": text_of(row, arn=caller.arn)}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == row["http"]
    assert not any(account.contacts for account in world.organization.accounts.values())


@check_each("row", REFUSED)
def test_codes_and_statuses_are_those_of_the_service_model(row):
    model: Any = botocore.session.get_session().get_service_model("account").operation_model(row["operation"])
    statuses = {shape.error_code: shape.metadata["error"]["httpStatusCode"] for shape in model.error_shapes}
    assert statuses[row["code"]] == row["http"]


def test_a_refused_client_call_raises_the_modelled_exception(world):
    client = world.client("account", "hub")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_alternate_contact(AccountId=ACCOUNTS["member"], AlternateContactType="BILLING")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Name", "n" * 65, f'[string "{"n" * 65}" is too long (length: 65, maximum allowed: 64)]'),
        ("Title", "t" * 51, f'[string "{"t" * 51}" is too long (length: 51, maximum allowed: 50)]'),
        ("Name", "", '[string "" is too short (length: 0, required minimum: 1)]'),
        ("AccountId", "zz", '[ECMA 262 regex "^\\d{12}$" does not match input string "zz"]'),
        ("PhoneNumber", None, '[object has missing required properties (["PhoneNumber"])]'),
    ],
)
def test_schema_errors_repeat_the_submitted_value(world, contact, name, value, text):
    # Straight to the service, as over HTTP: botocore would stop some of these before they are sent.
    account = world.cloud.account
    with pytest.raises(ApiError, match="ValidationException") as caught:
        account.call("PutAlternateContact", {**contact, name: value}, Caller.role("333333333333", "Ops", "o"))
    assert (caught.value.status, caught.value.message) == (400, text)


@pytest.mark.parametrize(
    "address", ["a/b@example.com", "a%b@example.com", "a~b@example.com", "é@example.com"]
)
def test_addresses_that_aws_refuses_are_refused(world, contact, address):
    client = world.client("account", "member")
    with pytest.raises(client.exceptions.ValidationException):
        client.put_alternate_contact(**{**contact, "EmailAddress": address})
