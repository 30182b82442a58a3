"""Every action and condition key that a template names exists, in the data of policy_sentry (offline)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.all import get_all_service_prefixes
from policy_sentry.querying.conditions import get_condition_keys_for_service

from tests.stacks.template import as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stacks.assembly import Assembly

#: Keys that every request has or that belong to no service.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL = {
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:RequestedRegion",
    "aws:ResourceOrgID",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
}


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy statement anywhere in a template, in texts of templates too."""
    if isinstance(value, str) and value.startswith('{"AWSTemplateFormatVersion"'):
        value = json.loads(value)
    if isinstance(value, list):
        for item in value:
            yield from statements(item)
    if isinstance(value, dict):
        if "Effect" in value and ("Action" in value or "NotAction" in value):
            yield value
        for item in value.values():
            yield from statements(item)


@pytest.fixture(scope="module")
def policies(everything: Assembly) -> list[dict[str, Any]]:
    found = [one for template in everything.templates.values() for one in statements(template.body)]
    assert len(found) > 40
    return found


def exists(action: str) -> bool:
    """Whether there is the action; with a wildcard at its end, whether it stands for any."""
    service, name = action.split(":")
    if service not in get_all_service_prefixes():
        return False
    names = [one["action"].split(":")[1] for one in get_action_data(service, "*")[service]]
    pattern = re.compile(re.escape(name).replace(r"\*", ".*"), re.IGNORECASE)
    return any(pattern.fullmatch(one) for one in names)


def test_the_data_knows_what_is_wrong() -> None:
    assert exists("account:PutAlternateContact")
    assert not exists("account:PutAlternateContacts")
    assert not exists("accounts:PutAlternateContact")


def test_every_action_exists(policies: list[dict[str, Any]]) -> None:
    actions = {action for statement in policies for action in as_list(statement["Action"])}
    assert "account:PutAlternateContact" in actions
    assert sorted(action for action in actions if action != "*" and not exists(action)) == []


def test_every_condition_key_exists(policies: list[dict[str, Any]]) -> None:
    keys = {
        key
        for statement in policies
        for conditions in statement.get("Condition", {}).values()
        for key in conditions
    }
    assert {"account:AlternateContactTypes", "account:AccountResourceOrgPaths"} <= keys
    unknown = {key for key in keys - GLOBAL if key not in get_condition_keys_for_service(key.split(":")[0])}
    assert unknown == set()


def test_every_resource_policy_names_its_principals(policies: list[dict[str, Any]]) -> None:
    """Anybody is named only where a condition says who, or to deny."""
    for statement in policies:
        principal = statement.get("Principal")
        if principal in ("*", {"AWS": "*"}) and statement["Effect"] == "Allow":
            keys = {key for conditions in statement["Condition"].values() for key in conditions}
            assert "aws:PrincipalOrgID" in keys
