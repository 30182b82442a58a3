"""Service control policies: those that would stop the hub, and the guardrail that should stop members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.well_known import GUARDRAIL_NAME, RECONCILE_ROLE_NAME
from rollcall_cli.aws.arns import reconcile_role_arn
from rollcall_cli.doctor.facts import PolicyOn, Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.doctor.refusals import denied_by_service_control_policy
from rollcall_cli.setup.policies import enabled
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollcall_cli.doctor.facts import Facts


def service_control_policies(facts: Facts) -> Finding:
    """They bind the caller's account: one that denies the hub stops every correction."""
    if isinstance(facts.policies, Unseen):
        if denied_by_service_control_policy(facts):
            return failed(
                "a service control policy denies the hub what these credentials asked",
                fix=f"exempt the role {RECONCILE_ROLE_NAME} in it; with credentials of the management "
                "account this command names the policy",
            )
        return unknown(facts.policies)
    for action, resource in _needed(facts):
        found = _stopped(facts, facts.policies.value, action, resource)
        if found is not None:
            return found
    return passed(f"{len(facts.policies.value)} between the root and the hub, none in its way")


def _stopped(facts: Facts, policies: Sequence[PolicyOn], action: str, resource: str) -> Finding | None:
    levels: dict[str, list[Access]] = {}
    request = AccessRequest(action=action, resource=resource, context=_context(facts), complete=False)
    for policy in policies:
        decision = decide([policy.document], request)
        levels.setdefault(policy.level, []).append(decision.access)
        if decision.access is Access.DENIED:
            return failed(
                f"{policy.name} ({policy.id}) on {policy.level} denies the hub {action}",
                fix=f"exempt {reconcile_role_arn(facts.settings)} in it (ArnNotLike on aws:PrincipalArn), or "
                f"`aws organizations detach-policy --policy-id {policy.id} --target-id {policy.level}`",
            )
        if decision.access is Access.UNKNOWN:
            where = f"{policy.name} ({policy.id}) on {policy.level}"
            seen = f"{where} may deny the hub {action}: {decision.reason} cannot be evaluated here"
            fix = f"read it: `aws organizations describe-policy --policy-id {policy.id}`"
            return unknown(Unseen(why=seen, fix=fix))
    for level, answers in levels.items():
        if Access.ALLOWED not in answers:
            return failed(
                f"no service control policy on {level} allows {action}",
                fix=f"allow {action} in one of them, or `aws organizations attach-policy --policy-id "
                f"p-FullAWSAccess --target-id {level}`",
            )
    return None


def _needed(facts: Facts) -> Iterator[tuple[str, str]]:
    settings = facts.settings
    place = f"arn:{settings.partition}:account::{settings.management}:account/{settings.organization}"
    yield "account:GetAlternateContact", f"{place}/{settings.hub}"
    yield "account:PutAlternateContact", f"{place}/{settings.hub}"
    account = f"arn:{settings.partition}:organizations::{settings.management}:account"
    yield "organizations:DescribeAccount", f"{account}/{settings.organization}/{settings.hub}"
    yield "organizations:ListParents", f"{account}/{settings.organization}/{settings.hub}"


def _context(facts: Facts) -> dict[str, Sequence[str]]:
    settings = facts.settings
    return {
        "aws:PrincipalArn": [reconcile_role_arn(facts.settings)],
        "aws:PrincipalAccount": [settings.hub],
        "aws:PrincipalOrgID": [settings.organization],
        "aws:RequestedRegion": [settings.region],
        "aws:SecureTransport": ["true"],
        "aws:PrincipalIsAWSService": ["false"],
        "aws:ViaAWSService": ["false"],
        "account:AlternateContactTypes": ["SECURITY"],
    }


def policy_type(facts: Facts) -> Finding:
    """Without it the guardrail counts for nothing."""
    if isinstance(facts.root, Unseen):
        return unknown(facts.root)
    found = dict(facts.root.value)
    if enabled(found):
        return passed("service control policies are on")
    return failed(
        "service control policies are off",
        fix=f"`rollcall setup` in the management account, or there `{fixes.enable_policies(found['Id'])}`",
    )


def guardrail(facts: Facts) -> Finding:
    """It is attached where the settings say."""
    if isinstance(facts.guardrail, Unseen):
        return unknown(facts.guardrail)
    wanted = tuple(facts.settings.guardrail.targets) if facts.settings.guardrail else ()
    found = facts.guardrail.value
    if found is None:
        seen = f"there is no policy {GUARDRAIL_NAME}"
        return failed(seen, fix=f"`{fixes.deploy('RollcallManagement')}`")
    missing = [target for target in wanted if target not in found]
    if missing:
        return failed(
            f"it is not attached to {', '.join(missing)}", fix=f"`{fixes.deploy('RollcallManagement')}`"
        )
    return passed(f"attached to {', '.join(wanted)}")
