"""What events of our own writes prove, and what they do not; and edits that are found right."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from rollcall.adapters.account_api import read_members
from rollcall.contact.known_drift import compute_fingerprint
from rollcall.contact.record import KnownEdit, add_edit, end_intent
from rollcall.decide.intent import Answer, WriteState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Present
from simulation.caller import Caller
from simulation.errors import ApiError
from simulation.organization import AlternateContact
from tests.support.memory import Crash
from tests.support.primary import PRIMARY_ROSTER, read_primary
from tests.support.record_samples import make_known_write
from tests.support.roster_worlds import severities, tamper
from tests.support.world import HUB, MALLORY, MANAGEMENT, MEMBER, World, api_values

SECURITY = ContactKind.SECURITY


def is_echo(message) -> bool:
    return "rollcall-reconcile" in json.loads(message.body)["detail"]["userIdentity"]["arn"]


def is_restored(world: World, kind: ContactKind) -> bool:
    if kind is ContactKind.PRIMARY:
        return read_primary(world)["City"] == "Seattle"
    return world.contacts()[kind] == api_values(PRIMARY_ROSTER["defaults"][kind])


def find_put(kind: ContactKind) -> str:
    return "PutContactInformation" if kind is ContactKind.PRIMARY else "PutAlternateContact"


each_kind = pytest.mark.parametrize("kind", ContactKind)


def restored_and_waiting_for_its_echo(kind: ContactKind = SECURITY) -> World:
    """A contact that was restored, with the event of the restore still in the queue."""
    world = World(PRIMARY_ROSTER).settle()
    tamper(world, kind=kind)
    world.deliver(world.queue[0])
    assert [is_echo(message) for message in world.queue] == [True]
    return world


def change_without_event(world: World) -> None:
    values = {"name": "Mallory", "title": "Friend", "email": "mallory@evil.example", "phone": "+44 20 1"}
    world.organization.accounts[MEMBER].contacts["SECURITY"] = AlternateContact(**values)


def test_a_contact_that_differs_after_our_write_is_restored_high_and_critical_if_nobody_announces_it():
    world = restored_and_waiting_for_its_echo()
    change_without_event(world)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert severities(world) == ["MEDIUM", "HIGH", "CRITICAL"]
    assert "changed again" in world.alerts[1].subject
    assert "by an unknown principal" in world.alerts[2].subject
    assert len({alert.incident_id for alert in world.alerts[1:]}) == 1


@pytest.mark.parametrize(
    "step", ["ledger.record_intent.after", "put_alternate_contact.after", "ledger.record_outcome"]
)
@pytest.mark.parametrize("copies", [0, 1])
def test_a_worker_that_dies_as_it_restores_what_nobody_announced_leaves_it_to_the_next(step, copies):
    world = restored_and_waiting_for_its_echo()
    change_without_event(world)
    for _ in range(copies):
        world.send(world.queue[0].body)
    world.clock.sleep(12)
    world.faults.plan(step, Crash())
    world.deliver(world.queue[0])
    assert world.state.read(MEMBER, SECURITY).intent is not None
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert world.state.read(MEMBER, SECURITY).intent is None
    assert "HIGH" in severities(world)
    assert severities(world)[-1] == "CRITICAL"
    assert not world.state.list_unfinished()


@pytest.mark.parametrize(("hours", "alerts"), [(13, ["MEDIUM"]), (15, ["MEDIUM", "HIGH", "CRITICAL"])])
def test_an_edit_that_was_never_published_explains_a_change_as_long_as_its_message_may_come(hours, alerts):
    world = restored_and_waiting_for_its_echo()
    record = world.state.read(MEMBER, SECURITY)
    at = world.clock.now() - timedelta(hours=hours)
    given_up = KnownEdit(key="given-up", at=at, principal="arn:eve", root=False)
    assert world.state.save(add_edit(record, given_up), at=world.clock.now())
    change_without_event(world)
    world.drain()
    assert severities(world) == alerts


def test_an_own_write_that_is_as_we_left_it_takes_two_reads_and_is_no_outcome_for_others():
    world = restored_and_waiting_for_its_echo()
    before, published = len(world.calls), len(world.bus.outcomes)
    world.faults.plan("state.load_incident", AssertionError("nobody was alerted that it is open"))
    world.deliver(world.queue[0])
    assert len(world.calls) == before + 1
    assert (world.verdicts()[-1], len(world.bus.outcomes)) == ("own-write", published)
    assert not world.queue


def test_a_read_that_was_too_soon_stays_so_however_long_the_worker_takes_after_it():
    world = restored_and_waiting_for_its_echo()
    ours = world.organization.accounts[MEMBER].contacts["SECURITY"]
    change_without_event(world)

    def show_our_write() -> None:
        world.organization.accounts[MEMBER].contacts["SECURITY"] = ours
        world.clock.sleep(15)

    # The first is of the record by which the call is known, the second comes after the read.
    world.faults.then("state.load", lambda: world.faults.then("state.load", show_our_write))
    world.drain()
    assert severities(world) == ["MEDIUM"]


def test_an_event_that_comes_within_a_quarter_of_an_hour_explains_it():
    world = restored_and_waiting_for_its_echo()
    world.cloud.delivery_delay = 600.0
    tamper(world, session="eve")
    world.deliver(world.queue[0])
    world.clock.sleep(30)
    world.deliver(world.queue[0])
    world.clock.sleep(600)
    world.cloud.pump()
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert "CRITICAL" not in severities(world)
    assert any("/eve " in alert.text for alert in world.alerts)


@each_kind
def test_a_second_call_under_one_intent_is_somebody_elses(kind):
    world = restored_and_waiting_for_its_echo(kind)
    copied = json.loads(world.queue[0].body)
    copied["detail"] |= {"requestID": "another-call", "eventID": "another-event"}
    world.send(copied)
    world.drain()
    assert severities(world)[0] == "MEDIUM"
    assert set(severities(world)[1:]) == {"CRITICAL"}
    assert len({alert.incident_id for alert in world.alerts}) == 2


@each_kind
def test_a_name_of_an_intent_that_never_was_proves_nothing(kind):
    world = World(PRIMARY_ROSTER).settle()
    agent = f"aws-cli/2 rollcall-intent/20261005T090000Z-0123456789ab.{MEMBER}.{kind}"
    thief = replace(Caller.role(HUB, "rollcall-reconcile", "thief"), user_agent=agent)
    client = world.cloud.client("account", thief)
    if kind is ContactKind.PRIMARY:
        values = {**read_primary(world), "City": "Badville"}
        client.put_contact_information(AccountId=MEMBER, ContactInformation=values)
    else:
        client.put_alternate_contact(AccountId=MEMBER, AlternateContactType=kind, **MALLORY)
    world.drain()
    assert is_restored(world, kind)
    assert severities(world) == ["CRITICAL"]


@pytest.mark.parametrize(
    ("where", "made_at"),
    [("ledger", "20261005T090000Z"), ("ledger", "20269999T999999Z"), ("table", "20261005T090000Z")],
)
def test_a_record_that_a_stolen_role_wrote_itself_hides_nothing(where, made_at):
    world = World().settle()
    intent_id = f"{made_at}-0123456789ab"
    agent = f"aws-cli/2 rollcall-intent/{intent_id}.{MEMBER}.SECURITY"
    thief = replace(Caller.role(HUB, "rollcall-reconcile", "thief"), user_agent=agent)
    client = world.cloud.client("account", thief)
    answer = client.put_alternate_contact(AccountId=MEMBER, AlternateContactType="SECURITY", **MALLORY)
    made = Answer(
        state=WriteState.WRITTEN, reason="forged", request_id=answer["ResponseMetadata"]["RequestId"]
    )
    if where == "ledger":
        world.ledger.outcomes[intent_id] = made
    else:
        record, now = world.state.load(MEMBER, SECURITY), world.clock.now()
        left = compute_fingerprint(Present(contact=read_members(MALLORY, SECURITY)))
        write = make_known_write(intent_id, at=now, left=left, request_id=made.request_id)
        assert world.state.save(end_intent(record, write), at=now)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert severities(world) == ["HIGH", "CRITICAL"]


@pytest.mark.parametrize(
    ("code", "status", "applied"),
    [
        ("AccessDenied", 403, False),
        ("InternalServerException", 500, True),
        ("InternalServerException", 500, False),
    ],
)
def test_a_stolen_role_is_critical_although_its_call_failed_and_what_it_may_have_changed_is_restored(
    code, status, applied
):
    world = World().settle()
    thief = world.cloud.client("account", Caller.role(HUB, "rollcall-reconcile", "thief"))
    world.cloud.account.fail_next("PutAlternateContact", ApiError(code, "", status), applied=applied)
    with pytest.raises(ClientError):
        thief.put_alternate_contact(AccountId=MEMBER, AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert set(severities(world)) == {"CRITICAL"}
    assert code in world.alerts[0].text
    assert not world.dead


def test_a_refused_call_of_ours_stays_ours():
    world = World().settle()
    tamper(world)
    error = ApiError("AccessDeniedException", "", 403)
    world.cloud.account.fail_next("PutAlternateContact", error, applied=False)
    world.drain()
    assert "unrecorded-write" not in world.verdicts()


@pytest.mark.parametrize("says", [True, False])
def test_an_old_intent_is_confirmed_by_its_event_only_if_that_says_what_became_of_it(says):
    world = World().settle()
    tamper(world)
    if not says:
        error = ApiError("InternalServerException", "", 500)
        world.cloud.account.fail_next("PutAlternateContact", error, applied=True)
    world.faults.plan("put_alternate_contact.after" if says else "ledger.record_outcome", Crash())
    world.deliver(world.queue[0])
    [edit] = [message for message in world.queue if not is_echo(message)]
    world.clock.sleep(200)
    world.deliver(edit)
    record = world.state.read(MEMBER, SECURITY)
    assert [(write.state, write.request_id) for write in record.writes] == [("unconfirmed", None)]
    # The record keeps the latest few.
    world.state.save(replace(record, writes=()), at=world.clock.now())
    world.drain()
    assert [answer.state for answer in world.ledger.confirmations.values()] == ["written"] * says
    assert "unrecorded-write" not in world.verdicts()


def test_an_intent_names_no_call_on_another_contact():
    world = restored_and_waiting_for_its_echo()
    copied = json.loads(world.queue[0].body)
    copied["detail"]["requestParameters"] = {
        name: "BILLING" if value == "SECURITY" else value
        for name, value in copied["detail"]["requestParameters"].items()
    }
    copied["detail"] |= {"requestID": "another-call", "eventID": "another-event"}
    world.send(copied)
    world.drain()
    assert "CRITICAL" in severities(world)


@each_kind
@pytest.mark.parametrize("applied", [True, False])
def test_an_answer_that_does_not_say_is_no_answer_and_its_event_says_no_more(applied, kind):
    world = World(PRIMARY_ROSTER).settle()
    tamper(world, kind=kind)
    error = ApiError("InternalServerException", "", 500)
    world.cloud.account.fail_next(find_put(kind), error, applied=applied)
    world.drain()
    first = min(world.ledger.outcomes)
    assert world.ledger.outcomes[first].state == "unconfirmed"
    assert world.ledger.confirmations == {}
    assert is_restored(world, kind)


@each_kind
def test_a_write_whose_worker_was_killed_is_confirmed_too(kind):
    world = World(PRIMARY_ROSTER).settle()
    tamper(world, kind=kind)
    primary = kind is ContactKind.PRIMARY
    world.faults.plan(f"put_{'contact_information' if primary else 'alternate_contact'}.after", Crash())
    world.drain()
    [(intent_id, answer)] = world.ledger.outcomes.items()
    assert (answer.state, world.ledger.confirmations[intent_id].state) == ("unconfirmed", "written")
    assert "unrecorded-write" not in world.verdicts()


class TestFoundRight:
    """Somebody else put it right before we looked."""

    def edited_and_set_back(self, world: World, caller: Caller, *, deleted: bool) -> World:
        client = world.cloud.client("account", caller)
        if deleted:
            client.delete_alternate_contact(AlternateContactType="SECURITY")
        else:
            client.put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.member(session="bob").put_alternate_contact(
            AlternateContactType="SECURITY", **api_values("soc")
        )
        world.drain()
        return world

    @pytest.mark.parametrize("deleted", [True, False])
    def test_a_change_that_is_already_back_is_low_and_names_both(self, deleted):
        mary = Caller.role(MEMBER, "Dev", "mary")
        world = self.edited_and_set_back(World().settle(), mary, deleted=deleted)
        assert not [name for name, _ in world.calls if name != "get_alternate_contact"]
        assert severities(world) == ["LOW", "LOW"]
        for alert in world.alerts:
            assert "/mary" in alert.text
            assert "/bob" in alert.text

    def test_by_the_root_user_it_is_high(self):
        world = self.edited_and_set_back(World().settle(), Caller.root(MEMBER), deleted=True)
        # The alert of the other change names the root user, too.
        assert severities(world) == ["HIGH", "HIGH"]

    def test_in_the_management_account_it_is_high(self):
        world = World().settle()
        client = world.cloud.client("account", Caller.role(MANAGEMENT, "Admin", "alice"))
        client.delete_alternate_contact(AlternateContactType="SECURITY")
        client.put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
        world.drain()
        assert severities(world) == ["HIGH", "HIGH"]

    def test_a_copy_of_its_event_is_not_alerted_again(self):
        world = self.edited_and_set_back(World().settle(), Caller.role(MEMBER, "Dev", "mary"), deleted=True)
        alerts, edits = len(world.alerts), len(world.state.read(MEMBER, SECURITY).edits)
        client = world.cloud.client("account", Caller.role(MEMBER, "Dev", "mary"))
        sent: list[object] = []
        world.cloud.subscribe(lambda _, event: sent.append(event))
        client.delete_alternate_contact(AlternateContactType="OPERATIONS")
        world.drain()
        for event in sent[:1]:
            world.send(event)
        world.drain()
        assert len(world.alerts) == alerts + 1
        assert len(world.state.read(MEMBER, SECURITY).edits) == edits
