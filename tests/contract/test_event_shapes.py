"""Events of the simulation have the key paths of the sample events, and the same kinds of values."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from simulation import Caller
from simulation.cloudtrail import HIDDEN
from tests.support.cases import check_each

SAMPLES = Path(__file__).parents[1] / "events"
MEMBER, HUB, MANAGEMENT = "222222222222", "333333333333", "111111111111"
STANDALONE = "777788889999"
# What later records have and older or documented ones lack (each is in another sample).
LATER = {"detail.readOnly", "detail.managementEvent", "detail.eventCategory", "detail.recipientAccountId"}
STATUS = {"detail.responseElements.status"}
PHONE = {"detail.requestParameters.phoneNumber"}


def sample(name):
    return json.loads((SAMPLES / f"{name}.json").read_text())


def paths(value, where=""):
    if isinstance(value, dict):
        return {
            path for key, item in value.items() for path in paths(item, f"{where}.{key}".lstrip("."))
        } or {where}
    return {where}


# Calls whose answers are no constants.
ANSWERED = {"CreateAccount", "InviteAccountToOrganization", "AcceptHandshake", "StartPrimaryEmailUpdate"}


def constants(event):
    detail = event["detail"]
    kept: tuple[str, ...] = (
        "eventSource",
        "eventName",
        "eventType",
        "readOnly",
        "responseElements",
        "errorCode",
    )
    if detail["eventName"] in ANSWERED:
        kept = kept[:4]  # the answer holds ids and times
    envelope = [event[key] for key in ("version", "detail-type", "source", "resources")]
    return [*envelope, *(detail.get(key) for key in kept if key != "readOnly")]


def put(world, contact, who=MEMBER, **more):
    world.client("account", Caller.role(who, "Dev", "mary")).put_alternate_contact(**contact, **more)


def put_by_hub(world, contact):
    put(world, contact, HUB, AccountId=MEMBER)


def put_by_management(world, contact):
    put(world, contact, MANAGEMENT, AccountId=MEMBER)


def denied_put(world, contact):
    organizations = world.client("organizations", "management")
    organizations.enable_policy_type(RootId="r-a1b2", PolicyType="SERVICE_CONTROL_POLICY")
    statement = {"Effect": "Deny", "Action": "account:Put*", "Resource": "*"}
    policy = organizations.create_policy(
        Name="guardrail",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Statement": statement}),
    )
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=MEMBER)
    with pytest.raises(ClientError):
        put(world, contact)


def delete_of_operations(world, contact):
    put(world, {**contact, "AlternateContactType": "OPERATIONS"})
    world.client("account", "member").delete_alternate_contact(AlternateContactType="OPERATIONS")


def delete_of_nothing(world, _):
    with pytest.raises(ClientError):
        world.client("account", "member").delete_alternate_contact(AlternateContactType="SECURITY")


def create(world, _):
    world.client("organizations", "management").create_account(Email="n@example.com", AccountName="N")


def create_with_used_address(world, _):
    email = world.organization.accounts[MEMBER].email
    world.client("organizations", "management").create_account(Email=email, AccountName="N")


def move(world, source=None):
    development, root = world.organization.find_ou("Workloads/Development"), world.organization.root_id
    client = world.client("organizations", "management")
    client.move_account(AccountId=MEMBER, SourceParentId=source or development, DestinationParentId=root)


def move_to_where_it_is(world, _):
    move(world)
    with pytest.raises(ClientError):
        move(world, world.organization.root_id)


def invite(world, _=None):
    return world.client("organizations", Caller.user(MANAGEMENT, "diego")).invite_account_to_organization(
        Target={"Type": "ACCOUNT", "Id": STANDALONE}, Notes="Please join."
    )


def accept(world, _):
    mary = world.client("organizations", Caller.user(STANDALONE, "mary"))
    mary.accept_handshake(HandshakeId=invite(world)["Handshake"]["Id"])


def leave(world, _):
    world.client("organizations", Caller.user(MEMBER, "example-user")).leave_organization()


def remove(world, _):
    world.client("organizations", "management").remove_account_from_organization(AccountId=MEMBER)


def close(world, _):
    world.client("organizations", "management").close_account(AccountId=MEMBER)


def rename(world, _):
    world.client("account", "member").put_account_name(AccountName="New name")


def put_primary(world, _):
    client = world.client("account", "member")
    client.put_contact_information(ContactInformation=client.get_contact_information()["ContactInformation"])


def start_email(world, _):
    world.client("account", "management").start_primary_email_update(
        AccountId=MEMBER, PrimaryEmail="n@example.com"
    )


CASES = [
    # sample, what is done, paths that only the simulation's last such event may have, options of the cloud
    ("PutAlternateContact.standalone.docs", put, PHONE, {}),  # the guide prints no phone number
    ("PutAlternateContact.orgmode.delegated-admin.synthetic", put_by_hub, set(), {}),
    ("PutAlternateContact.orgmode.management.synthetic", put_by_management, set(), {}),
    ("PutAlternateContact.self-remediation.synthetic", put_by_hub, set(), {}),
    ("PutAlternateContact.standalone.hidden.synthetic", put, set(), {"spelling": "pascal", "redact": True}),
    ("PutAlternateContact.denied-scp.synthetic", denied_put, set(), {}),
    ("DeleteAlternateContact.standalone.docs", delete_of_operations, set(), {}),
    ("DeleteAlternateContact.not-found.synthetic", delete_of_nothing, set(), {}),
    ("CreateAccount", create, LATER, {}),
    ("CreateAccountResult.succeeded", create, set(), {}),
    ("CreateAccountResult.succeeded.docs", create, LATER, {}),
    ("CreateAccountResult.failed", create_with_used_address, LATER, {}),
    ("AccountJoinedOrganization.created.synthetic", create, set(), {}),
    ("MoveAccount.ou-to-ou", lambda world, _: move(world), LATER, {}),
    ("MoveAccount.root-to-ou.synthetic", lambda world, _: move(world), set(), {}),
    ("MoveAccount.error.synthetic", move_to_where_it_is, set(), {}),
    ("InviteAccountToOrganization", invite, LATER, {}),
    ("AcceptHandshake.invite.synthetic", accept, LATER, {}),
    ("AccountJoinedOrganization.invited.synthetic", accept, set(), {}),
    ("LeaveOrganization.success.synthetic", leave, set(), {}),
    ("AccountDepartedOrganization.left.synthetic", leave, set(), {}),
    ("RemoveAccountFromOrganization", remove, LATER, {}),
    ("AccountDepartedOrganization.removed.synthetic", remove, set(), {}),
    ("CloseAccount", close, set(), {}),
    ("CloseAccountResult.succeeded", close, set(), {}),
    ("PutAccountName.synthetic", rename, set(), {"redact": True}),
    ("PutContactInformation.standalone.synthetic", put_primary, set(), {"redact": True}),
    ("StartPrimaryEmailUpdate.synthetic", start_email, STATUS, {"redact": True}),
]
# What samples have and the model lacks: TLS; and the null of a sample where the API is known to answer.
TLS = ("tlsVersion", "cipherSuite", "clientProvidedHostHeader")
LACKING = {
    "LeaveOrganization.success.synthetic": {f"detail.tlsDetails.{key}" for key in TLS},
    "StartPrimaryEmailUpdate.synthetic": {"detail.responseElements"},
}


@check_each("case", CASES)
def test_events_have_the_key_paths_of_the_sample(build, contact, case):
    name, act, more, options = case
    world, expected = build(**options), sample(name)
    act(world, contact)
    emitted = [event for _, event in world.events if event["detail"]["eventName"] == name.partition(".")[0]][
        -1
    ]
    mine, theirs = paths(emitted), paths(expected)
    assert theirs - mine == LACKING.get(name, set())
    assert mine - theirs <= more
    assert constants(emitted) == constants(expected)
    assert json.loads(json.dumps(emitted)) == emitted


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        (Caller.user(MEMBER, "probe-caller"), "DescribeOrganization.native-2026"),
        (Caller.role(MEMBER, "Dev", "mary"), "PutAlternateContact.standalone.docs"),
    ],
    ids=["user", "role"],
)
def test_identities_have_the_form_of_captured_ones(caller, name):
    identity, captured = caller.build_user_identity(), sample(name)["detail"]["userIdentity"]
    assert paths(identity) == paths(captured)
    assert identity["type"] == captured["type"]


def test_the_root_user_has_no_session_issuer():
    console = Caller.root(MEMBER).build_user_identity()
    assert console["type"] == "Root"
    assert console["sessionContext"].keys() == {"attributes"}
    key = Caller(
        account_id=MEMBER, arn=f"arn:aws:iam::{MEMBER}:root", access_key_id="AKIAEXAMPLE"
    ).build_user_identity()
    assert "sessionContext" not in key


def test_other_principals_are_refused():
    with pytest.raises(ValueError, match="instance-profile"):
        Caller(account_id=MEMBER, arn=f"arn:aws:iam::{MEMBER}:instance-profile/x")


def test_a_federated_user_has_the_user_who_asked_as_issuer():
    identity = Caller.federated(MEMBER, "bob").build_user_identity()
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (identity["type"], identity["arn"]) == (
        "FederatedUser",
        f"arn:aws:sts::{MEMBER}:federated-user/bob",
    )
    assert issuer["type"] == "IAMUser"
    assert "userName" not in issuer


def test_a_service_that_calls_by_itself_has_neither_arn_nor_account():
    identity = Caller.service(MEMBER, "cloudformation.amazonaws.com").build_user_identity()
    assert identity == {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}


def test_values_are_shown_as_sent_or_hidden(build, contact):
    clear, hidden = build(), build(redact=True, spelling="pascal")
    for world in (clear, hidden):
        put(world, {**contact, "EmailAddress": " soc@example.com "})
        with pytest.raises(ClientError):
            put(world, {**contact, "PhoneNumber": "secret"})
    shown = clear.events[0][1]["detail"]["requestParameters"]
    assert (shown["emailAddress"], shown["alternateContactType"]) == (" soc@example.com ", "SECURITY")
    assert hidden.events[0][1]["detail"]["requestParameters"]["AlternateContactType"] == "SECURITY"
    text = json.dumps([event for _, event in hidden.events])
    assert not any(
        value in text for value in ("soc@example.com", "SOC", "Security Operations", "555", "secret")
    )


def test_organizations_events_never_show_names_and_addresses_of_accounts(world):
    create(world, None)
    assert "n@example.com" not in json.dumps(world.events)


def test_a_handshake_is_written_down_as_documented(world):
    accept(world, None)
    shown = world.events[1][1]["detail"]["responseElements"]["handshake"]
    assert shown["action"] == "invite"
    assert shown["state"] == "ACCEPTED"
    assert shown["requestedTimestamp"] == "Oct 5, 2026 9:00:00 AM"
    documented = sample("AcceptHandshake.invite.synthetic")["detail"]["responseElements"]["handshake"]
    assert shown.keys() == documented.keys()
    forms = [[(entry["type"], entry.keys()) for entry in side["resources"]] for side in (shown, documented)]
    assert forms[0] == forms[1]
    assert [party["id"] for party in shown["parties"]] == ["o-exampleorgid", STANDALONE]


@pytest.mark.parametrize("spelling", ["camel", "pascal"])
def test_names_addresses_and_codes_are_hidden_on_request(build, spelling):
    world = build(redact=True, spelling=spelling)
    put_primary(world, None)
    rename(world, None)
    start_email(world, None)
    world.client("account", "management").accept_primary_email_update(
        AccountId=MEMBER, PrimaryEmail="n@example.com", Otp="abc123"
    )
    text = json.dumps(world.events)
    assert not any(value in text for value in ("Payments", "Corp", "New name", "n@example", "abc123"))
    asked = [event["detail"]["requestParameters"] for _, event in world.events]
    name = "contactInformation" if spelling == "camel" else "ContactInformation"
    assert asked[0] == {name: HIDDEN}


def test_what_validation_says_is_hidden_with_the_values_and_nothing_else(build, contact):
    texts = {}
    for redact in (False, True):
        world = build(redact=redact)
        for change in ({"PhoneNumber": "secret"}, {"AccountId": MEMBER}):
            with pytest.raises(ClientError):
                put(world, {**contact, **change})
        texts[redact] = [event["detail"]["errorMessage"] for _, event in world.events]
    assert "secret" in texts[False][0]
    assert texts[True] == [HIDDEN, texts[False][1]]
    assert "not authorized" in texts[True][1]


def test_every_event_is_a_writing_management_event(world, contact):
    put(world, contact)
    create(world, None)
    for _, event in world.events:
        detail = event["detail"]
        assert (detail["readOnly"], detail["managementEvent"]) == (False, True)


def test_a_primary_contact_is_shown_in_clear_otherwise(world):
    put_primary(world, None)
    shown = world.events[0][1]["detail"]["requestParameters"]["contactInformation"]
    assert (shown["fullName"], shown["phoneNumber"]) == ("Payments", "+1 206 555 0100")


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12:07:09 AM"), (8, "8:07:09 AM"), (12, "12:07:09 PM"), (21, "9:07:09 PM")]
)
def test_result_times_are_english_without_leading_zeros(world, hour, text):
    world.clock.sleep((hour - 9) % 24 * 3600 + 429)
    create(world, None)
    result = world.events[1][1]["detail"]["serviceEventDetails"]["createAccountStatus"]
    day = 5 if hour >= 9 else 6
    assert result["requestedTimestamp"] == f"Oct {day}, 2026 {text}"
