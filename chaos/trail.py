"""CloudTrail and EventBridge: records of calls, and their events on their way to the queues."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chaos.faults import draw_number
from chaos.setting import MANAGEMENT_WRITER, WRITER, Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.fakes.cloud import Call
    from chaos.fakes.people import Identity
    from chaos.world import World

_EVENT_SECONDS: Final = (1.0, 8.0)


class Trail:
    """Writes calls of this world down."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._labels: Counter[str] = Counter()

    def record(self, call: Call) -> None:
        """CloudTrail writes a call down, and EventBridge brings it."""
        story = self._world.story
        account, kind = self._world.cloud.account.find_contact(call.given, call.identity)
        label = call.process if call.function == "" else f"own:{account}:{kind}"
        self._labels[label] += 1
        if call.function:
            label = f"{label}.{self._labels[label]}"
            made = "" if call.error is None else f": {call.error}"
            what = call.given.get("EmailAddress") or call.given.get("ContactInformation", "nothing")
            self._world.note(f"{call.process} sets {account} {kind} to {what}{made}")
        recipients = [call.identity.account]
        if story.events.copies and account != call.identity.account:
            recipients.append(account)
        for number, recipient in enumerate(recipients):
            name = label if number == 0 else f"{label}.copy"
            if recipient in self._world.unforwarded:
                self._world.statistics["events not forwarded"] += 1
                self._world.note(f"the event of {name} is not forwarded")
                continue
            event = self._build_event(call, recipient, name, shared=len(recipients) > 1)
            self._bring(event, call, name)

    def _bring(self, event: dict[str, Any], call: Call, label: str) -> None:
        plan, seed = self._world.story.events, self._world.story.seed
        calm = self._world.now >= self._world.story.end
        lost = any(action.lost for action, edit in self._world.people if edit is call)
        if lost or (not calm and draw_number(seed, "lost", label) < plan.lost):
            self._world.statistics["events lost"] += 1
            self._world.note(f"the event of {label} is lost")
            return
        times = 1
        if not calm and draw_number(seed, "doubled", label) < plan.doubled:
            self._world.statistics["events doubled"] += 1
            times = 2
        for time in range(times):
            place = f"{label}/{time}" if time else label
            least, most = _EVENT_SECONDS
            wait = least + (most - least) * draw_number(seed, "way", place) ** 2
            if not calm and draw_number(seed, "late", place) < plan.late:
                self._world.statistics["events late"] += 1
                wait = 60 + draw_number(seed, "how late", place) * plan.longest
            arrival = self._world.scheduler.now + wait
            if plan.release and not calm:
                arrival = (arrival // plan.release + 1) * plan.release + draw_number(seed, "crowd", place)
            self._world.scheduler.at(arrival, partial(self._deliver, event, call, place))

    def _deliver(self, event: dict[str, Any], call: Call, label: str) -> None:
        ours = call.identity.role_arn in {WRITER.role_arn, MANAGEMENT_WRITER.role_arn}
        queue = self._world.queues["echoes" if ours else "intake"]
        message = queue.send(json.dumps(event), label)
        self._world.deliveries.append(
            Delivery(self._world.scheduler.now, call, event["detail"]["eventID"], message)
        )

    def _build_event(self, call: Call, recipient: str, label: str, *, shared: bool) -> dict[str, Any]:
        """The record of a call on a contact, as EventBridge delivers it."""
        asked: dict[str, Any] | None = _spell(call.given)
        more: dict[str, Any] = {"sharedEventID": f"shared-{call.request_id}"} if shared else {}
        if call.error is not None:
            more |= {"errorCode": call.error, "errorMessage": "refused"}
            if call.error.startswith("AccessDenied"):
                asked = None
        number = int(draw_number(self._world.story.seed, "event", label) * 16**12)
        return self.build_record(
            "account",
            call.operation,
            call.identity,
            asked,
            request_id=call.request_id,
            recipientAccountId=recipient,
            userAgent=call.user_agent,
            eventID=f"{number:012x}-0000-4000-8000-{len(self._world.deliveries):012x}",
            **more,
        )

    def build_record(
        self,
        service: str,
        operation: str,
        identity: Identity,
        asked: Mapping[str, Any] | None,
        *,
        request_id: str,
        **more: Any,
    ) -> dict[str, Any]:
        """An event of EventBridge with the record of a call."""
        time = datetime.fromtimestamp(self._world.scheduler.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        detail = {
            "eventVersion": "1.11",
            "userIdentity": identity.describe(),
            "eventTime": time,
            "eventSource": f"{service}.amazonaws.com",
            "eventName": operation,
            "awsRegion": "us-east-1",
            "sourceIPAddress": identity.source_ip,
            "userAgent": identity.user_agent,
            "requestParameters": asked,
            "responseElements": None,
            "requestID": request_id,
            "eventID": f"event-{request_id}",
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "eventCategory": "Management",
            "recipientAccountId": identity.account,
            **more,
        }
        return {
            "version": "0",
            "id": f"envelope-{detail['eventID']}",
            "detail-type": "AWS API Call via CloudTrail",
            "source": f"aws.{service}",
            "account": detail["recipientAccountId"],
            "time": time,
            "region": "us-east-1",
            "resources": [],
            "detail": detail,
        }


def _spell(given: Mapping[str, Any]) -> dict[str, Any]:
    """A request's members as CloudTrail spells them."""
    return {
        name[0].lower() + name[1:]: _spell(value) if isinstance(value, dict) else str(value)
        for name, value in given.items()
    }
