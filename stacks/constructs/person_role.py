"""A role that people assume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PersonRole(Construct):
    """A role for `people` (patterns of ARNs) of one organization; a session lasts an hour.

    Without `people`, IAM in the account `home` decides who can assume it. With `proven` only an IAM user who
    used a second factor can, the session has the user's name, and the condition keys of `proven` its values.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        people: Sequence[str],
        home: str,
        organization_id: str,
        proven: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id_)
        accounts = sorted({arn.split(":")[4] for arn in people}) or [home]
        conditions: dict[str, Any] = {"StringEquals": {"aws:PrincipalOrgID": organization_id}}
        if proven is not None:
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
            conditions["StringEquals"] |= {"sts:RoleSessionName": "${aws:username}", **proven}
            conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
        if people:
            conditions["ArnLike"] = {"aws:PrincipalArn": list(people)}
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=description,
            assumed_by=iam.PrincipalWithConditions(
                iam.CompositePrincipal(*[iam.AccountPrincipal(account) for account in accounts]), conditions
            ),
            max_session_duration=Duration.hours(1),
        )
