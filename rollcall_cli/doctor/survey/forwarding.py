"""Rules that send to the intake bus, and roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall_cli.aws.arns import intake_bus_arn
from rollcall_cli.doctor.facts import ForwardingRule, Role, Seen, Unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_cli.aws.caller import Position
    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.survey.access import Access


def rules(access: Access, position: Position) -> Seen[Sequence[ForwardingRule]] | Unseen:
    """Rules on the account's default bus that have the intake bus as their target, whoever deployed them."""
    arn = intake_bus_arn(access.settings)

    def look(login: Login) -> Sequence[ForwardingRule]:
        events, iam = login.client("events"), login.client("iam")
        pages = events.get_paginator("list_rule_names_by_target").paginate(TargetArn=arn)
        return [_rule(events, iam, name, arn) for page in pages for name in page["RuleNames"]]

    return access.read(f"the forwarder of the {position} account", (position,), look)


def role(access: Access, position: Position, name: str) -> Seen[Role | None] | Unseen:
    """A role by its name, None if there is none."""
    return access.read(f"the role {name}", (position,), lambda login: _role(login.client("iam"), name))


def _rule(events: Any, iam: Any, name: str, arn: str) -> ForwardingRule:
    found = events.describe_rule(Name=name)
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    role_arn = next((str(item.get("RoleArn", "")) for item in targets if item["Arn"] == arn), "")
    return ForwardingRule(
        name=name,
        enabled=str(found.get("State")).startswith("ENABLED"),
        sources=frozenset(json.loads(found.get("EventPattern") or "{}").get("source", ())),
        role_arn=role_arn,
        role=_role(iam, role_arn.rpartition("/")[2]) if role_arn else None,
    )


def _role(iam: Any, name: str) -> Role | None:
    try:
        found = iam.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if get_code(error) == "NoSuchEntity":
            return None
        raise
    return Role(
        arn=found["Arn"],
        trust=_document(found["AssumeRolePolicyDocument"]),
        policies=[*_inline(iam, name), *_attached(iam, name)],
    )


def _inline(iam: Any, name: str) -> Iterator[Mapping[str, Any]]:
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        yield _document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])


def _attached(iam: Any, name: str) -> Iterator[Mapping[str, Any]]:
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        yield _document(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _document(found: Any) -> Mapping[str, Any]:
    """Botocore parses policy documents; clients that do not are no error."""
    document: Mapping[str, Any] = json.loads(found) if isinstance(found, str) else found
    return document
