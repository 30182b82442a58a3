"""Events to signals: every sample, every spelling, and anything at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.events.parse import parse
from rollcall.events.signal import Cause, Ignored, Signal
from rollcall.model.contact import ContactKind
from rollcall.model.errors import MalformedEventError
from tests.support.cases import check_each

EVENTS = Path(__file__).parents[2] / "events"
MEMBER, NEW = "222222222222", "444455556666"
#: Each sample with what it must lead to: cause, account, kind, and whether AWS had refused the call.
SAMPLES = {
    "CreateAccountResult.succeeded": (Cause.ACCOUNT_CREATED, NEW, None, False),
    "CreateAccountResult.succeeded.docs": (Cause.ACCOUNT_CREATED, NEW, None, False),
    "AccountJoinedOrganization.created.synthetic": (Cause.ACCOUNT_JOINED, NEW, None, False),
    "AccountJoinedOrganization.invited.synthetic": (Cause.ACCOUNT_JOINED, MEMBER, None, False),
    "CreateManagedAccount.succeeded": (Cause.ACCOUNT_CREATED, MEMBER, None, False),
    "AccountDepartedOrganization.left.synthetic": (Cause.MONITORED, MEMBER, None, False),
    "AccountDepartedOrganization.removed.synthetic": (Cause.MONITORED, MEMBER, None, False),
    "CloseAccount": (Cause.MONITORED, "555555555555", None, False),
    "CloseAccount.standalone.synthetic": (Cause.MONITORED, MEMBER, None, False),
    "CloseAccountResult.succeeded": (Cause.MONITORED, "555555555555", None, False),
    "RemoveAccountFromOrganization": (Cause.MONITORED, MEMBER, None, False),
    "LeaveOrganization.success.synthetic": (Cause.MONITORED, MEMBER, None, False),
    "LeaveOrganization.denied.synthetic": (Cause.MONITORED, MEMBER, None, True),
    "RegionOptInStatusChange.enabled.docs": (Cause.MONITORED, MEMBER, None, False),
    "EmailUpdated.signin.synthetic": (Cause.MONITORED, MEMBER, None, False),
    "UpdateAccountName.iam.synthetic": (Cause.ACCOUNT_RENAMED, MEMBER, None, False),
    "PutAccountName.synthetic": (Cause.ACCOUNT_RENAMED, MEMBER, None, False),
    "PutContactInformation.standalone.synthetic": (Cause.CONTACT_EDITED, MEMBER, ContactKind.PRIMARY, False),
    "StartPrimaryEmailUpdate.synthetic": (Cause.MONITORED, MEMBER, None, False),
    "MoveAccount.ou-to-ou": (Cause.ACCOUNT_MOVED, MEMBER, None, False),
    "MoveAccount.root-to-ou.synthetic": (Cause.ACCOUNT_MOVED, NEW, None, False),
    "PutAlternateContact.standalone.docs": (Cause.CONTACT_EDITED, MEMBER, ContactKind.BILLING, False),
    "PutAlternateContact.standalone.forwarded": (Cause.CONTACT_EDITED, MEMBER, ContactKind.BILLING, False),
    "PutAlternateContact.standalone.hidden.synthetic": (
        Cause.CONTACT_EDITED,
        MEMBER,
        ContactKind.SECURITY,
        False,
    ),
    "PutAlternateContact.orgmode.delegated-admin.synthetic": (
        Cause.CONTACT_EDITED,
        MEMBER,
        ContactKind.SECURITY,
        False,
    ),
    "PutAlternateContact.orgmode.management.synthetic": (
        Cause.CONTACT_EDITED,
        MEMBER,
        ContactKind.SECURITY,
        False,
    ),
    "PutAlternateContact.self-remediation.synthetic": (
        Cause.CONTACT_EDITED,
        MEMBER,
        ContactKind.SECURITY,
        False,
    ),
    "PutAlternateContact.denied-scp.synthetic": (Cause.CONTACT_EDITED, MEMBER, None, True),
    "DeleteAlternateContact.standalone.docs": (Cause.CONTACT_DELETED, MEMBER, ContactKind.OPERATIONS, False),
    "DeleteAlternateContact.not-found.synthetic": (Cause.CONTACT_DELETED, MEMBER, ContactKind.SECURITY, True),
}


def sample(name: str) -> dict:
    return json.loads((EVENTS / f"{name}.json").read_text())


@check_each("name", sorted(path.stem for path in EVENTS.glob("*.json")))
def test_each_sample_leads_to_its_signal_or_to_none(name):
    signal = parse(sample(name))
    if name not in SAMPLES:
        assert isinstance(signal, Ignored)
        return
    assert isinstance(signal, Signal)
    cause, account_id, kind, denied = SAMPLES[name]
    assert (signal.cause, signal.account_id, signal.kind) == (cause, account_id, kind)
    assert (signal.denied is not None) == denied
    event = sample(name)
    assert signal.event.id == event["detail"].get("eventID", event["id"])


def test_every_named_sample_exists():
    assert set(SAMPLES) <= {path.stem for path in EVENTS.glob("*.json")}


def test_a_redacted_kind_means_all_kinds():
    event = sample("PutAlternateContact.standalone.docs")
    event["detail"]["requestParameters"] = {"alternateContactType": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.kind is None


def test_the_account_named_in_the_request_wins_over_the_callers():
    event = sample("PutAlternateContact.standalone.docs")
    event["detail"]["requestParameters"]["AccountId"] = NEW
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.account_id == NEW


@pytest.mark.parametrize("missing", ["eventName", "eventID"])
def test_an_event_without_name_or_id_is_malformed(missing):
    event = sample("MoveAccount.ou-to-ou")
    del event["detail"][missing]
    event.pop("id")
    with pytest.raises(MalformedEventError, match=missing):
        parse(event)


def test_an_event_that_names_no_account_is_malformed():
    event = sample("MoveAccount.ou-to-ou")
    event["detail"]["requestParameters"] = {"accountId": "12"}
    with pytest.raises(MalformedEventError, match="12 digits"):
        parse(event)


NAMES_NOBODY = [
    "abc",
    "12",
    "****",
    "HIDDEN_DUE_TO_SECURITY_REASONS",
    "",
    None,
    222222222222,
    ["222222222222"],
]


@check_each("named", NAMES_NOBODY)
def test_a_denied_call_for_an_account_that_cannot_be_is_one_of_the_callers(named):
    """Else whoever may call the Account API at all could fill the dead-letter queue."""
    event = sample("PutAlternateContact.standalone.docs")
    event["detail"] |= {"errorCode": "ValidationException"}
    event["detail"]["requestParameters"] = {"accountId": named, "alternateContactType": "SECURITY"}
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert (signal.account_id, signal.denied) == (MEMBER, "ValidationException")


@pytest.mark.parametrize("named", [named for named in NAMES_NOBODY if named])
def test_a_change_of_an_account_that_cannot_be_read_is_not_taken_for_one_of_the_callers(named):
    event = sample("PutAlternateContact.orgmode.management.synthetic")
    (key,) = [key for key in event["detail"]["requestParameters"] if key.lower() == "accountid"]
    event["detail"]["requestParameters"][key] = named
    with pytest.raises(MalformedEventError, match="12 digits"):
        parse(event)


OF_OTHERS = {
    "AccountDepartedOrganization.left.synthetic": "serviceEventDetails",
    "CloseAccountResult.succeeded": "serviceEventDetails",
    "RemoveAccountFromOrganization": "requestParameters",
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_an_event_about_a_member_that_it_does_not_name_is_not_taken_for_one_of_the_management_account(name):
    event = sample(name)
    event["detail"][OF_OTHERS[name]] = None
    with pytest.raises(MalformedEventError, match="12 digits"):
        parse(event)


@check_each(
    "details", [{"departedAccountId": NEW}, {"account": {"id": NEW}}, {"departed": {"accountId": NEW}}]
)
def test_the_only_account_of_a_service_event_is_the_one_that_left(details):
    event = sample("AccountDepartedOrganization.left.synthetic")
    management = event["detail"]["recipientAccountId"]
    event["detail"]["serviceEventDetails"] = details | {"managementAccountId": management}
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.account_id == NEW


def test_one_of_two_accounts_of_a_service_event_is_not_guessed():
    event = sample("AccountDepartedOrganization.left.synthetic")
    event["detail"]["serviceEventDetails"] = {"one": NEW, "other": MEMBER}
    with pytest.raises(MalformedEventError, match="12 digits"):
        parse(event)


def test_a_record_in_an_account_of_no_form_is_read_all_the_same():
    event = sample("AccountDepartedOrganization.left.synthetic")
    event["detail"] |= {"recipientAccountId": [], "serviceEventDetails": {"departedAccountId": NEW}}
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.account_id == NEW


@pytest.mark.parametrize("code", [None, ""])
def test_an_error_code_that_says_nothing_is_none(code):
    event = sample("PutAlternateContact.standalone.docs")
    event["detail"]["errorCode"] = code
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.denied is None


def joined(**told):
    event = sample("AccountJoinedOrganization.invited.synthetic")
    event["detail"].pop("serviceEventDetails")
    event["detail"] |= told
    return event


@pytest.mark.parametrize(
    "told",
    [
        {"serviceEventDetails": {"accountId": NEW, "joinedMethod": "Invited", "state": "ACTIVE"}},
        {"serviceEventDetails": {"AccountId": NEW, "JoinedMethod": "INVITED"}},
        {"serviceEventDetails": {"accountJoined": {"account": {"accountId": NEW, "state": "PENDING"}}}},
        {"serviceEventDetails": None, "additionalEventData": {"accountId": NEW}},
        {"serviceEventDetails": {"accountId": NEW, "state": None}},
        {"serviceEventDetails": {"accountId": None}, "additionalEventData": {"accountId": NEW}},
    ],
)
def test_an_account_that_joined_has_joined_whatever_else_the_event_tells_of_it(told):
    signal = parse(joined(**told))
    assert isinstance(signal, Signal)
    assert (signal.cause, signal.account_id) == (Cause.ACCOUNT_JOINED, NEW)


def test_an_account_that_departed_is_found_wherever_the_event_names_it():
    event = sample("AccountDepartedOrganization.removed.synthetic")
    del event["detail"]["serviceEventDetails"]
    event["detail"]["additionalEventData"] = {"accountId": MEMBER}
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.account_id == MEMBER


@pytest.mark.parametrize("name", ["CreateAccountResult.succeeded", "CloseAccountResult.succeeded"])
def test_a_result_without_its_state_is_believed(name):
    event = sample(name)
    (status,) = event["detail"]["serviceEventDetails"].values()
    status["state"] = None
    assert isinstance(parse(event), Signal)


def test_a_root_e_mail_that_sign_in_refused_is_no_change():
    event = sample("EmailUpdated.signin.synthetic")
    event["detail"]["responseElements"] = {"EmailUpdated": "Failure"}
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.denied == "Failure"


@pytest.mark.parametrize("named", ["x" * 100_000, "\ud800", {}, None])
def test_a_subject_of_anything_fits_where_it_is_kept(named):
    event = sample("RegionOptInStatusChange.enabled.docs")
    event["detail"]["regionName"] = named
    signal = parse(event)
    assert isinstance(signal, Signal)
    assert signal.subject is not None
    assert len(signal.subject.encode()) < 300
    assert "None" not in signal.subject


def make_call(name: str, **parameters: Any) -> dict:
    event = sample("MoveAccount.ou-to-ou")
    event["detail"] |= {"eventName": name, "requestParameters": parameters}
    return event


@pytest.mark.parametrize(("resource", "cause"), [(MEMBER, Cause.ACCOUNT_TAGGED), ("ou-ab12-12345678", None)])
def test_only_tags_of_accounts_are_signals(resource, cause):
    found = parse(make_call("TagResource", resourceId=resource))
    assert (found.cause if isinstance(found, Signal) else None) is cause


@check_each(
    ("parameters", "keys"),
    [
        ({"tags": [{"key": "a", "value": "1"}, {"Key": "b", "Value": "2"}]}, ("a", "b")),
        ({"tagKeys": ["a", "b"]}, ("a", "b")),
        ({"TagKeys": ["a"]}, ("a",)),
        # Of what it does not show, anything may have changed.
        ({}, ()),
        ({"tags": "HIDDEN_DUE_TO_SECURITY_REASONS"}, ()),
        ({"tags": [{"key": "a", "value": "1"}, {"value": "2"}]}, ()),
        ({"tags": [{"key": "a"}, "b"]}, ()),
        ({"tagKeys": ["a", "***"]}, ()),
        ({"tagKeys": ["HIDDEN_DUE_TO_SECURITY_REASONS"]}, ()),
        ({"tagKeys": ["a", None]}, ()),
        ({"tagKeys": ["a" * 129]}, ()),
        ({"tagKeys": [str(number) for number in range(51)]}, ()),
    ],
)
def test_the_keys_of_tags_are_those_that_the_event_shows_if_it_shows_all(parameters, keys):
    found = parse(make_call("TagResource", resourceId=MEMBER, **parameters))
    assert isinstance(found, Signal)
    assert found.tag_keys == keys


@pytest.mark.parametrize("name", ["DisableAWSServiceAccess", "DeregisterDelegatedAdministrator"])
@pytest.mark.parametrize(
    ("service", "cause"), [("account.amazonaws.com", Cause.MONITORED), ("config.amazonaws.com", None)]
)
def test_trusted_access_and_administrators_of_other_services_are_no_signals(name, service, cause):
    found = parse(make_call(name, servicePrincipal=service))
    assert (found.cause if isinstance(found, Signal) else None) is cause


def test_records_of_one_call_in_two_accounts_have_one_key():
    event = sample("PutAlternateContact.orgmode.management.synthetic")
    del event["detail"]["requestID"]
    keys = set()
    for account, event_id in ((NEW, "e-1"), (MEMBER, "e-2")):
        event["detail"] |= {"recipientAccountId": account, "eventID": event_id, "sharedEventID": "shared"}
        signal = parse(event)
        assert isinstance(signal, Signal)
        keys.add(signal.event.key)
    assert len(keys) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
details = st.fixed_dictionaries(
    {},
    optional={
        "eventSource": st.sampled_from(["account.amazonaws.com", "organizations.amazonaws.com"])
        | json_values,
        "eventName": st.sampled_from(
            ["PutAlternateContact", "DeleteAlternateContact", "MoveAccount", "CreateAccountResult"]
        )
        | json_values,
        "eventID": st.uuids().map(str) | json_values,
        "eventTime": json_values,
        "requestID": json_values,
        "sharedEventID": json_values,
        "errorCode": json_values,
        "recipientAccountId": st.just("222222222222") | json_values,
        "requestParameters": st.dictionaries(
            st.sampled_from(["accountId", "AccountId", "alternateContactType", "destinationParentId"]),
            json_values,
        )
        | json_values,
        "serviceEventDetails": json_values,
        "userIdentity": st.fixed_dictionaries(
            {}, optional={"type": json_values, "arn": json_values, "sessionContext": json_values}
        )
        | json_values,
        "sourceIPAddress": json_values,
        "userAgent": json_values,
    },
)


@given(event=json_values | st.fixed_dictionaries({"detail": details}))
def test_anything_is_a_signal_or_ignored_or_malformed(event):
    try:
        signal = parse(event)
    except MalformedEventError:
        return
    assert isinstance(signal, Signal | Ignored)
    if isinstance(signal, Signal):
        assert len(signal.account_id) == 12
