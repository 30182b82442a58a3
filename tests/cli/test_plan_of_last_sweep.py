"""`rollcall plan` without --fresh: what the roster would change of what the last sweep observed."""

from __future__ import annotations

import json

import pytest

from tests.cli import scenes
from tests.cli.desk import CONTACTS, HUB, MALLORY, MANAGEMENT, PAYMENTS, RIGHT, assert_golden
from tests.cli.machines import operate
from tests.cli.scenes import LIMITED
from tests.cli.world import TABLE

MISTYPED = "email aws-soc@example.com -> aws-sco@example.com"
READS = {"get_alternate_contact", "list_accounts", "list_tags_for_resource"}


@pytest.fixture
def hub(make_world):
    return make_world(scenes.operated)


@pytest.fixture
def previewed(hub):
    hub.write(contacts=LIMITED.replace("aws-soc@", "aws-sco@"))
    return hub


def read(result):
    return json.loads(result.stdout)


def test_where_nothing_differs_there_is_nothing_to_change(hub):
    result = hub.run("plan")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        0,
        "Plan: 0 to add, 0 to change, 0 to delete, in 0 of 6 active accounts.",
    )


def test_it_answers_from_what_the_last_sweep_observed_and_says_how_old_that_is(previewed):
    result = previewed.run("plan")
    assert result.exit_code == 2
    assert_golden("plan-last-sweep.txt", result.stdout)
    assert "note: observed by the sweep 20261005T110000Z-" in result.stderr
    assert "2 hours ago; --fresh reads every account now" in result.stderr
    assert READS.isdisjoint(name for name, _ in previewed.calls)


def test_the_number_of_calls_does_not_grow_with_the_accounts(previewed):
    previewed.run("plan")
    few = len(previewed.calls)
    for number in range(30):
        previewed.organization.add_account(name=f"Account {number}", email=f"{number}@example.com")
    previewed.machines.hub.sweep("schedule")
    previewed.calls.clear()
    found = read(previewed.run("plan", "--json"))
    assert found["accounts"]["seen"] == 36
    # What that run wrote is read too, a file for each batch of 25 changes.
    batches = [given for _, given in previewed.calls if "/results/" in str(given.get("Key"))]
    assert len(batches) == -(-previewed.machines.hub.sweeps.find_last()["changes"] // 25)
    assert len(previewed.calls) - len(batches) <= few + 2


def test_it_shows_the_plan_that_a_sweep_would_hold(previewed):
    planned = read(previewed.run("plan", "--json"))
    previewed.machines.deploy()
    previewed.machines.hub.sweep("roster")
    (held,) = previewed.machines.hub.sweeps.list_pending(previewed.clock.now())
    assert planned["plan"] == held.plan
    assert planned["needs_approval"] == held.summary["reasons"]


def test_it_knows_what_the_last_run_wrote(previewed):
    previewed.machines.deploy()
    previewed.machines.hub.sweep("roster")
    assert previewed.run("plan").exit_code == 2
    previewed.machines.hub.approve_held()
    found = read(previewed.run("plan", "--json"))
    # The sandbox is in audit mode.
    assert [group["note"] for group in found["groups"]] == ["audit mode: alert only"]


def test_a_plan_of_an_earlier_sweep_does_not_bring_back_what_that_observed(previewed):
    hub = previewed.machines.hub
    previewed.machines.deploy()
    hub.sweep("roster")
    previewed.clock.sleep(3600)
    latest = previewed.clock.now()
    hub.sweep("schedule")
    hub.approve_held()
    found = read(previewed.run("plan", "--json"))
    assert found["since"] == latest.replace(microsecond=0).isoformat()
    assert [group["note"] for group in found["groups"]] == ["audit mode: alert only"]


def test_it_knows_what_a_run_wrote_that_has_not_reported(previewed):
    hub = previewed.machines.hub
    previewed.machines.deploy()
    hub.sweep("roster")
    (held,) = hub.sweeps.list_pending(previewed.clock.now())
    assert hub.command("approve", plan=held.plan)["done"]
    list(hub.started.values())[-1].run_to("report")
    found = read(previewed.run("plan", "--json"))
    assert [group["note"] for group in found["groups"]] == ["audit mode: alert only"]


def test_it_knows_what_a_sweep_restored(hub):
    hub.has(PAYMENTS, **RIGHT | {"security": MALLORY, "operations": RIGHT["operations"]})
    hub.machines.hub.sweep("schedule")
    assert hub.run("plan").exit_code == 0


def test_an_edit_since_is_seen_with_fresh_only(hub):
    hub.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    assert hub.run("plan").exit_code == 0
    assert hub.run("plan", "--fresh").exit_code == 2


def test_the_management_account_is_in_it(previewed):
    group, _ = read(previewed.run("plan", "--json"))["groups"]
    assert MANAGEMENT in group["accounts"]


@pytest.mark.parametrize(("managed", "status"), [(True, 1), (False, 0)])
def test_a_management_account_that_sweeps_do_not_reach_is_not_known_unless_it_is_meant_so(
    hub, *, managed, status
):
    hub.machines.hub.management_role = False
    hub.machines.hub.sweep("schedule")
    if not managed:
        hub.write(organization=hub.settings + "management_role: false\n")
    result = hub.run("plan")
    assert result.exit_code == status
    assert "3 not known" in result.stdout
    assert read(hub.run("plan", "--json"))["status"] == ("not-known" if managed else "nothing-to-change")


def test_a_running_sweep_is_in_nobodys_way(previewed):
    previewed.machines.hub.execution("schedule").run_to("observe")
    assert previewed.run("plan").exit_code == 2
    assert "the sweep" in previewed.run("plan", "--fresh").stderr


def test_a_part_of_the_organization_can_be_planned(previewed):
    found = read(previewed.run("plan", "--account", PAYMENTS, "--json"))
    assert [group["accounts"] for group in found["groups"]] == [[PAYMENTS]]
    assert found["plan"] is None


def test_a_unit_that_lost_its_name_blocks_its_accounts_as_in_a_sweep(hub):
    hub.organization.rename_ou(hub.organization.find_ou("Sandbox"), "Sandboxes")
    hub.machines.hub.sweep("schedule")
    result = hub.run("plan")
    assert result.exit_code == 1
    assert "was Sandbox and has another name now" in result.stdout
    hub.write(contacts=LIMITED.replace("aws-soc@", "aws-sco@"))
    assert "was Sandbox and has another name now" in hub.run("plan").stdout


@pytest.mark.parametrize("terminal", [True, False])
def test_for_a_pull_request_there_is_markdown(previewed, terminal):
    previewed.terminal = terminal
    result = previewed.run("plan", "--format", "markdown")
    assert result.exit_code == 2
    assert_golden("plan.md", result.stdout)


def test_nothing_in_markdown_is_obeyed(hub):
    hostile = ("](https://evil.example) <img src=x> `|` @team", "x|y", "a|b@example.net", "+1")
    hub.has(PAYMENTS, **RIGHT | {"security": hostile})
    result = hub.run("plan", "--fresh", "--format", "markdown", "--show-details")
    row = next(line for line in result.stdout.splitlines() if "SECURITY" in line)
    assert row.count("|") == 4
    for forbidden in ("](", "<img", "`", "@team"):
        assert forbidden not in row


def test_in_json_foreign_contacts_are_masked_unless_asked_for(hub):
    hub.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    assert MALLORY[2] not in hub.run("plan", "--fresh", "--format", "json").stdout
    assert MALLORY[2] in hub.run("plan", "--fresh", "--json", "--show-details").stdout


def golden_error(name, result):
    assert (result.exit_code, result.stdout) == (1, "")
    assert "--fresh" in result.stderr.partition("fix: ")[2]
    assert_golden(f"plan-{name}.txt", result.stderr)


def test_without_a_hub_it_says_how_to_read_all_accounts(hub):
    hub.caller = MANAGEMENT
    golden_error("without-hub", hub.run("plan"))


def test_before_the_first_sweep_it_says_so(world):
    operate(world)
    golden_error("without-sweep", world.run("plan"))


def test_kinds_that_the_sweep_did_not_read_are_an_error(world):
    world.write(
        contacts=CONTACTS.replace(", billing: finops}", "}").replace("billing: absent", "mode: audit")
    )
    world.approve()
    operate(world)
    world.machines.hub.sweep("schedule")
    world.write(contacts=CONTACTS)
    golden_error("without-kind", world.run("plan"))


def test_tags_that_the_sweep_did_not_read_are_an_error(world):
    world.write(
        contacts=CONTACTS.replace("{tag: {scope: pci}, security: pci-soc}", "{ou: Security, mode: audit}")
    )
    world.approve()
    operate(world)
    world.machines.hub.sweep("schedule")
    world.write(contacts=CONTACTS)
    golden_error("without-tags", world.run("plan"))


def test_a_sweep_that_did_not_read_all_is_an_error(hub):
    execution = hub.machines.hub.execution("schedule").run_to("gate")
    s3 = hub.client("s3", HUB)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="reports")["Contents"]]
    run = execution.document["id"]
    execution.run()
    for key in keys:
        if key.startswith(f"runs/{run}/observed/"):
            s3.delete_object(Bucket="reports", Key=key)
    golden_error("without-accounts", hub.run("plan"))


def test_what_expired_is_an_error(hub):
    summary = hub.machines.hub.sweeps.find_last()
    item = {"pk": {"S": "sweep"}, "sk": {"S": "last"}, "ended_at": {"S": summary["ended_at"]}}
    observed = {**summary["observed"], "run": "20250101T000000Z-000000"}
    document = json.dumps({**summary, "observed": observed})
    hub.client("dynamodb", HUB).put_item(TableName=TABLE, Item=item | {"document": {"S": document}})
    golden_error("too-old", hub.run("plan"))
