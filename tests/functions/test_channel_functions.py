"""`notify` as each channel's function: what it calls is what its role may, and it writes down no secret."""

import json

import boto3
import pytest

from notify import compose
from rollcall.adapters.slack import HttpAnswer
from rollcall.model.errors import RetryableError
from rollcall.outcomes.documents import build_incident_document
from rollcall.outcomes.notices import build_notice_document
from tests.functions.conftest import installed
from tests.functions.deployment import Deployment
from tests.functions.notice_samples import NOTICES
from tests.stacks.template import as_list
from tests.stacks.variants import EVERYTHING, synthesize_with
from tests.support.moto_aws import REGION
from tests.support.samples import INCIDENT, MANAGEMENT, NOW

TOKEN = "xoxb-12-THE-TOKEN"  # noqa: S105  # opens nothing
EVENTS = [
    {"detail": build_incident_document(INCIDENT, management_account=MANAGEMENT, at=NOW)},
    {"detail": build_notice_document(NOTICES["sweep-held"], at=NOW)},
]
#: What the services around the function, and the event source, use in its role's name.
AROUND = ("logs:", "xray:", "kms:", "sqs:", "ec2:")


class Told(Deployment):
    """A deployment whose notify function is another channel's; its calls are noted as IAM actions."""

    def __init__(self, aws, changes):
        super().__init__(aws)
        self.changes = changes
        self.called = set()
        self.posts = []
        self.answers = []
        session = boto3.Session("testing", "testing", region_name=REGION)
        self.noted = {name: session.client(name) for name in ("dynamodb", "sns", "sqs", "secretsmanager")}
        for service, client in self.noted.items():
            client.meta.events.register("provide-client-params.*.*", self._note(service))

    def _note(self, service):
        def note(model, **_):
            self.called.add(f"{service}:{model.name}")

        return note

    @property
    def variables(self):
        return super().variables | self.changes

    def client(self, service, **given):
        return self.noted.get(service) or super().client(service, **given)

    def post(self, url, document, headers):
        self.posts.append((url, document, headers))
        if self.answers:
            return self.answers.pop(0)
        done = {"ok": True, "ts": f"{len(self.posts)}.0"}
        return HttpAnswer(status=200, headers={}, body=json.dumps(done).encode())


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return synthesize_with(tmp_path_factory.mktemp("channels"), options=EVERYTHING).templates["RollcallHub"]


def granted(template, role_prefix):
    role, _ = template.one("AWS::IAM::Role", role_prefix)
    actions = {action for one in template.statements(role) for action in as_list(one["Action"])}
    return {action for action in actions if not action.startswith(AROUND)}


@pytest.fixture
def slack(aws, candidate, monkeypatch):
    assert candidate.exists()
    secrets = boto3.Session("testing", "testing", region_name=REGION).client("secretsmanager")
    arn = secrets.create_secret(Name="rollcall/slack", SecretString=TOKEN)["ARN"]
    deployment = Told(
        aws,
        {"ROLLCALL_CHANNEL": "slack", "ROLLCALL_TARGET": arn, "ROLLCALL_SLACK_CHANNEL": "C0123ABCDEF"},
    )
    monkeypatch.setattr(compose, "post_json", deployment.post)
    with installed(deployment, monkeypatch):
        yield deployment


def test_slack_is_told_with_what_its_role_may(slack, template):
    for event in [*EVENTS, *EVENTS]:
        slack.incidents.send(event)
        assert slack.incidents.deliver() == []
    assert [document["channel"] for _, document, _ in slack.posts] == ["C0123ABCDEF"] * 2
    assert slack.called - {"sqs:ChangeMessageVisibility"} == granted(template, "ChannelsSlackRole")
    assert [line["decision"] for line in slack.lines()] == ["send", "send", "drop", "drop"]
    assert TOKEN not in slack.log.getvalue()


def test_a_message_that_slack_does_not_take_goes_back_for_as_long_as_it_says(slack):
    slack.answers = [HttpAnswer(status=429, headers={"retry-after": "77"}, body=b"")]
    slack.incidents.send(EVENTS[0])
    assert len(slack.incidents.deliver()) == 1
    [line] = slack.lines()
    assert (line["error"], line["reason"]) == ("LaterError", "Slack asks to wait")
    assert 77 <= line["retry_seconds"] < 77 + 3
    assert slack.incidents.again() == []
    assert len(slack.posts) == 2


def test_no_log_line_tells_the_secret_when_slack_cannot_be_reached(slack, monkeypatch):
    def post(*_):
        raise RetryableError("no answer: TimeoutError")

    monkeypatch.setattr(compose, "post_json", post)
    slack.incidents.send(EVENTS[0])
    assert len(slack.incidents.deliver()) == 1
    assert TOKEN not in slack.log.getvalue()
    assert "no answer: TimeoutError" in slack.log.getvalue()


def test_the_chat_is_told_with_what_its_role_may(aws, candidate, monkeypatch, template):
    assert candidate.exists()
    deployment = Told(aws, {"ROLLCALL_CHANNEL": "chat"})
    with installed(deployment, monkeypatch):
        for event in [*EVENTS, *EVENTS]:
            deployment.incidents.send(event)
            assert deployment.incidents.deliver() == []
    bodies = [json.loads(alert["Message"]) for alert in deployment.alerts()]
    assert {body["source"] for body in bodies} == {"custom"}
    assert len(bodies) == 2
    assert deployment.called - {"sqs:ChangeMessageVisibility"} == granted(template, "ChannelsChatRole")
