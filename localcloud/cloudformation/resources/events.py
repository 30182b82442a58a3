"""EventBridge: buses, their policies, rules with their targets."""

import json
from typing import Any

from localcloud.cloudformation.resource import Made
from localcloud.cloudformation.rows import ABSENT, REQUIRED, Context, Row


def _bus(c: Context) -> Made:
    name = c.properties["Name"]
    if c.made is None:
        c.call("events", "create_event_bus", Name=name)
    return Made(id=name, attributes={"Name": name, "Arn": c.arn("events", f"event-bus/{name}")})


def _bus_name(c: Context) -> str:
    return str(c.properties.get("EventBusName", "default")).rsplit("/", 1)[-1]


def _bus_policy(c: Context) -> Made:
    bus, statement_id = _bus_name(c), c.properties["StatementId"]
    present = json.loads(
        c.call("events", "describe_event_bus", Name=bus).get("Policy") or '{"Statement": []}'
    )
    others = [statement for statement in present["Statement"] if statement["Sid"] != statement_id]
    policy = {
        "Version": "2012-10-17",
        "Statement": [*others, {**c.properties["Statement"], "Sid": statement_id}],
    }
    c.call("events", "put_permission", EventBusName=bus, Policy=policy)
    return Made(id=f"{bus}|{statement_id}")


def _delete_bus_policy(c: Context) -> None:
    c.call("events", "remove_permission", EventBusName=_bus_name(c), StatementId=c.properties["StatementId"])


def _rule_name(c: Context) -> str:
    return c.name("Name").rsplit("|", 1)[-1]


def _rule(c: Context) -> Made:
    bus, name = _bus_name(c), _rule_name(c)
    settings = c.pick("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State")
    arn = c.call("events", "put_rule", Name=name, EventBusName=bus, **settings)["RuleArn"]
    if c.made is None:
        c.begun.append(name)
    targets = c.properties.get("Targets", [])
    _remove_targets(c, {t["Id"] for t in c.previous.get("Targets", [])} - {t["Id"] for t in targets})
    if targets:
        c.call("events", "put_targets", Rule=name, EventBusName=bus, Targets=targets)
    return Made(id=name if bus == "default" else f"{bus}|{name}", attributes={"Arn": arn})


def _remove_targets(c: Context, ids: Any) -> None:
    if ids:
        c.call("events", "remove_targets", Rule=_rule_name(c), EventBusName=_bus_name(c), Ids=sorted(ids))


def _delete_rule(c: Context) -> None:
    _remove_targets(c, {target["Id"] for target in c.properties.get("Targets", [])})
    c.call("events", "delete_rule", Name=_rule_name(c), EventBusName=_bus_name(c))


ROWS = {
    "AWS::Events::EventBus": Row(
        apply=_bus,
        delete=lambda c: c.call("events", "delete_event_bus", Name=c.name()),
        fixed=frozenset({"Name"}),
        ignored=frozenset({"Description", "LogConfig"}),
    ),
    "AWS::Events::EventBusPolicy": Row(
        apply=_bus_policy,
        delete=_delete_bus_policy,
        fixed=frozenset({"EventBusName", "StatementId"}),
        mutable={"Statement": REQUIRED},
    ),
    "AWS::Events::Rule": Row(
        apply=_rule,
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
