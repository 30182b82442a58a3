"""What several tests of one subject share: errors."""

from __future__ import annotations

from typing import Any

from botocore import exceptions as aws


def refused(code: str, status: int = 400, message: str = "") -> aws.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return aws.ClientError(response, "Call")
