"""What several tests of one subject share: errors."""

from __future__ import annotations

from botocore import exceptions as aws


def refused(code: str, status: int = 400, message: str = "") -> aws.ClientError:
    return aws.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call"
    )
