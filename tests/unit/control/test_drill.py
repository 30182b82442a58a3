"""A drill is registered by an operator, and only exactly the registered edits are marked in alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.model.contact import Contact
from rollcall.model.desired import Absent, Present
from rollcall.outcomes.verdicts import VERDICTS, Verdict
from simulation.caller import Caller
from tests.support.sweep_runs import STRICT
from tests.support.sweep_world import ALICE, SweepWorld
from tests.support.timeline import Timeline, many_accounts
from tests.support.world import EXEMPT, MALLORY, MANAGEMENT, MEMBER, PRODUCTION, api_values

MARY = f"arn:aws:sts::{MEMBER}:assumed-role/Dev/mary"
VALUES = {
    "Name": "Rollcall drill 0a1b2c",
    "Title": "Drill",
    "EmailAddress": "rollcall-drill@example.com",
    "PhoneNumber": "+1 206 555 0100",
}
LEFT = compute_fingerprint(
    Present(
        contact=Contact(
            name=VALUES["Name"],
            title=VALUES["Title"],
            email=VALUES["EmailAddress"],
            phone=VALUES["PhoneNumber"],
        )
    )
)
EDITS = f"SECURITY:{LEFT} BILLING:{compute_fingerprint(Absent())}"
ROSTER = {**STRICT, "drill": {"accounts": [MEMBER, EXEMPT, PRODUCTION]}}


@pytest.fixture
def world():
    return SweepWorld(ROSTER).settle()


def register(world, **given):
    asked = {"account": MEMBER, "principal": MARY, "edits": EDITS} | given
    answer = world.command("drill", **asked)
    world.clock.sleep(2)
    return answer


def edit(world, kind="SECURITY", values=VALUES, session="mary", account=MEMBER):
    world.member(account, session).put_alternate_contact(AlternateContactType=kind, **values)


def delete(world, kind="BILLING", session="mary"):
    world.member(session=session).delete_alternate_contact(AlternateContactType=kind)


def marked(world):
    """Of each alert whether it is marked, with its severity."""
    world.drain()
    return [(alert.subject.split("]")[0][1:], "Drill: " in alert.subject) for alert in world.alerts]


class TestRegistration:
    def test_it_holds_for_fifteen_minutes_and_is_recorded_with_who_made_it(self, world):
        assert register(world) == {"done": True, "until": "2026-10-05T09:15:00+00:00", "paused": False}
        assert world.state.drill.by == ALICE
        recorded = world.commands.records["c-0", "command"]
        assert (recorded["account"], recorded["principal"], recorded["edits"]) == (MEMBER, MARY, EDITS)
        assert world.told() == []

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"account": MANAGEMENT}, "does not name"),
            ({"account": "666677778888"}, "does not name"),
            ({"account": EXEMPT}, "is exempt"),
            ({"account": "2222"}, "12 digits"),
            ({"account": None}, "12 digits"),
            ({"edits": "PRIMARY:" + "a" * 32}, "its kind and fingerprint"),
            ({"edits": ""}, "its kind and fingerprint"),
            ({"edits": " ".join([EDITS] * 4)}, "its kind and fingerprint"),
            ({"principal": "mary"}, "the ARN"),
            ({"principal": "arn:" + "x" * 500}, "the ARN"),
            ({"principal": "arn:aws:iam::222222222222:user/mary\n"}, "the ARN"),
            ({"principal": None}, "the ARN"),
        ],
    )
    def test_what_the_roster_does_not_allow_is_refused(self, world, given, why):
        assert why in register(world, **given)["refused"]
        assert world.state.drill is None

    def test_a_kind_that_the_roster_does_not_manage_is_refused(self):
        world = SweepWorld({**ROSTER, "defaults": {"SECURITY": "soc"}}).settle()
        assert register(world)["refused"] == "the roster does not manage: BILLING"

    def test_before_the_first_approval_nothing_is_registered(self):
        world = SweepWorld(ROSTER, approve=False).settle()
        assert "no roster has been approved" in register(world)["refused"]

    def test_a_later_one_replaces_it_and_a_late_try_of_the_first_does_not(self, world):
        register(world, execution="one")
        register(world, execution="two", edits=f"SECURITY:{'b' * 32}")
        register(world, execution="one")
        assert world.state.drill.edits == (f"SECURITY:{'b' * 32}",)

    def test_a_pause_is_said_in_the_answer(self, world):
        world.command("pause", reason="migration")
        assert register(world)["paused"]


class TestMarking:
    def test_exactly_the_registered_edits_say_drill_with_severity_and_next_steps_unchanged(self, world):
        register(world)
        edit(world)
        delete(world)
        assert marked(world) == [("MEDIUM", True), ("MEDIUM", True)]
        (first, second) = world.alerts
        assert first.subject == (
            f"[MEDIUM] Resolved: Drill: SECURITY contact of Payments ({MEMBER}) edited, restored"
        )
        assert f"Drill: registered by {ALICE}" in first.text
        assert f"Who: {MARY}" in first.text
        words = VERDICTS[Verdict.SET].words
        assert words is not None
        assert words.next_step in " ".join(first.text.split())
        assert "BILLING contact" in second.subject
        assert world.contacts()["SECURITY"] == api_values("soc")

    @pytest.mark.parametrize(
        "act",
        [
            lambda world: edit(world, values=VALUES | {"PhoneNumber": "+1 206 555 0109"}),
            lambda world: edit(world, values=MALLORY),
            lambda world: edit(world, session="mallory"),
            lambda world: edit(world, kind="OPERATIONS"),
            lambda world: edit(world, account=PRODUCTION),
            lambda world: edit(world, kind="BILLING"),
            lambda world: delete(world, kind="SECURITY"),
            lambda world: delete(world, session="mallory"),
            lambda world: world.cloud.client(
                "account", Caller(account_id=MEMBER, arn=f"arn:aws:iam::{MEMBER}:root")
            ).put_alternate_contact(AlternateContactType="SECURITY", **VALUES),
        ],
    )
    def test_whatever_differs_is_an_alert_like_any_other(self, world, act):
        register(world)
        act(world)
        ((severity, drill),) = marked(world)
        assert severity in ("MEDIUM", "HIGH")
        assert not drill

    def test_before_and_after_its_time_nothing_is_a_drill(self, world):
        edit(world)
        world.clock.sleep(1)
        register(world)
        assert marked(world) == [("MEDIUM", False)]
        world.clock.sleep(15 * 60)
        delete(world)
        assert marked(world)[1:] == [("MEDIUM", False)]

    def test_an_event_without_a_time_is_none(self, world):
        register(world)
        drill = world.state.drill
        named = {"account_id": MEMBER, "principal": MARY}
        assert drill.names(f"SECURITY:{LEFT}", **named, at=drill.until)
        assert drill.names(f"SECURITY:{LEFT}", **named, at=drill.started_at.replace(microsecond=0))
        assert not drill.names(f"SECURITY:{LEFT}", **named, at=drill.until + timedelta(seconds=1))
        assert not drill.names(f"SECURITY:{LEFT}", **named, at=None)

    def test_an_edit_that_another_one_hides_is_not_marked(self, world):
        register(world)
        edit(world)
        edit(world, values=MALLORY, session="mallory")
        assert not any(drill for _, drill in marked(world))

    @pytest.mark.parametrize("wait", [True, False])
    def test_nothing_hides_behind_the_contact_of_the_roster_itself(self, world, wait):
        soc = api_values("soc")
        right = Contact(
            name=soc["Name"], title=soc["Title"], email=soc["EmailAddress"], phone=soc["PhoneNumber"]
        )
        register(world, edits=f"SECURITY:{compute_fingerprint(Present(contact=right))}")
        edit(world, values=MALLORY)
        if wait:
            world.drain()
        edit(world, values=soc)
        assert [drill for _, drill in marked(world)] == [False, False]

    def test_an_earlier_change_that_shows_with_it_is_not_marked_either(self, world):
        register(world)
        edit(world)
        world.drain()
        (incident,) = [one for one in world.incidents if one.drill]
        other = replace(incident.outcomes[0], drill=None)
        assert replace(incident, outcomes=(*incident.outcomes, other)).drill is None

    def test_while_writes_are_paused_it_says_drill_and_not_restored(self, world):
        world.command("pause", reason="migration")
        register(world)
        edit(world)
        world.drain()
        assert "Open: Drill: SECURITY contact" in world.alerts[-1].subject
        assert world.alerts[-1].subject.startswith("[HIGH]")

    @pytest.mark.parametrize("paused", [False, True])
    def test_its_alert_leaves_alone_while_the_same_principal_makes_bulk_edits(self, world, paused):
        for account in many_accounts(world, 5):
            edit(world, account=account)
        Timeline(world).run(until=10)
        assert [alert.attributes["cause"] for alert in world.alerts][-1] == "bulk-edit"
        if paused:
            world.command("pause", reason="migration")
        register(world)
        edit(world)
        Timeline(world).run(until=10)
        (alert,) = [alert for alert in world.alerts if "Drill: " in alert.subject]
        assert alert.attributes["account"] == MEMBER
        world.drain()
        assert not any(MEMBER in alert.text for alert in world.alerts if "bulk-edit" in alert.text)
