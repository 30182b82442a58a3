"""The service control policy: members are stopped, central calls are not, in the simulation's evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly

MEMBER = "arn:aws:account::222222222222:account"
CENTRAL = "arn:aws:account::111111111111:account/o-exampleorgid/222222222222"
HUB = "arn:aws:iam::333333333333:role/rollcall-reconcile"
DEVELOPER = "arn:aws:iam::222222222222:role/Dev"
ROOT = "arn:aws:iam::222222222222:root"
RESCUER = "arn:aws:iam::222222222222:role/BreakGlassSecurity"
PATTERN = "arn:aws:iam::*:role/BreakGlass*"


def document_with(break_glass: str | None) -> dict[str, Any]:
    from stacks.parts.guardrail import make_guardrail_document  # noqa: PLC0415  # it starts Node, which takes seconds

    return make_guardrail_document(partition="aws", break_glass=break_glass)


def denied(principal: str, action: str, resource: str, *, break_glass: str | None = PATTERN) -> bool:
    document = document_with(break_glass)
    request = AccessRequest(action=action, resource=resource, context={"aws:PrincipalArn": [principal]})
    return decide([document], request).access is Access.DENIED


@pytest.mark.parametrize(
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
@pytest.mark.parametrize("operation", ["Put", "Delete"])
def test_who_is_stopped(principal: str, resource: str, operation: str, expected: bool) -> None:
    assert denied(principal, f"account:{operation}AlternateContact", resource) is expected


def test_reading_is_never_stopped() -> None:
    assert not denied(DEVELOPER, "account:GetAlternateContact", MEMBER)


def test_without_a_pattern_nobody_is_spared() -> None:
    assert denied(RESCUER, "account:PutAlternateContact", MEMBER, break_glass=None)
    (statement,) = document_with(None)["Statement"]
    assert "Condition" not in statement


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
