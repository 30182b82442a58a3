"""The roles for people: one reads, one operates, one redrives dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from rollcall.model.well_known import (
    OPERATOR_ROLE_NAME,
    READER_ROLE_NAME,
    RECONCILE_ROLE_NAME,
    REDRIVE_ROLE_NAME,
    STACK_SET_NAME,
)
from stacks import grants
from stacks.arns import get_intake_bus_arn
from stacks.constructs.person_role import PersonRole
from stacks.constructs.reports import REPORTS, RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from stacks.parts.common import Common

#: What is read of which partitions of the state table: those that hold no contact details but the roster's.
_ITEMS: Final = {
    **dict.fromkeys(("approval", "control"), ("BatchGetItem",)),
    **dict.fromkeys(("alert#*", "contact#*"), ("GetItem",)),
    **dict.fromkeys(("roster", "sweep", "tagged#*"), ("GetItem", "Query")),
    "units": ("Query",),
}
#: Reads of AWS Organizations for `rollcall doctor`: trusted access, and the policies that bind the hub.
_DIAGNOSIS: Final = (
    "DescribePolicy",
    "ListAWSServiceAccessForOrganization",
    "ListParents",
    "ListPolicies",
    "ListTargetsForPolicy",
)
_HERE: Final = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"


class People(Construct):
    """Three roles: `reader` sees everything, `operator` also starts `control` and follows what it starts.

    `redrive` returns dead letters to their queues, and has no other right: operators assume it for that.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        common: Common,
        control: sfn.StateMachine,
        sweep: sfn.StateMachine,
        dead_letters: Mapping[str, sqs.IQueue],
        inboxes: Sequence[sqs.IQueue],
    ) -> None:
        super().__init__(scope, id_)
        settings = common.settings
        self.reader, self.operator, self.redrive = (
            PersonRole(
                self,
                role_id,
                name=name,
                description=f"Rollcall: {description}",
                people=people,
                home=settings.hub,
                organization_id=settings.organization,
                proven=proven,
            ).role
            for role_id, name, description, people, proven in (
                ("Reader", READER_ROLE_NAME, "sees everything", settings.readers, None),
                (
                    "Operator",
                    OPERATOR_ROLE_NAME,
                    "approves, pauses and starts sweeps",
                    settings.operators,
                    {},
                ),
                (
                    "Redrive",
                    REDRIVE_ROLE_NAME,
                    "returns dead letters to their queues",
                    settings.operators,
                    # CloudTrail records a session in the Region of AWS STS, and one here is alerted.
                    {"aws:RequestedRegion": settings.region},
                ),
            )
        )
        for role in (self.reader, self.operator):
            _allow_reads(role, common, dead_letters=list(dead_letters.values()))
            _allow_diagnosis(role, common)
        # Starts of sweeps come from no queue.
        _allow_redrive(
            self.redrive, [one for name, one in dead_letters.items() if name != "Sweep"], inboxes=inboxes
        )
        control.grant_start_execution(self.operator)
        for machine in (control, sweep):
            grants.allow(
                self.operator,
                ["states:DescribeExecution"],
                [f"states:{_HERE}:execution:{machine.state_machine_name}:*"],
                reason="Each execution of the machine has a name of its own.",
            )


def _allow_reads(role: iam.Role, common: Common, *, dead_letters: Sequence[sqs.IQueue]) -> None:
    grants.read_member_contacts(role, settings=common.settings, primary=True)
    # What `rollcall init` looks at beside the accounts.
    organization = {"DescribeOrganization", "ListDelegatedAdministrators"}
    operations = {*grants.ALL_ACCOUNTS, *grants.ONE_ACCOUNT, *_DIAGNOSIS} | organization
    grants.read_organization(role, sorted(operations))
    grants.use_items(role, table=common.state, items=_ITEMS)
    grants.find_pending(role, table=common.state, values=("contact", "edited"))
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
    # The command line finds everything else by the outputs and resources of this stack.
    grants.allow(
        role,
        ["cloudformation:DescribeStacks", "cloudformation:ListStackResources"],
        [f"cloudformation:{_HERE}:stack/{Aws.STACK_NAME}/*"],
        reason="The ARN of a stack ends in an id that is not known from its name.",
    )


def _allow_redrive(
    role: iam.Role, dead_letters: Sequence[sqs.IQueue], *, inboxes: Sequence[sqs.IQueue]
) -> None:
    """Allow what a redrive, or one by hand, needs of its caller.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    actions = (
        "DeleteMessage",
        "GetQueueAttributes",
        "ListMessageMoveTasks",
        "ReceiveMessage",
        "StartMessageMoveTask",
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[f"sqs:{action}" for action in actions],
            resources=[queue.queue_arn for queue in dead_letters],
        )
    )
    role.add_to_policy(
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue.queue_arn for queue in inboxes])
    )


def _allow_diagnosis(role: iam.Role, common: Common) -> None:
    """Allow what the checks of `rollcall doctor` read of the hub, beside AWS Organizations."""
    role.add_to_policy(
        iam.PolicyStatement(actions=["sns:ListSubscriptionsByTopic"], resources=[common.topic.topic_arn])
    )
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["events:DescribeEventBus"], resources=[get_intake_bus_arn(common.settings)]
        )
    )
    # None supports resources. The wildcard is accepted with that of AWS Organizations.
    unbound = ["cloudtrail:DescribeTrails", "events:ListRuleNamesByTarget", "lambda:GetAccountSettings"]
    role.add_to_policy(iam.PolicyStatement(actions=unbound, resources=["*"]))
    grants.allow(
        role,
        ["events:DescribeRule", "events:ListTargetsByRule"],
        [f"events:{_HERE}:rule/*"],
        reason="Forwarders are found by their target, because any tool may have deployed them.",
    )
    grants.allow(
        role,
        ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
        [f"iam::{Aws.ACCOUNT_ID}:role/{name}" for name in (RECONCILE_ROLE_NAME, f"{Aws.STACK_NAME}-*")],
        reason="CloudFormation names the forwarder's role, after the stack.",
    )
    grants.allow(
        role,
        ["iam:GetPolicy", "iam:GetPolicyVersion"],
        [f"iam::{owner}:policy/*" for owner in (Aws.ACCOUNT_ID, "aws")],
        reason="Policies that may have been attached to these roles.",
    )
    grants.allow(
        role,
        ["cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"],
        ["cloudtrail:*:*:trail/*"],
        reason="The organization's trail belongs to the management account or its delegate.",
    )
    grants.allow(
        role,
        ["cloudwatch:DescribeAlarms"],
        [f"cloudwatch:{_HERE}:alarm:*"],
        reason="CloudFormation names the alarms, which the command finds by the stack.",
    )
    grants.allow(
        role,
        ["cloudformation:ListStackInstances"],
        [f"cloudformation:{Aws.REGION}:*:stackset/{STACK_SET_NAME}:*"],
        reason="The StackSet belongs to the management account, and AWS chooses its id.",
    )
