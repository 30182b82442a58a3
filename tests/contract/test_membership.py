"""Accounts come by invitation, leave, are removed and closed: state, events, refusals."""

from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import HUB, MANAGEMENT, MEMBER, refused

MODEL: Any = botocore.session.get_session().get_service_model("organizations")
ACQUIRED = "777788889999"
TARGET = {"Id": ACQUIRED, "Type": "ACCOUNT"}
KIND = {"AlternateContactType": "SECURITY"}


@pytest.fixture
def invited(world):
    return world.client("organizations", "standalone")


def details(world, number):
    return world.events[number][1]["detail"]["serviceEventDetails"]


def test_a_standalone_account_manages_its_own_contacts_and_no_others(world, contact):
    client = world.client("account", "standalone")
    client.put_alternate_contact(**contact)
    assert client.get_alternate_contact(**KIND)["AlternateContact"] == contact
    assert [account for account, _ in world.events] == [ACQUIRED]
    for target in (MEMBER, ACQUIRED):
        with pytest.raises(client.exceptions.AccessDeniedException, match=r"AlternateContact$"):
            client.get_alternate_contact(AccountId=target, **KIND)
    hub = world.client("account", "hub")
    with pytest.raises(hub.exceptions.AccessDeniedException):
        hub.get_alternate_contact(AccountId=ACQUIRED, **KIND)


def test_an_invited_account_joins_when_it_accepts(world, client, invited, contact, misfits):
    world.client("account", "standalone").put_alternate_contact(**contact)
    tags = [{"Key": "team", "Value": "web"}]
    handshake = client.invite_account_to_organization(Target=TARGET, Notes="Hello", Tags=tags)["Handshake"]
    assert misfits(MODEL.shape_for("Handshake"), handshake) == []
    assert (handshake["State"], handshake["Action"]) == ("OPEN", "INVITE")
    assert handshake["ExpirationTimestamp"] - handshake["RequestedTimestamp"] == timedelta(days=15)
    assert {"Type": "NOTES", "Value": "Hello"} in handshake["Resources"]
    assert ACQUIRED not in world.organization.accounts
    world.clock.sleep(60)
    wanted = {"HandshakeId": handshake["Id"]}
    assert invited.describe_handshake(**wanted)["Handshake"] == handshake
    assert client.describe_handshake(**wanted)["Handshake"] == handshake
    accepted = invited.accept_handshake(**wanted)["Handshake"]
    assert accepted == handshake | {"State": "ACCEPTED"}
    account = client.describe_account(AccountId=ACQUIRED)["Account"]
    assert account["JoinedMethod"] == "INVITED"
    assert account["JoinedTimestamp"] == world.clock.now()
    assert account["Paths"] == [f"o-exampleorgid/r-a1b2/{ACQUIRED}/"]
    assert client.list_tags_for_resource(ResourceId=ACQUIRED)["Tags"] == tags
    assert ACQUIRED in {a["Id"] for a in client.list_accounts_for_parent(ParentId="r-a1b2")["Accounts"]}
    kept = world.client("account", "hub").get_alternate_contact(AccountId=ACQUIRED, **KIND)
    assert kept["AlternateContact"] == contact


def test_an_acceptance_is_told_in_the_account_and_then_in_management(world, client, invited):
    handshake = client.invite_account_to_organization(Target=TARGET)["Handshake"]
    assert "NOTES" not in str(handshake)
    invited.accept_handshake(HandshakeId=handshake["Id"])
    assert [(account, event["detail"]["eventName"]) for account, event in world.events] == [
        (MANAGEMENT, "InviteAccountToOrganization"),
        (ACQUIRED, "AcceptHandshake"),
        (MANAGEMENT, "AccountJoinedOrganization"),
    ]
    expected = {"accountId": ACQUIRED, "joinedMethod": "Invited", "joinedTime": "2026-10-05T09:00:00Z"}
    assert details(world, 2) == expected


def test_an_account_is_invited_by_its_address(world, client, invited):
    target = {"Id": f"aws+{ACQUIRED}@example.com", "Type": "EMAIL"}
    handshake = client.invite_account_to_organization(Target=target)["Handshake"]
    assert handshake["Parties"][1] == target
    assert handshake["Resources"][1] == {"Type": "EMAIL", "Value": target["Id"]}
    invited.accept_handshake(HandshakeId=handshake["Id"])
    assert ACQUIRED in world.organization.accounts


def test_invitations_are_refused_with_the_modelled_reasons(world, client):
    def invite(target):
        return lambda: client.invite_account_to_organization(Target=target)

    violation = "HandshakeConstraintViolationException"
    refused(invite({**TARGET, "Id": MEMBER}), violation, "ALREADY_IN_AN_ORGANIZATION")
    refused(invite({**TARGET, "Id": "123456789012"}), violation, "TARGET_ACCOUNT_VALIDATION_FAILURE")
    organization = {"Id": "o-otherorg00", "Type": "ORGANIZATION"}
    refused(invite(organization), "InvalidInputException", "INVALID_PARTY_TYPE_TARGET")
    refused(invite({**TARGET, "Type": "PERSON"}), "InvalidInputException", "INVALID_ENUM")
    invite(TARGET)()
    refused(invite(TARGET), "DuplicateHandshakeException")
    world.clock.sleep(15 * 86400)
    invite(TARGET)()


def test_a_handshake_is_accepted_once_in_time_and_by_the_invited(world, client, invited):
    first = {"HandshakeId": client.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]}
    for stranger in ("member", "management", "outsider"):
        other = world.client("organizations", stranger)
        refused(lambda other=other: other.accept_handshake(**first), "AccessDeniedException")
    refused(lambda: world.client("organizations", "hub").describe_handshake(**first), "AccessDeniedException")
    world.clock.sleep(15 * 86400 - 1)
    assert client.describe_handshake(**first)["Handshake"]["State"] == "OPEN"
    world.clock.sleep(1)
    assert client.describe_handshake(**first)["Handshake"]["State"] == "EXPIRED"
    refused(lambda: invited.accept_handshake(**first), "InvalidHandshakeTransitionException")
    second = {"HandshakeId": client.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]}
    invited.accept_handshake(**second)
    refused(lambda: invited.accept_handshake(**second), "HandshakeAlreadyInStateException")
    refused(lambda: invited.accept_handshake(HandshakeId="h-00000000"), "HandshakeNotFoundException")


@pytest.mark.parametrize(("who", "how"), [("management", "Removed"), ("member", "Left")])
def test_an_account_that_departs_keeps_its_contacts_and_loses_its_tags(world, client, contact, who, how):
    world.client("account", "member").put_alternate_contact(**contact)
    client.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "a", "Value": "1"}])
    world.events.clear()
    world.clock.sleep(5)
    if how == "Left":
        world.client("organizations", who).leave_organization()
    else:
        client.remove_account_from_organization(AccountId=MEMBER)
    calls = {"Left": (MEMBER, "LeaveOrganization"), "Removed": (MANAGEMENT, "RemoveAccountFromOrganization")}
    assert [(account, event["detail"]["eventName"]) for account, event in world.events] == [
        calls[how],
        (MANAGEMENT, "AccountDepartedOrganization"),
    ]
    expected = {"accountId": MEMBER, "departedMethod": how, "departedTime": "2026-10-05T09:00:05Z"}
    assert details(world, 1) == expected
    refused(lambda: client.describe_account(AccountId=MEMBER), "AccountNotFoundException")
    listed = client.list_accounts_for_parent(ParentId=world.organization.find_ou("Workloads/Development"))
    assert listed["Accounts"] == []
    departed = world.organization.standalone[MEMBER]
    assert (departed.tags, departed.parent_id) == ({}, "")
    account = world.client("account", "member")
    assert account.get_alternate_contact(**KIND)["AlternateContact"] == contact
    member = world.client("organizations", "member")
    refused(member.leave_organization, "AWSOrganizationsNotInUseException")
    with pytest.raises(ClientError):
        world.client("account", "hub").get_alternate_contact(AccountId=MEMBER, **KIND)


def test_who_cannot_depart(world, client):
    registered = ("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
    refused(world.client("organizations", "hub").leave_organization, *registered)
    refused(lambda: client.remove_account_from_organization(AccountId=HUB), *registered)
    refused(client.leave_organization, "MasterCannotLeaveOrganizationException")
    refused(
        lambda: client.remove_account_from_organization(AccountId=MANAGEMENT),
        "MasterCannotLeaveOrganizationException",
    )
    refused(lambda: client.remove_account_from_organization(AccountId=ACQUIRED), "AccountNotFoundException")
    assert "AccountDepartedOrganization" not in world.names()
    assert len(world.organization.accounts) == 6


def test_a_closure_is_pending_then_done(build):
    world = build(account_closure_seconds=60)
    client = world.client("organizations", "management")
    client.close_account(AccountId=MEMBER)

    def state():
        account = client.describe_account(AccountId=MEMBER)["Account"]
        return account["State"], account["Status"]

    assert state() == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    information = world.client("account", "member").get_account_information()
    assert information["AccountState"] == "SUSPENDED"
    refused(lambda: client.close_account(AccountId=MEMBER), "ConflictException")
    world.cloud.advance(60)
    assert state() == ("SUSPENDED", "SUSPENDED")
    assert world.names() == ["CloseAccount", "CloseAccount", "CloseAccountResult"]
    assert {account for account, _ in world.events} == {MANAGEMENT}
    assert details(world, 2)["closeAccountStatus"] == {
        "accountId": MEMBER,
        "state": "SUCCEEDED",
        "requestedTimestamp": "Oct 5, 2026 9:00:00 AM",
        "completedTimestamp": "Oct 5, 2026 9:01:00 AM",
    }
    refused(lambda: client.close_account(AccountId=MEMBER), "AccountAlreadyClosedException")


def test_what_cannot_be_closed(client):
    refused(
        lambda: client.close_account(AccountId=MANAGEMENT),
        "ConstraintViolationException",
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
    )
    refused(lambda: client.close_account(AccountId=ACQUIRED), "AccountNotFoundException")


def test_work_in_the_background_ends_in_the_order_of_its_time(build):
    world = build(account_closure_seconds=30, account_creation_seconds=60)
    client = world.client("organizations", "management")
    client.create_account(Email="new@example.com", AccountName="New")
    client.close_account(AccountId=MEMBER)
    world.cloud.advance(100)
    assert world.names()[2:] == ["CloseAccountResult", "CreateAccountResult", "AccountJoinedOrganization"]


def test_work_of_one_moment_is_done_in_the_order_of_asking(build):
    world = build(account_creation_seconds=60)
    client = world.client("organizations", "management")
    for number in range(3):
        client.create_account(Email="new@example.com", AccountName=f"New {number}")
    world.cloud.advance(60)
    ends = [details(world, place)["createAccountStatus"] for place in (3, 5, 6)]
    asked = [event["detail"]["responseElements"]["createAccountStatus"] for _, event in world.events[:3]]
    assert [end["id"] for end in ends] == [status["id"] for status in asked]
    assert [end["state"] for end in ends] == ["SUCCEEDED", "FAILED", "FAILED"]


def test_an_account_is_as_old_as_its_creation_also_when_it_is_seen_later(build):
    world = build(account_creation_seconds=60)
    client = world.client("organizations", "management")
    client.create_account(Email="new@example.com", AccountName="New")
    due = world.clock.now() + timedelta(seconds=60)
    world.clock.sleep(90)
    account = client.list_accounts()["Accounts"][-1]
    assert account["JoinedTimestamp"] == due
    information = world.client("account", "hub").get_account_information(AccountId=account["Id"])
    assert information["AccountCreatedDate"] == due


def test_a_path_that_is_not_there_is_a_key_error(world):
    with pytest.raises(KeyError, match="Workloads/Nowhere"):
        world.organization.find_ou("Workloads/Nowhere")


def test_ids_and_addresses_of_standalone_accounts_are_taken(world):
    organization = world.organization
    with pytest.raises(ValueError, match="exists already"):
        organization.add_account(account_id=ACQUIRED, name="x", email="x@example.com")
    with pytest.raises(ValueError, match="exists already"):
        organization.add_standalone(name="x", email=f"AWS+{MEMBER}@example.com")
    added = organization.add_standalone(name="x", email="x@example.com")
    assert organization.find_account(added.id) is added
    assert organization.find_account(MEMBER) is organization.accounts[MEMBER]
    assert organization.find_account("123456789012") is None


def test_a_renamed_unit_keeps_its_id_and_its_accounts(world, client):
    sandbox = world.organization.find_ou("Sandbox")
    answer = client.update_organizational_unit(OrganizationalUnitId=sandbox, Name="Lab")
    assert (answer["OrganizationalUnit"]["Id"], answer["OrganizationalUnit"]["Name"]) == (sandbox, "Lab")
    assert world.organization.find_ou("Lab") == sandbox
    assert world.events[0][1]["detail"]["requestParameters"] == {
        "organizationalUnitId": sandbox,
        "name": "Lab",
    }
    same = client.update_organizational_unit(OrganizationalUnitId=sandbox, Name="Lab")
    assert same["OrganizationalUnit"]["Name"] == "Lab"
    assert (
        client.update_organizational_unit(OrganizationalUnitId=sandbox)["OrganizationalUnit"]
        == (same["OrganizationalUnit"])
    )
    refused(
        lambda: client.update_organizational_unit(OrganizationalUnitId=sandbox, Name="Workloads"),
        "DuplicateOrganizationalUnitException",
    )
    refused(
        lambda: client.update_organizational_unit(OrganizationalUnitId="ou-a1b2-00000000", Name="x"),
        "OrganizationalUnitNotFoundException",
    )


def test_children_are_listed_by_kind(world, client):
    workloads = world.organization.find_ou("Workloads")
    units = client.list_children(ParentId=workloads, ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert units == [
        {"Id": world.organization.find_ou(f"Workloads/{name}"), "Type": "ORGANIZATIONAL_UNIT"}
        for name in ("Production", "Development")
    ]
    accounts = client.list_children(ParentId=units[1]["Id"], ChildType="ACCOUNT")["Children"]
    assert accounts == [{"Id": MEMBER, "Type": "ACCOUNT"}]
    token = client.list_children(ParentId="r-a1b2", ChildType="ORGANIZATIONAL_UNIT", MaxResults=1)[
        "NextToken"
    ]
    more = client.list_children(ParentId="r-a1b2", ChildType="ORGANIZATIONAL_UNIT", NextToken=token)
    assert len(more["Children"]) == 2
    refused(
        lambda: client.list_children(ParentId="r-a1b2", ChildType="ACCOUNT", NextToken=token),
        "InvalidInputException",
        "INVALID_NEXT_TOKEN",
    )
    refused(
        lambda: client.list_children(ParentId="ou-a1b2-00000000", ChildType="ACCOUNT"),
        "ParentNotFoundException",
    )


@pytest.mark.parametrize(("by", "state"), [("management", "CANCELED"), ("invited", "DECLINED")])
def test_an_invitation_ends_by_either_side(client, invited, by, state):
    handshake = client.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
    for listed in (invited.list_handshakes_for_account(), client.list_handshakes_for_organization()):
        assert [one["Id"] for one in listed["Handshakes"]] == [handshake]
    end = client.cancel_handshake if by == "management" else invited.decline_handshake
    assert end(HandshakeId=handshake)["Handshake"]["State"] == state
    with pytest.raises(invited.exceptions.InvalidHandshakeTransitionException):
        invited.accept_handshake(HandshakeId=handshake)
    with pytest.raises(invited.exceptions.InvalidHandshakeTransitionException):
        end(HandshakeId=handshake)
