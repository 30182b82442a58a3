"""The receiver is as strict as Slack, and as broken as it is told to be."""

import http.client
import json
import urllib.error
import urllib.request

import pytest

from localcloud.slack import channels
from localcloud.slack.receiver import Mood, SlackReceiver
from tests.cloud.tools import wait_for

pytestmark = pytest.mark.cloud


@pytest.fixture
def slack(tmp_path, monkeypatch):
    monkeypatch.setattr(channels, "SECONDS_BETWEEN_MESSAGES", 0.0)
    receiver = SlackReceiver(tmp_path / "slack.jsonl")
    yield receiver
    receiver.close()


def post(url, payload, *, timeout=60.0, **headers):
    """Status, body and headers of the answer."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    kinds = {"Content-Type": "application/json; charset=utf-8"} | headers
    request = urllib.request.Request(url, data=body, headers=kinds)  # noqa: S310 -- the receiver's own address
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 -- the same
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def call(slack, payload, *, token=None):
    answer = post(
        f"{slack.api_url}chat.postMessage",
        {"channel": slack.channel} | payload,
        Authorization=f"Bearer {token or slack.token}",
    )
    return answer[0], json.loads(answer[1]), answer[2]


def section(text="words", **more):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def header(text):
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def test_a_message_to_the_webhook_is_kept_and_written_down(slack):
    blocks = [header("An alert"), section(), {"type": "divider"}]
    assert post(slack.webhook_url, {"text": "An alert", "blocks": blocks})[:2] == (200, b"ok")
    (message,) = slack.list_messages()
    assert (message.text, list(message.blocks)) == ("An alert", blocks)
    assert json.loads(slack.channels.path.read_text())["blocks"] == blocks


def test_a_thread_is_answered_by_the_name_of_its_first_message(slack):
    _, first, _ = call(slack, {"text": "opened"})
    _, second, _ = call(slack, {"text": "closed", "thread_ts": first["ts"]})
    assert first["ok"]
    assert second["ok"]
    assert [message.thread_ts for message in slack.list_messages()] == [None, first["ts"]]
    assert call(slack, {"text": "closed", "thread_ts": "1.2"})[1]["error"] == "thread_not_found"


def test_a_wrong_token_channel_or_address_is_refused(slack):
    _, document, _ = call(slack, {"text": "x"}, token="other")  # noqa: S106 -- the wrong one
    assert (document["ok"], document["error"]) == (False, "invalid_auth")
    assert call(slack, {"text": "x", "channel": "C0"})[1]["error"] == "channel_not_found"
    assert post(slack.webhook_url + "x", {"text": "x"})[:2] == (404, b"no_service")
    assert not slack.list_messages()


def test_no_more_than_one_message_a_second_in_a_channel(slack, monkeypatch):
    monkeypatch.setattr(channels, "SECONDS_BETWEEN_MESSAGES", 60.0)
    assert call(slack, {"text": "one"})[1]["ok"]
    status, document, headers = call(slack, {"text": "two"})
    assert (status, document["error"], headers["Retry-After"]) == (429, "ratelimited", "60")
    status, _, headers = post(slack.webhook_url, {"text": "two"})
    assert (status, headers["Retry-After"]) == (429, "60")
    assert [message.text for message in slack.list_messages()] == ["one"]


FULL = [
    header("x" * 150),
    section("y" * 3000, block_id="one"),
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "f"}] * 10},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}] * 10},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Runbook"},
                "url": "https://example.com",
            }
        ],
    },
]


def test_what_is_just_within_the_limits_is_taken(slack):
    assert call(slack, {"text": "x" * 40_000, "blocks": FULL})[1]["ok"]
    assert call(slack, {"text": "x", "blocks": [{"type": "divider"}] * 50})[1]["ok"]


@pytest.mark.parametrize(
    ("payload", "code", "told"),
    [
        ({"blocks": FULL}, "no_text", ""),
        ({"text": " "}, "no_text", ""),
        ({"text": "x" * 40_001}, "msg_too_long", ""),
        ({"text": "x", "colour": "red"}, "invalid_payload", "known are"),
        ({"text": "x", "blocks": {}}, "invalid_blocks_format", ""),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks", "no more than 50"),
        ({"text": "x", "blocks": [section("y" * 3001)]}, "invalid_blocks", "less than 3001"),
        ({"text": "x", "blocks": [section("")]}, "invalid_blocks", "more than 0"),
        ({"text": "x", "blocks": [header("y" * 151)]}, "invalid_blocks", "less than 151"),
        ({"text": "x", "blocks": [section() | {"type": "header"}]}, "invalid_blocks", "unsupported type"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks", "text or fields"),
        ({"text": "x", "blocks": [{"type": "table"}]}, "invalid_blocks", "unsupported type: table"),
        ({"text": "x", "blocks": [section(colour="red")]}, "invalid_blocks", "no more properties"),
        ({"text": "x", "blocks": [section(block_id="a")] * 2}, "invalid_blocks", "already exists"),
        (
            {"text": "x", "blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "f"}] * 11}]},
            "invalid_blocks",
            "1 to 10 items",
        ),
        (
            {
                "text": "x",
                "blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "f" * 2001}]}],
            },
            "invalid_blocks",
            "less than 2001",
        ),
        (
            {"text": "x", "blocks": [{"type": "context", "elements": [{"type": "button"}]}]},
            "invalid_blocks",
            "/blocks/0/elements/0/type",
        ),
        ({"text": "x", "blocks": [section("y" * 2999)] * 4}, "msg_blocks_too_long", ""),
    ],
)
def test_what_slack_refuses_is_refused_by_name(slack, payload, code, told):
    _, document, _ = call(slack, payload)
    assert document["error"] == code
    assert told in " ".join(document["response_metadata"]["messages"])
    assert post(slack.webhook_url, payload)[:2] == (400, code.encode())
    assert not slack.list_messages()


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
def test_what_is_no_message_at_all_is_refused(slack, body):
    assert post(slack.webhook_url, body)[:2] == (400, b"invalid_payload")


def test_only_json_is_read(slack):
    answer = post(slack.webhook_url, {"text": "x"}, **{"Content-Type": "text/plain"})
    assert answer[:2] == (400, b"invalid_payload")


def test_it_is_down_slow_broken_or_hidden_behind_a_page_when_told(slack):
    slack.mood = Mood.DOWN
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        post(slack.webhook_url, {"text": "x"})
    slack.mood = Mood.SLOW
    with pytest.raises(TimeoutError):
        post(slack.webhook_url, {"text": "x"}, timeout=0.2)
    slack.mood = Mood.ERROR
    assert post(slack.webhook_url, {"text": "x"})[0] == 500
    slack.mood = Mood.HTML
    status, body, headers = post(slack.webhook_url, {"text": "x"})
    assert (status, headers["Content-Type"]) == (200, "text/html")
    assert body.startswith(b"<!DOCTYPE html>")
    slack.mood = Mood.WELL
    assert post(slack.webhook_url, {"text": "at last"})[0] == 200
    # Who gave up waiting cannot know it, but an answer that is late may still be a message that was posted.
    assert "at last" in {message.text for message in slack.list_messages()}


def test_the_local_cloud_has_one_that_writes_beside_the_mails(cloud):
    # It takes one message a second, and another test may just have sent one.
    wait_for(lambda: post(cloud.slack.webhook_url, {"text": "hello"})[0] == 200)
    assert "hello" in (cloud.run_dir / "slack.jsonl").read_text()
