"""CloudTrail records as EventBridge delivers them.

Shapes follow AWS's documentation and the few public captures; what is not settled (spelling of request keys,
redaction) is an option, so that Rollcall can be held to both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from simulation.caller import Caller
from simulation.clock import format_time
from simulation.errors import ApiError
from simulation.ids import Ids
from simulation.models import list_sensitive_members
from simulation.service_events import ServiceEvent

Spelling = Literal["camel", "pascal"]
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# Of the members that the service model marks as sensitive, Organizations is documented to mask these.
MASKED = frozenset({"Email", "AccountName"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One answered request, with what CloudTrail records of it."""

    service: str
    operation: str
    params: Mapping[str, Any]
    caller: Caller
    request_id: str
    at: datetime
    body: Mapping[str, Any]
    error: ApiError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Writes events of one Region; `spelling` and `redact` concern requests to the Account API only."""

    ids: Ids
    region: str
    spelling: Spelling
    redact: bool

    def record_call(
        self, call: ApiCall, *, recipient: str, shared_event_id: str | None = None
    ) -> dict[str, Any]:
        """The "AWS API Call via CloudTrail" event of a call in the account `recipient`."""
        detail: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": call.caller.build_user_identity(),
            "eventTime": format_time(call.at),
            "eventSource": f"{call.service}.amazonaws.com",
            "eventName": call.operation,
            "awsRegion": self.region,
            "sourceIPAddress": call.caller.source_ip,
            "userAgent": call.caller.user_agent,
            **self._build_failure(call.error),
            "requestParameters": self._build_request(call),
            "responseElements": _build_response(call),
            "requestID": call.request_id,
            "eventID": self.ids.make_uuid(),
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "eventCategory": "Management",
            "recipientAccountId": recipient,
        }
        if shared_event_id:
            detail["sharedEventID"] = shared_event_id
        return self._build_envelope("AWS API Call via CloudTrail", detail)

    def record_service_event(self, event: ServiceEvent, *, management: str) -> dict[str, Any]:
        """The "AWS Service Event via CloudTrail" event, in the management account."""
        detail = {
            "eventVersion": "1.11",
            # No type, no arn, no session: nobody called.
            "userIdentity": {"accountId": management, "invokedBy": "AWS Internal"},
            "eventTime": format_time(event.at),
            "eventSource": event.source,
            "eventName": event.name,
            "awsRegion": self.region,
            "sourceIPAddress": "AWS Internal",
            "userAgent": "AWS Internal",
            "requestParameters": None,
            "responseElements": None,
            "eventID": self.ids.make_uuid(),
            "readOnly": False,
            "eventType": "AwsServiceEvent",
            "managementEvent": True,
            "recipientAccountId": management,
            "serviceEventDetails": _convert(event.details),
            "eventCategory": "Management",
        }
        return self._build_envelope("AWS Service Event via CloudTrail", detail)

    def record_region_status(self, account: str, region: str, status: str, at: datetime) -> dict[str, Any]:
        """The "Region Opt-In Status Change" event, which the Account API sends without CloudTrail."""
        return {
            "version": "0",
            "id": self.ids.make_uuid(),
            "detail-type": "Region Opt-In Status Change",
            "source": "aws.account",
            "account": account,
            "time": format_time(at),
            "region": self.region,
            "resources": [f"arn:aws:account::{account}:account"],
            "detail": {"accountId": account, "status": status, "regionName": region},
        }

    def _build_envelope(self, detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
        return {
            "version": "0",
            "id": self.ids.make_uuid(),
            "detail-type": detail_type,
            "source": f"aws.{detail['eventSource'].partition('.')[0]}",
            "account": detail["recipientAccountId"],
            "time": detail["eventTime"],
            "region": self.region,
            "resources": [],
            "detail": detail,
        }

    def _build_failure(self, error: ApiError | None) -> dict[str, str]:
        if error is None:
            return {}
        # Real records of refused calls say AccessDenied where the wire says AccessDeniedException. Other
        # codes may differ as well (an UnknownError was seen for another service); here they are the wire's.
        code = "AccessDenied" if _is_denied(error) else error.code
        # A validation text repeats the submitted value, and the model marks it as sensitive, too.
        hidden = self.redact and error.code == "ValidationException"
        return {"errorCode": code, "errorMessage": HIDDEN if hidden else error.message}

    def _build_request(self, call: ApiCall) -> Any:
        if call.error is not None and _is_denied(call.error):
            return None
        if call.service == "account":
            hidden = list_sensitive_members("account", call.operation) if self.redact else frozenset()
            shown = {key: HIDDEN if key in hidden else value for key, value in call.params.items()}
            return shown if self.spelling == "pascal" else _to_camel_case(shown)
        # The documented sample has an empty list of tags for a request without any.
        defaults = {"Tags": ()} if call.operation == "CreateAccount" else {}
        return _to_camel_case({**defaults, **_mask(call.params)}) or None


def _is_denied(error: ApiError) -> bool:
    return error.code == "AccessDeniedException"


def _build_response(call: ApiCall) -> Any:
    """What the call returned; null for calls with an empty answer and for refused ones."""
    if call.error is not None or not call.body:
        return None
    return _convert(call.body)


def _convert(body: Mapping[str, Any]) -> Any:
    shown = {key: _mask(value) if isinstance(value, Mapping) else value for key, value in body.items()}
    if "Handshake" in shown:
        shown["Handshake"]["Action"] = shown["Handshake"]["Action"].lower()  # as in the documented sample
    return _to_camel_case(shown)


def _mask(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: "****" if key in MASKED else value for key, value in values.items()}


def _to_camel_case(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _to_camel_case(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_camel_case(item) for item in value]
    return _format_english(value) if isinstance(value, datetime) else value


def _format_english(moment: datetime) -> str:
    """Organizations writes "May 15, 2023 8:26:57 AM", whatever the locale of this machine."""
    utc = moment.astimezone(UTC)
    half = "AM" if utc.hour < 12 else "PM"  # noqa: PLR2004 - noon
    return f"{_MONTHS[utc.month - 1]} {utc.day}, {utc.year} {(utc.hour - 1) % 12 + 1}:{utc:%M:%S} {half}"
