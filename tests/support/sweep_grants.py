"""What several tests of one subject share: sweep permissions."""

from __future__ import annotations

from tests.support.permissions import APPLYING, AROUND, INSIDE, actions_of, everything, grants_of  # noqa: F401  # a fixture among them

#: What IAM calls a service whose client has another name.
PREFIXES = {"stepfunctions": "states"}


LEADING = "dynamodb:LeadingKeys"


def partitions_in(parameters):
    """The partitions of the table that a call to DynamoDB names, in a transaction those of each part."""
    if "TransactItems" in parameters:
        parts = [part for item in parameters["TransactItems"] for part in item.values()]
        return {pk for part in parts for pk in partitions_in(part)}
    if "KeyConditionExpression" in parameters:
        return {parameters["ExpressionAttributeValues"][":pk"]["S"]}
    item = parameters.get("Key") or parameters.get("Item")
    return {item["pk"]["S"]} if item else set()
