"""Which calls become events, where they land and when; ids; many threads."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from simulation import Caller, SimulatedCloud, SystemClock, VirtualClock, make_example_organization

MEMBER, HUB, MANAGEMENT, OTHER = "222222222222", "333333333333", "111111111111", "444455556666"


def create(world, number=1):
    client = world.client("organizations", "management")
    return client.create_account(Email=f"new{number}@example.com", AccountName="New")


def test_an_event_lands_on_the_callers_bus_before_the_call_returns(world, contact):
    world.client("account", "member").put_alternate_contact(**contact)
    world.client("account", "hub").put_alternate_contact(AccountId=MEMBER, **contact)
    world.client("account", "management").delete_alternate_contact(
        AccountId=MEMBER, AlternateContactType="SECURITY"
    )
    assert [account for account, _ in world.events] == [MEMBER, HUB, MANAGEMENT]
    for account, event in world.events:
        assert event["account"] == event["detail"]["recipientAccountId"] == account
    asked = [event["detail"]["requestParameters"].get("accountId") for _, event in world.events]
    assert asked == [None, MEMBER, MEMBER]


def test_reads_and_unsent_requests_give_no_event(world):
    client = world.client("account", "member")
    with pytest.raises(ClientError):
        client.get_alternate_contact(AlternateContactType="SECURITY")
    world.client("organizations", "management").describe_account(AccountId=MEMBER)
    with pytest.raises(Exception, match="Missing required"):
        client.put_alternate_contact(Name="x")
    assert world.events == []


def test_denied_calls_say_access_denied_and_hide_the_request(world, contact):
    with pytest.raises(ClientError) as caught:
        world.client("account", "member").put_alternate_contact(AccountId=OTHER, **contact)
    [(account, event)] = world.events
    detail = event["detail"]
    assert (account, detail["errorCode"], detail["requestParameters"]) == (MEMBER, "AccessDenied", None)
    assert detail["errorMessage"] == caught.value.response["Error"]["Message"]
    assert detail["requestID"] == caught.value.response["ResponseMetadata"]["RequestId"]


def test_other_failures_keep_their_code_and_request(world, contact):
    client = world.client("account", "member")
    with pytest.raises(ClientError):
        client.put_alternate_contact(**{**contact, "PhoneNumber": "none"})
    for _ in range(8):
        with pytest.raises(ClientError):
            client.delete_alternate_contact(AlternateContactType="SECURITY")
    codes = [event["detail"]["errorCode"] for _, event in world.events]
    missing, throttled = "ResourceNotFoundException", "TooManyRequestsException"
    assert codes == ["ValidationException", *[missing] * 6, *[throttled] * 2]
    assert all(event["detail"]["requestParameters"] for _, event in world.events)


def test_request_ids_join_answers_and_events_and_all_ids_differ(world, contact):
    client = world.client("account", "member")
    answered = [client.put_alternate_contact(**contact)["ResponseMetadata"]["RequestId"] for _ in range(5)]
    details = [event["detail"] for _, event in world.events]
    assert [detail["requestID"] for detail in details] == answered
    ids = [*answered, *(detail["eventID"] for detail in details), *(event["id"] for _, event in world.events)]
    assert len(set(ids)) == 15


def test_the_same_calls_give_the_same_events(build, contact):
    def story():
        world = build()
        world.client("account", "hub").put_alternate_contact(AccountId=MEMBER, **contact)
        create(world)
        return json.dumps(world.events)

    assert story() == story()


def test_a_creation_is_told_in_three_events_of_management(world):
    create(world)
    assert world.names() == ["CreateAccount", "CreateAccountResult", "AccountJoinedOrganization"]
    assert {account for account, _ in world.events} == {MANAGEMENT}
    _, result, joined = (event["detail"] for _, event in world.events)
    account_id = result["serviceEventDetails"]["createAccountStatus"]["accountId"]
    assert joined["serviceEventDetails"]["accountId"] == account_id
    assert account_id in world.organization.accounts
    assert account_id not in json.dumps(world.events[0])


def test_a_failed_creation_joins_nothing(world):
    create(world)
    create(world)
    assert world.names()[3:] == ["CreateAccount", "CreateAccountResult"]
    assert "accountId" not in world.events[4][1]["detail"]["serviceEventDetails"]["createAccountStatus"]


def test_slow_creations_end_when_their_time_has_come(build):
    world = build(account_creation_seconds=60)
    create(world, 1)
    world.cloud.advance(30)
    create(world, 2)
    assert world.names() == ["CreateAccount"] * 2
    assert world.cloud.advance(29.9) == 0
    assert world.cloud.advance(0.1) == 2
    assert world.cloud.advance(3600) == 2
    times = [event["detail"]["eventTime"] for _, event in world.events]
    assert times[2:] == ["2026-10-05T09:01:00Z"] * 2 + ["2026-10-05T09:01:30Z"] * 2
    assert len(world.organization.accounts) == 8


def test_any_call_finishes_what_is_due(build):
    world = build(account_creation_seconds=60)
    create(world)
    world.clock.sleep(61)
    assert len(world.client("organizations", "hub").list_accounts()["Accounts"]) == 7
    assert world.names()[1:] == ["CreateAccountResult", "AccountJoinedOrganization"]


def test_delayed_events_wait_for_their_time_and_keep_their_order(build, contact):
    world = build(delivery_delay=5)
    client = world.client("account", "member")
    client.put_alternate_contact(**contact)
    world.cloud.advance(3)
    client.delete_alternate_contact(AlternateContactType="SECURITY")
    assert (world.events, world.cloud.pump()) == ([], 0)
    assert world.cloud.advance(2) == 1
    assert world.cloud.advance(100) == 1
    assert world.names() == ["PutAlternateContact", "DeleteAlternateContact"]
    assert [event["time"] for _, event in world.events] == ["2026-10-05T09:00:00Z", "2026-10-05T09:00:03Z"]


def test_a_listener_may_call_the_cloud(world, contact):
    client = world.client("account", "hub")

    def restore(_, event):
        if event["detail"]["eventName"] == "DeleteAlternateContact":
            client.put_alternate_contact(AccountId=MEMBER, **contact)

    world.cloud.subscribe(restore)
    member = world.client("account", "member")
    member.put_alternate_contact(**contact)
    member.delete_alternate_contact(AlternateContactType="SECURITY")
    assert member.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"] == contact
    assert world.names() == ["PutAlternateContact", "DeleteAlternateContact", "PutAlternateContact"]


def test_copies_for_the_target_share_an_id(build, contact):
    world = build(copies_to_target=True)
    world.client("account", "hub").put_alternate_contact(AccountId=MEMBER, **contact)
    (first, original), (second, copy) = world.events
    assert (first, second) == (HUB, MEMBER)
    assert copy["account"] == copy["detail"]["recipientAccountId"] == MEMBER
    assert original["detail"]["sharedEventID"] == copy["detail"]["sharedEventID"]
    assert original["detail"]["eventID"] != copy["detail"]["eventID"]
    same = ("requestID", "requestParameters", "userIdentity", "eventTime")
    assert [original["detail"][key] for key in same] == [copy["detail"][key] for key in same]


def test_there_is_one_copy_only_when_there_is_another_account(build, contact):
    world = build(copies_to_target=True)
    world.client("account", "hub").put_alternate_contact(AccountId=HUB, **contact)
    world.client("account", "member").put_alternate_contact(**contact)
    with pytest.raises(ClientError):
        world.client("account", "member").put_alternate_contact(AccountId=OTHER, **contact)
    assert [account for account, _ in world.events] == [HUB, MEMBER, MEMBER]
    assert not any("sharedEventID" in event["detail"] for _, event in world.events)


def test_cloud_and_organization_need_one_clock():
    with pytest.raises(ValueError, match="same clock"):
        SimulatedCloud(make_example_organization(VirtualClock()), VirtualClock())


def test_many_threads_spend_one_bucket_and_get_one_event_each(world, contact):
    hub = Caller.role(HUB, "Ops", "ops")

    def put(number):
        try:
            world.client("account", hub).put_alternate_contact(
                AccountId=MEMBER, **{**contact, "Name": str(number)}
            )
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "ok"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(put, range(40)))
    assert sorted(answers) == ["TooManyRequestsException"] * 32 + ["ok"] * 8
    assert len({event["id"] for _, event in world.events}) == 40


def test_requests_are_answered_one_at_a_time(world, monkeypatch):
    inside, overlaps = list[int](), list[int]()
    answer = world.cloud.account.call

    def slow(operation, params, caller):
        overlaps.extend(inside)
        inside.append(operation)
        time.sleep(0.01)
        inside.remove(operation)
        return answer(operation, params, caller)

    monkeypatch.setattr(world.cloud.account, "call", slow)
    caller = Caller.role(MEMBER, "Dev", "mary")
    request = {"AlternateContactType": "SECURITY"}
    with ThreadPoolExecutor(4) as pool:
        calls = [
            pool.submit(world.cloud.call, "account", "GetAlternateContact", request, caller) for _ in range(8)
        ]
    assert all(call.exception() for call in calls)
    assert overlaps == []


def test_the_system_clock_really_waits(contact):
    clock = SystemClock()
    cloud = SimulatedCloud(make_example_organization(clock), clock, delivery_delay=0.05)
    events = []
    cloud.subscribe(lambda account, _: events.append(account))
    cloud.client("account", Caller.role(MEMBER, "Dev", "mary")).put_alternate_contact(**contact)
    started = time.monotonic()
    cloud.advance(0.06)
    assert events == [MEMBER]
    # The clocks differ by less than this: one may be set while it waits.
    assert time.monotonic() - started >= 0.05


def test_ten_thousand_accounts_are_listed_in_a_blink(world):
    for number in range(10_000):
        world.organization.add_account(name=f"a{number}", email=f"a{number}@example.com")
    pages = world.client("organizations", "hub").get_paginator("list_accounts").paginate()
    started = time.perf_counter()
    assert sum(len(page["Accounts"]) for page in pages) == 10_006
    assert time.perf_counter() - started < 5
