"""Clients for a person at a terminal: busy answers are tried again, refusals become words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS, is_transient
from rollcall_cli.text.problems import credential_error, exhausted, organizations_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rollcall.ports import Clock

#: Seconds between attempts. The composition root switches botocore's own retries off: one place waits.
WAITS: Final = (1.0, 2.0, 4.0, 8.0)


class PatientClient:
    """A boto3 client whose calls raise CommandError where the person at the terminal must do something.

    Other errors of AWS come through as they are: what they mean is for the core's adapters to say.
    """

    def __init__(self, client: Any, *, service: str, clock: Clock) -> None:
        self._client = client
        self._service = service
        self._clock = clock

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        method = getattr(self._client, name)

        def patiently(**parameters: Any) -> dict[str, Any]:
            return self._attempt(name, method, parameters)

        return patiently

    def get_paginator(self, name: str) -> Pages:
        """Pages as botocore's paginator gives them, each asked for patiently."""
        return Pages(getattr(self, name))

    def _attempt(self, name: str, method: Callable[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
        call = "".join(word.title() for word in name.split("_"))
        waits = iter(WAITS)
        while True:
            try:
                answer: dict[str, Any] = method(**parameters)
            except AWS_ERRORS as error:
                known = credential_error(error)
                if known is None and self._service == "organizations":
                    known = organizations_error(error, call=call)
                if known is not None:
                    raise known from error
                if not is_transient(error):
                    raise
                wait = next(waits, None)
                if wait is None:
                    full = f"{self._service}:{call}"
                    raise exhausted(error, call=full, attempts=len(WAITS) + 1) from error
            else:
                return answer
            self._clock.sleep(wait)


class Pages:
    """The listing operations of AWS Organizations, which all page by NextToken."""

    def __init__(self, method: Callable[..., dict[str, Any]]) -> None:
        self._method = method

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Page after page; an empty one may have successors."""
        token: dict[str, str] = {}
        while True:
            answer = self._method(**parameters, **token)
            yield answer
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}
