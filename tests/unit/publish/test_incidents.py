"""What broke once: openings that were never closed, detections that were never told, memories that forgot."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rollcall.contact.record import MESSAGES_LAST
from rollcall.events.signal import Cause
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError
from rollcall.model.roster import Roster, Tagged, read_selector
from rollcall.notify.notifier import read_event
from rollcall.notify.topics import render_plain_text
from rollcall.outcomes.documents import build_incident_document
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.incidents import make_incident
from rollcall.sweep.prepare import finish_leftovers
from rollcall.write.apply_change import AppliedChange
from simulation import ApiError, Caller
from tests.support.memory import Crash
from tests.support.roster_worlds import (
    PLAYGROUND,
    SANDBOX,
    new_account,
    organizations_event,
    severities,
    tamper,
    with_overrides,
)
from tests.support.samples import INCIDENT, LINKS, NOW, OUTCOME, SIGNAL
from tests.support.unit_worlds import ou_event, rename
from tests.support.world import HUB, KINDS, MALLORY, MANAGEMENT, MEMBER, ROSTER, World, api_values

SECURITY = {"AlternateContactType": "SECURITY"}
BUSY = ApiError("TooManyRequestsException", "Too many requests", 429)


def thief(world):
    return world.cloud.client("account", Caller.role(HUB, "rollcall-reconcile", "thief"))


def test_the_attack_that_disarms_rollcall_is_told_although_it_disarmed_it():
    world = World().settle()
    world.organization.delegated_administrators.clear()
    world.send(
        organizations_event(
            "DeregisterDelegatedAdministrator", servicePrincipal="account.amazonaws.com", accountId=HUB
        )
    )
    world.drain()
    assert not world.dead
    assert severities(world) == ["CRITICAL"]


@pytest.mark.parametrize(
    "step", ["put_alternate_contact.after", "ledger.record_outcome.after", "bus.publish"]
)
def test_a_stolen_role_is_told_although_the_worker_was_killed(step):
    world = World().settle()
    thief(world).put_alternate_contact(AccountId=MEMBER, **SECURITY, **MALLORY)
    world.faults.plan(step, Crash())
    world.drain()
    assert not world.dead
    # The first says it, and not only that of the event's next delivery.
    assert severities(world)[0] == "CRITICAL"


def test_the_same_when_the_answer_of_the_write_was_lost():
    world = World().settle()
    thief(world).put_alternate_contact(AccountId=MEMBER, **SECURITY, **MALLORY)
    lost = ApiError("InternalServerException", "", 500)
    world.cloud.account.fail_next("PutAlternateContact", lost, account=MEMBER, applied=True)
    world.drain()
    assert not world.dead
    assert "CRITICAL" in severities(world)


def test_two_records_of_one_cut_off_write_are_no_stolen_role():
    world = World(copies_to_target=True).settle()
    tamper(world)
    world.faults.plan("put_alternate_contact.after", Crash())
    world.drain()
    assert "unrecorded-write" not in world.verdicts()


def test_a_cut_off_write_whose_event_hides_its_parameters_is_no_stolen_role():
    world = World().settle()
    tamper(world)
    world.faults.plan("put_alternate_contact.after", Crash())
    world.deliver(world.queue[0])
    [own] = [message for message in world.queue if "rollcall-reconcile" in message.body]
    event = json.loads(own.body)
    event["detail"]["requestParameters"] = {
        "accountId": MEMBER,
        "alternateContactType": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    own.body = json.dumps(event)
    world.clock.sleep(400)
    world.drain()
    assert "unrecorded-write" not in world.verdicts()


def test_an_arrival_that_was_told_as_open_is_closed_although_it_took_a_quarter_of_an_hour():
    world = World().settle()
    error = ApiError(
        "AccessDeniedException", "User: x is not authorized to perform: account:GetAlternateContact", 403
    )
    world.cloud.account.fail_next("GetAlternateContact", error, times=75)
    new_account(world)
    world.drain()
    opened = {alert.incident_id for alert in world.alerts if alert.stage == "open"}
    closed = {alert.incident_id for alert in world.alerts if alert.stage == "closed"}
    assert opened <= closed
    assert closed


def test_one_account_of_a_unit_that_cannot_be_done_does_not_stop_the_others():
    world = World(with_overrides({"ou": "Playpen", "kinds": {"SECURITY": "pci-soc"}})).settle()
    ou_id = rename(world, "Sandbox", "Playpen")
    accounts = list(world.organization.child_accounts[ou_id])
    world.organization.accounts[accounts[0]].state = "PENDING_ACTIVATION"
    world.send(ou_event(ou_id))
    world.drain()
    for account_id in accounts[1:]:
        assert world.contacts(account_id)["SECURITY"] == api_values("pci-soc")


def test_a_renamed_unit_holds_its_accounts_also_if_no_signal_came_from_them_since_the_approval():
    world = World(SANDBOX).settle()
    world.send(ou_event(rename(world, "Sandbox", "Playpen")))
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")


def test_the_memory_outlives_an_approval_that_does_not_touch_the_override():
    world = World(SANDBOX).settle()
    tamper(world, PLAYGROUND)
    world.drain()
    soc = ROSTER["contacts"]["soc"] | {"phone": "+1 206 555 0199"}
    world.roster = SANDBOX | {"contacts": SANDBOX["contacts"] | {"soc": soc}}
    world.restart()
    world.approve()
    world.send(ou_event(rename(world, "Sandbox", "Playpen")))
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")


def test_a_renamed_large_unit_whose_first_account_is_not_concerned_is_told_loudly():
    world = World(with_overrides({"ou": "Workloads/Development", "kinds": {"SECURITY": "pci-soc"}})).settle()
    production = world.organization.find_ou("Workloads/Production")  # listed first
    for number in range(12):
        parent = production
        world.organization.add_account(name=f"Many {number}", email=f"m{number}@example.com", parent=parent)
    tamper(world, MEMBER)
    world.drain()
    before = len(world.alerts)
    world.send(ou_event(rename(world, "Workloads", "Works")))
    world.drain()
    assert "HIGH" in severities(world)[before:]


def test_a_closing_that_overtakes_its_opening_still_closes_it():
    world = World().settle()
    told: list[dict[str, Any]] = []
    world.bus.listener = told.append
    tamper(world)
    world.ledger.refuse(times=1)
    world.deliver(world.queue[0])
    world.settle([MEMBER])
    world.drain()
    opening, closing = told
    assert closing["detail"]["opened"]
    world.faults.plan("topic.publish", RetryableError("the topic refused the alert: Throttled"))
    deliveries = [closing, opening]
    for _ in range(5):  # as the queue does: what raises comes back
        again = []
        for event in deliveries:
            try:
                world.notifier.handle(event)
            except RetryableError:
                again.append(event)
        world.clock.sleep(180)
        deliveries = again
    stages = [alert.stage for alert in world.alerts]
    assert stages in ([], ["open", "closed"]), stages


def test_a_throttled_look_at_an_authorised_changer_is_told_quietly():
    role = f"arn:aws:iam::{MEMBER}:role/Dev"
    world = World(ROSTER | {"authorised_changers": [role]}).settle()
    world.member().delete_alternate_contact(**SECURITY)
    world.cloud.account.fail_next("GetAlternateContact", BUSY, times=4)
    world.drain()
    assert set(severities(world)) == {"INFO"}


def test_an_override_of_many_accounts_can_be_published():
    ids = [f"{number:012}" for number in range(700000000000, 700000003000)]
    world = World(
        with_overrides({"accounts": [MEMBER, *ids], "kinds": dict.fromkeys(KINDS, "pci-soc")})
    ).settle()
    world.organization.accounts[MEMBER].contacts.clear()
    world.send(organizations_event("TagResource"))  # ignored: something to have one queue
    world.admin("organizations").move_account(
        AccountId=MEMBER,
        SourceParentId=world.organization.accounts[MEMBER].parent_id,
        DestinationParentId=world.organization.find_ou("Sandbox"),
    )
    world.drain()
    [incident] = world.bus.incidents
    size = len(json.dumps(incident)) + sum(
        len(json.dumps(o)) for o in world.bus.outcomes if o["incident_id"] == incident["incident_id"]
    )
    assert size < 256 * 1024
    assert len(world.alerts[0].text) < 20_000  # a person is to read it


def test_a_subject_names_every_result_although_many_kinds_had_one():
    outcomes = tuple(
        replace(OUTCOME, kind=kind, verdict=verdict)
        for kind, verdict in zip(
            ContactKind, (Verdict.UNREADABLE, Verdict.SET, Verdict.PENDING, Verdict.FAILED), strict=True
        )
    )
    signal = replace(SIGNAL, cause=Cause.ACCOUNT_TAGGED, kind=None)
    document = build_incident_document(
        replace(INCIDENT, signal=signal, outcomes=outcomes), management_account=MANAGEMENT, at=NOW
    )
    alert = render_plain_text(read_event({"detail": document}, LINKS))
    assert "could NOT be set" in alert.subject
    assert MEMBER in alert.subject


def test_a_second_arrival_on_one_day_is_told():
    world = World().settle()

    def joined(n):
        return {
            "detail": {
                "eventSource": "organizations.amazonaws.com",
                "eventName": "AccountJoinedOrganization",
                "eventID": f"join-{n}",
                "eventTime": world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "recipientAccountId": "111111111111",
                "serviceEventDetails": {"accountId": MEMBER},
                "userIdentity": {"accountId": "111111111111", "invokedBy": "AWS Internal"},
            }
        }

    world.organization.accounts[MEMBER].contacts.clear()
    world.send(joined(1))
    world.drain()
    world.organization.accounts[MEMBER].contacts.clear()
    refused = ApiError("ValidationException", "", 400)
    world.cloud.account.fail_next("PutAlternateContact", refused, times=3)
    world.send(joined(2))
    world.drain()
    assert "failed" in world.verdicts()
    assert "failed" in [alert.attributes["verdict"] for alert in world.alerts]


@pytest.mark.parametrize("late", [True, False])
def test_an_incident_of_several_contacts_is_not_closed_by_the_recovery_of_one(late):
    """A worker was killed after it set the first of three; the others cannot be set for an hour."""
    world = World().settle()
    account_id = new_account(world)
    world.cloud.account.fail_next("PutAlternateContact", BUSY, kind="BILLING", times=8 if late else 0)
    for kind in ("OPERATIONS", "SECURITY"):
        world.cloud.account.fail_next("PutAlternateContact", BUSY, kind=kind, times=14)
    world.faults.plan("put_alternate_contact.after", Crash())
    world.drain()
    assert set(world.contacts(account_id)) == set(KINDS)
    about = [alert for alert in world.alerts if alert.attributes["account"] == account_id]
    assert [alert.stage for alert in about] == ["open", "closed"]
    assert not [one for one in world.state.list_unfinished() if one.signal.account_id == account_id]


def test_a_sweep_closes_an_alert_about_one_contact_whose_message_is_gone():
    """Two deliveries overlapped: the one that finished took the message, the other opened after it."""
    world = World().settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.cloud.account.fail_next("PutAlternateContact", BUSY, times=200)
    while not world.alerts:
        world.clock.sleep(60)
        world.deliver(world.queue[0])
    world.queue.clear()
    world.settle()
    world.clock.sleep(MESSAGES_LAST.total_seconds() + 60)
    finish_leftovers(world.apply_ports(), Roster.from_document(world.roster), go_on=lambda: True)
    assert [alert.stage for alert in world.alerts] == ["open", "closed"]
    assert not world.state.list_unfinished()


@pytest.mark.parametrize("end", ["exempt", "unmanaged", "inactive", "no-account"])
def test_a_sweep_calls_no_alert_resolved_because_a_contact_is_left_alone_by_now(end):
    world = World().settle()
    world.ledger.refuse(1)
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.deliver(world.queue[0])
    world.queue.clear()
    roster = dict(world.roster)
    if end == "exempt":
        roster["exempt"] = [{"accounts": [MEMBER], "reason": "being sold", "until": None}]
    elif end == "unmanaged":
        roster |= {"defaults": {"BILLING": "finops"}, "overrides": []}
    elif end == "inactive":
        world.organization.accounts[MEMBER].state = "SUSPENDED"
    else:
        del world.organization.accounts[MEMBER]
    world.clock.sleep(MESSAGES_LAST.total_seconds() + 60)
    finish_leftovers(world.apply_ports(), Roster.from_document(roster), go_on=lambda: True)
    assert world.verdicts()[-1] == end
    assert [alert.attributes["severity"] for alert in world.alerts] == ["HIGH", "LOW"]
    assert "Resolved" not in world.alerts[-1].subject
    assert not world.state.list_unfinished()


def test_two_copies_that_open_one_incident_lose_no_outcome():
    """Each of them set another contact, and both found the incident not opened yet."""
    world = World().settle()
    signal = replace(SIGNAL, kind=None)
    publisher = world.reconciler.publisher
    kinds = [ContactKind.BILLING, ContactKind.SECURITY]

    def open_with(kind):
        done = AppliedChange(outcome=replace(OUTCOME, kind=kind, intent_id=f"intent-{kind}"))
        rest = AppliedChange(outcome=Outcome(verdict=Verdict.PENDING, reason="busy"))
        publisher.publish_and_close(make_incident(signal, None, [done, rest]), [done, rest])

    world.faults.then("state.save_incident", lambda: open_with(kinds[1]))
    open_with(kinds[0])
    sets = [outcome for outcome in world.bus.outcomes if outcome["verdict"] == "set"]
    assert {outcome["kind"] for outcome in sets} == set(map(str, kinds))
    assert [alert.stage for alert in world.alerts] == ["open"]


def test_two_keys_or_one_value_are_different_tags():
    one, two = read_selector({"tag": {"a": "b, c=d"}}), read_selector({"tag": {"a": "b", "c": "d"}})
    assert isinstance(one, Tagged)
    assert isinstance(two, Tagged)
    assert one.key != two.key  # what they matched is remembered by it


def test_what_was_finished_is_told_although_the_rest_has_to_wait():
    world = World().settle()
    tamper(world)
    world.faults.plan("bus.publish", Crash())
    first = world.queue[0]
    world.deliver(first)  # written, recorded, not told
    world.organization.accounts[MEMBER].state = "PENDING_ACTIVATION"
    world.clock.sleep(400)
    for _ in range(4):
        world.deliver(first)
    assert world.alerts


def test_an_attempt_that_aws_denied_is_not_headed_as_if_it_had_succeeded():
    world = World().settle()
    event = organizations_event(
        "DeregisterDelegatedAdministrator", servicePrincipal="account.amazonaws.com", accountId=HUB
    )
    event["detail"]["errorCode"] = "AccessDenied"
    world.send(event)
    world.drain()
    assert not world.alerts[0].subject.startswith("[LOW] Rollcall disarmed, ")
    assert HUB in world.alerts[0].subject


def test_an_alert_of_a_deleted_contact_says_that_the_roster_wants_none():
    world = World(with_overrides({"accounts": [MEMBER], "kinds": {"BILLING": None}})).settle()
    tamper(world, kind="BILLING")
    world.drain()
    assert "absent (override of" in world.alerts[0].text


@pytest.mark.parametrize("name", ["DeregisterDelegatedAdministrator", "DisableAWSServiceAccess"])
def test_a_disarmed_rollcall_is_not_told_as_over(name):
    world = World().settle()
    world.send(organizations_event(name, servicePrincipal="account.amazonaws.com", accountId=HUB))
    world.drain()
    assert "] Open: " in world.alerts[0].subject


@pytest.mark.parametrize("name", ["DeregisterDelegatedAdministrator", "DisableAWSServiceAccess"])
def test_a_denied_attack_on_the_watcher_is_told_as_cloudtrail_writes_it(name):
    world = World().settle()
    event = organizations_event(name)
    event["detail"] |= {"errorCode": "AccessDenied", "requestParameters": None}
    world.send(event)
    world.drain()
    assert severities(world) == ["LOW"]
