"""CloudFormation's events: one for each status that a stack enters, on the default bus of its account.

Source: CloudFormation user guide, "Stack Status Change event detail". Those of single resources are left out.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.cloudformation.engine import Engine
    from localcloud.cloudformation.stack import Stack
    from localcloud.events.bridge import EventBridge


def connect(engine: Engine, bridge: EventBridge) -> None:
    """Put an event on the bus whenever a stack has changed its status."""

    def publish(stack: Stack) -> None:
        bus = f"arn:aws:events:{stack.region}:{stack.account}:event-bus/default"
        bridge.accept(bus, build_status_event(stack))

    engine.listen(publish)


def build_status_event(stack: Stack) -> dict[str, Any]:
    """The event for the stack's current status."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "CloudFormation Stack Status Change",
        "source": "aws.cloudformation",
        "account": stack.account,
        "time": stack.events[-1]["Timestamp"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": stack.region,
        "resources": [stack.id],
        "detail": {
            "stack-id": stack.id,
            "status-details": {"status": stack.status, "status-reason": stack.reason or ""},
            "client-request-token": stack.operation,
        },
    }
