"""The Account and Organizations APIs as clients meet them: over HTTP, the caller known by the access key."""

import json
from http.client import HTTPConnection

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import make_role, received, rule_to_queue, unique, wait_for

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB, MEMBER = "111111111111", "333333333333", "222222222222"
EXEMPT = "555566667777"  # nobody sets its contacts right while they are tested
CONTACT = {"Name": "N", "Title": "T", "EmailAddress": "n@example.com", "PhoneNumber": "+1 206 555 0199"}

PRIMARY = {
    "FullName": "N",
    "AddressLine1": "1 Any Street",
    "City": "Lisbon",
    "PostalCode": "1000-001",
    "CountryCode": "pt",
    "PhoneNumber": "+351 21 555 0100",
}


def raw(cloud, path, body, *, service, account=MEMBER, target=None):
    """One request below any SDK: status, headers, body."""
    key = cloud.clients.get_credentials(account).access_key_id
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/{service}/aws4_request, S"
    }
    connection = HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request("POST", path, body, headers | ({"X-Amz-Target": target} if target else {}))
    answer = connection.getresponse()
    return answer.status, answer.headers, json.loads(answer.read())


def test_a_contact_is_put_read_and_deleted_standalone(cloud):
    account = cloud.clients.client("account", EXEMPT)
    account.put_alternate_contact(AlternateContactType="BILLING", **CONTACT)
    found = account.get_alternate_contact(AlternateContactType="BILLING")["AlternateContact"]
    assert found == CONTACT | {"AlternateContactType": "BILLING"}
    account.delete_alternate_contact(AlternateContactType="BILLING")
    with pytest.raises(account.exceptions.ResourceNotFoundException) as refused:
        account.delete_alternate_contact(AlternateContactType="BILLING")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_primary_contact_is_put_and_read_with_its_record(cloud):
    url = rule_to_queue(cloud, EXEMPT, {"detail": {"eventName": ["PutContactInformation"]}})
    account = cloud.clients.client("account", EXEMPT)
    account.put_contact_information(ContactInformation=PRIMARY)
    stored = PRIMARY | {"CountryCode": "PT"}
    assert account.get_contact_information()["ContactInformation"] == stored
    hub = cloud.clients.client("account", HUB)
    assert hub.get_contact_information(AccountId=EXEMPT)["ContactInformation"] == stored
    asked = received(cloud, EXEMPT, url)["detail"]["requestParameters"]
    assert asked == {"contactInformation": {name[0].lower() + name[1:]: PRIMARY[name] for name in PRIMARY}}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"PhoneNumber": "021"},
            '[ECMA 262 regex "^[+][\\s0-9()-]+$" does not match input string "021"]',
        ),
        ({"CountryCode": "de"}, '[object has missing required properties (["StateOrRegion"])]'),
    ],
)
def test_primary_contacts_that_are_not_valid_are_refused_on_the_wire(cloud, change, text):
    body = json.dumps({"ContactInformation": PRIMARY | change})
    status, headers, document = raw(cloud, "/putContactInformation", body, service="account")
    assert (status, headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert document == {"message": text}


def test_the_primary_contact_of_management_is_refused_centrally_and_not_to_itself(cloud):
    body = json.dumps({"AccountId": MANAGEMENT})
    status, _, document = raw(cloud, "/getContactInformation", body, service="account", account=HUB)
    assert status == 403
    assert document["message"].endswith(
        "account:GetContactInformation (The management account can only be managed using the standalone "
        "context from the management account.)"
    )
    assert raw(cloud, "/getContactInformation", "{}", service="account", account=MANAGEMENT)[0] == 200


def test_an_error_of_the_account_api_on_the_wire(cloud):
    body = json.dumps({"AccountId": HUB, "AlternateContactType": "SECURITY"})
    status, headers, document = raw(cloud, "/getAlternateContact", body, service="account")
    assert status == 403
    assert headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert headers["x-amzn-RequestId"]
    assert document == {
        "message": f"User: arn:aws:sts::{MEMBER}:assumed-role/OrganizationAccountAccessRole/localcloud "
        "is not authorized to perform: account:GetAlternateContact"
    }


def test_an_error_of_the_organizations_api_on_the_wire(cloud):
    target = "AWSOrganizationsV20161128.DescribeAccount"
    body = json.dumps({"AccountId": "999999999999"})
    status, _, document = raw(cloud, "/", body, service="organizations", account=MANAGEMENT, target=target)
    assert status == 400
    assert document["__type"] == "AccountNotFoundException"
    assert document["Message"]


def test_what_is_not_json_is_a_serialization_error(cloud):
    status, headers, _ = raw(cloud, "/getAlternateContact", "{", service="account")
    assert (status, headers["x-amzn-ErrorType"]) == (400, "SerializationException")


def test_an_operation_that_is_not_modelled_says_so(cloud):
    with pytest.raises(ClientError, match="UnknownOperationException"):
        cloud.clients.client("account", MEMBER).get_gov_cloud_account_information()


def test_all_accounts_are_listed_page_by_page_to_the_delegated_administrator(cloud):
    pages = cloud.clients.client("organizations", HUB).get_paginator("list_accounts")
    listed = list(pages.paginate(PaginationConfig={"PageSize": 2}))
    assert len(listed) >= 3
    ids = [account["Id"] for page in listed for account in page["Accounts"]]
    assert ids == list(cloud.simulation.organization.accounts)


def test_timestamps_survive_the_wire(cloud):
    account = cloud.clients.client("organizations", MANAGEMENT).describe_account(AccountId=MEMBER)["Account"]
    joined = cloud.simulation.organization.accounts[MEMBER].joined_at
    assert account["JoinedTimestamp"].timestamp() == pytest.approx(joined.timestamp(), abs=0.001)


def test_a_session_of_a_role_is_the_caller_in_cloudtrail(cloud):
    url = rule_to_queue(cloud, EXEMPT, {"detail": {"eventName": ["DeleteAlternateContact"]}})
    client = cloud.clients.client("account", EXEMPT, role="Dev")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.delete_alternate_contact(AlternateContactType="SECURITY")
    detail = received(cloud, EXEMPT, url)["detail"]
    assert detail["userIdentity"]["arn"] == "arn:aws:sts::555566667777:assumed-role/Dev/localcloud"
    assert detail["sourceIPAddress"] == "127.0.0.1"
    assert detail["userAgent"].startswith("Boto3/")


def test_an_iam_user_is_the_caller_by_the_access_key(cloud):
    iam, name = cloud.clients.client("iam", EXEMPT), unique("user")
    iam.create_user(UserName=name)
    put = {"Effect": "Allow", "Action": "account:PutAlternateContact", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [put]})
    iam.put_user_policy(UserName=name, PolicyName="it", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    seen = []
    stop = cloud.apis.add_hook("account", "PutAlternateContact", lambda caller, _: seen.append(caller))
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/account/aws4_request, S"
    }
    connection = HTTPConnection(cloud.endpoint.removeprefix("http://"))
    body = json.dumps(CONTACT | {"AlternateContactType": "BILLING"})
    connection.request("POST", "/putAlternateContact", body, headers)
    assert connection.getresponse().status == 200
    stop()
    assert [(c.account_id, c.arn) for c in seen] == [(EXEMPT, f"arn:aws:iam::555566667777:user/{name}")]


def test_a_deployed_role_is_held_to_its_policies(cloud):
    allowed = f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*"
    statement = {"Effect": "Allow", "Action": "account:GetAlternateContact", "Resource": allowed}
    role = make_role(cloud, HUB, service="lambda.amazonaws.com", statements=[statement]).rpartition("/")[2]
    account = cloud.clients.client("account", HUB, role=role)
    with pytest.raises(account.exceptions.ResourceNotFoundException):
        account.get_alternate_contact(AccountId=EXEMPT, AlternateContactType="OPERATIONS")
    with pytest.raises(account.exceptions.AccessDeniedException, match="no identity-based policy allows"):
        account.get_alternate_contact(AlternateContactType="OPERATIONS")
    with pytest.raises(account.exceptions.AccessDeniedException):
        account.put_alternate_contact(AccountId=EXEMPT, AlternateContactType="OPERATIONS", **CONTACT)


def test_a_role_for_alternate_contacts_has_no_access_to_primary_ones(cloud):
    members = f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*"
    alternate = {
        "Effect": "Allow",
        "Action": "account:*",
        "Resource": members,
        "Condition": {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]}},
    }
    read = {"Effect": "Allow", "Action": "account:GetContactInformation", "Resource": members}
    clients = []
    for statement in (alternate, read):
        role = make_role(cloud, HUB, service="lambda.amazonaws.com", statements=[statement])
        clients.append(cloud.clients.client("account", HUB, role=role.rpartition("/")[2]))
    other, reader = clients
    with pytest.raises(other.exceptions.AccessDeniedException, match="account:GetContactInformation action"):
        other.get_contact_information(AccountId=EXEMPT)
    assert reader.get_contact_information(AccountId=EXEMPT)["ContactInformation"]
    with pytest.raises(reader.exceptions.AccessDeniedException):
        reader.get_contact_information()
    with pytest.raises(reader.exceptions.AccessDeniedException, match=f"account/o-exampleorgid/{EXEMPT} "):
        reader.put_contact_information(AccountId=EXEMPT, ContactInformation=PRIMARY)


def test_a_service_control_policy_denies_members_their_primary_contact(cloud):
    organizations = cloud.clients.client("organizations", MANAGEMENT)
    statement = {
        "Effect": "Deny",
        "Action": "account:PutContactInformation",
        "Resource": "arn:aws:account::*:account",
    }
    created = organizations.create_policy(
        Name=unique("primary"),
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    target = {"PolicyId": created["Policy"]["PolicySummary"]["Id"], "TargetId": EXEMPT}
    organizations.attach_policy(**target)
    account = cloud.clients.client("account", EXEMPT)
    try:
        assert account.get_contact_information()["ContactInformation"]
        with pytest.raises(account.exceptions.AccessDeniedException, match="in a service control policy"):
            account.put_contact_information(ContactInformation=PRIMARY)
        cloud.clients.client("account", HUB).put_contact_information(
            AccountId=EXEMPT, ContactInformation=PRIMARY
        )
    finally:
        organizations.detach_policy(**target)
    account.put_contact_information(ContactInformation=PRIMARY)


def test_an_account_is_created_asynchronously_with_its_events(cloud):
    url = rule_to_queue(cloud, MANAGEMENT, {"detail": {"eventName": ["CreateAccountResult"]}})
    organizations, name = cloud.clients.client("organizations", MANAGEMENT), unique("new")
    status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")[
        "CreateAccountStatus"
    ]
    assert status["State"] == "IN_PROGRESS"

    def finished():
        found = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])
        return found["CreateAccountStatus"] if found["CreateAccountStatus"]["State"] == "SUCCEEDED" else None

    done = wait_for(finished)
    details = received(cloud, MANAGEMENT, url)["detail"]["serviceEventDetails"]
    assert details["createAccountStatus"]["accountId"] == done["AccountId"]
    hub = cloud.clients.client("account", HUB)
    found = hub.get_contact_information(AccountId=done["AccountId"])["ContactInformation"]
    assert found == {**cloud.simulation.organization.accounts[MANAGEMENT].primary, "FullName": name}
