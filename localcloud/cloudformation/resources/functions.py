"""Lambda: functions, who may invoke them, and what polls for them."""

import io
import zipfile
from typing import Any

from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import REQUIRED, ResourceContext, ResourceType

_CONFIGURATION = {
    "Description": "",
    "Environment": {"Variables": {}},
    "Handler": REQUIRED,
    "Layers": [],
    "MemorySize": 128,
    "Role": REQUIRED,
    "Runtime": REQUIRED,
    "Timeout": 3,
}
_MAPPING = {
    "BatchSize": 10,
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionName": REQUIRED,
    "MaximumBatchingWindowInSeconds": 0,
}
_MAPPING_FIXED = (
    "EventSourceArn",
    "FunctionResponseTypes",
    "ScalingConfig",
)  # moto cannot update the last two
_PERMISSION = ("Action", "FunctionName", "Principal", "SourceAccount", "SourceArn", "PrincipalOrgID")


def _package_code(code: dict[str, Any]) -> dict[str, Any]:
    """Inline source as the archive that Lambda makes of it, with a fixed date: equal code stays equal."""
    if "ZipFile" not in code:
        return code
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("index.py"), code["ZipFile"])
    return {"ZipFile": archive.getvalue()}


def _apply_function(c: ResourceContext) -> MadeResource:
    name, settings, code = (
        c.get_name("FunctionName"),
        c.pick(*_CONFIGURATION),
        _package_code(c.properties["Code"]),
    )
    if c.made is None:
        c.call("lambda", "create_function", FunctionName=name, Code=code, **settings)
        c.begun.append(name)
    else:
        if c.has_changed("Code"):
            c.call("lambda", "update_function_code", FunctionName=name, **code)
        c.call("lambda", "update_function_configuration", FunctionName=name, **settings)
    reserved = c.properties.get("ReservedConcurrentExecutions")
    if reserved is not None:
        c.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=reserved)
    elif c.has_changed("ReservedConcurrentExecutions"):
        c.call("lambda", "delete_function_concurrency", FunctionName=name)
    return MadeResource(id=name, attributes={"Arn": c.build_arn("lambda", f"function:{name}")})


def _apply_permission(c: ResourceContext) -> MadeResource:
    statement_id = c.get_name(limit=100)
    c.call("lambda", "add_permission", StatementId=statement_id, **c.pick(*_PERMISSION))
    return MadeResource(id=statement_id, attributes={"Id": statement_id})


def _delete_permission(c: ResourceContext) -> None:
    c.call("lambda", "remove_permission", FunctionName=c.properties["FunctionName"], StatementId=c.get_name())


def _apply_mapping(c: ResourceContext) -> MadeResource:
    if c.made:
        c.call("lambda", "update_event_source_mapping", UUID=c.made.id, **c.pick(*_MAPPING))
        return c.made
    answer = c.call("lambda", "create_event_source_mapping", **c.pick(*_MAPPING, *_MAPPING_FIXED))
    return MadeResource(id=answer["UUID"], attributes={"Id": answer["UUID"]})


ROWS = {
    "AWS::Lambda::Function": ResourceType(
        apply=_apply_function,
        delete=lambda c: c.call("lambda", "delete_function", FunctionName=c.get_name()),
        fixed=frozenset({"FunctionName"}),
        mutable={"Code": REQUIRED, "ReservedConcurrentExecutions": None, **_CONFIGURATION},
        # The code runs on this machine and its network, untraced, and logs where the local runtime puts logs.
        ignored=frozenset({"Architectures", "LoggingConfig", "TracingConfig", "VpcConfig"}),
    ),
    "AWS::Lambda::Permission": ResourceType(
        apply=_apply_permission, delete=_delete_permission, fixed=frozenset(_PERMISSION)
    ),
    "AWS::Lambda::EventSourceMapping": ResourceType(
        apply=_apply_mapping,
        delete=lambda c: c.call("lambda", "delete_event_source_mapping", UUID=c.get_name()),
        fixed=frozenset(_MAPPING_FIXED),
        mutable=_MAPPING,
    ),
}
