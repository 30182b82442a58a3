"""Stacks, resources and change sets as the API shows them."""

from typing import Any

from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.stack import ChangeSet, Stack

_NO_CHANGES = "The submitted information didn't contain changes."  # the CDK CLI looks for this text


def stack(stack: Stack) -> dict[str, Any]:
    """A member of DescribeStacks."""
    revision = stack.revision
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "CreationTime": stack.created_at,
        "Outputs": stack.outputs,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": str(value)} for key, value in revision.given.items()
        ]
        if revision
        else [],
        "Tags": [{"Key": key, "Value": value} for key, value in revision.tags] if revision else [],
    }


def resource(stack: Stack, resource: Resource) -> dict[str, Any]:
    """A member of DescribeStackResources and ListStackResources."""
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.made.id,
        "ResourceType": resource.type,
        "ResourceStatus": "CREATE_COMPLETE",
        "Timestamp": resource.at,
        "LastUpdatedTimestamp": resource.at,
    }


def change_set(change_set: ChangeSet) -> dict[str, Any]:
    """DescribeChangeSet."""
    return {
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "StackId": change_set.stack.id,
        "StackName": change_set.stack.name,
        "CreationTime": change_set.created_at,
        "Status": "FAILED" if change_set.empty else "CREATE_COMPLETE",
        "StatusReason": _NO_CHANGES if change_set.empty else None,
        "ExecutionStatus": "UNAVAILABLE" if change_set.empty else "AVAILABLE",
        "Changes": [
            {
                "Type": "Resource",
                "ResourceChange": {
                    "Action": change.action,
                    "LogicalResourceId": change.logical_id,
                    "ResourceType": change.type,
                },
            }
            for change in change_set.changes
        ],
    }
