"""The condition keys of a request: those of all services, and each service's own.

Sources: IAM user guide, "AWS global condition context keys"; service authorization reference, "Condition
keys for" each service. A key that is in no table here is not modelled, and a policy that depends on it is
an error rather than a guess.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from moto.dynamodb.models import dynamodb_backends

from simulation.authorization import build_principal_context, describe_place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.access.actions import Need
    from localcloud.access.principals import Principal
    from simulation.organization import SimulatedOrganization

    Context = dict[str, list[str]]

#: Keys of services, and the parameter that they take their value from; without one no request has the key.
_PARAMETERS: Final[Mapping[str, str]] = {
    "cloudformation:RoleArn": "RoleARN",
    "cloudformation:TemplateUrl": "TemplateURL",
    "cloudwatch:namespace": "Namespace",
    "dynamodb:ReturnConsumedCapacity": "ReturnConsumedCapacity",
    "dynamodb:ReturnValues": "ReturnValues",
    "dynamodb:Select": "Select",
    "events:ManagedBy": "",
    "events:creatorAccount": "",
    "events:detail-type": "DetailType",
    "events:source": "Source",
    "events:TargetArn": "TargetArn",
    "iam:PassedToService": "",
    "iam:PermissionsBoundary": "PermissionsBoundary",
    "iam:PolicyARN": "PolicyArn",
    "kms:CallerAccount": "",
    "kms:GrantIsForAWSResource": "",
    "kms:ViaService": "",
    "lambda:FunctionArn": "FunctionArn",
    "lambda:Principal": "Principal",
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:object-lock-retain-until-date": "ObjectLockRetainUntilDate",
    "s3:prefix": "Prefix",
    "s3:versionid": "VersionId",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-storage-class": "StorageClass",
    "secretsmanager:SecretId": "SecretId",
    "secretsmanager:VersionId": "VersionId",
    "secretsmanager:VersionStage": "VersionStage",
    "sns:Endpoint": "Endpoint",
    "sns:Protocol": "Protocol",
    "ssm:Overwrite": "Overwrite",
    "ssm:Recursive": "Recursive",
    "sts:ExternalId": "ExternalId",
    "sts:RoleSessionName": "RoleSessionName",
    "sts:SourceIdentity": "SourceIdentity",
    "sts:TransitiveTagKeys": "TransitiveTagKeys",
}
_FIXED: Final[Mapping[str, str]] = {
    "events:eventBusInvocation": "false",
    "s3:TlsVersion": "1.3",
    "s3:authType": "REST-HEADER",
    "s3:signatureversion": "AWS4-HMAC-SHA256",
}
_DIGITS = 6
# The services whose calls go to one Region, wherever they come from.
_IN_ONE_REGION: Final = frozenset({"iam", "sts"})


def build_context(principal: Principal, organization: SimulatedOrganization, *, region: str) -> Context:
    """The keys that do not depend on what is asked for."""
    context = build_principal_context(organization, principal.caller, region)
    tags = {f"aws:PrincipalTag/{key}": [value] for key, value in principal.tags.items()}
    return {**context, **tags, **principal.session_facts}


def add_keys(context: Context, need: Need, owner: str | None, organization: SimulatedOrganization) -> Context:
    """The context with the keys of one action on one resource. `owner` is the account of the resource."""
    parameters, service = need.parameters, need.action.partition(":")[0]
    own = dict(context)
    if service in _IN_ONE_REGION:
        own["aws:RequestedRegion"] = ["us-east-1"]
    for key, name in _PARAMETERS.items():
        if key.startswith(f"{service}:"):
            own[key] = _to_texts(parameters.get(name)) if name else []
    own |= {key: [value] for key, value in _FIXED.items() if key.startswith(f"{service}:")}
    if owner:
        own["aws:ResourceAccount"] = [owner]
        own |= describe_place(organization, "Resource", owner)
    if service == "s3":
        own["s3:ResourceAccount"] = [owner] if owner else []
    if service == "sts" and has_second_factor(parameters):
        own |= {"aws:MultiFactorAuthAge": ["0"], "aws:MultiFactorAuthPresent": ["true"]}
    if service == "dynamodb":
        own |= _read_item_keys(need)
    return {**own, **_read_tags(parameters), **need.extra}


def has_second_factor(parameters: Mapping[str, Any]) -> bool:
    """Whether a request to AWS STS has one. There are no devices here: any six digits are a valid code."""
    code = str(parameters.get("TokenCode") or "")
    return bool(parameters.get("SerialNumber")) and len(code) == _DIGITS and code.isdecimal()


def _to_texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _read_tags(parameters: Mapping[str, Any]) -> Context:
    """aws:RequestTag and aws:TagKeys, in the two ways in which services take tags."""
    given = parameters.get("Tags") or parameters.get("tags") or {}
    tags = given if isinstance(given, dict) else {}
    if isinstance(given, list):
        tags = {str(t.get("Key", t.get("key"))): t.get("Value", t.get("value")) for t in given if t}
    keys = [*tags, *_to_texts(parameters.get("TagKeys"))]
    return {
        **({"aws:TagKeys": keys} if keys else {}),
        **{f"aws:RequestTag/{key}": [str(value)] for key, value in tags.items()},
    }


def _read_item_keys(need: Need) -> Context:
    """dynamodb:LeadingKeys: the values of the partition key, and of the index if one is asked.

    Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control". That an
    index counts with its own key, and a transaction with those of its items, is not said there: see
    docs/architecture.md. A Scan has none, and what it returns is not compared.
    """
    parameters, names = need.parameters, _find_partition_keys(need)
    item = parameters.get("Key") or parameters.get("Item") or {}
    values = [next(iter(item[name].values())) for name in names if name in item]
    condition = str(parameters.get("KeyConditionExpression") or "")
    for left, right in re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", condition):
        attribute = (parameters.get("ExpressionAttributeNames") or {}).get(left, left)
        if attribute in names:
            values += (parameters.get("ExpressionAttributeValues") or {}).get(right, {}).values()
    for attribute, asked in (parameters.get("KeyConditions") or {}).items():
        if attribute in names:
            values += [text for one in asked["AttributeValueList"] for text in one.values()]
    return {"dynamodb:LeadingKeys": [str(value) for value in values], "dynamodb:Attributes": list(item)}


def _find_partition_keys(need: Need) -> list[str]:
    parts = need.resource.split(":", 5)
    if need.resource == "*" or not parts[5].startswith("table/"):
        return []
    table = dynamodb_backends[parts[4]][parts[3]].tables.get(parts[5].split("/")[1])
    if table is None:
        return []
    index = need.parameters.get("IndexName")
    found = next((one for one in [*table.indexes, *table.global_indexes] if one.name == index), None)
    schema = found.schema if found else table.schema
    return [part["AttributeName"] for part in schema if part["KeyType"] == "HASH"]
