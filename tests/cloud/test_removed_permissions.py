"""Each permission of the hub's roles is needed: taken away, a call that was recorded is denied.

The calls are those of the tests of the deployed hub (recorded_calls.json, which ROLLCALL_CALLS=write renews);
the policies are those of the template. What is granted and not called stands in UNUSED, with the reason.
"""

import json
from collections import defaultdict
from typing import Any

import pytest

from localcloud.cloudformation.intrinsics import TemplateScope
from localcloud.cloudformation.resource import MadeResource, Resource
from rollcall_policies import Access, AccessRequest, as_list, decide
from tests.cloud.recorded_calls import HUB, load
from tests.cloud.tools import REGION

pytestmark = pytest.mark.cloud
_HERE = f"{REGION}:{HUB}"
#: The ARNs of what the roles reach, as the recorded calls name it.
ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{_HERE}:table/",
    "AWS::Events::EventBus": f"arn:aws:events:{_HERE}:event-bus/",
    "AWS::IAM::Role": f"arn:aws:iam::{HUB}:role/",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{_HERE}:stateMachine:",
}
#: Types whose Ref is the ARN.
BY_ARN = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")
MISSING = "without it S3 says AccessDenied of an object that is missing, which moto never does"
RARE = "what happens rarely: tests/functions/ has it, and holds the grant to the calls"
TABLE = f"arn:aws:dynamodb:{_HERE}:table/<StateTable962DE04C>"
#: What no call of the local cloud needs: role, action or resource (a beginning), and why it is granted.
UNUSED = [
    ("", "logs:", "Lambda and Step Functions write logs in the role's name, here into files"),
    ("", "arn:aws:logs:", "the same"),
    ("", "xray:", "traces are written in the role's name, here by nobody"),
    ("Channels", "*", "the resource of traces"),
    ("Control", "*", "the resource of traces, and of log deliveries"),
    ("Sweep", "*", "the resource of traces, and of log deliveries"),
    ("", "sqs:GetQueueUrl", "the CDK grants it to consumers; pollers have the address"),
    ("", "sqs:ChangeMessageVisibility", "the CDK grants it to consumers; who needs it calls it"),
    ("ControlFollowUpRole", "sqs:SendMessage", "the Scheduler sends what it cannot start to dead letters"),
    ("ControlFollowUpRole", "arn:aws:sqs:", "the same"),
    ("SweepStartsScheduleRole", "sqs:SendMessage", "the same"),
    ("SweepStartsScheduleRole", "arn:aws:sqs:", "the same"),
    *((role, what, MISSING) for role in ("Control", "Reconcile", "Sweep") for what in ("s3:ListBucket",)),
    ("ControlRole", "arn:aws:s3:::<LedgerBucket", MISSING),
    ("ReconcileRole", "arn:aws:s3:::<LedgerBucketE8D6A000> of", MISSING),
    ("ReconcileRole", "arn:aws:s3:::<ReportsBucket95FE29A2> of", MISSING),
    ("SweepRole", "arn:aws:s3:::<ReportsBucket95FE29A2> of", MISSING),
    *(("ControlRole", f"{TABLE} of {part}", RARE) for part in ("alerts", "group#*", "grouped#*")),
    *(("ControlRole", f"dynamodb:BatchGetItem of {part}", RARE) for part in ("alerts", "grouped#*")),
    *(("ControlRole", f"dynamodb:DeleteItem of {part}", RARE) for part in ("group#*", "units")),
    *(
        ("ControlRole", f"dynamodb:PutItem of {part}", RARE)
        for part in ("alerts", "group#*", "grouped#*", "sweep")
    ),
    *(("ControlRole", f"dynamodb:UpdateItem of {part}", RARE) for part in ("alerts", "group#*")),
    ("ControlRole", "dynamodb:ConditionCheckItem of control", RARE),
    ("ControlRole", "dynamodb:Query of group#*", RARE),
    ("ControlRole", "dynamodb:BatchGetItem of contact#*", RARE),
    ("ReconcileRole", "dynamodb:BatchGetItem of contact#*", RARE),
    ("ReconcileRole", "dynamodb:LeadingKeys=guardrail", RARE),
    ("ControlRole", "dynamodb:GetItem of roster", RARE),
    ("ControlRole", "s3:GetObject", RARE),
    ("ReconcileRole", f"{TABLE} of roster", RARE),
    ("ReconcileRole", "dynamodb:GetItem of roster", RARE),
    *(("ReconcileRole", f"dynamodb:{verb} of tagged#*", RARE) for verb in ("DeleteItem", "PutItem", "Query")),
    *(
        ("ReconcileRole", f"organizations:{what}", RARE)
        for what in (
            "ListAccountsForParent",
            "ListOrganizationalUnitsForParent",
            "ListParents",
            "ListPolicies",
        )
    ),
    ("SweepMachineRole", "arn:aws:lambda:us-east-1:333333333333:function:<ControlFunction", RARE),
    ("SweepRole", f"{TABLE} of roster", RARE),
    ("SweepRole", "dynamodb:GetItem of roster", RARE),
    ("SweepRole", "organizations:ListAccountsForParent", RARE),
]
#: Roles of people, which tests/stacks/test_people_permissions.py holds to what their commands call.
PEOPLE = ("People",)


@pytest.fixture(scope="module")
def roles(assembly):
    """The statements of each role of the hub's template."""
    (path,) = assembly.rglob("*RollcallHub.template.json")
    text = path.read_text()
    for name, definition in json.loads(text)["Resources"].items():
        # What is named in its template may be granted by that name.
        if machine := definition.get("Properties", {}).get("StateMachineName"):
            text = text.replace(f":stateMachine:{machine}", f":stateMachine:<{name}>")
    template = json.loads(text)
    resources = {}
    for name, definition in template["Resources"].items():
        here = f"<{name}>"
        arn = ARNS.get(definition["Type"], "") + here + (":*" if "LogGroup" in definition["Type"] else "")
        attributes = {"Arn": arn, "QueueName": here, "Name": here}
        made = MadeResource(id=arn if definition["Type"] in BY_ARN else here, attributes=attributes)
        resources[name] = Resource(logical_id=name, type=definition["Type"], made=made, properties={})
    names = ("StackName", "StackId", "URLSuffix")
    values = {f"AWS::{name}": name for name in names}
    values |= {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": HUB}
    scope = TemplateScope(template=template, values=values, resources=resources)
    found: Any = defaultdict(list)
    for definition in template["Resources"].values():
        if definition["Type"] == "AWS::IAM::Policy":
            properties = scope.resolve(definition["Properties"])
            for role in properties["Roles"]:
                found[role.strip("<>")] += properties["PolicyDocument"]["Statement"]
    return {role: listed for role, listed in found.items() if not role.startswith(PEOPLE)}


@pytest.fixture(scope="module")
def calls():
    """The recorded calls by the logical id of their role."""
    found: Any = defaultdict(list)
    for role, action, resource, keys in load():
        request = AccessRequest(
            action=action, resource=resource, context={name: list(values) for name, values in keys}
        )
        found[role.partition("<")[2].strip(">")].append(request)
    return found


def is_allowed(statements, request):
    return decide([{"Version": "2012-10-17", "Statement": statements}], request).access is Access.ALLOWED


def list_removals(statement):
    """The statement without one action, one resource or one value of a condition, and what that was.

    Actions are named with the partitions or prefixes that the statement is about.
    """
    about = [
        f" of {', '.join(as_list(wanted))}"
        for keys in statement.get("Condition", {}).values()
        for key, wanted in keys.items()
        if key in {"dynamodb:LeadingKeys", "s3:prefix"} and wanted not in ("true", "false")
    ]
    for element in ("Action", "Resource"):
        entries = as_list(statement[element])
        for entry in entries:
            rest = [other for other in entries if other != entry]
            yield entry + "".join(about), ({**statement, element: rest} if rest else None)
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            for value in as_list(wanted) if len(as_list(wanted)) > 1 else []:
                fewer: Any = {operator: {**keys, key: [other for other in as_list(wanted) if other != value]}}
                conditions: dict[str, Any] = {**statement["Condition"], **fewer}
                changed = {**statement, "Condition": conditions}
                yield f"{key}={value}", changed


def test_what_was_called_is_granted(roles, calls):
    refused = [
        (role, request.action, request.resource, request.context)
        for role, requests in calls.items()
        if role in roles
        for request in requests
        if not is_allowed(roles[role], request)
    ]
    assert refused == []
    assert set(roles) - set(calls) <= {role for role, _, _ in UNUSED}


def list_idle(roles, calls):
    """What may be taken from a role, so that no recorded call is denied."""
    idle = set()
    for role, statements in roles.items():
        needed = [request for request in calls[role] if is_allowed(statements, request)]
        for index, statement in enumerate(statements):
            for what, changed in list_removals(statement):
                left = [*statements[:index], *([changed] if changed else []), *statements[index + 1 :]]
                if all(is_allowed(left, request) for request in needed):
                    idle.add((role, what))
    return idle


def is_explained(role, what):
    return any(role.startswith(known) and what.startswith(part) for known, part, _ in UNUSED)


def test_without_any_one_permission_a_call_is_denied(roles, calls):
    idle = list_idle(roles, calls)
    assert {one for one in idle if not is_explained(*one)} == set(), "granted and never needed"
    outdated = [
        known
        for known in UNUSED
        if not any(role.startswith(known[0]) and what.startswith(known[1]) for role, what in idle)
    ]
    assert outdated == [], "needed by now"


def test_one_permission_more_is_found(roles, calls):
    (role,) = [name for name in roles if name.startswith("ReconcileRole")]
    more = {"Effect": "Allow", "Action": ["dynamodb:Scan"], "Resource": TABLE}
    idle = list_idle({role: [*roles[role], more]}, calls)
    assert {one for one in idle if not is_explained(*one)} == {(role, "dynamodb:Scan"), (role, TABLE)}
