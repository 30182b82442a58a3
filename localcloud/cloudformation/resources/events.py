"""EventBridge: buses, their policies, rules with their targets."""

import json
from typing import Any

from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import ABSENT, REQUIRED, ResourceContext, ResourceType


def _apply_bus(c: ResourceContext) -> MadeResource:
    name = c.properties["Name"]
    if c.made is None:
        c.call("events", "create_event_bus", Name=name)
    return MadeResource(id=name, attributes={"Name": name, "Arn": c.build_arn("events", f"event-bus/{name}")})


def _get_bus_name(c: ResourceContext) -> str:
    return str(c.properties.get("EventBusName", "default")).rsplit("/", 1)[-1]


def _apply_bus_policy(c: ResourceContext) -> MadeResource:
    bus, statement_id = _get_bus_name(c), c.properties["StatementId"]
    present = json.loads(
        c.call("events", "describe_event_bus", Name=bus).get("Policy") or '{"Statement": []}'
    )
    others = [statement for statement in present["Statement"] if statement["Sid"] != statement_id]
    policy = {
        "Version": "2012-10-17",
        "Statement": [*others, {**c.properties["Statement"], "Sid": statement_id}],
    }
    c.call("events", "put_permission", EventBusName=bus, Policy=policy)
    return MadeResource(id=f"{bus}|{statement_id}")


def _delete_bus_policy(c: ResourceContext) -> None:
    c.call(
        "events", "remove_permission", EventBusName=_get_bus_name(c), StatementId=c.properties["StatementId"]
    )


def _get_rule_name(c: ResourceContext) -> str:
    return c.get_name("Name").rsplit("|", 1)[-1]


def _apply_rule(c: ResourceContext) -> MadeResource:
    bus, name = _get_bus_name(c), _get_rule_name(c)
    settings = c.pick("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State")
    arn = c.call("events", "put_rule", Name=name, EventBusName=bus, **settings)["RuleArn"]
    if c.made is None:
        c.begun.append(name)
    targets = c.properties.get("Targets", [])
    _remove_targets(c, {t["Id"] for t in c.previous.get("Targets", [])} - {t["Id"] for t in targets})
    if targets:
        c.call("events", "put_targets", Rule=name, EventBusName=bus, Targets=targets)
    return MadeResource(id=name if bus == "default" else f"{bus}|{name}", attributes={"Arn": arn})


def _remove_targets(c: ResourceContext, ids: Any) -> None:
    if ids:
        c.call(
            "events", "remove_targets", Rule=_get_rule_name(c), EventBusName=_get_bus_name(c), Ids=sorted(ids)
        )


def _delete_rule(c: ResourceContext) -> None:
    _remove_targets(c, {target["Id"] for target in c.properties.get("Targets", [])})
    c.call("events", "delete_rule", Name=_get_rule_name(c), EventBusName=_get_bus_name(c))


ROWS = {
    "AWS::Events::EventBus": ResourceType(
        apply=_apply_bus,
        delete=lambda c: c.call("events", "delete_event_bus", Name=c.get_name()),
        fixed=frozenset({"Name"}),
        ignored=frozenset({"Description", "LogConfig"}),
    ),
    "AWS::Events::EventBusPolicy": ResourceType(
        apply=_apply_bus_policy,
        delete=_delete_bus_policy,
        fixed=frozenset({"EventBusName", "StatementId"}),
        mutable={"Statement": REQUIRED},
    ),
    "AWS::Events::Rule": ResourceType(
        apply=_apply_rule,
        delete=_delete_rule,
        fixed=frozenset({"Name", "EventBusName"}),
        mutable={
            "Description": "",
            "EventPattern": ABSENT,
            "RoleArn": ABSENT,
            "ScheduleExpression": ABSENT,
            "State": "ENABLED",
            "Targets": ABSENT,
        },
    ),
}
