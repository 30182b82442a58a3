"""Whether alerts reach anybody, and whether something has gone wrong already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.well_known import REDRIVE_ROLE_NAME
from rollcall_cli.aws.hub import STACK
from rollcall_cli.doctor.facts import AlertSubscription, HubAlarm, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import DeployedHub, Facts, Seen
    from rollcall_cli.doctor.reading import FactReader

_RESTORE = fixes.restore(STACK)
#: Not by the link alone: in each mail such a subscription has one to unsubscribe that needs no sign-in.
#: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
_CONFIRM = (
    "confirm it with --authenticate-on-unsubscribe true and the token in the link of the email from AWS, "
    "as in docs/deploying.md#3-the-hub"
)


def read_alarms(
    reader: FactReader, hub: Seen[DeployedHub | None] | Unseen
) -> Seen[Sequence[HubAlarm]] | Unseen:
    """Read the alarms of the stack that exist."""

    def look(login: Login, deployed: DeployedHub) -> Sequence[HubAlarm]:
        if not deployed.alarms:  # without names AWS would list every alarm of the account
            return []
        pages = login.client("cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNames=list(deployed.alarms))
        return [
            HubAlarm(
                name=item["AlarmName"],
                state=item["StateValue"],
                notifies=bool(item.get("ActionsEnabled", True) and item.get("AlarmActions")),
            )
            for page in found
            for item in page["MetricAlarms"]
        ]

    return reader.read_in_hub("alarms", hub, look)


def read_subscriptions(
    reader: FactReader, hub: Seen[DeployedHub | None] | Unseen
) -> Seen[Sequence[AlertSubscription]] | Unseen:
    """Read the subscriptions to the alert topic."""

    def look(login: Login, deployed: DeployedHub) -> Sequence[AlertSubscription]:
        pages = login.client("sns").get_paginator("list_subscriptions_by_topic")
        return [
            AlertSubscription(
                protocol=item["Protocol"], endpoint=item["Endpoint"], arn=item["SubscriptionArn"]
            )
            for page in pages.paginate(TopicArn=deployed.outputs["AlertTopicArn"])
            for item in page["Subscriptions"]
        ]

    return reader.read_in_hub("subscriptions", hub, look)


def read_dead_letters(
    reader: FactReader, hub: Seen[DeployedHub | None] | Unseen
) -> Seen[Mapping[str, int]] | Unseen:
    """Read how many messages each dead-letter queue has, by its ARN."""

    def look(login: Login, deployed: DeployedHub) -> Mapping[str, int]:
        client = login.client("sqs")
        found = {}
        for name, url in sorted(deployed.outputs.items()):
            if name.endswith("DeadLetterQueueUrl"):
                wanted = ["ApproximateNumberOfMessages", "QueueArn"]
                answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
                found[answer["QueueArn"]] = int(answer["ApproximateNumberOfMessages"])
        return found

    return reader.read_in_hub("dead-letter queues", hub, look)


def check_topic(facts: Facts) -> CheckFinding:
    """Check that each address of the settings is subscribed, and that every subscription is confirmed.

    AWS sends nothing to an unconfirmed one, and deletes one whose link to unsubscribe anybody followed.
    """
    if isinstance(facts.subscriptions, Unseen):
        return report_unknown(facts.subscriptions)
    found = facts.subscriptions.value
    topic_arn = facts.deployed.outputs["AlertTopicArn"] if facts.deployed else ""
    subscribe = f"aws sns subscribe --topic-arn {topic_arn} --protocol"
    unconfirmed = [item for item in found if not item.arn.startswith("arn:")]
    if unconfirmed:
        first = unconfirmed[0]
        return report_failure(
            f"not confirmed: {', '.join(f'{item.protocol} {item.endpoint}' for item in unconfirmed)}",
            fix=f"{_CONFIRM}; to have it sent again "
            f"`{subscribe} {first.protocol} --notification-endpoint {first.endpoint}`",
        )
    known = {item.endpoint for item in found if item.protocol == "email"}
    missing = [address for address in facts.settings.alert_addresses if address not in known]
    if missing:
        return report_failure(
            f"no subscription of {', '.join(missing)}",
            fix=f"`{subscribe} email --notification-endpoint {missing[0]}`, then {_CONFIRM}",
        )
    return report_pass(f"{len(found)} confirmed")


def check_dead_letters(facts: Facts) -> CheckFinding:
    """Check that the dead-letter queues are empty: a message there was not processed."""
    if isinstance(facts.dead_letters, Unseen):
        return report_unknown(facts.dead_letters)
    full = {arn: count for arn, count in facts.dead_letters.value.items() if count}
    if full:
        commands = " and ".join(f"`aws sqs start-message-move-task --source-arn {arn}`" for arn in full)
        words = ", ".join(f"{count} in {arn.rpartition(':')[2]}" for arn, count in full.items())
        return report_failure(
            f"messages that were not processed: {words}",
            # AWS moves only what a queue gave up: https://docs.aws.amazon.com/goto/WebAPI/sqs-2012-11-05/StartMessageMoveTask
            fix=f"read the function's log, fix the cause, then as {REDRIVE_ROLE_NAME} {commands}; AWS does"
            " not move what EventBridge put there, such as starts of sweeps: docs/operations.md#dead-letters",
        )
    return report_pass(f"{len(facts.dead_letters.value)} queues, empty")


def check_alarms(facts: Facts) -> CheckFinding:
    """Check that every alarm of the stack exists, notifies the topic, and is not in ALARM."""
    if isinstance(facts.alarms, Unseen):
        return report_unknown(facts.alarms)
    wanted = facts.deployed.alarms if facts.deployed else ()
    found = {alarm.name: alarm for alarm in facts.alarms.value}
    missing = [name for name in wanted if name not in found]
    if missing or not wanted:
        return report_failure(f"alarms that do not exist: {', '.join(missing) or 'all'}", fix=_RESTORE)
    for alarm in found.values():
        if not alarm.notifies:
            return report_failure(
                f"the alarm {alarm.name} sends no notification",
                fix=f"`aws cloudwatch enable-alarm-actions --alarm-names {alarm.name}`",
            )
        if alarm.state == "ALARM":
            return report_failure(
                f"the alarm {alarm.name} is in ALARM",
                fix=f"`aws cloudwatch describe-alarm-history --alarm-name {alarm.name}` shows the cause",
            )
    return report_pass(f"{len(found)} alarms, none in ALARM")
