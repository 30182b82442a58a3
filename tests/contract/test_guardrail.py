"""Service control policies bind every principal of a member, and nobody else."""

import json

import pytest
from botocore.exceptions import ClientError

from simulation import Caller
from simulation.authorization import build_request
from tests.contract.conftest import HUB, MANAGEMENT, MEMBER, OTHER

TYPE = "SERVICE_CONTROL_POLICY"
STANDALONE_ARN = "arn:aws:account::*:account"
KIND = {"AlternateContactType": "SECURITY"}
PUT_AND_DELETE = ["account:PutAlternateContact", "account:DeleteAlternateContact"]


@pytest.fixture
def attach(world):
    """Attach a deny-list policy of one statement to a root, OU or account; its id."""

    def act(target, **elements):
        client = world.client("organizations", "management")
        if not world.organization.policies.enabled:
            client.enable_policy_type(RootId="r-a1b2", PolicyType=TYPE)
        statement = {"Effect": "Deny", "Action": PUT_AND_DELETE, "Resource": STANDALONE_ARN} | elements
        content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        name = f"policy {len(world.organization.policies.policies)}"
        policy = client.create_policy(Name=name, Description="", Type=TYPE, Content=content)
        policy_id = policy["Policy"]["PolicySummary"]["Id"]
        client.attach_policy(PolicyId=policy_id, TargetId=target)
        return policy_id

    return act


@pytest.fixture
def may_put(world, contact):
    def ask(who, **params):
        caller = Caller.role(who, "Dev", "mary") if isinstance(who, str) else who
        try:
            world.client("account", caller).put_alternate_contact(**contact, **params)
        except ClientError as error:
            return {"AccessDeniedException": False}[error.response["Error"]["Code"]]
        return True

    return ask


def test_members_are_denied_and_central_calls_go_on(attach, may_put):
    attach("r-a1b2")
    assert [may_put(who) for who in (MEMBER, OTHER, HUB)] == [False] * 3
    assert may_put(HUB, AccountId=MEMBER)
    assert may_put(HUB, AccountId=HUB)
    assert may_put(MANAGEMENT, AccountId=MEMBER)
    assert may_put(MANAGEMENT)


@pytest.mark.parametrize(
    "caller", [Caller.root(MEMBER), Caller.user(MEMBER, "ina"), Caller.role(MEMBER, "Dev", "mary")]
)
def test_every_principal_of_a_member_is_bound_also_its_root_user(attach, may_put, caller):
    attach(MEMBER)
    assert not may_put(caller)


def test_management_is_never_bound(attach, may_put):
    attach("r-a1b2", Action="*", Resource="*")
    attach(MANAGEMENT, Action="*", Resource="*")
    assert may_put(Caller.root(MANAGEMENT))
    assert may_put(MANAGEMENT, AccountId=MEMBER)


def test_accounts_outside_are_not_bound(attach, may_put):
    attach("r-a1b2", Action="*", Resource="*")
    assert may_put("777788889999")


def test_a_policy_reaches_the_accounts_below_its_target_only(world, attach, may_put):
    attach(world.organization.find_ou("Workloads"))
    assert [may_put(who) for who in (MEMBER, OTHER, "666677778888")] == [False, False, True]
    world.organization.move(OTHER, world.organization.root_id)
    assert may_put(OTHER)


def test_a_policy_on_everything_stops_the_hub_itself(attach, may_put):
    attach(HUB, Resource="*")
    assert not may_put(HUB, AccountId=MEMBER)
    assert may_put(MANAGEMENT, AccountId=MEMBER)


def test_a_policy_on_the_organizations_form_stops_the_hub_and_no_member(attach, may_put):
    attach("r-a1b2", Resource=f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*")
    assert not may_put(HUB, AccountId=MEMBER)
    assert may_put(MEMBER)


def test_a_break_glass_role_is_exempt(attach, may_put):
    attach("r-a1b2", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass*"}})
    assert may_put(Caller.role(MEMBER, "break-glass-1", "mary"))
    assert not may_put(Caller.role(MEMBER, "Dev", "break-glass"))
    assert not may_put(Caller.root(MEMBER))


def test_the_path_of_a_role_is_part_of_its_arn(attach, may_put):
    attach("r-a1b2", Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ops/*"}})
    arn = f"arn:aws:sts::{MEMBER}:assumed-role/Dev/mary"
    assert may_put(Caller(account_id=MEMBER, arn=arn, role_path="/ops/"))
    assert not may_put(Caller(account_id=MEMBER, arn=arn))


def test_one_kind_can_be_denied(world, contact, attach, may_put):
    attach(MEMBER, Condition={"ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]}})
    assert not may_put(MEMBER)
    client = world.client("account", "member")
    client.put_alternate_contact(**{**contact, "AlternateContactType": "BILLING"})


def test_the_hub_can_be_kept_to_some_ous(world, attach, may_put):
    paths = [f"o-exampleorgid/r-a1b2/{world.organization.find_ou('Workloads')}/*"]
    condition = {"ForAllValues:StringNotLike": {"account:AccountResourceOrgPaths": paths}}
    attach(HUB, Resource="*", Condition=condition)
    assert may_put(HUB, AccountId=MEMBER)
    assert not may_put(HUB, AccountId="666677778888")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:PrincipalAccount", MEMBER),
        ("aws:PrincipalOrgID", "o-exampleorgid"),
        ("account:AccountResourceOrgTags/team", "payments"),
    ],
)
def test_other_keys_of_a_request(world, attach, may_put, key, value):
    world.organization.accounts[OTHER].tags["team"] = "payments"
    attach("r-a1b2", Resource="*", Condition={"StringEquals": {key: value}})
    caller, params = (HUB, {"AccountId": OTHER}) if "Tags" in key else (MEMBER, {})
    assert not may_put(caller, **params)
    assert may_put(HUB, AccountId=MEMBER) == (key != "aws:PrincipalOrgID")


def test_every_level_must_allow(world, attach, may_put):
    production = world.organization.find_ou("Workloads/Production")
    client = world.client("organizations", "management")
    reads = attach(production, Effect="Allow", Action="account:Get*", Resource="*")
    assert may_put(OTHER)
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=production)
    assert not may_put(OTHER)
    assert may_put(MEMBER)
    account = world.client("account", Caller.role(OTHER, "Dev", "mary"))
    assert account.get_contact_information()["ContactInformation"]
    with pytest.raises(ClientError) as caught:
        account.put_account_name(AccountName="x")
    assert caught.value.response["Error"]["Message"].endswith(
        "because no service control policy allows the account:PutAccountName action"
    )
    client.attach_policy(PolicyId="p-FullAWSAccess", TargetId=production)
    client.detach_policy(PolicyId=reads, TargetId=production)
    assert may_put(OTHER)


@pytest.mark.parametrize(
    "lift",
    [
        lambda client, policy_id: client.detach_policy(PolicyId=policy_id, TargetId="r-a1b2"),
        lambda client, _: client.disable_policy_type(RootId="r-a1b2", PolicyType=TYPE),
        lambda client, policy_id: client.update_policy(
            PolicyId=policy_id,
            Content=json.dumps({"Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}),
        ),
    ],
    ids=["detached", "type disabled", "updated"],
)
def test_the_guardrail_ends_with_its_attachment_its_type_or_its_text(world, attach, may_put, lift):
    policy_id = attach("r-a1b2")
    assert not may_put(MEMBER)
    lift(world.client("organizations", "management"), policy_id)
    assert may_put(MEMBER)


def test_a_departed_account_is_free(world, attach, may_put):
    attach("r-a1b2")
    world.client("organizations", "management").remove_account_from_organization(AccountId=MEMBER)
    assert may_put(MEMBER)


def test_the_denial_has_the_documented_text_and_becomes_an_event(world, attach, contact):
    attach("r-a1b2")
    world.events.clear()
    client = world.client("account", "member")
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        client.put_alternate_contact(**contact)
    text = (
        f"User: arn:aws:sts::{MEMBER}:assumed-role/Dev/mary is not authorized to perform: "
        f"account:PutAlternateContact on resource: arn:aws:account::{MEMBER}:account "
        "with an explicit deny in a service control policy"
    )
    assert caught.value.response["Error"]["Message"] == text
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    [(account, event)] = world.events
    detail = event["detail"]
    assert account == detail["recipientAccountId"] == MEMBER
    assert (detail["errorCode"], detail["errorMessage"]) == ("AccessDenied", text)
    assert (detail["requestParameters"], detail["responseElements"]) == (None, None)
    assert world.organization.accounts[MEMBER].contacts == {}


def test_denied_calls_spend_no_quota(world, attach, may_put):
    policy_id = attach(MEMBER)
    assert [may_put(MEMBER) for _ in range(20)] == [False] * 20
    world.organization.policies.detach(policy_id, MEMBER)
    assert may_put(MEMBER)


def test_members_can_be_kept_in_the_organization(world, attach):
    attach("r-a1b2", Action="organizations:LeaveOrganization", Resource="*")
    client = world.client("organizations", "member")
    with pytest.raises(client.exceptions.AccessDeniedException) as caught:
        client.leave_organization()
    assert caught.value.response["Error"]["Message"].endswith(
        "organizations:LeaveOrganization on resource: * with an explicit deny in a service control policy"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert MEMBER in world.organization.accounts
    account, event = world.events[-1]
    assert (account, event["detail"]["errorCode"]) == (MEMBER, "AccessDenied")


def test_reads_of_the_hub_can_be_denied_by_resource(world, attach):
    attach(HUB, Action="organizations:*", Resource=f"arn:aws:organizations::*:account/*/{MEMBER}")
    client = world.client("organizations", "hub")
    assert client.describe_account(AccountId=OTHER)["Account"]
    assert client.list_accounts()["Accounts"]
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.describe_account(AccountId=MEMBER)
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.list_parents(ChildId=MEMBER)


@pytest.mark.parametrize(
    ("params", "resource"),
    [
        ({}, "*"),
        ({"AccountId": MEMBER}, f"arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{MEMBER}"),
        ({"ParentId": "ou-a1b2-x"}, f"arn:aws:organizations::{MANAGEMENT}:ou/o-exampleorgid/ou-a1b2-x"),
        ({"TargetId": "r-a1b2"}, f"arn:aws:organizations::{MANAGEMENT}:root/o-exampleorgid/r-a1b2"),
        (
            {"PolicyId": "p-x", "TargetId": MEMBER},
            f"arn:aws:organizations::{MANAGEMENT}:policy/o-exampleorgid/service_control_policy/p-x",
        ),
        (
            {"PolicyId": "p-FullAWSAccess"},
            "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
        ),
        (
            {"HandshakeId": "h-x"},
            f"arn:aws:organizations::{MANAGEMENT}:handshake/o-exampleorgid/invite/h-x",
        ),
    ],
)
def test_the_resource_of_an_organizations_call(world, params, resource):
    caller = Caller.role(HUB, "Ops", "ops")
    assert build_request(world.organization, "organizations", "X", params, caller).resource == resource


def test_what_identity_policies_are_asked_about(world):
    organization, hub = world.organization, Caller.role(HUB, "Ops", "ops")
    organization.partition = "aws-cn"
    request = build_request(
        organization, "account", "PutAlternateContact", {"AccountId": MEMBER, **KIND}, hub
    )
    assert request.action == "account:PutAlternateContact"
    assert request.resource == f"arn:aws-cn:account::{MANAGEMENT}:account/o-exampleorgid/{MEMBER}"
    workloads, development = organization.find_ou("Workloads"), organization.find_ou("Workloads/Development")
    known = {key: values for key, values in request.context.items() if values}
    assert (
        known.items()
        >= {
            "aws:PrincipalArn": [f"arn:aws:iam::{HUB}:role/Ops"],
            "aws:PrincipalAccount": [HUB],
            "aws:PrincipalOrgID": ["o-exampleorgid"],
            "aws:PrincipalOrgPaths": [f"o-exampleorgid/r-a1b2/{organization.find_ou('Security')}/"],
            "account:AlternateContactTypes": ["SECURITY"],
            "account:AccountResourceOrgPaths": [f"o-exampleorgid/r-a1b2/{workloads}/{development}/"],
            "aws:RequestedRegion": ["cn-northwest-1"],
            "aws:PrincipalType": ["AssumedRole"],
        }.items()
    )
    outsider = Caller.root("777788889999")
    request = build_request(organization, "account", "PutAccountName", {}, outsider)
    assert request.resource == "arn:aws-cn:account::777788889999:account"
    assert request.context["aws:PrincipalArn"] == ["arn:aws:iam::777788889999:root"]
    assert request.context["aws:PrincipalOrgID"] == request.context["account:AlternateContactTypes"] == []
    email = build_request(organization, "account", "X", {"PrimaryEmail": "a@example.com"}, outsider)
    assert email.context["account:EmailTargetDomain"] == ["example.com"]
    service = build_request(organization, "organizations", "X", {"ServicePrincipal": "a.b"}, hub)
    assert service.context["organizations:ServicePrincipal"] == ["a.b"]


def test_a_condition_that_is_not_modelled_fails_loudly(world, attach, may_put):
    """Where it decides, and only there."""
    policy_id = attach("r-a1b2", Condition={"StringEquals": {"aws:Ec2InstanceSourceVpc": "vpc-1"}})
    with pytest.raises(NotImplementedError, match="aws:Ec2InstanceSourceVpc"):
        may_put(MEMBER)
    assert may_put(MANAGEMENT)
    policy = world.organization.policies.policies[policy_id]
    policy.content = policy.content.replace("account:", "iam:")
    assert may_put(MEMBER)


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
        ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, True),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"StringEquals": {"aws:PrincipalTag/team": "x"}}, True),
        ({"Null": {"aws:SourceVpce": "true"}}, False),
    ],
)
def test_the_conditions_of_landing_zones(attach, may_put, condition, allowed):
    """The Account API has one endpoint, in us-east-1: Region denials see that Region."""
    attach("r-a1b2", Condition=condition)
    assert may_put(MEMBER) is allowed
