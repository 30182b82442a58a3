"""The code that every function runs: the asset, and the Powertools layer that AWS publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aws_cdk import Duration
    from aws_cdk import aws_iam as iam
    from constructs import Construct

#: Layers in Regions without a parameter. In GovCloud the layer is another account's; in China the setting
#: `powertools_layer` must name one.
#: https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
_LAYERS: Final = {
    "us-gov-west-1": "arn:aws-us-gov:lambda:us-gov-west-1:165093116878:layer:"
    "AWSLambdaPowertoolsPythonV3-python313-arm64:27"
}
#: 3.14 when it can be tested here.
RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE: Final = lambda_.Architecture.ARM_64

# Public parameter of AWS; CloudFormation reads it at deploy time, so that synth stays offline.
# https://docs.powertools.aws.dev/lambda/python/latest/#lambda-layer
# Not `latest`: the version that the tests ran with, which requirements.txt names.
_LAYER: Final = f"/aws/service/powertools/python/{ARCHITECTURE.name}/{RUNTIME.name}/3.37.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One asset for all functions, and the layer with what it does not carry itself."""

    code: lambda_.Code
    layer: lambda_.ILayerVersion
    runtime: lambda_.Runtime
    architecture: lambda_.Architecture

    @classmethod
    def of(cls, scope: Construct, *, asset: Path, region: str, layer: str | None) -> Self:
        """The bundle of one stack; `asset` is staged, `layer` an ARN instead of that of the Region."""
        known = layer or _LAYERS.get(region)
        arn = known or ssm.StringParameter.value_for_string_parameter(scope, _LAYER)
        return cls(
            code=lambda_.Code.from_asset(str(asset)),
            layer=lambda_.LayerVersion.from_layer_version_arn(scope, "Powertools", arn),
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
        )

    def function(
        self,
        scope: Construct,
        *,
        handler: str,
        role: iam.IRole,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mb: int,
    ) -> lambda_.Function:
        """A function that runs `handler` of the asset as `role`, traced, with a log group of three months."""
        log_group = logs.LogGroup(
            scope,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        log_group.grant_write(role)
        function = lambda_.Function(
            scope,
            "Function",
            handler=handler,
            code=self.code,
            layers=[self.layer],
            runtime=self.runtime,
            architecture=self.architecture,
            memory_size=memory_mb,
            timeout=timeout,
            role=role,
            environment=environment,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
        )
        runtime = "Python 3.13 until 3.14 can be tested on the machines that build this."
        accept(function, pack="AwsSolutions", rule="L1", reason=runtime)
        accept(function, pack="Serverless", rule="LambdaLatestVersion", reason=runtime)
        return function
