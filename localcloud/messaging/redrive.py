"""Message move tasks of SQS, which moto does not have: they return dead letters to where they came from.

Source: SQS developer guide, "Configure a dead-letter queue redrive": the caller needs the actions on the
dead-letter queue and sqs:SendMessage on each destination. Messages that came from no queue are not moved.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from moto.sqs.models import Queue

from localcloud.access.enforcement import explain_caller_refusal
from localcloud.cloud.clients import REGION
from localcloud.cloud.gateway import build_response, identify_caller
from localcloud.messaging.queues import find_queue

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from localcloud.cloud.interface import Cloud
    from simulation.caller import Caller
    from simulation.organization import SimulatedOrganization

_TARGET: Final = "AmazonSQS."


def install(cloud: Cloud) -> None:
    """Remember where dead letters came from, and answer the calls of move tasks."""
    plain_add = Queue.add_message

    def add(self: Any, message: Any) -> None:
        before, message.in_queue = getattr(message, "in_queue", None), self.queue_arn
        if before not in (None, self.queue_arn):
            message.came_from = before
        plain_add(self, message)

    cloud.patch(Queue, "add_message", add)
    cloud.gateway.route("sqs", MoveTasks(cloud.simulation.organization).handle)


class MoveTasks:
    """Tasks that are over as soon as they are started."""

    def __init__(self, organization: SimulatedOrganization) -> None:
        self._organization = organization
        self._tasks: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def handle(self, request: Request) -> Response | None:
        """Answer StartMessageMoveTask and ListMessageMoveTasks; None for what moto shall answer."""
        action = request.headers.get("X-Amz-Target", "").removeprefix(_TARGET)
        if action not in ("StartMessageMoveTask", "ListMessageMoveTasks"):
            return None
        asked = json.loads(request.get_data())
        try:
            queue = find_queue(asked["SourceArn"])
        except LookupError:
            return _refuse("ResourceNotFoundException", "The resource that you specified does not exist.")
        if action == "ListMessageMoveTasks":
            return build_response({"Results": self._tasks[queue.queue_arn][: asked.get("MaxResults", 1)]})
        return self._start(queue, asked.get("DestinationArn"), identify_caller(request))

    def _start(self, queue: Any, destination: str | None, caller: Caller) -> Response:
        moved: dict[Any, str] = {
            message: destination or message.came_from
            for message in list(queue.messages)
            if message.visible and (destination or hasattr(message, "came_from"))
        }
        for arn in sorted(set(moved.values())):
            refusal = explain_caller_refusal(
                caller, "sqs:SendMessage", arn, self._organization, region=REGION
            )
            if refusal is not None:
                return _refuse("AccessDeniedException", refusal)
        for message, arn in moved.items():
            queue._messages.remove(message)  # noqa: SLF001 -- as moto does with what becomes a dead letter
            message.approximate_receive_count = 0
            find_queue(arn).add_message(message)
        done = {
            "Status": "COMPLETED",
            "SourceArn": queue.queue_arn,
            "StartedTimestamp": int(time.time() * 1000),
        }
        self._tasks[queue.queue_arn].insert(0, done | {"ApproximateNumberOfMessagesMoved": len(moved)})
        return build_response({"TaskHandle": uuid.uuid4().hex})


def _refuse(code: str, text: str) -> Response:
    headers = {"x-amzn-query-error": f"{code};Sender"}
    return build_response(
        {"__type": f"com.amazonaws.sqs#{code}", "message": text}, status=400, headers=headers
    )
