"""Every account by the way that leads into it: the management account by its role, the others centrally."""

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from rollcall.adapters.account_api import (
    AllAccounts,
    ManagementAccount,
    OneModeAccountApi,
    UnreachableError,
)
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.errors import NotMadeError, RetryableError, WriteRefusedError
from rollcall.model.well_known import RECONCILE_ROLE_NAME
from rollcall.timing import make_buckets
from simulation import Caller, SimulatedCloud, VirtualClock, make_example_organization
from tests.support.samples import (
    FOUND,
    HUB,
    INTENT,
    MANAGEMENT,
    MEMBER,
    WANTED,
    Recording,
    Refusing,
    client_error,
)

ROLE_ARN = f"arn:aws:iam::{MANAGEMENT}:role/rollcall-management-contacts"
SECURITY, BILLING = ContactKind.SECURITY, ContactKind.BILLING
CENTRAL = Caller.role(HUB, "rollcall-reconcile", "reconcile")
INSIDE = Caller.role(MANAGEMENT, "rollcall-management-contacts", RECONCILE_ROLE_NAME)


def delete_what_may_be_there(api, account_id):
    with suppress(NotMadeError):
        api.delete(account_id, SECURITY, intent=INTENT)


CALLS = {
    "get": lambda api, account_id: api.get(account_id, SECURITY),
    "put": lambda api, account_id: api.put(account_id, SECURITY, WANTED, intent=INTENT),
    "delete": delete_what_may_be_there,
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


class Noting:
    """A client whose calls are noted with their parameters."""

    def __init__(self, client, calls):
        self._client, self._calls, self.meta = client, calls, client.meta

    def __getattr__(self, name):
        def call(**parameters):
            self._calls.append((name, parameters))
            return getattr(self._client, name)(**parameters)

        return call


class Hub:
    """Both ways, over the simulation; STS is moto's or whatever a test puts there."""

    def __init__(self, sts, *, role_arn=ROLE_ARN):
        self.clock = VirtualClock()
        self.cloud = SimulatedCloud(make_example_organization(self.clock), self.clock)
        self.sts, self.assumed, self.central, self.inside = (list[Any]() for _ in range(4))
        now = self.clock.now().timestamp()
        self.accounts = AllAccounts(
            management_account=MANAGEMENT,
            members=OneModeAccountApi(
                client=Noting(self.cloud.client("account", CENTRAL), self.central),
                clock=self.clock,
                buckets=make_buckets(share=0.5, now=now),
            ),
            management=ManagementAccount(
                sts=Noting(sts, self.sts),
                role_arn=role_arn,
                account_client=self._with,
                clock=self.clock,
                buckets=make_buckets(share=0.5, now=now),
            ),
        )

    def _with(self, credentials):
        self.assumed.append(credentials)
        return Noting(self.cloud.client("account", INSIDE), self.inside)

    def contacts(self, account_id):
        return self.cloud.organization.accounts[account_id].contacts


@pytest.fixture
def hub(aws):
    return Hub(aws["sts"])


class TestTheManagementAccount:
    def test_is_read_set_and_deleted_by_its_role(self, hub):
        assert hub.accounts.get(MANAGEMENT, SECURITY) == Absent()
        hub.accounts.put(MANAGEMENT, SECURITY, WANTED, intent=INTENT)
        assert hub.accounts.get(MANAGEMENT, SECURITY) == Present(contact=WANTED)
        assert hub.accounts.get(MANAGEMENT, BILLING) == Absent()
        hub.accounts.delete(MANAGEMENT, SECURITY, intent=INTENT)
        assert hub.accounts.get(MANAGEMENT, SECURITY) == Absent()
        assert hub.central == []

    @every_call
    def test_calls_name_no_account(self, hub, call):
        call(hub.accounts, MANAGEMENT)
        [(_, parameters)] = hub.inside
        assert "AccountId" not in parameters
        assert parameters["AlternateContactType"] == "SECURITY"

    @every_call
    def test_the_role_is_assumed_for_every_call_and_its_credentials_are_used(self, hub, call):
        for _ in range(2):
            call(hub.accounts, MANAGEMENT)
        wanted = {"RoleArn": ROLE_ARN, "RoleSessionName": "rollcall-reconcile"}
        assert hub.sts == [("assume_role", wanted)] * 2
        assert len(hub.assumed) == 2
        for credentials in hub.assumed:
            assert {"AccessKeyId", "SecretAccessKey", "SessionToken"} <= set(credentials)


class TestTheOthers:
    @pytest.mark.parametrize("account_id", [MEMBER, HUB])
    @every_call
    def test_are_called_centrally_by_their_id_and_no_role_is_assumed(self, hub, call, account_id):
        call(hub.accounts, account_id)
        [(_, parameters)] = hub.central
        assert parameters["AccountId"] == account_id
        assert (hub.sts, hub.inside) == ([], [])

    def test_are_written_to_and_the_management_account_is_not(self, hub):
        hub.accounts.put(MEMBER, SECURITY, WANTED, intent=INTENT)
        assert set(hub.contacts(MEMBER)) == {"SECURITY"}
        assert hub.contacts(MANAGEMENT) == {}

    def test_are_reached_while_the_management_account_is_not(self):
        hub = Hub(Refusing({"assume_role": client_error("AccessDenied", 403)}))
        hub.accounts.put(MEMBER, SECURITY, WANTED, intent=INTENT)
        assert hub.accounts.get(MEMBER, SECURITY) == Present(contact=WANTED)


#: STS gives the same answer for a role that is not there and for one that does not trust the caller.
CLOSED = [client_error("AccessDenied", 403), client_error("RegionDisabledException", 403)]
PASSES = [
    client_error("Throttling", 400),
    client_error("InternalFailure", 500),
    client_error("ExpiredTokenException", 403),
    EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com"),
    NoCredentialsError(),
]


@pytest.mark.parametrize("error", CLOSED, ids=str)
class TestWithoutTheRole:
    def test_what_cannot_be_reached_is_unreadable_and_the_reason_names_the_fix(self, error):
        found = Hub(Refusing({"assume_role": error})).accounts.get(MANAGEMENT, SECURITY)
        assert isinstance(found, Unreadable)
        assert found.unreachable
        assert not found.denied
        assert ROLE_ARN in found.reason
        assert error.response["Error"]["Code"] in found.reason
        assert "deploy RollcallManagement in the management account" in found.reason

    @pytest.mark.parametrize("name", ["put", "delete"])
    def test_a_write_is_refused_for_good_and_nothing_was_called(self, error, name):
        hub = Hub(Refusing({"assume_role": error}))
        with pytest.raises(WriteRefusedError, match="cannot be assumed") as caught:
            CALLS[name](hub.accounts, MANAGEMENT)
        assert isinstance(caught.value, UnreachableError)
        assert not caught.value.denied  # a refusal of access is waited for; a missing role is not
        assert caught.value.request_id is None  # no call of the Account API was made
        assert caught.value.__suppress_context__
        assert (hub.inside, hub.central) == ([], [])


def test_without_a_role_the_reason_is_the_setting_and_nobody_is_asked():
    hub = Hub(Refusing({}), role_arn=None)
    found = hub.accounts.get(MANAGEMENT, SECURITY)
    assert isinstance(found, Unreadable)
    assert found.unreachable
    assert "management_role is false in organization.yaml" in found.reason
    assert "RollcallManagement" not in found.reason
    with pytest.raises(UnreachableError, match="management_role is false"):
        hub.accounts.put(MANAGEMENT, SECURITY, WANTED, intent=INTENT)
    assert (hub.sts, hub.inside, hub.central) == ([], [], [])


@pytest.mark.parametrize("error", PASSES, ids=str)
@every_call
def test_a_role_that_could_not_be_asked_for_is_tried_again(error, call):
    hub = Hub(Refusing({"assume_role": error}))
    with pytest.raises(RetryableError, match="the management account was not reached") as caught:
        call(hub.accounts, MANAGEMENT)
    assert type(caught.value) is RetryableError  # no call of the Account API was made
    assert (hub.inside, hub.central) == ([], [])


def test_a_role_that_is_taken_away_counts_at_once_and_one_that_comes_back_too(aws):
    taken = Refusing({}, aws["sts"])
    hub = Hub(taken)
    assert hub.accounts.get(MANAGEMENT, SECURITY) == Absent()
    taken.errors["assume_role"] = CLOSED[0]
    assert isinstance(found := hub.accounts.get(MANAGEMENT, SECURITY), Unreadable)
    assert found.unreachable
    taken.errors.clear()
    assert hub.accounts.get(MANAGEMENT, SECURITY) == Absent()


class TestPacing:
    def test_the_management_account_has_a_quota_of_its_own(self, hub):
        start = hub.clock.now()
        for _ in range(7):
            hub.accounts.get(MEMBER, SECURITY)
        for _ in range(7):
            hub.accounts.get(MANAGEMENT, SECURITY)
        assert hub.clock.now() == start

    def test_and_it_is_kept_although_every_call_has_a_client_of_its_own(self, hub):
        start = hub.clock.now()
        for _ in range(20):
            hub.accounts.get(MANAGEMENT, SECURITY)  # a 429 of the simulation would raise
        assert (hub.clock.now() - start).total_seconds() == pytest.approx((20 - 7.5) / 5, abs=0.01)


def test_a_standalone_call_is_about_the_account_of_the_credentials():
    """In the words of AWS: no AccountId at all, not the caller's own."""
    clock = VirtualClock()
    client = Recording(
        [
            {"AlternateContact": {"Name": FOUND.name}},
            {"ResponseMetadata": {"RequestId": "r-1"}},
            {"ResponseMetadata": {"RequestId": "r-2"}},
        ]
    )
    pacing = make_buckets(share=0.5, now=clock.now().timestamp())
    api = OneModeAccountApi(client=client, clock=clock, buckets=pacing, standalone=True)
    for call in CALLS.values():
        call(api, MANAGEMENT)
    assert [(name, sorted(parameters)) for name, parameters in client.calls] == [
        ("get_alternate_contact", ["AlternateContactType"]),
        (
            "put_alternate_contact",
            ["AlternateContactType", "EmailAddress", "Name", "PhoneNumber", "Title"],
        ),
        ("delete_alternate_contact", ["AlternateContactType"]),
    ]
