"""An incoming webhook and chat.postMessage over HTTP on loopback.

Sources: docs.slack.dev, "Sending messages using incoming webhooks", "chat.postMessage" and "Rate limits";
the webhook's errors from Slack's change log of 2016-05-17.
"""

from __future__ import annotations

import contextlib
import enum
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from localcloud.slack.channels import PostedMessage, SlackChannels
from localcloud.slack.schema import SlackError, find_error

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

    Answer = tuple[int, bytes, dict[str, str]]

_WEBHOOK = "/services/T00LOCAL/B00ALERTS/forTheLocalCloudOnly0000"
_CHANNEL = "C00ALERTS"
_TOKEN = "xoxb-for-the-local-cloud-only"  # noqa: S105 -- opens only this receiver
_OF_BOTH = {"text", "blocks", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media", "metadata"}
_OF_WEBHOOK = frozenset(_OF_BOTH)
_OF_METHOD = frozenset(_OF_BOTH | {"channel", "reply_broadcast", "username", "icon_emoji"})
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_PAGE = b"<!DOCTYPE html><html><body>We are having a moment.</body></html>"


class Mood(enum.Enum):
    """How the receiver answers: as Slack does, or with a failure."""

    WELL = "well"
    DOWN = "down"  # hangs up without an answer
    SLOW = "slow"  # answers only when the mood has changed
    ERROR = "error"  # 500
    HTML = "html"  # a page with status 200, as a proxy sends


_BAD_DAYS: dict[Mood, Answer] = {
    Mood.ERROR: (500, b"rollup_error", {}),
    Mood.HTML: (200, _PAGE, {"Content-Type": "text/html"}),
}


class SlackReceiver:
    """Listens until `close`; `mood` may change at any time, `channels` hold what was posted.

    `webhook_url`, or `api_url` with `token` and `channel`, are the ways in.
    """

    token, channel = _TOKEN, _CHANNEL

    def __init__(self, path: Path) -> None:
        self.channels = SlackChannels(path)
        self.requests = 0
        self._mood = Mood.WELL
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="slack").start()
        base = f"http://127.0.0.1:{self._server.server_port}"
        self.webhook_url, self.api_url = base + _WEBHOOK, f"{base}/api/"

    @property
    def mood(self) -> Mood:
        """How it answers now."""
        return self._mood

    @mood.setter
    def mood(self, mood: Mood) -> None:
        with self._changed:
            self._mood = mood
            self._changed.notify_all()

    def list_messages(self) -> list[PostedMessage]:
        """All messages so far."""
        return self.channels.list_messages()

    def close(self) -> None:
        """Stop listening, and end requests that wait."""
        self.mood = Mood.DOWN
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, headers: Message, body: bytes) -> Answer | None:
        """The answer to a POST, None to close the connection without one."""
        self.requests += 1
        with self._changed:
            self._changed.wait_for(lambda: self._mood is not Mood.SLOW)
            mood = self._mood
        if mood is not Mood.WELL:
            return _BAD_DAYS.get(mood)
        payload = None
        if headers.get_content_type() == "application/json":
            with contextlib.suppress(ValueError):
                payload = json.loads(body)
        if path == "/api/chat.postMessage":
            return self._answer_method(headers.get("Authorization", ""), payload)
        return self._answer_webhook(path, payload)

    def _answer_webhook(self, path: str, payload: Any) -> Answer:
        """Answer a post to the webhook with one word, as Slack does."""
        if path != _WEBHOOK:
            return 404, b"no_service", {}
        posted = find_error(payload, keys=_OF_WEBHOOK) or self._post(self.channel, payload)
        if isinstance(posted, int):
            return 429, b"rate_limited", {"Retry-After": str(posted)}
        return (400, posted.code.encode(), {}) if isinstance(posted, SlackError) else (200, b"ok", {})

    def _answer_method(self, authorization: str, payload: Any) -> Answer:
        """Answer chat.postMessage with a JSON document, refusals included."""
        fault = self._check_access(authorization, payload) or find_error(payload, keys=_OF_METHOD)
        posted = fault or self._post(payload["channel"], payload)
        if isinstance(posted, int):
            return 429, _encode(ok=False, error="ratelimited"), _JSON | {"Retry-After": str(posted)}
        if isinstance(posted, SlackError):
            detail = {"messages": [f"[ERROR] {message}" for message in posted.messages]}
            return 200, _encode(ok=False, error=posted.code, response_metadata=detail), _JSON
        message = {"type": "message", "text": posted.text, "ts": posted.ts}
        return 200, _encode(ok=True, channel=posted.channel, ts=posted.ts, message=message), _JSON

    def _check_access(self, authorization: str, payload: Any) -> SlackError | None:
        if authorization != f"Bearer {self.token}":
            return SlackError(code="invalid_auth" if authorization else "not_authed")
        channel = payload.get("channel") if isinstance(payload, dict) else None
        return None if channel == self.channel else SlackError(code="channel_not_found")

    def _post(self, channel: str, payload: dict[str, Any]) -> PostedMessage | SlackError | int:
        thread = payload.get("thread_ts")
        if thread is not None and not self.channels.has_message(channel, thread):
            return SlackError(code="thread_not_found")
        return self.channels.post(channel, payload)


def _encode(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def _make_handler(receiver: SlackReceiver) -> type[BaseHTTPRequestHandler]:
    class Slack(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = receiver.answer(self.path, self.headers, body)
            self.close_connection = answer is None
            if answer is None:
                return
            status, content, headers = answer
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Slack
