"""Permissions of people both ways: what the command calls the hub's two roles may, and the other way round.

Every command that works with credentials of the hub runs, with all that makes it look further: a standoff, a
plan that waits, dead letters, a guardrail, a policy on a role, an SDK that does not show where accounts are.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from moto import mock_aws

from localcloud.kept import ROOT
from rollcall.adapters.state.rosters import MatchTable
from rollcall.model.roster import Tagged
from rollcall_config.configuration import load
from rollcall_config.guardrail import make_guardrail_document
from simulation import organizations_reads
from simulation.models import load_service_model
from tests.cli import scenes
from tests.cli.desk import HUB, MANAGEMENT, PAYMENTS, SHOP
from tests.cli.drilled import let_drill
from tests.cli.world import GUARDED, TABLE, World
from tests.stacks.template import as_list
from tests.support.ledger_books import Books
from tests.support.permissions import PREFIXES, compare_items, items_in, items_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.stacks.template import Resource, Template

    Note = Callable[[str, str, Mapping[str, Any]], None]

READING = ("status", "plan", "validate", "init", "explain", "history", "report", "doctor")
OPERATING = ("sweep", "approve", "pause", "unpause", "release", "drill")
#: What nobody has to be allowed.
FREE = {"sts:GetCallerIdentity"}
#: Without it a key that is not there looks like one that is forbidden: S3 asks for it, no command does.
SILENT = {"s3:ListBucket"}
#: Who approves a plan can look at all of it without the command.
BY_HAND = {"runs/"}


@cache
def operations(service: str) -> dict[str, str]:
    """AWS's names of operations by boto3's."""
    return {xform_name(name): name for name in load_service_model(service).operation_names}


class Noting:
    """A client whose calls are noted, those that pages make as well."""

    def __init__(self, client: Any, service: str, note: Note) -> None:
        self._client, self._service, self._note = client, service, note

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name == "get_paginator":
            return lambda operation: Pages(method(operation), lambda given: self._noted(operation, given))

        def call(**given: Any) -> Any:
            self._noted(name, given)
            return method(**given)

        return call

    def _noted(self, name: str, given: Mapping[str, Any]) -> None:
        self._note(self._service, operations(self._service)[name], given)


class Pages:
    """A paginator that is noted when it is used."""

    def __init__(self, pages: Any, note: Callable[[Mapping[str, Any]], None]) -> None:
        self._pages, self._note = pages, note

    def paginate(self, **given: Any) -> Any:
        self._note(given)
        return self._pages.paginate(**given)


def actions_of(service: str, operation: str, given: Mapping[str, Any]) -> set[str]:
    """The IAM actions of a call.

    A version of an object needs its own action and not the other, its lock one more:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    if (service, operation) == ("s3", "ListObjectVersions"):
        return {"s3:ListBucketVersions"}
    if (service, operation) == ("s3", "ListObjectsV2"):
        return {"s3:ListBucket"}
    if (service, operation) == ("s3", "GetObject") and "VersionId" in given:
        return {"s3:GetObjectVersion", "s3:GetObjectRetention"}
    return {f"{PREFIXES.get(service, service)}:{operation}"}


class Watched(World):
    """A world that notes the actions, the partitions of the table and the objects that commands take."""

    def __init__(self, where: Path) -> None:
        self.command: str | None = None
        self.actions: dict[str, set[str]] = defaultdict(set)
        self.items: set[tuple[str, str, str]] = set()
        self.objects: set[str] = set()
        super().__init__(where)

    def does(self, command: str, *arguments: str, status: int = 0) -> str:
        """Run a command; what it prints."""
        self.command = command
        try:
            result = self.run(command, *arguments, answer="yes\n")
        finally:
            self.command = None
        assert result.exit_code == status, (command, result.stderr, result.stdout)
        return result.stdout

    def _client(self, service: str, *, region: str, profile: str | None) -> Any:
        client = super()._client(service, region=region, profile=profile)
        # With a profile it is the editor of a drill.
        return Noting(client, service, self._note) if self.command and profile is None else client

    def _note(self, service: str, operation: str, given: Mapping[str, Any]) -> None:
        assert self.command
        self.actions[self.command] |= actions_of(service, operation, given) - FREE
        if service == "dynamodb":
            self.items |= items_in(operation, given)
        if service == "s3":
            self.objects.add((given.get("Key") or given["Prefix"]).partition("/")[0] + "/")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A world in which every command has run."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        world = Watched(tmp_path_factory.mktemp("world"))
        scenes.contested(world)
        Books(world).write()
        look(world, patch)
        operate(world)
        yield world


def look(world: Watched, patch: pytest.MonkeyPatch) -> None:
    assert world.deployed.outputs is not None
    dead = world.deployed.outputs["IntakeDeadLetterQueueUrl"]
    world.client("sqs", HUB).send_message(QueueUrl=dead, MessageBody="{}")
    assert "A contact is edited repeatedly" in world.does("status", status=2)
    world.does("history", PAYMENTS, "--verify")
    world.does("history", SHOP)
    world.does("history")
    world.does("history", "--open")
    world.does("history", "--incident", "RC-0123456789ab")
    world.does("history", "--verify")
    world.does("report")
    guard(world)
    unknown = json.loads(world.does("doctor", "--json", status=2))["checks"]
    seen = {check["check"] for check in unknown if check["result"] == "unknown"}
    assert seen == {"forwarder-management", "management-role"}  # which only the management account sees
    world.does("init", "--primary", "--config", "proposed", "--hub", HUB)
    world.does("validate", "--live")
    world.does("explain", PAYMENTS, "--config", "proposed")
    world.does("plan", "--fresh", "--config", "proposed")
    # When a sweep last looked, the shop's account was tagged besides another one, and is not now.
    matches = MatchTable(client=world.client("dynamodb", HUB), table=TABLE)
    for account in (PAYMENTS, SHOP):
        matches.set_tagged(Tagged(tags=(("scope", "pci"),)).key, account, carries=True)
    for paths in (True, False):
        if not paths:
            patch.setattr(organizations_reads, "_render_account", organizations_reads.render_account_summary)
        world.does("plan", "--fresh")
        world.does("plan")
        world.does("explain", PAYMENTS)


def guard(world: Watched) -> None:
    """A guardrail, and a policy of the account on a role that the doctor looks at."""
    world.write(organization=GUARDED)
    client = world.client("organizations", MANAGEMENT)
    client.enable_policy_type(RootId="r-a1b2", PolicyType="SERVICE_CONTROL_POLICY")
    settings = load(world.where, "config", today=world.clock.now().date()).settings
    made = client.create_policy(
        Name="rollcall-guardrail",
        Description="x",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(make_guardrail_document(settings, primary=False)),
    )
    client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId="r-a1b2")
    iam = world.client("iam", HUB)
    deny = {"Effect": "Deny", "Action": "account:Put*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    arn = iam.create_policy(PolicyName="other", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="forwarder", PolicyArn=arn)


def operate(world: Watched) -> None:
    world.does("sweep", "--follow")
    world.does("pause", "--reason", "a look at the plan")
    world.does("unpause", "--reason", "seen")
    world.does("release", PAYMENTS, "SECURITY")
    world.clock.sleep(1)  # two commands of one moment have one name
    world.does("release", PAYMENTS, "BILLING", status=1)
    let_drill(world, home=MANAGEMENT)
    world.does("drill", PAYMENTS, "--edit-profile", "management")
    world.write(contacts=scenes.LIMITED.replace("aws-soc@", "aws-sco@"))
    world.machines.deploy()
    world.machines.hub.sweep("roster")
    (plan,) = json.loads(world.does("status", "--json", status=2))["pending_approval"]
    before = world.machines.hub.state.get_enforcement().approved
    world.does("approve", plan["plan"])
    list(world.machines.hub.started.values())[-1].run()
    world.machines.hub.sweep("schedule")
    world.does("approve", "--back-to", str(before))


def statements_of(hub: Template, role: str) -> list[Resource]:
    statements = hub.statements(hub.one("AWS::IAM::Role", role)[0])
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return statements


def grants_of(hub: Template, role: str) -> set[str]:
    return {action for statement in statements_of(hub, role) for action in as_list(statement["Action"])}


def called(lived: Watched, commands: tuple[str, ...]) -> set[str]:
    assert all(lived.actions[command] for command in commands)
    return {action for command in commands for action in lived.actions[command]}


@pytest.mark.parametrize(
    ("role", "commands"), [("PeopleReader", READING), ("PeopleOperator", (*READING, *OPERATING))]
)
def test_people_may_what_their_commands_call_and_nothing_else(
    hub: Template, lived: Watched, role: str, commands: tuple[str, ...]
) -> None:
    needed, granted = called(lived, commands), grants_of(hub, role)
    assert needed - granted == set(), "called and not granted"
    assert granted - needed - SILENT == set(), "granted and never called"


def test_no_command_was_left_out(lived: Watched) -> None:
    assert set(lived.actions) == {*READING, *OPERATING}


@pytest.mark.parametrize("role", ["PeopleReader", "PeopleOperator"])
def test_people_may_read_the_items_that_their_commands_read_and_no_others(
    hub: Template, lived: Watched, role: str
) -> None:
    assert compare_items(items_of(hub, role), lived.items) == (set(), set())


@pytest.mark.parametrize("role", ["PeopleReader", "PeopleOperator"])
def test_people_may_read_the_objects_that_their_commands_read_and_the_plans_of_runs(
    hub: Template, lived: Watched, role: str
) -> None:
    granted = {
        resource["Fn::Join"][1][-1].removeprefix("/").removesuffix("*")
        for one in statements_of(hub, role)
        if {"s3:GetObject", "s3:GetObjectVersion"} & set(as_list(one["Action"]))
        for resource in as_list(one["Resource"])
    }
    assert granted == lived.objects | BY_HAND


def test_the_page_lists_what_each_command_calls(lived: Watched) -> None:
    page = (ROOT / "docs" / "reference" / "permissions.md").read_text(encoding="utf-8")
    table = page.partition("<!-- table: actions -->")[2].partition("<!-- end: actions -->")[0]
    listed: dict[str, set[str]] = {}
    for row in table.splitlines()[3:]:
        commands, actions = row.split("|")[1:3]
        service, found = "", set[str]()
        for name in re.findall(r"`([^`]+)`", actions):
            service = name.partition(":")[0] if ":" in name else service
            found.add(name if ":" in name else f"{service}:{name}")
        listed |= dict.fromkeys(re.findall(r"`([a-z]+)`", commands), found)
    assert listed == {name: set(called) for name, called in lived.actions.items() if name != "doctor"}


def test_the_page_lists_what_the_doctor_calls(lived: Watched) -> None:
    page = (ROOT / "docs" / "reference" / "permissions.md").read_text(encoding="utf-8")
    said = page.partition("## `rollcall doctor`")[2].partition("\n## ")[0]
    found = lived.actions["doctor"]
    assert {"organizations"} == set(re.findall(r"`(\w+):Describe\*` and `List\*`", said))
    # Those of AWS Organizations all begin so: the page need not name them.
    named = {one for one in found if not re.match(r"organizations:(Describe|List)", one)}
    assert sorted(one for one in named if not re.search(rf"`({one}|{one.partition(':')[2]})`", said)) == []
