"""How to reach Slack, out of Secrets Manager: an incoming webhook, or a bot's token."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError

_API_URL = "https://slack.com/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Posts to the one channel that it was made for. Who knows the URL may post."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Posts to any channel that it was invited to, and into threads. `api_url` ends in a slash."""

    token: str = field(repr=False)
    api_url: str = _API_URL


class SlackSecret:
    """Reads the secret once, and again after it was refused: it may have been rotated."""

    def __init__(self, *, client: Any, secret_arn: str) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._known: Webhook | Bot | None = None

    def credential(self) -> Webhook | Bot:
        """What the secret holds; RetryableError if it cannot be read or holds something else."""
        if self._known is None:
            try:
                answer = self._client.get_secret_value(SecretId=self._secret_arn)
            except AWS_ERRORS as error:
                raise RetryableError(f"the secret cannot be read: {code_of(error)}") from None
            self._known = parse(answer.get("SecretString") or "")
        return self._known

    def forget(self) -> None:
        """Read it again the next time."""
        self._known = None


def parse(secret: str) -> Webhook | Bot:
    """The URL or the token as it is, or JSON with `webhook_url`, or with `bot_token` and maybe `api_url`."""
    text = secret.strip()
    if text.startswith("https://"):
        return Webhook(url=text)
    if text.startswith("xoxb-"):
        return Bot(token=text)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        if isinstance(document.get("webhook_url"), str):
            return Webhook(url=document["webhook_url"])
        if isinstance(document.get("bot_token"), str):
            return Bot(token=document["bot_token"], api_url=str(document.get("api_url") or _API_URL))
    raise RetryableError("the secret holds neither a webhook's URL nor a bot's token")
