"""Clients for a person at a terminal: transient errors are retried, refusals become text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, get_code, is_transient
from rollcall_cli.text.problems import explain_credential_error, explain_organizations_error, report_exhausted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rollcall.ports import Clock

#: Seconds between attempts. botocore's own retries are off: only this module retries.
WAITS: Final = (1.0, 2.0, 4.0, 8.0)


class PatientClient:
    """A boto3 client that retries, and raises CommandError for errors that a person has to fix.

    Other errors of AWS come through: the core's adapters interpret them.
    """

    def __init__(self, client: Any, *, service: str, clock: Clock) -> None:
        self._client = client
        self._service = service
        self._clock = clock

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        method = getattr(self._client, name)

        def call_patiently(**parameters: Any) -> dict[str, Any]:
            return self._call(name, method, parameters)

        return call_patiently

    def get_paginator(self, name: str) -> PatientPages:
        """Return a paginator like botocore's that retries each page."""
        return PatientPages(getattr(self, name))

    def _call(self, name: str, method: Callable[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
        call = "".join(word.title() for word in name.split("_"))
        waits = iter(WAITS)
        while True:
            try:
                answer: dict[str, Any] = method(**parameters)
            except AWS_ERRORS as error:
                known = explain_credential_error(error)
                if known is None and self._service == "organizations":
                    known = explain_organizations_error(error, call=call)
                if known is not None:
                    raise known from error
                if not is_transient(error):
                    raise
                wait = next(waits, None)
                if wait is None:
                    full = f"{self._service}:{call}"
                    raise report_exhausted(error, call=full, attempts=len(WAITS) + 1) from error
            else:
                return answer
            self._clock.sleep(wait)


class PatientPages:
    """A paginator for operations that page by NextToken."""

    def __init__(self, method: Callable[..., dict[str, Any]]) -> None:
        self._method = method

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield every page. An empty page can have successors."""
        token: dict[str, str] = {}
        while True:
            answer = self._method(**parameters, **token)
            yield answer
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def list_all(client: Any, operation: str, key: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    """Yield the items under `key` of every page of a listing."""
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[key]


def has_account(client: Any, account_id: str) -> bool:
    """Return whether the organization has this account; ClientError if AWS does not say."""
    try:
        client.describe_account(AccountId=account_id)
    except ClientError as error:
        if get_code(error) != "AccountNotFoundException":
            raise
        return False
    return True
