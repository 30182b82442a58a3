"""S3, DynamoDB, ECR."""

from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.resources.identity import refuse_unknown_principals
from localcloud.cloudformation.rows import ABSENT, REQUIRED, ResourceContext, ResourceType

# Bucket property -> the operation that sets it and the parameter that takes it.
_BUCKET = {
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration"),
    "ObjectLockConfiguration": ("put_object_lock_configuration", "ObjectLockConfiguration"),
    "PublicAccessBlockConfiguration": ("put_public_access_block", "PublicAccessBlockConfiguration"),
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls"),
}


_NESTED = ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
_LIFECYCLE = {"Id", "Status", "Prefix", "ExpirationInDays", *_NESTED}


def _put_lifecycle(c: ResourceContext, name: str) -> None:
    """Set the lifecycle rules. Nothing expires here, but GetBucketLifecycleConfiguration shows them."""
    rules = c.properties.get("LifecycleConfiguration", {}).get("Rules", [])
    for rule in rules:
        if unknown := sorted(rule.keys() - _LIFECYCLE):
            raise ResourceError(
                f"Encountered unsupported properties: {', '.join(unknown)} of a lifecycle rule"
            )
    wanted = [
        {
            **{key: rule[key] for key in ("Status", *_NESTED) if key in rule},
            **({"ID": rule["Id"]} if "Id" in rule else {}),
            **({"Expiration": {"Days": rule["ExpirationInDays"]}} if "ExpirationInDays" in rule else {}),
            "Filter": {"Prefix": rule.get("Prefix", "")},
        }
        for rule in rules
    ]
    if wanted:
        configuration = {"Rules": wanted}
        c.call("s3", "put_bucket_lifecycle_configuration", Bucket=name, LifecycleConfiguration=configuration)
    else:
        c.call("s3", "delete_bucket_lifecycle", Bucket=name)


def _apply_bucket(c: ResourceContext) -> MadeResource:
    name = c.get_name("BucketName", limit=63).lower()
    if c.made is None:
        locked = str(c.properties.get("ObjectLockEnabled", False)).lower() == "true"
        c.call("s3", "create_bucket", Bucket=name, ObjectLockEnabledForBucket=locked)
        c.begun.append(name)
    for key, value in c.pick(*_BUCKET).items():
        if c.has_changed(key):
            operation, parameter = _BUCKET[key]
            c.call("s3", operation, Bucket=name, **{parameter: value})
    if c.has_changed("LifecycleConfiguration"):
        _put_lifecycle(c, name)
    domains = {
        "DomainName": f"{name}.s3.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{c.region}.amazonaws.com",
    }
    return MadeResource(id=name, attributes={"Arn": f"arn:aws:s3:::{name}", **domains})


def _apply_bucket_policy(c: ResourceContext) -> MadeResource:
    bucket, policy = c.properties["Bucket"], c.properties["PolicyDocument"]
    refuse_unknown_principals(c, policy)
    c.call("s3", "put_bucket_policy", Bucket=bucket, Policy=policy)
    return MadeResource(id=bucket)


_TABLE_FIXED = ("TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")


def _apply_table(c: ResourceContext) -> MadeResource:
    name = c.get_name("TableName", limit=255)
    settings = c.pick("BillingMode", "DeletionProtectionEnabled", "ProvisionedThroughput")
    if c.made:
        c.call("dynamodb", "update_table", TableName=name, **settings)
    else:
        keys = c.pick(*_TABLE_FIXED[1:])
        c.call("dynamodb", "create_table", TableName=name, **keys, **settings)
        c.begun.append(name)
    if c.has_changed("TimeToLiveSpecification"):
        gone = {**c.previous.get("TimeToLiveSpecification", {}), "Enabled": False}
        expiry = c.properties.get("TimeToLiveSpecification", gone)
        c.call("dynamodb", "update_time_to_live", TableName=name, TimeToLiveSpecification=expiry)
    if recovery := c.pick("PointInTimeRecoverySpecification"):
        c.call("dynamodb", "update_continuous_backups", TableName=name, **recovery)
    return MadeResource(id=name, attributes={"Arn": c.build_arn("dynamodb", f"table/{name}")})


def _apply_repository(c: ResourceContext) -> MadeResource:
    name = c.get_name("RepositoryName", limit=256).lower()
    mutability = c.pick("ImageTagMutability")
    operation = "put_image_tag_mutability" if c.made else "create_repository"
    c.call("ecr", operation, RepositoryName=name, **mutability)
    if "RepositoryPolicyText" in c.properties:
        policy = c.properties["RepositoryPolicyText"]
        c.call("ecr", "set_repository_policy", RepositoryName=name, PolicyText=policy)
    uri = f"{c.account}.dkr.ecr.{c.region}.amazonaws.com/{name}"
    return MadeResource(
        id=name, attributes={"Arn": c.build_arn("ecr", f"repository/{name}"), "RepositoryUri": uri}
    )


ROWS = {
    "AWS::S3::Bucket": ResourceType(
        apply=_apply_bucket,
        delete=lambda c: c.call("s3", "delete_bucket", Bucket=c.get_name()),
        fixed=frozenset({"BucketName", "ObjectLockEnabled"}),
        mutable={**dict.fromkeys(_BUCKET, REQUIRED), "LifecycleConfiguration": ABSENT},
        # Bytes are not encrypted on this machine.
        ignored=frozenset({"AccessControl", "BucketEncryption"}),
    ),
    "AWS::S3::BucketPolicy": ResourceType(
        apply=_apply_bucket_policy,
        delete=lambda c: c.call("s3", "delete_bucket_policy", Bucket=c.get_name()),
        fixed=frozenset({"Bucket"}),
        mutable={"PolicyDocument": REQUIRED},
    ),
    "AWS::DynamoDB::Table": ResourceType(
        apply=_apply_table,
        delete=lambda c: c.call("dynamodb", "delete_table", TableName=c.get_name()),
        fixed=frozenset(_TABLE_FIXED),
        mutable={
            "BillingMode": "PROVISIONED",
            "DeletionProtectionEnabled": False,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False},
            "ProvisionedThroughput": ABSENT,
            "TimeToLiveSpecification": ABSENT,
        },
        ignored=frozenset({"SSESpecification"}),
    ),
    "AWS::ECR::Repository": ResourceType(
        apply=_apply_repository,
        delete=lambda c: c.call("ecr", "delete_repository", RepositoryName=c.get_name()),
        fixed=frozenset({"RepositoryName"}),
        mutable={"ImageTagMutability": "MUTABLE", "RepositoryPolicyText": REQUIRED},
        ignored=frozenset({"LifecyclePolicy"}),
    ),
}
