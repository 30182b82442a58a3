"""The ids, ARNs and expressions that `organization.yaml` names, and the partitions of AWS."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from rollcall_config.document import Unquoted
from rollcall_config.principals import refuse_pathless, refuse_sessions
from rollcall_config.values import OU_ID, ROOT_ID

#: The Regions that host the Account API, one in each partition.
#: Endpoints of the service models (botocore): account.us-east-1.amazonaws.com and
#: account.cn-northwest-1.amazonaws.com.cn; GovCloud's is not published, Organizations is in us-gov-west-1.
PARTITIONS: Final = {"us-east-1": "aws", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}

# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
_RATE: Final = r"rate\(((1[5-9]|[2-5][0-9]) minutes|1 (hour|day)|([2-9]|1[0-9]|2[0-4]) hours)\)"
_HOUR: Final = r"(1?[0-9]|2[0-3])"
_HOURS: Final = rf"({_HOUR}(-{_HOUR})?(,{_HOUR}(-{_HOUR})?)*|(\*|{_HOUR})(/{_HOUR})?)"
_CRON: Final = rf"cron\([1-5]?[0-9] {_HOURS} (\* \* \?|\? \* \*) \*\)"


def _refuse_secrets(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"https://hooks\.slack.*|xox.*", value):
        raise ValueError("is a secret: put it into Secrets Manager, and its ARN here")
    return value


def _refuse_everybody(value: str) -> str:
    if not value.split("/", 1)[1].strip("*?/"):
        raise ValueError(f"{value!r} matches every role or user")
    return value


def _read_flag(value: Any) -> bool:
    # In quotes it is text; yes, no, on and off are truth values to some readers of YAML only.
    if isinstance(value, Unquoted) and value.raw in {"true", "false"}:
        return value.raw == "true"
    raise ValueError


OuId = Annotated[
    str,
    StringConstraints(pattern=f"^({OU_ID}|{ROOT_ID})$"),
    Field(description="ids, r-a1b2 or ou-a1b2-11111111"),
]
TargetId = Annotated[
    str,
    StringConstraints(pattern=f"^({OU_ID}|{ROOT_ID}|[0-9]{{12}})$"),
    Field(description='ids, r-a1b2, ou-a1b2-11111111 or "111122223333"'),
]
OrgPath = Annotated[
    str,
    StringConstraints(pattern=rf"^o-[a-z0-9]{{10,32}}/{ROOT_ID}/({OU_ID}/){{0,5}}(\*|{OU_ID}/)$"),
    Field(description="paths of ids that end in a slash or in /*, o-exampleorgid/r-a1b2/ou-a1b2-11111111/*"),
]
VpcId = Annotated[
    str,
    StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$"),
    Field(description="the id of a VPC, vpc-0a1b2c3d4e5f60718"),
]
SubnetId = Annotated[
    str,
    StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$"),
    Field(description="ids of subnets, subnet-0a1b2c3d4e5f60718"),
]
SecurityGroupId = Annotated[
    str,
    StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$"),
    Field(description="ids of security groups, sg-0a1b2c3d4e5f60718"),
]
LayerArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$"),
    Field(description="the ARN of a version of the Powertools layer, with its version at the end"),
]
Flag = Annotated[bool, BeforeValidator(_read_flag), Field()]
BreakGlass = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::([0-9]{12}|\*):(role|user)/[A-Za-z0-9_+=,.@/*?-]+$"),
    AfterValidator(_refuse_everybody),
    BeforeValidator(refuse_pathless),
    BeforeValidator(refuse_sessions),
    Field(
        description="an ARN of roles or users, with or without wildcards, such as"
        " arn:aws:iam::*:role/BreakGlass*"
    ),
]
PeopleArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/*?-]+$"),
    AfterValidator(_refuse_everybody),
    BeforeValidator(refuse_pathless),
    BeforeValidator(refuse_sessions),
    Field(
        description="an ARN of roles or users of one account, with or without wildcards after its id, such as"
        " arn:aws:iam::333333333333:role/Ops*"
    ),
]
Schedule = Annotated[
    str,
    StringConstraints(pattern=f"^({_RATE}|{_CRON})$"),
    Field(
        description="a schedule with a sweep each day (36 hours without one raise an alarm): rate(1 day),"
        " rate(6 hours), rate(15 minutes) at the shortest, or minute and hour in UTC in cron(30 4 * * ? *)"
    ),
]
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-slackchannelconfiguration.html
WorkspaceId = Annotated[
    str,
    StringConstraints(pattern=r"^T[A-Z0-9]{5,20}$"),
    BeforeValidator(_refuse_secrets),
    Field(description="the id of a Slack workspace, T0123ABCDEF"),
]
ChannelId = Annotated[
    str,
    StringConstraints(pattern=r"^[CG][A-Z0-9]{5,20}$"),
    BeforeValidator(_refuse_secrets),
    Field(description="the id of a Slack channel (not its name), C0123ABCDEF"),
]
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-microsoftteamschannelconfiguration.html
TeamsId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"),
    BeforeValidator(_refuse_secrets),
    Field(description="the id that Amazon Q's console shows, 01234567-89ab-cdef-0123-456789abcdef"),
]
TeamsChannelId = Annotated[
    str,
    StringConstraints(
        max_length=255, pattern=r"^[A-Za-z0-9_=+/.,-]*%3[aA][A-Za-z0-9_=+/.,-]*%40[A-Za-z0-9_=+/.,-]*$"
    ),
    BeforeValidator(_refuse_secrets),
    Field(description="the id in the link of a Teams channel, 19%3a...%40thread.tacv2"),
]
SecretArn = Annotated[
    str,
    # AWS adds six characters:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$"
    ),
    BeforeValidator(_refuse_secrets),
    Field(description="the whole ARN of a secret, with the six characters that AWS adds to its name"),
]
PageUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~%/+@-]*)?$"),
    BeforeValidator(_refuse_secrets),
    Field(description="an https address without a query"),
]
# https://docs.slack.dev/messaging/formatting-message-text#mentioning-groups
Mention = Annotated[
    str,
    StringConstraints(pattern=r"^(channel|here|S[A-Z0-9]{5,20})$"),
    Field(description="channel, here or the id of a Slack user group, S0123ABCDEF"),
]
MinSeverity = Annotated[
    Literal["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
    Field(description="INFO, LOW, MEDIUM, HIGH or CRITICAL"),
]
