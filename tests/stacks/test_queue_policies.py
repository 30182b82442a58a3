"""Who may send to the queues: their rules, what a redrive returns, and nobody else whatever IAM allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollcall_policies import Access, AccessRequest, decide
from tests.stacks.template import arn

if TYPE_CHECKING:
    from tests.stacks.template import Template

#: The rules whose events each queue takes, or cannot be delivered.
RULES = {
    "IntakeQueue": ["IntakePartsRule", "IntakeSignalsRule"],
    "IntakeDeadLettersQueue": ["IntakeForwarderRule", "IntakePartsRule", "IntakeSignalsRule"],
    "IntakeAlertOnlyQueue": ["IntakeAlertOnlySignalsRule"],
    "IntakeAlertOnlyDeadLettersQueue": ["IntakeAlertOnlySignalsRule"],
    "IntakeEchoesQueue": ["IntakeEchoesSignalsRule"],
    "IntakeEchoesDeadLettersQueue": ["IntakeEchoesSignalsRule"],
    "ChannelsNotifyQueue": ["ChannelsNotifyIncidentsRule"],
    "ChannelsNotifyDeadLettersQueue": ["ChannelsNotifyIncidentsRule"],
    "SweepDeadLettersQueue": ["SweepStartsDelegationRule", "SweepStartsDeployed"],
}
#: The queue that gives up its messages to each dead-letter queue.
BEFORE = {
    "IntakeDeadLettersQueue": "IntakeQueue",
    "IntakeAlertOnlyDeadLettersQueue": "IntakeAlertOnlyQueue",
    "IntakeEchoesDeadLettersQueue": "IntakeEchoesQueue",
    "ChannelsNotifyDeadLettersQueue": "ChannelsNotifyQueue",
}
#: Scheduler sends as its role.
SCHEDULER = ["SweepStartsScheduleRole", "ControlFollowUpRole"]
REDRIVE = "arn:{AWS::Partition}:iam::333333333333:role/rollcall-redrive"
ADMIN = "arn:{AWS::Partition}:iam::333333333333:role/Admin"


def statements_of(hub: Template, queue: str) -> list[dict[str, Any]]:
    logical_id, _ = hub.one("AWS::SQS::Queue", queue)
    (policy,) = [
        properties["PolicyDocument"]["Statement"]
        for properties in hub.of_type("AWS::SQS::QueuePolicy").values()
        if properties["Queues"] == [{"Ref": logical_id}]
    ]
    return [resolved(statement) for statement in policy]


def resolved(value: Any) -> Any:
    match value:
        case dict() if len(value) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::Join"):
            return arn(value)
        case dict():
            return {key: resolved(one) for key, one in value.items()}
        case list():
            return [resolved(one) for one in value]
    return value


def arns(hub: Template, type_: str, names: list[str]) -> list[str]:
    return [f"{{{hub.one(type_, name)[0]}.Arn}}" for name in names]


def decided(statements: list[dict[str, Any]], **keys: str) -> Access:
    """What the policy says to a message; a service's own calls have a source, sessions a role."""
    context = {"aws:SecureTransport": ["true"]} | {
        name.replace("_", ":"): [one] for name, one in keys.items()
    }
    caller = "events.amazonaws.com" if "aws_SourceArn" in keys else "333333333333"
    request = AccessRequest(
        action="sqs:SendMessage",
        resource=statements[0]["Resource"],
        context={"aws:PrincipalArn": [], "aws:SourceArn": [], **context},
        principal=caller,
    )
    return decide([{"Version": "2012-10-17", "Statement": statements}], request).access


@pytest.mark.parametrize("queue", RULES)
def test_a_queue_takes_only_what_its_rules_send_and_refuses_identities_of_the_hub(
    hub: Template, queue: str
) -> None:
    statements = statements_of(hub, queue)
    for rule in arns(hub, "AWS::Events::Rule", RULES[queue]):
        assert decided(statements, aws_SourceArn=rule) is Access.ALLOWED
    assert decided(statements, aws_SourceArn="{SomeRule.Arn}") is Access.DENIED
    # An identity policy of the account would be enough, if the queue did not deny it.
    assert decided(statements, aws_PrincipalArn=ADMIN) is Access.DENIED
    assert decided(statements) is Access.DENIED
    inbox = queue not in BEFORE and queue != "SweepDeadLettersQueue"
    assert (decided(statements, aws_PrincipalArn=REDRIVE) is Access.NOT_ALLOWED) is inbox


@pytest.mark.parametrize("queue", BEFORE)
def test_a_dead_letter_queue_takes_what_its_queue_gives_up(hub: Template, queue: str) -> None:
    (before,) = arns(hub, "AWS::SQS::Queue", [BEFORE[queue]])
    assert decided(statements_of(hub, queue), aws_SourceArn=before) is not Access.DENIED
    other = next(name for name in BEFORE.values() if name != BEFORE[queue])
    (another,) = arns(hub, "AWS::SQS::Queue", [other])
    assert decided(statements_of(hub, queue), aws_SourceArn=another) is Access.DENIED


def test_failed_starts_of_schedules_are_sent_by_their_roles(hub: Template) -> None:
    for role in arns(hub, "AWS::IAM::Role", SCHEDULER):
        assert (
            decided(statements_of(hub, "SweepDeadLettersQueue"), aws_PrincipalArn=role) is Access.NOT_ALLOWED
        )
        assert decided(statements_of(hub, "IntakeQueue"), aws_PrincipalArn=role) is Access.DENIED


@pytest.mark.parametrize("queue", RULES)
def test_a_queue_takes_tls_only(hub: Template, queue: str) -> None:
    rule = arns(hub, "AWS::Events::Rule", RULES[queue])[0]
    plain = {"aws_SourceArn": rule, "aws_SecureTransport": "false"}
    assert decided(statements_of(hub, queue), **plain) is Access.DENIED


def test_every_queue_is_closed(everything: Any) -> None:
    template = everything.templates["RollcallHub"]
    denied = [
        json.dumps(properties["Queues"])
        for properties in template.of_type("AWS::SQS::QueuePolicy").values()
        for statement in properties["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "NobodyElse"
    ]
    assert len(set(denied)) == len(denied) == len(template.of_type("AWS::SQS::Queue"))
