"""Grouping hides nothing: each change is named within a minute, whatever an attacker keeps open."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.adapters.organizations import AwsOrganization
from simulation.caller import Caller
from tests.support.memory import Faults
from tests.support.timeline import Timeline, edit, many_accounts
from tests.support.world import HUB, MALLORY, MEMBER, PRODUCTION, ROSTER, World, api_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.model.account import Account
    from rollcall.notify.topics import Alert

#: A message leaves in the minute of the clock after its lines; some seconds go by until it is sent.
PROMPTLY = timedelta(seconds=75)
KINDS = ("SECURITY", "OPERATIONS", "BILLING")
DEFAULTS = ROSTER["defaults"]
GROUPS = {"bulk-edit", "many-alerts", "contacts-set"}


def caller(account: str, role: str = "Dev", session: str = "mallory", ip: str = "198.51.100.7") -> Caller:
    return replace(Caller.role(account, role, session), source_ip=ip)


def list_named(world: World, account: str, principal: str) -> Sequence[Alert]:
    """Messages that name the account and the principal on one line, or are about them."""
    found = []
    for alert in world.alerts:
        own = alert.attributes["account"] == account and principal in alert.text
        lines = any(account in line and principal in line for line in alert.text.splitlines())
        if own or lines:
            found.append(alert)
    return found


def test_a_bulk_kept_open_by_sandbox_accounts_does_not_hide_an_edit_of_production():
    world = World().settle()
    mine, timeline = many_accounts(world, 5), Timeline(world)
    for number, account in enumerate(mine):
        timeline.at(number * 20, partial(edit, world, caller(account)))
    timeline.at(300, lambda: edit(world, caller(PRODUCTION)))
    for number, at in enumerate(range(200, 3 * 3600, 150)):
        account, kind = mine[number % 5], KINDS[(number // 5) % 3]
        timeline.at(at, partial(edit, world, caller(account), kind))
    timeline.run(until=375)
    assert list_named(world, PRODUCTION, "mallory")


def test_a_stolen_writer_role_and_a_root_user_are_alerted_alone_whatever_else_goes_on():
    world = World().settle()
    mine, timeline = many_accounts(world, 20), Timeline(world)
    for number, account in enumerate(mine):
        one = caller(account, "Dev", f"p{number}", f"203.0.113.{number}")
        timeline.at(number * 5, partial(edit, world, one))
    root = replace(Caller.root(PRODUCTION), source_ip="192.0.2.99")
    timeline.at(
        400,
        lambda: world.cloud.client("account", root).delete_alternate_contact(AlternateContactType="SECURITY"),
    )
    thief = replace(Caller.role(HUB, "rollcall-reconcile", "stolen"), source_ip="192.0.2.200")
    timeline.at(
        460,
        lambda: world.cloud.client("account", thief).put_alternate_contact(
            AccountId=MEMBER, AlternateContactType="SECURITY", **MALLORY
        ),
    )
    timeline.run(until=540)
    alone = [(alert.attributes["severity"], alert.attributes["account"]) for alert in world.alerts]
    assert ("HIGH", PRODUCTION) in alone
    assert ("CRITICAL", MEMBER) in alone


def send_refused(world: World, who: Caller, target: str, code: str = "AccessDenied") -> None:
    """A refused call that names another account, as CloudTrail shows it."""
    now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = {
        "eventVersion": "1.11",
        "userIdentity": who.build_user_identity(),
        "eventTime": now,
        "eventSource": "account.amazonaws.com",
        "eventName": "PutAlternateContact",
        "awsRegion": "us-east-1",
        "sourceIPAddress": who.source_ip,
        "userAgent": "curl/8",
        "errorCode": code,
        "requestParameters": {"accountId": target, "alternateContactType": "SECURITY"},
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "eventType": "AwsApiCall",
        "recipientAccountId": MEMBER,
    }
    world.send({"id": str(uuid.uuid4()), "source": "aws.account", "time": now, "detail": detail})


def test_refused_attempts_on_invented_accounts_open_no_bulk_and_flood_nobody():
    world = World().settle()
    timeline = Timeline(world)
    for number in range(500):
        target = f"{900000 + number:012d}"
        timeline.at(number, partial(send_refused, world, caller(MEMBER, session="nobody"), target))
    timeline.at(300, lambda: edit(world, replace(Caller.root(PRODUCTION), source_ip="192.0.2.99")))
    timeline.run()
    causes = Counter(alert.attributes["cause"] for alert in world.alerts)
    assert "bulk-edit" not in causes
    assert causes["contact-edited"] <= 6 + 1
    assert causes["many-alerts"] <= 11
    assert [alert for alert in world.alerts if alert.attributes["account"] == PRODUCTION]


def test_five_hundred_primary_contacts_of_one_account_are_few_messages():
    world = World().settle()
    timeline = Timeline(world)
    client = world.cloud.client("account", caller(MEMBER))
    values = {
        "FullName": "Mallory",
        "AddressLine1": "1 Road",
        "City": "Here",
        "StateOrRegion": "WA",
        "CountryCode": "US",
        "PostalCode": "1",
        "PhoneNumber": "+12065550100",
    }
    for number in range(300):
        timeline.at(number, lambda: client.put_contact_information(ContactInformation=values))
    timeline.run()
    assert len(world.alerts) <= 5 + 6
    assert len(world.bus.outcomes) >= 300


def test_a_flood_of_unrelated_edits_leaves_thirty_alerts_and_then_lines():
    world = World().settle()
    accounts, timeline = many_accounts(world, 120), Timeline(world)
    times: dict[str, datetime] = {}
    for number, account in enumerate(accounts):
        who = caller(account, f"Role{number}", f"p{number}", f"203.0.{number // 250}.{number % 250}")

        def act(who: Caller = who, account: str = account) -> None:
            times[account] = world.clock.now()
            edit(world, who)

        timeline.at(number * 2, act)
    sent: list[tuple[datetime, str]] = []
    world.topic.on_send = lambda alert: sent.append((world.clock.now(), alert.text))
    timeline.run()
    alone = [alert for alert in world.alerts if alert.attributes["cause"] == "contact-edited"]
    assert len(alone) == 30
    summaries = [alert for alert in world.alerts if alert.attributes["cause"] == "many-alerts"]
    assert 1 <= len(summaries) <= 5
    for number, account in enumerate(accounts):
        named = [at for at, text in sent if account in text and f"Role{number}/" in text]
        assert named, account
        assert named[0] - times[account] <= PROMPTLY


def test_a_report_beyond_the_first_ones_costs_three_calls(monkeypatch):
    world, calls = World().settle(), []
    ask, get_account = Faults.__call__, AwsOrganization.get_account

    def note(self: Faults, step: str) -> None:
        if not step.endswith(".after"):
            calls.append(step)
        ask(self, step)

    def note_account(self: AwsOrganization, account_id: str, **options: bool) -> Account | None:
        calls.append("organization.get_account")
        return get_account(self, account_id, **options)

    monkeypatch.setattr(Faults, "__call__", note)
    monkeypatch.setattr(AwsOrganization, "get_account", note_account)
    before: list[int] = []
    for _ in range(20):
        calls.clear()
        send_refused(world, caller(MEMBER, session="nobody"), MEMBER)
        world.deliver(world.queue[-1])
        before.append(len(calls))
    assert max(before[6:]) <= 3, calls
    Timeline(world).run()
    assert not world.queue
    summaries = [alert for alert in world.alerts if alert.attributes["cause"] == "many-alerts"]
    assert sum(alert.text.count("PutAlternateContact refused by") for alert in summaries) == 20


def test_an_edit_in_the_wake_of_a_bulk_is_alerted_at_once_and_its_end_is_true():
    world = World().settle()
    mine, timeline = many_accounts(world, 6), Timeline(world)
    for number, account in enumerate(mine[:5]):
        timeline.at(number * 5, partial(edit, world, caller(account)))
    timeline.at(400, partial(setattr, world.state, "paused", True))
    last = world.cloud.client("account", caller(mine[5]))
    timeline.at(401, partial(last.delete_alternate_contact, AlternateContactType="SECURITY"))
    timeline.run(until=470)
    ended, left = world.alerts[-2:]
    assert (ended.attributes["cause"], ended.attributes["severity"]) == ("bulk-edit", "INFO")
    assert (left.attributes["account"], left.attributes["severity"]) == (mine[5], "HIGH")
    timeline.run()
    assert world.alerts[-1] is left


EDITS = st.lists(
    st.tuples(
        st.integers(0, 11),  # whose account
        st.sampled_from(KINDS),
        st.sampled_from(("mary", "eve", "root", "bot")),
        st.sampled_from(("edit", "delete", "right")),
        st.sampled_from((0, 1, 20, 70, 400)),  # seconds until the next one
    ),
    min_size=20,
    max_size=90,
)


@settings(max_examples=15, deadline=None)
@given(edits=EDITS, mode=st.sampled_from(("enforce", "audit")))
def test_whatever_is_edited_is_named_and_the_alerts_of_an_hour_are_bounded(edits, mode):
    world = World(ROSTER | {"mode": mode}).settle()
    accounts, timeline, at = many_accounts(world, 12), Timeline(world), 0.0
    made: list[tuple[str, str, str]] = []

    def act(account: str, kind: str, who: str, what: str) -> None:
        one = Caller.root(account) if who == "root" else Caller.role(account, "Dev", who)
        client = world.cloud.client("account", replace(one, source_ip="198.51.100.7"))
        values = MALLORY if what == "edit" else api_values(DEFAULTS[kind])
        try:
            if what == "delete":
                client.delete_alternate_contact(AlternateContactType=kind)
            else:
                client.put_alternate_contact(AlternateContactType=kind, **values)
        except ClientError:
            return  # there is none to delete
        made.append((account, kind, one.arn))

    for number, kind, who, what, seconds in edits:
        timeline.at(at, partial(act, accounts[number], kind, who, what))
        at += seconds
    sent: list[tuple[datetime, Alert]] = []
    world.topic.on_send = lambda alert: sent.append((world.clock.now(), alert))
    timeline.run()
    assert not world.dead
    for account, kind, principal in made:
        assert any(
            account in line and kind in line and principal in line
            for _, alert in sent
            for line in alert.text.splitlines()
        ) or any(
            alert.attributes["account"] == account
            and kind.lower() in alert.text.lower()
            and principal in alert.text
            for _, alert in sent
        ), (account, kind, principal)
    alone = Counter(
        at.isoformat()[:15]
        for at, alert in sent
        if alert.attributes["cause"] not in GROUPS and alert.attributes["severity"] != "CRITICAL"
    )
    assert max(alone.values(), default=0) <= 60  # thirty, and as many ends of earlier ones
    minutes = Counter(
        (alert.attributes["incident"], at.isoformat()[:16])
        for at, alert in sent
        if alert.attributes["cause"] == "many-alerts"
    )
    assert max(minutes.values(), default=0) <= 2  # sent within seconds after the minute has begun


@pytest.mark.parametrize(
    ("who", "severity"), [(Caller.role(MEMBER, "Dev", "mallory"), "LOW"), (Caller.root(MEMBER), "HIGH")]
)
def test_an_edit_that_another_one_followed_at_once_is_not_said_to_have_set_the_roster(who, severity):
    world = World().settle()
    edit(world, who)
    world.clock.sleep(1)
    world.member(session="eve").put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    late = world.queue.pop()
    timeline = Timeline(world)
    timeline.at(60, lambda: world.queue.append(late))
    timeline.run()
    name = "root" if who == Caller.root(MEMBER) else "mallory"
    about = [alert for alert in world.alerts if name in alert.text]
    assert [alert.attributes["severity"] for alert in about][:2] == [severity, severity]
    assert "compliant again; also changed by" in about[0].text
    assert "set to the roster's value" not in about[1].text
    assert "another edit came within seconds" in about[1].text
