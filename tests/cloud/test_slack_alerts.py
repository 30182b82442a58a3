"""Alerts in Slack: the deployed hub posts them as a bot, and waits for a Slack that does not answer."""

import json

import pytest

from localcloud.slack.reading import render_message
from localcloud.slack.receiver import Mood
from localcloud.slack.secret import SECRET_ARN
from localcloud.story.seeds import give_contacts
from localcloud.story.sweeps import HubSweeps
from tests.cloud.tools import make_function, make_role, wait_for

pytestmark = pytest.mark.cloud
HUB, MEMBER = "333333333333", "666677778888"  # others are edited by other tests: a standoff begins soon
EDIT = {"Name": "Mary", "Title": "Dev", "EmailAddress": "mary@example.net", "PhoneNumber": "+1 206 555 0199"}


@pytest.fixture(scope="module")
def roster(cloud, deployed, assembly):
    """The demo's roster, in force."""
    (candidate,) = assembly.glob("asset.*/candidate.json")
    compiled = json.loads(candidate.read_text())
    sweeps = HubSweeps(cloud, deployed["RollcallHub"])
    sweeps.wait_until_idle()
    give_contacts(cloud.simulation.organization, compiled)
    for plan in sweeps.run_schedule()["pending"]:
        sweeps.approve(plan)
    return compiled


def edit(cloud, kind):
    """Mary edits a contact of her account; what Slack showed before."""
    before = len(cloud.slack.list_messages())
    member = cloud.clients.client("account", MEMBER, role="mary")
    member.put_alternate_contact(AlternateContactType=kind, **EDIT)
    return before


def restored(cloud, roster, kind):
    contact = cloud.simulation.organization.accounts[MEMBER].contacts[kind]
    return contact.email == roster["contacts"][roster["defaults"][kind]]["email"]


def told(cloud, before, kind):
    return [m for m in cloud.slack.list_messages()[before:] if MEMBER in m.text and kind in m.text]


def test_an_edit_is_told_in_slack_and_reads_well(cloud, roster):
    before = edit(cloud, "SECURITY")
    wait_for(lambda: restored(cloud, roster, "SECURITY"))
    (message,) = wait_for(lambda: told(cloud, before, "SECURITY"))
    shown = render_message(message)
    assert "What to do" in shown
    assert "assumed-role/mary" in shown
    assert EDIT["EmailAddress"] not in shown
    assert not {"&lt;", "&gt;", "&amp;", "*What"} & set(shown.split())


@pytest.mark.parametrize(
    ("mood", "kind"), [(Mood.DOWN, "OPERATIONS"), (Mood.ERROR, "BILLING"), (Mood.HTML, "OPERATIONS")]
)
def test_a_slack_that_does_not_answer_delays_nothing_but_itself(cloud, roster, mood, kind):
    cloud.slack.mood = mood
    try:
        requests, mails = cloud.slack.requests, len(cloud.mail.list_messages())
        before = edit(cloud, kind)
        wait_for(lambda: restored(cloud, roster, kind))
        wait_for(lambda: len(cloud.mail.list_messages()) > mails)
        wait_for(lambda: cloud.slack.requests > requests)
        assert not told(cloud, before, kind)
    finally:
        cloud.slack.mood = Mood.WELL
    wait_for(lambda: len(told(cloud, before, kind)) == 1, seconds=300)  # tries are spaced


def test_only_a_role_that_may_reads_the_secret(cloud):
    code = """
import boto3

def handler(event, context):
    client = boto3.client("secretsmanager")
    try:
        return "api_url" in client.get_secret_value(SecretId=event)["SecretString"]
    except client.exceptions.ClientError as error:
        return str(error)
"""
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": SECRET_ARN}
    role = make_role(cloud, HUB, service="lambda.amazonaws.com", statements=[statement])
    functions = cloud.clients.client("lambda", HUB)

    def ask(**options):
        name = make_function(cloud, HUB, code, **options)
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(SECRET_ARN))
        return json.loads(answer["Payload"].read())

    assert ask(Role=role) is True
    assert "not authorized to perform: secretsmanager:GetSecretValue" in ask()
