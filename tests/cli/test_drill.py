"""`rollcall drill`: where it is refused, what it leaves behind, and how it reads."""

from __future__ import annotations

import errno
import json
import os
import re
import stat

import pytest

from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Desired
from rollcall_cli.drill.edits import choose_edits
from tests.cli import scenes
from tests.cli.desk import HUB, MALLORY, MANAGEMENT, PAYMENTS, RIGHT, SHOP, assert_golden
from tests.cli.drilled import DRILL, let_drill
from tests.cli.scenes import LIMITED
from tests.support.memory import Faults, MemoryChannel
from tests.support.organizations import PRIMARY_CONTACTS
from tests.support.world import ROSTER

BEGINNING = "rollcall-drill-"


@pytest.fixture
def world(make_world):
    made = make_world(scenes.operated)
    # The doctor's trail is of the accounts that it looks at.
    made.make_trail(PAYMENTS)
    return made


def files(world):
    return [path for path in world.where.iterdir() if path.name.startswith(BEGINNING)]


def drill(world, *arguments):
    before = dict(world.organization.accounts[PAYMENTS].contacts)
    result = world.run("drill", PAYMENTS, "--edit-profile", "member", "--wait", "30s", *arguments)
    if result.exit_code not in (1, 130):
        assert world.organization.accounts[PAYMENTS].contacts == before
        assert files(world) == []
    return result


def test_a_drill_passes_and_its_alerts_say_so(world):
    let_drill(world)
    result = drill(world, "--json")
    assert result.exit_code == 0, (result.stdout, result.stderr)
    found = json.loads(result.stdout)
    assert found["passed"]
    assert [edit["change"] for edit in found["edits"]] == ["edited", "deleted"]
    subjects = [alert.subject for alert in world.machines.hub.alerts[-2:]]
    assert all("Drill: " in subject for subject in subjects)
    assert "SECURITY edited: restored" in result.stderr


def test_the_hub_of_a_sandbox_of_two_accounts_can_be_the_test_account(world):
    let_drill(world, roster=LIMITED + DRILL.replace(PAYMENTS, HUB), home=HUB)
    result = world.run("drill", HUB, "--edit-profile", "hub", "--json")
    assert result.exit_code == 0, (result.stdout, result.stderr)
    found = json.loads(result.stdout)
    assert (found["passed"], found["central"]) == (True, False)


def test_no_drill_edits_a_primary_contact():
    of_roster = {"PRIMARY": PRIMARY_CONTACTS["branch"], "BILLING": ROSTER["contacts"]["finops"]}
    desired = {
        ContactKind(kind): Desired(contact=Contact.from_document(document), source="defaults")
        for kind, document in of_roster.items()
    }
    edits = [edit for edits in choose_edits(desired, "a1") for edit in edits]
    assert [edit.kind for edit in edits] == [ContactKind.BILLING] * 2
    assert choose_edits({ContactKind.PRIMARY: desired[ContactKind.PRIMARY]}, "a1") == []


def test_one_managed_kind_is_edited_and_then_deleted(world):
    text = LIMITED.replace("{security: soc, operations: platform, billing: finops}", "{security: soc}")
    let_drill(world, roster=text.replace(", billing: absent", ", mode: enforce") + DRILL)
    found = json.loads(drill(world, "--json").stdout)
    assert [(edit["kind"], edit["change"]) for edit in found["edits"]] == [
        ("SECURITY", "edited"),
        ("SECURITY", "deleted"),
    ]
    assert found["passed"]


def test_without_events_the_drill_restores_and_names_the_missing_rule(world):
    let_drill(world, forwards=False)
    result = drill(world)
    assert result.exit_code == 2
    assert "Failed: queue: no rule sends aws.account to" in result.stdout
    assert "The drill itself restored the SECURITY contact." in result.stdout


def failed(world):
    return json.loads(drill(world, "--json").stdout)["failed"]


def test_of_a_healthy_account_the_dead_letters_are_named_or_the_doctor(world):
    let_drill(world, forwards=False)
    world.make_forwarder(PAYMENTS, ["aws.account"])
    assert failed(world) == {
        "step": "queue",
        "reason": "nothing was seen of it in time",
        "fix": "run `rollcall doctor`",
    }
    dead = world.deployed.outputs["IntakeDeadLetterQueueUrl"]
    world.client("sqs", HUB).send_message(QueueUrl=dead, MessageBody="{}")
    assert failed(world)["reason"] == "1 message in the dead-letter queue intake"


def test_an_alert_that_does_not_come_names_its_dead_letters(world):
    let_drill(world)
    object.__setattr__(world.machines.hub.notifier, "alerted", MemoryChannel(Faults()))
    assert failed(world)["reason"].startswith("the channel has not sent the alert")
    dead = world.deployed.outputs["NotifyDeadLetterQueueUrl"]
    world.client("sqs", HUB).send_message(QueueUrl=dead, MessageBody="{}")
    assert failed(world) == {
        "step": "alert on sns",
        "reason": "1 message in the dead-letter queue notify",
        "fix": "`rollcall status` shows the reasons; fix them and redrive the queue",
    }


def test_in_audit_mode_it_says_that_nothing_will_be_restored(world):
    override = f'  - {{accounts: ["{PAYMENTS}"], mode: audit}}\n'
    let_drill(world, roster=LIMITED.replace("overrides:\n", f"overrides:\n{override}") + DRILL)
    result = drill(world)
    assert result.exit_code == 2
    assert "Rollcall will restore nothing: audit mode" in result.stderr
    assert "Failed: restored: audit mode" in result.stdout


def test_an_edit_that_the_service_control_policy_denies_names_central(world):
    let_drill(world)
    deny(world, "account:Put*")
    result = drill(world)
    assert result.exit_code == 1
    assert "AWS denies the credentials of the edits account:PutAlternateContact" in result.stderr
    assert "edit with --central" in result.stderr
    assert "all contacts are as before" in result.stderr
    assert files(world) == []


def test_what_was_edited_before_an_error_is_restored(world):
    let_drill(world, forwards=False)
    deny(world, "account:Delete*")
    before = dict(world.organization.accounts[PAYMENTS].contacts)
    result = drill(world)
    assert result.exit_code == 1
    assert "AWS denies the credentials of the edits account:DeleteAlternateContact" in result.stderr
    assert world.organization.accounts[PAYMENTS].contacts == before
    assert files(world) == []


def test_an_interrupted_drill_leaves_a_file_that_only_its_owner_reads(world):
    interrupt(world)
    (file,) = files(world)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    result = world.run("drill", "--restore", file.name, "--edit-profile", "member")
    assert (result.exit_code, files(world)) == (0, [])
    assert "Restored the SECURITY contact" in result.stdout


def test_what_is_below_the_guardrail_by_now_is_restored_centrally(world):
    before = dict(world.organization.accounts[PAYMENTS].contacts)
    interrupt(world)
    (file,) = files(world)
    deny(world, "account:Put*")
    denied = world.run("drill", "--restore", file.name, "--edit-profile", "member")
    assert "below the guardrail, edit with --central" in denied.stderr
    result = world.run("drill", "--restore", file.name, "--central", "--edit-profile", "hub")
    assert (result.exit_code, files(world)) == (0, []), result.stderr
    assert world.organization.accounts[PAYMENTS].contacts == before


def interrupt(world):
    """Ctrl-C after the edits."""
    history = let_drill(world, forwards=False)
    plain = history.lookup_events

    def look_up(**given):
        if history.records:
            raise KeyboardInterrupt
        return plain(**given)

    history.lookup_events = look_up
    result = drill(world)
    assert result.exit_code == 130
    assert "rollcall drill --restore rollcall-drill-222222222222-" in result.stderr


def deny(world, action):
    client = world.client("organizations", MANAGEMENT)
    client.enable_policy_type(RootId="r-a1b2", PolicyType="SERVICE_CONTROL_POLICY")
    statement = {"Effect": "Deny", "Action": [action], "Resource": "*"}
    made = client.create_policy(
        Name="deny",
        Description="x",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=PAYMENTS)


def test_below_the_guardrail_the_edits_are_central(world):
    let_drill(world)
    world.write(organization=world.settings + "guardrail: {targets: [r-a1b2]}\n")
    result = drill(world)
    assert result.exit_code == 1
    assert f"need credentials of account {HUB} or {MANAGEMENT}, and these are of {PAYMENTS}" in result.stderr


def test_without_a_file_for_the_contacts_nothing_is_registered_or_changed(world, monkeypatch):
    let_drill(world)
    before = dict(world.organization.accounts[PAYMENTS].contacts)

    def fail(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    result = drill(world)
    assert (result.exit_code, files(world)) == (1, [])
    assert "error: No space left on device" in result.stderr
    assert world.machines.hub.state.get_enforcement().drill is None
    assert world.organization.accounts[PAYMENTS].contacts == before


def test_a_drill_that_cannot_be_registered_leaves_no_file(world):
    let_drill(world)
    world.machines.hub.identities.arn = f"arn:aws:sts::{PAYMENTS}:assumed-role/Nobody/x"
    result = drill(world)
    assert (result.exit_code, files(world)) == (1, [])
    assert "all contacts are as before" in result.stderr


def unapprove(world):
    world.client("dynamodb", HUB).delete_item(
        TableName="state", Key={"pk": {"S": "approval"}, "sk": {"S": "approval"}}
    )


def close(world):
    world.organization.accounts[PAYMENTS].state = "SUSPENDED"


def differ(world):
    world.has(PAYMENTS, **RIGHT | {"security": MALLORY})


@pytest.mark.parametrize(
    ("scene", "account", "why"),
    [
        (lambda _: None, MANAGEMENT, "is the management account"),
        (
            lambda _: None,
            SHOP,
            f"fix: add {SHOP} to drill.accounts in contacts.yaml, then deploy and approve",
        ),
        (unapprove, PAYMENTS, "no roster has been approved yet"),
        (close, PAYMENTS, "the account is not active"),
        (differ, PAYMENTS, "the SECURITY contact of 222222222222 differs from the roster"),
    ],
)
def test_where_no_drill_may_be_nothing_is_changed(world, scene, account, why):
    let_drill(world)
    scene(world)
    before = dict(world.organization.accounts[account].contacts)
    result = world.run("drill", account, "--edit-profile", "member")
    assert (result.exit_code, files(world)) == (1, [])
    assert why in result.stderr
    assert world.organization.accounts[account].contacts == before


def test_a_contact_that_somebody_changed_after_the_drill_is_left_as_it_is(world):
    interrupt(world)
    (file,) = files(world)
    differ(world)
    result = world.run("drill", "--restore", file.name, "--edit-profile", "member", "--json")
    assert json.loads(result.stdout) == {
        "version": 1,
        "account_id": PAYMENTS,
        "restored": [],
        "complete": False,
    }
    assert result.exit_code == 2
    assert files(world) == [file]


BEGUN = '{"version": 1, "account_id": "222222222222", "central": false'


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"version": 1}', '{"version": 2, "account_id": "x"}', "\udcff"),
        *(
            f'{BEGUN}, "edits": [], "contacts": {contacts}}}'
            for contacts in ("[]", '"x"', '{"SECURITY": []}')
        ),
        f'{BEGUN}, "edits": [], "contacts": {{"PRIMARY": {{}}}}}}',
        f'{BEGUN}, "edits": null, "contacts": {{}}}}',
        f'{BEGUN}, "edits": [], "contacts": {{"SECURITY": {{"contact": "x"}}}}}}',
        f'{BEGUN}, "edits": [], "contacts": {{"SECURITY": {{"contact": {{"name": 1}}}}}}}}',
    ],
)
def test_a_file_of_something_else_is_refused(world, text):
    (world.where / "other.json").write_text(text, errors="surrogateescape")
    result = world.run("drill", "--restore", "other.json")
    assert result.exit_code == 1
    assert "other.json has no contacts of a drill" in result.stderr


@pytest.mark.parametrize(
    "arguments", [(), (PAYMENTS, "--restore", "x.json"), (PAYMENTS, "--wait", "16m"), ("2222",)]
)
def test_what_makes_no_sense_is_refused(world, arguments):
    assert world.run("drill", *arguments).exit_code == 1


def test_the_timeline_reads_well(world):
    let_drill(world)
    result = drill(world)
    # S3 of the tests knows the time of this machine only.
    assert_golden("drill.txt", re.sub(r"(ledger +)[0-9.]+ s", r"\1? s", result.stdout))
