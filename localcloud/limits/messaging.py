"""Bounds of SQS's attributes, and the subjects of SNS.

Sources: SQS API reference, SetQueueAttributes and ChangeMessageVisibility; SNS API reference, Publish.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from localcloud.limits.refusal import ServiceRefusalError, require_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.access.calls import ServiceCall
    from localcloud.limits.refusal import Check

_ATTRIBUTES: Final = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_RECEIVES: Final = (1, 1000)
_SUBJECT: Final = re.compile(r"[!-~][ -~]{0,98}")


def _check_attributes(call: ServiceCall, _: str) -> None:
    given = call.parameters.get("Attributes") or {}
    for name, bounds in _ATTRIBUTES.items():
        require_between(name, given.get(name), *bounds, "InvalidAttributeValue")
    if policy := given.get("RedrivePolicy"):
        try:
            receives = json.loads(policy)["maxReceiveCount"]
        except (ValueError, KeyError, TypeError):
            raise ServiceRefusalError(
                "InvalidParameterValue", f"Value {policy} for parameter RedrivePolicy is invalid."
            ) from None
        require_between("maxReceiveCount", receives, *_RECEIVES, "InvalidParameterValue")


def _check_visibility(call: ServiceCall, _: str) -> None:
    bounds = _ATTRIBUTES["VisibilityTimeout"]
    require_between(
        "VisibilityTimeout", call.parameters.get("VisibilityTimeout"), *bounds, "InvalidParameterValue"
    )


def _check_subject(call: ServiceCall, _: str) -> None:
    """ASCII that begins with a letter, number or mark, less than 100 characters, no line breaks."""
    entries = call.parameters.get("PublishBatchRequestEntries") or [call.parameters]
    for entry in entries:
        subject = entry.get("Subject")
        if subject is not None and not _SUBJECT.fullmatch(subject):
            raise ServiceRefusalError("InvalidParameter", "Invalid parameter: Subject")


CHECKS: Final[Mapping[str, Check]] = {
    "sns:Publish": _check_subject,
    "sns:PublishBatch": _check_subject,
    "sqs:ChangeMessageVisibility": _check_visibility,
    "sqs:CreateQueue": _check_attributes,
    "sqs:ReceiveMessage": _check_visibility,
    "sqs:SetQueueAttributes": _check_attributes,
}
