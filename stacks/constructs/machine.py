"""A state machine: logged, traced, and allowed to call its functions and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_cdk import Duration
    from aws_cdk import aws_lambda as lambda_


class Machine(Construct):
    """A standard state machine that invokes `functions`, and ends after `timeout`.

    `define` makes its states in the scope that it is given, and returns the first.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        define: Callable[[Construct], sfn.IChainable],
        functions: Sequence[lambda_.IFunction],
        timeout: Duration,
        comment: str,
    ) -> None:
        super().__init__(scope, id_)
        role = self._role(functions)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            comment=comment,
            definition_body=sfn.DefinitionBody.from_chainable(define(self)),
            timeout=timeout,
            # The tasks of the CDK would add every version and alias of the functions to the role.
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(self, "Logs", retention=logs.RetentionDays.THREE_MONTHS),
                level=sfn.LogLevel.ALL,
                # The history of an execution shows it for 90 days, to those who may read it.
                include_execution_data=False,
            ),
        )
        # CreateStateMachine looks whether the role may write logs.
        self.machine.node.add_dependency(role)

    def _role(self, functions: Sequence[lambda_.IFunction]) -> iam.Role:
        of_this_account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com", conditions=of_this_account),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[one.function_arn for one in functions]
            )
        )
        # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html and xray-iam.html
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogDelivery",
                    "logs:DeleteLogDelivery",
                    "logs:DescribeLogGroups",
                    "logs:DescribeResourcePolicies",
                    "logs:GetLogDelivery",
                    "logs:ListLogDeliveries",
                    "logs:PutResourcePolicy",
                    "logs:UpdateLogDelivery",
                    "xray:GetSamplingRules",
                    "xray:GetSamplingTargets",
                    "xray:PutTelemetryRecords",
                    "xray:PutTraceSegments",
                ],
                resources=["*"],
            )
        )
        accept(
            role,
            pack="AwsSolutions",
            rule="IAM5[Resource::*]",
            reason="Deliveries of logs, and X-Ray's calls, know no resources.",
        )
        return role
