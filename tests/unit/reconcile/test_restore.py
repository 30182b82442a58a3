"""The story of the demo, on the simulation: what becomes of each kind of event."""

from __future__ import annotations

import json

import pytest

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.model.contact import ContactKind
from rollcall.model.errors import IntentBusyError, RecordRefusedError
from simulation.accounts import AlternateContact
from simulation.caller import Caller
from simulation.errors import ApiError
from simulation.seeds import HUB
from tests.support.memory import Crash
from tests.support.world import (
    EXEMPT,
    KINDS,
    MALLORY,
    MANAGEMENT,
    MEMBER,
    PRODUCTION,
    ROSTER,
    World,
    api_values,
)


def test_an_edited_contact_is_restored_and_told_once():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert [alert.attributes["severity"] for alert in world.alerts] == ["MEDIUM"]
    assert "mary" in world.alerts[0].text
    assert "own-write" in world.verdicts()
    assert not world.dead


def test_an_edit_is_stored_with_the_intent_of_the_write_that_undoes_it():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.faults.plan("state.save", AssertionError("stored by itself"))
    world.deliver(world.queue[0])
    (edit,) = world.state.read(MEMBER, ContactKind.SECURITY).edits
    assert (world.contacts()["SECURITY"], edit.published) == (api_values("soc"), "set")
    (intent,) = world.ledger.intents.values()
    assert edit.found == compute_fingerprint(intent.found)


@pytest.mark.parametrize("error", [IntentBusyError("busy"), RecordRefusedError("refused")], ids=repr)
@pytest.mark.parametrize("step", ["state.open_intent", "state.open_intent.after"])
def test_an_edit_whose_intent_is_refused_is_known_to_others_all_the_same(step, error):
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.faults.plan(step, error)
    world.deliver(world.queue[0])
    record = world.state.read(MEMBER, ContactKind.SECURITY)
    assert ([edit.published for edit in record.edits], record.intent) == ([None], None)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_a_deleted_contact_is_restored_and_alerted():
    world = World().settle()
    world.member().delete_alternate_contact(AlternateContactType="SECURITY")
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert [alert.attributes["severity"] for alert in world.alerts] == ["MEDIUM"]


def test_a_new_account_gets_its_contacts_and_one_quiet_alert():
    world = World().settle()
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    world.drain()
    (account_id,) = [key for key, account in world.organization.accounts.items() if account.name == "New"]
    assert world.contacts(account_id) == {
        "SECURITY": api_values("soc"),
        "OPERATIONS": api_values("platform"),
        "BILLING": api_values("finops"),
    }
    assert [alert.attributes["severity"] for alert in world.alerts] == ["INFO"]
    assert all(f"{kind} CONTACT" in world.alerts[0].text for kind in KINDS)


def create_account(world):
    """The messages of the two events of a new account."""
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    messages = {json.loads(message.body)["detail"]["eventName"]: message for message in world.queue}
    return messages["CreateAccountResult"], messages["AccountJoinedOrganization"]


@pytest.mark.parametrize("contact", range(3))
@pytest.mark.parametrize("step", ["state.open_intent", "state.open_intent.after", "ledger.record_outcome"])
def test_two_events_of_a_new_account_at_once_are_one_quiet_alert(step, contact):
    world = World().settle()
    created, joined = create_account(world)
    passed = []

    def step_in():
        passed.append(step)
        if len(passed) == contact + 1:
            world.deliver(joined)
        elif len(passed) <= contact:
            world.faults.then(step, step_in)

    world.faults.then(step, step_in)
    world.deliver(created)
    assert len(passed) > contact
    world.drain()
    assert [alert.attributes["severity"] for alert in world.alerts] == ["INFO"]
    assert all(f"{kind} CONTACT" in world.alerts[0].text for kind in KINDS)


def test_a_message_comes_back_for_the_contact_that_waits_least():
    world = World().settle()
    created, joined = create_account(world)
    opened = []

    def die_at_the_second() -> None:
        opened.append(world.clock.now())
        if len(opened) == 2:
            world.deliver(joined)
            raise Crash
        world.clock.sleep(11)
        world.faults.then("state.open_intent.after", die_at_the_second)

    world.faults.then("state.open_intent.after", die_at_the_second)
    world.deliver(created)
    # The first contact is held by a worker that is slow, and may be so for 30 seconds; the second just began.
    assert joined.visible_at - world.clock.now().timestamp() <= 5


def test_a_moved_account_gets_the_contacts_of_its_new_place():
    world = World().settle()
    organization = world.organization
    world.admin("organizations").move_account(
        AccountId=MEMBER,
        SourceParentId=organization.accounts[MEMBER].parent_id,
        DestinationParentId=organization.find_ou("Workloads/Production"),
    )
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("pci-soc")
    assert world.contacts()["BILLING"] == api_values("finops")
    assert [alert.attributes["severity"] for alert in world.alerts] == ["INFO"]


def test_an_exempt_account_is_left_alone_and_told_softly():
    world = World().settle()
    world.member(EXEMPT).put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts(EXEMPT)["SECURITY"] == MALLORY
    assert [alert.attributes["severity"] for alert in world.alerts] == ["LOW"]


def test_audit_mode_tells_and_does_not_touch():
    world = World({**ROSTER, "mode": "audit"}).settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert ["NOT restored" in alert.subject for alert in world.alerts] == [True]
    assert not world.ledger.intents


def test_without_an_approved_roster_everything_is_audit():
    world = World(approve=False).settle()
    world.member().delete_alternate_contact(AlternateContactType="SECURITY")
    world.drain()
    assert "SECURITY" not in world.contacts()
    assert "no roster has been approved" in world.alerts[0].text


def test_a_pause_stops_writes_and_not_alerts():
    world = World().settle()
    world.state.paused = True
    world.member().delete_alternate_contact(AlternateContactType="SECURITY")
    world.drain()
    assert "SECURITY" not in world.contacts()
    assert len(world.alerts) == 1


def test_a_candidate_that_is_not_approved_is_not_enforced():
    world = World().settle()
    wrong = {**ROSTER, "defaults": {**ROSTER["defaults"], "SECURITY": "finops"}}
    world.roster = wrong
    world.restart()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_the_right_value_set_by_anybody_is_no_drift():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    world.drain()
    assert world.verdicts() == ["set-by-others"]
    assert [alert.subject[:6] for alert in world.alerts] == ["[INFO]"]
    # Once more when a read is sure to be younger than the change.
    assert world.calls == [("get_alternate_contact", MEMBER)] * 2


def test_a_late_event_of_who_set_it_right_names_the_edit_that_seemed_right():
    world = World().settle()
    world.member(session="mary").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.clock.sleep(1)
    right = api_values("soc")
    world.member(session="bob").put_alternate_contact(AlternateContactType="SECURITY", **right)
    late = world.queue.pop()
    world.drain()
    assert world.verdicts() == ["set-by-others"]
    world.clock.sleep(60)
    world.member(session="eve").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    world.queue.append(late)
    world.drain()
    assert world.verdicts()[-2:] == ["changed-back", "undone"]
    assert "/mary" in world.alerts[-1].text
    assert "Dev/eve" not in world.alerts[-1].text


def test_a_later_edit_that_set_it_right_is_not_called_a_mistake():
    world = World().settle()
    world.member(session="mary").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    late = world.queue.pop()
    world.clock.sleep(10)
    right = api_values("soc")
    world.member(session="bob").put_alternate_contact(AlternateContactType="SECURITY", **right)
    world.drain()
    world.clock.sleep(60)
    world.member(session="eve").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    world.queue.append(late)
    world.drain()
    assert world.verdicts()[-1] == "undone"
    assert "changed-back" not in world.verdicts()


ABSENT = {**ROSTER, "overrides": [{"accounts": [MEMBER], "kinds": {"BILLING": None}, "mode": None}]}


def test_a_contact_that_was_set_and_is_absent_as_it_must_be_was_changed_back():
    world = World(ABSENT).settle()
    world.member().put_alternate_contact(AlternateContactType="BILLING", **MALLORY)
    del world.organization.accounts[MEMBER].contacts["BILLING"]  # and no event of it came
    world.drain()
    assert world.verdicts() == ["changed-back"]
    assert [alert.subject[:5] for alert in world.alerts] == ["[LOW]"]


def test_a_delete_that_the_roster_wants_is_no_drift():
    world = World(ABSENT).settle()
    mallory = AlternateContact(name="Mallory", title="Friend", email="mallory@evil.example", phone="+44 20")
    world.organization.accounts[MEMBER].contacts["BILLING"] = mallory
    world.member().delete_alternate_contact(AlternateContactType="BILLING")
    world.drain()
    assert world.verdicts() == ["set-by-others"]
    assert [alert.subject[:6] for alert in world.alerts] == ["[INFO]"]


def test_a_drifted_signal_takes_three_account_calls_and_the_event_of_the_write_one():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert [name for name, _ in world.calls] == [
        "get_alternate_contact",
        "put_alternate_contact",
        "get_alternate_contact",
        "get_alternate_contact",
    ]


def test_an_edit_by_the_management_account_names_its_target():
    world = World().settle()
    world.admin("account").put_alternate_contact(
        AccountId=PRODUCTION, AlternateContactType="BILLING", **MALLORY
    )
    world.drain()
    assert world.contacts(PRODUCTION)["BILLING"] == api_values("finops")
    assert PRODUCTION in world.alerts[0].subject


def test_the_management_accounts_own_contact_is_restored_by_the_role_inside_it():
    world = World().settle()
    world.admin("account").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts(MANAGEMENT)["SECURITY"] == api_values("soc")
    assert world.verdicts() == ["set", "own-write"]
    assert [alert.attributes["severity"] for alert in world.alerts] == ["HIGH"]


def test_without_that_role_the_management_account_is_reported_unreachable():
    world = World(management_role=False).settle()
    world.admin("account").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.verdicts() == ["unreachable"]
    assert world.alerts[0].attributes["severity"] == "HIGH"
    assert "RollcallManagement" in world.alerts[0].text
    assert not world.dead


def test_a_stolen_role_in_the_management_account_is_critical():
    world = World().settle()
    role = Caller.role(MANAGEMENT, "rollcall-management-contacts", "thief")
    world.cloud.client("account", role).put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts(MANAGEMENT)["SECURITY"] == api_values("soc")
    assert [alert.attributes["severity"] for alert in world.alerts] == ["CRITICAL"]


def test_a_root_user_is_told_loudly():
    world = World().settle()
    root = world.cloud.client("account", Caller.root(MEMBER))
    root.put_alternate_contact(AlternateContactType="OPERATIONS", **MALLORY)
    world.drain()
    assert world.alerts[0].attributes["severity"] == "HIGH"


def test_a_write_by_our_role_without_an_intent_is_critical_and_undone():
    world = World().settle()
    thief = world.cloud.client("account", Caller.role(HUB, "rollcall-reconcile", "thief"))
    thief.put_alternate_contact(AccountId=MEMBER, AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert [alert.attributes["severity"] for alert in world.alerts] == ["CRITICAL"]


def test_a_suspended_account_is_left_alone():
    world = World().settle()
    world.organization.accounts[MEMBER].state = "SUSPENDED"
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert world.verdicts() == ["inactive"]
    # Who edits a contact and then closes the account does not do so unseen. Nobody can act on it, though.
    assert [(alert.attributes["severity"], alert.stage) for alert in world.alerts] == [("LOW", "closed")]
    assert "Reported: " in world.alerts[0].subject


@pytest.mark.parametrize("kind", ["SECURITY", None])
def test_a_suspended_account_need_not_be_readable(kind):
    world = World().settle()
    world.organization.accounts[MEMBER].state = "SUSPENDED"
    error = ApiError("InternalServerException", "try again", 500)
    world.cloud.account.fail_next("GetAlternateContact", error, times=10_000)
    if kind is None:
        world.admin("organizations").move_account(
            AccountId=MEMBER,
            SourceParentId=world.organization.accounts[MEMBER].parent_id,
            DestinationParentId=world.organization.find_ou("Workloads/Production"),
        )
    else:
        world.member().put_alternate_contact(AlternateContactType=kind, **MALLORY)
    world.drain()
    assert set(world.verdicts()) == {"inactive"}
    assert [alert.attributes["severity"] for alert in world.alerts] == (["LOW"] if kind else [])
    assert not world.dead
    # Only the contact that was edited is read at all, beside the account.
    assert {name for name, _ in world.calls} == ({"get_alternate_contact"} if kind else set())


def test_an_edit_of_an_account_that_left_at_once_is_alerted():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    del world.organization.accounts[MEMBER]
    world.drain()
    assert world.verdicts() == ["no-account"]
    assert [alert.attributes["severity"] for alert in world.alerts] == ["LOW"]


def test_a_kind_that_the_roster_does_not_name_is_reported_of_a_closed_account_too():
    kinds = {kind: name for kind, name in ROSTER["defaults"].items() if kind != "BILLING"}
    world = World(ROSTER | {"defaults": kinds}).settle()
    world.organization.accounts[MEMBER].state = "SUSPENDED"
    world.member().put_alternate_contact(AlternateContactType="BILLING", **MALLORY)
    world.drain()
    assert world.verdicts() == ["unmanaged"]
    assert [alert.attributes["severity"] for alert in world.alerts] == ["LOW"]


def test_a_pending_account_is_waited_for():
    world = World().settle()
    world.organization.accounts[MEMBER].state = "PENDING_ACTIVATION"
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.deliver(world.queue[0])
    assert world.queue
    world.organization.accounts[MEMBER].state = "ACTIVE"
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")


@pytest.mark.parametrize(
    "options", [{"spelling": "pascal"}, {"redact": True}, {"spelling": "pascal", "redact": True}]
)
def test_spelling_and_redaction_of_the_event_change_nothing(options):
    world = World(**options).settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert len(world.alerts) == 1


def test_a_second_copy_of_the_event_in_the_target_account_is_not_told_again():
    world = World(copies_to_target=True).settle()
    world.admin("account").put_alternate_contact(AccountId=MEMBER, AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert len(world.alerts) == 1


@pytest.mark.parametrize("deleted", [False, True])
def test_an_unmanaged_kind_is_left_to_its_owner_and_its_edit_reported(deleted):
    world = World({**ROSTER, "defaults": {"SECURITY": "soc"}, "overrides": []})
    world.member().put_alternate_contact(AlternateContactType="BILLING", **MALLORY)
    if deleted:
        world.queue.clear()
        world.member().delete_alternate_contact(AlternateContactType="BILLING")
    world.drain()
    assert world.contacts().get("BILLING") == (None if deleted else MALLORY)
    assert world.verdicts() == ["unmanaged"]
    (alert,) = world.alerts
    what = "deleted" if deleted else "edited"
    reported = f"[LOW] Reported: BILLING contact of Payments ({MEMBER}) {what}, not managed here"
    assert alert.subject.startswith(reported)


def test_a_denied_attempt_is_told_and_nothing_is_read():
    world = World().settle()
    event = {
        "detail": {
            "eventSource": "account.amazonaws.com",
            "eventName": "PutAlternateContact",
            "eventID": "e-1",
            "eventTime": "2026-10-05T09:00:00Z",
            "errorCode": "AccessDenied",
            "requestParameters": None,
            "recipientAccountId": MEMBER,
            "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::{MEMBER}:assumed-role/Dev/mary"},
        }
    }
    world.send(event)
    world.drain()
    assert world.verdicts() == ["denied"]
    assert world.alerts[0].attributes["severity"] == "LOW"
    assert not world.calls


def send_failed(world, code):
    """The event of the edit that waits, as of a call that AWS answered with this error; the edit stays."""
    event = json.loads(world.queue.pop().body)
    event["detail"] |= {"errorCode": code, "requestID": "e-failed", "eventID": "e-failed"}
    world.send(event)


@pytest.mark.parametrize("code", ["InternalServerException", "InternalFailure", "ServiceUnavailable"])
def test_an_edit_with_a_server_error_is_restored_if_it_was_made(code):
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    send_failed(world, code)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert set(world.verdicts()) == {"set", "own-write"}
    (alert,) = world.alerts
    assert alert.subject == "[MEDIUM] Resolved: SECURITY contact of Payments (222222222222) edited, restored"


@pytest.mark.parametrize(("code", "reads"), [("InternalServerException", 2), ("ValidationException", 0)])
def test_an_edit_with_a_server_error_that_was_not_made_was_refused(code, reads):
    world = World().settle()
    contacts = world.organization.accounts[MEMBER].contacts
    right = contacts["SECURITY"]
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    contacts["SECURITY"] = right
    send_failed(world, code)
    world.drain()
    assert world.verdicts() == ["denied"]
    (alert,) = world.alerts
    assert alert.subject.endswith("PutAlternateContact for Payments (222222222222) refused by AWS")
    assert f"AWS refused the call: {code}" in alert.text
    # Read again once a read can no longer be older than the edit.
    assert [name for name, _ in world.calls] == ["get_alternate_contact"] * reads
    assert not world.state.read(MEMBER, ContactKind.SECURITY).edits


def test_an_edit_with_a_server_error_that_was_alerted_as_open_is_closed():
    world = World().settle()
    contacts = world.organization.accounts[MEMBER].contacts
    right = contacts["SECURITY"]
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    contacts["SECURITY"] = right
    send_failed(world, "InternalServerException")
    error = ApiError("InternalServerException", "try again", 500)
    world.cloud.account.fail_next("GetAlternateContact", error, times=20)
    world.drain()
    assert [alert.attributes["stage"] for alert in world.alerts] == ["open", "closed"]
    assert world.incidents[-1].opened


@pytest.mark.parametrize("account", [EXEMPT, MEMBER])
def test_where_nobody_looks_an_edit_with_a_server_error_was_refused(account):
    world = World({**ROSTER, "defaults": {"SECURITY": "soc"}, "overrides": []}).settle()
    kind = "SECURITY" if account == EXEMPT else "BILLING"
    world.member(account).put_alternate_contact(AlternateContactType=kind, **MALLORY)
    send_failed(world, "InternalServerException")
    world.drain()
    assert world.verdicts() == ["denied"]
    assert [alert.attributes["severity"] for alert in world.alerts] == ["LOW"]


def test_a_look_that_is_older_than_another_workers_write_is_made_again():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    slow = world.queue[0]
    world.send(slow.body)
    copy = world.queue[-1]
    # Between the look of the one and its reading of the record, the other restores and closes.
    world.faults.then("get_alternate_contact.after", lambda: world.deliver(copy))
    world.deliver(slow)
    world.drain()
    assert [name for name, _ in world.calls].count("put_alternate_contact") == 1
    assert len(world.alerts) == 1


def test_a_look_is_taken_again_once_the_write_of_a_worker_that_is_gone_was_finished():
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.faults.plan("ledger.record_intent.after", Crash())
    world.deliver(world.queue[0])
    world.clock.sleep(200)
    world.member(session="eve").put_alternate_contact(
        AlternateContactType="SECURITY", **MALLORY | {"Name": "Somebody later"}
    )

    def set_right():
        world.member(session="bob").put_alternate_contact(
            AlternateContactType="SECURITY", **api_values("soc")
        )

    world.faults.then("ledger.record_outcome", set_right)
    world.deliver(world.queue[1])
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert "set" not in world.verdicts()


def test_an_authorised_changer_that_backs_off_is_told_quietly():
    world = World(ROSTER | {"authorised_changers": [f"arn:aws:iam::{MEMBER}:role/Dev"]}).settle()
    for _ in range(5):
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.cloud.advance(20)
        while [message for message in world.queue if message.visible_at <= world.clock.now().timestamp()]:
            world.deliver(min(world.queue, key=lambda message: message.visible_at))
    told = [alert for alert in world.alerts if alert.attributes["cause"] == "contact-edited"]
    assert {alert.attributes["severity"] for alert in told} == {"INFO"}
