"""What the hub's stack made, and how it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.adapters.state.rosters import ControlItems
from rollcall.model.well_known import INTAKE_BUS_NAME, STACK_SET_NAME
from rollcall_cli.aws.caller import Position
from rollcall_cli.aws.hub_stack import STACK, described, outputs_of
from rollcall_cli.doctor.facts import Alarm, HubStack, Instance, Seen, Subscription, Unseen
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall.decide.enforcement import Enforcement
    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.survey.access import Access

_HUB = (Position.HUB,)
_Value = TypeVar("_Value")


def stack(access: Access) -> Seen[HubStack | None] | Unseen:
    """The deployed stack, None if there is none."""

    def look(login: Login) -> HubStack | None:
        client = login.client("cloudformation")
        found = described(client)
        if found is None:
            return None
        pages = client.get_paginator("list_stack_resources").paginate(StackName=STACK)
        resources = [item for page in pages for item in page["StackResourceSummaries"]]
        return HubStack(
            status=found["StackStatus"],
            outputs=outputs_of(found),
            alarms=[
                item["PhysicalResourceId"]
                for item in resources
                if item["ResourceType"] == "AWS::CloudWatch::Alarm"
            ],
        )

    return access.read(f"the stack {STACK}", _HUB, look)


def bus_policy(access: Access) -> Seen[Mapping[str, Any] | None] | Unseen:
    """The intake bus's policy (empty if it has none), None if there is no such bus."""

    def look(login: Login) -> Mapping[str, Any] | None:
        try:
            found = login.client("events").describe_event_bus(Name=INTAKE_BUS_NAME)
        except ClientError as error:
            if get_code(error) == "ResourceNotFoundException":
                return None
            raise
        document: Mapping[str, Any] = json.loads(found.get("Policy") or "{}")
        return document

    return access.read("the intake bus", _HUB, look)


def control(access: Access, hub: Seen[HubStack | None] | Unseen) -> Seen[Enforcement] | Unseen:
    """The approved roster and the pause."""
    return _within(
        access,
        hub,
        "the state table",
        lambda login, made: ControlItems(
            client=login.client("dynamodb"), table=made.outputs["StateTableName"]
        ).get_enforcement(),
    )


def alarms(access: Access, hub: Seen[HubStack | None] | Unseen) -> Seen[Sequence[Alarm]] | Unseen:
    """The alarms of the stack that there really are."""

    def look(login: Login, made: HubStack) -> Sequence[Alarm]:
        if not made.alarms:  # without names AWS would list every alarm of the account
            return []
        pages = login.client("cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNames=list(made.alarms))
        return [
            Alarm(
                name=item["AlarmName"],
                state=item["StateValue"],
                tells=bool(item.get("ActionsEnabled", True) and item.get("AlarmActions")),
            )
            for page in found
            for item in page["MetricAlarms"]
        ]

    return _within(access, hub, "alarms", look)


def subscriptions(
    access: Access, hub: Seen[HubStack | None] | Unseen
) -> Seen[Sequence[Subscription]] | Unseen:
    """Who hears of alerts."""

    def look(login: Login, made: HubStack) -> Sequence[Subscription]:
        pages = login.client("sns").get_paginator("list_subscriptions_by_topic")
        return [
            Subscription(protocol=item["Protocol"], endpoint=item["Endpoint"], arn=item["SubscriptionArn"])
            for page in pages.paginate(TopicArn=made.outputs["AlertTopicArn"])
            for item in page["Subscriptions"]
        ]

    return _within(access, hub, "subscriptions", look)


def dead_letters(access: Access, hub: Seen[HubStack | None] | Unseen) -> Seen[Mapping[str, int]] | Unseen:
    """Messages in each dead-letter queue, by its ARN."""

    def look(login: Login, made: HubStack) -> Mapping[str, int]:
        client = login.client("sqs")
        found = {}
        for name, url in sorted(made.outputs.items()):
            if name.endswith("DeadLetterQueueUrl"):
                wanted = ["ApproximateNumberOfMessages", "QueueArn"]
                answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
                found[answer["QueueArn"]] = int(answer["ApproximateNumberOfMessages"])
        return found

    return _within(access, hub, "dead-letter queues", look)


def instances(access: Access) -> Seen[Sequence[Instance] | None] | Unseen:
    """Instances of the forwarders' StackSet, None if there is no such StackSet."""
    delegated = access.settings.members_call_as == "DELEGATED_ADMIN"
    where = (Position.HUB, Position.MANAGEMENT) if delegated else (Position.MANAGEMENT,)

    def look(login: Login) -> Sequence[Instance] | None:
        call_as = "DELEGATED_ADMIN" if login.position is Position.HUB else "SELF"
        pages = login.client("cloudformation").get_paginator("list_stack_instances")
        try:
            found = [
                item
                for page in pages.paginate(StackSetName=STACK_SET_NAME, CallAs=call_as)
                for item in page["Summaries"]
            ]
        except ClientError as error:
            if get_code(error) == "StackSetNotFoundException":
                return None
            raise
        return [
            Instance(
                account=item["Account"],
                status=item["Status"],
                detail=item.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
                reason=item.get("StatusReason") or "",
            )
            for item in found
        ]

    return access.read("stack instances", where, look)


def _within(
    access: Access,
    hub: Seen[HubStack | None] | Unseen,
    what: str,
    look: Callable[[Login, HubStack], _Value],
) -> Seen[_Value] | Unseen:
    if isinstance(hub, Unseen):
        return hub
    made = hub.value
    if made is None:
        return Unseen(why=f"{STACK} is not deployed", fix=f"`{fixes.deploy(STACK)}`")
    try:
        return access.read(what, _HUB, lambda login: look(login, made))
    except KeyError as error:
        return Unseen(why=f"{STACK} has no output {error}", fix=f"`{fixes.deploy(STACK)}`")
