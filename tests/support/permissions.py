"""What the roles of the template grant, and the calls that tests record."""

from __future__ import annotations

from fnmatch import fnmatchcase

from tests.stacks.template import arn, as_list

#: What the services around a function use in its role's name: logs, traces, the key of the topic.
AROUND = ("logs:", "xray:", "kms:")


#: What the role that writes may as `apply`, which works off stored plans and has tests of its own.
APPLYING = frozenset({"s3:GetObject", "s3:ListBucket"})


#: The same with items of the state table.
APPLYING_ITEMS = frozenset(
    {
        ("dynamodb:GetItem", "", "sweep"),
        ("dynamodb:PutItem", "", "sweep"),
        ("dynamodb:GetItem", "", "roster"),
        ("dynamodb:PutItem", "", "guardrail"),
        ("dynamodb:Query", "pending", "contact"),
        ("dynamodb:Query", "pending", "incident"),
    }
)


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


def items_of(template, role_prefix):
    """What a role may do with items: actions, and patterns of the partition key of the table or an index."""
    role, _ = template.one("AWS::IAM::Role", role_prefix)
    granted = set()
    for statement in template.statements(role):
        actions = [action for action in as_list(statement["Action"]) if action.startswith("dynamodb:")]
        if not actions:
            continue
        condition = statement["Condition"]
        assert condition == {
            "ForAllValues:StringLike": {LEADING: condition["ForAllValues:StringLike"][LEADING]},
            "Null": {LEADING: "false"},
        }
        for resource in as_list(statement["Resource"]):
            index = arn(resource).partition("/index/")[2]
            patterns = as_list(condition["ForAllValues:StringLike"][LEADING])
            granted |= {(action, index, pattern) for action in actions for pattern in patterns}
    return granted


def items_in(operation, parameters):
    """What a call to DynamoDB does: actions, the index or none, and values of its partition key."""
    if operation == "TransactWriteItems":
        return {
            (f"dynamodb:{PARTS[part]}", "", _get_key(given))
            for item in parameters["TransactItems"]
            for part, given in item.items()
        }
    if operation == "BatchGetItem":
        keys = [key for asked in parameters["RequestItems"].values() for key in asked["Keys"]]
        return {("dynamodb:BatchGetItem", "", key["pk"]["S"]) for key in keys}
    return {(f"dynamodb:{operation}", parameters.get("IndexName", ""), _get_key(parameters))}


def _get_key(parameters):
    if "KeyConditionExpression" in parameters:
        # IAM compares the key of the index, not that of the table.
        name = ":value" if "IndexName" in parameters else ":pk"
        return parameters["ExpressionAttributeValues"][name]["S"]
    return (parameters.get("Key") or parameters["Item"])["pk"]["S"]


def compare_items(granted, used):
    """What was done and not granted, and what was granted and not done."""

    def covers(pattern, one):
        return pattern[:2] == one[:2] and fnmatchcase(one[2], pattern[2])

    refused = {one for one in used if not any(covers(pattern, one) for pattern in granted)}
    idle = {pattern for pattern in granted if not any(covers(pattern, one) for one in used)}
    return refused, idle
