"""The bucket with the working files and the reports of sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Keys of a run's own files and of its report begin so.
RUNS: Final = "runs/"
REPORTS: Final = "reports/"
# A pending plan waits 7 days for a person, then 7 more for its run, which reads what is stored here.
_RUNS_KEPT: Final = Duration.days(30)


class Reports(Construct):
    """A bucket that deletes the files of runs after 30 days, and reports after `retention`."""

    def __init__(self, scope: Construct, id_: str, *, retention: Duration) -> None:
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # Without versions: contact details are gone when their time is over. What a crash spoils, the
            # next run writes again, and a plan is known by its digest before it is applied.
            versioned=False,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=RUNS,
                    expiration=_RUNS_KEPT,
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
                s3.LifecycleRule(
                    prefix=REPORTS,
                    expiration=retention,
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(
            self.bucket,
            pack="AwsSolutions",
            rule="S1",
            reason="Two functions write it and two roles of people read it. Who does is for CloudTrail's data"
            " events to say: access logs are best effort and need a second bucket.",
        )


def close_reports(bucket: s3.Bucket, *, roles: Sequence[str]) -> None:
    """Refuse what others than these roles (ARNs) write. Must be called once.

    The gate compares rosters over what a run stored, and people read the report: another writer could hide
    what a roster weakens. aws:PrincipalArn is the role's ARN in each of its sessions.
    """
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyElse",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": list(roles)}},
        )
    )
