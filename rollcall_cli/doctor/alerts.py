"""Whether anybody hears when something goes wrong, and whether something has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall_cli.doctor.facts import Seen, Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from rollcall_cli.doctor.facts import Facts

_DEPLOY = f"`{fixes.deploy('RollcallHub')}`"


def topic(facts: Facts) -> Finding:
    """Every subscription is confirmed: AWS sends nothing to one that waits for its confirmation."""
    if isinstance(facts.subscriptions, Unseen):
        return unknown(facts.subscriptions)
    found = facts.subscriptions.value
    topic_arn = (
        facts.hub.value.outputs["AlertTopicArn"] if isinstance(facts.hub, Seen) and facts.hub.value else ""
    )
    subscribe = f"aws sns subscribe --topic-arn {topic_arn} --protocol"
    waiting = [item for item in found if not item.arn.startswith("arn:")]
    if waiting:
        first = waiting[0]
        return failed(
            f"not confirmed: {', '.join(f'{item.protocol} {item.endpoint}' for item in waiting)}",
            fix="follow the link in the mail of AWS; to have it sent again "
            f"`{subscribe} {first.protocol} --notification-endpoint {first.endpoint}`",
        )
    if not found:
        address = facts.settings.alert_addresses[0]
        return failed(
            "nobody is subscribed to the alert topic",
            fix=f"`{subscribe} email --notification-endpoint {address}`, then follow the link in the mail",
        )
    return passed(f"{len(found)} confirmed")


def dead_letters(facts: Facts) -> Finding:
    """What is in a dead-letter queue was not handled."""
    if isinstance(facts.dead_letters, Unseen):
        return unknown(facts.dead_letters)
    full = {arn: count for arn, count in facts.dead_letters.value.items() if count}
    if full:
        commands = " and ".join(f"`aws sqs start-message-move-task --source-arn {arn}`" for arn in full)
        words = ", ".join(f"{count} in {arn.rpartition(':')[2]}" for arn, count in full.items())
        return failed(
            f"messages that were not handled: {words}",
            # AWS moves only what a queue gave up: https://docs.aws.amazon.com/goto/WebAPI/sqs-2012-11-05/StartMessageMoveTask
            fix=f"read the function's log, mend what it says, then {commands}; what EventBridge put there,"
            " as starts of sweeps, AWS does not move: docs/operations.md#dead-letters",
        )
    return passed(f"{len(facts.dead_letters.value)} queues, empty")


def alarms(facts: Facts) -> Finding:
    """Every alarm of the stack is there, tells the topic, and is quiet."""
    if isinstance(facts.alarms, Unseen):
        return unknown(facts.alarms)
    wanted = facts.hub.value.alarms if isinstance(facts.hub, Seen) and facts.hub.value else ()
    found = {alarm.name: alarm for alarm in facts.alarms.value}
    missing = [name for name in wanted if name not in found]
    if missing or not wanted:
        return failed(f"alarms that do not exist: {', '.join(missing) or 'all'}", fix=_DEPLOY)
    for alarm in found.values():
        if not alarm.tells:
            return failed(
                f"the alarm {alarm.name} tells nobody",
                fix=f"`aws cloudwatch enable-alarm-actions --alarm-names {alarm.name}`",
            )
        if alarm.state == "ALARM":
            return failed(
                f"the alarm {alarm.name} is in ALARM",
                fix=f"`aws cloudwatch describe-alarm-history --alarm-name {alarm.name}` says why",
            )
    return passed(f"{len(found)} alarms, none in ALARM")
