"""AWS Organizations as the hub reads it, with new and old SDKs."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.organizations import AwsOrganization
from rollcall.model.account import Account, AccountState
from rollcall.model.errors import RetryableError
from simulation import Caller
from tests.support.cases import check_each
from tests.support.memory import MemoryPool
from tests.support.samples import HUB, MANAGEMENT, MEMBER, client_error

UNKNOWN = "123456789012"


@pytest.fixture
def client(cloud):
    return cloud.client("organizations", Caller.role(HUB, "rollcall-reconcile", "reconcile"))


class Stripping:
    """An SDK that does not know some members of an account yet: botocore drops them."""

    def __init__(self, client, *members, errors=None):
        self._client, self._members, self._errors, self.calls = client, members, errors or {}, []

    def get_paginator(self, name):
        def paginate(**parameters):
            while True:
                page = getattr(self, name)(**parameters)
                yield page
                if "NextToken" not in page:
                    return
                parameters["NextToken"] = page["NextToken"]

        return SimpleNamespace(paginate=paginate)

    def __getattr__(self, name):
        def call(**parameters):
            self.calls.append(name)
            if name in self._errors:
                raise self._errors[name]
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


def read(reader: AwsOrganization, account_id: str, *, with_tags: bool) -> Account:
    account = reader.get_account(account_id, with_tags=with_tags)
    assert account is not None
    return account


@EVERY_SDK
def test_an_account_is_read_alike_by_every_sdk(cloud, client, members):
    account = read(AwsOrganization(client=Stripping(client, *members)), MEMBER, with_tags=False)
    organization = cloud.organization
    units = [organization.find_ou("Workloads"), organization.find_ou("Workloads/Development")]
    assert (account.id, account.name, account.state) == (MEMBER, "Payments", AccountState.ACTIVE)
    assert account.ou_path == ("Workloads", "Development")
    assert account.parent_ids == ("r-a1b2", *units)


@EVERY_SDK
def test_an_account_in_the_root_has_no_path(client, members):
    account = read(AwsOrganization(client=Stripping(client, *members)), MANAGEMENT, with_tags=False)
    assert account.ou_path == ()
    assert account.parent_ids == ("r-a1b2",)


@EVERY_SDK
def test_a_move_shows_at_the_next_read(cloud, client, members):
    reader = AwsOrganization(client=Stripping(client, *members))
    assert read(reader, MEMBER, with_tags=False).ou_path == ("Workloads", "Development")
    sandbox = cloud.organization.find_ou("Sandbox")
    cloud.organization.move(MEMBER, sandbox)
    assert read(reader, MEMBER, with_tags=False).ou_path == ("Sandbox",)
    assert read(reader, MEMBER, with_tags=False).parent_ids[-1] == sandbox


def test_a_renamed_ou_shows_at_the_next_read(cloud, client):
    reader = AwsOrganization(client=client)
    assert read(reader, MEMBER, with_tags=False).ou_path == ("Workloads", "Development")
    cloud.organization.rename_ou(cloud.organization.find_ou("Workloads/Development"), "Dev")
    assert read(reader, MEMBER, with_tags=False).ou_path == ("Workloads", "Dev")


class Rounds(MemoryPool):
    """Notes how many reads are begun side by side."""

    def __init__(self):
        self.sizes = []

    def map_each(self, work, items, *, go_on):
        items = list(items)
        self.sizes.append(len(items))
        return super().map_each(work, items, go_on=go_on)


def test_names_of_where_an_account_was_are_read_beside_it_and_others_after_it(cloud, client):
    organization, pool = cloud.organization, Rounds()
    reader = AwsOrganization(client=client, pool=pool)
    places = [("Workloads", "Development")] * 2 + [("Workloads", "Production")]
    for place in places:
        organization.move(MEMBER, organization.find_ou("/".join(place)))
        assert read(reader, MEMBER, with_tags=False).ou_path == place
    # The account and its tags beside two names, once they are known: of those of one unit only one.
    assert pool.sizes == [2, 2, 4, 4]


def test_a_unit_that_is_gone_since_the_account_was_in_it_is_no_error(cloud, client):
    organization = cloud.organization
    gone = organization.add_ou("Gone", organization.find_ou("Workloads"))
    organization.move(MEMBER, gone)
    reader = AwsOrganization(client=client)
    assert read(reader, MEMBER, with_tags=False).ou_path == ("Workloads", "Gone")
    organization.move(MEMBER, organization.find_ou("Sandbox"))
    organization.remove_ou(gone)
    assert read(reader, MEMBER, with_tags=False).ou_path == ("Sandbox",)


def test_the_walk_is_taken_only_when_there_are_no_paths(client):
    new, old = Stripping(client), Stripping(client, "Paths")
    AwsOrganization(client=new).get_account(MEMBER, with_tags=False)
    AwsOrganization(client=old).get_account(MEMBER, with_tags=False)
    assert "list_parents" not in new.calls
    assert old.calls.count("list_parents") == 3


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.UNKNOWN])
def test_every_state_is_known(cloud, client, state):
    cloud.organization.accounts[MEMBER].state = str(state)
    account = read(AwsOrganization(client=client), MEMBER, with_tags=False)
    assert account.state is state
    assert account.active == (state is AccountState.ACTIVE)


def test_state_goes_before_status(cloud, client):
    # Status knows fewer words: it calls an account that waits for its activation ACTIVE.
    cloud.organization.accounts[MEMBER].state = "PENDING_ACTIVATION"
    assert not read(AwsOrganization(client=client), MEMBER, with_tags=False).active


@pytest.mark.parametrize("members", [(), ("Paths",)], ids=["new", "old"])
def test_a_state_of_a_later_release_is_not_active(cloud, client, members):
    cloud.organization.accounts[MEMBER].state = "HIBERNATING"
    account = read(AwsOrganization(client=Stripping(client, *members)), MEMBER, with_tags=False)
    assert account.state is AccountState.UNKNOWN
    assert not account.active


def test_an_account_without_any_state_is_not_active(client):
    account = read(AwsOrganization(client=Stripping(client, "State", "Status")), MEMBER, with_tags=False)
    assert account.state is AccountState.UNKNOWN


def test_an_account_without_a_name_is_no_error(client):
    assert read(AwsOrganization(client=Stripping(client, "Name")), MEMBER, with_tags=False).name == ""


def test_an_unknown_account_is_none(client):
    assert AwsOrganization(client=client).get_account(UNKNOWN, with_tags=False) is None


BROKEN = check_each(
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
)


@check_each(
    "operation",
    ["describe_account", "describe_organizational_unit", "list_parents", "list_tags_for_resource"],
)
@BROKEN
def test_what_could_not_be_asked_is_not_an_unknown_account(client, operation, error):
    reader = AwsOrganization(client=Stripping(client, "Paths", errors={operation: error}))
    with pytest.raises(RetryableError, match="could not be looked up"):
        reader.get_account(MEMBER, with_tags=True)


def test_an_account_that_left_between_two_answers_is_asked_for_again(client):
    gone = client_error("TargetNotFoundException")
    reader = AwsOrganization(client=Stripping(client, errors={"list_tags_for_resource": gone}))
    with pytest.raises(RetryableError, match="TargetNotFoundException"):
        reader.get_account(MEMBER, with_tags=True)


class TestTags:
    def test_are_read_if_they_matter(self, cloud, client):
        tags = {"scope": "pci", "owner": "Ünïcødé", "empty": ""}
        cloud.organization.accounts[MEMBER].tags.update(tags)
        assert read(AwsOrganization(client=client), MEMBER, with_tags=True).tags == tags

    def test_are_not_asked_for_if_they_do_not(self, cloud, client):
        cloud.organization.accounts[MEMBER].tags["scope"] = "pci"
        watched = Stripping(client)
        assert read(AwsOrganization(client=watched), MEMBER, with_tags=False).tags == {}
        assert "list_tags_for_resource" not in watched.calls

    def test_of_all_pages_are_read(self, client):
        pages = [
            {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "2"},
            {"Tags": [], "NextToken": "3"},
            {"Tags": [{"Key": "b", "Value": "2"}]},
        ]

        class Paged(Stripping):
            def list_tags_for_resource(self, **parameters):
                assert parameters["ResourceId"] == MEMBER
                return pages[int(parameters.get("NextToken", 1)) - 1]

        assert read(AwsOrganization(client=Paged(client)), MEMBER, with_tags=True).tags == {
            "a": "1",
            "b": "2",
        }

    def test_change_at_the_next_read(self, cloud, client):
        reader = AwsOrganization(client=client)
        admin = cloud.client("organizations", Caller.role(MANAGEMENT, "Admin", "alice"))
        admin.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "scope", "Value": "pci"}])
        assert read(reader, MEMBER, with_tags=True).tags == {"scope": "pci"}
        admin.untag_resource(ResourceId=MEMBER, TagKeys=["scope"])
        assert read(reader, MEMBER, with_tags=True).tags == {}


@pytest.fixture
def large(cloud):
    """Sandbox with two accounts of its own, 45 more, and 23 in each of three units that are nested in it."""
    organization = cloud.organization
    parent = sandbox = organization.find_ou("Sandbox")
    for number in range(45):
        organization.add_account(name=f"S{number}", email=f"s{number}@example.com", parent=sandbox)
    for depth in range(3):
        parent = organization.add_ou(f"Deeper {depth}", parent)
        for number in range(23):
            name = f"{depth}-{number}"
            organization.add_account(name=name, email=f"{name}@example.com", parent=parent)
    return sandbox


class TestAccountsBelow:
    @pytest.mark.parametrize("empty_pages", [False, True])
    def test_all_pages_of_all_units_are_listed_each_account_once(self, cloud, client, large, empty_pages):
        cloud.organizations.empty_pages = empty_pages
        organization = cloud.organization
        wanted = {key for key in organization.accounts if large in organization.build_path(key).split("/")}
        found = AwsOrganization(client=client).list_accounts_below(large, most=1000)
        assert len(found) == 2 + 45 + 3 * 23
        assert (set(found), len(set(found))) == (wanted, len(found))

    @pytest.mark.parametrize("most", [0, 1, 11, 20, 21, 47, 48, 116, 117])
    def test_no_more_than_are_asked_for(self, client, large, most):
        assert len(AwsOrganization(client=client).list_accounts_below(large, most=most)) == min(most, 116)

    def test_what_is_not_asked_for_is_not_read(self, client, large):
        watched = Stripping(client)
        AwsOrganization(client=watched).list_accounts_below(large, most=11)
        assert watched.calls == ["list_accounts_for_parent"]

    def test_a_unit_without_accounts_has_none(self, cloud, client):
        empty = cloud.organization.add_ou("Empty")
        assert AwsOrganization(client=client).list_accounts_below(empty, most=11) == []

    def test_a_unit_that_is_gone_has_none(self, client):
        assert AwsOrganization(client=client).list_accounts_below("ou-a1b2-zzzzzzzz", most=11) == []

    @pytest.mark.parametrize(
        "operation", ["list_accounts_for_parent", "list_organizational_units_for_parent"]
    )
    @BROKEN
    def test_what_could_not_be_asked_is_not_an_empty_unit(self, client, large, operation, error):
        reader = AwsOrganization(client=Stripping(client, errors={operation: error}))
        with pytest.raises(RetryableError, match="could not be listed"):
            reader.list_accounts_below(large, most=1000)


@pytest.fixture(params=[False, True], ids=["full pages", "empty pages"])
def crowded(request, cloud):
    """Workloads with 45 more units in it, so that listings have pages."""
    cloud.organizations.empty_pages = request.param
    workloads = cloud.organization.find_ou("Workloads")
    for number in range(45):
        cloud.organization.add_ou(f"Team {number:02}", workloads)
    return workloads


class TestUnitAt:
    @pytest.mark.parametrize(
        "path", ["Workloads", "Workloads/Production", "Workloads/Team 00", "Workloads/Team 44"]
    )
    def test_a_path_of_names_leads_to_its_unit(self, cloud, client, crowded, path):
        assert crowded
        assert AwsOrganization(client=client).find_unit(path.split("/")) == cloud.organization.find_ou(path)

    @pytest.mark.parametrize(
        "path", ["Workload", "workloads", "Production", "Sandbox/Production", "Workloads/Team 45"]
    )
    def test_a_path_that_leads_nowhere_is_none(self, client, crowded, path):
        assert crowded
        assert AwsOrganization(client=client).find_unit(path.split("/")) is None

    def test_a_unit_of_the_same_name_elsewhere_is_not_taken_for_it(self, cloud, client):
        sandbox = cloud.organization.find_ou("Sandbox")
        inner = cloud.organization.add_ou("Production", sandbox)
        reader = AwsOrganization(client=client)
        assert reader.find_unit(["Sandbox", "Production"]) == inner
        assert reader.find_unit(["Workloads", "Production"]) == cloud.organization.find_ou(
            "Workloads/Production"
        )

    def test_a_renamed_unit_is_found_by_its_new_name_only(self, cloud, client):
        unit = cloud.organization.find_ou("Workloads/Production")
        cloud.organization.rename_ou(unit, "Prod")
        reader = AwsOrganization(client=client)
        assert reader.find_unit(["Workloads", "Production"]) is None
        assert reader.find_unit(["Workloads", "Prod"]) == unit

    @pytest.mark.parametrize("operation", ["list_roots", "list_organizational_units_for_parent"])
    @BROKEN
    def test_what_could_not_be_asked_is_not_a_path_that_leads_nowhere(self, client, operation, error):
        reader = AwsOrganization(client=Stripping(client, errors={operation: error}))
        with pytest.raises(RetryableError, match="the units could not be listed"):
            reader.find_unit(["Workloads"])


class TestUnitPath:
    @pytest.mark.parametrize("empty_pages", [False, True])
    @pytest.mark.parametrize("path", ["Workloads", "Workloads/Production", "Sandbox"])
    def test_is_the_way_back_of_unit_at(self, cloud, client, path, empty_pages):
        cloud.organizations.empty_pages = empty_pages
        reader = AwsOrganization(client=client)
        unit = reader.find_unit(path.split("/"))
        assert list(reader.get_unit_path(str(unit)) or ()) == path.split("/")

    def test_a_new_name_shows_at_the_next_read_in_all_units_below_it(self, cloud, client):
        reader = AwsOrganization(client=client)
        unit = cloud.organization.find_ou("Workloads/Production")
        cloud.organization.rename_ou(cloud.organization.find_ou("Workloads"), "Work")
        assert list(reader.get_unit_path(unit) or ()) == ["Work", "Production"]

    def test_a_unit_that_is_gone_is_none(self, client):
        assert AwsOrganization(client=client).get_unit_path("ou-a1b2-zzzzzzzz") is None

    def test_a_unit_that_goes_between_two_answers_is_none(self, cloud, client):
        gone = client_error("OrganizationalUnitNotFoundException")
        reader = AwsOrganization(client=Stripping(client, errors={"describe_organizational_unit": gone}))
        assert reader.get_unit_path(cloud.organization.find_ou("Workloads/Production")) is None

    @pytest.mark.parametrize("operation", ["list_parents", "describe_organizational_unit"])
    @pytest.mark.parametrize(
        "error",
        [
            client_error("TooManyRequestsException"),
            client_error("ServiceException", 500),
            client_error("AccessDeniedException"),
            EndpointConnectionError(endpoint_url="https://organizations.us-east-1.amazonaws.com"),
        ],
        ids=str,
    )
    def test_what_could_not_be_asked_is_not_a_unit_that_is_gone(self, cloud, client, operation, error):
        reader = AwsOrganization(client=Stripping(client, errors={operation: error}))
        with pytest.raises(RetryableError, match="the unit could not be looked up"):
            reader.get_unit_path(cloud.organization.find_ou("Workloads/Production"))


class TestPolicies:
    def policies(self, cloud):
        admin = cloud.client("organizations", Caller.role(MANAGEMENT, "Admin", "alice"))
        admin.enable_policy_type(RootId=cloud.organization.root_id, PolicyType="SERVICE_CONTROL_POLICY")
        document = '{"Statement": [{"Effect": "Deny", "Action": "account:*", "Resource": "*"}]}'
        made = [
            admin.create_policy(Name=name, Description="", Type="SERVICE_CONTROL_POLICY", Content=document)
            for name in (*(f"other-{number}" for number in range(25)), "rollcall-guardrail")
        ]
        return made[-1]["Policy"]["PolicySummary"]["Id"]

    @pytest.mark.parametrize("empty_pages", [False, True])
    def test_are_those_of_every_page(self, cloud, client, empty_pages):
        policy = self.policies(cloud)
        cloud.organizations.empty_pages = empty_pages
        found = AwsOrganization(client=client).list_policies()
        assert found[policy] == "rollcall-guardrail"
        assert set(found.values()) >= {f"other-{number}" for number in range(25)}

    @pytest.mark.parametrize(
        "error",
        [
            client_error("TooManyRequestsException"),
            client_error("ServiceException", 500),
            client_error("AccessDeniedException"),
            EndpointConnectionError(endpoint_url="https://organizations.us-east-1.amazonaws.com"),
        ],
        ids=str,
    )
    def test_are_not_none_if_it_could_not_be_asked(self, client, error):
        reader = AwsOrganization(client=Stripping(client, errors={"list_policies": error}))
        with pytest.raises(RetryableError, match="the policies could not be listed"):
            reader.list_policies()


@EVERY_SDK
def test_empty_pages_are_read_on(cloud, client, members):
    cloud.organizations.empty_pages = True
    cloud.organization.accounts[MEMBER].tags["scope"] = "pci"
    account = read(AwsOrganization(client=Stripping(client, *members)), MEMBER, with_tags=True)
    assert (account.ou_path, account.tags) == (("Workloads", "Development"), {"scope": "pci"})


def test_somebody_without_the_right_to_read_is_told_so(cloud):
    stranger = cloud.client("organizations", Caller.role(MEMBER, "Dev", "mary"))
    with pytest.raises(RetryableError, match="AccessDeniedException"):
        AwsOrganization(client=stranger).get_account(MEMBER, with_tags=False)
