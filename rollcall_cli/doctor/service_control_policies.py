"""Service control policies: those that can stop the hub, and the guardrail that must stop members."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.model.well_known import GUARDRAIL_NAME, RECONCILE_ROLE_NAME
from rollcall_cli.aws.hub import reconcile_role_arn
from rollcall_cli.aws.patient import list_all
from rollcall_cli.doctor.facts import PolicyOn, Seen, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.doctor.reading import EITHER
from rollcall_cli.setup.trust import find_root, has_policies_enabled
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.reading import FactReader


def read_root(reader: FactReader) -> Seen[Mapping[str, Any]] | Unseen:
    """Read the root of the organization, with the policy types that are on."""
    return reader.read("the root", EITHER, lambda login: find_root(login.client("organizations")))


def read_policies(reader: FactReader) -> Seen[Sequence[PolicyOn]] | Unseen:
    """Read the service control policies from the root down to the hub."""

    def look(login: Login) -> Sequence[PolicyOn]:
        client = login.client("organizations")
        levels = _list_levels(client, reader.settings.hub)
        return [found for level in levels for found in _read_attached(client, level)]

    return reader.read("service control policies", EITHER, look)


def read_guardrail_targets(reader: FactReader) -> Seen[Sequence[str] | None] | Unseen:
    """Read what the guardrail is attached to, None if there is no such policy."""

    def look(login: Login) -> Sequence[str] | None:
        client = login.client("organizations")
        for found in list_all(client, "list_policies", "Policies", Filter=fixes.SCP):
            if found["Name"] == GUARDRAIL_NAME:
                targets = list_all(client, "list_targets_for_policy", "Targets", PolicyId=found["Id"])
                return [target["TargetId"] for target in targets]
        return None

    return reader.read("the guardrail", EITHER, look)


def check_policies(facts: Facts) -> CheckFinding:
    """Check the policies that bind the hub: one that denies it stops every correction."""
    if isinstance(facts.policies, Unseen):
        if facts.denied_by_service_control_policy:
            return report_failure(
                "a service control policy denies these credentials a read in the hub",
                fix=f"exempt the role {RECONCILE_ROLE_NAME} in it; with credentials of the management "
                "account this command names the policy",
            )
        return report_unknown(facts.policies)
    for action, resource in _list_needed(facts):
        found = _find_obstacle(facts, facts.policies.value, action, resource)
        if found is not None:
            return found
    return report_pass(f"{len(facts.policies.value)} between the root and the hub, none denies it anything")


def check_policy_type(facts: Facts) -> CheckFinding:
    """Check that service control policies are on: without them the guardrail has no effect."""
    if isinstance(facts.root, Unseen):
        return report_unknown(facts.root)
    found = dict(facts.root.value)
    if has_policies_enabled(found):
        return report_pass("service control policies are on")
    return report_failure(
        "service control policies are off",
        fix=f"in the management account run `rollcall setup` or `{fixes.enable_policies(found['Id'])}`",
    )


def check_guardrail(facts: Facts) -> CheckFinding:
    """Check that the guardrail is attached to every target of the settings."""
    if isinstance(facts.guardrail, Unseen):
        return report_unknown(facts.guardrail)
    wanted = tuple(facts.settings.guardrail.targets) if facts.settings.guardrail else ()
    found, deploy = facts.guardrail.value, f"`{fixes.deploy('RollcallManagement')}`"
    if found is None:
        return report_failure(f"there is no policy {GUARDRAIL_NAME}", fix=deploy)
    missing = [target for target in wanted if target not in found]
    if missing:
        return report_failure(f"it is not attached to {', '.join(missing)}", fix=deploy)
    return report_pass(f"attached to {', '.join(wanted)}")


def _find_obstacle(
    facts: Facts, policies: Sequence[PolicyOn], action: str, resource: str
) -> CheckFinding | None:
    levels: dict[str, list[Access]] = {}
    request = AccessRequest(action=action, resource=resource, context=_build_context(facts), complete=False)
    for policy in policies:
        decision = decide([policy.document], request)
        levels.setdefault(policy.level, []).append(decision.access)
        if decision.access is Access.DENIED:
            return report_failure(
                f"{policy.name} ({policy.id}) on {policy.level} denies the hub {action}",
                fix=f"exempt {reconcile_role_arn(facts.settings)} in it (ArnNotLike on aws:PrincipalArn), or "
                f"`aws organizations detach-policy --policy-id {policy.id} --target-id {policy.level}`",
            )
        if decision.access is Access.UNKNOWN:
            where = f"{policy.name} ({policy.id}) on {policy.level}"
            seen = f"{where} may deny the hub {action}: {decision.reason} cannot be evaluated here"
            fix = f"read it: `aws organizations describe-policy --policy-id {policy.id}`"
            return report_unknown(Unseen(reason=seen, fix=fix))
    for level, answers in levels.items():
        if Access.ALLOWED not in answers:
            return report_failure(
                f"no service control policy on {level} allows {action}",
                fix=f"allow {action} in one of them, or `aws organizations attach-policy --policy-id "
                f"p-FullAWSAccess --target-id {level}`",
            )
    return None


def _list_needed(facts: Facts) -> Iterator[tuple[str, str]]:
    settings = facts.settings
    place = f"arn:{settings.partition}:account::{settings.management}:account/{settings.organization}"
    yield "account:GetAlternateContact", f"{place}/{settings.hub}"
    yield "account:PutAlternateContact", f"{place}/{settings.hub}"
    account = f"arn:{settings.partition}:organizations::{settings.management}:account"
    yield "organizations:DescribeAccount", f"{account}/{settings.organization}/{settings.hub}"
    yield "organizations:ListParents", f"{account}/{settings.organization}/{settings.hub}"


def _build_context(facts: Facts) -> dict[str, Sequence[str]]:
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


def _list_levels(client: Any, account: str) -> list[str]:
    ids = [account]
    while not ids[-1].startswith("r-"):
        # One parent, but any listing of AWS Organizations can begin with an empty page.
        ids.append(next(list_all(client, "list_parents", "Parents", ChildId=ids[-1]))["Id"])
    return ids[::-1]


def _read_attached(client: Any, level: str) -> Iterator[PolicyOn]:
    for found in list_all(client, "list_policies_for_target", "Policies", TargetId=level, Filter=fixes.SCP):
        content = client.describe_policy(PolicyId=found["Id"])["Policy"]["Content"]
        yield PolicyOn(level=level, id=found["Id"], name=found["Name"], document=json.loads(content))
