"""Slack as a channel: through an incoming webhook, or by a bot, which has threads.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
https://docs.slack.dev/reference/methods/chat.postMessage. Whatever Slack refuses, a person can mend: nothing
is given up before its queue does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.adapters.slack_credential import Bot, Webhook
from rollcall.alerts.block_kit import block_kit
from rollcall.errors import LaterError, RetryableError
from rollcall.levels import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.adapters.https import Answer
    from rollcall.alerts.message import Message

    Post = Callable[[str, Mapping[str, Any], Mapping[str, str]], Answer]

_OK: Final = 200
_TOO_MANY: Final = 429
#: If Slack does not say how long. Seconds.
_UNSAID_WAIT: Final = 30
_CODE = re.compile(r"[a-z_]{1,60}", re.ASCII)
#: Errors after which the credential is read again.
_STALE: Final = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}
    | {"no_service", "no_team", "invalid_token", "no_active_hooks"}
)
#: Errors about the blocks, and about the thread: the message goes without.
_BLOCKS: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_payload"}
)
_THREAD: Final = frozenset({"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"})


class Secret(Protocol):
    """Where the credential is."""

    def credential(self) -> Webhook | Bot:
        """What to post with; RetryableError if it cannot be read."""

    def forget(self) -> None:
        """It was refused."""


class SlackChannel:
    """The port `Channel`. `channel` is the id of the one that a bot posts to."""

    def __init__(self, *, post: Post, secret: Secret, channel: str) -> None:
        self._post = post
        self._secret = secret
        self._channel = channel

    def send(self, message: Message, *, thread: str | None, follows: bool) -> str | None:
        """Post one message; its name, which is that of a thread, None without a bot.

        RetryableError if it was not taken.
        """
        credential = self._secret.credential()
        body = block_kit(message, quotes=follows and (thread is None or isinstance(credential, Webhook)))
        if isinstance(credential, Webhook):
            return self._posted(credential, body)
        body |= {"channel": self._channel, "unfurl_links": False, "unfurl_media": False}
        if thread:
            # In the channel, too, where somebody would have to see it.
            body |= {"thread_ts": thread, "reply_broadcast": message.severity >= Severity.HIGH}
        return self._posted(credential, body)

    def _posted(self, credential: Webhook | Bot, body: dict[str, Any]) -> str | None:
        """Post, and once more without what was refused: a plain alert is better than none."""
        code, name = self._tried(credential, body)
        if code in _THREAD:
            body = {key: value for key, value in body.items() if key not in {"thread_ts", "reply_broadcast"}}
            code, name = self._tried(credential, body)
        if code in _BLOCKS:
            code, name = self._tried(credential, {k: value for k, value in body.items() if k != "blocks"})
        if code in _STALE:
            self._secret.forget()
        if code is not None:
            raise RetryableError(f"Slack refused: {code}")
        return name

    def _tried(self, credential: Webhook | Bot, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Slack's error code, or the name of the message; RetryableError if it may pass by itself."""
        if isinstance(credential, Webhook):
            return _of_webhook(self._post(credential.url, body, {})), None
        headers = {"Authorization": f"Bearer {credential.token}"}
        return _of_method(self._post(f"{credential.api_url}chat.postMessage", body, headers))


def _of_webhook(answer: Answer) -> str | None:
    """A webhook answers `ok`, or a word that names the error."""
    _passing(answer)
    text = answer.body.decode("utf-8", "replace").strip()
    if answer.status == _OK and text == "ok":
        return None
    return _code(text, answer)


def _of_method(answer: Answer) -> tuple[str | None, str | None]:
    """A method answers JSON with status 200, whatever became of the call."""
    _passing(answer)
    document = answer.json()
    if not isinstance(document, dict) or not isinstance(document.get("ok"), bool):
        raise RetryableError(f"Slack answered {answer.status} with something else than it documents")
    if document["ok"]:
        return None, str(document["ts"]) if document.get("ts") else None
    code = _code(str(document.get("error")), answer)
    if code in {"ratelimited", "rate_limited"}:
        raise LaterError("Slack asks to wait", seconds=_wait(answer))
    return code, None


def _passing(answer: Answer) -> None:
    if answer.status == _TOO_MANY:
        raise LaterError("Slack asks to wait", seconds=_wait(answer))
    if answer.status >= 500:  # noqa: PLR2004  # of the server, by RFC 9110
        raise RetryableError(f"Slack answered {answer.status}")


def _wait(answer: Answer) -> int:
    value = answer.headers.get("retry-after", "")
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) else _UNSAID_WAIT


def _code(text: str, answer: Answer) -> str:
    """The error, if it is a word as Slack has them: a page of HTML is none, and is not quoted."""
    if not _CODE.fullmatch(text):
        raise RetryableError(f"Slack answered {answer.status} with something else than it documents")
    return text
