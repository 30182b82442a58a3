"""Contacts chosen by tag in a sweep: approved by a person, then followed without an event."""

from __future__ import annotations

import json

from rollcall.model.roster import compute_digest
from tests.support.sweep_runs import STRICT, settled
from tests.support.world import MEMBER, PRODUCTION, ROSTER, api_values

CHOICE = {"tag": "contact", "default": "soc"}
BY_TAG = STRICT | {"overrides": [], "defaults": ROSTER["defaults"] | {"SECURITY": CHOICE}}


def test_a_roster_that_lets_tags_choose_waits_for_a_person_though_nothing_changes():
    world = settled(BY_TAG | {"defaults": ROSTER["defaults"]})
    world.deploy(BY_TAG)
    assert world.sweep("roster").document["ending"] == "pending-approval"
    reasons = world.facts("sweep-held")["reasons"]
    assert world.facts("sweep-held")["changes"] == 0
    end = "in new accounts of tag contact; no existing account gets it"
    assert any(text.endswith(end) for text in reasons)
    world.approve_held()
    assert world.state.approved == compute_digest(BY_TAG)


def test_a_sweep_follows_tags_whose_events_were_lost_and_reports_what_is_blocked():
    world = settled(BY_TAG)
    world.organization.accounts[MEMBER].tags["contact"] = "pci-soc"
    world.organization.accounts[PRODUCTION].tags["contact"] = "nobody"
    assert world.sweep().document["ending"] == "finished"
    assert world.contacts()["SECURITY"] == api_values("pci-soc")
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("soc")
    report = json.loads(world.runs.reports["reports/latest.json"])
    (account,) = [item for item in report["accounts"] if item["id"] == PRODUCTION]
    blocked = account["contacts"]["SECURITY"]
    assert blocked["status"] == "blocked"
    assert blocked["reason"] == 'tag contact="nobody" names no security contact of the roster'
