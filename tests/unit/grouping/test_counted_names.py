"""Who an edit is counted under: one person is one name, in whatever account and under whatever ARN."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.events.actor import Actor
from rollcall.grouping.placing import list_bulk_names, normalise_actor, normalise_address
from simulation.caller import Caller
from tests.support.cases import check_each

ONE, OTHER = "222222222222", "444455556666"
SSO = "AWSReservedSSO_Administrator_"


def actor(caller: Caller) -> Actor:
    return Actor.from_detail(
        {"userIdentity": caller.build_user_identity(), "sourceIPAddress": "198.51.100.7"}
    )


def role(account_id: str, name: str, session: str) -> Actor:
    return actor(Caller.role(account_id, name, session))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            role(ONE, "OrganizationAccountAccessRole", "mary"),
            role(OTHER, "OrganizationAccountAccessRole", "mary"),
        ),
        (
            role(ONE, SSO + "0123456789abcdef", "m@example.com"),
            role(OTHER, SSO + "fedcba9876543210", "m@example.com"),
        ),
        (role(ONE, "Ci", "botocore-session-1728119000"), role(OTHER, "Ci", "botocore-session-1728119007")),
        (role(ONE, "Ci", f"audit-{ONE}"), role(OTHER, "Ci", f"audit-{OTHER}")),
        (actor(Caller.user(ONE, "mary")), actor(Caller.user(OTHER, "mary"))),
        (actor(Caller.root(ONE)), actor(Caller.root(OTHER))),
    ],
)
def test_one_person_has_one_name_in_all_accounts(one: Actor, other: Actor) -> None:
    assert normalise_actor(one) == normalise_actor(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (role(ONE, "Dev", "mary"), role(ONE, "Dev", "john")),
        (role(ONE, "Dev", "mary"), role(ONE, "Ops", "mary")),
        (role(ONE, SSO + "0123456789abcdef", "a"), role(ONE, "AWSReservedSSO_Viewer_0123456789abcdef", "a")),
        (actor(Caller.user(ONE, "mary")), role(ONE, "user", "mary")),
        (actor(Caller.root(ONE)), actor(Caller.user(ONE, "root"))),
    ],
)
def test_different_people_have_different_names(one: Actor, other: Actor) -> None:
    assert normalise_actor(one) != normalise_actor(other)


@check_each(
    ("source_ip", "expected"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:DB8:0:0::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", None),
        ("fe80::1%eth0", None),
        ("cloudformation.amazonaws.com", None),
        ("AWS Internal", None),
        ("unknown", None),
        ("", None),
        ("10.24.34.250", None),
        ("172.31.0.9", None),
        ("192.168.0.1", None),
        ("100.64.1.1", None),
        ("127.0.0.1", None),
        ("fd00::1", None),
        ("fe80::1", None),
        ("::1", None),
    ],
)
def test_only_addresses_of_one_machine_or_network_count(source_ip: str, expected: str | None) -> None:
    assert normalise_address(source_ip) == expected


def test_a_root_user_whose_event_has_no_arn_is_a_root_user_all_the_same() -> None:
    bare = [Actor.from_detail({"userIdentity": {"type": "Root", "accountId": one}}) for one in (ONE, OTHER)]
    assert {normalise_actor(actor) for actor in bare} == {"root"}


def test_what_the_event_does_not_say_counts_for_nothing() -> None:
    assert list_bulk_names(Actor.from_detail({})) == []


def test_an_actor_of_another_form_is_counted_as_it_is_written() -> None:
    other = Actor.from_detail({"userIdentity": {"type": "AWSAccount", "principalId": "AIDAEXAMPLE:mary"}})
    assert normalise_actor(other) == "AIDAEXAMPLE:mary"


@given(principal=st.text(st.characters(), max_size=3000), source_ip=st.text(max_size=60))
def test_no_event_makes_a_name_that_is_no_key(principal: str, source_ip: str) -> None:
    identity = {"type": "AssumedRole", "arn": principal}
    actor = Actor.from_detail({"userIdentity": identity, "sourceIPAddress": source_ip})
    for _, name in list_bulk_names(actor):
        assert name
        assert len(name.encode()) <= 512
