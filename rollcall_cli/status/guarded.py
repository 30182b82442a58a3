"""Clients of the hub whose refusals name the role that may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.model.well_known import OPERATOR_ROLE_NAME, READER_ROLE_NAME
from rollcall_cli.text.problems import DENIED_CODES, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Policies call this service otherwise than the SDK does.
_PREFIXES: Final = {"stepfunctions": "states"}
_OPERATORS: Final = frozenset({"start_execution", "describe_execution"})
_FIXES: Final = {
    True: f"assume the role {OPERATOR_ROLE_NAME} of the hub, which wants a second factor (docs/cli.md)",
    False: f"assume the role {READER_ROLE_NAME} or {OPERATOR_ROLE_NAME} of the hub (docs/cli.md)",
}


class GuardedClient:
    """A patient client that raises CommandError where AWS says that the caller may not."""

    def __init__(self, client: Any, *, service: str) -> None:
        self._client = client
        self._service = service

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def guarded(**parameters: Any) -> Any:
            try:
                return method(**parameters)
            except ClientError as error:
                if get_code(error) not in DENIED_CODES:
                    raise
                service = _PREFIXES.get(self._service, self._service)
                problem = f"the credentials may not call {service}:{error.operation_name}"
                raise CommandError(problem, fix=_FIXES[name in _OPERATORS]) from error

        return guarded
