"""What a deployment can switch off without a person: nothing, whether or not anything is written for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rollcall.model.errors import RetryableError
from rollcall.model.roster import compute_digest
from rollcall.sweep.approvals import open_pending
from rollcall.sweep.stored_plan import AlteredPlanError
from tests.support.sweep_runs import AUDIT, MEMBERS, NARROW, STRICT, changed, many, settled
from tests.support.sweep_world import SweepWorld
from tests.support.world import EXEMPT, HUB, MEMBER, PRODUCTION, ROSTER, api_values

EVERYONE = ["111111111111", HUB, MEMBER, PRODUCTION, EXEMPT, "666677778888"]
DEV = f"arn:aws:iam::{MEMBER}:role/Dev"
ROOT_AUDIT = {"ou": "r-a1b2", "kinds": {}, "mode": "audit"}
ONE = STRICT["overrides"][0]

WEAKER: dict[str, tuple[dict[str, Any], set[str]]] = {
    "everybody exempt": (
        {"exempt": [{"accounts": EVERYONE, "reason": "x", "until": None}]},
        {"exempt"},
    ),
    "a kind unmanaged": (
        {"defaults": {k: v for k, v in STRICT["defaults"].items() if k != "SECURITY"}, "overrides": []},
        {"unmanaged"},
    ),
    "audit of an OU": ({"overrides": [ONE | {"mode": "audit"}]}, {"audit"}),
    "audit of the root by its id": ({"overrides": [ROOT_AUDIT, ONE]}, {"audit"}),
    "another changer": ({"authorised_changers": [DEV]}, {"changer"}),
    "no limit for the next one": ({"limits": {"max_changed_accounts": "100%"}}, {"limit"}),
    "audit mode": ({"mode": "audit"}, {"audit"}),
    "an OU that does not exist": ({"overrides": [ONE | {"ou": "Production"}]}, {"matches-nothing"}),
    "later bulk alerts": ({"bulk_edits": {"accounts": 40}}, {"bulk-edits"}),
    "earlier backoff": ({"repeated_edits": {"reverts": 2}}, {"repeated-edits"}),
}


@pytest.mark.parametrize("name", WEAKER)
def test_it_waits_for_a_person_and_until_then_the_roster_before_is_enforced(name):
    change, kinds = WEAKER[name]
    world = settled(STRICT)
    world.deploy(STRICT | change)
    assert world.sweep("roster").document["ending"] == "pending-approval"
    facts = world.facts("sweep-held")
    assert {one["kind"] for one in facts["weakenings"]} == kinds
    assert set(facts["reasons"]) >= {one["text"] for one in facts["weakenings"]}
    assert world.state.approved == compute_digest(STRICT)
    world.member().delete_alternate_contact(AlternateContactType="SECURITY")
    world.member(PRODUCTION).delete_alternate_contact(AlternateContactType="SECURITY")
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")


def test_two_deployments_do_what_one_must_not():
    """First no limit, then a wrong mailbox for everybody: what weakens holds what is deployed behind it."""
    world = settled(STRICT)
    unlimited = STRICT | {"limits": {"max_changed_accounts": "100%"}}
    world.deploy(unlimited)
    world.sweep("roster")
    world.deploy(changed(unlimited, email="aws-soc@exmaple.example"))
    assert world.sweep("roster").document["ending"] == "pending-approval"
    kinds = [one["kind"] for one in world.facts("sweep-held")["weakenings"]]
    assert (kinds, len(world.facts("sweep-held")["reasons"])) == (["limit"], 2)
    # And so does what is harmless.
    world.deploy(changed(unlimited, "pci-soc", title="On duty"))
    assert world.sweep("roster").document["ending"] == "pending-approval"
    assert (world.state.approved, world.writes()) == (compute_digest(STRICT), [])


def test_the_override_of_an_ou_that_is_spelt_wrong_gives_its_accounts_the_default_in_no_silence():
    world = settled(ROSTER | {"limits": {"max_changed_accounts": "100%"}})
    world.deploy(world.roster | {"overrides": [ONE | {"ou": "Production"}]})
    assert world.sweep("roster").document["ending"] == "pending-approval"
    assert world.facts("sweep-held")["reasons"] == [
        "the override of OU Production matches no account (nearest: OU Workloads/Production)"
    ]
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")


@pytest.mark.parametrize("members", [1, 2, 5, 8, 9, 10, 19, 99])
def test_a_wrong_mailbox_for_everybody_waits_in_small_organizations_too(members):
    world = many(members, ROSTER | {"overrides": [], "exempt": []})
    world.settle()
    world.deploy(changed(world.roster, email="aws-soc@exmaple.example"))
    world.sweep("roster")
    assert (world.told(), world.writes()) == (["sweep-held"], [])


def edited(roster, account):
    override = {"accounts": [account], "kinds": {"OPERATIONS": "finops"}, "mode": None}
    return roster | {"overrides": [*roster["overrides"], override]}


def test_many_small_changes_in_a_week_are_one_large_one():
    world = many(40, ROSTER | {"overrides": [], "exempt": []})
    world.settle()
    endings = []
    for day in range(5):
        world.deploy(edited(world.roster, MEMBERS[day]))
        endings.append(world.sweep("roster").document["ending"])
        world.sweep("schedule")
        world.clock.sleep(timedelta(days=1).total_seconds())
    assert endings == ["finished"] * 4 + ["pending-approval"]
    assert world.facts("sweep-held")["reasons"] == [
        "1 of 42 active accounts would change after 4 in the last seven days without approval, the limit is 4"
    ]
    world.clock.sleep(timedelta(days=7).total_seconds())
    assert world.sweep("schedule").document["ending"] == "finished"


def test_what_a_person_approved_counts_for_nothing_afterwards():
    world = many(40, ROSTER | {"overrides": [], "exempt": []})
    world.settle()
    world.deploy(changed(world.roster, title="On call"))
    world.sweep("roster")
    world.approve_held()
    world.deploy(edited(world.roster, MEMBERS[0]))
    assert world.sweep("roster").document["ending"] == "finished"
    assert world.sweeps.passed.keys() == {world.executions[-1].document["id"]}


def test_a_gate_that_is_cut_off_counts_what_it_let_through_once():
    world = settled()
    world.deploy(NARROW)
    execution = world.execution("roster").run_to("gate")
    world.faults.plan("bus.publish_notice", RuntimeError("cut off"))
    assert execution.run().document["ending"] == "finished"
    assert [passed.accounts for passed in world.sweeps.list_passed(world.clock.now())] == [1]


@pytest.mark.parametrize("roster", [STRICT, AUDIT], ids=["enforced", "audit"])
def test_an_unchanged_roster_that_is_deployed_every_day_never_waits(roster):
    world = settled(roster)
    for _ in range(8):
        world.deploy(roster)
        world.sweep("roster")
        assert world.sweep("schedule").document["ending"] == "finished"
        world.clock.sleep(timedelta(days=1).total_seconds())
    assert world.told() == []


def test_who_was_shown_other_weakenings_approves_nothing():
    world = settled()
    world.deploy(STRICT | {"mode": "audit"})
    world.sweep("roster")
    (before,) = world.sweeps.plans.values()
    world.organization.add_account(account_id="888899990000", name="New", email="new@example.com")
    world.sweep("schedule")
    (after,) = world.sweeps.plans
    refused = world.command("approve", plan=before.plan)["refused"]
    assert refused == f"the plan {before.plan[:12]} was superseded by a newer one, {after[:12]}"
    assert world.state.approved == compute_digest(STRICT)
    assert world.command("approve", plan=after)["done"]


def test_weakenings_that_were_altered_after_they_were_shown_are_no_plan_that_anybody_may_see():
    world = settled()
    world.deploy(STRICT | {"mode": "audit"})
    world.sweep("roster")
    (held,) = world.sweeps.plans.values()
    open_pending(world.runs, held)
    for altered in ({"against": "0" * 64}, {"summary": {**held.summary, "weakenings": []}}):
        with pytest.raises(AlteredPlanError):
            open_pending(world.runs, replace(held, **altered))


def test_an_approval_that_was_cut_off_is_finished_only_if_the_roster_weakens_the_same():
    world = settled()
    world.deploy(STRICT | {"mode": "audit"})
    world.sweep("roster")
    (plan,) = world.sweeps.plans
    world.faults.plan("sweeps.approve.after", RuntimeError("cut off"))
    with pytest.raises(RuntimeError):
        world.command("approve", plan=plan)
    world.organization.add_account(account_id="888899990000", name="New", email="new@example.com")
    assert world.sweep("schedule").document["ending"] == "pending-approval"
    assert world.told().count("sweep-held") == 2, "the one that was approved is not the one that waits"
    assert world.state.approved == compute_digest(STRICT)
    world.organization.dismiss("888899990000")
    assert world.sweep("schedule").document["ending"] == "finished"
    assert world.state.approved == compute_digest(AUDIT | {"limits": STRICT["limits"]})
    (told,) = [item for item in world.notices if item["notice"] == "roster-approved"]
    assert "alice" in told["facts"]["by"]
    assert told["facts"]["automatic"] is False


def override_of(path: str, contact: str = "pci-soc") -> dict[str, Any]:
    return {"ou": path, "kinds": {"SECURITY": contact}, "mode": None}


def test_a_path_of_an_older_roster_blocks_no_account_once_another_ou_has_its_name():
    world = settled(ROSTER | {"overrides": [override_of("Sandbox")]})
    world.sweep()
    world.organization.rename_ou(world.organization.find_ou("Sandbox"), "Play")
    play = ROSTER | {"overrides": [override_of("Play")]}
    world.deploy(play)
    assert world.sweep("roster").document["ending"] == "finished"
    assert {path for path, _ in world.matches.ous} == {"Play"}
    admin = world.admin("organizations")
    new = admin.create_organizational_unit(ParentId="r-a1b2", Name="Sandbox")["OrganizationalUnit"]["Id"]
    before = admin.list_parents(ChildId=MEMBER)["Parents"][0]["Id"]
    admin.move_account(AccountId=MEMBER, SourceParentId=before, DestinationParentId=new)
    world.drain()
    both = ROSTER | {"overrides": [override_of("Play"), override_of("Sandbox", "platform")]}
    world.deploy(both)
    assert world.sweep("roster").document["ending"] == "finished"
    assert world.state.approved == compute_digest(both)


def test_an_approval_that_fails_forgets_no_path(monkeypatch):
    world = settled(ROSTER)
    world.sweep()
    known = set(world.matches.ous)
    assert known

    def refuse(**_):
        raise RetryableError("another roster was approved meanwhile")

    monkeypatch.setattr(world.state, "approve", refuse)
    with pytest.raises(RetryableError):
        world.approve(ROSTER | {"overrides": []})
    assert world.matches.ous == known


def test_a_tag_that_is_used_again_was_lost_by_nobody_meanwhile():
    tag = {"tag": {"scope": "pci"}, "kinds": {"SECURITY": "pci-soc"}, "mode": None}
    world = SweepWorld(ROSTER | {"overrides": [tag]})
    world.organization.accounts[MEMBER].tags["scope"] = "pci"
    world.settle()
    world.sweep()
    world.queue.clear()
    world.deploy(ROSTER | {"overrides": []})
    world.sweep("roster")
    del world.organization.accounts[MEMBER].tags["scope"]
    world.organization.accounts[PRODUCTION].tags["scope"] = "pci"
    world.deploy(ROSTER | {"overrides": [tag]})
    assert world.sweep("roster").document["ending"] == "finished"
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
    assert {account for _, account in world.matches.carriers} == {PRODUCTION}
