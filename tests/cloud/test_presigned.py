"""A presigned GetCallerIdentity is answered as AWS STS answers it: who signed it, or a refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

import pytest

from rollcall.adapters.identities import StsIdentities, sign_command
from rollcall.control.commands import ProvenCaller
from rollcall.control.proof import HEADER, Place, UnprovenError, build_request, read_answer
from tests.cloud.tools import unique

pytestmark = pytest.mark.cloud
HUB = "333333333333"
PLACE = Place(account=HUB, region="us-east-1")
RUN = f"arn:aws:states:us-east-1:{HUB}:execution:ControlMachine:pause-1"
PAUSE = {"operation": "pause", "reason": "migration"}


def session(cloud, name="ann"):
    keys = cloud.clients.get_credentials(HUB, role="rollcall-operator", session=name)
    return SimpleNamespace(
        access_key=keys.access_key_id, secret_key=keys.secret_access_key, token=keys.session_token
    )


def signed(credentials, now=None, document=PAUSE, place=PLACE) -> dict[str, Any]:
    now = now or datetime.now(UTC)
    proof = sign_command(document, execution_arn=RUN, credentials=credentials, place=place, now=now)
    return {**document, "execution": RUN, "proof": proof}


def ask(cloud, document, now=None, place=PLACE):
    request = build_request(document, place, now or datetime.now(UTC))
    return read_answer(StsIdentities(endpoint=cloud.endpoint).ask(request))


def test_a_session_and_a_user_are_who_they_are(cloud):
    caller = ask(cloud, signed(session(cloud)))
    assert caller.arn == f"arn:aws:sts::{HUB}:assumed-role/rollcall-operator/ann"
    assert caller.user_id.endswith(":ann")
    iam, name = cloud.clients.client("iam", HUB), unique("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    user = SimpleNamespace(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], token=None)
    found = ask(cloud, signed(user))
    assert isinstance(found, ProvenCaller)
    assert found.arn == arn


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("secret_key", "guessed", "SignatureDoesNotMatch"),
        ("token", "guessed", "InvalidClientTokenId"),
        ("access_key", "ASIAEXAMPLEEXAMPLE34", "InvalidClientTokenId"),
    ],
)
def test_guessed_credentials_are_refused(cloud, part, value, code):
    credentials = session(cloud)
    setattr(credentials, part, value)
    with pytest.raises(UnprovenError, match=code):
        ask(cloud, signed(credentials))


@pytest.mark.parametrize("change", [{"reason": "mine"}, {"operation": "unpause"}, {"execution": f"{RUN}2"}])
def test_an_altered_command_is_refused(cloud, change):
    with pytest.raises(UnprovenError, match="SignatureDoesNotMatch"):
        ask(cloud, signed(session(cloud)) | change)


def test_it_expires_by_the_clock_of_sts(cloud):
    """Whatever our own clock says: here it is half an hour late."""
    then = datetime.now(UTC) - timedelta(minutes=16)
    with pytest.raises(UnprovenError, match="SignatureDoesNotMatch"):
        ask(cloud, signed(session(cloud), now=then), now=then)


def test_another_regions_sts_does_not_take_it(cloud):
    place = Place(account=HUB, region="eu-west-1")
    credentials = session(cloud)
    assert ask(cloud, signed(credentials, place=place), place=place)
    request = build_request(signed(credentials, place=place), place, datetime.now(UTC))
    assert get(cloud, request.query, Host="sts.us-east-1.amazonaws.com") == (403, "SignatureDoesNotMatch")


def get(cloud, query, method="GET", **headers):
    """The status and the error code of a raw request with our header."""
    connection = HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request(method, f"/?{query}", headers={"Accept": "application/json", **headers})
    answer = connection.getresponse()
    body = json.loads(answer.read() or b"{}")
    return answer.status, body.get("Error", {}).get("Code")


def test_doubled_parameters_further_headers_and_other_requests_are_refused(cloud):
    request = build_request(signed(session(cloud)), PLACE, datetime.now(UTC))
    headers = {"Host": request.host, HEADER: request.command}
    assert get(cloud, request.query, **headers) == (200, None)
    doubled = f"{request.query}&X-Amz-Date=20990101T000000Z"
    assert get(cloud, doubled, **headers) == (403, "IncompleteSignature")
    assert get(cloud, request.query, **headers, **{"X-Amz-Target": "x"})[0] == 403
    assert get(cloud, request.query, Host=request.host) == (403, "SignatureDoesNotMatch")
    for other in ("Action=AssumeRole", "Action=GetSessionToken"):
        changed = request.query.replace("Action=GetCallerIdentity", other)
        assert get(cloud, changed, **headers)[0] == 403
    assert get(cloud, request.query, method="POST", **headers)[0] == 403
    unsigned = request.query.replace("%3Bx-rollcall-command", "")
    assert get(cloud, unsigned, **headers) == (403, "SignatureDoesNotMatch")
