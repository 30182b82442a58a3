"""A state machine with logs and traces that may invoke only its own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_cdk import aws_lambda as lambda_

_FIRST_WAIT: Final = Duration.seconds(2)
_RETRIES: Final = 4
_THROTTLED: Final = "Lambda.TooManyRequestsException"
#: Six minutes in all: less than a command may take.
_TURNS: Final = 10


class Machine(Construct):
    """A standard state machine that invokes `functions` and fails after `timeout`.

    `define` creates the states in the given scope and returns the first one. Give a `name` only if something
    that the machine invokes must know its ARN.
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
        name: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        role = self._add_role(functions)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            comment=comment,
            definition_body=sfn.DefinitionBody.from_chainable(define(self)),
            timeout=timeout,
            # The tasks of the CDK would add every version and alias of the functions to the role.
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=logs.LogGroup(
                    self,
                    "Logs",
                    retention=logs.RetentionDays.THREE_MONTHS,
                    removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
                ),
                level=sfn.LogLevel.ALL,
                # The history of an execution shows it for 90 days, to those who may read it.
                include_execution_data=False,
            ),
        )
        # CreateStateMachine looks whether the role may write logs.
        self.machine.node.add_dependency(role)

    def _add_role(self, functions: Sequence[lambda_.IFunction]) -> iam.Role:
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


def make_task(
    scope: Construct, name: str, function: lambda_.IFunction, payload: Mapping[str, Any] | None = None
) -> tasks.LambdaInvoke:
    """Return a state that invokes the function with the payload, or with the state's input if there is none.

    The answer is the input of the next state. After any error it retries in 2, 4, 8 and 16 seconds;
    while the account's concurrency is used up, for six minutes.
    """
    state = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(dict(payload)) if payload else None,
        payload_response_only=True,
        # One policy of retries for all errors, the service's own included.
        retry_on_service_exceptions=False,
    )
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a new account may run ten
    # functions at a time, which queues can fill.
    state.add_retry(
        errors=[_THROTTLED],
        interval=_FIRST_WAIT,
        backoff_rate=2,
        max_delay=Duration.minutes(1),
        max_attempts=_TURNS,
    )
    state.add_retry(errors=[sfn.Errors.ALL], interval=_FIRST_WAIT, backoff_rate=2, max_attempts=_RETRIES)
    return state
