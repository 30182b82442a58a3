"""IAM and KMS. As in AWS, a policy that names a principal that does not exist is refused."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import ABSENT, REQUIRED, ResourceContext, ResourceType


def _list_principals(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in document["Statement"]:
        named = statement.get("Principal", {})
        members = named.get("AWS", []) if isinstance(named, Mapping) else []
        yield from [members] if isinstance(members, str) else members


def refuse_unknown_principals(c: ResourceContext, document: Mapping[str, Any]) -> None:
    """Raises ResourceError when a resource policy names a role or user that does not exist (yet)."""
    for principal in _list_principals(document):
        account, _, path = principal.removeprefix("arn:aws:iam::").partition(":")
        kind, _, name = path.partition("/")
        if kind in ("role", "user"):
            client, last = c.clients.client("iam", account), name.rsplit("/", 1)[-1]
            try:
                client.get_role(RoleName=last) if kind == "role" else client.get_user(UserName=last)
            except ClientError as error:
                raise ResourceError(f'Invalid principal in policy: "AWS":"{principal}"') from error


def _apply_role(c: ResourceContext) -> MadeResource:
    name, trust = c.get_name("RoleName"), c.properties["AssumeRolePolicyDocument"]
    refuse_unknown_principals(c, trust)
    settings = c.pick("Description", "MaxSessionDuration")
    if c.made:
        c.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=trust)
        c.call("iam", "update_role", RoleName=name, **settings)
    else:
        at_creation = c.pick("Path", "PermissionsBoundary")
        c.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust, **settings, **at_creation)
        c.begun.append(name)
    _detach(
        c,
        {p["PolicyName"] for p in c.properties.get("Policies", [])},
        set(c.properties.get("ManagedPolicyArns", [])),
    )
    for policy in c.properties.get("Policies", []):
        c.call("iam", "put_role_policy", RoleName=name, **policy)
    for arn in c.properties.get("ManagedPolicyArns", []):
        c.call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
    role = c.call("iam", "get_role", RoleName=name)["Role"]
    return MadeResource(id=name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _detach(c: ResourceContext, inline: set[str], managed: set[str]) -> None:
    """Remove the policies that the role no longer has."""
    for policy in {p["PolicyName"] for p in c.previous.get("Policies", [])} - inline:
        c.call("iam", "delete_role_policy", RoleName=c.get_name(), PolicyName=policy)
    for arn in set(c.previous.get("ManagedPolicyArns", [])) - managed:
        c.call("iam", "detach_role_policy", RoleName=c.get_name(), PolicyArn=arn)


def _delete_role(c: ResourceContext) -> None:
    for name in c.call("iam", "list_role_policies", RoleName=c.get_name())["PolicyNames"]:
        c.call("iam", "delete_role_policy", RoleName=c.get_name(), PolicyName=name)
    for policy in c.call("iam", "list_attached_role_policies", RoleName=c.get_name())["AttachedPolicies"]:
        c.call("iam", "detach_role_policy", RoleName=c.get_name(), PolicyArn=policy["PolicyArn"])
    c.call("iam", "delete_role", RoleName=c.get_name())


def _apply_policy(c: ResourceContext) -> MadeResource:
    name, document = c.properties["PolicyName"], c.properties["PolicyDocument"]
    for role in set(c.previous.get("Roles", [])) - set(c.properties["Roles"]):
        c.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)
    for role in c.properties["Roles"]:
        c.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
    return MadeResource(id=name, attributes={"Id": name})


def _delete_policy(c: ResourceContext) -> None:
    for role in c.properties["Roles"]:
        c.call("iam", "delete_role_policy", RoleName=role, PolicyName=c.get_name())


def _apply_managed_policy(c: ResourceContext) -> MadeResource:
    name, settings = c.get_name("ManagedPolicyName"), c.pick("Path", "Description", "PolicyDocument")
    arn = c.call("iam", "create_policy", PolicyName=name, **settings)["Policy"]["Arn"]
    return MadeResource(id=arn, attributes={"PolicyArn": arn})


def _apply_key(c: ResourceContext) -> MadeResource:
    policy = c.properties["KeyPolicy"]
    refuse_unknown_principals(c, policy)
    if c.made:
        key_id = c.made.id
        c.call("kms", "put_key_policy", KeyId=key_id, PolicyName="default", Policy=policy)
        c.call("kms", "update_key_description", KeyId=key_id, Description=c.properties.get("Description", ""))
    else:
        answer = c.call("kms", "create_key", Policy=policy, **c.pick("Description", "KeySpec", "KeyUsage"))
        key_id = answer["KeyMetadata"]["KeyId"]
        c.begun.append(key_id)
    rotates = str(c.properties.get("EnableKeyRotation", False)).lower() == "true"
    c.call("kms", "enable_key_rotation" if rotates else "disable_key_rotation", KeyId=key_id)
    return MadeResource(id=key_id, attributes={"Arn": c.build_arn("kms", f"key/{key_id}"), "KeyId": key_id})


def _apply_alias(c: ResourceContext) -> MadeResource:
    name = c.properties["AliasName"]
    operation = "update_alias" if c.made else "create_alias"
    c.call("kms", operation, AliasName=name, TargetKeyId=c.properties["TargetKeyId"])
    return MadeResource(id=name)


ROWS = {
    "AWS::IAM::Role": ResourceType(
        apply=_apply_role,
        delete=_delete_role,
        fixed=frozenset({"RoleName", "Path", "PermissionsBoundary"}),
        mutable={
            "AssumeRolePolicyDocument": REQUIRED,
            "Description": "",
            "ManagedPolicyArns": ABSENT,
            "MaxSessionDuration": 3600,
            "Policies": ABSENT,
        },
    ),
    "AWS::IAM::Policy": ResourceType(
        apply=_apply_policy,
        delete=_delete_policy,
        fixed=frozenset({"PolicyName"}),
        mutable={"PolicyDocument": REQUIRED, "Roles": REQUIRED},
    ),
    "AWS::IAM::ManagedPolicy": ResourceType(
        apply=_apply_managed_policy,
        delete=lambda c: c.call("iam", "delete_policy", PolicyArn=c.get_name()),
        fixed=frozenset({"ManagedPolicyName", "Path", "Description", "PolicyDocument"}),
    ),
    "AWS::KMS::Key": ResourceType(
        apply=_apply_key,
        delete=lambda c: c.call("kms", "schedule_key_deletion", KeyId=c.get_name()),
        fixed=frozenset({"KeySpec", "KeyUsage"}),
        mutable={"KeyPolicy": REQUIRED, "Description": "", "EnableKeyRotation": ABSENT},
        ignored=frozenset({"PendingWindowInDays"}),
    ),
    "AWS::KMS::Alias": ResourceType(
        apply=_apply_alias,
        delete=lambda c: c.call("kms", "delete_alias", AliasName=c.get_name()),
        fixed=frozenset({"AliasName"}),
        mutable={"TargetKeyId": REQUIRED},
    ),
}
