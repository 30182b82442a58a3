"""Who may look, and who may operate: the roles that the command assumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from rollcall.model.well_known import OPERATOR_ROLE_NAME, READER_ROLE_NAME
from stacks import grants
from stacks.constructs.person_role import PersonRole
from stacks.constructs.reports import REPORTS, RUNS
from stacks.contact_grants import read_member_contacts
from stacks.parts.diagnosis import OPERATIONS as DIAGNOSIS
from stacks.parts.diagnosis import let_diagnose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn
    from constructs import Construct

    from stacks.parts.common import Common

#: Partitions of the state table that hold no contact details but the roster's.
_ITEMS: Final = ("control", "roster", "standoffs", "sweep", "tagged#*", "units", "writes#*")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The two roles."""

    reader: iam.Role
    operator: iam.Role

    @classmethod
    def of(
        cls,
        stack: Construct,
        common: Common,
        *,
        machines: Sequence[sfn.StateMachine],
        dead_letters: Sequence[sqs.IQueue],
    ) -> Self:
        """Make the roles in the stack. An operator may do what a reader may, and use the machines."""
        settings = common.settings
        reader, operator = (
            PersonRole(
                stack,
                id_,
                name=name,
                description=description,
                people=people,
                home=settings.hub,
                organization_id=settings.organization,
                mfa=mfa,
            ).role
            for id_, name, description, people, mfa in (
                ("Reader", READER_ROLE_NAME, "Rollcall: sees everything", settings.readers, False),
                (
                    "Operator",
                    OPERATOR_ROLE_NAME,
                    "Rollcall: approves, pauses and starts sweeps",
                    settings.operators,
                    True,
                ),
            )
        )
        for role in (reader, operator):
            _look(role, common, dead_letters=dead_letters)
            let_diagnose(role, common)
        for machine in machines:
            machine.grant_start_execution(operator)
            grants.allow(
                operator,
                ["states:DescribeExecution"],
                [f"states:{Aws.REGION}:{Aws.ACCOUNT_ID}:execution:{machine.state_machine_name}:*"],
                reason="Each execution of the machine has a name of its own.",
            )
        return cls(reader=reader, operator=operator)


def _look(role: iam.Role, common: Common, *, dead_letters: Sequence[sqs.IQueue]) -> None:
    read_member_contacts(role, settings=common.settings)
    # What `rollcall init` looks at beside the accounts.
    organization = {"DescribeOrganization", "ListDelegatedAdministrators"}
    looked_at = {*grants.ALL_ACCOUNTS, *grants.ONE_ACCOUNT, *DIAGNOSIS} | organization
    grants.read_organization(role, sorted(looked_at))
    grants.use_items(role, table=common.state, actions=("GetItem", "Query"), partitions=_ITEMS)
    for prefix, reason in (
        (REPORTS, "Reports of all runs are there to be read by these people."),
        (RUNS, "Who approves the plan of a run must be able to read it."),
    ):
        grants.use_objects(role, bucket=common.reports, prefix=prefix, actions=("GetObject",), reason=reason)
    # `rollcall history` looks at every version: a deletion is only a mark on top of them.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:GetObjectRetention", "s3:GetObjectVersion"],
            resources=[common.ledger.arn_for_objects("ledger/*")],
        )
    )
    grants.accept_objects(
        role, common.ledger, "ledger/", reason="The history of any contact is what the command asks for."
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucketVersions"],
            resources=[common.ledger.bucket_arn],
            conditions={"StringLike": {"s3:prefix": "ledger/*"}},
        )
    )
    # To look at messages. Nothing is deleted: they are there again when their visibility ends.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[one.queue_arn for one in dead_letters],
        )
    )
    # The command finds everything else by the outputs and resources of this stack.
    grants.allow(
        role,
        ["cloudformation:DescribeStacks", "cloudformation:ListStackResources"],
        [f"cloudformation:{Aws.REGION}:{Aws.ACCOUNT_ID}:stack/{Aws.STACK_NAME}/*"],
        reason="A stack that is asked for by its name has an id at the end that is not known.",
    )
