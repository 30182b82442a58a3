"""The actions and resources that a call needs: tables of where they do not follow from the API's own names.

Source: service authorization reference, "Actions, resources, and condition keys" of each service. An action
is called as the operation is, and its resource is named by the first of the service's parameters below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import jmespath  # type: ignore[import-untyped]

from localcloud.access.arns import Place, build_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.access.calls import ServiceCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One action on one resource. `parameters` are those that its condition keys come from."""

    action: str
    resource: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    #: Condition keys that the request has besides.
    extra: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rule:
    """An action that a call needs: for each of `items` (JMESPath), if it has the parameter `when`.

    `resource` (JMESPath) names the resource's ARN where the service's parameters do not; "*" for none.
    """

    action: str
    items: str = ""
    when: str = ""
    resource: str = ""


def _rules(*actions: str) -> tuple[_Rule, ...]:
    return tuple(_Rule(action) for action in actions)


_PASS_ROLE = _Rule("iam:PassRole", when="Role || RoleArn || roleArn", resource="Role || RoleArn || roleArn")
_LIST, _PUT, _GET = _rules("s3:ListBucket"), _rules("s3:PutObject"), _rules("s3:GetObject")
_EXCEPTIONS: Final[Mapping[str, tuple[_Rule, ...]]] = {
    "dynamodb:TransactWriteItems": tuple(
        _Rule(f"dynamodb:{action}", items=f"TransactItems[].{part}")
        for part, action in {
            "Put": "PutItem",
            "Update": "UpdateItem",
            "Delete": "DeleteItem",
            "ConditionCheck": "ConditionCheckItem",
        }.items()
    ),
    "dynamodb:TransactGetItems": (_Rule("dynamodb:GetItem", items="TransactItems[].Get"),),
    "dynamodb:BatchGetItem": (_Rule("dynamodb:BatchGetItem", items="tables(RequestItems)"),),
    "dynamodb:BatchWriteItem": (_Rule("dynamodb:BatchWriteItem", items="tables(RequestItems)"),),
    "dynamodb:ExecuteStatement": _rules(
        "dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"
    ),
    "s3:ListBuckets": _rules("s3:ListAllMyBuckets"),
    "s3:HeadBucket": _LIST,
    "s3:ListObjects": _LIST,
    "s3:ListObjectsV2": _LIST,
    "s3:ListObjectVersions": _rules("s3:ListBucketVersions"),
    "s3:ListMultipartUploads": _rules("s3:ListBucketMultipartUploads"),
    "s3:ListParts": _rules("s3:ListMultipartUploadParts"),
    "s3:GetObject": (
        _Rule("s3:GetObject", when="!VersionId"),
        _Rule("s3:GetObjectVersion", when="VersionId"),
    ),
    "s3:HeadObject": (
        _Rule("s3:GetObject", when="!VersionId"),
        _Rule("s3:GetObjectVersion", when="VersionId"),
    ),
    "s3:PutObject": (
        *_PUT,
        _Rule("s3:PutObjectRetention", when="ObjectLockMode"),
        _Rule("s3:PutObjectLegalHold", when="ObjectLockLegalHoldStatus"),
        _Rule("s3:PutObjectTagging", when="Tagging"),
        _Rule("s3:PutObjectAcl", when="ACL"),
    ),
    "s3:CreateMultipartUpload": _PUT,
    "s3:UploadPart": _PUT,
    "s3:CompleteMultipartUpload": _PUT,
    "s3:CopyObject": (*_PUT, _Rule("s3:GetObject", resource="source(CopySource)")),
    "s3:UploadPartCopy": (*_PUT, _Rule("s3:GetObject", resource="source(CopySource)")),
    "s3:DeleteObject": (
        _Rule("s3:DeleteObject", when="!VersionId"),
        _Rule("s3:DeleteObjectVersion", when="VersionId"),
        _Rule("s3:BypassGovernanceRetention", when="BypassGovernanceRetention"),
    ),
    "s3:DeleteObjects": (
        _Rule("s3:DeleteObject", items="Delete.Objects[]", when="!VersionId"),
        _Rule("s3:DeleteObjectVersion", items="Delete.Objects[]", when="VersionId"),
    ),
    "s3:PutObjectRetention": (
        *_rules("s3:PutObjectRetention"),
        _Rule("s3:BypassGovernanceRetention", when="BypassGovernanceRetention"),
    ),
    "s3:SelectObjectContent": _GET,
    "s3:GetBucketEncryption": _rules("s3:GetEncryptionConfiguration"),
    "s3:PutBucketEncryption": _rules("s3:PutEncryptionConfiguration"),
    "s3:DeleteBucketEncryption": _rules("s3:PutEncryptionConfiguration"),
    "s3:GetBucketLifecycleConfiguration": _rules("s3:GetLifecycleConfiguration"),
    "s3:PutBucketLifecycleConfiguration": _rules("s3:PutLifecycleConfiguration"),
    "s3:DeleteBucketLifecycle": _rules("s3:PutLifecycleConfiguration"),
    "s3:GetPublicAccessBlock": _rules("s3:GetBucketPublicAccessBlock"),
    "s3:PutPublicAccessBlock": _rules("s3:PutBucketPublicAccessBlock"),
    "s3:DeletePublicAccessBlock": _rules("s3:PutBucketPublicAccessBlock"),
    "s3:GetObjectLockConfiguration": _rules("s3:GetBucketObjectLockConfiguration"),
    "s3:PutObjectLockConfiguration": _rules("s3:PutBucketObjectLockConfiguration"),
    "s3:DeleteBucketTagging": _rules("s3:PutBucketTagging"),
    "s3:GetBucketNotificationConfiguration": _rules("s3:GetBucketNotification"),
    "s3:PutBucketNotificationConfiguration": _rules("s3:PutBucketNotification"),
    "sqs:SendMessageBatch": _rules("sqs:SendMessage"),
    "sqs:DeleteMessageBatch": _rules("sqs:DeleteMessage"),
    "sqs:ChangeMessageVisibilityBatch": _rules("sqs:ChangeMessageVisibility"),
    "sns:PublishBatch": _rules("sns:Publish"),
    "events:PutEvents": (_Rule("events:PutEvents", items="Entries[]"),),
    "events:PutTargets": (
        *_rules("events:PutTargets"),
        _Rule("iam:PassRole", items="Targets[?RoleArn]", resource="RoleArn"),
    ),
    "events:PutRule": (*_rules("events:PutRule"), _PASS_ROLE),
    "kms:ReEncrypt": (
        _Rule("kms:ReEncryptFrom"),
        _Rule("kms:ReEncryptTo", items="[{KeyId: DestinationKeyId}]"),
    ),
    "lambda:Invoke": _rules("lambda:InvokeFunction"),
    "lambda:InvokeAsync": _rules("lambda:InvokeFunction"),
    "lambda:CreateFunction": (*_rules("lambda:CreateFunction"), _PASS_ROLE),
    "lambda:UpdateFunctionConfiguration": (*_rules("lambda:UpdateFunctionConfiguration"), _PASS_ROLE),
    "states:CreateStateMachine": (*_rules("states:CreateStateMachine"), _PASS_ROLE),
    "states:UpdateStateMachine": (*_rules("states:UpdateStateMachine"), _PASS_ROLE),
    "scheduler:CreateSchedule": (
        *_rules("scheduler:CreateSchedule"),
        _Rule("iam:PassRole", items="[Target]", resource="RoleArn"),
    ),
    "scheduler:UpdateSchedule": (
        *_rules("scheduler:UpdateSchedule"),
        _Rule("iam:PassRole", items="[Target]", resource="RoleArn"),
    ),
    "ssm:GetParameters": (_Rule("ssm:GetParameters", items="Names[].{Name: @}"),),
    "sts:AssumeRole": (
        *_rules("sts:AssumeRole"),
        _Rule("sts:TagSession", when="Tags"),
        _Rule("sts:SetSourceIdentity", when="SourceIdentity"),
    ),
    # Allowed to everybody, whatever policies say.
    "sts:GetCallerIdentity": (),
    "sts:GetSessionToken": (),
}
# Operations without a resource, although a parameter looks as if it named one.
_WITHOUT_RESOURCE: Final = frozenset(
    {
        "cloudtrail:DescribeTrails",
        "cloudtrail:LookupEvents",
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricData",
        "events:ListRuleNamesByTarget",
        "events:TestEventPattern",
        "kms:CreateKey",
        "kms:ListAliases",
        "lambda:CreateEventSourceMapping",
        "lambda:ListEventSourceMappings",
        "logs:DescribeLogGroups",
        "sns:Unsubscribe",
    }
)


class _Functions(jmespath.functions.Functions):  # type: ignore[misc] # jmespath has no types
    """What the tables need and JMESPath does not have."""

    @jmespath.functions.signature({"types": ["object"]})  # type: ignore[untyped-decorator]
    def _func_tables(self, requests: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The parts of a batch, each with its TableName."""
        found: list[dict[str, Any]] = []
        for table, asked in requests.items():
            parts = asked["Keys"] if isinstance(asked, dict) else asked
            for part in parts:
                inner = next(iter(part.values())) if "PutRequest" in part or "DeleteRequest" in part else None
                found.append({"TableName": table, **(inner or {"Key": part})})
        return found

    @jmespath.functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_source(self, copied: str) -> str:
        return f"arn:aws:s3:::{copied.lstrip('/').partition('?')[0]}"


_OPTIONS = jmespath.Options(custom_functions=_Functions())


def _search(expression: str, parameters: Mapping[str, Any]) -> Any:
    return jmespath.search(expression, parameters, options=_OPTIONS)


def list_needs(call: ServiceCall, account: str) -> Iterator[Need]:
    """All actions that a call of an account's principal needs, each with its resource."""
    name = f"{call.prefix}:{call.operation}"
    rules = _EXCEPTIONS.get(name, (_Rule(name),))
    found = [
        (rule, item)
        for rule in rules
        for item in (_search(rule.items, call.parameters) or [] if rule.items else [{}])
    ]
    # A batch of nothing needs its actions all the same.
    for rule, item in found or [(rule, {}) for rule in rules]:
        parameters = {**call.parameters, **item}
        if rule.when and not _search(rule.when, parameters):
            continue
        resource = "*"
        if rule.resource:
            resource = str(_search(rule.resource, parameters) or "*")
        elif name not in _WITHOUT_RESOURCE:
            resource = build_arn(Place(call.prefix, call.region, account), call.operation, parameters)
        extra = {}
        if rule.action == "iam:PassRole":
            extra = {"iam:PassedToService": [f"{call.prefix}.amazonaws.com"]}
        yield Need(action=rule.action, resource=resource, parameters=parameters, extra=extra)
