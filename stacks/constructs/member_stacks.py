"""A StackSet that deploys a template to all present and future member accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import CfnStackSet
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
MOST_BYTES: Final = 51_200


class MemberStacks(Construct):
    """A service-managed StackSet of `template` (JSON text) in `units` (roots or OUs) and `region`.

    `call_as` is DELEGATED_ADMIN or SELF (the management account). Raises ValueError for a template that is
    too large to be given inline.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        template: str,
        call_as: str,
        units: Sequence[str],
        region: str,
    ) -> None:
        super().__init__(scope, id_)
        if len(template.encode()) > MOST_BYTES:
            raise ValueError(f"the template of the StackSet has more than {MOST_BYTES} bytes")
        self.stack_set = CfnStackSet(
            self,
            "StackSet",
            stack_set_name=name,
            description=description,
            permission_model="SERVICE_MANAGED",
            call_as=call_as,
            auto_deployment=CfnStackSet.AutoDeploymentProperty(
                enabled=True, retain_stacks_on_account_removal=False
            ),
            managed_execution={"Active": True},
            capabilities=["CAPABILITY_NAMED_IAM" if '"RoleName"' in template else "CAPABILITY_IAM"],
            template_body=template,
            stack_instances_group=[
                CfnStackSet.StackInstancesProperty(
                    deployment_targets=CfnStackSet.DeploymentTargetsProperty(
                        organizational_unit_ids=list(units)
                    ),
                    regions=[region],
                )
            ],
            operation_preferences=CfnStackSet.OperationPreferencesProperty(
                # One account that refuses must not roll back the stack with everything else in it:
                # its instance says that it failed, and `rollcall doctor` shows it.
                failure_tolerance_percentage=100,
                max_concurrent_percentage=25,
                concurrency_mode="SOFT_FAILURE_TOLERANCE",
                region_concurrency_type="PARALLEL",
            ),
        )
