"""What operators command: done and told with their names, or refused with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.control.commands import LONGEST_REASON, Command, ProvenCaller, RefusedError
from rollcall.model.errors import RecordRefusedError, RetryableError
from rollcall.model.roster import compute_digest
from simulation.caller import Caller
from tests.support.identities import MACHINE, sign
from tests.support.sweep_runs import ABSENT, BAD, NARROW, STRICT, held_drift, settled
from tests.support.sweep_world import ALICE
from tests.support.timeline import Timeline, edit
from tests.support.world import MALLORY, MEMBER, PRODUCTION, api_values

PAUSED = {"done": True, "paused": True, "until": "2026-10-05T13:00:00+00:00"}
FOLLOW_UP = {"operation": "follow-up"}
STARTED = "2026-10-05T09:30:00.000Z"


class TestPause:
    def test_a_pause_stops_signals_until_it_is_ended_and_both_are_told_with_names(self):
        world = settled()
        assert world.command("pause", reason="migration") == PAUSED
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.drain()
        assert world.contacts()["SECURITY"] == MALLORY
        assert world.command("unpause", reason="done with it") == {
            "done": True,
            "paused": False,
            "was_paused": True,
        }
        whose = {"by": ALICE, "user_id": "AROAEXAMPLE:alice"}
        facts = {"execution": "c-0", "reason": "migration", "stage": "begun", "until": "2026-10-05T13:00:00Z"}
        assert world.facts("paused") == whose | facts
        assert world.facts("unpaused")["by"] == ALICE
        assert world.facts("unpaused")["reason"] == "done with it"
        world.sweep()
        assert world.contacts()["SECURITY"] == api_values("soc")

    def test_a_pause_that_could_not_be_told_holds_and_is_told_by_the_next_try_once(self):
        world = settled()
        world.faults.plan("bus.publish_notice", RetryableError("the outcome bus refused"))
        with pytest.raises(RetryableError):
            world.command("pause", execution="one")
        assert world.state.paused
        world.command("pause", execution="one")
        world.command("pause", execution="one")
        assert world.told() == ["paused"]

    def test_a_pause_on_a_pause_says_whose_that_is_and_replaces_it_only_if_told_to(self):
        world = settled()
        world.command("pause", reason="migration")
        bob = ALICE.replace("alice", "bob")
        refused = world.command("pause", by=bob, execution="bob")["refused"]
        assert ALICE in refused
        assert "until 2026-10-05T13:00:00Z" in refused
        assert world.state.pause is not None
        assert world.state.pause.by == ALICE
        answer = world.command("pause", by=bob, execution="again", minutes=24 * 60, replace=True)
        assert answer["until"].startswith("2026-10-06T09:00:00")
        assert (world.facts("paused")["by"], world.facts("paused")["stage"]) == (bob, "replaced")
        assert world.told() == ["paused", "paused"]

    def test_an_unconfirmed_replacement_is_none(self):
        for replace in (None, False, "yes", 1):
            world = settled()
            world.command("pause")
            assert "refused" in world.command("pause", execution="two", replace=replace)

    @pytest.mark.parametrize("minutes", [0, 14, 10_081, -60, "240", 60.5, True])
    def test_a_pause_lasts_from_15_minutes_to_7_days(self, minutes):
        world = settled()
        assert "15 minutes" in world.command("pause", minutes=minutes)["refused"]
        assert not world.state.paused
        for right in (15, 10_080):
            assert world.command("pause", execution=f"for-{right}", minutes=right, replace=True)["paused"]

    def test_it_ends_by_itself_to_the_second_and_that_is_told_once(self):
        world = settled()
        world.command("pause", minutes=30)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.clock.sleep(30 * 60 - 1)
        world.drain()
        assert world.contacts()["SECURITY"] == MALLORY
        assert world.state.get_enforcement().paused
        world.clock.sleep(1)
        assert not world.state.get_enforcement().paused
        assert world.handle(FOLLOW_UP) == {"done": True, "pause": "ended"}
        assert world.handle(FOLLOW_UP) == {"done": True, "pause": None}
        world.sweep()
        assert world.contacts()["SECURITY"] == api_values("soc")
        ended = [notice for notice in world.notices if notice["notice"] == "paused"]
        assert [one["facts"]["stage"] for one in ended] == ["begun", "ended"]
        assert [one["severity"] for one in ended] == ["HIGH", "INFO"]
        assert len({one["incident_id"] for one in ended}) == 1

    def test_one_that_goes_on_is_told_once_a_day(self):
        world = settled()
        world.command("pause", minutes=3 * 24 * 60)
        found = []
        for _ in range(3 * 24 * 4):
            world.clock.sleep(15 * 60)
            found.append(world.handle(FOLLOW_UP)["pause"])
        assert [stage for stage in found if stage] == ["reminded", "reminded", "ended"]
        assert world.facts("paused")["by"] == ALICE

    def test_from_its_begin_to_its_end_it_is_one_incident_with_rising_updates(self):
        world = settled()
        world.command("pause", minutes=2880)
        world.clock.sleep(86_400)
        world.handle(FOLLOW_UP)
        world.command("pause", execution="two", replace=True)
        world.command("unpause")
        assert [notice["notice"] for notice in world.notices] == ["paused", "paused", "paused", "unpaused"]
        assert [notice["update"] for notice in world.notices] == [0, 1, 3, 5]
        assert len({notice["incident_id"] for notice in world.notices}) == 1
        assert [alert.attributes["stage"] for alert in world.alerts] == ["open", "open", "open", "closed"]
        world.command("pause", execution="three")
        assert len({notice["incident_id"] for notice in world.notices}) == 2

    @pytest.mark.parametrize("step", ["bus.publish_notice", "state.save_pause"])
    def test_an_end_that_was_cut_off_is_told_by_the_next_try_once(self, step):
        world = settled()
        world.command("pause", minutes=30)
        world.clock.sleep(1800)
        world.faults.plan(step, RetryableError("busy"))
        with pytest.raises(RetryableError):
            world.handle(FOLLOW_UP)
        world.clock.sleep(60)
        world.handle(FOLLOW_UP)
        assert [alert.attributes["stage"] for alert in world.alerts] == ["open", "closed"]

    def test_of_two_commands_at_once_one_is_tried_again(self):
        world = settled()
        world.faults.then("state.save_pause", lambda: world.command("unpause", execution="faster"))
        with pytest.raises(RetryableError):
            world.command("pause", execution="one")
        assert "a later command" in world.command("pause", execution="one")["refused"]
        assert not world.state.paused

    @pytest.mark.parametrize(("first", "second"), [("pause", "unpause"), ("unpause", "pause")])
    def test_a_command_that_is_tried_again_does_not_undo_one_that_started_later(self, first, second):
        world = settled()
        if first == "unpause":
            world.command("pause", execution="zero")
        told = world.told()
        world.faults.plan("bus.publish_notice", RetryableError("the outcome bus refused"))
        with pytest.raises(RetryableError):
            world.command(first, execution="one")
        world.command(second, execution="two")
        assert "a later command" in world.command(first, execution="one")["refused"]
        assert world.state.paused == (second == "pause")
        assert world.told() == [*told, f"{second}d"]
        assert "refused" in world.commands.records["one", "result"]

    @pytest.mark.parametrize("ended", [None, "unpause", "by itself"])
    def test_an_end_of_nothing_says_so_and_alerts_nobody(self, ended):
        world = settled()
        if ended:
            world.command("pause", minutes=30)
            world.clock.sleep(1800 if ended == "by itself" else 60)
            world.handle(FOLLOW_UP) if ended == "by itself" else world.command("unpause")
        world.clock.sleep(60)
        told = world.told()
        for _ in range(2):
            answer = world.command("unpause", execution="one")
            assert answer == {"done": True, "paused": False, "was_paused": False}
        assert world.told() == told

    def test_an_end_that_could_not_be_told_is_told_by_the_next_try_once(self):
        world = settled()
        world.command("pause")
        world.faults.plan("bus.publish_notice", RetryableError("the outcome bus refused"))
        with pytest.raises(RetryableError):
            world.command("unpause", execution="one")
        for _ in range(2):
            assert world.command("unpause", execution="one")["was_paused"]
        assert world.told() == ["paused", "unpaused"]

    def test_a_pause_that_begins_meanwhile_is_ended_by_the_next_try(self):
        world = settled()
        world.faults.then("state.save_pause", lambda: world.command("pause", execution="faster"))
        with pytest.raises(RetryableError):
            world.command("unpause", execution="one")
        world.command("unpause", execution="two")
        assert world.told() == ["paused", "unpaused"]
        assert not world.state.paused

    def test_an_end_of_nothing_holds_against_a_pause_that_started_before(self):
        world = settled()
        world.faults.then("state.save_pause", lambda: world.command("unpause", execution="faster"))
        with pytest.raises(RetryableError):
            world.command("pause", execution="one")
        assert "a later command" in world.command("pause", execution="one")["refused"]
        assert world.told() == []

    def test_without_the_time_that_the_state_machine_adds_it_changes_nothing(self):
        world = settled()
        document = sign(
            {"operation": "pause", "reason": "drill"}, execution=f"{MACHINE}:one", now=world.clock.now()
        )
        for started in (None, 7, "today", "2026-10-05T09:30:00"):
            assert "state machine" in world.handle(document | {"started": started})["refused"]
        assert not world.state.paused


def end_by_sweep(world):
    """The contacts that it deletes are gone."""
    for account in (MEMBER, PRODUCTION):
        world.member(account).delete_alternate_contact(AlternateContactType="BILLING")
    world.queue.clear()
    world.sweep("schedule")


def end_by_time(world):
    world.clock.sleep(timedelta(days=7).total_seconds())


class TestApprove:
    def test_an_approval_names_the_person_starts_the_run_and_says_which(self):
        world, plan = held_drift()
        answer = world.command("approve", plan=plan)
        (execution,) = world.started
        assert answer == {
            "done": True,
            "plan": plan,
            "roster": compute_digest(ABSENT),
            "changes": 2,
            "execution": execution,
            "paused": False,
        }
        assert execution == "c-0", "each try starts the same one"
        held = world.sweeps.plans[plan]
        assert world.started[execution].asked == {
            "trigger": "approval",
            "by": ALICE,
            "plan": plan,
            "roster": compute_digest(ABSENT),
            "expires_at": held.expires_at.isoformat(),
        }
        assert (held.approved_by, held.approved_at) == (ALICE, world.clock.now())

    def test_the_roster_of_a_drift_plan_stays_approved_as_it_was(self):
        world, plan = held_drift()
        approvals = []
        world.state.approve = lambda **given: approvals.append(given)
        world.command("approve", plan=plan)
        assert approvals == []

    @pytest.mark.parametrize("plan", [None, "", "0" * 12, "0" * 63 + "g", 7, ["0" * 64]])
    def test_a_plan_is_named_by_its_whole_digest(self, plan):
        world, _ = held_drift()
        assert "refused" in world.command("approve", plan=plan)
        assert world.started == {}

    def test_a_plan_that_nobody_holds_is_refused(self):
        world, _ = held_drift()
        assert world.command("approve", plan="0" * 64) == {
            "refused": "no plan with this digest is pending approval",
            "fix": "`rollcall status` shows what is in force and what is pending approval",
        }

    def test_a_plan_that_a_newer_one_superseded_is_refused_with_the_digest_of_that_one(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.member(MEMBER).delete_alternate_contact(AlternateContactType="BILLING")
        world.queue.clear()
        world.sweep()
        (newer,) = world.sweeps.plans
        world.handle({"operation": "follow-up"})
        refused = world.command("approve", plan=plan)
        assert refused["refused"] == f"the plan {plan[:12]} was superseded by a newer one, {newer[:12]}"
        assert refused["fix"] == f"`rollcall approve {newer[:12]}` shows the newer plan and asks"

    def test_a_plan_that_waited_for_seven_days_is_refused_and_one_second_earlier_it_is_not(self):
        world, plan = held_drift()
        until = world.sweeps.plans[plan].expires_at
        world.clock.sleep((until - world.clock.now()).total_seconds())
        assert "plan expired" in world.command("approve", plan=plan)["refused"]
        world.clock.sleep(0)
        world, plan = held_drift()
        world.clock.sleep((until - world.clock.now() - timedelta(seconds=1)).total_seconds())
        assert world.command("approve", plan=plan)["done"]

    def test_a_plan_of_a_roster_that_is_neither_approved_nor_deployed_is_refused(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.deploy(NARROW)
        assert "another roster" in world.command("approve", plan=plan)["refused"]
        assert world.state.approved == compute_digest(STRICT)

    def test_during_a_pause_it_counts_and_says_that_nothing_is_written_yet(self):
        world, plan = held_drift()
        world.command("pause")
        assert world.command("approve", plan=plan)["paused"] is True

    @pytest.mark.parametrize(
        "step",
        [
            "state.get_enforcement",
            "ledger.record_command.approval",
            "sweeps.approve",
            "state.approve",
            "state.approve.after",
            "bus.publish_notice",
            "state.forget_notice",
            "machine.start",
        ],
    )
    def test_cut_off_anywhere_the_same_command_again_finishes_it_and_is_told_once(self, step):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.faults.plan(step, RetryableError("busy"))
        with pytest.raises(RetryableError):
            world.command("approve", plan=plan, execution="one")
        assert world.command("approve", plan=plan, execution="one")["done"]
        assert world.told() == ["sweep-held", "roster-approved", "plan-ended"]
        assert world.state.approved == compute_digest(BAD)
        for execution in list(world.started.values()):
            assert execution.run().document["ending"] in ("finished", "superseded")
        assert world.contacts()["SECURITY"] == api_values("soc", BAD)

    def test_a_plan_that_was_compared_with_another_roster_than_the_one_in_force_is_refused(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.approve(NARROW)
        answer = world.command("approve", plan=plan)
        assert answer["refused"] == "another roster was approved after this plan was made"
        assert answer["fix"].startswith("run `rollcall sweep --follow`")
        assert world.state.approved == compute_digest(NARROW)
        world.sweep()
        (after,) = set(world.sweeps.plans) - {plan}
        assert world.command("approve", plan=after)["done"]

    def test_of_two_approvals_of_different_rosters_at_once_the_loser_is_refused(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.faults.then("state.approve", lambda: world.approve(NARROW))
        with pytest.raises(RetryableError):
            world.command("approve", plan=plan, execution="one")
        assert (
            "was approved after this plan was made"
            in world.command("approve", plan=plan, execution="one")["refused"]
        )
        assert world.state.approved == compute_digest(NARROW)
        assert "roster-approved" not in world.told()

    @pytest.mark.parametrize("part", ["result", "result.after"])
    def test_a_retry_after_the_plan_was_carried_out_answers_the_same(self, part):
        world, plan = held_drift()
        world.faults.plan(f"ledger.record_command.{part}", RecordRefusedError("busy"))
        with pytest.raises(RecordRefusedError):
            world.command("approve", plan=plan, execution="one")
        world.started["one"].run()
        assert world.sweeps.plans == {}
        answer = world.command("approve", plan=plan, execution="one")
        assert (answer["done"], answer["plan"], answer["execution"]) == (True, plan, "one")
        assert answer == world.commands.records["one", "result"]
        refused = world.command("approve", plan=plan, execution="two")["refused"]
        assert refused == f"the plan {plan[:12]} was approved before, by {ALICE}"

    def test_a_retry_after_a_sweep_carried_out_what_was_begun_answers_that_it_is_done(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.faults.plan("sweeps.approve.after", RetryableError("cut off"))
        with pytest.raises(RetryableError):
            world.command("approve", plan=plan, execution="one")
        world.sweep()
        assert (world.state.approved, world.sweeps.plans) == (compute_digest(BAD), {})
        assert world.command("approve", plan=plan, execution="one")["done"]
        assert world.told().count("roster-approved") == 1

    def test_a_plan_that_a_sweep_ends_meanwhile_is_not_called_approved(self):
        world, plan = held_drift()
        world.faults.then("sweeps.approve", lambda: world.sweeps.forget_unapproved(plan))
        assert "a sweep ended this plan" in world.command("approve", plan=plan, execution="one")["refused"]
        assert (world.started, "roster-approved" in world.told()) == ({}, False)
        # A later try of the machine, after the answer was lost, does not know that it was refused.
        assert "refused" in world.command("approve", plan=plan, execution="one")

    @pytest.mark.parametrize("end", [end_by_sweep, end_by_time])
    def test_a_retry_after_the_end_of_a_plan_that_nobody_had_approved_yet_is_refused(self, end):
        world, plan = held_drift()
        world.faults.plan("sweeps.approve", RetryableError("busy"))
        with pytest.raises(RetryableError):
            world.command("approve", plan=plan, execution="one")
        end(world)
        assert "refused" in world.command("approve", plan=plan, execution="one")
        assert (world.started, "roster-approved" in world.told()) == ({}, False)

    def test_what_was_refused_at_first_stays_refused(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (held,) = world.sweeps.plans.values()
        world.sweeps.forget_applied(held.plan)
        world.faults.plan("ledger.record_command.result", RecordRefusedError("busy"))
        with pytest.raises(RecordRefusedError):
            world.command("approve", plan=held.plan, execution="one")
        world.sweeps.save_pending(held)
        assert "refused" in world.command("approve", plan=held.plan, execution="one")
        assert world.state.approved == compute_digest(STRICT)

    def test_the_same_plan_approved_twice_is_written_once(self):
        world, plan = held_drift()
        world.command("approve", plan=plan)
        world.clock.sleep(5)
        world.command("approve", plan=plan)
        for execution in list(world.started.values()):
            execution.run()
        assert len(world.writes()) == 2


class TestTexts:
    @pytest.mark.parametrize("operation", ["", "restart", "None"])
    def test_an_unknown_operation_is_refused(self, operation):
        answer = settled().command(operation)
        assert answer["refused"] == "no such operation"
        assert answer["fix"].startswith("repeat the command with `rollcall`")

    @pytest.mark.parametrize(
        "given",
        [
            {"reason": " "},
            {"reason": "line\u2028separator"},
            {"reason": "right to left \u202e"},
            {"reason": "x" * (LONGEST_REASON + 1)},
        ],
    )
    def test_what_cannot_be_shown_in_an_alert_as_it_is_is_refused_and_changes_nothing(self, given):
        world = settled()
        assert "refused" in world.command("pause", **given)
        assert not world.state.paused
        assert world.told() == []

    @given(st.text(max_size=LONGEST_REASON + 5))
    def test_whatever_passes_is_one_printable_line(self, reason):
        document = {"operation": "pause", "reason": reason, "execution": "one", "started": STARTED}
        try:
            command = Command.from_document(document, ProvenCaller(arn=ALICE, user_id="AROAEXAMPLE:alice"))
        except RefusedError as error:
            # Never with what was refused in it.
            assert str(error).startswith("`reason` is ")  # noqa: PT017  # not each raises
            return
        assert command.reason.isprintable()
        assert 0 < len(command.reason) <= LONGEST_REASON


def going_on(world):
    now = world.clock.now()
    return [record for record in world.state.list_pending() if record.repeated.is_open(now)]


class TestRelease:
    def standing_off(self):
        world = settled()
        for _ in range(4):
            world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
            Timeline(world).run(until=60)
        assert world.contacts()["SECURITY"] == MALLORY
        return world

    def test_a_standoff_is_ended_and_told_with_a_name_and_the_contact_is_put_back_soon(self):
        world = self.standing_off()
        answer = world.command("release", account=MEMBER, kind="SECURITY")
        assert answer == {"done": True, "account": MEMBER, "kind": "SECURITY", "waiting": True}
        facts = world.facts("released")
        assert (facts["by"], facts["account"], facts["kind"]) == (ALICE, {"id": MEMBER}, "SECURITY")
        assert not going_on(world)
        assert "repeated edits of the SECURITY contact" in world.alerts[-1].subject
        begun, released = (
            next(one for one in reversed(world.notices) if one["notice"] == name)
            for name in ("repeated-edits", "released")
        )
        assert released["incident_id"] == begun["incident_id"]
        assert released["update"] > begun["update"]
        assert (begun["action"], released["action"]) == ("open", "resolve")
        assert facts["next_try_at"] == begun["facts"]["next_try_at"]
        world.drain()
        assert world.contacts()["SECURITY"] == api_values("soc")

    def test_without_an_edit_since_the_last_revert_it_says_that_none_is_waiting(self):
        world = self.standing_off()
        Timeline(world).run(until=600)
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.command("release", account=MEMBER, kind="SECURITY")["waiting"] is False

    def test_after_somebody_corrected_the_contact_by_hand_it_says_that_none_is_waiting(self):
        world = self.standing_off()
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
        Timeline(world).run(until=200)
        assert world.command("release", account=MEMBER, kind="SECURITY")["waiting"] is False
        assert world.facts("released")["next_try_at"] is None

    def test_after_one_more_edit_of_it_one_is_waiting(self):
        world = self.standing_off()
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
        Timeline(world).run(until=120)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        Timeline(world).run(until=30)
        assert world.command("release", account=MEMBER, kind="SECURITY")["waiting"] is True
        assert world.facts("released")["next_try_at"] is not None

    def test_what_is_no_standoff_cannot_be_ended(self):
        world = self.standing_off()
        for account_id, kind in ((MEMBER, "BILLING"), (PRODUCTION, "SECURITY")):
            assert "not in backoff" in world.command("release", account=account_id, kind=kind)["refused"]
        assert world.told().count("released") == 0

    @pytest.mark.parametrize("again", ["alice", "bob"])
    def test_one_that_was_ended_before_says_who_did_it_and_when_and_is_told_once(self, again):
        world = self.standing_off()
        at = world.clock.now().isoformat()
        world.command("release", account=MEMBER, kind="SECURITY")
        world.clock.sleep(60)
        world.identities.arn = ALICE.replace("alice", again)
        answer = world.command("release", account=MEMBER, kind="SECURITY")
        released = {"by": ALICE, "at": at}
        assert answer == {"done": True, "account": MEMBER, "kind": "SECURITY", "released": released}
        assert world.told().count("released") == 1

    def test_a_try_whose_answer_was_lost_is_done_at_the_next_one(self):
        world = self.standing_off()
        world.faults.plan("state.save.after", RetryableError("the answer was lost"))
        with pytest.raises(RetryableError):
            world.command("release", execution="one", account=MEMBER, kind="SECURITY")
        assert world.command("release", execution="one", account=MEMBER, kind="SECURITY")["done"]
        assert world.told().count("released") == 1

    def test_the_next_standoff_over_the_same_contact_has_to_be_ended_anew(self):
        world = self.standing_off()
        world.command("release", account=MEMBER, kind="SECURITY")
        world.drain()
        # The revert that waited was the first of the next three.
        for _ in range(3):
            assert not going_on(world)
            edit(world, Caller.role(MEMBER, "Pipeline", "script"))
            Timeline(world).run(until=60)
        assert len(going_on(world)) == 1
        answer = world.command("release", account=MEMBER, kind="SECURITY")
        assert "released" not in answer
        assert world.told().count("released") == 2

    @pytest.mark.parametrize(
        ("account_id", "kind"),
        [(None, "SECURITY"), ("12", "SECURITY"), (MEMBER, None), (MEMBER, "ROOT"), (MEMBER, [])],
    )
    def test_what_names_no_contact_is_refused(self, account_id, kind):
        answer = settled().command("release", account=account_id, kind=kind)
        assert "12 digits and one of SECURITY, OPERATIONS, BILLING, PRIMARY" in answer["refused"]

    def test_a_release_that_could_not_be_told_is_told_by_the_next_try_once(self):
        world = self.standing_off()
        world.faults.plan("state.save", RetryableError("the state table refused delete_item"))
        with pytest.raises(RetryableError):
            world.command("release", execution="one", account=MEMBER, kind="SECURITY")
        world.command("release", execution="one", account=MEMBER, kind="SECURITY")
        assert world.told().count("released") == 1
        assert not going_on(world)
