"""The operations on stack sets in CloudFormation's query API, service-managed ones only."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from localcloud.cloudformation.errors import RequestError, TemplateError
from localcloud.cloudformation.stack_sets.model import (
    MEMBERS,
    NOTHING,
    InstanceResult,
    StackInstance,
    StackSet,
    StackSetDefinition,
    StackSetOperation,
    redefine,
)
from localcloud.cloudformation.stack_sets.service import StackSets


class StackSetsApi(BaseResponse):
    """The actions on StackSets. `CloudFormationApi`, the other base class, has `read_template_body`."""

    stack_sets: ClassVar[StackSets]
    read_template_body: Callable[[], str]

    def activate_organizations_access(self) -> ActionResult:
        """ActivateOrganizationsAccess."""
        self.stack_sets.activate(self.current_account, on=True)
        return EmptyResult()

    def deactivate_organizations_access(self) -> ActionResult:
        """DeactivateOrganizationsAccess."""
        self.stack_sets.activate(self.current_account, on=False)
        return EmptyResult()

    def describe_organizations_access(self) -> ActionResult:
        """DescribeOrganizationsAccess."""
        self._authorize()
        return ActionResult({"Status": "ENABLED" if self.stack_sets.enabled else "DISABLED"})

    def create_stack_set(self) -> ActionResult:
        """CreateStackSet."""
        if self._get_param("PermissionModel") != "SERVICE_MANAGED":
            raise TemplateError("the local cloud models stack sets with PermissionModel SERVICE_MANAGED only")
        self._authorize(changes=True)
        definition = self._build_definition(NOTHING)
        with self.stack_sets.lock:
            made = self.stack_sets.create(self._get_param("StackSetName"), self.region, definition)
        return ActionResult({"StackSetId": made.id})

    def update_stack_set(self) -> ActionResult:
        """UpdateStackSet of all instances. A choice of accounts or Regions is not modelled."""
        if self._get_param("DeploymentTargets") or self._get_param("Regions"):
            raise TemplateError("the local cloud updates all instances of a stack set or none")

        def update(stack_set: StackSet, operation: StackSetOperation) -> None:
            self.stack_sets.update(stack_set, self._build_definition(stack_set.definition), operation)

        return self._operate("UPDATE", update)

    def delete_stack_set(self) -> ActionResult:
        """DeleteStackSet; one that does not exist is fine."""
        with self.stack_sets.lock:
            try:
                self.stack_sets.delete(self._find_stack_set(changes=True))
            except RequestError as error:
                if error.code != "StackSetNotFoundException":
                    raise
        return EmptyResult()

    def describe_stack_set(self) -> ActionResult:
        """DescribeStackSet."""
        return ActionResult({"StackSet": render_stack_set(self._find_stack_set())})

    def list_stack_sets(self) -> ActionResult:
        """ListStackSets, on one page. Without CallAs a member account sees its own, and it has none."""
        if self._call_as == "DELEGATED_ADMIN":
            self._authorize()
        elif self.current_account != self.stack_sets.organization.management:
            return ActionResult({"Summaries": []})
        wanted = self._get_param("Status")
        chosen = [s for s in self.stack_sets.sets if s.region == self.region and wanted in (None, s.status)]
        return ActionResult({"Summaries": [render_summary(s) for s in chosen]})

    def create_stack_instances(self) -> ActionResult:
        """CreateStackInstances."""
        regions, overrides = self._get_param("Regions"), self._get_param("ParameterOverrides", [])

        def create(stack_set: StackSet, operation: StackSetOperation) -> None:
            self.stack_sets.add_instances(stack_set, operation, regions, overrides)

        return self._operate("CREATE", create)

    def delete_stack_instances(self) -> ActionResult:
        """DeleteStackInstances."""
        regions, retain = self._get_param("Regions"), bool(self._get_param("RetainStacks"))

        def delete(stack_set: StackSet, operation: StackSetOperation) -> None:
            operation.retain = retain
            self.stack_sets.remove_instances(stack_set, operation, regions)

        return self._operate("DELETE", delete)

    def list_stack_instances(self) -> ActionResult:
        """ListStackInstances, on one page, of one account or Region where asked for."""
        stack_set = self._find_stack_set()
        account, region = self._get_param("StackInstanceAccount"), self._get_param("StackInstanceRegion")
        found = [
            render_instance(stack_set, i)
            for i in list(stack_set.instances.values())
            if account in (None, i.account) and region in (None, i.region)
        ]
        for wanted in self._get_param("Filters", []):
            if wanted["Name"] != "DETAILED_STATUS":
                raise TemplateError(f"the local cloud does not model the filter {wanted['Name']}")
            statuses = wanted["Values"].split(",")
            found = [i for i in found if i["StackInstanceStatus"]["DetailedStatus"] in statuses]
        return ActionResult({"Summaries": found})

    def describe_stack_instance(self) -> ActionResult:
        """DescribeStackInstance."""
        stack_set = self._find_stack_set()
        account, region = self._get_param("StackInstanceAccount"), self._get_param("StackInstanceRegion")
        instance = stack_set.instances.get((account, region))
        if instance is None:
            text = f"Stack instance for StackSet {stack_set.id}, account {account}, region {region} not found"
            raise RequestError("StackInstanceNotFoundException", text)
        view = render_instance(stack_set, instance) | {"ParameterOverrides": instance.overrides}
        return ActionResult({"StackInstance": view})

    def list_stack_set_operations(self) -> ActionResult:
        """ListStackSetOperations, newest first, on one page."""
        stack_set = self._find_stack_set()
        newest = reversed(stack_set.operations)
        return ActionResult({"Summaries": [render_operation(stack_set, o) for o in newest]})

    def describe_stack_set_operation(self) -> ActionResult:
        """DescribeStackSetOperation."""
        stack_set, operation = self._find_operation()
        return ActionResult({"StackSetOperation": render_operation(stack_set, operation)})

    def list_stack_set_operation_results(self) -> ActionResult:
        """ListStackSetOperationResults, on one page."""
        _, operation = self._find_operation()
        return ActionResult({"Summaries": [render_result(result) for result in operation.results]})

    @property
    def _call_as(self) -> str:
        return str(self._get_param("CallAs") or "SELF")

    def _authorize(self, *, changes: bool = False) -> None:
        self.stack_sets.authorize(self.current_account, self._call_as, changes=changes)

    def _find_stack_set(self, *, changes: bool = False) -> StackSet:
        self._authorize(changes=changes)
        return self.stack_sets.find(self._get_param("StackSetName"), self.region)

    def _find_operation(self) -> tuple[StackSet, StackSetOperation]:
        stack_set, wanted = self._find_stack_set(), self._get_param("OperationId")
        for operation in stack_set.operations:
            if operation.id == wanted:
                return stack_set, operation
        raise RequestError("OperationNotFoundException", f"Operation {wanted} not found")

    def _operate(self, action: str, start: Callable[[StackSet, StackSetOperation], None]) -> ActionResult:
        operation = StackSetOperation(
            action=action,
            id=self._get_param("OperationId") or str(uuid.uuid4()),
            preferences=self._get_param("OperationPreferences") or {},
            targets=self._get_param("DeploymentTargets") or {},
        )
        with self.stack_sets.lock:
            start(self._find_stack_set(changes=True), operation)
        return ActionResult({"OperationId": operation.id})

    def _build_definition(self, old: StackSetDefinition) -> StackSetDefinition:
        has_body = self._get_param("TemplateBody") or self._get_param("TemplateURL")
        body = self.read_template_body() if has_body else None
        return redefine(old, body, {name: self._get_param(name) for name in MEMBERS})


def render_summary(stack_set: StackSet) -> dict[str, Any]:
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


def render_stack_set(stack_set: StackSet) -> dict[str, Any]:
    """DescribeStackSet."""
    definition = stack_set.definition
    regions = {region for regions in stack_set.targets.values() for region in regions}
    return {
        **{key: value for key, value in render_summary(stack_set).items() if key != "DriftStatus"},
        "StackSetARN": stack_set.arn,
        "TemplateBody": definition.body,
        "Parameters": definition.parameters,
        "Capabilities": definition.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in definition.tags],
        "OrganizationalUnitIds": list(stack_set.targets),
        "Regions": sorted(regions),
    }


def render_instance(stack_set: StackSet, instance: StackInstance) -> dict[str, Any]:
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


def render_operation(stack_set: StackSet, operation: StackSetOperation) -> dict[str, Any]:
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


def render_result(result: InstanceResult) -> dict[str, Any]:
    """A member of ListStackSetOperationResults."""
    return {
        "Account": result.instance.account,
        "Region": result.instance.region,
        "Status": result.status,
        "StatusReason": result.reason,
        "OrganizationalUnitId": result.instance.unit,
    }
