"""What every rule refuses: events of the past."""

from __future__ import annotations

from aws_cdk import aws_events as events


def refuse_replays(rule: events.Rule) -> None:
    """Make `rule` match no event that somebody replays from an archive; the CDK has no property for it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
    """
    resource = rule.node.default_child
    if isinstance(resource, events.CfnRule):
        resource.add_property_override("EventPattern.replay-name", [{"exists": False}])
