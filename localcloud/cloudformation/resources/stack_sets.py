"""AWS::CloudFormation::StackSet: a set and its instances, as CloudFormation's own handler makes them."""

import json
import time
from collections.abc import Mapping
from typing import Any

from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import ABSENT, REQUIRED, ResourceContext, ResourceType

_SETTINGS = {
    "AutoDeployment": REQUIRED,
    "Capabilities": [],
    "Description": "",
    "ManagedExecution": {"Active": False},
    "Parameters": [],
    "TemplateBody": ABSENT,
    "TemplateURL": ABSENT,
}
_POLL_SECONDS = 0.05
_LIMIT_SECONDS = 300.0


def _apply_stack_set(c: ResourceContext) -> MadeResource:
    name, settings = c.properties["StackSetName"], c.pick(*_SETTINGS)
    if c.made:
        made = c.made
        if c.has_changed(*_SETTINGS):
            _operate(c, "update_stack_set", **settings, **c.pick("OperationPreferences"))
    else:
        model = c.pick("PermissionModel", "CallAs")
        answer = c.call("cloudformation", "create_stack_set", StackSetName=name, **settings, **model)
        made = MadeResource(id=answer["StackSetId"], attributes={"StackSetId": answer["StackSetId"]})
        c.begun.append(made.id)
    before, after = _split_groups(c.previous), _split_groups(c.properties)
    for key in before.keys() - after.keys():
        _operate(c, "delete_stack_instances", RetainStacks=False, **before[key])
    new = [after[key] for key in after if key not in before]
    for instances in new:
        _operate(c, "create_stack_instances", **instances, **c.pick("OperationPreferences"))
    return made


def _split_groups(properties: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Split the groups into one target and Region each, so that adding one does not touch the others."""
    places = {}
    for group in properties.get("StackInstancesGroup", []):
        targets = group["DeploymentTargets"]
        for unit in targets.get("OrganizationalUnitIds", []):
            for region in group["Regions"]:
                one = {
                    **group,
                    "DeploymentTargets": {**targets, "OrganizationalUnitIds": [unit]},
                    "Regions": [region],
                }
                places[json.dumps(one, sort_keys=True)] = one
    return places


def _delete(c: ResourceContext) -> None:
    for instances in _split_groups(c.properties).values():
        instances.pop("ParameterOverrides", None)
        _operate(c, "delete_stack_instances", RetainStacks=False, **instances)
    c.call("cloudformation", "delete_stack_set", **_get_key(c))


def _get_key(c: ResourceContext) -> dict[str, Any]:
    return {"StackSetName": c.properties["StackSetName"], **c.pick("CallAs")}


def _operate(c: ResourceContext, operation: str, **parameters: Any) -> None:
    """Run an operation to its end. Raises ResourceError when it fails, with the first reason."""
    if operation == "delete_stack_instances":
        parameters.pop("ParameterOverrides", None)
    operation_id = c.call("cloudformation", operation, **_get_key(c), **parameters)["OperationId"]
    named = {**_get_key(c), "OperationId": operation_id}
    end = time.monotonic() + _LIMIT_SECONDS
    while True:
        answer = c.call("cloudformation", "describe_stack_set_operation", **named)["StackSetOperation"]
        if answer["Status"] == "SUCCEEDED":
            return
        if answer["Status"] == "FAILED" or time.monotonic() > end:
            break
        time.sleep(_POLL_SECONDS)
    results = c.call("cloudformation", "list_stack_set_operation_results", **named)["Summaries"]
    reasons = [f"{r['Account']}: {r['StatusReason']}" for r in results if r["Status"] == "FAILED"]
    text = f"Stack set operation [{operation_id}] was unexpectedly stopped or failed."
    raise ResourceError(f"{text} status reason(s): [{'; '.join(reasons)}]")


ROWS = {
    "AWS::CloudFormation::StackSet": ResourceType(
        apply=_apply_stack_set,
        delete=_delete,
        fixed=frozenset({"StackSetName", "PermissionModel", "CallAs"}),
        mutable={**_SETTINGS, "StackInstancesGroup": []},
        # How an operation is done is no change of the set.
        ignored=frozenset({"OperationPreferences"}),
    ),
}
