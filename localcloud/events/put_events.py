"""The PutEvents operation: each entry is checked, and sources that begin with `aws.` are refused.

Source: EventBridge API reference, PutEvents and PutEventsResultEntry; the refusal's text as AWS sends it.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.cloud.gateway import build_refusal, build_response, identify_caller, parse_credential_scope

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from localcloud.events.bridge import EventBridge
    from simulation.caller import Caller

_MAXIMUM_ENTRIES = 10


class PutEventsApi:
    """Answers PutEvents. moto answers every other operation of the service."""

    def __init__(self, bridge: EventBridge) -> None:
        self._bridge = bridge

    def handle(self, request: Request) -> Response | None:
        """Accept or refuse each entry."""
        if request.headers.get("X-Amz-Target") != "AWSEvents.PutEvents":
            return None
        caller, region = identify_caller(request), parse_credential_scope(request)[1]
        entries = json.loads(request.get_data())["Entries"]
        if not 1 <= len(entries) <= _MAXIMUM_ENTRIES:
            return build_refusal("ValidationException", "1 to 10 entries are expected")
        accepted, results = [], []
        for entry in entries:
            name = entry.get("EventBusName") or "default"
            arn = (
                name
                if name.startswith("arn:")
                else f"arn:aws:events:{region}:{caller.account_id}:event-bus/{name}"
            )
            error = _check_entry(entry)
            if error:
                results.append({"ErrorCode": error[0], "ErrorMessage": error[1]})
                continue
            event = _build_event(entry, caller, region)
            accepted.append((arn, event))
            results.append({"EventId": event["id"]})
        for arn, event in accepted:
            self._bridge.accept(arn, event)
        return build_response({"FailedEntryCount": len(entries) - len(accepted), "Entries": results})


def _check_entry(entry: dict[str, Any]) -> tuple[str, str] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    try:
        well_formed = isinstance(json.loads(entry["Detail"]), dict)
    except ValueError:
        well_formed = False
    return None if well_formed else ("MalformedDetail", "Detail is malformed.")


def _build_event(entry: dict[str, Any], caller: Caller, region: str) -> dict[str, Any]:
    moment = datetime.fromtimestamp(entry["Time"], UTC) if "Time" in entry else datetime.now(UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": caller.account_id,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": entry.get("Resources", []),
        "detail": json.loads(entry["Detail"]),
    }
