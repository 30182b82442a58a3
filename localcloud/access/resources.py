"""The policies, keys and owners of resources, as moto has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.awslambda.models import lambda_backends
from moto.backends import get_backend
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def find_key_arn(key: str, region: str, account: str) -> str | None:
    """The ARN of the key with this id, ARN or alias; None for one of AWS's own, or if there is none."""
    if key.startswith("arn:"):
        region, account = key.split(":")[3:5]
    backend = kms_backends[account][region]
    if backend.get_alias_name(key).startswith("alias/aws/"):
        return None
    found = backend.keys.get(backend.any_id_to_key_id(key) if key else "")
    return str(found.arn) if found else None


def find_secret(name: str, region: str, account: str) -> Any:
    """The secret with this name or ARN in moto, or None."""
    if name.startswith("arn:"):
        region, account = name.split(":")[3:5]
    secrets = secretsmanager_backends[account][region].secrets
    return secrets.get(name)


def find_owner(arn: str) -> str | None:
    """The account that has a resource; None if its ARN does not say and moto does not know it."""
    if arn.startswith("arn:aws:s3:::"):
        return s3_backends.bucket_accounts.get(_get_bucket(arn), ("", None))[1]
    account = (*arn.split(":"), "", "", "", "")[4] if arn.startswith("arn:") else ""
    return account if account.isdecimal() else None


def _get_bucket(arn: str) -> str:
    return arn.removeprefix("arn:aws:s3:::").partition("/")[0]


def find_bucket(name: str) -> Any:
    """The bucket with this name in moto, or None."""
    account = s3_backends.bucket_accounts.get(name, ("", ""))[1]
    return s3_backends[account]["aws"].buckets.get(name) if account else None


def _find_bus_policy(account: str, region: str, name: str) -> Any:
    return getattr(
        events_backends[account][region].event_buses.get(name.removeprefix("event-bus/")), "policy", None
    )


def _find_function_policy(account: str, region: str, name: str) -> Any:
    functions = lambda_backends[account][region]
    known = {function.function_name: function for function in functions.list_functions()}
    function = known.get(name.removeprefix("function:").partition(":")[0])
    # Lambda writes it, and in this version.
    return {"Version": "2012-10-17", "Statement": function.policy.statements} if function else None


def _find_trust_policy(account: str, _: str, name: str) -> Any:
    role = find_role(f"arn:aws:iam::{account}:{name}")
    # It names no resource: it stands for the role that it belongs to.
    return role.assume_role_policy_document if role else None


def _find_topic(account: str, region: str, name: str) -> Any:
    return sns_backends[account][region].topics.get(f"arn:aws:sns:{region}:{account}:{name}")


def _find_table_policy(account: str, region: str, name: str) -> Any:
    arn = f"arn:aws:dynamodb:{region}:{account}:{name.partition('/index/')[0]}"
    found = dynamodb_backends[account][region].resource_policies.get(arn)
    return found.policy_doc if found else None


_POLICIES: Final[Mapping[str, Callable[[str, str, str], Any]]] = {
    "dynamodb": _find_table_policy,
    "events": _find_bus_policy,
    "iam": _find_trust_policy,
    "kms": lambda account, region, name: getattr(
        kms_backends[account][region].keys.get(name.removeprefix("key/")), "policy", None
    ),
    "lambda": _find_function_policy,
    "secretsmanager": lambda account, region, name: getattr(
        find_secret(f"arn:aws:secretsmanager:{region}:{account}:{name}", region, account), "policy", None
    ),
    "sns": lambda account, region, name: getattr(_find_topic(account, region, name), "policy", None),
    "sqs": lambda account, region, name: getattr(
        sqs_backends[account][region].queues.get(name), "policy", None
    ),
}


def find_policy(arn: str) -> Any:
    """The policy of a resource, as JSON text, bytes or parsed; None if it has none."""
    if arn.startswith("arn:aws:s3:::"):
        return getattr(find_bucket(_get_bucket(arn)), "policy", None)
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _POLICIES or not parts[4].isdecimal():  # noqa: PLR2004 - an ARN's parts
        return None
    return _POLICIES[parts[2]](parts[4], parts[3], parts[5])


def find_role(arn: str) -> Any:
    """The role with this ARN in moto's IAM, or None."""
    account, name = (*arn.split(":"), "", "", "", "")[4], arn.rpartition("/")[2]
    if not account.isdecimal():
        return None
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.name == name), None)


_READ, _WRITE = ("kms:Decrypt",), ("kms:GenerateDataKey", "kms:Decrypt")
#: What an action on an encrypted resource needs of its key, for the services that ask in the caller's name.
_KEY_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb:BatchGetItem": _READ,
    "dynamodb:GetItem": _READ,
    "dynamodb:PutItem": _READ,
    "dynamodb:Query": _READ,
    "dynamodb:UpdateItem": _READ,
    "dynamodb:DeleteItem": _READ,
    "s3:GetObject": _READ,
    "s3:GetObjectVersion": _READ,
    "s3:PutObject": _WRITE,
    "secretsmanager:GetSecretValue": _READ,
    "secretsmanager:PutSecretValue": _WRITE,
    "sns:Publish": _WRITE,
    "sqs:ReceiveMessage": _READ,
    "sqs:SendMessage": _WRITE,
    "ssm:GetParameter": _READ,
    "ssm:GetParameters": _READ,
}


def list_key_needs(action: str, arn: str) -> list[tuple[str, str]]:
    """The actions, each with the ARN of the key, that an action on an encrypted resource needs besides."""
    actions = _KEY_ACTIONS.get(action, ())
    if not actions or not (account := find_owner(arn)):
        return []
    _, _, service, region, _, name = arn.split(":", 5)
    key = _find_key(service, account, region, name, arn)
    found = find_key_arn(key, region, account) if key else None
    return [(needed, found) for needed in actions] if found else []


def _find_key(service: str, account: str, region: str, name: str, arn: str) -> str:
    """What the resource says of its key: an id, an ARN or an alias; empty for none."""
    found: Any = None
    match service:
        case "dynamodb":
            table = dynamodb_backends[account][region].tables.get(name.split("/")[1])
            found = (getattr(table, "sse_specification", None) or {}).get("KMSMasterKeyId")
        case "s3":
            rules = ((getattr(find_bucket(_get_bucket(arn)), "encryption", None) or {}).get("Rule")) or {}
            first = rules[0] if isinstance(rules, list) else rules
            found = first.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
        case "secretsmanager":
            found = getattr(find_secret(arn, region, account), "kms_key_id", None)
        case "sns":
            found = getattr(_find_topic(account, region, name), "kms_master_key_id", None)
        case "sqs":
            found = getattr(sqs_backends[account][region].queues.get(name), "kms_master_key_id", None)
        case "ssm":
            stored = get_backend("ssm")[account][region]  # read now: it takes all of EC2 with it
            parameters = stored._parameters  # noqa: SLF001 - moto has no other way
            short = name.removeprefix("parameter/")
            versions = parameters.get(f"/{short}") or parameters.get(short)
            found = versions[-1].keyid if versions else None
    return str(found or "")
