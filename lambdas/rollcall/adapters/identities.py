"""Both ends of the proof of a caller: signing a command, and asking AWS STS whose signature it is."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from rollcall.control.proof import (
    HEADER,
    MOST_BYTES,
    IdentityAnswer,
    IdentityRequest,
    Place,
    SignedQuery,
    hash_command,
)
from rollcall.model.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

#: For one answer of a few hundred bytes, from the same Region.
_SECONDS: Final = 5.0


class StsIdentities:
    """The port `IdentityService`. Not by an SDK, which would sign, retry and read other forms of answers.

    `endpoint` (a URL) is connected to in place of the request's own host, as the SDKs do it.
    """

    def __init__(self, *, endpoint: str | None = None, seconds: float = _SECONDS) -> None:
        self._endpoint = endpoint
        self._seconds = seconds

    def ask(self, request: IdentityRequest) -> IdentityAnswer:
        """Send exactly this request and follow no redirect; RetryableError if there is no answer in time."""
        to = urlsplit(self._endpoint or f"https://{request.host}")
        kind = HTTPConnection if to.scheme == "http" else HTTPSConnection
        connection = kind(to.netloc, timeout=self._seconds)
        headers = {"Host": request.host, HEADER: request.command, "Accept": "application/json"}
        try:
            connection.request("GET", f"/?{request.query}", headers=headers)
            return self._read(connection.getresponse())
        except (OSError, HTTPException) as error:
            raise RetryableError(f"AWS STS did not answer: {type(error).__name__}") from None
        finally:
            connection.close()

    def _read(self, response: HTTPResponse) -> IdentityAnswer:
        deadline, body = time.monotonic() + self._seconds, b""
        while len(body) <= MOST_BYTES and (part := response.read1(MOST_BYTES + 1 - len(body))):
            body += part
            if time.monotonic() > deadline:
                raise TimeoutError
        return IdentityAnswer(
            status=response.status, content_type=response.headers.get("Content-Type", ""), body=body
        )


def sign_command(
    document: Mapping[str, Any], *, execution_arn: str, credentials: Any, place: Place, now: datetime
) -> dict[str, str]:
    """The proof for a command that starts the execution of this ARN.

    `credentials` are frozen ones of botocore. The proof has no secret, and serves no other command.
    """
    date = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{place.region}/sts/aws4_request"
    query = SignedQuery(
        credential=f"{credentials.access_key}/{scope}", date=date, token=credentials.token or ""
    )
    request = AWSRequest(
        method="GET",
        url=f"https://{place.sts_host}/?{query.encode()}",
        headers={HEADER: hash_command(document, execution_arn)},
    )
    request.context["timestamp"] = date
    signer = SigV4Auth(credentials, "sts", place.region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return {
        "credential": query.credential,
        "date": date,
        "token": query.token,
        "signature": signer.signature(text, request),
    }
