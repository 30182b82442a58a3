"""The starts of the sweep: by schedule, after a deployment of this stack, and after a delegation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from constructs import Construct

from stacks.replays import refuse_replays

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
        self._machine, self._scheduled, self._dead_letters = machine, scheduled, dead_letters
        self.schedule_role = self._role("ScheduleRole", "scheduler.amazonaws.com")
        scheduler.Schedule(
            self,
            "Schedule",
            description="Rollcall: look at every account",
            schedule=scheduler.ScheduleExpression.expression(schedule),
            target=scheduler_targets.StepFunctionsStartExecution(
                machine,
                role=self.schedule_role,
                input=scheduler.ScheduleTargetInput.from_text(scheduled),
                dead_letter_queue=dead_letters,
                # A start that is late by more than this is the next one's work.
                max_event_age=Duration.hours(6),
            ),
        )
        # A stack's update completes after its functions have the new candidate.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
        self.deployed = events.Rule(
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
        self._add_target(self.deployed, "DeployedRole", deployed)

    def start_when_delegated(self, *, hub: str, intake_bus: events.IEventBus) -> events.Rule:
        """Start it also when `hub` can read and set contacts again, by the rule that this returns.

        A sweep that finds another one at work ends at once.
        """
        service = {"servicePrincipal": ["account.amazonaws.com"]}
        rule = events.Rule(
            Construct(self, "Delegation"),
            "Rule",
            event_bus=intake_bus,
            event_pattern=events.EventPattern(
                source=["aws.organizations"],
                detail={
                    "errorCode": [{"exists": False}],
                    "$or": [
                        {"eventName": ["EnableAWSServiceAccess"], "requestParameters": service},
                        {
                            "eventName": ["RegisterDelegatedAdministrator"],
                            "requestParameters": service | {"accountId": [hub]},
                        },
                    ],
                },
            ),
        )
        refuse_replays(rule)
        self._add_target(rule, "DelegatedRole", self._scheduled)
        return rule

    def _add_target(self, rule: events.Rule, role: str, text: str) -> None:
        rule.add_target(
            targets.SfnStateMachine(
                self._machine,
                role=self._role(role, "events.amazonaws.com"),
                dead_letter_queue=self._dead_letters,
            )
        )
        resource = rule.node.default_child
        if isinstance(resource, events.CfnRule):
            # Not by the property of the target: the CDK leaves out what is null.
            resource.add_property_override("Targets.0.Input", text)

    def _role(self, id_: str, service: str) -> iam.Role:
        return iam.Role(self, id_, assumed_by=iam.ServicePrincipal(service, conditions=_OF_THIS_ACCOUNT))
