"""Roles and the ARNs that they name: AWS denies a role that names an account by the ARN of the other mode.

https://docs.aws.amazon.com/accounts/latest/reference/security_iam_service-with-iam.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.model.contact import ContactKind
from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME
from rollcall_cli.aws.hub import reconcile_role_arn
from rollcall_cli.doctor.facts import Role, Seen, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, as_list, decide

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from rollcall_cli.aws.composition import Position
    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.reading import FactReader

_REFUSED = frozenset({Access.NOT_ALLOWED, Access.DENIED})
_OPERATIONS = ("Get", "Put", "Delete")


def read_role(reader: FactReader, position: Position, name: str) -> Seen[Role | None] | Unseen:
    """Read a role by its name, None if there is none."""
    return reader.read(f"the role {name}", (position,), lambda login: fetch_role(login.client("iam"), name))


def fetch_role(iam: Any, name: str) -> Role | None:
    """Return a role by its name, None if there is none; botocore's errors come through."""
    try:
        found = iam.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if get_code(error) == "NoSuchEntity":
            return None
        raise
    return Role(
        arn=found["Arn"],
        trust=_parse_document(found["AssumeRolePolicyDocument"]),
        policies=[*_list_inline(iam, name), *_list_attached(iam, name)],
    )


def check_reconcile_role(facts: Facts) -> CheckFinding:
    """Check that the hub's role names members by the ARN of an organization's account."""
    if isinstance(facts.reconcile_role, Unseen):
        return report_unknown(facts.reconcile_role)
    fix = f"with the right IDs in organization.yaml {fixes.restore('RollcallHub')}"
    role, settings = facts.reconcile_role.value, facts.settings
    if role is None:
        return report_failure(f"there is no role {RECONCILE_ROLE_NAME}", fix=fix)
    place = f"arn:{settings.partition}:account::{settings.management}:account/{settings.organization}"
    context = {"account:AccountResourceOrgPaths": _fill_paths(settings.limit_to_ous)}
    error = _find_error(role, f"{place}/{settings.hub}", facts, context)
    return (
        report_failure(error, fix=fix)
        if error
        else report_pass(f"it can read and write contacts on {place}/*")
    )


def check_management_role(facts: Facts) -> CheckFinding:
    """Check that the role in the management account names that account alone and trusts the hub's role."""
    if isinstance(facts.management_role, Unseen):
        return report_unknown(facts.management_role)
    fix = fixes.restore("RollcallManagement")
    role, settings = facts.management_role.value, facts.settings
    if role is None:
        return report_failure(f"there is no role {MANAGEMENT_ROLE_NAME}", fix=fix)
    hub = reconcile_role_arn(settings)
    request = AccessRequest(
        action="sts:AssumeRole",
        resource=None,
        principal=hub,
        context={
            "aws:PrincipalArn": [hub],
            "aws:PrincipalAccount": [settings.hub],
            "aws:PrincipalOrgID": [settings.organization],
        },
    )
    if decide([role.trust], request).access in _REFUSED:
        return report_failure(f"{MANAGEMENT_ROLE_NAME} does not trust {hub}", fix=fix)
    own = f"arn:{settings.partition}:account::{settings.management}:account"
    error = _find_error(role, own, facts, {})
    return (
        report_failure(error, fix=fix)
        if error
        else report_pass(f"it trusts {hub} and can read and write contacts on {own}")
    )


def _find_error(
    role: Role, resource: str, facts: Facts, context: Mapping[str, Collection[str]]
) -> str | None:
    """Return what the role cannot do, None if it can do everything it needs."""
    for operation in _OPERATIONS:
        for kind in facts.list_kinds(operation):
            primary = kind == ContactKind.PRIMARY
            action = f"account:{operation}{'ContactInformation' if primary else 'AlternateContact'}"
            keys = {**context, **({} if primary else {"account:AlternateContactTypes": [kind]})}
            request = AccessRequest(action=action, resource=resource, context=keys)
            if decide(role.policies, request).access in _REFUSED:
                named = ", ".join(sorted(_list_resources(role))) or "nothing"
                return f"{role.arn} cannot {action} ({kind}) on {resource}; it names {named}"
    return None


def _list_resources(role: Role) -> set[str]:
    """Return the resources of its statements on contacts."""
    return {
        str(resource)
        for document in role.policies
        for statement in as_list(document.get("Statement", []))
        if any(str(action).startswith("account:") for action in as_list(statement.get("Action", [])))
        for resource in as_list(statement.get("Resource", []))
    }


def _fill_paths(limits: Collection[str] | None) -> list[str]:
    """Return the path of an account that the limits admit: the first pattern, filled in."""
    return [next(iter(limits)).replace("*", "x")] if limits else []


def _list_inline(iam: Any, name: str) -> Iterator[Mapping[str, Any]]:
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        yield _parse_document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])


def _list_attached(iam: Any, name: str) -> Iterator[Mapping[str, Any]]:
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield _parse_document(
            iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        )


def _parse_document(found: Any) -> Mapping[str, Any]:
    """Return the policy, which botocore has parsed already and other clients have not."""
    document: Mapping[str, Any] = json.loads(found) if isinstance(found, str) else found
    return document
