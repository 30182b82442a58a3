"""The real adapter against the receiver, which is as strict as Slack and as broken as it is told to be."""

import json
import socket

import pytest

from localcloud.slack import channels
from localcloud.slack.receiver import Mood, SlackReceiver
from rollcall.adapters import slack as https
from rollcall.adapters.slack import Bot, SlackChannel, Webhook, post_json
from rollcall.model.errors import LaterError, RetryableError
from rollcall.notify.notifier import read_event
from rollcall.outcomes.documents import build_incident_document
from rollcall.outcomes.notices import build_notice_document
from tests.functions.notice_samples import NOTICES
from tests.support.golden_incidents import INCIDENTS
from tests.support.samples import LINKS, MANAGEMENT, NOW, message

pytestmark = pytest.mark.cloud
#: Nobody waits that long for a receiver on this machine, however busy it is.
PATIENT_SECONDS = 60.0


@pytest.fixture
def slack(tmp_path, monkeypatch):
    monkeypatch.setattr(channels, "SECONDS_BETWEEN_MESSAGES", 0.0)
    monkeypatch.setattr(https, "TIMEOUT_SECONDS", PATIENT_SECONDS)
    receiver = SlackReceiver(tmp_path / "slack.jsonl")
    yield receiver
    receiver.close()


class Held:
    """A secret that was read."""

    def __init__(self, held):
        self.held = held

    def get_credential(self):
        return self.held

    def forget(self):
        """Nothing else is there to be read."""


def by_webhook(slack):
    return SlackChannel(post=post_json, secret=Held(Webhook(url=slack.webhook_url)), channel="none")


def by_bot(slack):
    bot = Bot(token=slack.token, api_url=slack.api_url)
    return SlackChannel(post=post_json, secret=Held(bot), channel=slack.channel)


WAYS = pytest.mark.parametrize("way", [by_webhook, by_bot])


def test_every_alert_is_taken(slack):
    documents = [
        build_incident_document(one, management_account=MANAGEMENT, at=NOW) for one in INCIDENTS.values()
    ]
    documents += [build_notice_document(one, at=NOW) for one in NOTICES.values()]
    for document in documents:
        by_webhook(slack).send(read_event({"detail": document}, LINKS), thread=None, follows=False)
    messages = slack.list_messages()
    assert len(messages) == len(documents)
    assert all(one.blocks for one in messages)


def test_a_bot_answers_in_the_thread(slack):
    first = by_bot(slack).send(message("open"), thread=None, follows=False)
    by_bot(slack).send(message("closed"), thread=first, follows=True)
    assert [one.thread_ts for one in slack.list_messages()] == [None, first]


@WAYS
@pytest.mark.parametrize("mood", [Mood.DOWN, Mood.SLOW, Mood.ERROR, Mood.HTML])
def test_on_a_bad_day_the_message_goes_back_and_nothing_is_posted(slack, way, mood, monkeypatch):
    slack.mood = mood
    if mood is Mood.SLOW:
        monkeypatch.setattr(https, "TIMEOUT_SECONDS", 0.3)
    with pytest.raises(RetryableError) as caught:
        way(slack).send(message(), thread=None, follows=False)
    assert "127.0.0.1" not in str(caught.value)
    assert "forTheLocalCloudOnly" not in str(caught.value)
    assert not slack.list_messages()
    slack.mood = Mood.WELL
    monkeypatch.setattr(https, "TIMEOUT_SECONDS", PATIENT_SECONDS)
    way(slack).send(message(), thread=None, follows=False)
    # What nobody waited for any more may still be posted, as by Slack: once more, and not lost.
    assert len(slack.list_messages()) in ((1, 2) if mood is Mood.SLOW else (1,))


@WAYS
def test_more_than_one_a_second_waits_as_long_as_slack_says(slack, way, monkeypatch):
    monkeypatch.setattr(channels, "SECONDS_BETWEEN_MESSAGES", 60.0)
    way(slack).send(message("open"), thread=None, follows=False)
    with pytest.raises(LaterError) as caught:
        way(slack).send(message("closed"), thread=None, follows=False)
    assert 1 <= caught.value.seconds <= 60


def test_nobody_listens(slack):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/services/SECRET"
        with pytest.raises(RetryableError, match="no answer: ConnectionRefusedError"):
            post_json(url, {}, {})
    assert slack.requests == 0


def test_what_was_written_down_is_what_was_sent(slack):
    by_webhook(slack).send(message(), thread=None, follows=False)
    kept = json.loads(slack.channels.path.read_text(encoding="utf-8"))
    assert "security contact edited" in kept["text"]
