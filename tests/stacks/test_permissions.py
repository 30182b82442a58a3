"""Who may do what: exact actions on exact resources, and each wildcard with its reason."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from tests.stacks.template import Template, arn, as_list
from tests.stacks.variants import synthesize_with
from tests.support.permissions import items_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stacks.assembly import Assembly

Grants = dict[str, str | tuple[str, ...]]

#: Every statement of an identity policy that names no resource, and why it cannot.
ON_EVERYTHING = {
    "logs:CreateLogDelivery": "a delivery has no ARN",
    "logs:DeleteLogDelivery": "a delivery has no ARN",
    "logs:DescribeLogGroups": "Step Functions looks for the group that it is to write to",
    "logs:DescribeResourcePolicies": "the policy is the account's",
    "logs:GetLogDelivery": "a delivery has no ARN",
    "logs:ListLogDeliveries": "a delivery has no ARN",
    "logs:PutResourcePolicy": "the policy is the account's",
    "logs:UpdateLogDelivery": "a delivery has no ARN",
    "cloudtrail:DescribeTrails": "which trails there are is what it asks",
    "events:ListRuleNamesByTarget": "EventBridge knows no resources for it",
    "lambda:GetAccountSettings": "the limits are the account's",
    "organizations:DescribeAccount": "which accounts there are is what it asks",
    "organizations:DescribeOrganization": "there is one",
    "organizations:DescribeOrganizationalUnit": "which units there are is what it asks",
    "organizations:DescribePolicy": "which policies bind the hub is what it asks",
    "organizations:ListAWSServiceAccessForOrganization": "which services are trusted is what it asks",
    "organizations:ListAccounts": "which accounts there are is what it asks",
    "organizations:ListAccountsForParent": "which accounts are below a unit is what it asks",
    "organizations:ListDelegatedAdministrators": "who is one is what it asks",
    "organizations:ListOrganizationalUnitsForParent": "which units are below a unit is what it asks",
    "organizations:ListParents": "an account's place is what it asks",
    "organizations:ListPolicies": "which policy is the guardrail is what it asks",
    "organizations:ListRoots": "there is one",
    "organizations:ListTagsForResource": "an account's tags are what it asks",
    "organizations:ListTargetsForPolicy": "what the guardrail is attached to is what it asks",
    "xray:GetSamplingRules": "X-Ray knows no resources for it",
    "xray:GetSamplingTargets": "X-Ray knows no resources for it",
    "xray:PutTelemetryRecords": "X-Ray knows no resources for it",
    "xray:PutTraceSegments": "X-Ray knows no resources for it",
}

#: The same, where functions run in a VPC.
IN_A_NETWORK = {
    "ec2:AssignPrivateIpAddresses": "Lambda makes the interface and names it",
    "ec2:CreateNetworkInterface": "Lambda makes the interface and names it",
    "ec2:DeleteNetworkInterface": "Lambda makes the interface and names it",
    "ec2:DescribeNetworkInterfaces": "EC2 knows no resources for it",
    "ec2:DescribeSubnets": "EC2 knows no resources for it",
    "ec2:UnassignPrivateIpAddresses": "Lambda makes the interface and names it",
}
BESIDE_A_GUARDRAIL = {"organizations:ListPolicies": "which policy is the guardrail is what it asks"}

_MEMBERS = "arn:{AWS::Partition}:account::111111111111:account/o-exampleorgid/*"
_PLACE = "{{AWS::Partition}}:{}:us-east-1:333333333333"
_HERE = "{{AWS::Partition}}:{}:{{AWS::Region}}:{{AWS::AccountId}}"
_DEAD_LETTERS = tuple(
    f"{{{name}DeadLetters.Arn}}" for name in ("Intake", "Echo", "AlertOnly", "Notify", "Sweep")
)
_STACK = f"arn:{_HERE.format('cloudformation')}:stack/{{AWS::StackName}}/*"
_TRAILS = "arn:{AWS::Partition}:cloudtrail:*:*:trail/*"
_RULES = f"arn:{_HERE.format('events')}:rule/*"
_ROLES = tuple(
    f"arn:{{AWS::Partition}}:iam::{{AWS::AccountId}}:role/{name}"
    for name in ("rollcall-reconcile", "{AWS::StackName}-*")
)
_POLICIES = tuple(f"arn:{{AWS::Partition}}:iam::{owner}:policy/*" for owner in ("aws", "{AWS::AccountId}"))
_INBOXES = ("{Echoes.Arn}", "{Intake.Arn}", "{AlertOnly.Arn}")
#: What people may look at.
LOOKING: Grants = {
    "account:GetAlternateContact": _MEMBERS,
    "account:GetContactInformation": _MEMBERS,
    "cloudformation:DescribeStacks": _STACK,
    "cloudformation:ListStackInstances": "arn:{AWS::Partition}:cloudformation:{AWS::Region}:*"
    ":stackset/rollcall-forwarder:*",
    "cloudformation:ListStackResources": _STACK,
    "cloudtrail:GetEventSelectors": _TRAILS,
    "cloudtrail:GetTrailStatus": _TRAILS,
    "cloudwatch:DescribeAlarms": f"arn:{_HERE.format('cloudwatch')}:alarm:*",
    "dynamodb:BatchGetItem": "{State.Arn}",
    "dynamodb:GetItem": "{State.Arn}",
    "dynamodb:Query": ("{State.Arn}", "{State.Arn}/index/pending"),
    "events:DescribeEventBus": "arn:{AWS::Partition}:events:us-east-1:333333333333:event-bus/rollcall-intake",
    "events:DescribeRule": _RULES,
    "events:ListTargetsByRule": _RULES,
    "iam:GetPolicy": _POLICIES,
    "iam:GetPolicyVersion": _POLICIES,
    "iam:GetRole": _ROLES,
    "iam:GetRolePolicy": _ROLES,
    "iam:ListAttachedRolePolicies": _ROLES,
    "iam:ListRolePolicies": _ROLES,
    "s3:GetObject": ("{Reports.Arn}/reports/*", "{Reports.Arn}/runs/*"),
    "s3:GetObjectRetention": "{Ledger.Arn}/ledger/*",
    "s3:GetObjectVersion": "{Ledger.Arn}/ledger/*",
    "s3:ListBucket": "{Reports.Arn}",
    "s3:ListBucketVersions": "{Ledger.Arn}",
    "sns:ListSubscriptionsByTopic": "{AlertsTopic}",
    "sqs:GetQueueAttributes": _DEAD_LETTERS,
    "sqs:ReceiveMessage": _DEAD_LETTERS,
}
#: What operators may besides.
OPERATING: Grants = {
    "states:DescribeExecution": (
        f"arn:{_HERE.format('states')}:execution:{{ControlMachine.Name}}:*",
        f"arn:{_HERE.format('states')}:execution:{{SweepMachine.Name}}:*",
    ),
    "states:StartExecution": "{ControlMachine}",
}

#: What each role may do on named resources.
GRANTS: dict[tuple[str, str], Grants] = {
    ("RollcallHub", "ReconcileRole"): {
        "account:GetAlternateContact": "arn:{AWS::Partition}:account::111111111111:account/o-exampleorgid/*",
        "account:PutAlternateContact": "arn:{AWS::Partition}:account::111111111111:account/o-exampleorgid/*",
        "dynamodb:BatchGetItem": "{State.Arn}",
        "dynamodb:ConditionCheckItem": "{State.Arn}",
        "dynamodb:DeleteItem": "{State.Arn}",
        "dynamodb:GetItem": "{State.Arn}",
        "dynamodb:PutItem": "{State.Arn}",
        # As apply it looks for intents that workers left behind.
        "dynamodb:Query": ("{State.Arn}", "{State.Arn}/index/pending"),
        "dynamodb:UpdateItem": "{State.Arn}",
        "events:PutEvents": "{Outcomes.Arn}",
        "logs:CreateLogStream": ("{ApplyLogs.Arn}", "{ReconcileLogs.Arn}"),
        "logs:PutLogEvents": ("{ApplyLogs.Arn}", "{ReconcileLogs.Arn}"),
        "s3:GetObject": ("{Ledger.Arn}/ledger/*", "{Reports.Arn}/runs/*"),
        "s3:ListBucket": ("{Ledger.Arn}", "{Reports.Arn}"),
        "s3:PutObject": ("{Ledger.Arn}/ledger/*", "{Reports.Arn}/runs/*"),
        "sts:AssumeRole": "arn:{AWS::Partition}:iam::111111111111:role/rollcall-management-contacts",
        "sqs:ChangeMessageVisibility": _INBOXES,
        "sqs:DeleteMessage": _INBOXES,
        "sqs:GetQueueAttributes": _INBOXES,
        "sqs:GetQueueUrl": _INBOXES,
        "sqs:ReceiveMessage": _INBOXES,
    },
    ("RollcallHub", "ChannelsNotifyRole"): {
        "dynamodb:PutItem": "{State.Arn}",
        "dynamodb:UpdateItem": "{State.Arn}",
        "kms:Decrypt": "{AlertsKey.Arn}",
        "kms:GenerateDataKey": "{AlertsKey.Arn}",
        "logs:CreateLogStream": "{NotifyLogs.Arn}",
        "logs:PutLogEvents": "{NotifyLogs.Arn}",
        "sns:Publish": "{AlertsTopic}",
        "sqs:ChangeMessageVisibility": "{Notifications.Arn}",
        "sqs:DeleteMessage": "{Notifications.Arn}",
        "sqs:GetQueueAttributes": "{Notifications.Arn}",
        "sqs:GetQueueUrl": "{Notifications.Arn}",
        "sqs:ReceiveMessage": "{Notifications.Arn}",
    },
    ("RollcallHub", "SweepRole"): {
        "account:GetAlternateContact": _MEMBERS,
        "dynamodb:BatchGetItem": "{State.Arn}",
        "dynamodb:DeleteItem": "{State.Arn}",
        "dynamodb:GetItem": "{State.Arn}",
        "dynamodb:PutItem": "{State.Arn}",
        "dynamodb:Query": ("{State.Arn}", "{State.Arn}/index/pending"),
        "events:PutEvents": "{Outcomes.Arn}",
        "logs:CreateLogStream": "{SweepLogs.Arn}",
        "logs:PutLogEvents": "{SweepLogs.Arn}",
        "s3:GetObject": "{Reports.Arn}/runs/*",
        "s3:ListBucket": "{Reports.Arn}",
        "s3:PutObject": ("{Reports.Arn}/reports/*", "{Reports.Arn}/runs/*"),
    },
    ("RollcallHub", "ControlRole"): {
        "dynamodb:BatchGetItem": "{State.Arn}",
        "dynamodb:ConditionCheckItem": "{State.Arn}",
        "dynamodb:DeleteItem": "{State.Arn}",
        "dynamodb:GetItem": "{State.Arn}",
        "dynamodb:PutItem": "{State.Arn}",
        "dynamodb:Query": ("{State.Arn}", "{State.Arn}/index/pending"),
        "dynamodb:UpdateItem": "{State.Arn}",
        "events:PutEvents": "{Outcomes.Arn}",
        "logs:CreateLogStream": "{ControlLogs.Arn}",
        "logs:PutLogEvents": "{ControlLogs.Arn}",
        "s3:GetObject": ("{Ledger.Arn}/ledger/alerts/*", "{Ledger.Arn}/ledger/commands/*"),
        "s3:ListBucket": "{Ledger.Arn}",
        "s3:PutObject": ("{Ledger.Arn}/ledger/alerts/*", "{Ledger.Arn}/ledger/commands/*"),
        "states:StartExecution": f"arn:{_PLACE.format('states')}:stateMachine:rollcall-sweep",
    },
    ("RollcallHub", "SweepMachineRole"): {
        "lambda:InvokeFunction": ("{Apply.Arn}", "{Control.Arn}", "{Sweep.Arn}"),
    },
    ("RollcallHub", "ControlMachineRole"): {"lambda:InvokeFunction": ("{Apply.Arn}", "{Control.Arn}")},
    ("RollcallHub", "SweepStartsScheduleRole"): {
        "sqs:SendMessage": "{SweepDeadLetters.Arn}",
        "states:StartExecution": "{SweepMachine}",
    },
    ("RollcallHub", "ControlFollowUpRole"): {
        "sqs:SendMessage": "{SweepDeadLetters.Arn}",
        "states:StartExecution": "{ControlMachine}",
    },
    ("RollcallHub", "SweepStartsDeployedRole"): {"states:StartExecution": "{SweepMachine}"},
    ("RollcallHub", "SweepStartsDelegatedRole"): {"states:StartExecution": "{SweepMachine}"},
    ("RollcallHub", "PeopleReader"): LOOKING,
    ("RollcallHub", "PeopleOperator"): LOOKING | OPERATING,
    ("RollcallHub", "PeopleRedrive"): {
        "sqs:DeleteMessage": _DEAD_LETTERS[:-1],
        "sqs:GetQueueAttributes": _DEAD_LETTERS[:-1],
        "sqs:ListMessageMoveTasks": _DEAD_LETTERS[:-1],
        "sqs:ReceiveMessage": _DEAD_LETTERS[:-1],
        "sqs:SendMessage": (*_INBOXES, "{Notifications.Arn}"),
        "sqs:StartMessageMoveTask": _DEAD_LETTERS[:-1],
    },
    ("RollcallHub", "IntakeForwarderRole"): {"events:PutEvents": "{IntakeBus.Arn}"},
    ("RollcallManagement", "ForwarderRole"): {
        "events:PutEvents": "arn:{AWS::Partition}:events:us-east-1:{HubOf.{AWS::AccountId}.Account}"
        ":event-bus/rollcall-intake"
    },
    ("RollcallManagement", "Contacts"): {
        "account:GetAlternateContact": "arn:{AWS::Partition}:account::{AWS::AccountId}:account",
        "account:PutAlternateContact": "arn:{AWS::Partition}:account::{AWS::AccountId}:account",
    },
    ("RollcallForwarder", "ForwarderRole"): {
        "events:PutEvents": "arn:{AWS::Partition}:events:us-east-1:333333333333:event-bus/rollcall-intake"
    },
}

#: Logical ids that the table above shortens: the name, and where the resource is.
NAMES = {
    "State": ("AWS::DynamoDB::Table", "State"),
    "Ledger": ("AWS::S3::Bucket", "Ledger"),
    "Intake": ("AWS::SQS::Queue", "IntakeQueue"),
    "Echoes": ("AWS::SQS::Queue", "IntakeEchoesQueue"),
    "AlertOnly": ("AWS::SQS::Queue", "IntakeAlertOnlyQueue"),
    "Notifications": ("AWS::SQS::Queue", "ChannelsNotifyQueue"),
    "IntakeBus": ("AWS::Events::EventBus", "IntakeBus"),
    "Outcomes": ("AWS::Events::EventBus", "Outcomes"),
    "AlertsKey": ("AWS::KMS::Key", "AlertsKey"),
    "AlertsTopic": ("AWS::SNS::Topic", "AlertsTopic"),
    "Reports": ("AWS::S3::Bucket", "Reports"),
    "IntakeDeadLetters": ("AWS::SQS::Queue", "IntakeDeadLetters"),
    "EchoDeadLetters": ("AWS::SQS::Queue", "IntakeEchoesDeadLetters"),
    "AlertOnlyDeadLetters": ("AWS::SQS::Queue", "IntakeAlertOnlyDeadLetters"),
    "NotifyDeadLetters": ("AWS::SQS::Queue", "ChannelsNotifyDeadLetters"),
    "SweepDeadLetters": ("AWS::SQS::Queue", "SweepDeadLetters"),
    "SweepMachine": ("AWS::StepFunctions::StateMachine", "SweepMachine"),
    "ControlMachine": ("AWS::StepFunctions::StateMachine", "ControlMachine"),
    "Sweep": ("AWS::Lambda::Function", "SweepFunction"),
    "Apply": ("AWS::Lambda::Function", "ApplyFunction"),
    "Control": ("AWS::Lambda::Function", "ControlFunction"),
    "SweepLogs": ("AWS::Logs::LogGroup", "SweepFunctionLogs"),
    "ApplyLogs": ("AWS::Logs::LogGroup", "ApplyFunctionLogs"),
    "ControlLogs": ("AWS::Logs::LogGroup", "ControlFunctionLogs"),
    "ReconcileLogs": ("AWS::Logs::LogGroup", "ReconcileFunctionLogs"),
    "NotifyLogs": ("AWS::Logs::LogGroup", "ChannelsNotifyFunctionLogs"),
}


def grants_of(template: Template, role: str) -> Iterator[tuple[str, str]]:
    for statement in template.statements(role):
        assert statement["Effect"] == "Allow"
        assert {"NotAction", "NotResource"}.isdisjoint(statement)
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, arn(resource)


def in_full(template: Template, resource: str) -> str:
    for name, (type_, prefix) in NAMES.items():
        for end in (".", "}"):
            if f"{{{name}{end}" in resource:
                return resource.replace(f"{{{name}{end}", f"{{{template.one(type_, prefix)[0]}{end}")
    return resource


@pytest.mark.parametrize(("stack", "role"), GRANTS)
def test_a_role_may_do_exactly_this(assembly: Assembly, stack: str, role: str) -> None:
    template = assembly.templates[stack]
    logical_id, _ = template.one("AWS::IAM::Role", role)
    named = {(action, resource) for action, resource in grants_of(template, logical_id) if resource != "*"}
    expected = GRANTS[stack, role]
    assert named == {
        (action, in_full(template, resource))
        for action, resources in expected.items()
        for resource in ((resources,) if isinstance(resources, str) else resources)
    }


def test_every_role_is_in_the_table(assembly: Assembly) -> None:
    roles = [
        (name, role)
        for name, template in assembly.templates.items()
        for role in template.of_type("AWS::IAM::Role")
    ]
    assert len(roles) == len(GRANTS)
    assert not any(
        template.of_type("AWS::IAM::ManagedPolicy") or "ManagedPolicyArns" in str(template.body)
        for template in assembly.templates.values()
    )


def test_what_is_allowed_on_everything_has_its_reason(assembly: Assembly, everything: Assembly) -> None:
    options = IN_A_NETWORK | BESIDE_A_GUARDRAIL
    for one, reasons in ((assembly, ON_EVERYTHING), (everything, ON_EVERYTHING | options)):
        found = {
            action
            for template in one.templates.values()
            for role in template.of_type("AWS::IAM::Role")
            for action, resource in grants_of(template, role)
            if resource == "*"
        }
        assert found == set(reasons)


def test_no_action_is_a_wildcard(assembly: Assembly) -> None:
    actions = {
        action
        for template in assembly.templates.values()
        for role in template.of_type("AWS::IAM::Role")
        for action, _ in grants_of(template, role)
    }
    assert not [action for action in actions if "*" in action]


def writers_of(assembly: Assembly) -> dict[tuple[str, str, str], Any]:
    """The condition of everything that is allowed on contacts, but for reading: by stack, role and action."""
    return {
        (stack, properties.get("RoleName", role), action): statement.get("Condition")
        for stack, template in assembly.templates.items()
        for role, properties in template.of_type("AWS::IAM::Role").items()
        for statement in template.statements(role)
        for action in as_list(statement["Action"])
        if action.startswith("account:") and not action.startswith("account:Get")
    }


KINDS = {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": ["BILLING", "OPERATIONS", "SECURITY"]}}
HUB_ROLE = ("RollcallHub", "rollcall-reconcile")
MANAGEMENT_ROLE = ("RollcallManagement", "rollcall-management-contacts")


def test_only_two_roles_write_contacts_of_the_rosters_kinds_and_nobody_deletes_them(
    assembly: Assembly,
) -> None:
    assert writers_of(assembly) == {
        (*HUB_ROLE, "account:PutAlternateContact"): KINDS,
        (*MANAGEMENT_ROLE, "account:PutAlternateContact"): KINDS,
    }
    hub = assembly.templates["RollcallHub"]
    role, _ = hub.one("AWS::IAM::Role", "ReconcileRole")
    functions = hub.of_type("AWS::Lambda::Function").items()
    writing = {name for name, one in functions if arn(one["Role"]) == f"{{{role}.Arn}}"}
    assert {hub.one("AWS::Lambda::Function", name)[0] for name in ("Reconcile", "Apply")} == writing


def test_writes_may_be_limited_to_units_and_reads_are_not(everything: Assembly) -> None:
    below = {
        "ForAnyValue:StringLike": {
            "account:AccountResourceOrgPaths": ["o-exampleorgid/r-a1b2/ou-a1b2-11111111/*"]
        }
    }
    assert writers_of(everything) == {
        (*HUB_ROLE, "account:PutAlternateContact"): KINDS | below,
        # The management account is in no unit.
        (*MANAGEMENT_ROLE, "account:PutAlternateContact"): KINDS,
    }
    hub = everything.templates["RollcallHub"]
    role, _ = hub.one("AWS::IAM::Role", "ReconcileRole")
    (reads,) = [one for one in hub.statements(role) if one["Action"] == "account:GetAlternateContact"]
    assert "Condition" not in reads


def test_primary_contacts_are_reached_only_if_the_roster_names_them(
    everything: Assembly, primary: Assembly
) -> None:
    """Nothing else is added by it: no request for one names a kind, and a path of OUs may limit it."""

    def list_grants(assembly: Assembly) -> set[tuple[str, str, str, str]]:
        return {
            (properties.get("RoleName", role[:-8]), action, resource, str(statement.get("Condition")))
            for template in assembly.templates.values()
            for role, properties in template.of_type("AWS::IAM::Role").items()
            for statement in template.statements(role)
            for action in as_list(statement["Action"])
            for resource in map(arn, as_list(statement["Resource"]))
            if action.startswith("account:")
        }

    members = "arn:{AWS::Partition}:account::111111111111:account/o-exampleorgid/*"
    own = "arn:{AWS::Partition}:account::{AWS::AccountId}:account"
    get, put = "account:GetContactInformation", "account:PutContactInformation"
    below = {"account:AccountResourceOrgPaths": ["o-exampleorgid/r-a1b2/ou-a1b2-11111111/*"]}
    assert list_grants(primary) - list_grants(everything) == {
        ("rollcall-reconcile", get, members, "None"),
        ("rollcall-reconcile", put, members, str({"ForAnyValue:StringLike": below})),
        ("rollcall-sweep-reader", get, members, "None"),
        ("rollcall-management-contacts", get, own, "None"),
        ("rollcall-management-contacts", put, own, "None"),
        ("rollcall-contact-reader", get, own, "None"),
    }
    assert list_grants(everything) <= list_grants(primary)


def test_each_operation_is_limited_to_the_kinds_that_the_roster_needs_it_for(tmp_path: Path) -> None:
    assembly = synthesize_with(tmp_path, contacts=("billing: finops}", "billing: absent}"))

    def of(*kinds: str) -> dict[str, Any]:
        return {"ForAnyValue:StringEquals": {"account:AlternateContactTypes": list(kinds)}}

    assert writers_of(assembly) == {
        (*role, action): condition
        for role in (HUB_ROLE, MANAGEMENT_ROLE)
        for action, condition in (
            ("account:PutAlternateContact", of("OPERATIONS", "SECURITY")),
            ("account:DeleteAlternateContact", of("BILLING")),
        )
    }


def test_without_the_management_role_nobody_may_become_it(tmp_path: Path) -> None:
    assembly = synthesize_with(tmp_path, options="management_role: false\n")
    assert {role for _, role, _ in writers_of(assembly)} == {"rollcall-reconcile"}
    assert "sts:AssumeRole" not in {
        action
        for template in assembly.templates.values()
        for role in template.of_type("AWS::IAM::Role")
        for action, _ in grants_of(template, role)
    }
    # The functions know that it is meant so: what they cannot reach, they report with this reason.
    for name in ("Apply", "Reconcile"):
        _, function = assembly.templates["RollcallHub"].one("AWS::Lambda::Function", name)
        variables = function["Environment"]["Variables"]
        assert variables["ROLLCALL_MANAGEMENT_ROLE_ARN"] == "none"
        assert variables["ROLLCALL_GUARDRAIL"] == "off"


def test_only_the_writing_role_of_the_hub_becomes_the_management_role(assembly: Assembly) -> None:
    statement = trust_of(assembly.templates["RollcallManagement"], "Contacts")
    assert statement["Action"] == "sts:AssumeRole"
    assert arn(statement["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::333333333333:root"
    ((operator, keys),) = statement["Condition"].items()
    assert operator == "ArnEquals"
    assert {key: arn(value) for key, value in keys.items()} == {
        "aws:PrincipalArn": "arn:{AWS::Partition}:iam::333333333333:role/rollcall-reconcile"
    }


def test_options_add_exactly_this(assembly: Assembly, everything: Assembly) -> None:
    def granted(one: Assembly, role: str) -> set[tuple[str, str]]:
        template = one.templates["RollcallHub"]
        return set(grants_of(template, template.one("AWS::IAM::Role", role)[0]))

    look = {(action, "*") for action in BESIDE_A_GUARDRAIL}
    network = {(action, "*") for action in IN_A_NETWORK}
    assert granted(everything, "ReconcileRole") - granted(assembly, "ReconcileRole") == look | network
    for role in ("ChannelsNotifyRole", "ControlRole"):
        assert granted(everything, role) - granted(assembly, role) == network
    members = {("sts:AssumeRole", "arn:{AWS::Partition}:iam::*:role/rollcall-contact-reader")}
    assert granted(everything, "SweepRole") - granted(assembly, "SweepRole") == network | members
    assert granted(everything, "IntakeForwarderRole") == granted(assembly, "IntakeForwarderRole")


READ = ("BatchGetItem",)
CHECKED = ("BatchGetItem", "ConditionCheckItem")
ALERTS: dict[str, tuple[str, ...]] = {
    "alerts": ("BatchGetItem", "PutItem", "UpdateItem"),
    "group#*": ("DeleteItem", "PutItem", "Query", "UpdateItem"),
    "grouped#*": ("BatchGetItem", "PutItem"),
}
PEOPLE: dict[str, tuple[str, ...]] = {
    "alert#*": ("GetItem",),
    "approval": READ,
    "contact#*": ("GetItem",),
    "control": READ,
    "roster": ("GetItem", "Query"),
    "sweep": ("GetItem", "Query"),
    "tagged#*": ("GetItem", "Query"),
    "units": ("Query",),
    "index/contact": ("Query",),
    "index/edited": ("Query",),
}
#: What each role may do with the items of a partition, and of one of the index.
ITEMS: dict[str, dict[str, tuple[str, ...]]] = {
    "ReconcileRole": ALERTS
    | {
        "approval": CHECKED,
        "contact#*": ("BatchGetItem", "GetItem", "PutItem"),
        "control": CHECKED,
        "guardrail": ("PutItem", "Query"),
        "incident#*": ("GetItem", "UpdateItem"),
        "roster": ("GetItem",),
        "sweep": ("GetItem", "PutItem"),
        "tagged#*": ("DeleteItem", "GetItem", "PutItem", "Query"),
        "units": ("PutItem", "Query"),
        "watch#*": ("PutItem", "Query"),
        "index/contact": ("Query",),
        "index/incident": ("Query",),
    },
    "SweepRole": {
        "approval": READ,
        "contact#*": ("GetItem", "PutItem"),
        "control": READ,
        "roster": ("GetItem",),
        "sweep": ("DeleteItem", "GetItem", "PutItem", "Query"),
        "tagged#*": ("DeleteItem", "GetItem", "PutItem", "Query"),
        "units": ("PutItem", "Query"),
        "index/contact": ("Query",),
        "index/edited": ("Query",),
    },
    "ControlRole": ALERTS
    | {
        "approval": ("BatchGetItem", "GetItem", "UpdateItem"),
        "contact#*": ("BatchGetItem", "GetItem"),
        "control": ("BatchGetItem", "ConditionCheckItem", "GetItem", "UpdateItem"),
        "roster": ("GetItem", "PutItem"),
        "sweep": ("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
        "units": ("DeleteItem", "PutItem", "Query"),
        "index/group": ("Query",),
    },
    "ChannelsNotifyRole": {"alert#sns#*": ("PutItem", "UpdateItem")},
    "ChannelsChatRole": {"alert#chat#*": ("PutItem", "UpdateItem")},
    "ChannelsTeamsRole": {"alert#teams#*": ("PutItem", "UpdateItem")},
    "ChannelsSlackRole": {"alert#slack#*": ("PutItem", "UpdateItem")},
    "PeopleReader": PEOPLE,
    "PeopleOperator": PEOPLE,
}


@pytest.mark.parametrize("role", ITEMS)
def test_a_role_reaches_only_its_own_partitions_of_the_table(everything: Assembly, role: str) -> None:
    """`items_of` also sees to the conditions, without which a scan would see everything."""
    found: dict[str, set[str]] = defaultdict(set)
    for action, index, pattern in items_of(everything.templates["RollcallHub"], role):
        found[f"index/{pattern}" if index else pattern].add(action.removeprefix("dynamodb:"))
    assert found == {partition: set(actions) for partition, actions in ITEMS[role].items()}


def test_nobody_else_reaches_the_table_and_nobody_scans_it(everything: Assembly) -> None:
    hub = everything.templates["RollcallHub"]
    named = {hub.one("AWS::IAM::Role", role)[0] for role in ITEMS}
    for role in hub.of_type("AWS::IAM::Role"):
        actions = {action for action, _ in grants_of(hub, role) if action.startswith("dynamodb:")}
        assert (role in named) is bool(actions)
        assert not {one for one in actions if "Scan" in one or "PartiQL" in one or "*" in one}


def test_records_of_contacts_are_written_by_the_writer_and_the_sweep_only(everything: Assembly) -> None:
    hub = everything.templates["RollcallHub"]
    writing = {
        role
        for role in ITEMS
        for action, _, pattern in items_of(hub, role)
        if fnmatchcase("contact#222222222222#SECURITY", pattern)
        and action not in ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
    }
    assert writing == {"ReconcileRole", "SweepRole"}


def test_lists_of_objects_are_limited_to_prefixes(hub: Template) -> None:
    for role in ("ReconcileRole", "SweepRole", "ControlRole", "PeopleReader", "PeopleOperator"):
        statements = hub.statements(hub.one("AWS::IAM::Role", role)[0])
        lists = [
            one
            for one in statements
            if {"s3:ListBucket", "s3:ListBucketVersions"} & set(as_list(one["Action"]))
        ]
        assert lists
        assert all(set(one["Condition"]) == {"StringLike"} for one in lists)


def test_people_of_the_hub_read_and_operators_show_a_second_factor(assembly: Assembly) -> None:
    hub = assembly.templates["RollcallHub"]
    of_the_organization = {"aws:PrincipalOrgID": "o-exampleorgid"}
    named = {"sts:RoleSessionName": "${aws:username}"}
    # CloudTrail records a session in the Region of AWS STS: those elsewhere would be alerted to nobody.
    here = {"aws:RequestedRegion": "us-east-1"}
    for role, name, more in (
        ("PeopleReader", "rollcall-reader", {}),
        ("PeopleOperator", "rollcall-operator", named),
        ("PeopleRedrive", "rollcall-redrive", named | here),
    ):
        factor = {"Bool": {"aws:MultiFactorAuthPresent": "true"}} if more else {}
        statement = trust_of(hub, role)
        assert arn(statement["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::333333333333:root"
        assert statement["Condition"] == {"StringEquals": of_the_organization | more} | factor
        properties = hub.one("AWS::IAM::Role", role)[1]
        assert (properties["RoleName"], properties["MaxSessionDuration"]) == (name, 3600)


def test_people_may_be_named_in_any_account_of_the_organization(everything: Assembly) -> None:
    hub = everything.templates["RollcallHub"]
    reader, operator = trust_of(hub, "PeopleReader"), trust_of(hub, "PeopleOperator")
    assert [arn(one) for one in reader["Principal"]["AWS"]] == [
        "arn:{AWS::Partition}:iam::333333333333:root",
        "arn:{AWS::Partition}:iam::444455556666:root",
    ]
    assert reader["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
        "ArnLike": {
            "aws:PrincipalArn": [
                "arn:aws:iam::333333333333:role/Security*",
                "arn:aws:iam::444455556666:role/ci",
            ]
        },
    }
    assert arn(operator["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::333333333333:root"
    assert operator["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}
    assert operator["Condition"]["ArnLike"] == {
        "aws:PrincipalArn": ["arn:aws:iam::333333333333:user/oncall/*"]
    }


def test_only_the_services_of_this_account_start_and_run_the_machines(hub: Template) -> None:
    for role, service in (
        ("SweepMachineRole", "states"),
        ("ControlMachineRole", "states"),
        ("SweepStartsScheduleRole", "scheduler"),
        ("SweepStartsDeployedRole", "events"),
        ("SweepStartsDelegatedRole", "events"),
        ("ControlFollowUpRole", "scheduler"),
    ):
        statement = trust_of(hub, role)
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def trust_of(template: Template, role: str) -> dict[str, Any]:
    (statement,) = template.one("AWS::IAM::Role", role)[1]["AssumeRolePolicyDocument"]["Statement"]
    return statement


def test_only_this_accounts_rules_assume_the_forwarder(assembly: Assembly) -> None:
    for name, template in assembly.templates.items():
        role = "IntakeForwarderRole" if name == "RollcallHub" else "ForwarderRole"
        statement = trust_of(template, role)
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_only_lambda_assumes_the_functions_roles(hub: Template) -> None:
    for role in ("ReconcileRole", "ChannelsNotifyRole", "SweepRole", "ControlRole"):
        assert trust_of(hub, role)["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_intake_bus_takes_only_what_rules_of_the_organization_forward(hub: Template) -> None:
    """And what only the management account has to say from no other."""
    bus, properties = hub.one("AWS::Events::EventBus", "IntakeBus")
    assert properties == {"Name": "rollcall-intake"}
    policies = [
        policy
        for policy in hub.of_type("AWS::Events::EventBusPolicy").values()
        if policy["EventBusName"] == {"Ref": bus}
    ]
    statements = {policy["StatementId"]: policy["Statement"] for policy in policies}
    organization = {"aws:PrincipalOrgID": "o-exampleorgid"}
    management = {"aws:PrincipalAccount": "111111111111"}
    call = {"events:detail-type": ["AWS API Call via CloudTrail"]}
    for sid, whose, sources, more in (
        (
            "cdk-RulesOfTheOrganization",
            organization,
            ["aws.account", "aws.cloudformation", "aws.iam", "aws.signin"],
            {},
        ),
        # A member that leaves, or is denied it: nothing that AWS Organizations itself reports.
        ("cdk-CallsOfMembers", organization, ["aws.organizations"], call),
        (
            "cdk-RulesOfTheManagementAccount",
            organization | management,
            ["aws.cloudtrail", "aws.controltower", "aws.organizations"],
            {},
        ),
    ):
        statement = statements.pop(sid)
        assert (statement["Effect"], statement["Action"]) == ("Allow", "events:PutEvents")
        assert arn(statement["Resource"]) == f"{{{bus}.Arn}}"
        assert statement["Condition"] == {
            "StringEquals": whose,
            "Bool": {"events:eventBusInvocation": "true"},
            "ForAllValues:StringEquals": {"events:source": sources, **more},
            "Null": dict.fromkeys(["events:source", *more], "false"),
        }
    assert not statements


def test_the_outcome_bus_takes_only_what_three_functions_send(hub: Template) -> None:
    _, policy = hub.one("AWS::Events::EventBusPolicy", "Outcomes")
    bus, _ = hub.one("AWS::Events::EventBus", "Outcomes")
    roles = [hub.one("AWS::IAM::Role", role)[0] for role in ("ReconcileRole", "SweepRole", "ControlRole")]
    statement = policy["Statement"]
    assert policy["EventBusName"] == {"Ref": bus}
    assert (statement["Effect"], statement["Action"]) == ("Deny", "events:PutEvents")
    assert statement["Principal"] == {"AWS": "*"}
    assert arn(statement["Resource"]) == f"{{{bus}.Arn}}"
    ((operator, keys),) = statement["Condition"].items()
    assert operator == "ArnNotEquals"
    assert {key: [arn(one) for one in value] for key, value in keys.items()} == {
        "aws:PrincipalArn": [f"{{{role}.Arn}}" for role in roles]
    }


def test_the_topic_and_its_key_admit_alarms_of_this_account(hub: Template) -> None:
    (topic,) = hub.of_type("AWS::SNS::TopicPolicy").values()
    _, key = hub.one("AWS::KMS::Key", "AlertsKey")
    for statements, actions in (
        (topic["PolicyDocument"]["Statement"], ["sns:Publish"]),
        (key["KeyPolicy"]["Statement"], ["kms:Decrypt", "kms:GenerateDataKey*"]),
    ):
        (alarms,) = [one for one in statements if one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
        assert as_list(alarms["Action"]) == actions
        assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
