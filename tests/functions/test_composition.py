"""The composition root: from environment variables to a function that works."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from notify.compose import compose_notify
from reconcile.compose import compose_reconcile
from rollcall.adapters import clients
from rollcall.adapters.account_api import AllAccounts
from rollcall.adapters.clients import LateClient
from rollcall.adapters.slack import SlackChannel
from rollcall.adapters.sns import ChatTopic, SnsTopic
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.incidents import IncidentItems
from rollcall.adapters.state.rosters import MatchTable
from rollcall.decide.resolve import Enforcement
from rollcall.model.levels import Severity
from rollcall.model.roster import compute_digest
from rollcall.notify.notifier import Notifier
from rollcall.runtime import compose
from rollcall.runtime.environment import MissingVariableError, NotifyEnvironment, ReconcileEnvironment
from rollcall.timing import QUOTAS
from tests.functions.deployment import MANAGEMENT_ROLE, WRITER_ROLE, api_values
from tests.support.samples import MANAGEMENT, MEMBER, REGION, WANTED, Refusing

RECONCILE = ReconcileEnvironment(
    management_account=MANAGEMENT,
    state_table="state",
    ledger_bucket="ledger",
    outcome_bus="outcomes",
    intake_queue_url="https://sqs.us-east-1.amazonaws.com/333333333333/intake",
    echo_queue_url="https://sqs.us-east-1.amazonaws.com/333333333333/echoes",
    alert_only_queue_url="https://sqs.us-east-1.amazonaws.com/333333333333/alert-only",
    writer_role_arn=WRITER_ROLE,
    management_role_arn=MANAGEMENT_ROLE,
    guardrail="off",
    stack_sets="DELEGATED_ADMIN",
    masks="foreign",
)
NOTIFY = NotifyEnvironment(
    state_table="state",
    queue_url="https://sqs.us-east-1.amazonaws.com/333333333333/notify",
    channel="sns",
    target="arn:aws:sns:us-east-1:333333333333:alerts",
    slack_channel="none",
    slack_mention="none",
    access_portal="none",
    min_severity="LOW",
    runbook="https://wiki.example.com/rollcall",
)
OBSERVED: list[Any] = []
BOTH = pytest.mark.parametrize("environment", [RECONCILE, NOTIFY], ids=["reconcile", "notify"])


class TestEnvironment:
    @BOTH
    def test_both_ways(self, environment):
        assert type(environment).from_variables(environment.as_variables()) == environment

    @BOTH
    def test_names_are_those_of_the_template(self, environment):
        assert tuple(environment.as_variables()) == environment.variable_names()
        assert all(name.startswith("ROLLCALL_") and name.isupper() for name in environment.variable_names())

    def test_the_names(self):
        assert RECONCILE.variable_names() == (
            "ROLLCALL_MANAGEMENT_ACCOUNT",
            "ROLLCALL_STATE_TABLE",
            "ROLLCALL_LEDGER_BUCKET",
            "ROLLCALL_OUTCOME_BUS",
            "ROLLCALL_INTAKE_QUEUE_URL",
            "ROLLCALL_ECHO_QUEUE_URL",
            "ROLLCALL_ALERT_ONLY_QUEUE_URL",
            "ROLLCALL_WRITER_ROLE_ARN",
            "ROLLCALL_MANAGEMENT_ROLE_ARN",
            "ROLLCALL_GUARDRAIL",
            "ROLLCALL_STACK_SETS",
            "ROLLCALL_MASKS",
        )
        assert NOTIFY.variable_names() == (
            "ROLLCALL_STATE_TABLE",
            "ROLLCALL_QUEUE_URL",
            "ROLLCALL_CHANNEL",
            "ROLLCALL_TARGET",
            "ROLLCALL_SLACK_CHANNEL",
            "ROLLCALL_SLACK_MENTION",
            "ROLLCALL_MIN_SEVERITY",
            "ROLLCALL_RUNBOOK",
            "ROLLCALL_ACCESS_PORTAL",
        )

    @BOTH
    def test_variables_of_others_are_left_alone(self, environment):
        variables = environment.as_variables() | {"AWS_REGION": REGION, "ROLLCALL_OTHER": "x"}
        assert type(environment).from_variables(variables) == environment

    @BOTH
    @pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
    def test_each_missing_one_is_named(self, environment, value):
        for name in environment.variable_names():
            variables = environment.as_variables() | {name: value}
            with pytest.raises(MissingVariableError) as caught:
                type(environment).from_variables(variables)
            assert str(caught.value) == f"missing environment variables: {name}"

    @BOTH
    def test_all_missing_ones_are_named_at_once(self, environment):
        with pytest.raises(MissingVariableError) as caught:
            type(environment).from_variables({})
        assert all(name in str(caught.value) for name in environment.variable_names())


@pytest.fixture
def created(aws, monkeypatch):
    """The clients that were made, with their settings; none is asked anything."""
    made = {}

    def client(service, config=None):
        made[service] = config
        return aws.get(service) or Refusing({})

    monkeypatch.setattr(clients, "create_client", client)
    for name in (*RECONCILE.variable_names(), *NOTIFY.variable_names()):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.mark.parametrize(("variable", "role"), [(MANAGEMENT_ROLE, MANAGEMENT_ROLE), ("none", None)])
@pytest.mark.usefixtures("created")
def test_without_the_management_role_none_is_assumed(variable, role):
    environment = replace(RECONCILE, management_role_arn=variable)
    api = compose.make_account_api(environment, members={}, management={})
    assert api.management.role_arn == role


def test_reconcile_is_composed_from_its_environment(created, candidate, monkeypatch):
    for name, value in RECONCILE.as_variables().items():
        monkeypatch.setenv(name, value)
    function = compose_reconcile(OBSERVED.append)
    first = {"dynamodb", "organizations", "account", "events", "s3"}
    assert set(created) == first
    assert function.signals.queue._client.meta.service_model.service_name == "sqs"
    assert set(created) == first | {"sqs"}  # the others are made as late, by messages that need them
    reconciler = function.signals.reconciler
    assert reconciler.writer_roles == {WRITER_ROLE, MANAGEMENT_ROLE}
    assert reconciler.ours.hub == WRITER_ROLE.split(":")[4]
    assert isinstance(reconciler.writer.contacts, ContactItems)
    assert reconciler.publisher.contacts is reconciler.writer.contacts
    assert isinstance(reconciler.publisher.incidents, IncidentItems)
    assert isinstance(reconciler.matches, MatchTable)
    assert reconciler.publisher.observe == OBSERVED.append
    assert reconciler.grouper.writer_roles == reconciler.writer_roles
    assert isinstance(reconciler.writer.accounts, AllAccounts)
    nothing_approved = Enforcement(approved=None, paused=False)
    assert reconciler.rosters.find_current(nothing_approved).digest == compute_digest(
        json.loads(candidate.read_text())
    )


@pytest.mark.usefixtures("created", "candidate")
def test_the_workers_of_reconcile_share_the_quota(monkeypatch):
    for name, value in RECONCILE.as_variables().items():
        monkeypatch.setenv(name, value)
    accounts: Any = compose_reconcile(OBSERVED.append).signals.reconciler.writer.accounts
    pacings = [accounts.members.buckets, accounts.management.buckets]
    for buckets in pacings:
        assert {name: (bucket.rate, bucket.burst) for name, bucket in buckets.items()} == {
            name: (pytest.approx(rate * 0.95 / 6), pytest.approx(burst * 0.95 / 6))
            for name, (rate, burst) in QUOTAS.items()
        }
    # The quota is the calling account's, and the role in the management account calls from there.
    assert not {id(bucket) for bucket in pacings[0].values()} & {id(bucket) for bucket in pacings[1].values()}


@pytest.mark.usefixtures("created", "candidate")
def test_events_of_our_own_writes_are_read_at_most_twice_a_second_by_both_workers(monkeypatch):
    for name, value in RECONCILE.as_variables().items():
        monkeypatch.setenv(name, value)
    function = compose_reconcile(OBSERVED.append)
    own: Any = function.others["echoes"].reconciler.writer.accounts
    signals: Any = function.signals.reconciler.writer.accounts
    for name in ("GetAlternateContact", "GetContactInformation"):
        read = own.members.buckets[name]
        assert (read.rate, read.burst) == (1.0, 1.0)
    # Their writes count as any: there is one quota.
    for name in ("PutAlternateContact", "DeleteAlternateContact", "PutContactInformation"):
        assert own.members.buckets[name] is signals.members.buckets[name]


@pytest.mark.usefixtures("created", "candidate")
@pytest.mark.parametrize(
    ("queues", "name"),
    [
        (["echoes"], "echoes"),
        (["echoes", "echoes"], "echoes"),
        (["alert-only"], "alert-only"),
        (["intake"], "intake"),
        (["other-echoes"], "intake"),
        ([], "intake"),
    ],
    ids=str,
)
def test_a_batch_goes_back_to_the_queue_that_it_came_from(monkeypatch, queues, name):
    for variable, value in RECONCILE.as_variables().items():
        monkeypatch.setenv(variable, value)
    function = compose_reconcile(OBSERVED.append)
    arns = [f"arn:aws:sqs:{REGION}:333333333333:{queue}" for queue in queues]
    inbox = function.find_inbox({"Records": [{"eventSourceARN": arn} for arn in arns]})
    assert inbox.queue._queue_url.rpartition("/")[2] == name
    assert (inbox.reconciler is function.signals.reconciler) is (name != "echoes")


@pytest.mark.usefixtures("created", "candidate")
@pytest.mark.parametrize(("value", "in_use"), [("on", True), ("off", False)])
def test_the_guardrail_is_in_use_if_it_is_on(monkeypatch, value, in_use):
    for name, text in (RECONCILE.as_variables() | {"ROLLCALL_GUARDRAIL": value}).items():
        monkeypatch.setenv(name, text)
    assert compose_reconcile(OBSERVED.append).signals.reconciler.ours.guardrail is in_use


@pytest.mark.usefixtures("created", "candidate")
@pytest.mark.parametrize(
    ("stack_sets", "delegated", "trusted"), [("DELEGATED_ADMIN", 2, 2), ("SELF", 1, 2), ("none", 1, 1)]
)
def test_stack_sets_matter_as_far_as_they_are_used(monkeypatch, stack_sets, delegated, trusted):
    for name, text in (RECONCILE.as_variables() | {"ROLLCALL_STACK_SETS": stack_sets}).items():
        monkeypatch.setenv(name, text)
    ours = compose_reconcile(OBSERVED.append).signals.reconciler.ours
    assert (len(ours.delegated), len(ours.trusted)) == (delegated, trusted)


def test_the_management_account_is_asked_with_the_credentials_of_the_role(monkeypatch):
    """And once for each call, as the members are."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    client = compose._make_account_client({"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"})
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("A", "S", "T")
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": 1}


def test_notify_is_composed_from_its_environment(created, monkeypatch):
    for name, value in NOTIFY.as_variables().items():
        monkeypatch.setenv(name, value)
    function = compose_notify()
    assert set(created) == {"dynamodb", "sns", "sqs"}
    assert isinstance(function.notifier, Notifier)
    assert isinstance(function.notifier.channel, SnsTopic)
    assert function.notifier.minimum is Severity.LOW
    assert function.notifier.links.runbook == "https://wiki.example.com/rollcall"
    assert function.notifier.links.access_portal is None
    assert function.channel == "sns"


@pytest.mark.usefixtures("created")
def test_notify_links_by_the_access_portal_and_mentions_whom_its_environment_says(monkeypatch):
    portal = "https://d-1234567890.awsapps.com/start"
    given = {"ROLLCALL_CHANNEL": "slack", "ROLLCALL_ACCESS_PORTAL": portal, "ROLLCALL_SLACK_MENTION": "here"}
    for name, value in (NOTIFY.as_variables() | given).items():
        monkeypatch.setenv(name, value)
    notifier = compose_notify().notifier
    assert notifier.links.access_portal == portal
    assert isinstance(notifier.channel, SlackChannel)
    assert notifier.channel._mention == "here"


@pytest.mark.usefixtures("created")
@pytest.mark.parametrize(
    ("channel", "kind"), [("chat", ChatTopic), ("teams", ChatTopic), ("slack", SlackChannel)]
)
def test_notify_is_the_channel_that_its_environment_says(channel, kind, monkeypatch):
    for name, value in (NOTIFY.as_variables() | {"ROLLCALL_CHANNEL": channel}).items():
        monkeypatch.setenv(name, value)
    assert isinstance(compose_notify().notifier.channel, kind)


@pytest.mark.usefixtures("created")
def test_a_channel_that_nobody_knows_is_refused(monkeypatch):
    for name, value in (NOTIFY.as_variables() | {"ROLLCALL_CHANNEL": "pigeon"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MissingVariableError, match="no channel is called pigeon"):
        compose_notify()


@pytest.mark.usefixtures("candidate")
def test_retries_and_time_outs_are_set_on_purpose(created, monkeypatch):
    for name, value in (RECONCILE.as_variables() | NOTIFY.as_variables()).items():
        monkeypatch.setenv(name, value)
    compose_reconcile(OBSERVED.append)
    compose_notify()
    for config in created.values():
        assert config.retries["mode"] == "standard"
        assert config.connect_timeout + config.read_timeout <= 15


@pytest.mark.parametrize("operation", ["put_alternate_contact", "delete_alternate_contact"])
def test_the_account_api_is_asked_once_for_each_call(monkeypatch, operation):
    """A retry of botocore would be behind the pacing's back, and its event would be nobody's."""
    for name, value in {"DEFAULT_REGION": REGION, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    client = clients.make_client("account", clients.NO_RETRIES)
    sent = []

    class Raw:
        def stream(self, **_):
            yield b"{}"

    def answer(request, **_):
        sent.append(request.url)
        headers: Any = {"x-amzn-ErrorType": "InternalServerException", "x-amzn-RequestId": f"r{len(sent)}"}
        return AWSResponse(request.url, 500, headers, Raw())

    client.meta.events.register("before-send.account.*", answer)
    monkeypatch.setattr("time.sleep", lambda _: None)
    values = api_values(WANTED) if operation.startswith("put") else {}
    with pytest.raises(client.exceptions.InternalServerException):
        getattr(client, operation)(AccountId=MEMBER, AlternateContactType="SECURITY", **values)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("compose", "environment"),
    [(lambda: compose_reconcile(OBSERVED.append), RECONCILE), (compose_notify, NOTIFY)],
    ids=["reconcile", "notify"],
)
def test_a_function_without_its_environment_names_what_is_missing(created, compose, environment):
    with pytest.raises(MissingVariableError) as caught:
        compose()
    assert all(name in str(caught.value) for name in environment.variable_names())
    assert created == {}


def test_a_late_client_is_made_once_whoever_asks_first(monkeypatch):
    made = []

    def slow(service, **_):
        made.append(service)
        time.sleep(0.01)  # as long as others need to come in between
        return SimpleNamespace(answer=service)

    monkeypatch.setattr(clients, "create_client", slow)
    late = LateClient("s3")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: late.answer, range(8))) == {"s3"}
    assert made == ["s3"]


def test_the_one_session_makes_clients_one_by_one_whichever_thread_asks(monkeypatch):
    at_once = []

    class Session:
        making = 0

        def create_client(self, service, **_):
            self.making += 1
            at_once.append(self.making)
            time.sleep(0.01)  # as long as others need to come in between
            self.making -= 1
            return SimpleNamespace(answer=service)

    session = Session()
    monkeypatch.setattr(clients, "_get_session", lambda: session)
    services = ["s3", "sts", "sqs", "events"] * 2
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda service: LateClient(service).answer, services)) == services
    assert at_once == [1] * 8
