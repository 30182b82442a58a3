"""The actions that `rollcall doctor` asks service control policies about are those of the template."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollcall_cli.doctor import hub_roles
from rollcall_config.configuration import load
from tests.stacks.template import arn, as_list
from tests.stacks.variants import EVERYTHING, synthesize_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stacks.template import Template

TABLE = Path(hub_roles.__file__).with_name("hub_actions.json")
#: ARNs of resources by type. CloudFormation begins their names with the stack's.
ARNS = {
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{hub}:table/RollcallHub-",
    "AWS::Events::EventBus": "arn:{partition}:events:{region}:{hub}:event-bus/RollcallHub-",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{hub}:key/",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{hub}:function:RollcallHub-",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{hub}:log-group:RollcallHub-",
    "AWS::S3::Bucket": "arn:{partition}:s3:::rollcallhub-",
    "AWS::SNS::Topic": "arn:{partition}:sns:{region}:{hub}:RollcallHub-",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{hub}:RollcallHub-",
    "AWS::StepFunctions::StateMachine": "arn:{partition}:states:{region}:{hub}:stateMachine:RollcallHub-",
}
PLACES = {
    "{AWS::Partition}": "{partition}",
    "{AWS::Region}": "{region}",
    "{AWS::AccountId}": "{hub}",
    "{AWS::StackName}": "RollcallHub",
    "333333333333": "{hub}",
    "111111111111": "{management}",
    "o-exampleorgid": "{organization}",
    ":us-east-1:": ":{region}:",
    "arn:aws:": "arn:{partition}:",
}
MINIMAL = "management_role: false\n"
_SWEEP = "rollcall-sweep-reader"


def strip_hash(logical_id: str) -> str:
    return logical_id[:-8]


#: What names a resource whose name does not come from CloudFormation.
NAMES = {"AWS::Events::EventBus": "Name", "AWS::StepFunctions::StateMachine": "StateMachineName"}


def name_resource(template: Template, value: Any) -> str:
    """The ARN of a resource as the table has it."""
    text = arn(value)
    for token, name in PLACES.items():
        text = text.replace(token, name)

    def name_token(token: re.Match[str]) -> str:
        resource = template.resources[token[1]]
        named = NAMES.get(resource["Type"])
        name = resource.get("Properties", {}).get(named) if named else None
        stripped = str(name or strip_hash(token[1]))
        begins = ARNS[resource["Type"]].removesuffix("RollcallHub-" if name else "")
        whole = begins + (stripped.lower() if "S3" in resource["Type"] else stripped)
        return stripped if token[2] == "Name" else whole

    return re.sub(r"\{(\w+[0-9A-F]{8})(?:\.(\w+))?\}", name_token, text)


def list_grants(template: Template) -> Iterator[tuple[str, str, str]]:
    """Role, action and resource of everything that the template's roles may do."""
    for role, properties in template.of_type("AWS::IAM::Role").items():
        assert {"ManagedPolicyArns", "Policies"}.isdisjoint(properties)
        for statement in template.statements(role):
            assert statement["Effect"] == "Allow"
            for resource in as_list(statement["Resource"]):
                for action in as_list(statement["Action"]):
                    name = properties.get("RoleName") or strip_hash(role)
                    yield str(name), action, name_resource(template, resource)


def find_conditions(role: str, action: str, resource: str) -> tuple[str, ...]:
    """What an organization must have for this to be granted."""
    channel = re.search(r"Channels(Chat|Teams|Slack)", f"{role} {resource}")
    granted_with = {
        hub_roles.ABSENT_KINDS: action == "account:DeleteAlternateContact",
        # Readers look at primary contacts in any case.
        hub_roles.PRIMARY: action.endswith("ContactInformation") and role in ("rollcall-reconcile", _SWEEP),
        "guardrail": (role, action) == ("rollcall-reconcile", "organizations:ListPolicies"),
        "management_role": (role, action) == ("rollcall-reconcile", "sts:AssumeRole"),
        "members_reader": (role, action) == ("rollcall-sweep-reader", "sts:AssumeRole"),
        "private_link": action.startswith("ec2:"),
        **({channel[1].lower(): True} if channel else {}),
    }
    return tuple(sorted(name for name, needed in granted_with.items() if needed))


def make_rows(grants: set[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Rows of the table: what several roles may do at a resource stands once."""
    by_place: dict[tuple[str, str, tuple[str, ...]], set[str]] = {}
    for role, action, resource in grants:
        by_place.setdefault((resource, role, find_conditions(role, action, resource)), set()).add(action)
    by_actions: dict[tuple[str, tuple[str, ...], tuple[str, ...]], set[str]] = {}
    for (resource, role, conditions), actions in by_place.items():
        by_actions.setdefault((resource, tuple(sorted(actions)), conditions), set()).add(role)
    return [
        {"resource": resource, "actions": list(actions), "roles": sorted(roles)}
        | ({"with": list(conditions)} if conditions else {})
        for (resource, actions, conditions), roles in sorted(by_actions.items(), key=str)
    ]


VARIANTS = {
    "plain": ("", ("", "")),
    "everything": (EVERYTHING, ("", "")),
    "primary": (EVERYTHING, ("", "")),
    "deleting": (MINIMAL, ("billing: finops", "billing: absent")),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_table_has_every_action_of_every_role_of_the_hub(tmp_path, variant):
    options, contacts = VARIANTS[variant]
    primary = variant == "primary"
    assembly = synthesize_with(tmp_path, options=options, contacts=contacts, primary=primary)
    template = assembly.templates["RollcallHub"]
    grants = set(list_grants(template))
    if os.environ.get("GOLDEN") == "write" and primary:
        deletes = {grant for grant in grants if grant[1] == "account:PutAlternateContact"}
        more = {(role, "account:DeleteAlternateContact", where) for role, _, where in deletes}
        lines = ",\n".join(json.dumps(row) for row in make_rows(grants | more))
        TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    configuration = load(tmp_path, "config")
    rows = hub_roles.list_rows(
        configuration.settings,
        kinds=["SECURITY", *(["PRIMARY"] if primary else [])],
        deletes=variant == "deleting",
    )
    listed = {
        (role, action, row["resource"]) for row in rows for role in row["roles"] for action in row["actions"]
    }
    assert listed == grants, "GOLDEN=write pytest tests/stacks/test_hub_actions.py writes the table"


def test_nothing_in_the_table_depends_on_a_setting_that_there_is_not():
    rows = json.loads(TABLE.read_text(encoding="utf-8"))
    assert {name for row in rows for name in row.get("with", ())} == {
        *hub_roles.CONDITIONS,
        hub_roles.ABSENT_KINDS,
        hub_roles.PRIMARY,
    }


def test_the_page_on_deploying_lists_the_services_that_a_landing_zone_must_allow():
    rows = json.loads(TABLE.read_text(encoding="utf-8"))
    page = (TABLE.parents[2] / "docs" / "deploying.md").read_text(encoding="utf-8")
    line = re.search(r"^\| hub \| (account, .*) \|$", page, re.MULTILINE)
    assert line
    named = set(re.findall(r"[a-z0-9]+(?=[,;( ]|$)", re.sub(r"\(.*?\)|with the setting also", "", line[1])))
    assert {action.partition(":")[0] for row in rows for action in row["actions"]} == named
