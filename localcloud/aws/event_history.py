"""CloudTrail's Event history: LookupEvents over what the simulation recorded, in each account its own.

Source: API reference of LookupEvents (one attribute, 50 events, the latest first); CloudTrail user guide,
"Working with Event history": management events of 90 days, reads among them, with or without a trail. AWS
shows a record after some minutes; here it is there at once.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from localcloud.cloud.clients import REGION
from localcloud.cloud.gateway import build_refusal, build_response, identify_caller
from simulation.cloudtrail import Recorder
from simulation.ids import Ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Request, Response

    from localcloud.cloud.interface import Cloud
    from simulation.cloudtrail import ApiCall

_KEPT: Final = 5000
_PAGE: Final = 50
_ATTRIBUTES: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "AccessKeyId": lambda record: record["userIdentity"].get("accessKeyId"),
    "EventId": lambda record: record["eventID"],
    "EventName": lambda record: record["eventName"],
    "EventSource": lambda record: record["eventSource"],
    "ReadOnly": lambda record: str(record["readOnly"]).lower(),
}


class EventHistory:
    """The records of all accounts. Reads are added by the API that answers them: no rule sees them."""

    def __init__(self) -> None:
        self._records: defaultdict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._reads = Recorder(ids=Ids(1), region=REGION, spelling="camel", redact=False)

    def add(self, account: str, event: dict[str, Any]) -> None:
        """Keep the record of an event, as EventBridge gets it."""
        if "eventID" in event["detail"]:
            self._records[account].appendleft(event["detail"])

    def add_read(self, call: ApiCall) -> None:
        """Keep the record of a read."""
        event = self._reads.record_call(call, recipient=call.caller.account_id)
        self.add(call.caller.account_id, event | {"detail": event["detail"] | {"readOnly": True}})

    def handle(self, request: Request) -> Response | None:
        """Answer LookupEvents; all other operations are moto's."""
        if not request.headers.get("X-Amz-Target", "").endswith(".LookupEvents"):
            return None
        caller = identify_caller(request)
        asked = json.loads(request.get_data() or b"{}")
        attributes = asked.get("LookupAttributes", [])
        if len(attributes) > 1 or any(one["AttributeKey"] not in _ATTRIBUTES for one in attributes):
            code = "InvalidLookupAttributesException"
            return build_refusal(code, "You can specify one attribute")
        if not 1 <= asked.get("MaxResults", _PAGE) <= _PAGE:
            return build_refusal("InvalidMaxResultsException", "1 to 50")
        found = [record for record in list(self._records[caller.account_id]) if _is_asked_for(record, asked)]
        start = int(asked.get("NextToken", 0))
        end = start + asked.get("MaxResults", _PAGE)
        more = {"NextToken": str(end)} if end < len(found) else {}
        return build_response({"Events": [_describe(one) for one in found[start:end]], **more})


def _is_asked_for(record: dict[str, Any], asked: dict[str, Any]) -> bool:
    at = datetime.fromisoformat(record["eventTime"]).timestamp()
    return asked.get("StartTime", 0) <= at <= asked.get("EndTime", at) and all(
        _ATTRIBUTES[one["AttributeKey"]](record) == one["AttributeValue"]
        for one in asked.get("LookupAttributes", [])
    )


def _describe(record: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(record["eventTime"]).astimezone(UTC)
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": at,
        "ReadOnly": _ATTRIBUTES["ReadOnly"](record),
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


def install(cloud: Cloud) -> EventHistory:
    """Keep what the simulation records, and answer LookupEvents in moto's place."""
    history = EventHistory()
    cloud.simulation.subscribe(history.add)
    cloud.gateway.route("cloudtrail", history.handle)
    return history
