"""Corrections of moto's behaviour where it differs from AWS in a way that matters to deployments."""

from __future__ import annotations

import json
import threading
import time
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from moto.core import responses, utils
from moto.core.base_backend import BackendDict
from moto.core.constants import MISSING
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker
from moto.dynamodb.responses import DynamoHandler
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from localcloud.cloud.clients import make_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud.interface import Cloud


class NotModelledError(ServiceException):
    """The action is not modelled. moto's own error class would make moto look for a service named `core`."""

    code = "InvalidAction"


def install(cloud: Cloud) -> None:
    """Refuse unknown actions, leave policies of buckets to others, serialize calls to DynamoDB."""
    # moto looks for each error in the service's model, and would say on the terminal that this is in none.
    warnings.filterwarnings("ignore", message=rf"Exception\({NotModelledError.__name__}\)")
    plain_call = BaseResponse.call_action

    def call_action(self: Any) -> Any:
        try:
            return plain_call(self)
        except NotImplementedError as error:  # after a 500 every SDK would try again, for half a minute
            return self.serialized(ActionResult(NotModelledError(str(error))))

    def get_permission(*_: Any) -> Any:
        """Nothing more: the policies were asked before, and moto knows no conditions."""
        return PermissionResult.NEUTRAL

    cloud.patch(BackendDict, "__getitem__", _get_backends)
    remember_names(cloud.patch)
    cloud.patch(utils, "Session", make_session)  # to name a service in an error, moto asks one what there is
    cloud.patch(BaseResponse, "call_action", call_action)
    cloud.patch(DynamoHandler, "call_action", serialize_table_calls())
    cloud.patch(DynamoHandler, "transact_write_items", remember_transactions())
    cloud.patch(FakeBucket, "get_permission", get_permission)


def remember_names(patch: Callable[[Any, str, Any], None]) -> None:
    """Moto works out the same names at each call, which is a quarter of what one takes."""
    for name in ("camelcase_to_underscores", "method_names_from_class"):
        patch(responses, name, cache(getattr(responses, name)))
    patch(ResponseSerializer, "get_value", _remember_keys())


def _remember_keys() -> Callable[[Any, Any, str, Any], Any]:
    """A ResponseSerializer.get_value that asks once under which keys a type of objects may have a value."""
    plain = ResponseSerializer.get_value
    known: dict[tuple[Any, type, str], list[str]] = {}

    def get_value(self: Any, value: Any, key: str, shape: Any) -> Any:
        picker = self._value_picker
        # An object may have other names for its attributes, and an operation may change what is found.
        if (
            type(picker) is not XFormedAttributePicker
            or picker.response_transformers
            or hasattr(value, "Meta")
        ):
            return plain(self, value, key, shape)
        keys = known.get((shape, type(value), key))
        if keys is None:
            context = AttributePickerContext(obj=value, key=key, shape=shape)
            keys = known[shape, type(value), key] = list(dict.fromkeys(picker.get_possible_keys(context)))
        for one in keys:
            if (found := utils.get_value(value, one, MISSING)) is not MISSING:
                return found
        return None

    return get_value


_plain_get: Any = BackendDict.__getitem__


def _get_backends(self: Any, account_id: str) -> Any:
    """As moto, which compares a service with all others each time that an account of it is asked for."""
    found = self.get(account_id)
    return _plain_get(self, account_id) if found is None else found


def serialize_table_calls() -> Callable[[Any], Any]:
    """A DynamoHandler.call_action that runs one call at a time: moto's reads and writes are not atomic."""
    lock = threading.Lock()
    plain = DynamoHandler.call_action

    def call_action(self: Any) -> Any:
        with lock:
            return plain(self)

    return call_action


_REMEMBERED_SECONDS = 600.0


def remember_transactions() -> Callable[[Any], Any]:
    """A DynamoHandler.transact_write_items that writes once for each ClientRequestToken, for ten minutes.

    Source: DynamoDB API reference, TransactWriteItems.
    """
    plain = DynamoHandler.transact_write_items
    done: dict[tuple[str, str, str], tuple[float, str, Any]] = {}

    def transact_write_items(self: Any) -> Any:
        token, items = (
            self.body.get("ClientRequestToken"),
            json.dumps(self.body["TransactItems"], sort_keys=True, default=repr),
        )
        key = (self.current_account, self.region, str(token))
        at, known, answer = done.get(key, (-_REMEMBERED_SECONDS, "", None))
        if token and time.monotonic() - at < _REMEMBERED_SECONDS:
            if known == items:
                return answer
            raise IdempotentParameterMismatchError("The same token was used with other parameters.")
        answer = plain(self)
        if token:
            done[key] = time.monotonic(), items, answer
        return answer

    return transact_write_items


class IdempotentParameterMismatchError(ServiceException):
    """A token of another transaction."""

    code = "IdempotentParameterMismatchException"
