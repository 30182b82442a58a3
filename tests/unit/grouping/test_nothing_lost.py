"""What groups must not lose: ends that fail, lines beside lines, principals beside principals."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

import pytest

from rollcall.adapters.organizations import AwsOrganization
from rollcall.grouping import placing
from rollcall.grouping.messages import make_group_notice
from rollcall.grouping.model import MOST_ACCOUNTS, MOST_ALERTS, GroupKind, Sending, Watch, Window
from rollcall.grouping.placing import Place, count_line, is_full
from rollcall.grouping.sending import GroupMessages
from rollcall.model.errors import RetryableError
from rollcall.model.levels import Severity
from rollcall.model.roster import BulkLimits
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.incidents import make_incident
from rollcall.write.apply_change import AppliedChange
from simulation.caller import Caller
from simulation.errors import ApiError
from tests.support.group_samples import make_group, make_key, make_line, make_window
from tests.support.memory import Crash
from tests.support.samples import NOW, SIGNAL
from tests.support.sweep_world import SweepWorld
from tests.support.timeline import Timeline, edit, many_accounts
from tests.support.world import HUB, MALLORY, MEMBER, ROSTER, World, api_values
from tests.unit.grouping.test_hiding import send_refused

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.grouping.model import Group, GroupKey, Line
    from rollcall.outcomes.notices import Notice


def caller(account: str, session: str = "mallory", ip: str = "198.51.100.7") -> Caller:
    return replace(Caller.role(account, "Dev", session), source_ip=ip)


def find_ends(world: World) -> list[int]:
    """Of each end of bulk edits, how many contacts are left changed."""
    return [notice["facts"]["left_count"] for notice in world.bus.notices if notice["facts"].get("ended")]


def make_messages(world: World) -> GroupMessages:
    """Those of the schedule that follows up."""
    return GroupMessages(
        groups=world.state, contacts=world.state, bus=world.bus, clock=world.clock, files=world.ledger
    )


@pytest.mark.parametrize("step", ["bus.publish_notice", "state.save_group.after"])
@pytest.mark.parametrize("error", [Crash(), RetryableError("the bus refused")])
def test_an_end_that_the_schedule_could_not_publish_is_published_by_the_next(step, error):
    world = World().settle()
    timeline = Timeline(world)
    for number, account in enumerate(many_accounts(world, 5)):
        timeline.at(number, partial(edit, world, caller(account)))
    timeline.run(until=75)
    world.queue.clear()  # the messages that would come back are lost
    world.clock.sleep(900)
    world.faults.plan(step, error)
    with pytest.raises(type(error)):
        make_messages(world).publish_overdue()
    assert not find_ends(world)
    world.clock.sleep(900)
    make_messages(world).publish_overdue()
    assert len(find_ends(world)) == 1


def test_a_group_that_cannot_be_published_keeps_no_other_from_it():
    world = World().settle()
    for number, account in enumerate(many_accounts(world, 15)):
        edit(world, caller(account, f"p{number % 3}", f"203.0.113.{number}"))
    Timeline(world).run(until=75)
    world.queue.clear()
    world.clock.sleep(900)
    world.faults.plan("bus.publish_notice", RetryableError("the bus refused"))
    with pytest.raises(RetryableError):
        make_messages(world).publish_overdue()
    assert len(find_ends(world)) == 2


def test_two_workers_with_one_message_name_its_alert_in_one_place(monkeypatch):
    world = World().settle()
    timeline = Timeline(world)
    accounts = many_accounts(world, 6)
    for number, account in enumerate(accounts[:5]):
        timeline.at(number, partial(edit, world, caller(account)))
    timeline.run(until=10)
    sent = [alert.subject for alert in world.alerts]
    add_line, busy = world.state.add_line, [True]

    def add_beside_another(key: GroupKey, line: Line, *, at: datetime) -> bool:
        # DynamoDB cancels the transaction of one of two that store the same line at once.
        return False if busy and busy.pop() else add_line(key, line, at=at)

    monkeypatch.setattr(world.state, "add_line", add_beside_another)
    timeline.at(20, partial(edit, world, caller(accounts[5])))
    timeline.run(until=30)
    assert not busy
    assert [alert.subject for alert in world.alerts] == sent
    timeline.run(until=130)
    assert accounts[5] in world.alerts[len(sent)].text


def edit_beside_unmanaged(world: World, accounts: list[str]) -> str:
    """Bulk edits that end, of a roster without BILLING; the account whose BILLING contact stays edited."""
    timeline = Timeline(world)
    timeline.at(0, partial(edit, world, caller(accounts[0]), "BILLING"))
    for number, account in enumerate(accounts):
        timeline.at(5 + number, partial(edit, world, caller(account)))
    timeline.run()
    return accounts[0]


def test_the_end_names_what_is_left_by_decision_and_nothing_waits_for_it():
    world = World(ROSTER | {"defaults": {"SECURITY": "soc", "OPERATIONS": "platform"}}).settle()
    left = edit_beside_unmanaged(world, many_accounts(world, 5))
    (end,) = (notice for notice in world.bus.notices if notice["facts"].get("ended"))
    assert (end["action"], end["severity"]) == ("resolve", "INFO")
    assert (end["facts"]["left_count"], end["facts"]["left_alone_count"]) == (0, 1)
    assert end["facts"]["restored_count"] == 4
    told = world.alerts[-1]
    assert "Resolved: bulk edit by Dev/mallory ended, 1 contact left changed (not managed)" in told.subject
    assert "4 accounts restored" in told.text.splitlines()[0]
    named = next(line for line in told.text.splitlines() if line.startswith("- ") and left in line)
    assert "BILLING" in named
    assert "not managed here" in named
    assert not any("all restored" in alert.text for alert in world.alerts)


def test_bulk_edits_of_exempt_accounts_only_end_and_say_that_none_was_restored():
    exempt = many_accounts(World().settle(), 5)
    entry = {"accounts": exempt, "reason": "divested", "until": None}
    world = World(ROSTER | {"exempt": [entry]}).settle()
    accounts, timeline = many_accounts(world, 5), Timeline(world)
    assert accounts == exempt
    for number, account in enumerate(accounts):
        timeline.at(5 + number, partial(edit, world, caller(account)))
    timeline.run()
    follow_up(world)  # each edit has an alert of its own: no message comes back
    (end,) = (notice for notice in world.bus.notices if notice["facts"].get("ended"))
    assert (end["action"], end["facts"]["left_alone_count"]) == ("resolve", 5)
    assert "ended, 5 contacts left changed (exempt), 0 accounts restored" in world.alerts[-1].text
    assert all(account in world.alerts[-1].text for account in accounts)


def test_no_all_clear_while_an_edit_waits_for_an_account_that_cannot_be_read(monkeypatch):
    world = World().settle()
    accounts, timeline = many_accounts(world, 6), Timeline(world)
    get_account = AwsOrganization.get_account

    def fail(self: AwsOrganization, account_id: str, **options: bool) -> object:
        if account_id == accounts[5] and timeline.elapsed < 1500:
            raise RetryableError("AWS Organizations was too busy")
        return get_account(self, account_id, **options)

    monkeypatch.setattr(AwsOrganization, "get_account", fail)
    for number, account in enumerate(accounts):
        timeline.at(number, partial(edit, world, caller(account)))
    timeline.run(until=1000)
    assert set(find_ends(world)) == {1}
    timeline.run()
    for _ in range(2):  # that it is restored by now, and the end
        make_messages(world).publish_overdue()
        world.clock.sleep(900)
    assert find_ends(world)[-1] == 0


def test_a_message_that_cannot_be_published_does_not_delay_a_restore():
    world = World().settle()
    first, *others = many_accounts(world, 6)
    for account in others:
        edit(world, caller(account))
    Timeline(world).run(until=10)  # a worker has a sixth of the quota
    world.queue.clear()
    world.clock.sleep(120)
    edit(world, caller(first))
    # It comes back for bulk edits, and for its contact.
    (key,), (message,) = world.state.list_open(), world.queue
    world.state.schedule(Watch(message_id=message.id, key=key, only=False), at=world.clock.now())
    world.state.add_line(key, make_line(9), at=world.clock.now())
    message.receives = 1
    world.faults.plan("bus.publish_notice", RetryableError("the bus refused"))
    world.deliver(message)
    assert world.contacts(first)["SECURITY"] == api_values("soc")
    assert message in world.queue
    Timeline(world).run()
    assert any("000000000009" in alert.text for alert in world.alerts)


def test_every_session_that_joins_repeated_edits_is_named():
    world = World().settle()
    timeline = Timeline(world)
    for at in range(0, 1200, 60):
        timeline.at(at, partial(edit, world, caller(MEMBER, "mary")))
    timeline.at(1230, partial(edit, world, caller(MEMBER, "eve")))
    timeline.run()
    assert any("Dev/eve" in alert.text for alert in world.alerts)


def test_two_principals_who_join_at_once_are_both_named():
    world = World().settle()
    timeline = Timeline(world)
    for at in range(0, 1200, 60):
        timeline.at(at, partial(edit, world, caller(MEMBER, "mary")))
    timeline.run(until=1230)

    def join(role: str) -> None:
        edit(world, replace(Caller.role(MEMBER, role, role), source_ip="198.51.100.9"))

    join("Eve")
    join("Trent")
    first, second = world.queue[-2:]
    # The second worker is at it while the first has counted its principal and publishes.
    send, waiting = world.notifier.handle, [second]

    def listen(event: dict[str, Any]) -> object:
        sent = send(event)
        while waiting:
            world.deliver(waiting.pop())
        return sent

    world.bus.listener = listen
    world.deliver(first)
    timeline.run()
    sent = "".join(alert.text for alert in world.alerts)
    assert "Eve/Eve" in sent
    assert "Trent/Trent" in sent


def test_a_contact_restored_after_a_stolen_role_is_not_listed_as_left():
    world = World().settle()
    timeline = Timeline(world)
    thief = replace(Caller.role(HUB, "rollcall-reconcile", "stolen"), source_ip="192.0.2.200")
    for number, account in enumerate(many_accounts(world, 4)):
        timeline.at(
            number * 40,
            partial(
                world.cloud.client("account", thief).put_alternate_contact,
                AccountId=account,
                AlternateContactType="SECURITY",
                **MALLORY,
            ),
        )
    timeline.run()
    assert {notice["facts"]["left_count"] for notice in world.bus.notices} == {0}


@pytest.mark.parametrize("character", ["a", '"', "é", "\N{GRINNING FACE}"])
def test_the_largest_group_fits_its_item_whatever_callers_say_of_themselves(character):
    lines = []
    for number in range(220):
        account = f"{number:012}"
        name = f"arn:aws:sts::{account}:assumed-role/Dev/{number}{character * 2000}"
        actor = replace(SIGNAL.actor, principal=name, user_agent=f"{number}{character * 2000}")
        signal = replace(SIGNAL, account_id=account, actor=actor)
        outcome = Outcome(verdict=Verdict.FAILED, reason=character * 2000, kind=signal.kind)
        incident = make_incident(signal, None, [AppliedChange(outcome=outcome)])
        lines.append(placing.make_line(incident, Place(severity=Severity.HIGH), NOW, alone=False))
    # Others are as long: all but the names are the same.
    last = lines[-1]
    for number in range(220, 5200):
        said = {name: f"{number}{last.actor[name][4:]}" for name in ("principal", "user_agent")}
        id_ = f"RC-{number:012}"
        lines.append(replace(last, incident_id=id_, account_id=f"{number:012}", actor={**last.actor, **said}))
    group = make_group()
    for line in lines:
        group = group.count(line)
    longest = max(len(json.dumps(line.as_document())) for line in lines[:220])
    sending = Sending(lines={f"RC-{number:012}/1": "v" * 20 for number in range(2000)}, until=NOW)
    assert len(json.dumps(replace(group, sending=sending).as_document())) < 390_000
    assert longest * MOST_ACCOUNTS < 390_000


@pytest.mark.parametrize("sent", [True, False])
def test_an_edit_whose_result_changes_after_a_message_named_it_is_counted_once(sent):
    group, line = make_group(), make_line(1, verdict="pending", left=True)
    sending = Sending(lines={}, until=NOW)
    after = group.take([line, make_line(2)], sending)
    if sent:
        after = after.finish(NOW, by=None)
    after = after.take([replace(line, verdict="set", left=False), make_line(3)], sending)
    assert (after.edits, sum(after.principals.values()), sum(after.done.values())) == (3, 3, 3)


def test_an_edit_that_waited_is_one_edit_of_its_bulk_edits():
    world = World().settle()
    accounts, timeline = many_accounts(world, 6), Timeline(world)
    busy = ApiError("InternalServerException", "broken", 500)
    world.cloud.account.fail_next("GetAlternateContact", busy, times=10, account=accounts[2])
    for number, account in enumerate(accounts):
        timeline.at(number, partial(edit, world, caller(account)))
    timeline.run()
    for _ in range(2):
        make_messages(world).publish_overdue()
        world.clock.sleep(900)
    facts = world.bus.notices[-1]["facts"]
    assert facts["ended"]
    assert {line["verdict"] for notice in world.bus.notices for line in notice["facts"]["lines"]} > {"set"}
    assert (facts["edits"], facts["left_count"]) == (6, 0)


def test_every_principal_of_a_full_message_is_on_one_of_its_lines():
    many = [make_line(number, seconds=number) for number in range(150)]
    late = make_line(150, seconds=150, actor={**many[0].actor, "principal": "eve"})
    lines = make_group_notice(make_group(), [*many, late], []).facts["lines"]
    assert len(lines) == 100
    assert [line["principal"] for line in lines[:3]].count("eve") == 1


@pytest.mark.parametrize("flooded", ["account", "accounts"])
def test_a_flood_of_lines_keeps_no_edit_of_another_account_and_principal_out_of_its_message(flooded):
    loud = Severity.HIGH if flooded == "account" else Severity.LOW
    many = [make_line(number, seconds=number, severity=loud) for number in range(400)]
    if flooded == "account":
        id_ = "1" * 12
        many = [
            replace(
                line,
                account_id=id_,
                account={"id": id_, "name": "Flooded"},
                actor={**line.actor, "principal": f"session-{number}"},
            )
            for number, line in enumerate(many)
        ]
    quiet = make_line(400, seconds=400, severity=Severity.MEDIUM)
    lines = make_group_notice(make_group(), [*many, quiet], []).facts["lines"]
    assert len(lines) == 100
    assert quiet.incident_id in {line["incident_id"] for line in lines}


def test_a_contact_that_two_edits_left_changed_is_one_line_of_what_is_left():
    first = make_line(1, left=True, verdict="would-set")
    latest = replace(make_line(1, seconds=9, left=True), incident_id="RC-11")
    facts = make_group_notice(make_group(), [], [latest, make_line(2, left=True), first]).facts
    assert (facts["left_count"], len(facts["left"])) == (2, 2)
    assert {line["incident_id"] for line in facts["left"]} == {"RC-11", "RC-2"}


def open_abandoned(world: World, kind: GroupKind = GroupKind.PRINCIPAL) -> tuple[Group, list[Line]]:
    """A group with a message of three lines that a worker was about to send when it ended."""
    lines = [make_line(number, left=number == 2) for number in range(3)]
    now = world.clock.now()
    sending = Sending(lines={line.incident_id: line.verdict for line in lines}, until=now)
    group = make_group(make_key(kind), opened_at=now).take(lines, sending)
    assert world.state.open_group(make_window(kind, group=group.key), group, lines, at=now)
    world.clock.sleep(60)
    return group, lines


@pytest.mark.parametrize("marked", [0, 1, 2])
def test_an_abandoned_message_is_sent_again_whole_or_not_at_all(marked):
    world = World().settle()
    group, lines = open_abandoned(world)
    # The worker had sent it, and ended in the middle of this.
    world.state.mark_sent(group.key, lines[:marked], at=world.clock.now())
    make_messages(world).publish_if_due(group.key)
    state = world.state.load_group(group.key)
    assert [len(notice["facts"]["lines"]) for notice in world.bus.notices] == ([] if marked else [3])
    assert state.group is not None
    assert (state.group.sending, state.group.updates, state.unsent) == (None, 1, [])


@pytest.mark.parametrize("marked", [0, 1])
def test_what_a_line_of_an_abandoned_message_says_by_now_is_for_the_next_one(marked):
    world = World().settle()
    group, lines = open_abandoned(world)
    world.state.mark_sent(group.key, lines[:marked], at=world.clock.now())
    changed = replace(lines[1], verdict="would-set", left=True)
    assert world.state.add_line(group.key, changed, at=world.clock.now())
    make_messages(world).publish_if_due(group.key)
    assert [line.verdict for line in world.state.load_group(group.key).unsent] == ["would-set"]
    world.clock.sleep(60)
    make_messages(world).publish_if_due(group.key)
    said = [[line["verdict"] for line in notice["facts"]["lines"]] for notice in world.bus.notices]
    assert said == ([] if marked else [["set"] * 3]) + [["would-set"]]


def test_an_abandoned_message_is_not_moved_to_the_rest():
    world = World().settle()
    group, lines = open_abandoned(world, GroupKind.REPORTED)
    world.state.mark_sent(group.key, lines[:1], at=world.clock.now())
    for number in range(MOST_ALERTS):
        assert world.state.save_windows([], admitted=f"RC-other-{number}", at=world.clock.now())
    make_messages(world).publish_if_due(group.key)
    assert not world.bus.notices
    assert not world.state.load_group(group.key).unsent


@pytest.mark.parametrize("step", ["state.open_group.after", "state.mark_sent", "state.save_group"])
def test_lines_on_their_way_to_the_rest_are_all_named_although_their_worker_is_killed(step):
    world = World().settle()
    key = make_key(GroupKind.REPORTED)
    now, lines = world.clock.now(), [make_line(number) for number in range(3)]
    group = make_group(key, opened_at=now)
    assert world.state.open_group(make_window(GroupKind.REPORTED, group=key), group, lines, at=now)
    for number in range(MOST_ALERTS):
        assert world.state.save_windows([], admitted=f"RC-other-{number}", at=now)
    world.faults.plan(step, Crash())
    with pytest.raises(Crash):
        make_messages(world).publish_if_due(key)
    for _ in range(15):
        world.clock.sleep(60)
        make_messages(world).publish_overdue()
    named = [line["incident_id"] for notice in world.bus.notices for line in notice["facts"]["lines"]]
    assert set(named) == {line.incident_id for line in lines}


def test_no_line_is_lost_that_comes_while_others_are_moved_to_the_rest(monkeypatch):
    world = World().settle()
    key = make_key(GroupKind.REPORTED)
    world.clock.sleep(599 - world.clock.now().timestamp() % 600)
    now, lines = world.clock.now(), [make_line(number) for number in range(3)]
    group = make_group(key, opened_at=now)
    assert world.state.open_group(make_window(GroupKind.REPORTED, group=key), group, lines[:2], at=now)
    for number in range(MOST_ALERTS):
        assert world.state.save_windows([], admitted=f"RC-other-{number}", at=now)
    open_group = world.state.open_group

    def move_beside_another(*given: Any, at: datetime) -> bool:
        monkeypatch.undo()
        # The other worker is in the next ten minutes, in which a message may leave; but the bus refuses it.
        world.clock.sleep(2)
        assert world.state.add_line(key, lines[2], at=world.clock.now())
        refuse = Mock(side_effect=RetryableError("the bus refused"))
        with patch.object(world.bus, "publish_notice", refuse), suppress(RetryableError):
            make_messages(world).publish_if_due(key)
        return open_group(*given, at=at)

    monkeypatch.setattr(world.state, "open_group", move_beside_another)
    make_messages(world).publish_if_due(key)
    for _ in range(5):
        world.clock.sleep(60)
        make_messages(world).publish_overdue()
    named = [line["incident_id"] for notice in world.bus.notices for line in notice["facts"]["lines"]]
    assert sorted(named) == [line.incident_id for line in lines]


def test_an_abandoned_message_is_sent_again_by_one_worker(monkeypatch):
    world = World().settle()
    group, _ = open_abandoned(world)
    publish_notice = world.bus.publish_notice

    def publish_beside_another(notice: Notice, at: datetime) -> None:
        assert make_messages(world).publish_if_due(group.key) is not None
        publish_notice(notice, at)

    monkeypatch.setattr(world.bus, "publish_notice", publish_beside_another)
    make_messages(world).publish_if_due(group.key)
    assert len(world.bus.notices) == 1


@pytest.mark.parametrize("error", [Crash(), RetryableError("the bus refused")])
@pytest.mark.parametrize("step", ["bus.publish_notice", "state.schedule", "state.load_group"])
def test_reports_are_named_without_the_schedule_although_the_first_message_failed(step, error):
    world = World().settle()
    timeline = Timeline(world)
    for number in range(12):
        target = f"{900000 + number:012d}"
        timeline.at(number * 120, partial(send_refused, world, caller(MEMBER, "nobody"), target))
    for number in range(20, 26):
        target = f"{900000 + number:012d}"
        timeline.at(number, partial(send_refused, world, caller(MEMBER, "nobody"), target))
    world.faults.plan(step, error)
    timeline.run()
    sent = "".join(alert.text for alert in world.alerts)
    assert all(f"{900000 + number:012d}" in sent for number in (*range(12), *range(20, 26)))


def test_reports_beyond_what_may_leave_are_named_without_the_schedule():
    world = World().settle()
    targets = [f"{900000 + number:012d}" for number in range(6)]
    for target in targets[:5]:
        send_refused(world, caller(MEMBER, "nobody"), target)
    Timeline(world).run(until=5)
    (admitted,) = world.state.admitted_alerts.values()
    admitted.update(f"RC-{number}" for number in range(25))
    send_refused(world, caller(MEMBER, "nobody"), targets[5])
    Timeline(world).run(until=125)
    sent = "".join(alert.text for alert in world.alerts)
    assert all(target in sent for target in targets)


def test_no_all_clear_while_a_contact_waits_for_its_restore_after_repeated_edits():
    world = World().settle()
    timeline = Timeline(world)
    for at in range(0, 900, 60):
        timeline.at(at, partial(edit, world, caller(MEMBER)))
    for number, account in enumerate(many_accounts(world, 5)):
        timeline.at(700 + number, partial(edit, world, caller(account)))
    timeline.at(1000, partial(edit, world, caller(MEMBER)))
    wrong: list[bool] = []

    def listen(event: dict[str, Any]) -> object:
        if event["detail"].get("facts", {}).get("ended") and not event["detail"]["facts"]["left_count"]:
            wrong.append(world.contacts(MEMBER)["SECURITY"] != api_values("soc"))
        return world.notifier.handle(event)

    world.bus.listener = listen
    timeline.run()
    for _ in range(2):
        make_messages(world).publish_overdue()
        world.clock.sleep(900)
    assert wrong == [False]
    assert not world.dead


def follow_up(world: World) -> None:
    """What the schedule publishes where no message comes back: lines, then the end."""
    for _ in range(2):
        world.clock.sleep(900)
        make_messages(world).publish_overdue()


def edit_while_paused(world: World, timeline: Timeline) -> list[str]:
    """Bulk edits, the first of them while writes are paused for a minute; the accounts."""
    accounts = many_accounts(world, 6)
    world.state.paused = True
    timeline.at(60, partial(setattr, world.state, "paused", False))
    for number, account in enumerate(accounts[:5]):
        timeline.at(number, partial(edit, world, caller(account)))
    timeline.run(until=65)
    assert world.bus.notices[-1]["facts"]["left_count"] == 5
    return accounts


def test_a_contact_that_a_sweep_restored_is_no_longer_left_changed():
    world = SweepWorld().settle()
    timeline = Timeline(world)
    accounts = edit_while_paused(world, timeline)
    world.sweep()
    assert {tuple(world.contacts(account)["SECURITY"].items()) for account in accounts} == {
        tuple(api_values("soc").items())
    }
    timeline.at(timeline.elapsed + 1, partial(edit, world, caller(accounts[5])))
    timeline.run()
    update, end = [notice["facts"] for notice in world.bus.notices if notice["notice"] == "bulk-edit"][-2:]
    assert (update["left_count"], end["left_count"], end["ended"]) == (0, 0, True)
    assert not any("NOT restored" in alert.text for alert in world.alerts[-2:])


@pytest.mark.parametrize("how", ["restored", "set by a person"])
def test_a_contact_that_a_later_edit_left_right_is_no_longer_left_changed(how):
    world = World().settle()
    timeline = Timeline(world)
    first, *_ = edit_while_paused(world, timeline)
    values = MALLORY if how == "restored" else api_values("soc")
    mary = world.cloud.client("account", caller(first, "mary", "203.0.113.9"))
    mary.put_alternate_contact(AlternateContactType="SECURITY", **values)
    timeline.run()
    follow_up(world)
    assert find_ends(world) == [4]


def test_a_contact_that_was_restored_and_left_changed_again_is_left_changed():
    world = SweepWorld().settle()
    timeline = Timeline(world)
    first, *_ = edit_while_paused(world, timeline)
    world.sweep()
    world.state.paused = True
    edit(world, caller(first))
    timeline.run()
    follow_up(world)
    assert find_ends(world) == [1]


def test_a_line_of_a_contact_that_was_restored_before_it_is_sent_says_so():
    world = SweepWorld().settle()
    timeline = Timeline(world)
    *_, last = edit_while_paused(world, timeline)
    world.state.paused = True
    edit(world, caller(last))
    timeline.run(until=timeline.elapsed + 2)
    world.state.paused = False
    world.sweep()
    follow_up(world)
    (line,) = world.bus.notices[-2]["facts"]["lines"]
    assert (line["account"]["id"], line["left"], line["reason"]) == (last, False, "restored since then")


def test_what_leaves_alone_beside_a_group_counts_although_another_worker_was_faster(monkeypatch):
    world = World().settle()
    timeline = Timeline(world)
    *_, last = edit_while_paused(world, timeline)
    world.state.paused = True
    refused = iter([True])
    save_windows = world.state.save_windows

    def refuse_once(*windows, **known):
        return not next(refused, False) and save_windows(*windows, **known)

    monkeypatch.setattr(world.state, "save_windows", refuse_once)
    edit(world, caller(last))
    timeline.run(until=timeline.elapsed + 2)
    incident = world.incidents[-1].id
    assert next(refused, None) is None
    assert any(incident in admitted for admitted in world.state.admitted_alerts.values())
    (group,) = (one for one in world.state.lines.values() if incident in one)
    assert json.loads(group[incident][1])["alone"]


@pytest.mark.parametrize("how", ["another worker", "a crash", "a copy"])
def test_what_leaves_alone_as_it_opens_a_group_is_counted_by_whoever_goes_on(monkeypatch, how):
    world = World().settle()
    timeline = Timeline(world)
    accounts = many_accounts(world, 5)
    world.state.paused = True
    for account in accounts[:4]:
        edit(world, caller(account))
    timeline.run(until=5)
    (admitted,) = world.state.admitted_alerts.values()
    admitted.update(f"RC-{number}" for number in range(MOST_ALERTS))
    before, published = set(admitted), len(world.incidents)
    open_group = world.state.open_group

    def open_beside_another(window: Window, *given: Any, at: datetime) -> bool:
        if window.kind is not GroupKind.REST:
            return open_group(window, *given, at=at)
        monkeypatch.undo()
        assert make_messages(world).add_to_rest(make_line(7), Window(kind=window.kind, name=window.name))
        return open_group(window, *given, at=at)

    if how == "another worker":
        monkeypatch.setattr(world.state, "open_group", open_beside_another)
    if how == "a crash":
        world.faults.plan("state.save_windows", Crash())
    edit(world, caller(accounts[4]))
    if how == "a copy":
        world.send(world.queue[-1].body)
    timeline.run(until=500)
    incidents = [one for one in world.incidents[published:] if one.account and one.account.id == accounts[4]]
    assert {one.parent_incident_id is not None for one in incidents} == {True}
    assert world.state.grouped_incidents[incidents[0].id].key.kind is GroupKind.REST
    assert set(next(iter(world.state.admitted_alerts.values()))) == before


@pytest.mark.parametrize("kinds", [("SECURITY", "SECURITY"), ("SECURITY", "OPERATIONS", "BILLING")])
def test_every_edit_before_the_group_is_counted_also_several_of_one_account(kinds):
    world = World().settle()
    timeline = Timeline(world)
    first, *others = many_accounts(world, 5)
    for number, kind in enumerate(kinds):
        timeline.at(20 * number, partial(edit, world, caller(first), kind))
    for number, account in enumerate(others):
        timeline.at(100 + number, partial(edit, world, caller(account)))
    timeline.run()
    facts = world.bus.notices[0]["facts"]
    assert (facts["edits"], facts["accounts_count"], facts["lines_count"]) == (
        4 + len(kinds),
        5,
        4 + len(kinds),
    )
    assert facts["first_at"] == world.incidents[0].event.time


def test_a_thousand_edits_of_one_account_keep_no_other_out_of_the_window():
    window, limits = make_window(), BulkLimits(accounts=MOST_ACCOUNTS)
    left = make_line(0, seconds=-1, left=True)
    window = count_line(window, left, limits)
    for number in range(1000):
        line = make_line(0, seconds=number / 10, incident_id=f"RC-0/{number}")
        window = count_line(window, line, limits)
    assert left in window.recent
    for number in range(1, MOST_ACCOUNTS):
        assert not is_full(window, limits)
        window = count_line(window, make_line(number, seconds=100 + number), limits)
    assert is_full(window, limits)
    assert len(window.recent) == MOST_ACCOUNTS
