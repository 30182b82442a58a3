"""The ARN of the resource that a call is about, from its parameters.

Source: service authorization reference, "Resource types defined by" each service.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moto.iam.models import iam_backends
from moto.kms.utils import KEY_ID_LEN

from localcloud.access.resources import find_key_arn, find_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: For each service the parameters that name its resource, the most specific first, and the rest of its ARN.
#: Every other parameter in braces is a parameter, too; a value that is an ARN stands for itself.
_TABLES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "cloudformation": (("StackName", "stack/{}/*"), ("StackSetName", "stackset/{}:*")),
    "cloudtrail": (("Name", "trail/{}"), ("TrailName", "trail/{}"), ("S3BucketName", "trail/{}")),
    "cloudwatch": (
        ("AlarmName", "alarm:{}"),
        ("AlarmNames", "alarm:{}"),
        ("DashboardName", ":dashboard/{}"),
        ("DashboardNames", ":dashboard/{}"),
    ),
    "dynamodb": (("TableName", "table/{}"), ("ResourceArn", "{}")),
    "ecr": (("repositoryName", "repository/{}"),),
    "events": (
        ("Rule", "rule/{EventBusName}/{}"),
        ("Name", "rule/{EventBusName}/{}"),
        ("EventBusName", "event-bus/{}"),
    ),
    "lambda": (
        ("FunctionName", "function:{}"),
        ("LayerName", "layer:{}"),
        ("UUID", "event-source-mapping:{}"),
        ("Resource", "{}"),
    ),
    "logs": (("logGroupName", "log-group:{}:log-stream:{logStreamName}"),),
    "s3": (("Bucket", "{}/{Key}"),),
    "scheduler": (("Name", "schedule/{GroupName}/{}"), ("GroupName", "schedule-group/{}")),
    "secretsmanager": (("SecretId", "secret:{}"), ("Name", "secret:{}")),
    "sns": (
        ("TopicArn", "{}"),
        ("TargetArn", "{}"),
        ("SubscriptionArn", "{}"),
        ("ResourceArn", "{}"),
        ("Name", "{}"),
    ),
    "sqs": (("QueueUrl", "{}"), ("QueueName", "{}"), ("SourceArn", "{}")),
    "ssm": (("Name", "parameter/{}"), ("Path", "parameter/{}")),
    "states": (
        ("executionArn", "{}"),
        ("stateMachineArn", "{}"),
        ("resourceArn", "{}"),
        ("name", "stateMachine:{}"),
    ),
    "iam": (
        ("RoleName", "role/{}"),
        ("UserName", "user/{}"),
        ("GroupName", "group/{}"),
        ("PolicyArn", "{}"),
        ("PolicyName", "policy/{}"),
    ),
    "sts": (("RoleArn", "{}"), ("Name", "federated-user/{}")),
    "kms": tuple((name, "key/{}") for name in ("KeyId", "TargetKeyId", "SourceKeyId", "CiphertextBlob")),
    "xray": (),
}
#: Operations whose `Name` is another resource than that of the rest of their service.
_OTHERS: Final = dict.fromkeys(
    (("events", f"{verb}EventBus") for verb in ("Create", "Delete", "Describe")), (("Name", "event-bus/{}"),)
)
_DEFAULTS: Final = {"EventBusName": "default", "GroupName": "default", "logStreamName": ""}
_GLOBAL: Final = frozenset({"iam", "sts"})
_FIELD: Final = re.compile(r"\{(\w*)\}")


class Place(NamedTuple):
    """Whose call to which service it is, and where."""

    service: str
    region: str
    account: str


def build_arn(place: Place, operation: str, parameters: Mapping[str, Any]) -> str:
    """The ARN of the resource that parameters of an operation name; "*" if they name none."""
    for name, template in _OTHERS.get((place.service, operation), _TABLES.get(place.service, ())):
        value = parameters.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if value:
            resolve = _RESOLVERS.get(place.service)
            found = resolve(str(value), place, parameters) if resolve else str(value)
            return found if found.startswith("arn:") else _fill(place, template, found, parameters)
    return "*"


def _fill(place: Place, template: str, value: str, parameters: Mapping[str, Any]) -> str:
    def replace(match: re.Match[str]) -> str:
        return value if not match[1] else str(parameters.get(match[1]) or _DEFAULTS.get(match[1], ""))

    text = _FIELD.sub(replace, template).removesuffix("/")
    service, region, account = place
    if service == "s3":
        return f"arn:aws:s3:::{text}"
    text = text.replace("rule/default/", "rule/").replace("parameter//", "parameter/")
    text = text.removesuffix("log-stream:") + "*" if text.endswith(":log-stream:") else text
    region = "" if service in _GLOBAL or text.startswith(":") else region
    return f"arn:aws:{service}:{region}:{account}:{text.removeprefix(':')}"


def _resolve_queue(value: str, place: Place, _: Mapping[str, Any]) -> str:
    if "/" not in value:
        return value
    owner, name = value.rstrip("/").split("/")[-2:]
    return f"arn:aws:sqs:{place.region}:{owner if owner.isdecimal() else place.account}:{name}"


def _resolve_table(value: str, place: Place, parameters: Mapping[str, Any]) -> str:
    arn = (
        value
        if value.startswith("arn:")
        else f"arn:aws:dynamodb:{place.region}:{place.account}:table/{value}"
    )
    index = parameters.get("IndexName")
    return f"{arn}/index/{index}" if index else arn


def _resolve_key(value: str, place: Place, parameters: Mapping[str, Any]) -> str:
    if value == parameters.get("CiphertextBlob"):
        # The key that encrypted it, whose ID moto writes first: to decrypt, nobody has to name it.
        value = base64.b64decode(value)[:KEY_ID_LEN].decode(errors="replace")
    return find_key_arn(value, place.region, place.account) or value


def _resolve_secret(value: str, place: Place, _: Mapping[str, Any]) -> str:
    secret = find_secret(value, place.region, place.account)
    return str(secret.arn) if secret else value


def _resolve_function(value: str, place: Place, _: Mapping[str, Any]) -> str:
    """A name may come with the account before it, or with a version behind it."""
    if value.startswith("arn:"):
        return ":".join(value.split(":")[:7])
    owner, *rest = value.split(":")
    if not owner.isdecimal():
        return owner
    return f"arn:aws:lambda:{place.region}:{owner}:function:{rest[1]}"


def _resolve_identity(value: str, place: Place, parameters: Mapping[str, Any]) -> str:
    """With the path that roles and users have and their names do not."""
    backend = iam_backends[place.account]["aws"]
    holder: Mapping[str, Any] = {}
    if parameters.get("RoleName") == value:
        holder = {role.name: role for role in backend.roles.values()}
    elif parameters.get("UserName") == value:
        holder = backend.users
    return str(holder[value].arn) if value in holder else value


_RESOLVERS: Final[Mapping[str, Callable[[str, Place, Mapping[str, Any]], str]]] = {
    "dynamodb": _resolve_table,
    "iam": _resolve_identity,
    "kms": _resolve_key,
    "lambda": _resolve_function,
    "secretsmanager": _resolve_secret,
    "sqs": _resolve_queue,
}
