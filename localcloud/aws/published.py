"""What AWS publishes for every account: managed policies, the Powertools layer and its SSM parameter."""

import copy
import datetime as dt
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaBackend, lambda_backends
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

if TYPE_CHECKING:
    from localcloud.cloud.interface import Cloud

# https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
POWERTOOLS_ACCOUNT = "017000801446"
POWERTOOLS_LAYER = "AWSLambdaPowertoolsPythonV3-python313-arm64"
POWERTOOLS_PARAMETER = "/aws/service/powertools/python/arm64/python3.13/3.37.0"


def install(cloud: "Cloud") -> None:
    """Publish the layer (the local runtime has its contents) and the policies to every account."""
    from moto.ssm.models import Parameter, ParameterDict  # noqa: PLC0415  # it reads all of EC2: a second

    documents = json.loads(aws_managed_policies_data)
    policies = [AWSManagedPolicy.from_data(name, "aws", "aws", data) for name, data in documents.items()]

    def managed_policies(self: Any) -> list[AWSManagedPolicy]:
        """As moto's own, which parses more than a thousand of them again for each account and partition."""
        return list(map(copy.copy, policies)) if self.region_name == "aws" else []

    cloud.patch(IAMBackend, "_init_aws_policies", managed_policies)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("python/README", "The local Lambda runtime provides Powertools.\n")
    layer = cloud.clients.client("lambda", POWERTOOLS_ACCOUNT).publish_layer_version(
        LayerName=POWERTOOLS_LAYER, Content={"ZipFile": archive.getvalue()}, CompatibleRuntimes=["python3.13"]
    )["LayerVersionArn"]
    load_plain = ParameterDict._check_loading_status  # noqa: SLF001 -- moto's hook for public parameters

    def load(self: Any, key: str) -> None:
        load_plain(self, key)
        if key == POWERTOOLS_PARAMETER and not dict.__contains__(self, key):
            self[key] = [
                Parameter(  # type: ignore[abstract] # as moto itself does
                    account_id=self.account_id,
                    name=key,
                    value=layer,
                    parameter_type="String",
                    description=None,
                    allowed_pattern=None,
                    keyid=None,
                    last_modified_date=dt.datetime.now(tz=dt.UTC),
                    version=1,
                    data_type="text",
                )
            ]

    def by_arn(_self: Any, arn: str) -> Any:
        region, account = arn.split(":")[3:5]
        return lambda_backends[account][region]._layers.get_layer_version_by_arn(arn)  # noqa: SLF001 -- no public way

    cloud.patch(ParameterDict, "_check_loading_status", load)
    cloud.patch(LambdaBackend, "layers_versions_by_arn", by_arn)
