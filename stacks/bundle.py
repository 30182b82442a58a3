"""The code that every function runs: the asset, and the Powertools layer that AWS publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm

from stacks.partitions import POWERTOOLS_LAYERS

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

#: 3.14 when it can be tested here.
RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE: Final = lambda_.Architecture.ARM_64

# Public parameter of AWS; CloudFormation reads it at deploy time, so that synth stays offline.
# https://docs.powertools.aws.dev/lambda/python/latest/#lambda-layer
_LAYER: Final = f"/aws/service/powertools/python/{ARCHITECTURE.name}/{RUNTIME.name}/latest"


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
        known = layer or POWERTOOLS_LAYERS.get(region)
        arn = known or ssm.StringParameter.value_for_string_parameter(scope, _LAYER)
        return cls(
            code=lambda_.Code.from_asset(str(asset)),
            layer=lambda_.LayerVersion.from_layer_version_arn(scope, "Powertools", arn),
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
        )
