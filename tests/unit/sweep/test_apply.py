"""Applying a plan: every contact is looked at again, and whatever cuts the worker off, none is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ReadTimeoutError

from rollcall.adapters.account_api import UnreachableError
from rollcall.decide.intent import OpenIntent
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError, WriteRefusedError
from rollcall.model.roster import compute_digest
from rollcall.sweep import apply as apply_module
from rollcall.sweep.apply_account import AccountApplier
from tests.support.member_roles import make_error
from tests.support.memory import Crash
from tests.support.sweep_runs import LOOSE, STRICT, changed, drift, many, results, settled
from tests.support.world import EXEMPT, MALLORY, MANAGEMENT, MEMBER, PRODUCTION, api_values

if TYPE_CHECKING:
    from tests.support.sweep_machine import Execution
    from tests.support.sweep_world import SweepWorld

THEIRS = MALLORY | {"Name": "Somebody later"}


def ready(*accounts: str) -> tuple[SweepWorld, Execution]:
    """A run that has its plan, and is about to apply it."""
    world = settled(LOOSE)
    drift(world, *accounts)
    return world, world.execution().run_to("apply")


class TestLookedAtAgain:
    def test_what_is_as_it_was_when_the_plan_was_made_is_set(self):
        world, execution = ready(MEMBER, PRODUCTION)
        assert execution.run().document["ending"] == "finished"
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert [intent.signal.cause for intent in world.ledger.intents.values()] == ["swept", "swept"]
        assert world.state.intents == {}

    def test_an_account_that_is_moved_meanwhile_is_read_again_first(self):
        world, execution = ready(MEMBER)

        def note_place() -> None:
            """Another worker read the account after it was moved, and found this contact as it is to be."""
            record = world.state.load(MEMBER, ContactKind.SECURITY)
            now = world.clock.now()
            assert world.state.save(replace(record, placed_at=now), at=now)

        world.faults.then("get_alternate_contact.after", note_place)
        world.calls.clear()
        execution.run()
        names = [name for name, *_ in world.calls]
        assert names[: names.index("put_alternate_contact")].count("get_alternate_contact") > 1
        assert results(world)[MEMBER, "SECURITY"][0] == "set"

    def test_a_contact_that_somebody_changed_since_is_skipped(self):
        world, execution = ready(MEMBER)
        drift(world, EXEMPT)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **THEIRS)
        execution.run()
        assert world.contacts()["SECURITY"] == THEIRS
        assert results(world)[MEMBER, "SECURITY"] == (
            "skipped",
            "somebody changed it after the plan was made",
        )
        assert world.summary["contacts"]["skipped"] == 1

    def test_a_contact_that_we_restored_since_is_set_though_a_first_write_had_no_answer(self):
        world = settled()
        drift(world, MEMBER)
        world.deploy(changed(STRICT, "soc", title="On duty"))
        # It plans for whoever approves, then restores what differs from the roster that is in force.
        world.sweep("roster")
        assert world.contacts()["SECURITY"] == api_values("soc")
        world.faults.plan("put_alternate_contact", make_error("InternalServerException", "Put", 500))
        world.approve_held()
        assert results(world)[MEMBER, "SECURITY"][0] == "set"
        assert world.contacts()["SECURITY"] == api_values("soc", world.roster)

    def test_a_contact_that_a_signal_restored_meanwhile_is_no_drift(self):
        world = settled(LOOSE)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        execution = world.execution().run_to("settle")
        world.clock.sleep(5)
        world.drain()
        assert world.verdicts() == ["set", "own-write"]
        execution.run()
        assert results(world)[MEMBER, "SECURITY"][0] == "compliant"
        assert (world.summary["drift"], world.told()) == (0, [])

    def test_drift_is_looked_at_again_ten_seconds_after_the_first_look_at_the_earliest(self):
        world = settled(LOOSE)
        drift(world, MEMBER)
        execution = world.execution().run_to("settle")
        observed_at = datetime.fromisoformat(execution.document["observed_at"])
        execution.run_to("apply")
        assert world.clock.now() - observed_at >= timedelta(seconds=10)
        # The worker itself does not wait: AWS would charge for it.
        began = world.clock.now()
        world.invoke({"operation": "apply", "run": execution.document})
        assert world.clock.now() - began < timedelta(seconds=5)

    def test_a_worker_that_follows_one_that_waited_goes_on_with_its_plan_at_once(self, monkeypatch):
        world = many()
        execution = world.execution().run_to("apply")
        assert execution.document["next"] == "settle"
        monkeypatch.setattr(apply_module, "SLICE", timedelta(seconds=3))
        execution.advance()
        assert (execution.document["next"], execution.state) == ("apply", "apply")

    def test_an_edit_without_an_event_is_drift_though_another_was_restored_just_before_the_run(self):
        world = settled(LOOSE)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.drain()
        execution = world.execution().run_to("observe")
        drift(world, MEMBER)
        execution.run()
        assert results(world)[MEMBER, "SECURITY"][0] == "set"
        assert (world.summary["drift"], world.told()) == (1, ["sweep-drift"])

    def test_an_account_that_moved_to_where_the_roster_asks_for_something_else_is_skipped(self):
        world, execution = ready(MEMBER)
        world.admin("organizations").move_account(
            AccountId=MEMBER,
            SourceParentId=world.organization.accounts[MEMBER].parent_id,
            DestinationParentId=world.organization.find_ou("Workloads/Production"),
        )
        execution.run()
        assert results(world)[MEMBER, "SECURITY"] == (
            "skipped",
            "the roster asks for something else here by now",
        )

    def test_an_account_that_was_closed_since_is_skipped(self):
        world, execution = ready(MEMBER)
        world.organization.accounts[MEMBER].state = "SUSPENDED"
        execution.run()
        assert results(world)[MEMBER, "SECURITY"] == ("skipped", "the account is SUSPENDED")

    def test_an_account_that_left_is_skipped(self):
        world, execution = ready(MEMBER)
        del world.organization.accounts[MEMBER]
        execution.run()
        assert results(world)[MEMBER, "SECURITY"][1] == "the organization has no such account any more"

    def test_an_exemption_that_begins_meanwhile_is_kept(self):
        until = {"accounts": [MEMBER], "reason": "frozen", "until": None}
        world, execution = ready(MEMBER)
        frozen = LOOSE | {"exempt": [until]}
        world.state.documents[compute_digest(LOOSE)] = frozen
        world.deploy(frozen)
        execution.run()
        assert results(world)[MEMBER, "SECURITY"] == ("skipped", "frozen")
        assert world.contacts()["SECURITY"] == MALLORY

    def test_a_write_that_aws_refuses_for_good_fails_alone(self):
        world, execution = ready(MEMBER, PRODUCTION)
        world.faults.plan("put_alternate_contact.after", WriteRefusedError("refused for a reason"))
        execution.run()
        assert sorted(verdict for verdict, _ in results(world).values()) == ["failed", "set"]
        assert world.state.intents == {}
        assert world.summary["ending"] == "finished"

    def test_the_management_account_out_of_reach_is_said_and_the_rest_is_done(self):
        world, execution = ready(MEMBER, MANAGEMENT)
        world.management_role = False
        execution.run()
        assert results(world)[MANAGEMENT, "SECURITY"][0] == "unreachable"
        assert results(world)[MEMBER, "SECURITY"][0] == "set"
        assert UnreachableError.__name__ not in str(results(world))


class TestBatches:
    def test_a_pause_in_the_middle_stops_it_within_one_batch(self):
        world = many()
        execution = world.execution().run_to("apply")
        total = execution.document["plan"]["changes"]
        world.on_write = lambda: len(world.writes()) == 30 and world.command("pause")
        execution.run()
        assert execution.document["ending"] == "paused"
        assert 30 <= len(world.writes()) < 30 + apply_module.BATCH_CHANGES
        assert total > 100
        world.on_write = lambda: None
        assert world.state.intents == {}
        world.command("unpause")
        assert world.sweep().document["ending"] == "finished"
        assert len(world.writes()) == total

    def test_another_roster_approved_meanwhile_ends_it_before_the_next_write(self):
        world, execution = ready(MEMBER)
        other = changed(LOOSE, title="On duty")
        world.approve(other)
        assert execution.run().document["ending"] == "superseded"
        assert world.writes() == []

    def test_a_worker_hands_over_before_its_time_is_up(self, monkeypatch):
        monkeypatch.setattr(apply_module, "SLICE", timedelta(seconds=3))
        world = many()
        execution = world.sweep()
        assert execution.trail.count("apply") > 3
        assert world.summary["contacts"]["set"] == execution.document["plan"]["changes"]
        assert execution.document["rates"]["PutAlternateContact"] > 4

    def test_a_run_that_lost_its_place_to_another_stops_and_says_nothing(self):
        world, execution = ready(MEMBER)
        world.clock.sleep(3600)
        world.execution().run_to("prepare")
        assert execution.run().document["ending"] == "superseded"
        assert world.writes() == []
        assert world.told() == []

    def test_a_write_is_not_repeated_by_a_step_that_is_asked_for_twice(self):
        world, execution = ready(MEMBER, PRODUCTION)
        asked = {"operation": "apply", "run": execution.document}
        first, second = world.invoke(asked), world.invoke(asked)
        assert first["cursor"] == second["cursor"] == 2
        assert len(world.writes()) == 2


class TestCutOff:
    STEPS = (
        "state.get_enforcement",
        "sweeps.save_progress",
        "state.load",
        "state.open_intent",
        "state.open_intent.after",
        "ledger.record_intent",
        "ledger.record_intent.after",
        "put_alternate_contact.after",
        "get_alternate_contact.after",
        "ledger.record_outcome",
        "ledger.record_outcome.after",
        "bus.publish",
        "bus.publish.after",
        "state.close_intent",
        "runs.write_results",
        "runs.write_results.after",
    )

    @pytest.mark.parametrize("step", STEPS)
    def test_a_worker_killed_at_any_step_is_followed_by_one_that_finishes(self, step):
        world, execution = ready(MEMBER, PRODUCTION)
        world.faults.plan(step, Crash())
        execution.run()
        assert not world.faults.planned[step], "the step was never reached"
        assert (execution.status, execution.document["ending"]) == ("SUCCEEDED", "finished")
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
        assert {verdict for verdict, _ in results(world).values()} == {"set"}
        assert len(world.writes()) == 2
        assert world.state.intents == {}
        assert set(world.ledger.outcomes) == set(world.ledger.intents)
        world.drain()
        assert "unrecorded-write" not in world.verdicts()

    @pytest.mark.parametrize("step", [step for step in STEPS if not step.startswith(("runs.", "sweeps."))])
    def test_what_aws_was_too_busy_for_is_tried_again_at_once(self, step):
        world, execution = ready(MEMBER, PRODUCTION)
        unanswered = step == "put_alternate_contact.after"
        error = ReadTimeoutError(endpoint_url="https://x") if unanswered else RetryableError("busy")
        world.faults.plan(step, error)
        execution.run()
        assert not world.faults.planned[step], "the step was never reached"
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert {verdict for verdict, _ in results(world).values()} == {"set"}
        assert world.state.intents == {}

    def test_what_stays_busy_is_pending_and_the_rest_is_done(self):
        world, execution = ready(MEMBER, PRODUCTION)
        world.blocked = frozenset({MEMBER})
        execution.run()
        assert results(world)[MEMBER, "SECURITY"][0] == "pending"
        assert results(world)[PRODUCTION, "SECURITY"][0] == "set"
        world.blocked = frozenset()
        world.clock.sleep(700)
        world.sweep()
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.state.intents == {}

    def test_a_batch_of_which_nothing_can_be_done_is_left_to_the_machine(self):
        world = many()
        execution = world.execution().run_to("apply")
        world.ledger.refuse(times=300)
        execution.run()
        assert execution.document["ending"] == "finished"
        assert not world.faults.planned["ledger.record_intent"]
        assert world.summary["contacts"]["pending"] == 0

    def test_a_worker_after_another_goes_on_where_that_one_got(self):
        world = many()
        execution = world.execution().run_to("apply")
        world.broken["apply", "after"] = 1
        execution.run()
        gets = [call for call in world.calls if call[0].startswith("get_")]
        changes = execution.document["plan"]["changes"]
        # Observed once; then looked at before and after the write. The second worker found nothing to do.
        assert len(gets) < 3 * changes + 3 * apply_module.BATCH_CHANGES
        assert world.summary["contacts"]["set"] == changes

    def test_an_intent_that_a_killed_reconcile_left_is_finished_and_told_as_its_own(self):
        world, execution = ready(MEMBER)
        world.member().put_alternate_contact(AlternateContactType="BILLING", **MALLORY)
        world.faults.plan("put_alternate_contact.after", Crash())
        (message,) = world.queue[:1]
        world.deliver(message)
        world.clock.sleep(100)
        execution.run()
        assert world.contacts()["BILLING"] == api_values("finops")
        world.drain()
        told = [incident["cause"] for incident in world.bus.incidents]
        assert told == ["contact-edited"]
        assert len([alert for alert in world.alerts if alert.attributes["account"] == MEMBER]) == 1


def test_no_outcome_of_a_sweep_wakes_anybody_by_itself():
    world, execution = ready(MEMBER)
    execution.run()
    swept = [item for item in world.bus.outcomes if item["cause"] == "swept"]
    assert [item["verdict"] for item in swept] == ["set"]
    assert world.bus.incidents == []


def test_an_intent_of_a_sweep_is_its_workers_own_for_as_long_as_it_may_work_on_it():
    world, execution = ready(MEMBER)
    world.faults.plan("put_alternate_contact.after", Crash())
    with pytest.raises(Crash):
        world.invoke({"operation": "apply", "run": execution.document})
    ((_, intent),) = world.state.intents.items()
    assert isinstance(intent, OpenIntent)
    assert not intent.is_expired(intent.opened_at + timedelta(seconds=89))
    assert intent.is_expired(intent.opened_at + timedelta(seconds=90))


def test_an_account_that_breaks_the_code_does_not_keep_the_others_from_being_set_right(monkeypatch):
    world, execution = ready(MEMBER, PRODUCTION)
    observe = AccountApplier._observe

    def broken(carrier, changes, read_at):
        if changes[0].account_id == MEMBER:
            raise ValueError("no contact details here, please")
        return observe(carrier, changes, read_at)

    monkeypatch.setattr(AccountApplier, "_observe", broken)
    execution.run()
    verdict, reason = results(world)[MEMBER, "SECURITY"]
    assert verdict == "failed"
    assert re.fullmatch(r"unexpected: ValueError in apply_account\.py:\d+", reason)
    assert results(world)[PRODUCTION, "SECURITY"][0] == "set"
