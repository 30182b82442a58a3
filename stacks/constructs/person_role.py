"""A role that people assume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from rollcall_config.organization_limits import build_trust_conditions, list_trusted

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
        accounts = [iam.AccountPrincipal(account) for account in list_trusted(people, home=home)]
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=description,
            assumed_by=iam.PrincipalWithConditions(
                iam.CompositePrincipal(*accounts),
                build_trust_conditions(people, organization=organization_id, proven=proven),
            ),
            max_session_duration=Duration.hours(1),
        )
