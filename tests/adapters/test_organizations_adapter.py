"""AWS Organizations as the hub reads it, with new and old SDKs."""

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.account import AccountState
from rollcall.adapters.organizations import AwsOrganization
from rollcall.errors import RetryableError
from simulation import Caller, SimulatedCloud, VirtualClock, example_organization
from tests.adapters.samples import HUB, MANAGEMENT, MEMBER, Refusing, client_error

UNKNOWN = "123456789012"


@pytest.fixture
def cloud():
    clock = VirtualClock()
    return SimulatedCloud(example_organization(clock), clock)


@pytest.fixture
def client(cloud):
    return cloud.client("organizations", Caller.role(HUB, "rollcall-reconcile", "reconcile"))


class Stripping:
    """An SDK that does not know some members of an account yet: botocore drops them."""

    def __init__(self, client, *members):
        self._client, self._members, self.calls = client, members, []

    def __getattr__(self, name):
        def call(**parameters):
            self.calls.append(name)
            answer = getattr(self._client, name)(**parameters)
            for member in self._members:
                answer.get("Account", {}).pop(member, None)
            return answer

        return call


EVERY_SDK = pytest.mark.parametrize(
    "members",
    [(), ("State",), ("Paths",), ("Status",), ("State", "Paths")],
    ids="-".join,
)


@EVERY_SDK
def test_an_account_is_read_alike_by_every_sdk(cloud, client, members):
    account = AwsOrganization(client=Stripping(client, *members)).account(MEMBER, with_tags=False)
    organization = cloud.organization
    units = [organization.find_ou("Workloads"), organization.find_ou("Workloads/Development")]
    assert (account.id, account.name, account.state) == (MEMBER, "Payments", AccountState.ACTIVE)
    assert account.ou_path == ("Workloads", "Development")
    assert account.parent_ids == ("r-a1b2", *units)


@EVERY_SDK
def test_an_account_in_the_root_has_no_path(client, members):
    account = AwsOrganization(client=Stripping(client, *members)).account(MANAGEMENT, with_tags=False)
    assert account.ou_path == ()
    assert account.parent_ids == ("r-a1b2",)


@EVERY_SDK
def test_a_move_shows_at_the_next_read(cloud, client, members):
    reader = AwsOrganization(client=Stripping(client, *members))
    assert reader.account(MEMBER, with_tags=False).ou_path == ("Workloads", "Development")
    sandbox = cloud.organization.find_ou("Sandbox")
    cloud.organization.move(MEMBER, sandbox)
    assert reader.account(MEMBER, with_tags=False).ou_path == ("Sandbox",)
    assert reader.account(MEMBER, with_tags=False).parent_ids[-1] == sandbox


def test_a_renamed_ou_shows_at_the_next_read(cloud, client):
    reader = AwsOrganization(client=client)
    assert reader.account(MEMBER, with_tags=False).ou_path == ("Workloads", "Development")
    cloud.organization.rename_ou(cloud.organization.find_ou("Workloads/Development"), "Dev")
    assert reader.account(MEMBER, with_tags=False).ou_path == ("Workloads", "Dev")


def test_the_walk_is_taken_only_when_there_are_no_paths(client):
    new, old = Stripping(client), Stripping(client, "Paths")
    AwsOrganization(client=new).account(MEMBER, with_tags=False)
    AwsOrganization(client=old).account(MEMBER, with_tags=False)
    assert "list_parents" not in new.calls
    assert old.calls.count("list_parents") == 3


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.UNKNOWN])
def test_every_state_is_known(cloud, client, state):
    cloud.organization.accounts[MEMBER].state = str(state)
    account = AwsOrganization(client=client).account(MEMBER, with_tags=False)
    assert account.state is state
    assert account.active == (state is AccountState.ACTIVE)


def test_state_goes_before_status(cloud, client):
    # Status knows fewer words: it calls an account that waits for its activation ACTIVE.
    cloud.organization.accounts[MEMBER].state = "PENDING_ACTIVATION"
    assert not AwsOrganization(client=client).account(MEMBER, with_tags=False).active


@pytest.mark.parametrize("members", [(), ("Paths",)], ids=["new", "old"])
def test_a_state_of_a_later_release_is_not_active(cloud, client, members):
    cloud.organization.accounts[MEMBER].state = "HIBERNATING"
    account = AwsOrganization(client=Stripping(client, *members)).account(MEMBER, with_tags=False)
    assert account.state is AccountState.UNKNOWN
    assert not account.active


def test_an_account_without_any_state_is_not_active(client):
    account = AwsOrganization(client=Stripping(client, "State", "Status")).account(MEMBER, with_tags=False)
    assert account.state is AccountState.UNKNOWN


def test_an_account_without_a_name_is_no_error(client):
    assert AwsOrganization(client=Stripping(client, "Name")).account(MEMBER, with_tags=False).name == ""


def test_an_unknown_account_is_none(client):
    assert AwsOrganization(client=client).account(UNKNOWN, with_tags=False) is None


@pytest.mark.parametrize("operation", ["describe_account", "describe_organizational_unit", "list_parents"])
@pytest.mark.parametrize(
    "error",
    [
        client_error("TooManyRequestsException"),
        client_error("ServiceException", 500),
        client_error("AccessDeniedException"),
        client_error("AWSOrganizationsNotInUseException"),
        client_error("OrganizationalUnitNotFoundException"),
        client_error("ChildNotFoundException"),
        EndpointConnectionError(endpoint_url="https://organizations.us-east-1.amazonaws.com"),
    ],
    ids=str,
)
def test_what_could_not_be_asked_is_not_an_unknown_account(client, operation, error):
    reader = AwsOrganization(client=Stripping(Refusing({operation: error}, client), "Paths"))
    with pytest.raises(RetryableError, match="could not be looked up"):
        reader.account(MEMBER, with_tags=False)


def test_somebody_without_the_right_to_read_is_told_so(cloud):
    stranger = cloud.client("organizations", Caller.role(MEMBER, "Dev", "mary"))
    with pytest.raises(RetryableError, match="AccessDeniedException"):
        AwsOrganization(client=stranger).account(MEMBER, with_tags=False)
