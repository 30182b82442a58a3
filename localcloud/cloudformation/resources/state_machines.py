"""AWS::StepFunctions::StateMachine and AWS::Scheduler::Schedule."""

import re

from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import ABSENT, REQUIRED, ResourceContext, ResourceType


def _substitute_definition(c: ResourceContext) -> str:
    """The definition with each `${name}` replaced. As in AWS, a name without a value stays."""
    given = c.properties.get("DefinitionSubstitutions", {})

    def substitute(match: re.Match[str]) -> str:
        return str(given.get(match[1], match[0]))

    return re.sub(r"\$\{([A-Za-z0-9_]+)\}", substitute, str(c.properties["DefinitionString"]))


def _apply_machine(c: ResourceContext) -> MadeResource:
    settings = {"definition": _substitute_definition(c), "roleArn": c.properties["RoleArn"]}
    configured = {
        "loggingConfiguration": c.properties.get("LoggingConfiguration", {"level": "OFF"}),
        "tracingConfiguration": c.properties.get("TracingConfiguration", {"enabled": False}),
    }
    if c.made:
        c.call("stepfunctions", "update_state_machine", stateMachineArn=c.made.id, **settings, **configured)
        return c.made
    if (kind := c.properties.get("StateMachineType", "STANDARD")) != "STANDARD":
        raise ResourceError(f"state machines of type {kind} are not modelled")
    name = c.get_name("StateMachineName", limit=80)
    arn = c.build_arn("states", f"stateMachine:{name}")
    known = c.call("stepfunctions", "list_state_machines", maxResults=1000)["stateMachines"]
    if arn in {machine["stateMachineArn"] for machine in known}:  # moto would give that one
        raise ResourceError(f"State Machine Already Exists: '{arn}'")
    c.call("stepfunctions", "create_state_machine", name=name, **settings, **configured)
    return MadeResource(id=arn, attributes={"Arn": arn, "Name": name})


def _apply_schedule(c: ResourceContext) -> MadeResource:
    name = c.get_name("Name")
    settings = c.pick(
        "Description",
        "FlexibleTimeWindow",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "State",
        "Target",
    )
    operation = "update_schedule" if c.made else "create_schedule"
    c.call("scheduler", operation, Name=name, **settings)
    return MadeResource(id=name, attributes={"Arn": c.build_arn("scheduler", f"schedule/default/{name}")})


ROWS = {
    "AWS::StepFunctions::StateMachine": ResourceType(
        apply=_apply_machine,
        delete=lambda c: c.call("stepfunctions", "delete_state_machine", stateMachineArn=c.get_name()),
        fixed=frozenset({"StateMachineName", "StateMachineType"}),
        mutable={
            "DefinitionString": REQUIRED,
            "DefinitionSubstitutions": ABSENT,
            "LoggingConfiguration": ABSENT,
            "RoleArn": REQUIRED,
            "TracingConfiguration": ABSENT,
        },
    ),
    "AWS::Scheduler::Schedule": ResourceType(
        apply=_apply_schedule,
        delete=lambda c: c.call("scheduler", "delete_schedule", Name=c.get_name()),
        fixed=frozenset({"Name"}),
        mutable={
            "Description": "",
            "FlexibleTimeWindow": REQUIRED,
            "ScheduleExpression": REQUIRED,
            "ScheduleExpressionTimezone": "UTC",
            "State": "ENABLED",
            "Target": REQUIRED,
        },
    ),
}
