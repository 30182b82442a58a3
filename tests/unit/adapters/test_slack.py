"""Slack as a channel: what is posted, and what becomes of each of its answers."""

import json
from dataclasses import dataclass, field

import pytest

from rollcall.adapters.slack import Bot, HttpAnswer, SlackChannel, SlackSecret, Webhook, parse, post_json
from rollcall.model.errors import LaterError, RetryableError
from rollcall.model.levels import Severity
from rollcall.notify.block_kit import render_block_kit
from tests.support.cases import check_each
from tests.support.samples import Recording, Refusing, client_error, message

HOOK = Webhook(url="https://hooks.slack.com/services/T0/B0/SECRET")
BOT = Bot(token="xoxb-SECRET")  # noqa: S106  # opens nothing
API = "https://slack.com/api/chat.postMessage"
PAGE = b"<!DOCTYPE html><html><body>We are having a moment.</body></html>"


def answer(status=200, body=b"ok", **headers):
    given = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(
        status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=given
    )


def posted(ts="1759656600.000100"):
    return answer(body={"ok": True, "ts": ts, "channel": "C0"})


def refused(error, **headers):
    return answer(body={"ok": False, "error": error}, **headers)


@dataclass
class Slack:
    """Answers each post with the next of `answers`."""

    answers: list[HttpAnswer]
    posts: list[tuple[str, dict, dict]] = field(default_factory=list)

    def __call__(self, url, document, headers):
        self.posts.append((url, dict(document), dict(headers)))
        return self.answers.pop(0)


@dataclass
class Known:
    """A secret that was read."""

    held: Webhook | Bot
    forgotten: int = 0

    def get_credential(self):
        return self.held

    def forget(self):
        self.forgotten += 1


def send(answers, credential=BOT, one=None, *, thread=None, follows=False):
    slack, secret = Slack(list(answers)), Known(credential)
    channel = SlackChannel(post=slack, secret=secret, channel="C0123ABCDEF")
    try:
        name = channel.send(one or message(), thread=thread, follows=follows)
    except RetryableError as error:
        return slack, secret, error
    return slack, secret, name


class TestPosting:
    def test_a_webhook_gets_the_message_as_it_is(self):
        slack, _, name = send([answer()], HOOK)
        assert slack.posts == [(HOOK.url, render_block_kit(message(), quotes=False), {})]
        assert name is None

    def test_a_bot_posts_to_its_channel_and_knows_the_thread(self):
        slack, _, name = send([posted()])
        [(url, body, headers)] = slack.posts
        assert (url, headers) == (API, {"Authorization": "Bearer xoxb-SECRET"})
        more = {"channel": "C0123ABCDEF", "unfurl_links": False, "unfurl_media": False}
        assert body == render_block_kit(message(), quotes=False) | more
        assert name == "1759656600.000100"

    @pytest.mark.parametrize(("severity", "seen"), [(Severity.MEDIUM, False), (Severity.HIGH, True)])
    def test_what_follows_goes_into_the_thread_and_if_loud_into_the_channel_too(self, severity, seen):
        slack, _, _ = send([posted("2.2")], one=message(severity=severity), thread="1.1", follows=True)
        body = slack.posts[0][1]
        assert (body["thread_ts"], body["reply_broadcast"]) == ("1.1", seen)
        assert "Follows incident" not in json.dumps(body)

    @pytest.mark.parametrize(("credential", "thread"), [(HOOK, None), (HOOK, "1.1"), (BOT, None)])
    def test_without_a_thread_what_follows_quotes_its_incident(self, credential, thread):
        done = answer() if credential is HOOK else posted()
        slack, _, _ = send([done], credential, thread=thread, follows=True)
        assert "&gt; Follows incident *RC-0123456789ab*" in json.dumps(slack.posts[0][1])


class TestMentions:
    def post(self, mention, *, severity=Severity.CRITICAL, follows=False, **changes):
        slack = Slack([answer()])
        channel = SlackChannel(post=slack, secret=Known(HOOK), channel="none", mention=mention)
        channel.send(message("open", severity=severity, **changes), thread=None, follows=follows)
        return json.dumps(slack.posts[0][1])

    @pytest.mark.parametrize(
        ("mention", "text"),
        [("channel", "<!channel>"), ("here", "<!here>"), ("S0123ABCDEF", "<!subteam^S0123ABCDEF>")],
    )
    def test_a_critical_alert_mentions_who_is_set(self, mention, text):
        assert text in self.post(mention)
        assert text in self.post(mention, follows=True)
        assert text in self.post(mention, update=0)

    def test_others_mention_nobody(self):
        assert "<!" not in self.post(None)
        assert "<!" not in self.post("channel", severity=Severity.HIGH)

    def test_a_notice_that_goes_on_mentions_nobody_again(self):
        assert "<!" not in self.post("channel", follows=True, update=1)


WELL = {"webhook": (HOOK, answer()), "bot": (BOT, posted())}


@pytest.mark.parametrize("credential", [HOOK, BOT], ids=["webhook", "bot"])
class TestPassing:
    @pytest.mark.parametrize(
        ("header", "seconds"), [("7", 7), ("3600", 3600), ("soon", 30), ("", 30), ("-1", 30), ("9" * 9, 30)]
    )
    def test_too_many_requests_are_tried_again_when_slack_says(self, credential, header, seconds):
        _, _, error = send([answer(429, b"", retry_after=header)], credential)
        assert isinstance(error, LaterError)
        assert error.seconds == seconds

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_an_error_of_the_server_is_tried_again(self, credential, status):
        _, secret, error = send([answer(status, PAGE)], credential)
        assert str(error) == f"Slack answered {status}"
        assert secret.forgotten == 0

    @check_each("status", [200, 301, 403, 404])
    @check_each("body", [PAGE, b"", b"\xff\xfe", b"7", b"[]", b'{"ok": "yes"}', b"OK then"])
    def test_a_page_or_anything_else_is_tried_again_and_not_quoted(self, credential, status, body):
        _, secret, error = send([answer(status, body)], credential)
        assert type(error) is RetryableError
        assert str(error) == f"Slack answered {status} with something else than it documents"
        assert secret.forgotten == 0


class TestRefused:
    @pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "not_in_channel", "missing_scope"])
    def test_what_a_person_can_mend_is_tried_until_they_do(self, error):
        _, secret, raised = send([refused(error)])
        assert (type(raised), str(raised)) == (RetryableError, f"Slack refused: {error}")
        assert secret.forgotten == 0

    @pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
    def test_a_token_that_is_refused_is_read_again_the_next_time(self, error):
        _, secret, raised = send([refused(error)])
        assert str(raised) == f"Slack refused: {error}"
        assert secret.forgotten == 1

    @pytest.mark.parametrize(("status", "error"), [(404, b"no_service"), (403, b"invalid_token")])
    def test_so_is_a_webhook_that_is_gone(self, status, error):
        _, secret, _ = send([answer(status, error)], HOOK)
        assert secret.forgotten == 1

    @pytest.mark.parametrize("error", ["ratelimited", "rate_limited"])
    def test_a_limit_that_is_told_in_the_body_is_one_too(self, error):
        _, _, raised = send([refused(error, retry_after="12")])
        assert isinstance(raised, LaterError)
        assert raised.seconds == 12

    def test_blocks_that_slack_does_not_take_are_left_out(self):
        slack, _, name = send([refused("invalid_blocks"), posted()])
        assert "blocks" in slack.posts[0][1]
        assert "blocks" not in slack.posts[1][1]
        assert slack.posts[1][1]["text"]
        assert name
        slack, _, _ = send([answer(400, b"invalid_blocks"), answer()], HOOK)
        assert set(slack.posts[1][1]) == {"text", "mrkdwn"}

    def test_a_thread_that_is_gone_is_left_alone(self):
        slack, _, name = send([refused("thread_not_found"), posted("3.3")], thread="1.1", follows=True)
        assert "thread_ts" not in slack.posts[1][1]
        assert name == "3.3"

    def test_both_at_once(self):
        slack, _, name = send(
            [refused("thread_not_found"), refused("msg_blocks_too_long"), posted()],
            thread="1.1",
            follows=True,
        )
        assert len(slack.posts) == 3
        assert name


class TestSecret:
    def secret(self, *answers):
        client = Recording([{"SecretString": text} for text in answers])
        return client, SlackSecret(client=client, secret_arn="arn:secret")  # noqa: S106  # its name

    def test_it_is_read_once_and_again_when_it_was_refused(self):
        client, secret = self.secret(BOT.token, "xoxb-NEXT")
        assert secret.get_credential() == secret.get_credential() == BOT
        secret.forget()
        assert secret.get_credential() == Bot(token="xoxb-NEXT")  # noqa: S106  # opens nothing
        assert client.calls == [("get_secret_value", {"SecretId": "arn:secret"})] * 2

    @pytest.mark.parametrize(
        ("text", "credential"),
        [
            (f" {HOOK.url}\n", HOOK),
            ("xoxb-SECRET", BOT),
            (json.dumps({"webhook_url": HOOK.url}), HOOK),
            (json.dumps({"bot_token": "xoxb-SECRET"}), BOT),
            (
                json.dumps({"bot_token": "xoxb-SECRET", "api_url": "https://slack-gov.com/api/"}),
                Bot(token="xoxb-SECRET", api_url="https://slack-gov.com/api/"),  # noqa: S106  # opens nothing
            ),
        ],
    )
    def test_a_webhook_or_a_token_as_text_or_json(self, text, credential):
        assert parse(text) == credential
        assert "SECRET" not in repr(parse(text))

    @pytest.mark.parametrize(
        "text", ["", "SECRET", "{}", "[]", "{", '{"token": "SECRET"}', '{"bot_token": 7}']
    )
    def test_anything_else_is_refused_and_not_quoted(self, text):
        with pytest.raises(RetryableError, match="neither a webhook's URL nor a bot's token") as caught:
            parse(text)
        assert "SECRET" not in str(caught.value)

    def test_a_secret_that_cannot_be_read_is_tried_again(self):
        error = client_error("AccessDeniedException", message="SECRET")
        secret = SlackSecret(client=Refusing({"get_secret_value": error}), secret_arn="arn:secret")  # noqa: S106  # its name
        with pytest.raises(RetryableError, match=r"^the secret cannot be read: AccessDeniedException$"):
            secret.get_credential()

    def test_a_binary_secret_is_none(self):
        client = Recording([{"SecretBinary": b"x"}])
        with pytest.raises(RetryableError, match="neither"):
            SlackSecret(client=client, secret_arn="arn:secret").get_credential()  # noqa: S106  # its name


@pytest.mark.parametrize(
    "url", ["http://hooks.slack.com/services/SECRET", "file:///etc/passwd", "ftp://x/SECRET", "SECRET", ""]
)
def test_nothing_is_posted_without_tls(url):
    with pytest.raises(RetryableError, match=r"^the address in the secret is no https URL$"):
        post_json(url, {}, {})
