"""Slack as a channel: a webhook, or a bot, which has threads. `notify/block_kit` makes what is posted."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.model.errors import LaterError, RetryableError
from rollcall.model.levels import Severity
from rollcall.notify.block_kit import render_block_kit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.notify.message import Message

    Post = Callable[[str, Mapping[str, Any], Mapping[str, str]], "HttpAnswer"]

#: Seconds for the connection, and again for each wait for the answer.
TIMEOUT_SECONDS = 2.5
#: No answer that we understand is longer. Bytes.
_LONGEST_ANSWER = 65_536
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def post_json(url: str, document: Mapping[str, Any], headers: Mapping[str, str]) -> HttpAnswer:
    """Post a document, following no redirection. RetryableError if there is no answer.

    The text of an error never holds the URL, whose path may be a secret. Without TLS only to this very
    machine, which is how the local cloud listens.
    """
    address = urlsplit(url)
    host = address.hostname or ""
    if address.scheme != "https" and not (address.scheme == "http" and host in _LOOPBACK):
        raise RetryableError("the address in the secret is no https URL")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    more: dict[str, Any] = {"context": ssl.create_default_context()} if address.scheme == "https" else {}
    path = address.path + (f"?{address.query}" if address.query else "")
    kinds = {"Content-Type": "application/json; charset=utf-8", **headers}
    try:
        connection = kind(host, address.port, timeout=TIMEOUT_SECONDS, **more)
        try:
            connection.request("POST", path, json.dumps(document).encode(), kinds)
            response = connection.getresponse()
            body = response.read(_LONGEST_ANSWER)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RetryableError(f"no answer: {type(error).__name__}") from None
    found = {name.lower(): value for name, value in response.getheaders()}
    return HttpAnswer(status=response.status, headers=found, body=body)


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

    def get_credential(self) -> Webhook | Bot:
        """What the secret holds; RetryableError if it cannot be read or holds something else."""
        if self._known is None:
            try:
                answer = self._client.get_secret_value(SecretId=self._secret_arn)
            except AWS_ERRORS as error:
                raise RetryableError(f"the secret cannot be read: {get_code(error)}") from None
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

    def get_credential(self) -> Webhook | Bot:
        """What to post with; RetryableError if it cannot be read."""

    def forget(self) -> None:
        """It was refused."""


class SlackChannel:
    """The port `Channel`. `channel` is the id of the one that a bot posts to.

    `mention` is who is notified of CRITICAL alerts, but not of each message of a notice that goes on.
    """

    #: Of the 12,000 characters that all blocks may have, with room for facts and escapes.
    longest = 3500

    def __init__(self, *, post: Post, secret: Secret, channel: str, mention: str | None = None) -> None:
        self._post = post
        self._secret = secret
        self._channel = channel
        self._mention = mention

    def send(self, message: Message, *, thread: str | None, follows: bool) -> str | None:
        """Post one message; its name, which is that of a thread, None without a bot. RetryableError."""
        credential = self._secret.get_credential()
        again = follows and message.update is not None
        body = render_block_kit(
            message,
            quotes=follows and (thread is None or isinstance(credential, Webhook)),
            mention=self._mention if message.severity is Severity.CRITICAL and not again else None,
        )
        if isinstance(credential, Webhook):
            return self._deliver(credential, body)
        body |= {"channel": self._channel, "unfurl_links": False, "unfurl_media": False}
        if thread:
            # In the channel, too, where somebody would have to see it.
            body |= {"thread_ts": thread, "reply_broadcast": message.severity >= Severity.HIGH}
        return self._deliver(credential, body)

    def _deliver(self, credential: Webhook | Bot, body: dict[str, Any]) -> str | None:
        """Post, and once more without what was refused: a plain alert is better than none."""
        code, name = self._try_to_post(credential, body)
        if code in _THREAD:
            body = {key: value for key, value in body.items() if key not in {"thread_ts", "reply_broadcast"}}
            code, name = self._try_to_post(credential, body)
        if code in _BLOCKS:
            code, name = self._try_to_post(
                credential, {k: value for k, value in body.items() if k != "blocks"}
            )
        if code in _STALE:
            self._secret.forget()
        if code is not None:
            raise RetryableError(f"Slack refused: {code}")
        return name

    def _try_to_post(
        self, credential: Webhook | Bot, body: Mapping[str, Any]
    ) -> tuple[str | None, str | None]:
        """Slack's error code, or the name of the message; RetryableError if it may pass by itself."""
        if isinstance(credential, Webhook):
            return _read_webhook_answer(self._post(credential.url, body, {})), None
        headers = {"Authorization": f"Bearer {credential.token}"}
        return _read_method_answer(self._post(f"{credential.api_url}chat.postMessage", body, headers))


def _read_webhook_answer(answer: HttpAnswer) -> str | None:
    """A webhook answers `ok`, or a word that names the error."""
    _is_passing(answer)
    text = answer.body.decode("utf-8", "replace").strip()
    if answer.status == _OK and text == "ok":
        return None
    return _read_code(text, answer)


def _read_method_answer(answer: HttpAnswer) -> tuple[str | None, str | None]:
    """A method answers JSON with status 200, whatever became of the call."""
    _is_passing(answer)
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("ok"), bool):
        raise RetryableError(f"Slack answered {answer.status} with something else than it documents")
    if document["ok"]:
        return None, str(document["ts"]) if document.get("ts") else None
    code = _read_code(str(document.get("error")), answer)
    if code in {"ratelimited", "rate_limited"}:
        raise LaterError("Slack asks to wait", seconds=_wait(answer))
    return code, None


def _is_passing(answer: HttpAnswer) -> None:
    if answer.status == _TOO_MANY:
        raise LaterError("Slack asks to wait", seconds=_wait(answer))
    if answer.status >= 500:  # noqa: PLR2004  # of the server, by RFC 9110
        raise RetryableError(f"Slack answered {answer.status}")


def _wait(answer: HttpAnswer) -> int:
    value = answer.headers.get("retry-after", "")
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) else _UNSAID_WAIT


def _read_code(text: str, answer: HttpAnswer) -> str:
    """The error, if it is a word as Slack has them: a page of HTML is none, and is not quoted."""
    if not _CODE.fullmatch(text):
        raise RetryableError(f"Slack answered {answer.status} with something else than it documents")
    return text
