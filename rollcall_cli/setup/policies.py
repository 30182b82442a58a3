"""Service control policies, for the guardrail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollcall_cli.setup.steps import Look, Management, Standing
from rollcall_cli.text import fixes


@dataclass(frozen=True, slots=True)
class PolicyType:
    """The policy type on the root: without it no guardrail counts."""

    name: str = "policy-type"
    title: str = "Service control policies on the root"
    command: str = fixes.enable_policies("ROOT_ID")
    # Turning them off detaches every policy of the organization for good: nothing to suggest to anybody.
    undo_command: str = ""

    def look(self, aws: Management) -> Look:
        """On or off."""
        found = root(aws.organizations)
        command = fixes.enable_policies(found["Id"])
        if not enabled(found):
            return Look(standing=Standing.MISSING, seen="off", command=command)
        return Look(
            standing=Standing.THERE,
            seen="on",
            command=command,
            keep="turning it off would detach every service control policy of the organization",
        )

    def do(self, aws: Management) -> None:
        """Turn it on; FullAWSAccess is then on everything."""
        aws.organizations.enable_policy_type(RootId=root(aws.organizations)["Id"], PolicyType=fixes.SCP)

    def undo(self, aws: Management) -> None:
        """Never called: others use it."""


def root(organizations: Any) -> dict[str, Any]:
    """The root of the organization: AWS has one."""
    pages = organizations.get_paginator("list_roots").paginate()
    found: dict[str, Any] = next(item for page in pages for item in page["Roots"])
    return found


def enabled(found: dict[str, Any]) -> bool:
    """Whether service control policies count below this root."""
    types = found.get("PolicyTypes", ())
    return any(item["Type"] == fixes.SCP and item["Status"] == "ENABLED" for item in types)
