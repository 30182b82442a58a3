"""The hub's secret with the address and token of the receiver."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from moto.secretsmanager.models import secretsmanager_backends

from localcloud.cloud.clients import REGION
from simulation.seeds import HUB

if TYPE_CHECKING:
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
