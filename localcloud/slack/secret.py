"""The hub's secret with the address and token of the receiver, and the check of who may read it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Final

from moto.secretsmanager.models import secretsmanager_backends

from localcloud.aws.permissions import explain_refusal
from localcloud.cloud.clients import REGION
from localcloud.cloud.gateway import build_response, identify_caller
from rollcall_policies import AccessRequest
from simulation.seeds import HUB

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from localcloud.cloud.interface import Cloud
    from localcloud.slack.receiver import SlackReceiver

_NAME = "rollcall/slack"
#: What the demo's configuration names; AWS, and moto, would add other six characters each time.
SECRET_ARN: Final = f"arn:aws:secretsmanager:{REGION}:{HUB}:secret:{_NAME}-l0Ca1A"


def install(cloud: Cloud, receiver: SlackReceiver) -> None:
    """Put the bot's token and the receiver's address into the hub's Secrets Manager."""
    text = json.dumps({"bot_token": receiver.token, "api_url": receiver.api_url})
    cloud.clients.client("secretsmanager", HUB).create_secret(Name=_NAME, SecretString=text)
    secretsmanager_backends[HUB][REGION].secrets[_NAME].arn = SECRET_ARN
    cloud.gateway.route("secretsmanager", _guard)


def _guard(request: Request) -> Response | None:
    """Refuse a deployed role that may not read it. moto answers all else."""
    body = request.get_data()
    request.environ["wsgi.input"] = io.BytesIO(body)  # moto reads it again
    operation, parameters = (
        request.headers.get("X-Amz-Target", "").rpartition(".")[2],
        json.loads(body or b"{}"),
    )
    secret = str(parameters.get("SecretId", "*"))
    asked = AccessRequest(action=f"secretsmanager:{operation}", resource=secret, context={})
    denied = explain_refusal(identify_caller(request).arn, asked)
    return (
        build_response({"__type": "AccessDeniedException", "Message": denied}, status=400) if denied else None
    )
