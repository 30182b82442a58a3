"""A primary contact through the whole core: what only this kind has, or has in another way."""

from __future__ import annotations

import json

import pytest

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.model.contact import ALTERNATE_KINDS, KEEP, PRIMARY_PARTS, Contact, ContactKind
from rollcall.model.desired import Desired, Present
from rollcall.report.csv_file import write_csv
from rollcall.report.page import render
from simulation.accounts import EXAMPLE_PRIMARY
from simulation.caller import Caller
from simulation.errors import ApiError
from tests.support.memory import Crash
from tests.support.organizations import PRIMARY_CONTACTS
from tests.support.primary import HEADQUARTERS, PRIMARY_ROSTER, edit_primary, read_primary
from tests.support.roster_worlds import PLAYGROUND, new_account, severities
from tests.support.sweep_world import SweepWorld
from tests.support.timeline import many_accounts
from tests.support.world import EXEMPT, HUB, KINDS, MANAGEMENT, MEMBER, PRODUCTION, ROSTER, World

PRIMARY = ContactKind.PRIMARY
PUTS = ("put_contact_information",)


def with_primary(roster=PRIMARY_ROSTER, **options) -> World:
    return World(roster, **options).settle()


def make_roster(*, mode="enforce", overrides=(), **parts):
    """The roster with these parts in its primary contact, or with overrides."""
    contacts = ROSTER["contacts"] | PRIMARY_CONTACTS
    contacts |= {"headquarters": PRIMARY_CONTACTS["headquarters"] | parts}
    defaults = ROSTER["defaults"] | {"PRIMARY": "headquarters"}
    return ROSTER | {"contacts": contacts, "defaults": defaults, "mode": mode, "overrides": list(overrides)}


#: Of a roster that keeps nothing.
WHOLE = {"name": "Example Corp", "address_line2": "Floor 3", "website_url": "https://www.example.com"}
EDITS: dict[str, dict[str, str | None]] = {
    "the name": {"FullName": "Mallory Evil"},
    "the address": {"AddressLine1": "1 Evil Street", "City": "Badville", "PostalCode": "66666"},
    "the phone": {"PhoneNumber": "+44 20 7946 0000"},
    "the country": {"CountryCode": "CH", "StateOrRegion": "GE"},
    "an optional field removed": {"CompanyName": None},
    "an optional field added": {"DistrictOrCounty": "King County"},
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_primary_contact_is_restored_and_told_with_old_and_new(edit):
    world = with_primary(make_roster(**WHOLE))
    right = read_primary(world)
    edit_primary(world, **EDITS[edit])
    world.drain()
    assert read_primary(world) == right
    assert severities(world) == ["MEDIUM"]
    (alert,) = world.alerts
    assert alert.subject == "[MEDIUM] Resolved: PRIMARY contact of Payments (222222222222) edited, restored"
    assert "mary" in alert.text
    lines = alert.text.splitlines()
    [found] = [line for line in lines if line.startswith("Found: ")]
    [roster] = [line for line in lines if line.startswith("Roster: ")]
    for member in EDITS[edit]:
        assert f"{member}: " in found
        assert f"{member}: " in roster
    untouched = {rule.member for rule in PRIMARY_PARTS.values()} - set(EDITS[edit])
    assert not any(f"{member}: " in found + roster for member in untouched)
    if "City" in EDITS[edit]:
        assert "City: B***" in found
        assert "AddressLine1: 410 Terry Avenue North; City: Seattle; PostalCode: 98109" in roster
    for secret in ("Mallory", "Evil", "Badville", "7946", "555 0110"):
        assert secret not in alert.text
    assert set(world.verdicts()) == {"set", "own-write"}
    assert not world.dead


def test_an_edit_reads_once_what_is_in_force(monkeypatch):
    world = with_primary(make_roster(**WHOLE))
    edit_primary(world, City="Badville")
    enforcements = [world.state.get_enforcement()]
    monkeypatch.setattr(world.state, "get_enforcement", enforcements.pop)
    world.deliver(world.queue[0])
    assert (world.verdicts(), enforcements) == (["set"], [])


def test_each_write_has_its_intent_its_answer_and_the_event_that_proves_it():
    world = with_primary()
    edit_primary(world, City="Badville", AddressLine2="Floor 9")
    before = read_primary(world)
    world.drain()
    (intent,) = world.ledger.intents.values()
    assert intent.kind is PRIMARY
    assert isinstance(intent.found, Present)
    assert isinstance(intent.wanted, Desired)
    assert intent.found.contact.city == "Badville"
    assert intent.wanted.contact.name == before["FullName"]
    assert intent.wanted.contact.get("address_line2") == before["AddressLine2"]
    assert KEEP not in json.dumps(intent.as_document())
    assert type(intent).from_document(json.loads(json.dumps(intent.as_document()))) == intent
    assert [answer.state for answer in world.ledger.outcomes.values()] == ["written"]
    assert [name for name, _ in world.calls] == [
        "get_contact_information",
        "put_contact_information",
        "get_contact_information",
        "get_contact_information",
    ]


def test_what_the_roster_keeps_stays_and_what_it_lacks_is_removed():
    roster = make_roster(website_url="")
    world = with_primary(roster)
    right = read_primary(world)
    other = {"City": "Badville", "WebsiteUrl": "https://evil.example"}
    edit_primary(world, FullName="Chosen here", AddressLine2="Floor 9", **other)
    world.drain()
    kept = {"FullName": "Chosen here", "AddressLine2": "Floor 9"}
    assert read_primary(world) == right | kept
    # Of what is kept no alert shows a value: nobody knows whether it changed.
    (alert,) = world.alerts
    assert "WebsiteUrl: none" in alert.text
    assert "FullName: " not in alert.text
    assert "AddressLine2: " not in alert.text


def check_kept_alert(alert, kept):
    assert alert.subject.endswith(
        "Reported: PRIMARY contact of Payments (222222222222) edited, restored except kept values"
    )
    assert "Status: Reported" in alert.text
    assert f"except values that it keeps ({kept}): the edit may have changed them, too" in alert.text
    assert f"Check {kept} in the console" in " ".join(alert.text.split())


@pytest.mark.parametrize("killed", [False, True])
def test_a_restore_that_keeps_values_is_not_called_resolved_and_names_them(killed):
    world = with_primary(make_roster(**WHOLE | {"name": KEEP, "website_url": KEEP}))
    edit_primary(world, FullName="Mallory Evil", City="Badville")
    if killed:
        world.faults.plan("ledger.record_outcome.after", Crash())
    world.drain()
    (alert,) = world.alerts
    check_kept_alert(alert, "FullName, WebsiteUrl")
    assert read_primary(world)["FullName"] == "Mallory Evil"
    assert "Mallory" not in alert.text


def test_an_authorised_changer_of_kept_values_is_not_called_resolved_either():
    changers = [f"arn:aws:iam::{MEMBER}:role/Dev"]
    world = with_primary(make_roster(**WHOLE | {"name": KEEP}) | {"authorised_changers": changers})
    edit_primary(world, City="Badville")
    world.drain()
    assert severities(world) == ["INFO"]
    check_kept_alert(world.alerts[0], "FullName")


def test_a_restore_without_an_edit_says_nothing_of_kept_values():
    world = with_primary()
    account = world.organization.accounts[MEMBER]
    account.primary = {**account.primary, "City": "Badville"}
    world.admin("organizations").move_account(
        AccountId=MEMBER,
        SourceParentId=world.organization.accounts[MEMBER].parent_id,
        DestinationParentId=world.organization.find_ou("Workloads/Production"),
    )
    world.drain()
    assert read_primary(world)["City"] == HEADQUARTERS["City"]
    assert not any("values" in alert.text for alert in world.alerts)


@pytest.mark.parametrize(("session", "severity"), [("mary", "MEDIUM"), (None, "HIGH")])
def test_an_edit_of_what_is_kept_alone_is_no_drift_and_is_reported(session, severity):
    world = with_primary()
    edit_primary(world, MEMBER, session, FullName="Chosen here", WebsiteUrl="https://mine.example")
    world.drain()
    assert world.verdicts() == ["kept-edited"]
    assert severities(world) == [severity]
    assert "Reported: PRIMARY contact of Payments" in world.alerts[0].subject
    assert "edited, in kept values" in world.alerts[0].subject
    assert read_primary(world)["FullName"] == "Chosen here"


def test_the_same_edit_of_what_is_kept_twice_is_reported_twice():
    world = with_primary()
    for _ in range(2):
        edit_primary(world, FullName="Chosen here")
        world.clock.sleep(2)
    world.drain()
    assert (world.verdicts(), severities(world)) == (["kept-edited"] * 2, ["MEDIUM"] * 2)


def test_our_write_undoes_no_edit_of_what_is_kept():
    world = with_primary()
    edit_primary(world, MEMBER, "eve", FullName="Chosen here")
    late = world.queue.pop()
    world.cloud.advance(300)
    edit_primary(world, MEMBER, "mary", City="Gotham")
    world.drain()
    world.queue.append(late)
    world.drain()
    assert "edited, in kept values" in world.alerts[-1].subject
    assert "after this change undid it" in world.alerts[-1].text
    assert read_primary(world)["FullName"] == "Chosen here"


def test_an_edit_that_leaves_no_room_for_other_values_is_known_to_be_right():
    world = with_primary(make_roster(**WHOLE))
    edit_primary(world)
    world.drain()
    assert world.verdicts() == ["set-by-others"]
    assert severities(world) == ["INFO"]


def test_a_value_that_reads_like_a_kept_part_is_shown_masked_as_any_other():
    world = with_primary()
    right = read_primary(world)
    edit_primary(world, FullName=KEEP, City=KEEP)
    world.drain()
    assert read_primary(world) == right | {"FullName": KEEP}
    (alert,) = world.alerts
    [found] = [line for line in alert.text.splitlines() if line.startswith("Found: City: ")]
    assert "***" in found
    assert "none" not in found
    assert "FullName: " not in alert.text


@pytest.mark.parametrize("members", [{"AddressLine2": "Floor 9"}, {"City": "Badville"}])
def test_what_changes_after_our_write_without_an_event_is_alarming_unless_it_is_kept(members):
    world = with_primary()
    edit_primary(world, City="Gotham")
    account = world.organization.accounts[MEMBER]

    def change() -> None:
        account.primary = {**account.primary, **members}

    world.faults.then("put_contact_information.after", change)
    world.drain()
    kept = "City" not in members
    assert set(world.verdicts()).isdisjoint({"overwritten", "unexplained"}) == kept
    assert read_primary(world)["City"] == HEADQUARTERS["City"]


def test_a_country_in_small_letters_is_the_same_country():
    world = with_primary()
    edit_primary(world, CountryCode="us")
    world.drain()
    assert world.verdicts() == ["kept-edited"]
    assert not any(name in PUTS for name, _ in world.calls)


def test_without_the_state_that_a_country_needs_nothing_is_written():
    world = with_primary(make_roster(state_or_region=KEEP))
    edit_primary(world, City="Geneva", StateOrRegion=None, CountryCode="CH")
    world.drain()
    assert read_primary(world)["City"] == "Geneva"
    assert world.verdicts() == ["blocked"]
    assert severities(world) == ["HIGH"]
    assert "state_or_region is empty, which AWS asks for in US" in world.alerts[0].text
    assert not world.ledger.intents


def test_what_aws_does_not_let_us_read_is_not_written():
    world = with_primary()
    text = "User: x is not authorized to perform: account:GetContactInformation"
    world.cloud.account.fail_next(
        "GetContactInformation", ApiError("AccessDeniedException", text, 403), times=9
    )
    edit_primary(world, City="Badville")
    world.drain()
    assert world.verdicts() == ["unreadable"]
    assert not any(name in PUTS for name, _ in world.calls)
    (alert,) = world.alerts
    assert "cannot be read" in alert.subject
    # What is kept cannot be shown: nobody knows it.
    assert "City: Seattle" in alert.text
    assert "keep" not in alert.text


def test_a_put_that_aws_denies_is_told():
    world = with_primary()
    edit_primary(world, City="Badville")
    text = "User: x is not authorized to perform: account:PutContactInformation"
    world.cloud.account.fail_next("PutContactInformation", ApiError("AccessDeniedException", text, 403))
    world.drain()
    assert "failed" in world.verdicts()
    assert severities(world) == ["HIGH"]
    assert world.ledger.intents.keys() == world.ledger.outcomes.keys()


def test_that_of_the_management_account_is_restored_by_the_role_inside_it():
    world = with_primary()
    right = read_primary(world, MANAGEMENT)
    edit_primary(world, MANAGEMENT, City="Badville")
    world.drain()
    assert read_primary(world, MANAGEMENT) == right
    assert severities(world) == ["HIGH"]


def test_an_exempt_account_is_left_alone():
    world = with_primary()
    edit_primary(world, EXEMPT, City="Badville")
    world.drain()
    assert read_primary(world, EXEMPT)["City"] == "Badville"
    assert severities(world) == ["LOW"]


def test_audit_mode_tells_and_does_not_touch():
    world = with_primary(make_roster(mode="audit"))
    edit_primary(world, City="Badville")
    world.drain()
    assert read_primary(world)["City"] == "Badville"
    assert ["NOT restored" in alert.subject for alert in world.alerts] == [True]


class TestNotManaged:
    def test_where_the_roster_names_none_it_is_a_monitored_event_and_nothing_is_read(self):
        world = World().settle()
        edit_primary(world, City="Badville")
        world.drain()
        assert world.verdicts() == ["notified"]
        assert severities(world) == ["MEDIUM"]
        assert "primary contact changed" in world.alerts[0].subject
        assert world.calls == []
        assert read_primary(world)["City"] == "Badville"

    def test_where_it_names_one_elsewhere_it_is_alerted_all_the_same(self):
        overrides = [{"ou": "Sandbox", "kinds": {"PRIMARY": "headquarters"}, "mode": None}]
        roster = make_roster(overrides=overrides) | {"defaults": ROSTER["defaults"]}
        world = with_primary(roster)
        edit_primary(world, City="Badville")
        world.drain()
        assert world.verdicts() == ["notified"]
        assert severities(world) == ["MEDIUM"]
        assert "PRIMARY contact of Payments" in world.alerts[0].subject
        assert "edited, not managed here" in world.alerts[0].subject
        assert read_primary(world)["City"] == "Badville"
        edit_primary(world, PLAYGROUND, City="Badville")
        world.drain()
        assert read_primary(world, PLAYGROUND)["City"] == "Seattle"

    def test_a_write_by_our_role_is_critical_also_where_none_is_managed(self):
        world = World().settle()
        thief = world.cloud.client("account", Caller.role(HUB, "rollcall-reconcile", "thief"))
        values = {**read_primary(world), "City": "Badville"}
        thief.put_contact_information(AccountId=MEMBER, ContactInformation=values)
        world.drain()
        assert "CRITICAL" in severities(world)


def test_a_new_account_gets_it_with_its_own_name():
    world = with_primary()
    # A new account gets that of the management account from AWS, which is not as the roster has it yet.
    world.organization.accounts[MANAGEMENT].primary = EXAMPLE_PRIMARY
    account_id = new_account(world)
    world.drain()
    found = read_primary(world, account_id)
    assert found["FullName"] == "New"
    assert {key: found[key] for key in HEADQUARTERS} == HEADQUARTERS
    assert set(world.contacts(account_id)) == set(KINDS)
    assert severities(world) == ["INFO"]
    assert "4 contacts" in world.alerts[0].subject


def test_a_moved_account_gets_that_of_its_new_place():
    overrides = [{"ou": "Workloads/Production", "kinds": {"PRIMARY": "branch"}, "mode": None}]
    world = with_primary(make_roster(overrides=overrides))
    organization = world.organization
    world.admin("organizations").move_account(
        AccountId=MEMBER,
        SourceParentId=organization.accounts[MEMBER].parent_id,
        DestinationParentId=organization.find_ou("Workloads/Production"),
    )
    world.drain()
    assert read_primary(world) == {
        "FullName": f"Example Branch {MEMBER}",
        "AddressLine1": "Rue Example 1",
        "City": "Geneva",
        "PostalCode": "1201",
        "CountryCode": "CH",
        "PhoneNumber": "+41 22 555 01 10",
    }


def test_repeated_edits_back_off_and_a_release_ends_it():
    world = SweepWorld(PRIMARY_ROSTER).settle()
    right = read_primary(world)
    for _ in range(5):
        edit_primary(world, MEMBER, "script", City="Badville")
        world.cloud.advance(20)
        while [message for message in world.queue if message.visible_at <= world.clock.now().timestamp()]:
            world.deliver(min(world.queue, key=lambda message: message.visible_at))
    assert "backed-off" in world.verdicts()
    (started, *_) = [notice for notice in world.bus.notices if notice["notice"] == "repeated-edits"]
    assert started["facts"]["kind"] == "PRIMARY"
    assert world.command("release", account=MEMBER, kind="PRIMARY")["done"]
    assert world.told().count("released") == 1
    world.drain()
    assert read_primary(world) == right


def test_bulk_edits_are_one_incident_with_a_line_for_each():
    world = with_primary()
    accounts = many_accounts(world, 12)
    for account_id in accounts:
        caller = world.cloud.client("account", Caller.role(MANAGEMENT, "Admin", "eve"))
        values = {**read_primary(world, account_id), "City": "Badville"}
        caller.put_contact_information(AccountId=account_id, ContactInformation=values)
        world.cloud.advance(0.5)
    world.drain()
    assert all(read_primary(world, account_id)["City"] == "Seattle" for account_id in accounts)
    bulk = [notice for notice in world.bus.notices if notice["notice"] == "bulk-edit"]
    assert bulk
    named = str(bulk) + str(world.bus.incidents)
    assert all(account_id in named for account_id in accounts)
    assert len(world.alerts) < len(accounts)
    assert "PRIMARY" in str(bulk)


def load_report(world):
    return json.loads(world.runs.reports["reports/latest.json"])


def load_views(world):
    """The page and the first line of the CSV of the last report."""
    report = load_report(world)
    return render(report), write_csv(report).splitlines()[0]


class TestSweep:
    def test_what_came_without_an_event_is_restored_and_reported(self):
        world = SweepWorld(PRIMARY_ROSTER).settle()
        world.sweep()
        changed = world.organization.accounts[PRODUCTION]
        changed.primary = {**changed.primary, "City": "Badville", "FullName": "Kept"}
        world.sweep()
        assert changed.primary["City"] == "Seattle"
        assert changed.primary["FullName"] == "Kept"
        assert load_report(world)["coverage"]["kinds"]["PRIMARY"]["managed"] > 0
        assert load_report(world)["drift"] == [{"account_id": PRODUCTION, "kind": "PRIMARY"}]
        page, header = load_views(world)
        assert "PRIMARY contacts are compliant" in page
        assert '<th scope="col" data-column="6">Primary</th>' in page
        assert '"found_city"' in header
        (change,) = load_report(world)["changes"]
        assert (change["found"]["city"], change["set"]["city"]) == ("Badville", "Seattle")

    def test_drift_that_an_event_led_to_is_known(self):
        world = SweepWorld(make_roster(mode="audit")).settle()
        edit_primary(world, City="Badville")
        world.drain()
        world.sweep()
        assert load_report(world)["drift"] == []
        assert read_primary(world)["City"] == "Badville"

    def test_what_was_restored_while_a_plan_waits_is_no_reason_to_skip_it(self):
        world = SweepWorld(make_roster(**WHOLE)).settle()
        world.deploy(make_roster(**WHOLE | {"name": KEEP, "city": "Tacoma"}))
        edit_primary(world, FullName="Mallory Evil")
        world.sweep()  # the plan has the name as it was edited
        world.drain()
        assert read_primary(world)["FullName"] == WHOLE["name"]
        world.approve_held()
        assert (read_primary(world)["FullName"], read_primary(world)["City"]) == (WHOLE["name"], "Tacoma")

    def test_the_first_time_waits_for_a_person(self):
        world = SweepWorld(ROSTER).settle()
        world.sweep()
        before = read_primary(world)
        world.deploy(PRIMARY_ROSTER)
        world.sweep()
        assert read_primary(world) == before
        (pending,) = world.sweeps.list_pending(world.clock.now())
        assert any("primary contacts" in one["text"] for one in pending.summary["weakenings"])
        world.approve_held()
        assert {key: read_primary(world)[key] for key in HEADQUARTERS} == HEADQUARTERS
        assert read_primary(world)["FullName"] == before["FullName"]

    def test_without_one_in_the_roster_none_is_read_or_reported(self):
        world = SweepWorld(ROSTER).settle()
        world.sweep()
        assert not any("information" in name for name, _ in world.calls)
        assert set(load_report(world)["coverage"]["kinds"]) == set(map(str, ALTERNATE_KINDS))
        page, header = load_views(world)
        assert "primary" not in page.lower()
        assert "city" not in header


def test_a_drill_registers_no_edit_of_it():
    world = SweepWorld(PRIMARY_ROSTER).settle()
    left = Present(contact=Contact(**PRIMARY_CONTACTS["branch"]))
    answer = world.command(
        "drill",
        account=MEMBER,
        principal=f"arn:aws:sts::{MEMBER}:assumed-role/Dev/mary",
        edits=f"PRIMARY:{compute_fingerprint(left)}",
    )
    assert "its kind and fingerprint" in answer["refused"]
