"""All accounts of an organization: pages, places, old SDKs, a busy service, and how many calls it took."""

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.account_listing import OrganizationAccounts
from rollcall.adapters.organizations import AwsOrganization
from rollcall.model.account import AccountState
from rollcall.model.errors import RetryableError
from rollcall.timing import ORGANIZATIONS, make_paces
from simulation import Caller
from simulation.paging import start_empty
from tests.support.samples import HUB, MANAGEMENT, MEMBER, Refusing, client_error

BUSY = client_error("TooManyRequestsException", 400)
#: OUs of the example organization, and those of them, with the root, that have accounts below another one.
UNITS, ABOVE = 5, 2


class Listing:
    """An Organizations client that remembers its calls; `change` may turn an answer into another."""

    def __init__(self, cloud, change=lambda _name, _parameters, answer: answer, busy=0):
        self._client = cloud.client("organizations", Caller.role(HUB, "rollcall-sweep", "sweep"))
        self._change, self._busy, self.calls = change, busy, []

    def __getattr__(self, name):
        def call(**parameters):
            self.calls.append((name, parameters))
            if self._busy > 0:
                self._busy -= 1
                raise BUSY
            return self._change(name, parameters, getattr(self._client, name)(**parameters))

        return call


@pytest.fixture
def pace(clock):
    return make_paces(now=clock.now().timestamp()).by_operation[ORGANIZATIONS]


def accounts_of(client, clock, pace):
    return OrganizationAccounts(client=client, clock=clock, pace=pace)


def without(*members):
    def change(_name, _parameters, answer):
        for account in answer.get("Accounts", []):
            for member in members:
                account.pop(member, None)
        return answer

    return change


EVERY_SDK = pytest.mark.parametrize(
    "members", [(), ("State",), ("Paths",), ("Status",), ("State", "Paths")], ids="+".join
)


@EVERY_SDK
def test_every_account_is_as_one_by_one(cloud, clock, pace, members):
    one_by_one = AwsOrganization(client=cloud.client("organizations", Caller.role(HUB, "r", "s")))
    listed = accounts_of(Listing(cloud, without(*members)), clock, pace).list_accounts()
    known = sorted(cloud.organization.accounts)
    assert sorted(listed, key=lambda account: account.id) == [
        one_by_one.get_account(account_id, with_tags=False) for account_id in known
    ]


def test_all_pages_are_read_and_each_is_as_large_as_it_may_be(cloud, clock, pace):
    for number in range(244):
        cloud.organization.add_account(name=f"A{number}", email=f"a{number}@example.com")
    client = Listing(cloud)
    accounts = accounts_of(client, clock, pace)
    listed = list(accounts.list_accounts())
    assert len(listed) == len({account.id for account in listed}) == 250
    listings = [parameters for name, parameters in client.calls if name == "list_accounts"]
    assert len(listings) == 13
    assert all(parameters["MaxResults"] == 20 for parameters in listings)
    assert accounts.reads == len(client.calls) == 13 + ABOVE


def test_without_paths_every_unit_is_asked_for_its_accounts_and_units(cloud, clock, pace):
    client = Listing(cloud, without("Paths"))
    accounts = accounts_of(client, clock, pace)
    assert len(list(accounts.list_accounts())) == len(cloud.organization.accounts)
    assert accounts.reads == len(client.calls) == 1 + 1 + 2 * (1 + UNITS)


def test_an_account_on_two_pages_is_listed_once(cloud, clock, pace):
    def change(name, _parameters, answer):
        return answer | {"Accounts": answer["Accounts"] * 2} if name == "list_accounts" else answer

    listed = [account.id for account in accounts_of(Listing(cloud, change), clock, pace).list_accounts()]
    assert sorted(listed) == sorted(cloud.organization.accounts)


def test_the_next_page_is_asked_for_when_it_is_needed(cloud, clock, pace):
    for number in range(44):
        cloud.organization.add_account(name=f"A{number}", email=f"a{number}@example.com")
    client = Listing(cloud)
    next(accounts_of(client, clock, pace).list_accounts())
    assert [name for name, _ in client.calls] == ["list_accounts"]


def test_pages_that_begin_empty_and_a_last_token_that_is_empty_are_followed_to_the_end(cloud, clock, pace):
    def change(_name, parameters, answer):
        if "NextToken" not in parameters:
            return start_empty(
                answer, {key: value for key, value in parameters.items() if key != "MaxResults"}
            )
        return {"NextToken": "", **answer}

    listed = list(accounts_of(Listing(cloud, change), clock, pace).list_accounts())
    assert len(listed) == len(cloud.organization.accounts)
    assert {account.id: account.ou_path for account in listed}[MEMBER] == ("Workloads", "Development")


def test_state_wins_over_status_and_a_word_of_tomorrow_is_unknown(cloud, clock, pace):
    def change(_name, _parameters, answer):
        for account in answer.get("Accounts", []):
            account["State"] = {MEMBER: "HIBERNATING", HUB: "PENDING_CLOSURE"}.get(account["Id"], "ACTIVE")
        return answer

    states = {
        account.id: account.state
        for account in accounts_of(Listing(cloud, change), clock, pace).list_accounts()
    }
    assert states[MEMBER] is AccountState.UNKNOWN
    assert states[HUB] is AccountState.PENDING_CLOSURE
    assert states[MANAGEMENT] is AccountState.ACTIVE


def test_a_busy_service_is_asked_again_more_slowly_and_each_try_is_counted(cloud, clock, pace):
    client = Listing(cloud, busy=3)
    accounts = accounts_of(client, clock, pace)
    start = clock.now()
    assert len(list(accounts.list_accounts())) == len(cloud.organization.accounts)
    assert accounts.reads == len(client.calls) == 1 + ABOVE + 3
    assert (clock.now() - start).total_seconds() > 0.5 + 1.0 + 2.0
    assert pace.rate < pace.ceiling


def test_one_that_stays_busy_is_given_up_after_a_minute(cloud, clock, pace):
    client = Listing(cloud, busy=1000)
    start = clock.now()
    with pytest.raises(RetryableError, match="refused list_accounts: TooManyRequestsException"):
        next(accounts_of(client, clock, pace).list_accounts())
    assert 60 < (clock.now() - start).total_seconds() < 90


@pytest.mark.parametrize("error", [client_error("AccessDeniedException", 400, "who@example.com"), BUSY])
def test_tags_are_asked_for_once_because_the_caller_has_its_own_patience(clock, pace, error):
    client = Refusing({"list_tags_for_resource": error})
    with pytest.raises(RetryableError) as caught:
        accounts_of(client, clock, pace).read_tags(MEMBER)
    assert "who@" not in str(caught.value)
    assert len(client.calls) == 1


def test_what_will_not_pass_is_not_asked_again(clock, pace):
    client = Refusing({"list_accounts": client_error("AccessDeniedException", 400)})
    with pytest.raises(RetryableError, match="AccessDeniedException"):
        next(accounts_of(client, clock, pace).list_accounts())
    assert len(client.calls) == 1


def test_a_service_that_does_not_answer_is_busy(clock, pace):
    gone = EndpointConnectionError(endpoint_url="https://organizations.us-east-1.amazonaws.com")
    client = Refusing({"list_accounts": gone})
    with pytest.raises(RetryableError, match="EndpointConnectionError"):
        next(accounts_of(client, clock, pace).list_accounts())
    assert len(client.calls) == 8


def test_tags(cloud, clock, pace):
    cloud.organization.accounts[MEMBER].tags.update(team="zoo", stage="production")
    assert accounts_of(Listing(cloud), clock, pace).read_tags(MEMBER) == {
        "team": "zoo",
        "stage": "production",
    }


def test_calls_are_no_closer_than_the_pace_allows(cloud, clock, pace):
    for number in range(100):
        cloud.organization.add_account(name=f"A{number}", email=f"a{number}@example.com")
    accounts = accounts_of(Listing(cloud), clock, pace)
    start = clock.now()
    assert len(list(accounts.list_accounts())) > 100
    assert (clock.now() - start).total_seconds() == pytest.approx(accounts.reads / 10, abs=1e-4)


def test_a_unit_that_was_made_after_its_parent_was_listed_is_no_nameless_unit(cloud, clock, pace):
    made = cloud.organization.find_ou("Sandbox")

    def change(name, _parameters, answer):
        if name == "list_organizational_units_for_parent":
            units = answer["OrganizationalUnits"]
            answer["OrganizationalUnits"] = [unit for unit in units if unit["Id"] != made]
        return answer

    found = {one.id: one for one in accounts_of(Listing(cloud, change), clock, pace).list_accounts()}
    strange = [one for one in found.values() if one.state is AccountState.UNKNOWN]
    assert {one.id for one in strange} == {"555566667777", "666677778888"}
    assert {(one.parent_ids, one.ou_path) for one in strange} == {((), ())}
    assert found[MEMBER].state is AccountState.ACTIVE


def test_an_account_that_moved_from_unit_to_unit_unseen_is_not_lost_quietly(cloud, clock, pace):
    def change(name, _parameters, answer):
        for account in answer.get("Accounts", []):
            account.pop("Paths", None)
        if name == "list_accounts_for_parent":
            answer["Accounts"] = [account for account in answer["Accounts"] if account["Id"] != MEMBER]
        return answer

    found = {one.id: one for one in accounts_of(Listing(cloud, change), clock, pace).list_accounts()}
    assert (found[MEMBER].state, found[MEMBER].parent_ids) == (AccountState.UNKNOWN, ())
    assert found["444455556666"].state is AccountState.ACTIVE


@pytest.mark.parametrize("odd", [{"State": "RESTING", "Status": "RESTING"}, {"State": None, "Status": None}])
def test_an_account_in_an_odd_state_stops_nobody(cloud, clock, pace, odd):
    def change(_name, _parameters, answer):
        for account in answer.get("Accounts", []):
            if account["Id"] == MEMBER:
                account.update(odd)
        return answer

    found = {one.id: one for one in accounts_of(Listing(cloud, change), clock, pace).list_accounts()}
    assert found[MEMBER].state is AccountState.UNKNOWN
    assert found["444455556666"].state is AccountState.ACTIVE
