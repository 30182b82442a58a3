"""AWS clients over moto, of several accounts: made once for all tests, since making one is slow."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto import backend_index, backends
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import normalize_request
from moto.core.utils import get_equivalent_url_in_aws_domain
from werkzeug.exceptions import HTTPException

from localcloud.aws.repairs import remember_names

if TYPE_CHECKING:
    from collections.abc import Callable

#: Otherwise botocore puts together at each call what it runs on.
PLAIN = Config(user_agent="tests")
remember_names(setattr)


@cache
def session() -> Any:
    return boto3.Session("testing", "testing")


@cache
def client_of(service: str, account: str, region: str) -> Any:
    """It holds no state: moto answers it from what is in the account while `mock_aws` is active."""
    client = leave_unsigned(session().client(service, region_name=region, config=PLAIN))

    def name_account(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["x-moto-account-id"] = account

    client.meta.events.register("before-call", name_account)
    _names[id(client)] = (service, account, region)
    return client


def leave_unsigned(client: Any) -> Any:
    """The client, whose requests only say what they would be signed for: moto checks no signature.

    Those to S3 are signed: how a body is sent goes with it.
    """
    if client.meta.service_model.service_name == "s3":
        return client

    def say(request: Any, **_: Any) -> None:
        region = request.context.get("signing", {}).get("region", client.meta.region_name)
        name = client.meta.service_model.signing_name
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential=testing/20260101/{region}/{name}/aws4_request"
        )

    event = f"request-created.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.unregister(event, client._request_signer.handler)
    client.meta.events.register(event, say)
    return client


@lru_cache(maxsize=4096)
def _find_handler(url: str) -> Callable[..., Any] | None:
    """What answers in moto, which would look through 200 services, and all addresses of one, at each call."""
    parsed, _ = get_equivalent_url_in_aws_domain(url)
    clean = f"{parsed.scheme}://{parsed.netloc}{parsed.path}"
    for service, pattern in backend_index.backend_url_patterns:
        if pattern.match(clean):
            get_backend: Any = backends.get_backend  # its stubs want a literal service name
            regions = get_backend(service)[DEFAULT_ACCOUNT_ID]
            found: Any = regions["us-east-1"] if "us-east-1" in regions else regions["aws"]
            for address, handler in found.urls.items():
                if re.match(address, clean):
                    return handler
    return None


_plain_process = BotocoreStubber.process_request


def _process(self: BotocoreStubber, request: Any) -> Any:
    handler = _find_handler(request.url.partition("?")[0])
    if handler is None:
        return _plain_process(self, request)
    normalized = normalize_request(request)
    try:
        return handler(normalized, normalized.raw_url, normalized.headers)
    except HTTPException as error:
        return error.code, error.get_headers(), error.get_body()


setattr(BotocoreStubber, "process_request", _process)  # noqa: B010  # its types say it is none of theirs


#: Arguments of `client_of`, by the identity of the client that it keeps.
_names: dict[int, tuple[str, str, str]] = {}


def identify(client: Any) -> tuple[str, str, str]:
    """The arguments of `client_of` that give this client."""
    return _names[id(client)]
