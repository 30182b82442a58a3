"""One POST over HTTPS, with the standard library: the functions bring no HTTP client of their own."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds for the connection, and again for each wait for the answer.
TIMEOUT_SECONDS = 2.5
#: No answer that we understand is longer. Bytes.
_LONGEST_ANSWER = 65_536
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON, None if it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def post_json(url: str, document: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    """Post a document, following no redirection. RetryableError if there is no answer.

    The text of an error never holds the URL, whose path may be a secret. Without TLS only to this very
    machine, which is how the local cloud listens.
    """
    address = urlsplit(url)
    host = address.hostname or ""
    if address.scheme != "https" and not (address.scheme == "http" and host in _LOOPBACK):
        raise RetryableError("the address in the secret is no https URL")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    more: dict[str, Any] = {"context": ssl.create_default_context()} if address.scheme == "https" else {}
    path = address.path + (f"?{address.query}" if address.query else "")
    kinds = {"Content-Type": "application/json; charset=utf-8", **headers}
    try:
        connection = kind(host, address.port, timeout=TIMEOUT_SECONDS, **more)
        try:
            connection.request("POST", path, json.dumps(document).encode(), kinds)
            response = connection.getresponse()
            body = response.read(_LONGEST_ANSWER)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RetryableError(f"no answer: {type(error).__name__}") from None
    found = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=found, body=body)
