"""The role of one function."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.nag import accept


class FunctionRole(Construct):
    """A role that only Lambda can assume. It has no permissions yet, not even AWS's basic managed policy.

    Give a `name` only if another account must refer to the role.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str | None = None) -> None:
        super().__init__(scope, id_)
        self.role = iam.Role(
            self, "Role", role_name=name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        accept(
            self.role,
            pack="AwsSolutions",
            rule="IAM5[Resource::*]",
            reason="Active tracing: X-Ray's PutTraceSegments and PutTelemetryRecords know no resources.",
        )
