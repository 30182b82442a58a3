"""Stack sets, instances and operations as the API shows them."""

from typing import Any

from localcloud.cloudformation.stack_sets.model import Instance, Operation, Result, StackSet


def summary(stack_set: StackSet) -> dict[str, Any]:
    """A member of ListStackSets."""
    definition = stack_set.definition
    return {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.id,
        "Description": definition.description or None,
        "Status": stack_set.status,
        "AutoDeployment": definition.auto_deployment,
        "PermissionModel": "SERVICE_MANAGED",
        "DriftStatus": "NOT_CHECKED",
        "ManagedExecution": {"Active": definition.managed_execution},
    }


def stack_set(stack_set: StackSet) -> dict[str, Any]:
    """DescribeStackSet."""
    definition = stack_set.definition
    regions = {region for regions in stack_set.targets.values() for region in regions}
    return {
        **{key: value for key, value in summary(stack_set).items() if key != "DriftStatus"},
        "StackSetARN": stack_set.arn,
        "TemplateBody": definition.body,
        "Parameters": definition.parameters,
        "Capabilities": definition.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in definition.tags],
        "OrganizationalUnitIds": list(stack_set.targets),
        "Regions": sorted(regions),
    }


def instance(stack_set: StackSet, instance: Instance) -> dict[str, Any]:
    """A member of ListStackInstances, and DescribeStackInstance."""
    return {
        "StackSetId": stack_set.id,
        "Region": instance.region,
        "Account": instance.account,
        "StackId": instance.stack.id if instance.stack else None,
        "Status": instance.status,
        "StatusReason": instance.reason,
        "StackInstanceStatus": {"DetailedStatus": instance.detail},
        "OrganizationalUnitId": instance.unit,
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": instance.operation or None,
    }


def operation(stack_set: StackSet, operation: Operation) -> dict[str, Any]:
    """DescribeStackSetOperation, and with fewer members ListStackSetOperations."""
    return {
        "OperationId": operation.id,
        "StackSetId": stack_set.id,
        "Action": operation.action,
        "Status": operation.status,
        "OperationPreferences": operation.preferences,
        "DeploymentTargets": operation.targets,
        "RetainStacks": operation.retain,
        "CreationTimestamp": operation.created_at,
        "EndTimestamp": operation.ended_at,
        "StatusDetails": {"FailedStackInstancesCount": operation.failures},
    }


def result(result: Result) -> dict[str, Any]:
    """A member of ListStackSetOperationResults."""
    return {
        "Account": result.instance.account,
        "Region": result.instance.region,
        "Status": result.status,
        "StatusReason": result.reason,
        "OrganizationalUnitId": result.instance.unit,
    }
