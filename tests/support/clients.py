"""AWS clients over moto, of several accounts: made once for all tests, since making one is slow."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from localcloud.aws.repairs import remember_names

#: Otherwise botocore puts together at each call what it runs on.
PLAIN = Config(user_agent="tests")
remember_names(setattr)


@cache
def session() -> Any:
    return boto3.Session("testing", "testing")


@cache
def client_of(service: str, account: str, region: str) -> Any:
    """It holds no state: moto answers it from what is in the account while `mock_aws` is active."""
    client = session().client(service, region_name=region, config=PLAIN)

    def name_account(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["x-moto-account-id"] = account

    client.meta.events.register("before-call", name_account)
    _names[id(client)] = (service, account, region)
    return client


#: Arguments of `client_of`, by the identity of the client that it keeps.
_names: dict[int, tuple[str, str, str]] = {}


def identify(client: Any) -> tuple[str, str, str]:
    """The arguments of `client_of` that give this client."""
    return _names[id(client)]
