"""`rollcall sweep`, `approve`, `pause`, `unpause`, `status`: through the machines of the hub."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore import exceptions as aws
from typer._click import termui

from rollcall.contact.known_drift import KnownDrift
from rollcall.model.contact import ContactKind
from rollcall.sweep.approvals import WAITS
from rollcall.sweep.run import PlanReference, Step
from rollcall_cli.status.executions import MachineExecution
from rollcall_cli.status.runs import measure_progress
from tests.cli import scenes
from tests.cli.desk import DIVESTED, HUB, MALLORY, MANAGEMENT, PAYMENTS, PLAYGROUND, RIGHT, assert_golden
from tests.cli.machines import operate
from tests.cli.scenes import LIMITED
from tests.cli.world import SETTINGS
from tests.support.record_samples import make_edit

BY = f"arn:aws:sts::{HUB}:assumed-role/rollcall-operator/ann"


@pytest.fixture
def hub(make_world):
    return make_world(scenes.operated)


@pytest.fixture
def contested(make_world):
    return make_world(scenes.contested)


@pytest.fixture
def held(make_world):
    return make_world(scenes.held)


def deploy_wrong(world):
    """A roster that waits, as it changes the mailbox of all."""
    world.write(contacts=LIMITED.replace("aws-soc@", "aws-sco@"))
    world.machines.deploy()
    world.machines.hub.sweep("roster")


def plan_of(world):
    (plan,) = world.machines.hub.sweeps.list_pending(world.clock.now())
    return plan


def status(world):
    return json.loads(world.run("status", "--json").stdout)


def mailbox(world):
    return world.organization.accounts[PAYMENTS].contacts["SECURITY"].email


def test_all_is_well(hub):
    result = hub.run("status")
    assert result.exit_code == 0, result.output
    assert_golden("status-well.txt", result.stdout)


def test_a_sweep_is_started(hub):
    result = hub.run("sweep")
    assert result.exit_code == 0
    assert_golden("sweep.txt", result.stdout)
    assert [asked["operation"] for asked in hub.machines.inputs] == ["sweep"]
    (execution,) = hub.machines.hub.started.values()
    assert execution.asked == {"trigger": "operator", "by": BY, "plan": None}


def test_a_sweep_is_watched_to_its_end(hub):
    hub.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    result = hub.run("sweep", "--follow")
    assert result.exit_code == 0, result.output
    assert_golden("sweep-follow.txt", result.output)
    assert mailbox(hub) == "aws-soc@example.com"


def test_on_a_terminal_there_is_a_bar(hub):
    hub.terminal = True
    shown = hub.run("sweep", "--follow").stderr
    assert "reading contacts" in shown
    assert "0/?" in shown  # the first slice still lists


def test_progress_counts_accounts_and_then_changes(hub):
    execution = hub.machines.hub.execution("schedule")
    execution.run_to("observe")
    run = hub.machines.hub.sweeps.find_current(hub.clock.now())
    observing = replace(run, next=Step.OBSERVE, accounts=6, cursor=2)
    assert measure_progress(observing) == ("reading contacts", 2, 6)
    plan = PlanReference(digest="p", roster="r", changes=9, parts=1)
    assert measure_progress(replace(observing, next=Step.APPLY, plan=plan)) == ("setting contacts", 2, 9)
    assert measure_progress(replace(observing, next=Step.GATE)) == (
        "comparing the changes with the limits",
        0,
        0,
    )


def test_a_sweep_that_holds_a_plan_waits_for_a_person(hub):
    hub.write(contacts=LIMITED.replace("aws-soc@", "aws-sco@"))
    hub.machines.deploy()
    result = hub.run("sweep", "--follow")
    assert result.exit_code == 2
    assert f"pending   plan {plan_of(hub).plan}" in result.stdout


def test_a_sweep_that_fails_is_an_error(hub):
    hub.machines.hub.broken["observe", "before"] = 99
    result = hub.run("sweep", "--follow")
    assert result.exit_code == 1
    assert "failed    observe: Crash" in result.stdout
    found = status(hub)
    assert "the last sweep failed in part" in found["concerns"]


def test_a_sweep_that_cannot_begin_says_so(hub):
    hub.machines.hub.broken["begin", "before"] = 99
    result = hub.run("sweep", "--follow")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the sweep failed before it began")


def test_a_second_sweep_waits_for_the_first(hub):
    first = hub.machines.hub.execution("schedule")
    first.run_to("observe")
    running = hub.machines.hub.sweeps.find_current(hub.clock.now())
    second = hub.run("sweep")
    assert second.exit_code == 0
    found = hub.machines.hub.started[second.stdout.split()[1].rstrip(".")]
    found.advance()
    assert found.state == "wait"
    shown = hub.run("status").stdout
    assert f"run       {running.id}, schedule, for " in shown
    assert "step      listing accounts\n" in shown
    first.run_to("gate")
    assert "step      reading contacts\n" in hub.run("status").stdout


def test_watching_can_end_before_the_sweep_does(hub):
    describe = hub.machines.describe_execution
    looks = []

    def interrupted(**parameters):
        looks.append(parameters)
        if len(looks) == 3:
            raise KeyboardInterrupt
        return describe(**parameters)

    hub.machines.describe_execution = interrupted
    result = hub.run("sweep", "--follow")
    assert result.exit_code == 130
    assert_golden("sweep-interrupted.txt", result.stderr)


def test_a_plan_is_shown_and_approved(held):
    plan = plan_of(held)
    result = held.run("approve", plan.plan[:8].upper(), answer="y\n")
    assert result.exit_code == 0, result.output
    assert_golden("approve.txt", result.stdout)
    contact = {"account": None, "kind": None}
    asked = {"operation": "approve", "reason": "", "plan": plan.plan, **contact}
    assert held.machines.inputs == [asked]
    assert held.machines.hub.state.get_enforcement().approved == plan.roster
    (execution,) = held.machines.hub.started.values()
    execution.run()
    assert mailbox(held) == "aws-sco@example.com"
    assert not status(held)["pending_approval"]


MISTYPED = "email aws-soc@example.com -> aws-sco@example.com"


@pytest.mark.parametrize("command", [["status"], ["approve", "PLAN", "--yes"], ["approve", "PLAN"]])
@pytest.mark.parametrize("terminal", [True, False])
def test_who_approves_sees_old_and_new_wherever_the_plan_is_shown(held, command, terminal):
    held.terminal = terminal
    arguments = [plan_of(held).plan if item == "PLAN" else item for item in command]
    shown = held.run(*arguments, answer="n\n").stdout
    assert "4 accounts: SECURITY soc\n" in shown
    assert MISTYPED in shown
    assert PAYMENTS in shown


def test_foreign_values_are_in_full_on_the_operators_terminal_only(hub):
    for account in (PAYMENTS, HUB):
        hub.has(account, **RIGHT | {"security": MALLORY})
    deploy_wrong(hub)
    plan = plan_of(hub).plan
    for command in (["status"], ["status", "--json"], ["approve", plan]):
        assert MALLORY[2] not in hub.run(*command, answer="n\n").stdout
    hub.terminal = True
    for command in (["status"], ["approve", plan]):
        assert MALLORY[2] in hub.run(*command, answer="n\n").stdout


def alter(world, plan):
    """Send the first change of a stored plan to another account, as anybody can who writes to the bucket."""
    runs, part = world.machines.hub.runs, (plan.data, plan.roster, 0)
    first, *others = runs.read_planned(*part)
    runs.write_planned(*part, [replace(first, account_id=MANAGEMENT), *others])


def test_a_plan_that_was_altered_is_neither_shown_nor_approved(held):
    plan = plan_of(held)
    alter(held, plan)
    result = held.run("approve", plan.plan, "--yes")
    assert result.exit_code == 1
    assert_golden("approve-altered.txt", result.stderr)
    assert not held.machines.inputs
    shown = held.run("status")
    assert "CANNOT BE SHOWN, do not approve: the stored plan differs from its digest" in shown.stdout
    assert MISTYPED not in shown.stdout
    assert "a pending plan cannot be shown" in status(held)["concerns"]


def test_a_plan_of_many_groups_is_shown_in_part_by_status_and_whole_by_approve(hub):
    for number, account in enumerate(hub.organization.accounts):
        hub.has(
            account,
            **{kind: (*MALLORY[:2], f"{kind}{number}@example.net", MALLORY[3]) for kind in RIGHT},
        )
    deploy_wrong(hub)
    shown = hub.run("status").stdout
    assert shown.count("1 account: ") == 10
    assert "more groups, which `rollcall approve` shows" in shown
    assert hub.run("approve", plan_of(hub).plan, "--yes").stdout.count("1 account: ") > 10


def test_a_person_goes_back_to_the_roster_before(held):
    before = held.machines.hub.state.get_enforcement().approved
    assert held.run("approve", plan_of(held).plan, "--yes").exit_code == 0
    list(held.machines.hub.started.values())[-1].run()
    held.clock.sleep(3600)
    held.machines.hub.sweep("schedule")
    held.clock.sleep(7200)
    result = held.run("approve", "--back-to", before[:12], answer="y\n")
    assert result.exit_code == 0
    assert "rolled back" not in result.stdout
    assert "wants to roll back to this roster, which was approved before" in result.stdout
    assert "observed  2 hours ago" in result.stdout
    assert "email aws-sco@example.com -> aws-soc@example.com" in result.stdout
    assert f"Approved. Roster {before} is in force." in result.stdout
    assert held.machines.hub.state.get_enforcement().approved == before


def test_it_goes_back_to_one_roster_that_was_approved_and_to_no_other(held):
    result = held.run("approve", "--back-to", "abcdef123456")
    assert result.exit_code == 1
    assert "no approved roster has a digest that begins with abcdef123456" in result.stderr
    assert "give the digest of a plan, or --back-to" in held.run("approve").stderr
    held.calls.clear()
    both = held.run("approve", "abcdef12", "--back-to", "abcdef12")
    assert both.exit_code == 1
    text = " ".join(both.stderr.replace("│", " ").split())
    assert "DIGEST approves a plan that is pending, --back-to plans a roster that was approved before" in text
    assert not held.calls


def test_ctrl_c_at_the_question_is_an_interruption(held, monkeypatch):
    def press(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(termui, "echo", press)
    result = held.run("approve", plan_of(held).plan)
    assert (result.exit_code, result.stderr) == (130, "\nerror: interrupted\nfix: nothing was changed\n")
    assert not held.machines.inputs


def test_the_end_of_input_is_no_answer(held):
    result = held.run("approve", plan_of(held).plan, answer="")
    assert result.exit_code == 1
    assert result.stderr == "\nerror: the question was not answered: end of input\nfix: add --yes\n"
    assert not held.machines.inputs


def test_no_is_an_answer(held):
    result = held.run("approve", plan_of(held).plan, answer="n\n")
    assert result.exit_code == 1
    assert result.stdout.endswith("Nothing changed.\n")
    assert not held.machines.inputs


def test_an_approval_that_was_cut_off_for_good_is_shown_and_the_same_command_finishes_it(held):
    plan = plan_of(held)
    held.machines.hub.sweeps.approve(plan.plan, by=BY, at=held.clock.now())
    approved_at = held.clock.now()
    held.clock.sleep(600)
    assert status(held)["pending_approval"] == []
    result = held.run("status")
    assert result.exit_code == 2
    assert_golden("status-cut-off.txt", result.stdout)
    (shown,) = status(held)["approved"]
    assert (shown["plan"], shown["approved_by"], shown["in_force"]) == (plan.plan, BY, False)
    assert datetime.fromisoformat(shown["expires_at"]) == approved_at.replace(microsecond=0) + WAITS
    assert held.run("approve", plan.plan[:8], "--yes").exit_code == 0
    assert held.machines.hub.state.get_enforcement().approved == plan.roster
    (shown,) = status(held)["approved"]
    assert shown["in_force"] is True
    text = held.run("status").stdout
    assert "in force; the running sweep or the next one writes the rest" in text
    (execution,) = held.machines.hub.started.values()
    execution.run()
    assert status(held)["approved"] == status(held)["concerns"] == []


def test_what_nobody_can_approve_any_more_is_not_shown_as_approved(held):
    held.machines.hub.sweeps.approve(plan_of(held).plan, by=BY, at=held.clock.now())
    held.write(contacts=LIMITED.replace("aws-soc@", "aws-security@"))
    held.machines.deploy()
    assert status(held)["approved"] == status(held)["concerns"] == []


def test_an_approval_that_came_to_nothing_is_shown_until_the_next_one(held):
    plan = plan_of(held)
    running = held.machines.hub.execution("schedule").run_to("gate")
    assert held.run("approve", plan.plan, "--yes").exit_code == 0
    (waiting,) = held.machines.hub.started.values()
    waiting.advance()
    assert waiting.state == "wait"
    held.clock.sleep(WAITS.total_seconds())
    waiting.run()
    assert waiting.document["ending"] == "superseded"
    result = held.run("status")
    assert result.exit_code == 2
    assert_golden("status-lapsed.txt", result.stdout)
    assert status(held)["lapsed"]["by"] == BY
    running.run()
    assert held.run("sweep", "--follow").exit_code in {0, 2}
    assert status(held)["lapsed"] is not None
    held.clock.sleep(timedelta(days=7).total_seconds())
    assert status(held)["lapsed"] is None


def test_the_first_roster_that_would_change_nothing_says_why_it_waits_and_what_approving_does(make_world):
    world = make_world(scenes.unapproved)
    result = world.run("status")
    assert result.exit_code == 2
    assert_golden("status-first.txt", result.stdout)
    result = world.run("approve", plan_of(world).plan, "--yes")
    assert_golden("approve-first.txt", result.stdout)


def test_in_a_script_nobody_is_asked(held):
    assert held.run("approve", plan_of(held).plan, "--yes").exit_code == 0
    assert held.machines.inputs


def test_approved_while_paused_it_waits_for_the_end_of_the_pause(held):
    assert held.run("pause", "--reason", "drill").exit_code == 0
    text = held.run("approve", plan_of(held).plan, "--yes").stdout
    assert "the first sweep after `rollcall unpause` applies the plan" in text


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        ("00000000", "no plan with the digest 00000000 is pending approval"),
        ("0000000", "give at least 8 digits of the digest"),
        ("zzzzzzzzz", "give at least 8 digits of the digest"),
    ],
)
def test_another_plan_is_not_approved(held, digits, problem):
    result = held.run("approve", digits)
    assert result.exit_code == 1
    assert problem in result.stderr
    assert not held.machines.inputs


def test_of_a_roster_that_waits_the_plan_is_named(held):
    plan = plan_of(held)
    error = held.run("approve", plan.roster[:12].upper()).stderr
    assert f"{plan.roster[:12].upper()} is the digest of a roster\n" in error
    assert f"fix: give that of its plan: {plan.plan[:12]}\n" in error
    assert not held.machines.inputs


def test_what_waits_is_named(held):
    assert f"pending approval: {plan_of(held).plan[:12]}" in held.run("approve", "00000000").stderr


def test_a_plan_that_expired_is_none_that_waits(held):
    plan = plan_of(held)
    held.clock.sleep(timedelta(days=8).total_seconds())
    assert "no plan is pending approval" in held.run("approve", plan.plan).stderr


def test_of_a_plan_that_was_superseded_the_newer_one_is_named(held):
    """The roster was corrected and deployed, and its sweep has ended."""
    plan = plan_of(held).plan
    held.write(contacts=LIMITED.replace("aws-soc@", "aws-security@"))
    held.machines.deploy()
    held.machines.hub.sweep("roster")
    result = held.run("approve", plan[:12], "--yes")
    assert result.exit_code == 1
    assert_golden("approve-superseded.txt", result.stderr)
    assert plan_of(held).plan[:12] in result.stderr
    assert not held.machines.inputs


def test_what_rollcall_refuses_is_told(held):
    """The roster was corrected and deployed between the look and the answer."""
    plan = plan_of(held)
    held.write(contacts=LIMITED.replace("aws-soc@", "aws-security@"))
    held.machines.deploy()
    result = held.run("approve", plan.plan, "--yes")
    assert result.exit_code == 1
    assert_golden("approve-refused.txt", result.stderr)


def test_a_caller_who_is_not_believed_is_told_the_role(hub, monkeypatch):
    refused = {"refused": "the caller is not a role session of the hub account", "fix": "assume the role"}
    ended = MachineExecution(status="SUCCEEDED", output=refused | {"unproven": True})
    monkeypatch.setattr("rollcall_cli.status.executions.describe_execution", lambda *_: ended)
    result = hub.run("unpause", "--reason", "over")
    assert result.exit_code == 1
    assert result.stderr.endswith("\nfix: assume the role\n")


def test_a_pause_stops_writes_and_says_who_and_why(hub):
    result = hub.run("pause", "--reason", "Change freeze")
    assert result.exit_code == 0
    assert_golden("pause.txt", result.stdout)
    assert hub.machines.hub.state.get_enforcement().paused
    assert "paused" in hub.machines.hub.told()
    hub.clock.sleep(60)
    shown = hub.run("status")
    assert shown.exit_code == 2
    assert_golden("status-paused.txt", shown.stdout)
    again = hub.run("pause", "--reason", "mine", "--for", "30m")
    assert again.exit_code == 1
    assert "rollcall-operator/ann paused Rollcall until 2026-10-05T17:00:02Z" in again.stderr
    assert "`rollcall pause --replace` replaces that pause, `rollcall unpause` ends it" in again.stderr
    hub.clock.sleep(1)  # two commands of one moment have one name
    replaced = hub.run("pause", "--reason", "mine", "--for", "30m", "--replace")
    assert "Paused until 2026-10-05 13:31Z" in replaced.stdout
    result = hub.run("unpause", "--reason", "over")
    assert result.exit_code == 0
    assert_golden("unpause.txt", result.stdout)
    assert not hub.machines.hub.state.get_enforcement().paused
    told = hub.machines.hub.told()
    hub.clock.sleep(1)
    assert hub.run("unpause", "--reason", "over").stdout == "Nothing was paused.\n"
    assert hub.machines.hub.told() == told


@pytest.mark.parametrize(
    ("approved", "paused", "last"),
    [
        (True, False, "Nothing to do."),
        (True, True, "This applies while writes are not paused."),
        (False, False, "This applies once this roster is approved."),
        (False, True, "This applies once this roster is approved, and while writes are not paused."),
    ],
)
def test_an_explanation_names_what_it_assumes_and_is_not_so(hub, approved, paused, last):
    if paused:
        hub.run("pause", "--reason", "Change freeze")
    if not approved:
        hub.write(contacts=LIMITED.replace("accounts: 1}", "accounts: 2}"))
    assert hub.run("explain", PAYMENTS).stdout.splitlines()[-1] == last


@pytest.mark.parametrize("service", ["cloudformation", "dynamodb"])
def test_an_explanation_assumes_what_cannot_be_read(hub, service):
    hub.failures[service] = [denied("BatchGetItem")]
    text = "This applies once this roster is approved, and while writes are not paused."
    result = hub.run("explain", PAYMENTS)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, text)


def test_a_pause_that_has_ended_by_itself_is_none(hub):
    hub.run("pause", "--reason", "Change freeze", "--for", "15m")
    hub.clock.sleep(15 * 60)
    shown = hub.run("status")
    assert "Paused" not in shown.stdout
    assert "paused" not in shown.stdout


@pytest.mark.parametrize("length", ["", "4", "14m", "8d", "169h", "-4h", "4 h", "1.5h", "4w", "999999m"])
def test_a_pause_of_another_length_is_refused_at_once(hub, length):
    result = hub.run("pause", "--reason", "Change freeze", f"--for={length}")
    assert result.exit_code == 1
    assert "30m, 4h or 2d" in result.stderr
    assert not hub.machines.hub.state.get_enforcement().paused


def test_a_contact_that_is_left_changed_needs_a_person(make_world):
    result = (world := make_world(scenes.left)).run("status")
    assert result.exit_code == 2
    assert_golden("status-open.txt", result.stdout)
    (found,) = status(world)["open"]
    assert (found["account_id"], found["reason"], found["verdict"]) == (
        "666677778888",
        "left changed",
        "would-set",
    )


def test_of_many_open_contacts_ten_are_shown(make_world):
    world = make_world(scenes.operated)
    state, now = world.machines.hub.state, world.clock.now()
    for number in range(12):
        record = state.load(f"{100000000000 + number}", ContactKind.SECURITY)
        assert state.save(replace(record, drift=KnownDrift(found=None, at=now)), at=now)
    shown = world.run("status").stdout
    assert shown.count("left changed\n") == 10
    assert "more      2 contacts" in shown
    assert len(status(world)["open"]) == 12


def test_a_standoff_is_shown_until_somebody_releases_it(contested):
    shown = contested.run("status")
    assert shown.exit_code == 2
    assert_golden("status-repeated-edits.txt", shown.stdout)
    (found,) = status(contested)["repeated_edits"]
    assert (found["account"], found["kind"], found["reverts"]) == (PAYMENTS, "SECURITY", 3)
    result = contested.run("release", PAYMENTS, "security")
    assert result.exit_code == 0, result.output
    assert_golden("release.txt", result.stdout)
    assert "released" in contested.machines.hub.told()
    assert status(contested)["repeated_edits"] == []
    assert contested.run("status").exit_code == 0


def test_a_release_says_that_no_edit_is_waiting(hub, monkeypatch):
    ended = MachineExecution(status="SUCCEEDED", output={"done": True, "waiting": False})
    monkeypatch.setattr("rollcall_cli.status.executions.describe_execution", lambda *_: ended)
    assert hub.run("release", PAYMENTS, "security").stdout.endswith("No edit is waiting.\n")
    assert json.loads(hub.run("release", PAYMENTS, "security", "--json").stdout)["edit_waiting"] is False


def test_a_release_whose_answer_was_lost_says_at_the_next_try_who_ended_it_and_when(contested):
    assert contested.run("release", PAYMENTS, "security").exit_code == 0
    contested.clock.sleep(300)
    result = contested.run("release", PAYMENTS, "security")
    assert result.exit_code == 0
    assert_golden("release-again.txt", result.stdout)
    assert contested.machines.hub.told().count("released") == 1


def test_where_there_is_no_standoff_none_is_released(contested):
    result = contested.run("release", PAYMENTS, "billing")
    assert result.exit_code == 1
    assert "refused: this contact is not in backoff after repeated edits" in result.stderr
    assert "fix: nothing to release: its next edit is restored at once\n" in result.stderr
    assert "released" not in contested.machines.hub.told()
    assert len(status(contested)["repeated_edits"]) == 1


def test_a_contact_of_an_account_that_does_not_exist_is_not_released(contested):
    result = contested.run("release", "999999999999", "security")
    assert result.exit_code == 1
    assert "error: account 999999999999 is not in the organization o-exampleorgid\n" in result.stderr


def test_whether_the_account_exists_is_nothing_to_hide_a_refusal(contested):
    contested.failures["organizations"] = [refused("AccessDeniedException")]
    result = contested.run("release", PAYMENTS, "billing")
    assert "refused: this contact is not in backoff" in result.stderr


@pytest.mark.parametrize("kind", ["root", "", "securitx"])
def test_only_contacts_that_rollcall_sets_can_be_released(hub, kind):
    result = hub.run("release", PAYMENTS, kind)
    assert result.exit_code == 1
    assert "the kind of a contact is security" in result.stderr
    assert not hub.machines.inputs


@pytest.mark.parametrize("reason", [" ", "x" * 501, "a\nb"])
def test_a_reason_is_one_line_that_people_can_read(hub, reason):
    result = hub.run("pause", "--reason", reason)
    assert result.exit_code == 1
    assert "a reason is one line" in result.stderr
    assert not hub.machines.inputs


def test_without_a_reason_nothing_is_paused(hub):
    assert "Missing option '--reason'" in hub.run("pause").stderr


@pytest.mark.parametrize("ended", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_command_that_fails_is_an_error(hub, ended):
    hub.machines._command = lambda _document: {"status": ended, "cause": "aws-soc@example.com"}
    result = hub.run("pause", "--reason", "drill")
    assert result.exit_code == 1
    assert f"ended as {ended}" in result.stderr
    assert "@" not in result.stderr


def test_a_command_that_takes_too_long_is_not_waited_for(hub):
    hub.machines._command = lambda _document: {"status": "RUNNING"}
    start = hub.clock.now()
    result = hub.run("pause", "--reason", "drill")
    assert "its result is not known yet" in result.stderr
    assert hub.clock.now() - start == timedelta(minutes=2)


def test_what_a_person_has_to_look_at_is_shown(held):
    put_dead_letters(held)
    result = held.run("status")
    assert result.exit_code == 2
    assert_golden("status-concerns.txt", result.stdout)


def test_scripts_get_json(held):
    put_dead_letters(held)
    assert_golden("status.json", held.run("status", "--json").stdout)


def test_a_sweep_that_is_late_is_a_concern(hub):
    assert status(hub)["concerns"] == []
    hub.clock.sleep(timedelta(hours=36).total_seconds())
    assert status(hub)["concerns"] == ["no sweep has finished for 36 hours"]


def test_before_anything_was_done(world):
    operate(world)
    world.client("dynamodb", HUB).delete_item(
        TableName="state", Key={"pk": {"S": "approval"}, "sk": {"S": "approval"}}
    )
    result = world.run("status")
    assert result.exit_code == 2
    assert_golden("status-new.txt", result.stdout)


def test_messages_stay_where_they_are(hub):
    put_dead_letters(hub)
    hub.run("status")
    assert not {name for name, _ in hub.calls} & {"delete_message", "purge_queue", "send_message"}
    (hidden,) = {
        parameters["VisibilityTimeout"] for name, parameters in hub.calls if name == "receive_message"
    }
    assert hidden == 10


def test_contact_details_in_dead_letters_are_not_shown(hub):
    put_dead_letters(hub)
    for form in ([], ["--json"]):
        assert "mallory" not in hub.run("status", *form).output.lower()


def put_dead_letters(world):
    """One of each kind."""
    sqs, outputs = world.client("sqs", HUB), world.deployed.outputs
    edit = {
        "detail": {
            "eventSource": "account.amazonaws.com",
            "eventName": "PutAlternateContact",
            "eventID": "e",
            "recipientAccountId": PAYMENTS,
            "requestParameters": {"emailAddress": MALLORY[2], "alternateContactType": "SECURITY"},
        }
    }
    notice = {
        "detail": {
            "version": 1,
            "incident_id": "RC-0123456789ab",
            "notice": "paused",
            "severity": "HIGH",
            "update": 0,
            "decided_at": "2026-10-05T09:00:00+00:00",
            "facts": {"by": MALLORY[2], "reason": "drill"},
        }
    }
    code = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"}}
    for queue, body, attributes in (
        ("Intake", json.dumps(edit), {}),
        ("Intake", json.dumps(edit), {}),
        ("Intake", MALLORY[2], {}),
        ("Intake", "{}", {}),
        ("Intake", json.dumps(edit), code),
        ("Echoes", json.dumps(edit), {}),
        ("Notify", json.dumps(notice), {}),
        ("Notify", "{}", {}),
        ("Sweep", "{}", code),
    ):
        url = outputs[f"{queue}DeadLetterQueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)


COMMANDS = {
    "sweep": ["sweep"],
    "approve": ["approve", "0123456789ab", "--yes"],
    "pause": ["pause", "--reason", "drill"],
    "unpause": ["unpause", "--reason", "over"],
    "release": ["release", PAYMENTS, "security"],
    "status": ["status"],
}


def denied(operation):
    return refused("AccessDeniedException", operation, message=MALLORY[2])


def refused(code, operation="Call", status=400, message="x"):
    error: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws.ClientError(error, operation)


ERRORS = {
    "no-credentials": ("sts", [aws.NoCredentialsError()]),
    "expired": ("sts", [refused("ExpiredToken", status=403)]),
    "no-second-factor": ("sts", [refused("AccessDenied", "AssumeRole", 403)]),
    "throttled": ("cloudformation", [refused("Throttling")] * 9),
    "no-reader": ("cloudformation", [refused("AccessDenied", "DescribeStacks", 403)]),
    "no-table": ("dynamodb", [denied("GetItem")]),
    "no-operator": ("stepfunctions", [denied("StartExecution")]),
    "interrupted": ("cloudformation", [KeyboardInterrupt()]),
}


def golden_error(name, result, status=1):
    assert result.exit_code == status
    assert not result.stdout
    assert MALLORY[2] not in result.stderr
    assert_golden(f"error-{name}.txt", result.stderr)


@pytest.mark.parametrize("name", sorted(set(ERRORS) - {"no-table", "no-operator"}))
def test_what_is_wrong_and_what_mends_it(hub, name):
    for command in COMMANDS.values():
        service, errors = ERRORS[name]
        hub.failures[service] = list(errors)
        golden_error(name, hub.run(*command), 130 if name == "interrupted" else 1)


def test_who_is_no_operator_cannot_operate(hub):
    for command in ("sweep", "pause", "unpause", "release"):
        hub.failures["stepfunctions"] = list(ERRORS["no-operator"][1])
        golden_error("no-operator", hub.run(*COMMANDS[command]))


def test_who_is_no_reader_cannot_see(hub):
    hub.failures["dynamodb"] = list(ERRORS["no-table"][1])
    golden_error("no-table", hub.run("status"))


def test_the_wrong_account(hub):
    for account, name in ((PAYMENTS, "wrong-account"), (MANAGEMENT, "management-account")):
        hub.caller = account
        for command in (*COMMANDS.values(), ["history"], ["report"]):
            golden_error(name, hub.run(*command))


def test_nothing_is_deployed(hub):
    hub.deployed.outputs = None
    for command in COMMANDS.values():
        golden_error("no-stack", hub.run(*command))


def test_a_stack_of_an_older_release(hub):
    del hub.deployed.outputs["ControlMachineArn"]
    for command in COMMANDS.values():
        golden_error("old-stack", hub.run(*command))


@pytest.mark.parametrize(("looks", "text"), [(0, "may have started"), (1, "continues")])
def test_a_command_that_was_begun_goes_on_without_its_person(hub, looks, text):
    hub.failures["stepfunctions"] = [KeyboardInterrupt()]
    if looks:
        hub.failures.clear()
        hub.machines.describe_execution = interrupted
    result = hub.run("pause", "--reason", "drill")
    assert result.exit_code == 130
    assert text in result.stderr


def interrupted(**_parameters):
    raise KeyboardInterrupt


def test_a_start_whose_answer_was_lost_is_not_another_one(hub):
    start, lost = hub.machines.start_execution, []

    def losing(**parameters):
        lost.append(parameters["name"])
        if len(lost) > 1:
            raise refused("ExecutionAlreadyExists", "StartExecution")
        start(**parameters)
        raise refused("InternalServerError", "StartExecution", 500)

    hub.machines.start_execution = losing
    assert hub.run("pause", "--reason", "drill").exit_code == 0
    assert len(set(lost)) == 1
    assert hub.machines.hub.told().count("paused") == 1


def test_contacts_that_need_a_fix_are_a_concern_until_a_sweep_finds_none(hub):
    hub.organization.accounts[PAYMENTS].tags |= {"scope": "pci", "team": "x"}
    hub.organization.accounts[PLAYGROUND].tags |= {"scope": "pci", "team": "x"}
    hub.write(contacts=LIMITED.replace("overrides:\n", "overrides:\n  - {tag: {team: x}, security: soc}\n"))
    hub.approve()
    hub.machines.deploy()
    hub.machines.hub.sweep("schedule")
    (concern,) = [text for text in status(hub)["concerns"] if "fix" in text]
    assert concern.endswith("need a fix, which `rollcall report` names: 2 blocked")
    assert hub.run("status").exit_code == 2
    hub.write(contacts=LIMITED)
    hub.approve()
    hub.machines.deploy()
    hub.machines.hub.sweep("schedule")
    assert not [text for text in status(hub)["concerns"] if "fix" in text]


def test_an_unreachable_management_account_is_a_concern_unless_it_is_to_be(hub):
    hub.machines.hub.management_role = False
    hub.machines.hub.sweep("schedule")
    assert hub.run("status").exit_code == 2
    assert [text.rpartition(": ")[2] for text in status(hub)["concerns"]] == ["3 unreachable"]
    hub.write(organization=SETTINGS + "management_role: false\n")
    assert hub.run("status").exit_code == 0


def test_an_edit_of_an_exempt_account_is_shown_and_is_no_concern(hub):
    at = hub.clock.now()
    record = hub.machines.hub.state.load(DIVESTED, ContactKind.SECURITY)
    edit = make_edit(1, at=at, principal=BY, published="exempt", published_at=at)
    drift = KnownDrift(found="0" * 32, at=at)
    assert hub.machines.hub.state.save(replace(record, edits=(edit,), drift=drift), at=at)
    result = hub.run("status")
    assert result.exit_code == 0
    assert f"SECURITY of {DIVESTED}, left changed (not restored (exempt))" in result.stdout
