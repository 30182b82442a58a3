"""`rollcall setup`: done once, done again, undone, done again; a dry run changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollcall.model.well_known import STACK_SET_NAME
from rollcall_cli.text.fixes import ACCOUNTS, STACK_SETS
from tests.cli.aws_cli import run
from tests.cli.desk import HUB, MANAGEMENT, PLAYGROUND, SHOP, assert_golden
from tests.cli.stack_sets import CloudFormation, Deployed
from tests.support.command_errors import refused

SETTINGS = "members: {deploy: stackset, targets: [r-a1b2]}\nguardrail: {targets: [r-a1b2]}\n"


@pytest.fixture
def bare(desk):
    """An organization in which nobody has set anything up, and a person in its management account."""
    desk.organization.trusted_access.clear()
    desk.organization.delegated_administrators.clear()
    deployed = Deployed(organization=desk.organization, hub_account=HUB)
    desk.deployed = deployed
    desk.elsewhere = lambda _service, account: CloudFormation(deployed, account)
    desk.caller = MANAGEMENT
    desk.write(organization=(desk.where / "config/organization.yaml").read_text() + SETTINGS)
    return desk


def states(result):
    return {step["step"]: step["state"] for step in json.loads(result.stdout)["steps"]}


def ready(desk):
    organization = desk.organization
    return (
        {ACCOUNTS, STACK_SETS} <= organization.trusted_access
        and organization.is_delegated(HUB, ACCOUNTS)
        and organization.is_delegated(HUB, STACK_SETS)
        and organization.policies.enabled
    )


def changes(desk):
    return [name for name, _ in desk.calls if not name.startswith(("get_", "list_", "describe_"))]


def test_setup_undo_and_setup_again(bare):
    result = bare.run("setup")
    assert result.exit_code == 0
    assert_golden("setup.txt", result.stdout)
    assert ready(bare)

    bare.calls.clear()
    result = bare.run("setup")
    assert_golden("setup-again.txt", result.stdout)
    assert not changes(bare)

    result = bare.run("setup", "--undo", answer="y\n")
    assert result.exit_code == 0
    assert_golden("setup-undo.txt", result.stdout)
    assert bare.organization.trusted_access == {STACK_SETS}
    assert not bare.organization.is_delegated(HUB)
    assert bare.organization.policies.enabled

    assert set(states(bare.run("setup", "--undo", "--yes", "--json")).values()) == {
        "done-already",
        "kept",
    }
    assert bare.run("setup").exit_code == 0
    assert ready(bare)


@pytest.mark.parametrize("arguments", [["setup", "--dry-run"], ["setup", "--undo", "--dry-run"]])
def test_a_dry_run_changes_nothing(bare, arguments):
    if "--undo" in arguments:
        bare.run("setup")
    bare.calls.clear()
    result = bare.run(*arguments)
    assert result.exit_code == 0
    assert "would do" in result.stdout
    assert not changes(bare)
    assert_golden(f"{'-'.join(arguments).replace('--', '')}.txt", result.stdout)


def test_the_commands_that_it_shows_do_the_same(bare):
    """The AWS CLI's words, run one after the other, leave nothing for the command to do."""
    steps = json.loads(bare.run("setup", "--dry-run", "--json").stdout)["steps"]
    for step in steps:
        command = step["command"]
        run(command, lambda service: bare._client(service, region="us-east-1", profile=None))
    assert set(states(bare.run("setup", "--json")).values()) == {"done-already"}


def test_no_is_no(bare):
    bare.run("setup")
    bare.calls.clear()
    result = bare.run("setup", "--undo", answer="n\n")
    assert result.exit_code == 1
    assert "Nothing changed." in result.stdout
    assert not changes(bare)


def test_the_end_of_input_is_no_answer(bare):
    bare.run("setup")
    bare.calls.clear()
    result = bare.run("setup", "--undo")
    assert result.exit_code == 1
    assert result.stderr.endswith("fix: add --yes\n")
    assert not changes(bare)


def test_nothing_is_asked_where_there_is_nothing_to_remove(bare):
    result = bare.run("setup", "--undo")
    assert result.exit_code == 0
    assert "Remove all of this?" not in result.stdout


def test_a_script_cannot_be_asked(bare):
    bare.run("setup")
    result = bare.run("setup", "--undo", "--json")
    assert result.exit_code == 1
    assert "--yes" in result.stderr
    assert ready(bare)


def test_only_the_management_account_can_grant(bare):
    bare.caller = HUB
    result = bare.run("setup")
    assert result.exit_code == 1
    assert f"use credentials of the management account {MANAGEMENT}" in result.stderr
    assert not changes(bare)


def test_without_all_features_it_says_how(bare):
    bare.organization.feature_set = "CONSOLIDATED_BILLING"
    result = bare.run("setup")
    assert result.exit_code == 1
    assert "aws organizations enable-all-features" in result.stdout
    assert not changes(bare)


def test_another_organization_is_not_touched(bare):
    path = bare.where / "config/organization.yaml"
    path.write_text(path.read_text().replace("o-exampleorgid", "o-anotherorgid"))
    result = bare.run("setup")
    assert result.exit_code == 1
    assert "organization: o-exampleorgid" in result.stdout
    assert not changes(bare)


def test_another_administrator_is_named(bare):
    bare.organization.trusted_access.add(ACCOUNTS)
    bare.organization.delegate(PLAYGROUND)
    result = bare.run("setup")
    assert result.exit_code == 1
    assert f"another delegated administrator is registered: account {PLAYGROUND}" in result.stdout
    assert f"deregister-delegated-administrator --account-id {PLAYGROUND}" in result.stdout
    assert not bare.organization.is_delegated(HUB)


def test_what_another_administrator_uses_is_left(bare):
    bare.run("setup")
    bare.organization.delegated_administrators[ACCOUNTS] = {PLAYGROUND}
    found = states(bare.run("setup", "--undo", "--yes", "--json"))
    assert found["trusted-access"] == "kept"
    assert ACCOUNTS in bare.organization.trusted_access


def test_other_stacksets_keep_their_administrator(bare):
    bare.run("setup")
    bare.deployed.sets.add("baseline")
    found = states(bare.run("setup", "--undo", "--yes", "--json"))
    assert found["stacksets-delegation"] == "kept"
    assert bare.organization.is_delegated(HUB, STACK_SETS)


def test_the_stackset_of_ours_goes_first(bare):
    bare.run("setup")
    bare.deployed.sets.add(STACK_SET_NAME)
    bare.calls.clear()
    result = bare.run("setup", "--undo", "--yes")
    assert result.exit_code == 1
    assert "cdk destroy RollcallHub" in result.stdout
    assert not changes(bare)


def test_up_to_five_accounts_administer_stacksets(bare):
    bare.organization.delegate(SHOP, STACK_SETS)
    assert bare.run("setup").exit_code == 0
    assert bare.organization.is_delegated(HUB, STACK_SETS)


def test_only_what_the_settings_want(bare):
    path = bare.where / "config/organization.yaml"
    path.write_text(path.read_text().replace(SETTINGS, ""))
    assert list(states(bare.run("setup", "--json"))) == ["features", "trusted-access", "delegation"]
    assert bare.organization.trusted_access == {ACCOUNTS}


def slow(desk, times):
    """Trusted access that AWS sees only after some refusals, as right after it was enabled."""
    client = desk._client

    def wrapped(service, **options):
        made = client(service, **options)
        if service != "organizations":
            return made
        return Slow(made, desk, times)

    desk._client = wrapped


class Slow:
    def __init__(self, client, desk, times):
        self._client, self._desk, self._left = client, desk, times

    def __getattr__(self, name):
        return getattr(self._client, name)

    def register_delegated_administrator(self, **parameters):
        if self._left:
            self._left -= 1
            error = refused("ConstraintViolationException")
            answer: Any = error.response
            answer["Reason"] = "SERVICE_ACCESS_NOT_ENABLED"
            raise error
        return self._client.register_delegated_administrator(**parameters)


def test_trusted_access_takes_a_moment_to_be_seen(bare):
    slow(bare, 3)
    start = bare.clock.now()
    assert bare.run("setup").exit_code == 0
    assert (bare.clock.now() - start).total_seconds() == 1 + 2 + 4
    assert ready(bare)


def test_and_not_for_ever(bare):
    slow(bare, 99)
    start = bare.clock.now()
    result = bare.run("setup")
    assert result.exit_code == 1
    assert "ConstraintViolationException (SERVICE_ACCESS_NOT_ENABLED)" in result.stdout
    assert (bare.clock.now() - start).total_seconds() == 30
    assert bare.organization.trusted_access == {ACCOUNTS, STACK_SETS}


def test_a_refusal_names_the_call(bare):
    bare.failures["cloudformation"] = [ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "X")]
    result = bare.run("setup")
    assert result.exit_code == 1
    assert "allowed to run `aws cloudformation activate-organizations-access`" in result.stdout
