"""`rollcall doctor` with credentials that may not look at everything: each refused call by itself."""

from __future__ import annotations

import json
from collections import defaultdict
from copy import deepcopy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollcall_config.configuration import load
from rollcall_config.guardrail import make_guardrail_document
from tests.cli.world import GUARDED

#: What the doctor asks AWS, without the caller's identity (without it nobody knows which side this is) and
#: the probe (whose refusal is what it is about).
CALLS = {
    "cloudformation.describe_stacks",
    "cloudformation.list_stack_instances",
    "cloudformation.list_stack_resources",
    "cloudtrail.describe_trails",
    "cloudtrail.get_event_selectors",
    "cloudtrail.get_trail_status",
    "cloudwatch.describe_alarms",
    "dynamodb.batch_get_item",
    "dynamodb.get_item",
    "events.describe_event_bus",
    "events.describe_rule",
    "events.list_rule_names_by_target",
    "events.list_targets_by_rule",
    "iam.get_role",
    "iam.get_role_policy",
    "iam.list_attached_role_policies",
    "iam.list_role_policies",
    "lambda.get_account_settings",
    "organizations.describe_organization",
    "organizations.describe_policy",
    "organizations.list_accounts",
    "organizations.list_aws_service_access_for_organization",
    "organizations.list_delegated_administrators",
    "organizations.list_parents",
    "organizations.list_policies",
    "organizations.list_roots",
    "organizations.list_targets_for_policy",
    "sns.list_subscriptions_by_topic",
    "sqs.get_queue_attributes",
}
DENIED = ("AccessDeniedException", "User: arn:aws:sts::1:assumed-role/Reader/ann is not authorized", 403)
ODD = ("SomethingNewException", "", 400)


class Refused:
    """A client of which one operation is refused, for good."""

    def __init__(self, client, operation, answer):
        self._client, self._operation, self._answer = client, operation, answer

    def __getattr__(self, name):
        return self._refuse if name == self._operation else getattr(self._client, name)

    def _refuse(self, **_):
        code, message, status = self._answer
        error: Any = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        raise ClientError(error, "".join(word.title() for word in self._operation.split("_")))


@pytest.fixture
def guarded(world):
    """Healthy, with a guardrail, so that everything is asked."""
    world.write(organization=GUARDED)
    client = world.client("organizations", "111111111111")
    client.enable_policy_type(RootId="r-a1b2", PolicyType="SERVICE_CONTROL_POLICY")
    settings = load(world.where, "config", today=world.clock.now().date()).settings
    policy = client.create_policy(
        Name="rollcall-guardrail",
        Description="x",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(make_guardrail_document(settings, primary=False)),
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId="r-a1b2")
    return world


class Answered:
    """A client that asks once for the same; nothing changes in between."""

    def __init__(self, client, answers):
        self._client, self._answers = client, answers

    def __getattr__(self, name):
        def call(**given):
            key = (name, json.dumps(given, sort_keys=True))
            if key not in self._answers:
                self._answers[key] = getattr(self._client, name)(**given)
            return deepcopy(self._answers[key])

        return call


def remember(world, monkeypatch):
    """Let the doctor's reads be answered once: it is what the doctor makes of them that is tested."""
    plain = world._client
    answers: dict[Any, dict[Any, Any]] = defaultdict(dict)

    def client(name, **options):
        account = world.profiles.get(options["profile"], world.caller)
        return Answered(plain(name, **options), answers[name, account])

    monkeypatch.setattr(world, "_client", client)


def refuse(world, monkeypatch, call, answer):
    service, operation = call.split(".")
    plain = world._client

    def client(name, **options):
        made = plain(name, **options)
        return Refused(made, operation, answer) if name == service else made

    monkeypatch.setattr(world, "_client", client)


def doctor(world):
    result = world.run("doctor", "--other-profile", "management", "--json")
    assert isinstance(result.exception, SystemExit | None), result.exception
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    return result.exit_code, checks


def test_these_are_the_calls(guarded, monkeypatch):
    asked = set()
    plain = guarded._client

    class Noted:
        def __init__(self, service, client):
            self._service, self._client = service, client

        def __getattr__(self, name):
            asked.add(f"{self._service}.{name}")
            return getattr(self._client, name)

    monkeypatch.setattr(guarded, "_client", lambda name, **options: Noted(name, plain(name, **options)))
    status, _ = doctor(guarded)
    assert status == 0
    assert asked - {"sts.get_caller_identity", "account.get_alternate_contact"} == CALLS


@pytest.mark.parametrize("answer", [DENIED, ODD], ids=["denied", "odd"])
def test_what_may_not_be_asked_is_unknown_and_nothing_else_is_wrong(guarded, monkeypatch, answer):
    """One world for all calls: making it is what takes the time."""
    remember(guarded, monkeypatch)
    wrong = {}
    for call in sorted(CALLS):
        with monkeypatch.context() as patch:
            refuse(guarded, patch, call, answer)
            status, checks = doctor(guarded)
        unknown = [check for check in checks.values() if check["result"] == "unknown"]
        failing = [name for name, check in checks.items() if check["result"] == "fail"]
        # The page of permissions, not that of the command.
        named = all(check["fix"] and "docs/cli.md" not in check["fix"] for check in unknown)
        told = named and status == (2 if unknown else 0)
        if failing or not told:
            wrong[call] = (status, failing, unknown)
    assert wrong == {}


def test_pages_may_be_empty(guarded):
    guarded.cloud.organizations.empty_pages = True
    status, checks = doctor(guarded)
    assert status == 0, checks
