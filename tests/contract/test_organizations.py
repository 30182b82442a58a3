"""The Organizations API: answers in the model's shapes, its paging, its errors, who may call it."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from simulation import ApiError
from simulation.organizations_api import OrganizationsService
from tests.contract.conftest import CALLERS
from tests.support.cases import check_each

MODEL: Any = botocore.session.get_session().get_service_model("organizations")
MANAGEMENT, HUB, MEMBER, OTHER = "111111111111", "333333333333", "222222222222", "444455556666"
STANDALONE = "777788889999"
NO_OU = "ou-a1b2-00000000"


def moving(source, destination):
    return {"AccountId": MANAGEMENT, "SourceParentId": source, "DestinationParentId": destination}


ONLY_FOR = {
    "AcceptHandshake": "standalone",
    "DeclineHandshake": "standalone",
    "LeaveOrganization": "member",
}
NEED_POLICY = {"AttachPolicy", "DeletePolicy", "DescribePolicy", "DetachPolicy"}
NEED_POLICY |= {"ListTargetsForPolicy", "UpdatePolicy"}
READS = OrganizationsService.operations - OrganizationsService.mutating


STATEMENT = {"Effect": "Deny", "Action": "account:*", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
SCP = {"Type": "SERVICE_CONTROL_POLICY", "Content": DOCUMENT, "Description": ""}
# What must have happened before an operation can succeed, and parameters that differ from the usual ones.
BEFORE = {
    "AttachPolicy": ["EnablePolicyType"],
    "DescribeHandshake": ["InviteAccountToOrganization"],
    "AcceptHandshake": ["InviteAccountToOrganization"],
    "CancelHandshake": ["InviteAccountToOrganization"],
    "DeclineHandshake": ["InviteAccountToOrganization"],
    "DetachPolicy": ["EnablePolicyType", "AttachPolicy"],
    "DisablePolicyType": ["EnablePolicyType"],
    "DescribeCreateAccountStatus": ["CreateAccount"],
    "DeregisterDelegatedAdministrator": ["EnableAWSServiceAccess", "RegisterDelegatedAdministrator"],
    "ListDelegatedServicesForAccount": ["EnableAWSServiceAccess", "RegisterDelegatedAdministrator"],
    "RegisterDelegatedAdministrator": ["EnableAWSServiceAccess"],
}


def request_for(operation, world):
    """Required parameters that the operation accepts, after what it needs to be there."""
    organization, client = world.organization, world.client("organizations", "management")
    made = {}
    if operation in NEED_POLICY:
        made["PolicyId"] = client.create_policy(Name="made", **SCP)["Policy"]["PolicySummary"]["Id"]
    ids = {
        **made,
        "AccountId": "666677778888",
        "ParentId": organization.root_id,
        "ChildId": MEMBER,
        "ChildType": "ACCOUNT",
        "ResourceId": MEMBER,
        "RootId": organization.root_id,
        "OrganizationalUnitId": organization.add_ou("Empty"),
        "SourceParentId": organization.accounts["666677778888"].parent_id,
        "DestinationParentId": organization.root_id,
        "Email": "new@example.com",
        "AccountName": "New",
        "Name": "New unit",
        "Tags": [{"Key": "team", "Value": "payments"}],
        "TagKeys": ["team"],
        "ServicePrincipal": "config.amazonaws.com",
        "PolicyType": SCP["Type"],
        "Filter": SCP["Type"],
        **SCP,
        "TargetId": MEMBER,
        "Target": {"Id": STANDALONE, "Type": "ACCOUNT"},
    }
    for step in BEFORE.get(operation, []):
        shape = MODEL.operation_model(step).input_shape
        params = {name: ids[name] for name in shape.required_members}
        body = world.cloud.call("organizations", step, params, CALLERS["management"]).body
        ids["HandshakeId"] = body.get("Handshake", {}).get("Id")
        ids["CreateAccountRequestId"] = body.get("CreateAccountStatus", {}).get("Id")
    shape = MODEL.operation_model(operation).input_shape
    return {name: ids[name] for name in shape.required_members} if shape else {}


@check_each("operation", sorted(OrganizationsService.operations))
def test_answers_fit_the_service_model(build, misfits, operation):
    world = build()
    params = request_for(operation, world)
    caller = CALLERS[ONLY_FOR.get(operation, "management")]
    body = world.cloud.call("organizations", operation, params, caller).body
    shape = MODEL.operation_model(operation).output_shape
    assert body == {} if shape is None else misfits(shape, body) == []
    assert bool(body) == (shape is not None)


def test_a_created_account_is_in_progress_then_there(build, misfits):
    world = build(account_creation_seconds=30)
    client = world.client("organizations", "management")
    status = client.create_account(
        Email="new@example.com", AccountName="New", Tags=[{"Key": "a", "Value": "b"}]
    )
    request = {"CreateAccountRequestId": status["CreateAccountStatus"]["Id"]}
    assert "AccountId" not in status["CreateAccountStatus"]
    assert client.describe_create_account_status(**request)["CreateAccountStatus"]["State"] == "IN_PROGRESS"
    world.clock.sleep(30)
    answer = client.describe_create_account_status(**request)["CreateAccountStatus"]
    assert misfits(MODEL.shape_for("CreateAccountStatus"), answer) == []
    assert answer["State"] == "SUCCEEDED"
    account = client.describe_account(AccountId=answer["AccountId"])["Account"]
    assert account["Paths"] == [f"o-exampleorgid/r-a1b2/{answer['AccountId']}/"]
    assert account["JoinedTimestamp"] == answer["CompletedTimestamp"] == world.clock.now()
    assert world.organization.accounts[account["Id"]].contacts == {}
    assert client.list_tags_for_resource(ResourceId=account["Id"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_an_address_in_use_fails_the_creation_later(world):
    client = world.client("organizations", "management")
    request = client.create_account(Email="AWS+222222222222@example.com", AccountName="New")
    answer = client.describe_create_account_status(
        CreateAccountRequestId=request["CreateAccountStatus"]["Id"]
    )
    status = answer["CreateAccountStatus"]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in status


def test_a_moved_account_has_another_path(world):
    client, organization = world.client("organizations", "management"), world.organization
    production, development = (
        organization.find_ou("Workloads/Production"),
        organization.find_ou("Workloads/Development"),
    )
    client.move_account(AccountId=MEMBER, SourceParentId=development, DestinationParentId=production)
    workloads = organization.find_ou("Workloads")
    path = f"o-exampleorgid/r-a1b2/{workloads}/{production}/{MEMBER}/"
    assert client.describe_account(AccountId=MEMBER)["Account"]["Paths"] == [path]
    assert client.list_parents(ChildId=MEMBER)["Parents"] == [
        {"Id": production, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert client.list_parents(ChildId=workloads)["Parents"] == [{"Id": "r-a1b2", "Type": "ROOT"}]
    in_production = client.list_accounts_for_parent(ParentId=production)["Accounts"]
    assert [account["Id"] for account in in_production] == ["444455556666", MEMBER]
    assert client.list_accounts_for_parent(ParentId=development)["Accounts"] == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("describe_account", {"AccountId": "123456789012"}, "AccountNotFoundException"),
        ("list_parents", {"ChildId": "123456789012"}, "ChildNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": NO_OU}, "ParentNotFoundException"),
        ("list_tags_for_resource", {"ResourceId": "123456789012"}, "TargetNotFoundException"),
        (
            "describe_organizational_unit",
            {"OrganizationalUnitId": NO_OU},
            "OrganizationalUnitNotFoundException",
        ),
        (
            "describe_create_account_status",
            {"CreateAccountRequestId": "car-00000000"},
            "CreateAccountStatusNotFoundException",
        ),
        (
            "create_organizational_unit",
            {"ParentId": "r-a1b2", "Name": "Sandbox"},
            "DuplicateOrganizationalUnitException",
        ),
        ("move_account", moving(NO_OU, "r-a1b2"), "SourceParentNotFoundException"),
        ("move_account", moving("r-a1b2", NO_OU), "DestinationParentNotFoundException"),
        ("move_account", moving("r-a1b2", "r-a1b2"), "DuplicateAccountException"),
        ("describe_account", {"AccountId": "zz"}, "InvalidInputException"),
        ("create_account", {"Email": "new.example.com", "AccountName": "New"}, "InvalidInputException"),
        ("list_accounts", {"MaxResults": 21}, "InvalidInputException"),
        ("list_accounts", {"NextToken": ""}, "InvalidInputException"),
        ("list_accounts", {"NextToken": "made-up.20"}, "InvalidInputException"),
    ],
)
def test_refusals_are_modelled(world, method, params, code):
    client = world.client("organizations", "management")
    before = {account.id: account.parent_id for account in world.organization.accounts.values()}
    caught: Any
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**params)
    assert caught.value.response["Error"]["Code"] == code
    operation = MODEL.operation_model(caught.value.operation_name)
    assert code in {shape.error_code for shape in operation.error_shapes}
    if code == "InvalidInputException":
        assert caught.value.response["Reason"] in MODEL.shape_for("InvalidInputExceptionReason").enum
    assert before == {account.id: account.parent_id for account in world.organization.accounts.values()}


@pytest.mark.parametrize(
    ("operation", "params", "reason"),
    [
        ("CreateAccount", {"AccountName": "New"}, "INPUT_REQUIRED"),
        ("CreateOrganizationalUnit", {"ParentId": "r-a1b2", "Name": ""}, "MIN_LENGTH_EXCEEDED"),
        ("CreateOrganizationalUnit", {"ParentId": "r-a1b2", "Name": "n" * 129}, "MAX_LENGTH_EXCEEDED"),
        ("ListChildren", {"ParentId": "r-a1b2", "ChildType": "HANDSHAKE"}, "INVALID_ENUM"),
        ("DescribeAccount", {"AccountId": "zz"}, "INVALID_PATTERN"),
        ("InviteAccountToOrganization", {"Target": {"Id": STANDALONE}}, "INPUT_REQUIRED"),
    ],
)
def test_what_clients_may_send_unchecked_is_checked_here(world, operation, params, reason):
    # Straight to the service, as over HTTP: botocore would stop some of these before they are sent.
    with pytest.raises(ApiError) as caught:
        world.cloud.organizations.call(operation, params, CALLERS["management"])
    assert (caught.value.code, caught.value.reason) == ("InvalidInputException", reason)


@pytest.mark.parametrize(("size", "reason"), [(0, "MIN_VALUE_EXCEEDED"), (21, "MAX_VALUE_EXCEEDED")])
def test_pages_hold_one_to_twenty(world, size, reason):
    # Straight to the service, as over HTTP: botocore would stop a page of none before it is sent.
    call = world.cloud.organizations.call
    with pytest.raises(ApiError) as caught:
        call("ListAccounts", {"MaxResults": size}, CALLERS["hub"])
    assert caught.value.reason == reason
    assert len(call("ListAccounts", {"MaxResults": 1}, CALLERS["hub"])["Accounts"]) == 1
    assert "NextToken" not in call("ListAccounts", {"MaxResults": 6}, CALLERS["hub"])


def test_a_unit_is_created_with_its_tags(world):
    client, tags = world.client("organizations", "management"), [{"Key": "a", "Value": "1"}]
    unit = client.create_organizational_unit(ParentId="r-a1b2", Name="New", Tags=tags)["OrganizationalUnit"]
    assert client.list_tags_for_resource(ResourceId=unit["Id"])["Tags"] == tags


def test_listings_come_in_pages_of_at_most_twenty(world):
    for number in range(50):
        world.organization.add_account(name=f"a{number}", email=f"a{number}@example.com")
    client = world.client("organizations", "hub")
    sizes = [len(page["Accounts"]) for page in client.get_paginator("list_accounts").paginate()]
    assert sizes == [20, 20, 16]
    pages = client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 7})
    ids = [account["Id"] for page in pages for account in page["Accounts"]]
    assert ids == list(world.organization.accounts)


def test_a_token_is_good_for_its_own_listing_only(world):
    client, organization = world.client("organizations", "hub"), world.organization
    token = client.list_accounts(MaxResults=1)["NextToken"]
    for method, params in (
        ("list_roots", {}),
        ("list_accounts_for_parent", {"ParentId": organization.find_ou("Sandbox")}),
    ):
        with pytest.raises(client.exceptions.InvalidInputException):
            getattr(client, method)(NextToken=token, **params)


def test_an_empty_page_may_come_before_the_items(world):
    world.cloud.organizations.empty_pages = True
    client = world.client("organizations", "hub")
    pages = [page["Accounts"] for page in client.get_paginator("list_accounts").paginate()]
    assert [len(page) for page in pages] == [0, 6]


@check_each("operation", sorted(OrganizationsService.operations))
@check_each("who", ["management", "hub", "member", "administrator", "standalone", "outsider"])
def test_reads_are_for_management_and_administrators_writes_for_management(build, operation, who):
    world = build()
    params = request_for(operation, world)
    if who == "administrator":
        world.organization.delegate(OTHER, "config.amazonaws.com")
    try:
        world.cloud.call("organizations", operation, params, CALLERS[who])
        outcome = "answered"
    except ApiError as error:
        outcome = error.code
    refusals = {"AccessDeniedException", "AWSOrganizationsNotInUseException"}
    if operation == "ListHandshakesForAccount":
        assert outcome == "answered"
    elif operation in ("AcceptHandshake", "DeclineHandshake", "DescribeHandshake"):
        invited = who == "standalone" or (operation, who) == ("DescribeHandshake", "management")
        assert outcome == ("answered" if invited else "AccessDeniedException")
    elif who in ("standalone", "outsider"):
        assert outcome == "AWSOrganizationsNotInUseException"
    elif who == "management" or operation in ("DescribeOrganization", "LeaveOrganization"):
        assert outcome not in refusals
    else:
        assert (outcome in refusals) == (who == "member" or operation not in READS)


@pytest.mark.parametrize(
    ("state", "status"), [("ACTIVE", "ACTIVE"), ("SUSPENDED", "SUSPENDED"), ("CLOSED", "SUSPENDED")]
)
def test_accounts_have_a_state_and_the_older_status(world, state, status):
    world.organization.accounts[MEMBER].state = state
    account = world.client("organizations", "hub").describe_account(AccountId=MEMBER)["Account"]
    assert (account["State"], account["Status"]) == (state, status)


def test_administrators_are_listed_by_service(world):
    client = world.client("organizations", "hub")
    world.organization.delegate(MEMBER, "config.amazonaws.com")
    asked = client.list_delegated_administrators(ServicePrincipal="account.amazonaws.com")
    assert [entry["Id"] for entry in asked["DelegatedAdministrators"]] == [HUB]
    assert len(client.list_delegated_administrators()["DelegatedAdministrators"]) == 2


def test_tags_come_and_go(world):
    client = world.client("organizations", "management")
    client.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceId=MEMBER, TagKeys=["a", "never-there"])
    assert client.list_tags_for_resource(ResourceId=MEMBER)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_units_are_five_levels_deep(world):
    client = world.client("organizations", "management")
    parent = "r-a1b2"
    for level in range(5):
        made = client.create_organizational_unit(ParentId=parent, Name=f"Level {level}")
        parent = made["OrganizationalUnit"]["Id"]
    with pytest.raises(client.exceptions.ConstraintViolationException) as error:
        client.create_organizational_unit(ParentId=parent, Name="Sixth")
    assert error.value.response.get("Reason") == "OU_DEPTH_LIMIT_EXCEEDED"


def test_an_empty_unit_is_deleted(world):
    client = world.client("organizations", "management")
    outer = client.create_organizational_unit(ParentId="r-a1b2", Name="Outer")["OrganizationalUnit"]["Id"]
    inner = client.create_organizational_unit(ParentId=outer, Name="Inner")["OrganizationalUnit"]["Id"]
    with pytest.raises(client.exceptions.OrganizationalUnitNotEmptyException):
        client.delete_organizational_unit(OrganizationalUnitId=outer)
    for unit in (inner, outer):
        client.delete_organizational_unit(OrganizationalUnitId=unit)
        detail = world.events[-1][1]["detail"]
        assert detail["requestParameters"] == {"organizationalUnitId": unit}
        assert detail["responseElements"] is None
    with pytest.raises(client.exceptions.OrganizationalUnitNotFoundException):
        client.describe_organizational_unit(OrganizationalUnitId=outer)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({f"k{n}": "v" for n in range(51)}, "MAX_TAG_LIMIT_EXCEEDED"),
        ({"aws:owner": "x"}, "INVALID_SYSTEM_TAGS_PARAMETER"),
        ({"k" * 129: "x"}, "MAX_LENGTH_EXCEEDED"),
        ({"k": "v" * 257}, "MAX_LENGTH_EXCEEDED"),
        ({"k": "a|b"}, "INVALID_PATTERN"),
    ],
)
def test_tags_have_limits(world, tags, reason):
    client = world.client("organizations", "management")
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    root = client.list_roots()["Roots"][0]["Id"]
    for resource in (root, "222222222222"):
        with pytest.raises(ClientError) as error:
            client.tag_resource(ResourceId=resource, Tags=given)
        assert error.value.response.get("Reason") == reason
        client.tag_resource(ResourceId=resource, Tags=[{"Key": "team", "Value": "a b"}])
        assert client.list_tags_for_resource(ResourceId=resource)["Tags"][-1] == {
            "Key": "team",
            "Value": "a b",
        }


def test_control_tower_says_which_account_it_manages(world):
    world.cloud.manage("222222222222", "UpdateManagedAccount")
    account, event = world.events[-1]
    assert (account, event["source"]) == (world.organization.management, "aws.controltower")
    status = event["detail"]["serviceEventDetails"]["updateManagedAccountStatus"]
    assert (status["account"]["accountId"], status["state"]) == ("222222222222", "SUCCEEDED")
