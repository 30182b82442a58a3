"""The write-once record of every intent and outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from aws_cdk import Duration


class Ledger(Construct):
    """A bucket with Object Lock: an object cannot be changed or deleted for `retention` after its write."""

    def __init__(self, scope: Construct, id_: str, *, retention: Duration) -> None:
        super().__init__(scope, id_)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            object_lock_enabled=True,
            # Governance and not compliance: a person with s3:BypassGovernanceRetention can still obey
            # a request to erase personal data; no role of ours has it.
            object_lock_default_retention=s3.ObjectLockRetention.governance(retention),
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        accept(
            self.bucket,
            pack="AwsSolutions",
            rule="S1",
            reason="One role of functions adds to it, two of people read it. Who else does is for the"
            " data events of CloudTrail to say: access logs are best effort and need a second bucket.",
        )
