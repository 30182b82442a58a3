"""The Account API (REST JSON) and the Organizations API (JSON 1.1) over HTTP, answered by the simulation."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from localcloud.access.decisions import explain_answer
from localcloud.access.principals import find_principal
from localcloud.cloud.gateway import build_response, identify_caller
from simulation.authorization import build_request
from simulation.cloudtrail import ApiCall
from simulation.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Request, Response

    from localcloud.aws.event_history import EventHistory
    from localcloud.cloud.interface import Cloud
    from simulation.caller import Caller
    from simulation.cloud import SimulatedCloud

    Hook = Callable[[Caller, dict[str, Any]], None]

#: Reads of contacts, which the Event history keeps.
_RECORDED_READS: Final = frozenset({"GetAlternateContact", "GetContactInformation"})


class Apis:
    """Both APIs. `add_hook` lets a test act between an operation's effect and its answer."""

    def __init__(self, simulated: SimulatedCloud, history: EventHistory) -> None:
        self._simulated, self._history = simulated, history
        self._hooks: dict[tuple[str, str], list[Hook]] = defaultdict(list)
        model = botocore.session.get_session().get_service_model("account")
        self._account_operations = {
            model.operation_model(name).http["requestUri"]: name for name in model.operation_names
        }

    def add_hook(self, service: str, operation: str, hook: Hook) -> Callable[[], None]:
        """Call `hook(caller, parameters)` after the operation succeeded, before the caller gets the answer.

        Returns a function that removes the hook.
        """
        self._hooks[service, operation].append(hook)
        return lambda: self._hooks[service, operation].remove(hook)

    def handle_account(self, request: Request) -> Response:
        """POST /putAlternateContact and the like; errors in x-amzn-ErrorType, the text in `message`."""
        try:
            body, request_id = self._call("account", self._account_operations.get(request.path, ""), request)
        except ApiError as error:
            headers = {"x-amzn-ErrorType": error.code}
            document = {"message": error.message} | ({"reason": error.reason} if error.reason else {})
            return build_response(document, status=error.status, request_id=error.request_id, headers=headers)
        return build_response(body, request_id=request_id)

    def handle_organizations(self, request: Request) -> Response:
        """POST / with the operation in X-Amz-Target; errors in `__type`, the text in `Message`."""
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        try:
            body, request_id = self._call("organizations", operation, request)
        except ApiError as error:
            document = {"__type": error.code, "Message": error.message}
            document |= {"Reason": error.reason} if error.reason else {}
            return build_response(document, status=error.status, request_id=error.request_id)
        return build_response(body, request_id=request_id)

    def _call(self, service: str, operation: str, request: Request) -> tuple[dict[str, Any], str]:
        caller = identify_caller(request)
        try:
            parameters = json.loads(request.get_data() or b"{}")
        except ValueError as error:
            raise ApiError("SerializationException", str(error)) from error
        denied = self._find_denial(service, operation, parameters, caller)
        try:
            response = self._simulated.call(service, operation, parameters, caller, denied=denied)
        except NotImplementedError as error:
            raise ApiError("UnknownOperationException", str(error), 404) from error
        except ApiError as error:
            self._record_read(service, operation, parameters, caller, error=error)
            raise
        self._record_read(service, operation, parameters, caller, request_id=response.request_id)
        for hook in list(self._hooks[service, operation]):
            hook(caller, parameters)
        return response.body, response.request_id

    def _find_denial(
        self, service: str, operation: str, parameters: dict[str, Any], caller: Caller
    ) -> ApiError | None:
        asked = build_request(self._simulated.organization, service, operation, parameters, caller)
        try:
            why = explain_answer(find_principal(caller), asked, self._simulated.organization)
        except NotImplementedError as error:
            why = str(error)
        if not why:
            return None
        text = f"User: {caller.arn} is not authorized to perform: {asked.action} on resource: "
        status = 403 if service == "account" else 400
        return ApiError("AccessDeniedException", f"{text}{asked.resource} {why}", status)

    def _record_read(
        self,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        caller: Caller,
        *,
        request_id: str = "",
        error: ApiError | None = None,
    ) -> None:
        """The simulation records what changes something; CloudTrail's Event history has reads, too."""
        if service != "account" or operation not in _RECORDED_READS:
            return
        call = ApiCall(
            service=service,
            operation=operation,
            params=parameters,
            caller=caller,
            request_id=request_id or (error.request_id if error else ""),
            at=self._simulated.clock.now(),
            body={},
            error=error,
        )
        self._history.add_read(call)


def install(cloud: Cloud, history: EventHistory) -> Apis:
    """Put both APIs in front of moto's own; `history` keeps what they read of contacts."""
    apis = Apis(cloud.simulation, history)
    cloud.gateway.route("account", apis.handle_account)
    cloud.gateway.route("organizations", apis.handle_organizations)
    return apis
