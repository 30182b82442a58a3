"""`rollcall doctor` in a landing zone: what service control policies deny to the hub and to forwarders."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rollcall_cli.doctor.checks import read_facts
from rollcall_cli.doctor.facts import AttachedPolicy, MemberAccount, Seen
from rollcall_cli.doctor.hub_roles import list_hub_requests
from rollcall_cli.doctor.reading import FactReader
from rollcall_cli.doctor.service_control_policies import check_member_policies, check_policies
from rollcall_config.configuration import load
from rollcall_config.settings import PrivateLink
from simulation.policy_store import FULL_ACCESS
from tests.cli.desk import DIVESTED, HUB, MANAGEMENT, PAYMENTS, PLAYGROUND, SHOP
from tests.support.doctoring import failing, results

ROOT = "r-a1b2"
#: Services that a Region denial spares because they are global (Control Tower's GRREGIONDENY has more).
GLOBAL = ["account:*", "budgets:*", "cloudfront:*", "iam:*", "organizations:*", "sts:*", "support:*"]
HUB_CHECK, MEMBER_CHECK = "service-control-policies", "forwarder-policies"


def deny_regions(*regions: str, spare: list[str] | None = None) -> dict[str, Any]:
    """A statement that denies what is not in these Regions, but for global services and these roles."""
    condition: dict[str, Any] = {"StringNotEquals": {"aws:RequestedRegion": list(regions)}}
    # As Control Tower spells the key.
    condition["ArnNotLike"] = {"aws:PrincipalARN": spare or ["arn:aws:iam::*:role/AWSControlTowerExecution"]}
    return {
        "Sid": "RegionDeny",
        "Effect": "Deny",
        "NotAction": GLOBAL,
        "Resource": "*",
        "Condition": condition,
    }


def attach(world, target, *statements, name="landing-zone"):
    client = world.client("organizations", MANAGEMENT)
    if not world.organization.policies.enabled:
        client.enable_policy_type(RootId=ROOT, PolicyType="SERVICE_CONTROL_POLICY")
    content = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    policy = client.create_policy(Name=name, Description="x", Type="SERVICE_CONTROL_POLICY", Content=content)[
        "Policy"
    ]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=target)
    return policy


def find_parent(world, account):
    return world.organization.list_lineage(account)[-2]


PLACES = {
    "root": (lambda _: ROOT, [HUB_CHECK, MEMBER_CHECK]),
    "OU of the hub": (lambda w: find_parent(w, HUB), [HUB_CHECK]),
    "hub": (lambda _: HUB, [HUB_CHECK]),
    "OU of a member": (lambda w: find_parent(w, SHOP), [MEMBER_CHECK]),
    "member": (lambda _: SHOP, [MEMBER_CHECK]),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_region_denial_is_named_where_it_is(world, place):
    find_target, broken = PLACES[place]
    target = find_target(world)
    policy = attach(world, target, deny_regions("eu-west-1", "eu-central-1"))
    checks = world.doctor()
    assert failing(checks) == broken, checks
    for name in broken:
        assert f"landing-zone ({policy}) on {target}, statement RegionDeny," in checks[name]["seen"]
        assert "add us-east-1 to its Regions" in checks[name]["fix"]
        assert "events:PutEvents" in checks[name]["seen"]
    if HUB_CHECK in broken:
        assert {
            "dynamodb:PutItem",
            "lambda:InvokeFunction",
            "sns:Publish",
            "sqs:ReceiveMessage",
            "states:StartExecution",
        } <= set(checks[HUB_CHECK]["seen"].replace(",", "").split())
        assert "account:" not in checks[HUB_CHECK]["seen"]
    if place == "member":
        assert SHOP in checks[MEMBER_CHECK]["seen"]
        assert PAYMENTS not in checks[MEMBER_CHECK]["seen"]
    assert world.fix(checks[broken[0]]["fix"], account=MANAGEMENT) == 1
    assert set(results(world.doctor()).values()) == {"pass"}


def allow_only(world, target, *actions):
    """As organizations do that allow services one by one."""
    policy = attach(
        world, target, {"Sid": "Services", "Effect": "Allow", "Action": list(actions), "Resource": "*"}
    )
    world.client("organizations", MANAGEMENT).detach_policy(PolicyId=FULL_ACCESS, TargetId=target)
    return policy


@pytest.mark.parametrize("place", PLACES)
def test_a_list_of_services_that_lacks_some_is_named_where_it_is(world, place):
    find_target, broken = PLACES[place]
    target = find_target(world)
    allow_only(world, target, "account:*", "organizations:*", "iam:*", "dynamodb:*", "cloudformation:*")
    checks = world.doctor()
    assert failing(checks) == broken, checks
    for name in broken:
        assert f"no service control policy on {target} allows" in checks[name]["seen"]
        assert "dynamodb:" not in checks[name]["seen"]
    assert world.fix(checks[broken[0]]["fix"], account=MANAGEMENT) == 1
    assert set(results(world.doctor()).values()) == {"pass"}


def test_a_list_of_services_that_has_all_is_silent(world):
    services = (
        "account cloudformation cloudtrail cloudwatch dynamodb events iam kms lambda logs organizations"
    )
    services += " s3 sns sqs states sts xray"
    allow_only(world, ROOT, *(f"{service}:*" for service in services.split()))
    assert set(results(world.doctor()).values()) == {"pass"}


#: Policies of good landing zones.
HARMLESS = {
    "Regions with ours": deny_regions("us-east-1", "eu-central-1"),
    "exempt roles": deny_regions(
        "eu-central-1",
        spare=[
            f"arn:aws:iam::{HUB}:role/rollcall-*",
            f"arn:aws:iam::{HUB}:role/RollcallHub-*",
            "arn:aws:iam::*:role/StackSet-rollcall-forwar*",
        ],
    ),
    "root users": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
    },
    "leaving": {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"},
    "other resources": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::aws-controltower*"},
    "other services": {
        "Effect": "Deny",
        "NotAction": [*GLOBAL, *(f"{name}:*" for name in ["cloudformation", "cloudtrail", "cloudwatch"])]
        + [
            f"{name}:*"
            for name in ["dynamodb", "events", "kms", "lambda", "logs", "s3", "sns", "sqs", "states", "xray"]
        ],
        "Resource": "*",
    },
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_policy_that_denies_nothing_of_ours_is_silent(world, name):
    for target in (ROOT, HUB, SHOP):
        attach(world, target, HARMLESS[name], name=f"landing-zone-{target}")
    checks = world.doctor()
    assert {HUB_CHECK: "pass", MEMBER_CHECK: "pass"}.items() <= results(checks).items(), checks
    assert not failing(checks)


def test_roles_that_are_exempt_leave_the_others_named(world):
    spare = [f"arn:aws:iam::{HUB}:role/rollcall-*"]
    attach(world, HUB, deny_regions("eu-central-1", spare=spare))
    seen = world.doctor()[HUB_CHECK]["seen"]
    assert "RollcallHub-" in seen
    assert "(rollcall-" not in seen


@pytest.fixture
def facts(world):
    """What the doctor judges, with nothing read but what a test gives."""
    configuration = load(world.where, "config", today=date(2026, 12, 1))
    reader = FactReader(settings=configuration.settings, logins={}, progress=lambda _: None)
    return replace(
        read_facts(reader, configuration, now=world.clock.now()),
        hub_levels=Seen((ROOT, "ou-a1b2-11111111", HUB)),
        members=Seen(()),
    )


def judge(facts, *statements, target=HUB):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    full = AttachedPolicy(
        id=FULL_ACCESS,
        name="FullAWSAccess",
        document={"Statement": [everything]},
        targets=frozenset({ROOT, "ou-a1b2-11111111", HUB}),
    )
    policy = AttachedPolicy(id="p-1", name="one", document=document, targets=frozenset({target}))
    return check_policies(replace(facts, policies=Seen([full, policy])))


def test_every_action_of_every_role_is_asked_about(facts):
    requests = list(list_hub_requests(facts, (ROOT, "ou-a1b2-11111111", HUB)))
    actions = {request.action for _, request in requests}
    assert len(actions) > 70
    for action in actions:
        finding = judge(facts, {"Effect": "Deny", "Action": action, "Resource": "*"})
        assert finding.result == "fail"
        assert f"on {HUB}, statement 1, denies a role of the hub {action} (" in finding.seen


def test_a_denial_on_one_of_our_resources_is_found(facts):
    resource = f"arn:aws:sqs:us-east-1:{HUB}:RollcallHub-*"
    assert judge(facts, {"Effect": "Deny", "Action": "sqs:*", "Resource": resource}).result == "fail"
    elsewhere = f"arn:aws:sqs:us-east-1:{HUB}:payments-*"
    assert judge(facts, {"Effect": "Deny", "Action": "sqs:*", "Resource": elsewhere}).result == "pass"


@pytest.mark.parametrize("name", ["event-bus/rollcall-intake", "stateMachine:rollcall-sweep"])
def test_resources_have_the_names_that_are_deployed(facts, name):
    denied = {"Effect": "Deny", "Action": ["events:PutEvents", "states:StartExecution"]}
    resource = f"arn:aws:*:us-east-1:{HUB}:{name}"
    assert judge(facts, denied | {"Resource": resource}).result == "fail"


@pytest.mark.parametrize("kind", ["SECURITY", "OPERATIONS", "BILLING"])
def test_a_denial_of_one_kind_of_contact_is_found(facts, kind):
    condition = {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": [kind]}}
    statement = {"Effect": "Deny", "Action": "account:PutAlternateContact", "Resource": "*"}
    assert judge(facts, statement | {"Condition": condition}).result == "fail"


@pytest.mark.parametrize(("operation", "result"), [("Get", "fail"), ("Put", "pass"), ("Delete", "fail")])
def test_a_denial_of_writes_of_a_kind_that_is_absent_everywhere_is_not_in_the_way(facts, operation, result):
    condition = {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["BILLING"]}}
    action = f"account:{operation}AlternateContact"
    statement = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    absent = replace(facts, sets=("OPERATIONS", "SECURITY"), deletes=("BILLING",))
    assert judge(absent, statement).result == result


@pytest.mark.parametrize("operation", ["Get", "Put"])
def test_a_denial_of_primary_contacts_matters_if_the_roster_names_them(facts, operation):
    resource = f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*"
    action = f"account:{operation}ContactInformation"
    # Readers look at primary contacts in any case, and are spared here.
    spared = {
        "ArnNotLike": {
            "aws:PrincipalArn": [
                "arn:aws:iam::*:role/rollcall-reader",
                "arn:aws:iam::*:role/rollcall-operator",
            ]
        }
    }
    statement = {"Effect": "Deny", "Action": action, "Resource": resource, "Condition": spared}
    assert judge(facts, statement).result == "pass"
    finding = judge(replace(facts, kinds=(*facts.kinds, "PRIMARY"), sets=(*facts.sets, "PRIMARY")), statement)
    assert (finding.result, action in finding.seen) == ("fail", True)
    assert "rollcall-reconcile" in finding.seen
    assert ("rollcall-sweep-reader" in finding.seen) is (operation == "Get")


def test_services_that_the_settings_do_not_use_may_be_denied(facts):
    statement = {"Effect": "Deny", "Action": ["secretsmanager:*", "ec2:*"], "Resource": "*"}
    assert judge(facts, statement).result == "pass"


def test_a_condition_that_nobody_can_evaluate_here_is_unknown_and_named(facts):
    condition = {"StringNotEquals": {"aws:PrincipalTag/team": "security"}}
    finding = judge(facts, {"Effect": "Deny", "Action": "sns:*", "Resource": "*", "Condition": condition})
    assert finding.result == "unknown"
    assert "may deny a role of the hub sns:" in finding.seen
    assert "aws:PrincipalTag/team cannot be evaluated here" in finding.seen


def test_conditions_on_instances_and_root_users_do_not_concern_our_roles(facts):
    old = {"NumericLessThan": {"ec2:RoleDelivery": "2.0"}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert judge(facts, statement | {"Condition": old}).result == "pass"
    assert judge(facts, statement | {"Condition": {"Null": {"aws:AssumedRoot": "false"}}}).result == "pass"


def test_functions_outside_of_a_network_have_none(facts):
    outside = {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}
    statement = {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*", "Condition": outside}
    assert judge(facts, statement).result == "fail"
    link = PrivateLink(vpc="vpc-1", subnets=("subnet-1",), security_groups=("sg-1",))
    inside = replace(facts, settings=replace(facts.settings, private_link=link))
    assert judge(inside, statement).result == "unknown"


def test_what_was_not_read_is_unknown(facts):
    assert check_policies(facts).result == check_member_policies(facts).result == "unknown"
    lost = MemberAccount(id=SHOP, active=True, ids=(), joined=None)
    finding = check_member_policies(replace(facts, policies=Seen(()), members=Seen([lost])))
    assert finding.result == "unknown"
    assert finding.seen == f"AWS Organizations does not show the OUs of {SHOP}"


def test_members_of_one_ou_are_told_apart_where_a_policy_names_one(world):
    spare = [f"arn:aws:iam::{DIVESTED}:role/*"]
    attach(world, find_parent(world, DIVESTED), deny_regions("eu-central-1", spare=spare))
    checks = world.doctor()
    assert failing(checks) == [MEMBER_CHECK]
    assert f"events:PutEvents ({PLAYGROUND})" in checks[MEMBER_CHECK]["seen"]
    attach(world, find_parent(world, DIVESTED), deny_regions("eu-central-1"), name="all")
    assert f"events:PutEvents ({DIVESTED}, {PLAYGROUND})" in world.doctor()[MEMBER_CHECK]["seen"]
