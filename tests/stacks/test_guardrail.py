"""The service control policy: members are stopped, central calls are not, in the simulation's evaluation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollcall_config.guardrail import make_guardrail_document
from rollcall_config.settings import Guardrail
from rollcall_policies import Access, AccessRequest, decide
from tests.support.cases import check_each

if TYPE_CHECKING:
    from rollcall_config.settings import Settings
    from tests.stacks.assembly import Assembly

MEMBER = "arn:aws:account::222222222222:account"
CENTRAL = "arn:aws:account::111111111111:account/o-exampleorgid/222222222222"
HUB = "arn:aws:iam::333333333333:role/rollcall-reconcile"
DEVELOPER = "arn:aws:iam::222222222222:role/Dev"
ROOT = "arn:aws:iam::222222222222:root"
RESCUER = "arn:aws:iam::222222222222:role/BreakGlassSecurity"
PATTERN = "arn:aws:iam::*:role/BreakGlass*"


def document_with(
    break_glass: str | None, *, deploy: str = "stackset", reader: bool = True, primary: bool = False
) -> dict[str, Any]:
    settings = SimpleNamespace(
        partition="aws",
        guardrail=Guardrail(targets=("r-a1b2",), break_glass=break_glass),
        members_deploy=deploy,
        members_reader=reader,
    )
    return make_guardrail_document(cast("Settings", settings), primary=primary)


def denied(
    principal: str,
    action: str,
    resource: str,
    *,
    break_glass: str | None = PATTERN,
    primary: bool = False,
) -> bool:
    document = document_with(break_glass, primary=primary)
    request = AccessRequest(action=action, resource=resource, context={"aws:PrincipalArn": [principal]})
    return decide([document], request).access is Access.DENIED


@check_each(
    ("principal", "resource", "expected"),
    [
        (DEVELOPER, MEMBER, True),
        (ROOT, MEMBER, True),
        (HUB, "arn:aws:account::333333333333:account", True),  # the hub's own, too, in its own name
        (HUB, CENTRAL, False),
        ("arn:aws:iam::111111111111:role/Admin", CENTRAL, False),
        (RESCUER, MEMBER, False),
        ("arn:aws:iam::222222222222:user/BreakGlass", MEMBER, True),
    ],
)
@check_each("primary", [True, False])
@check_each("operation", ["PutAlternateContact", "DeleteAlternateContact", "PutContactInformation"])
def test_who_is_stopped(
    principal: str, resource: str, operation: str, *, expected: bool, primary: bool
) -> None:
    """From writes of primary contacts only if the roster names them."""
    stops = expected and (primary or "Alternate" in operation)
    assert denied(principal, f"account:{operation}", resource, primary=primary) is stops


@pytest.mark.parametrize("primary", [True, False])
def test_reading_is_never_stopped(*, primary: bool) -> None:
    for action in ("account:GetAlternateContact", "account:GetContactInformation", "account:PutAccountName"):
        assert not denied(DEVELOPER, action, MEMBER, primary=primary)


def test_without_a_pattern_nobody_is_spared() -> None:
    assert denied(RESCUER, "account:PutAlternateContact", MEMBER, break_glass=None)
    contacts, forwarders = document_with(None)["Statement"]
    assert "Condition" not in contacts
    spared = forwarders["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert spared == ["arn:aws:iam::*:role/stacksets-exec-*"]


RULE = "arn:aws:events:us-east-1:222222222222:rule/StackSet-rollcall-forwarder-0a1b-ForwarderRule-X"
ROLE = "arn:aws:iam::222222222222:role/StackSet-rollcall-forwar-ForwarderRole-X"
READER = "arn:aws:iam::222222222222:role/rollcall-contact-reader"
STACK_SETS = "arn:aws:iam::222222222222:role/stacksets-exec-0a1b2c3d"


@check_each(
    ("action", "resource"),
    [
        *((f"events:{name}", RULE) for name in ("DisableRule", "DeleteRule", "PutRule", "RemoveTargets")),
        ("events:PutTargets", RULE),
        *((f"iam:{name}", ROLE) for name in ("DeleteRole", "PutRolePolicy", "DeleteRolePolicy")),
        *(
            (f"iam:{name}", ROLE)
            for name in ("AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy")
        ),
        ("iam:PutRolePermissionsBoundary", ROLE),
        *((f"iam:{name}", READER) for name in ("CreateRole", "DeleteRole", "UpdateAssumeRolePolicy")),
        # One that a member makes would be spared.
        ("iam:CreateRole", STACK_SETS),
        ("iam:UpdateAssumeRolePolicy", STACK_SETS),
    ],
)
def test_only_the_stack_set_changes_the_forwarder(action: str, resource: str) -> None:
    for principal, expected in ((DEVELOPER, True), (ROOT, True), (STACK_SETS, False), (RESCUER, False)):
        assert denied(principal, action, resource) is expected
    other = resource.replace("StackSet-rollcall", "x").replace("stacksets", "x").replace("rollcall", "x")
    assert not denied(DEVELOPER, action, other)


def test_a_role_that_the_stack_set_does_not_make_is_not_kept() -> None:
    assert READER.rpartition(":")[2] not in str(document_with(PATTERN, reader=False))


def test_other_tools_may_change_the_forwarders_that_they_deploy() -> None:
    (statement,) = document_with(PATTERN, deploy="none")["Statement"]
    assert statement["Sid"] == "RollcallKeepsContacts"


def test_it_keeps_primary_contacts_if_the_roster_names_them(primary: Assembly) -> None:
    (policy,) = primary.templates["RollcallManagement"].of_type("AWS::Organizations::Policy").values()
    assert policy["Content"] == document_with(PATTERN, primary=True)


def test_it_is_off_unless_asked_for(assembly: Assembly, everything: Assembly) -> None:
    type_ = "AWS::Organizations::Policy"
    assert not any(template.of_type(type_) for template in assembly.templates.values())
    assert not everything.templates["RollcallHub"].of_type(type_)
    (policy,) = everything.templates["RollcallManagement"].of_type(type_).values()
    assert (policy["Name"], policy["Type"]) == ("rollcall-guardrail", "SERVICE_CONTROL_POLICY")
    assert policy["TargetIds"] == ["r-a1b2"]
    assert policy["Content"] == document_with(PATTERN)
    _, function = everything.templates["RollcallHub"].one("AWS::Lambda::Function", "Reconcile")
    assert function["Environment"]["Variables"]["ROLLCALL_GUARDRAIL"] == "on"
