"""The content of the service control policy that keeps members from changing what Rollcall keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.model.well_known import MEMBER_ROLE_NAME, STACK_SET_NAME

if TYPE_CHECKING:
    from rollcall_config.settings import Settings

#: What CloudFormation begins the names of the StackSet's rule and role with: it cuts long ones.
STACK_SET_NAMES: Final = f"StackSet-{STACK_SET_NAME}"[:24]
#: The role with which AWS deploys service-managed StackSets to a member. A service-linked role, which no
#: policy binds, makes it; members must not make one of that name.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-enable-trusted-access.html
EXECUTION_ROLES: Final = "stacksets-exec-*"
_ON_RULES: Final = ("DeleteRule", "DisableRule", "PutRule", "PutTargets", "RemoveTargets")
_ON_ROLES: Final = (
    *("AttachRolePolicy", "CreateRole", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy"),
    *("PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy"),
)


def make_guardrail_document(settings: Settings, *, primary: bool) -> dict[str, Any]:
    """Deny members standalone writes of contacts, and changes of what the StackSet made.

    `primary` is whether the roster manages primary contacts: otherwise they are the members' own.

    Calls that name an account use another ARN: allowed. That is example 1 of
    https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-example-scps.html.
    Example 2, `*`, would bind the hub too, and with it Rollcall: policies bind the caller's account.
    """
    arn = f"arn:{settings.partition}"
    spared = [settings.guardrail.break_glass] if settings.guardrail and settings.guardrail.break_glass else []
    statements = [
        _deny(
            "RollcallKeepsContacts",
            [
                *("account:PutAlternateContact", "account:DeleteAlternateContact"),
                *(["account:PutContactInformation"] if primary else []),
            ],
            [f"{arn}:account::*:account"],
            spared,
        )
    ]
    if settings.members_deploy == "stackset":
        roles = f"{arn}:iam::*:role"
        statements.append(
            _deny(
                "RollcallKeepsForwarders",
                [*(f"events:{one}" for one in _ON_RULES), *(f"iam:{one}" for one in _ON_ROLES)],
                [
                    f"{arn}:events:*:*:rule/{STACK_SET_NAMES}*",
                    f"{roles}/{STACK_SET_NAMES}*",
                    f"{roles}/{EXECUTION_ROLES}",
                    *([f"{roles}/{MEMBER_ROLE_NAME}"] if settings.members_reader else []),
                ],
                [f"{roles}/{EXECUTION_ROLES}", *spared],
            )
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _deny(sid: str, actions: list[str], resources: list[str], spared: list[str]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resources}
    return statement | ({"Condition": {"ArnNotLike": {"aws:PrincipalArn": spared}}} if spared else {})
