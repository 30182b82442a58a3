"""The StackSet: every member, present and future, but those that are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.model.well_known import STACK_SET_NAME
from rollcall_config.settings import Settings
from tests.stacks.lint import find_errors
from tests.stacks.template import Template, arn
from tests.stacks.variants import synthesize_with

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly

STACK_SET = "AWS::CloudFormation::StackSet"
SETTINGS = Settings(
    organization="o-exampleorgid",
    management="111111111111",
    hub="333333333333",
    region="us-east-1",
    alert_addresses=("aws-alerts@example.com",),
    ledger_retention_days=365,
)


def stack_set_of(assembly: Assembly, stack: str) -> dict[str, Any]:
    (properties,) = assembly.templates[stack].of_type(STACK_SET).values()
    return properties


def inner(properties: dict[str, Any]) -> Template:
    return Template(path=Path(), body=json.loads(properties["TemplateBody"]))


#: A compiled roster of alternate contacts alone.
ROSTER: dict[str, Any] = {"defaults": {"SECURITY": "secops"}, "overrides": []}


def excluding(*accounts: str) -> dict[str, Any]:
    from stacks.members import make_member_template  # noqa: PLC0415  # it starts Node, which takes seconds

    settings = Settings(
        **{name: getattr(SETTINGS, name) for name in SETTINGS.__slots__} | {"members_exclude": accounts}
    )
    return json.loads(make_member_template(settings, ROSTER, context={}))


def holds(condition: Any, account: str) -> bool:
    """A condition as CloudFormation evaluates it, held to how many an Or takes."""
    ((function, operands),) = condition.items()
    match function:
        case "Fn::Equals":
            assert operands[0] == {"Ref": "AWS::AccountId"}
            return operands[1] == account
        case "Fn::Not":
            assert len(operands) == 1
            return not holds(operands[0], account)
        case "Fn::Or":
            assert 2 <= len(operands) <= 10
            verdicts = [holds(operand, account) for operand in operands]  # all: each is held to the limit
            return any(verdicts)
    raise AssertionError(f"not modelled: {function}")


def test_without_the_setting_there_is_none(assembly: Assembly) -> None:
    assert not any(template.of_type(STACK_SET) for template in assembly.templates.values())


def test_it_reaches_every_account_of_its_targets_by_itself(everything: Assembly) -> None:
    properties = stack_set_of(everything, "RollcallHub")
    assert not everything.templates["RollcallManagement"].of_type(STACK_SET)
    assert {
        key: value for key, value in properties.items() if key not in {"TemplateBody", "Description"}
    } == {
        "StackSetName": STACK_SET_NAME,
        "PermissionModel": "SERVICE_MANAGED",
        "CallAs": "DELEGATED_ADMIN",
        "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
        "ManagedExecution": {"Active": True},
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": ["r-a1b2", "ou-a1b2-11111111"]},
                "Regions": ["us-east-1"],
            }
        ],
        "OperationPreferences": {
            "FailureTolerancePercentage": 100,
            "MaxConcurrentPercentage": 25,
            "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
            "RegionConcurrencyType": "PARALLEL",
        },
    }


def test_it_waits_for_the_bus_and_its_policy(everything: Assembly) -> None:
    hub = everything.templates["RollcallHub"]
    (resource,) = [one for one in hub.resources.values() if one["Type"] == STACK_SET]
    bus, _ = hub.one("AWS::Events::EventBus", "IntakeBus")
    policies = {name for name in hub.of_type("AWS::Events::EventBusPolicy") if name.startswith("IntakeBus")}
    assert set(resource["DependsOn"]) == {bus, *policies}


def test_called_as_itself_it_is_the_management_accounts(tmp_path: Path) -> None:
    options = "members: {deploy: stackset, call_as: SELF, targets: [r-a1b2]}\n"
    assembly = synthesize_with(tmp_path, options=options)
    assert not assembly.templates["RollcallHub"].of_type(STACK_SET)
    management = assembly.templates["RollcallManagement"]
    assert stack_set_of(assembly, "RollcallManagement")["CallAs"] == "SELF"
    # What reports who deletes it is there as long as it is.
    rule, _ = management.one("AWS::Events::Rule", "Forwarder")
    (resource,) = [one for one in management.resources.values() if one["Type"] == STACK_SET]
    assert rule in resource["DependsOn"]


def test_members_run_the_forwarder_as_it_is_elsewhere(everything: Assembly) -> None:
    forwarder = everything.templates["RollcallForwarder"].resources
    body = stack_set_of(everything, "RollcallHub")["TemplateBody"]
    assert "${Token" not in body
    resources = dict(inner({"TemplateBody": body}).resources)
    assert resources.pop("AlwaysThere") == {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    assert all(resource.pop("Condition") == "Member" for resource in resources.values())
    assert resources == {
        name: {key: value for key, value in resource.items() if key != "Metadata"}
        for name, resource in forwarder.items()
    }


def test_left_out_are_the_hub_and_the_excluded(everything: Assembly) -> None:
    condition = inner(stack_set_of(everything, "RollcallHub")).body["Conditions"]["Member"]
    assert not holds(condition, "333333333333")
    assert not holds(condition, "444455556666")
    assert holds(condition, "222222222222")


@pytest.mark.parametrize("count", [0, 1, 8, 9, 10, 11, 99, 100, 110, 500])
def test_any_number_of_accounts_can_be_left_out(count: int) -> None:
    accounts = [f"{number:012}" for number in range(1, count + 1)]
    body = excluding(*accounts)
    condition = body["Conditions"]["Member"]
    assert not any(holds(condition, account) for account in (*accounts, SETTINGS.hub))
    assert holds(condition, f"{count + 1:012}")
    # What CloudFormation takes inline: 51,200 bytes. 500 is as many as the settings take.
    assert len(json.dumps(body, separators=(",", ":")).encode()) < 51_200


def test_a_member_lets_the_sweep_read_its_own_contacts_and_nothing_else(everything: Assembly) -> None:
    template = inner(stack_set_of(everything, "RollcallHub"))
    logical_id, role = template.one("AWS::IAM::Role", "Reader")
    assert role["RoleName"] == "rollcall-contact-reader"
    assert "ManagedPolicyArns" not in role
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert arn(trust["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::333333333333:root"
    conditions = trust["Condition"]
    assert arn(conditions["ArnEquals"]["aws:PrincipalArn"]) == (
        "arn:{AWS::Partition}:iam::333333333333:role/rollcall-sweep-reader"
    )
    assert conditions["StringEquals"] == {"aws:PrincipalOrgID": "o-exampleorgid"}
    assert len(conditions) == 2
    assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
    (statement,) = template.statements(logical_id)
    assert (statement["Effect"], statement["Action"]) == ("Allow", "account:GetAlternateContact")
    assert arn(statement["Resource"]) == "arn:{AWS::Partition}:account::{AWS::AccountId}:account"
    assert "Condition" not in statement


def test_the_sweep_may_assume_that_role_in_the_organization_alone(
    assembly: Assembly, everything: Assembly
) -> None:
    def assuming(template: Template) -> list[dict[str, Any]]:
        logical_id, role = template.one("AWS::IAM::Role", "SweepRole")
        assert role["RoleName"] == "rollcall-sweep-reader"
        return [one for one in template.statements(logical_id) if "sts:AssumeRole" in one["Action"]]

    assert assuming(assembly.templates["RollcallHub"]) == []
    (statement,) = assuming(everything.templates["RollcallHub"])
    assert arn(statement["Resource"]) == "arn:{AWS::Partition}:iam::*:role/rollcall-contact-reader"
    assert statement | {"Resource": ""} == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": "",
        "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-exampleorgid"}},
    }


@pytest.mark.parametrize(("kinds", "primary"), [(("SECURITY",), False), (("SECURITY", "PRIMARY"), True)])
def test_primary_contacts_are_read_only_if_they_are_managed(kinds: tuple[str, ...], primary: bool) -> None:
    from stacks.members import make_member_template  # noqa: PLC0415  # see above

    settings = Settings(
        **{name: getattr(SETTINGS, name) for name in SETTINGS.__slots__} | {"members_reader": True}
    )
    roster = ROSTER | {"defaults": dict.fromkeys(kinds, "secops")}
    text = make_member_template(settings, roster, context={})
    assert ("account:GetContactInformation" in text) is primary


def test_without_the_setting_members_have_no_such_role() -> None:
    assert "rollcall-contact-reader" not in json.dumps(excluding())


def test_cloudformation_accepts_it(tmp_path: Path) -> None:
    path = tmp_path / "members.json"
    path.write_text(json.dumps(excluding(*(f"{number:012}" for number in range(1, 101)))), encoding="utf-8")
    assert find_errors(path) == []
