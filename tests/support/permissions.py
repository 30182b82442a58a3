"""What several tests of one subject share: permissions both ways."""

import pytest

from tests.stacks.assembly import synthesize
from tests.stacks.template import as_list

#: What the services around a function use in its role's name: logs, traces, the key of the topic.
AROUND = ("logs:", "xray:", "kms:")


#: What the role that writes may as `apply`, which works off stored plans and has tests of its own.
APPLYING = frozenset({"dynamodb:Scan", "s3:GetObject", "s3:ListBucket"})


#: A transaction needs the action of each of its parts.
PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


#: The role in the management account.
INSIDE = "inside the management account"


@pytest.fixture(scope="session")
def everything():
    """The synthesized stacks of a roster that needs every permission."""
    return synthesize("tests/functions/everything")


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
