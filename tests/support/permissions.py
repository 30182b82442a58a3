"""What the roles of the template grant, and the calls that tests record."""

from __future__ import annotations

from tests.stacks.template import arn, as_list

#: What the services around a function use in its role's name: logs, traces, the key of the topic.
AROUND = ("logs:", "xray:", "kms:")


#: What the role that writes may as `apply`, which works off stored plans and has tests of its own.
APPLYING = frozenset({"s3:GetObject", "s3:ListBucket"})


#: A transaction needs the action of each of its parts.
PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


#: The role in the management account.
INSIDE = "inside the management account"


def grants_of(template, role_prefix):
    role, _ = template.one("AWS::IAM::Role", role_prefix)
    statements = template.statements(role)
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {action for statement in statements for action in as_list(statement["Action"])}


def actions_of(service, operation, parameters):
    """The IAM actions that a call needs."""
    if operation == "TransactWriteItems":
        return {f"dynamodb:{PARTS[part]}" for item in parameters["TransactItems"] for part in item}
    return {f"{service}:{operation}"}


#: What IAM calls a service whose client has another name.
PREFIXES = {"stepfunctions": "states"}


LEADING = "dynamodb:LeadingKeys"


def indexes_of(template, role_prefix):
    """The indexes of the state table that a role may query."""
    role, _ = template.one("AWS::IAM::Role", role_prefix)
    resources = [arn(one) for found in template.statements(role) for one in as_list(found["Resource"])]
    return {one.partition("/index/")[2] for one in resources if "/index/" in one}


def partitions_in(parameters):
    """The partitions of the table that a call to DynamoDB names, in a transaction those of each part.

    A query of an index names none.
    """
    if "IndexName" in parameters:
        return set()
    if "TransactItems" in parameters:
        parts = [part for item in parameters["TransactItems"] for part in item.values()]
        return {pk for part in parts for pk in partitions_in(part)}
    if "IndexName" in parameters:
        # IAM compares the key of the index, not that of the table.
        return {parameters["ExpressionAttributeValues"][":value"]["S"]}
    if "KeyConditionExpression" in parameters:
        return {parameters["ExpressionAttributeValues"][":pk"]["S"]}
    item = parameters.get("Key") or parameters.get("Item")
    return {item["pk"]["S"]} if item else set()
