"""The starts of the sweep: by schedule and after a deployment of this stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

_OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}


class Starts(Construct):
    """Starts `machine` by `schedule` (EventBridge Scheduler, in UTC) and after each deployment of this stack.

    `scheduled` and `deployed` (JSON) are the machine's input. Failed starts go to `dead_letters`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        machine: sfn.StateMachine,
        schedule: str,
        scheduled: str,
        deployed: str,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, id_)
        scheduler.Schedule(
            self,
            "Schedule",
            description="Rollcall: look at every account",
            schedule=scheduler.ScheduleExpression.expression(schedule),
            target=scheduler_targets.StepFunctionsStartExecution(
                machine,
                role=self._role("ScheduleRole", "scheduler.amazonaws.com"),
                input=scheduler.ScheduleTargetInput.from_text(scheduled),
                dead_letter_queue=dead_letters,
                # A start that is late by more than this is the next one's work.
                max_event_age=Duration.hours(6),
            ),
        )
        # A stack's update completes after its functions have the new candidate.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
        rule = events.Rule(
            self,
            "Deployed",
            event_pattern=events.EventPattern(
                source=["aws.cloudformation"],
                detail_type=["CloudFormation Stack Status Change"],
                detail={
                    "stack-id": [Aws.STACK_ID],
                    "status-details": {"status": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]},
                },
            ),
        )
        rule.add_target(
            targets.SfnStateMachine(
                machine,
                role=self._role("DeployedRole", "events.amazonaws.com"),
                dead_letter_queue=dead_letters,
            )
        )
        resource = rule.node.default_child
        if isinstance(resource, events.CfnRule):
            # Not by the property of the target: the CDK leaves out what is null.
            resource.add_property_override("Targets.0.Input", deployed)

    def _role(self, id_: str, service: str) -> iam.Role:
        return iam.Role(self, id_, assumed_by=iam.ServicePrincipal(service, conditions=_OF_THIS_ACCOUNT))
