"""AWS STS in memory: it knows credentials, and checks signatures of presigned requests with botocore."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from rollcall.adapters.identities import sign_command
from rollcall.control.proof import HEADER, IdentityAnswer, IdentityRequest, Place
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PLACE = Place(account=HUB, region="us-east-1")
#: Of every caller who signs here: the access key tells them apart.
KEY, SECRET, TOKEN = "ASIAEXAMPLEEXAMPLE12", "secret", "session/token+of=somebody"
MACHINE = f"arn:aws:states:us-east-1:{HUB}:execution:ControlMachine"


def make_credentials(secret: str = SECRET) -> ReadOnlyCredentials:
    """The credentials of the caller whom `MemoryIdentities` knows."""
    return ReadOnlyCredentials(KEY, secret, TOKEN)


def sign(
    document: Mapping[str, Any], *, execution: str, now: datetime, secret: str = SECRET
) -> dict[str, Any]:
    """The command with its proof, as the state machine passes it on."""
    proof = sign_command(
        document, execution_arn=execution, credentials=make_credentials(secret), place=PLACE, now=now
    )
    return {**document, "proof": proof, "execution": execution, "started": now.isoformat()}


@dataclass
class MemoryIdentities:
    """The port `IdentityService` for one caller. `answers` are given first, instead of what AWS would say."""

    arn: str
    answers: list[IdentityAnswer | Exception] = field(default_factory=list)
    asked: list[IdentityRequest] = field(default_factory=list)

    def ask(self, request: IdentityRequest) -> IdentityAnswer:
        self.asked.append(request)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if not is_signed(request):
            return refuse("SignatureDoesNotMatch")
        return accept(self.arn)


def is_signed(request: IdentityRequest) -> bool:
    """Whether the known caller signed exactly this request."""
    query, _, signature = request.query.rpartition("&X-Amz-Signature=")
    given = dict(parse_qsl(query))
    if not given["X-Amz-Credential"].startswith(f"{KEY}/"):
        return False
    if given.get("X-Amz-Security-Token") != TOKEN:
        return False
    again = AWSRequest(
        method="GET", url=f"https://{request.host}/?{query}", headers={HEADER: request.command}
    )
    again.context["timestamp"] = given["X-Amz-Date"]
    signer = SigV4Auth(make_credentials(), "sts", PLACE.region)
    found = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    return bool(found == signature)


def accept(arn: str, **more: Any) -> IdentityAnswer:
    """AWS STS's answer to a good signature."""
    result = {"Account": arn.split(":")[4], "Arn": arn, "UserId": f"AROAEXAMPLE:{arn.rpartition('/')[2]}"}
    document = {"GetCallerIdentityResponse": {"GetCallerIdentityResult": result | more}}
    return IdentityAnswer(status=200, content_type="application/json", body=json.dumps(document).encode())


def refuse(code: str, status: int = 403) -> IdentityAnswer:
    """AWS STS's answer to another one."""
    document = {"Error": {"Code": code, "Message": "no", "Type": "Sender"}, "RequestId": "1"}
    return IdentityAnswer(status=status, content_type="application/json", body=json.dumps(document).encode())
