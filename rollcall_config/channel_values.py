"""Where alerts go besides the alert topic, and how loud they must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    from collections.abc import Callable

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-slackchannelconfiguration.html
_WORKSPACE: Final = r"T[A-Z0-9]{5,20}"
_CHANNEL: Final = r"[CG][A-Z0-9]{5,20}"
# AWS adds six characters: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
_STORED: Final = (
    r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
)
_URL: Final = r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~%/+@-]*)?"


def _shaped(pattern: str, what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if re.fullmatch(r"https://hooks\.slack.*|xox.*", value):
            raise ValueError("is a secret: put it into Secrets Manager, and its ARN here")
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return check


def _id(pattern: str, what: str, allowed: str) -> Any:
    return Annotated[
        str,
        AfterValidator(_shaped(pattern, what)),
        Field(description=allowed, json_schema_extra={"type": "string", "pattern": f"^{pattern}$"}),
    ]


WorkspaceId = _id(_WORKSPACE, "the id of a Slack workspace", "the id of a workspace, T0123ABCDEF")
ChannelId = _id(_CHANNEL, "the id of a Slack channel", "the id of a channel (not its name), C0123ABCDEF")
SecretArn = _id(
    _STORED,
    "the ARN of a secret in Secrets Manager",
    "the whole ARN of a secret, with the six characters that AWS adds to its name",
)
PageUrl = _id(_URL, "the address of a page", "an https address without a query")
MinSeverity = Annotated[
    Literal["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
    Field(description="INFO, LOW, MEDIUM, HIGH or CRITICAL"),
]
