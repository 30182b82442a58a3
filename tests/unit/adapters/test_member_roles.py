"""Sessions of members' roles: what they may do, and that each call is signed with its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from rollcall.adapters.clients import SHORT_TIMEOUTS, make_client
from rollcall.adapters.member_roles import SessionClients, make_session_policy
from rollcall.model.contact import ContactKind

if TYPE_CHECKING:
    from collections.abc import Iterator

ALTERNATE, PRIMARY = "account:GetAlternateContact", "account:GetContactInformation"


class _Body:
    def stream(self, **_: object) -> Iterator[bytes]:
        yield b'{"AlternateContact": {"Name": "Ops"}}'


@pytest.mark.parametrize(
    ("kinds", "actions"),
    [
        ([ContactKind.SECURITY, ContactKind.BILLING], [ALTERNATE]),
        ([ContactKind.PRIMARY], [PRIMARY]),
        (list(ContactKind), [ALTERNATE, PRIMARY]),
    ],
)
def test_a_session_may_do_exactly_what_is_read(kinds: list[ContactKind], actions: list[str]) -> None:
    policy = json.loads(make_session_policy("arn:aws-cn:iam::222222222222:role/x", kinds))
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "arn:aws-cn:account::222222222222:account"}
        ],
    }


def test_each_call_is_signed_with_the_credentials_of_its_session() -> None:
    own = {"aws_access_key_id": "AKIASWEEP", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = make_client("account", SHORT_TIMEOUTS, **own)
    clients = SessionClients(client)
    seen: list[tuple[str, str]] = []

    def answer(request: Any, **_: object) -> AWSResponse:
        headers = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        signed_by = headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        seen.append((signed_by, headers.get("X-Amz-Security-Token", "")))
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body())

    client.meta.events.register("before-send.account", answer)
    one, two = (
        clients({"AccessKeyId": f"ASIA{name}", "SecretAccessKey": "secret", "SessionToken": f"token {name}"})
        for name in ("ONE", "TWO")
    )
    for session in (one, two, one, client):
        session.get_alternate_contact(AlternateContactType="SECURITY")
    assert seen == [
        ("ASIAONE", "token ONE"),
        ("ASIATWO", "token TWO"),
        ("ASIAONE", "token ONE"),
        ("AKIASWEEP", ""),
    ]
