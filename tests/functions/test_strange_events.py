"""Events in forms that nobody promised: the contact is put back, people are told, and nothing is given up."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.notify.notifier import read_event
from simulation.caller import Caller
from tests.support.cases import check_each
from tests.support.hostile_names import assert_sound
from tests.support.memory import Crash
from tests.support.samples import LINKS
from tests.support.timeline import Timeline, edit, many_accounts
from tests.support.world import MEMBER, ROSTER, World, api_values

if TYPE_CHECKING:
    from collections.abc import Iterable

MISSING: Any = object()
TURNED = "\u202e\u2066\u200f"
HUGE = "x" * 200_000
HALF = "\ud800"
STS = f"sts::{MEMBER}:assumed-role"
IDENTITIES: list[Any] = [
    {"type": "SAMLUser", "principalId": "SAMPLE:ann", "userName": "ann", "identityProvider": "corp"},
    {"type": "WebIdentityUser", "principalId": "accounts.google.com:app:user", "userName": "user"},
    {"type": "AWSService", "invokedBy": "ssm.amazonaws.com"},
    {"type": "AssumedRole", "arn": f"arn:aws:{STS}/Deploy/x", "invokedBy": "cloudformation.amazonaws.com"},
    {"type": "AssumedRole", "arn": f"arn:aws-us-gov:{STS}/Dev/mary", "sessionContext": {}},
    {"type": "AssumedRole", "arn": f"arn:aws-cn:{STS}/Dev/mary", "sessionContext": None},
    {"type": "AssumedRole", "sessionContext": {"sessionIssuer": None, "attributes": None}},
    {"type": "AssumedRole", "arn": f"arn:aws:{STS}/Dev/{TURNED}\x00\x1b[2J\r\nStatus: Resolved"},
    {"type": "AssumedRole", "arn": HUGE, "sessionContext": {"sessionIssuer": {"arn": HUGE}}},
    {"type": "AssumedRole", "arn": HALF, "accountId": "\n", "accessKeyId": HALF},
    {"type": "IdentityCenterUser", "onBehalfOf": {"userId": None, "identityStoreArn": None}},
    {"type": [], "arn": {}, "accountId": 1, "sessionContext": [1], "onBehalfOf": "x", "invokedBy": {}},
    {"type": HUGE},
    {"type": "Root", "accountId": MEMBER},
    {},
    [],
    "root",
]
EMPTY: Any = {}
NONE: Any = []
CHANGES: list[dict[str, Any]] = [
    *({"userIdentity": identity} for identity in IDENTITIES),
    *(
        {"sourceIPAddress": address}
        for address in (
            "AWS Internal",
            "2001:db8::1",
            "fe80::1%eth0",
            "1.2.3.4, 5.6.7.8",
            TURNED,
            HUGE,
            EMPTY,
        )
    ),
    *({"userAgent": agent} for agent in ("AWS Internal", HUGE, HALF, TURNED, "`<!channel>`", NONE)),
    *(
        {name: value}
        for name in ("userIdentity", "sourceIPAddress", "userAgent", "requestID", "eventTime", "errorCode")
        for value in (MISSING, None, "")
    ),
    *({"requestID": value} for value in (HUGE, HALF, TURNED, NONE, 7)),
    *({"eventID": value} for value in (HUGE, HALF, TURNED, 7)),
    *(
        {"eventTime": value}
        for value in ("yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", HUGE, HALF, 5)
    ),
    {"requestParameters": None},
    {"requestParameters": []},
    {"requestParameters": {"alternateContactType": [{}]}},
    {"requestParameters": {"name": None}},
]


def strange(event: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    changed["detail"] |= changes
    changed["detail"] = {key: value for key, value in changed["detail"].items() if value is not MISSING}
    return changed


def named(changes: dict[str, Any]) -> str:
    return ascii({key: "missing" if value is MISSING else value for key, value in changes.items()})[:50]


def assert_told(world: World) -> None:
    documents: Iterable[dict[str, Any]] = [*world.bus.incidents, *world.bus.notices]
    assert world.alerts
    for document in documents:
        assert_sound(read_event({"detail": document}, LINKS))


@check_each("changes", CHANGES)
def test_a_contact_is_put_back_and_told_of_whatever_its_event_looks_like(changes):
    world, events = World().settle(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    edit(world, Caller.role(MEMBER, "Dev", "mary"))
    world.queue.clear()
    world.send(strange(events[0], changes))
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert not world.dead
    assert_told(world)


def test_strange_events_of_many_accounts_are_one_bulk_that_can_be_told():
    world, events = World().settle(), []
    accounts = many_accounts(world, len(IDENTITIES))
    world.cloud.subscribe(lambda _account, event: events.append(event))
    for account_id in accounts:
        edit(world, Caller.role(account_id, "Dev", "mary"))
    edits = list(events)
    world.queue.clear()
    for number, (event, identity) in enumerate(zip(edits, IDENTITIES, strict=True)):
        world.send(strange(event, {"userIdentity": identity, "sourceIPAddress": f"2001:db8::{number:x}"}))
    world.drain()
    assert all(world.contacts(account_id)["SECURITY"] == api_values("soc") for account_id in accounts)
    assert not world.dead
    facts = [item["facts"] for item in world.bus.notices if item["facts"].get("by") == "address"][-1]
    assert facts["principals_count"] == len({item["principal"] for item in facts["principals"]}) > 1
    assert_told(world)


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_bulk_at_a_time_that_cannot_be_takes_the_edits_that_follow(time):
    world, events = World().settle(), []
    accounts = many_accounts(world, 8)
    world.cloud.subscribe(lambda _account, event: events.append(event))
    for account_id in accounts:
        edit(world, Caller.role(account_id, "Dev", "mary"))
    world.queue.clear()
    for event in events:
        world.send(strange(event, {"eventTime": time}))
    world.drain()
    assert all(world.contacts(account_id)["SECURITY"] == api_values("soc") for account_id in accounts)
    assert not world.dead
    assert world.bus.notices[-1]["facts"]["accounts_count"] == len(accounts)
    assert_told(world)


UNTRUE = ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2031-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]


@pytest.mark.parametrize("time", UNTRUE)
def test_an_edit_at_a_time_that_cannot_be_is_undone_and_not_said_to_have_set_the_contact(time):
    world, events = World().settle(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    edit(world, Caller.role(MEMBER, "Dev", "mary"))
    Timeline(world).run(until=60)
    world.send(strange(events[0], {"eventTime": time, "eventID": "second", "requestID": "second"}))
    Timeline(world).run()
    assert [one for one in world.verdicts() if one != "own-write"] == ["set", "undone"]
    assert_told(world)


@pytest.mark.parametrize("time", UNTRUE)
def test_edits_at_a_time_that_cannot_be_that_left_a_contact_right_are_told(time):
    world, events = World().settle(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    for _ in range(2):
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    world.queue.clear()
    for event in events:
        world.send(strange(event, {"eventTime": time}))
    Timeline(world).run()
    assert not world.dead
    # Nobody knows in which order they were made: neither is said to have set the contact of the roster.
    assert [alert.attributes["severity"] for alert in world.alerts] == ["LOW", "LOW"]
    assert_told(world)


POINTS = (
    "bus.publish",
    "bus.publish.after",
    "bus.publish_notice",
    "state.save_windows",
    "state.save_windows.after",
)


@pytest.mark.parametrize("seed", range(8))
def test_any_mixture_of_strange_events_doubles_and_crashes_ends_right_and_told(seed):
    chance = Random(seed)  # noqa: S311  # a mixture that comes again, no secret
    world = World(ROSTER | {"bulk_edits": {"accounts": 3}, "repeated_edits": {"reverts": 2}}).settle()
    accounts = many_accounts(world, 6)
    for _ in range(20):
        caller = Caller.role(chance.choice(accounts), "Dev", chance.choice(["mary", "eve"]))
        edit(world, replace(caller, source_ip=chance.choice(["198.51.100.7", "2001:db8::1", "10.0.0.1"])))
        if chance.random() < 0.3:
            world.faults.plan(chance.choice(POINTS), Crash())
        if world.queue:
            body = json.loads(world.queue[-1].body)
            world.queue[-1].body = json.dumps(strange(body, chance.choice(CHANGES)))
            if chance.random() < 0.3:
                world.send(body)
        Timeline(world).run(until=chance.choice([1, 60]))
    world.drain()
    assert all(world.contacts(account_id)["SECURITY"] == api_values("soc") for account_id in accounts)
    assert not world.dead
    assert_told(world)
