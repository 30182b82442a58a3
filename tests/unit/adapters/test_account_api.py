"""The Account API as the hub sees it: three answers, two refusals, and no more calls than its share."""

import traceback
from contextlib import suppress
from dataclasses import replace

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.errors import FIXES, Denial
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.errors import RetryableError, WriteRefusedError
from rollcall.timing import QUOTAS, make_buckets
from simulation import ApiError, Caller, SimulatedCloud, VirtualClock, make_example_organization
from tests.support.account_errors import ERRORS, text_of
from tests.support.samples import FOUND, HUB, MANAGEMENT, MEMBER, WANTED, Refusing, client_error, leaks

ROLE = Caller.role(HUB, "rollcall-reconcile", "reconcile")
SECURITY = ContactKind.SECURITY
URL = "https://account.us-east-1.amazonaws.com"


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def cloud(clock):
    return SimulatedCloud(make_example_organization(clock), clock)


OPERATIONS = ("get_alternate_contact", "put_alternate_contact", "delete_alternate_contact")


def api_over(client, clock, share=1.0):
    return OneModeAccountApi(
        client=client, clock=clock, buckets=make_buckets(share=share, now=clock.now().timestamp())
    )


@pytest.fixture
def api(cloud, clock):
    return api_over(cloud.client("account", ROLE), clock)


class TestAgainstTheSimulation:
    def test_absent_until_set(self, api):
        assert api.get(MEMBER, SECURITY) == Absent()

    @pytest.mark.parametrize("kind", list(ContactKind))
    def test_present_with_all_four_values_once_set(self, api, kind):
        api.put(MEMBER, kind, WANTED)
        assert api.get(MEMBER, kind) == Present(contact=WANTED)

    def test_only_the_named_kind_is_touched(self, api, cloud):
        api.put(MEMBER, SECURITY, WANTED)
        assert set(cloud.organization.accounts[MEMBER].contacts) == {"SECURITY"}
        assert api.get(MEMBER, ContactKind.BILLING) == Absent()

    def test_the_request_id_is_the_one_that_cloudtrail_shows(self, api, cloud):
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]))
        request_id = api.put(MEMBER, SECURITY, WANTED)
        assert [event["requestID"] for event in events] == [request_id]

    @pytest.mark.parametrize("kind", list(ContactKind))
    def test_deleted_is_absent_and_the_request_id_is_the_one_that_cloudtrail_shows(self, api, cloud, kind):
        for each in ContactKind:
            api.put(MEMBER, each, WANTED)
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]))
        request_id = api.delete(MEMBER, kind)
        assert [(event["eventName"], event["requestID"]) for event in events] == [
            ("DeleteAlternateContact", request_id)
        ]
        assert api.get(MEMBER, kind) == Absent()
        assert set(cloud.organization.accounts[MEMBER].contacts) == {*ContactKind} - {kind}

    def test_what_is_gone_already_is_deleted_and_its_request_id_known(self, api, cloud):
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]))
        assert api.delete(MEMBER, SECURITY) == events[0]["requestID"]

    def test_a_lost_answer_may_mean_deleted(self, api, cloud):
        api.put(MEMBER, SECURITY, WANTED)
        lost = ApiError("InternalServerException", "", 500)
        cloud.account.fail_next("DeleteAlternateContact", lost, applied=True)
        with pytest.raises(RetryableError):
            api.delete(MEMBER, SECURITY)
        assert api.get(MEMBER, SECURITY) == Absent()

    def test_of_management_nothing_is_deleted(self, api):
        with pytest.raises(WriteRefusedError) as caught:
            api.delete(MANAGEMENT, SECURITY)
        assert (caught.value.reason, caught.value.denied) == (FIXES[Denial.MANAGEMENT_ACCOUNT], True)

    def test_the_hub_reaches_itself_as_any_other_account(self, api):
        api.put(HUB, SECURITY, WANTED)
        assert api.get(HUB, SECURITY) == Present(contact=WANTED)

    def test_management_is_unreadable_and_the_reason_says_why(self, api):
        fix = FIXES[Denial.MANAGEMENT_ACCOUNT]
        assert api.get(MANAGEMENT, SECURITY) == Unreadable(reason=fix, denied=True)
        with pytest.raises(WriteRefusedError) as caught:
            api.put(MANAGEMENT, SECURITY, WANTED)
        assert caught.value.reason == fix

    def test_unreadable_while_trusted_access_is_off(self, api, cloud):
        cloud.organization.trusted_access.clear()
        fix = FIXES[Denial.TRUSTED_ACCESS]
        assert api.get(MEMBER, SECURITY) == Unreadable(reason=fix, denied=True)

    def test_unreadable_when_the_hub_is_not_delegated(self, api, cloud):
        cloud.organization.delegated_administrators.clear()
        assert api.get(MEMBER, SECURITY) == Unreadable(reason=FIXES[Denial.NOT_DELEGATED], denied=True)

    def test_a_value_that_aws_refuses_is_refused_for_good(self, api, cloud):
        bad = replace(WANTED, email="o'neil@private.example")
        with pytest.raises(WriteRefusedError, match="ValidationException") as caught:
            api.put(MEMBER, SECURITY, bad)
        assert not leaks(_everything(caught.value), [bad, WANTED])
        assert not cloud.organization.accounts[MEMBER].contacts

    def test_a_lost_answer_may_mean_written(self, api, cloud):
        lost = ApiError("InternalServerException", "", 500)
        cloud.account.fail_next("PutAlternateContact", lost, applied=True)
        with pytest.raises(RetryableError):
            api.put(MEMBER, SECURITY, WANTED)
        assert api.get(MEMBER, SECURITY) == Present(contact=WANTED)

    def test_values_that_an_answer_lacks_are_empty_not_an_error(self, clock):
        class Client:
            def get_alternate_contact(self, **_):
                return {"AlternateContact": {"EmailAddress": "a@b.example"}}

        found = api_over(Client(), clock).get(MEMBER, SECURITY)
        assert found.contact.as_document() == {"name": "", "title": "", "email": "a@b.example", "phone": ""}


def _everything(error):
    """What any log may show of an exception: text, repr, arguments, and the chain as it is printed."""
    return "".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])


def _as_error(row):
    message = text_of(row, arn=ROLE.arn, phone=WANTED.phone, email=FOUND.email)
    return client_error(row["code"], row["http"], message)


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: f"{row['operation']}: {row['case']}")
class TestEveryKnownAnswer:
    def call(self, row, clock):
        error = _as_error(row)
        api = api_over(Refusing(dict.fromkeys(OPERATIONS, error)), clock)
        return CALLS[row["operation"]](api)

    def test_means_what_it_means(self, row, clock):
        answer = row["answer"]
        if answer == "transient":
            with pytest.raises(RetryableError, match=row["code"] or "UnknownError"):
                self.call(row, clock)
            return
        reason = FIXES[Denial(row["denial"])] if answer == "denied" else f"answered {row['code'] or 'Unkn'}"
        if answer == "done":
            assert self.call(row, clock) == "r-1"
        elif row["operation"] != "GetAlternateContact":
            with pytest.raises(WriteRefusedError) as caught:
                self.call(row, clock)
            assert reason in caught.value.reason
        elif answer == "absent":
            assert self.call(row, clock) == Absent()
        else:
            found = self.call(row, clock)
            assert isinstance(found, Unreadable)
            assert reason in found.reason
            assert found.denied == (answer == "denied")

    def test_tells_no_contact_details(self, row, clock):
        try:
            told = repr(self.call(row, clock))
        except (RetryableError, WriteRefusedError) as error:
            told = _everything(error)
        assert not leaks(told)
        assert MEMBER not in told.partition("Traceback")[0]


def test_only_one_answer_means_absent(clock):
    codes = {row["code"] for row in ERRORS} - {"ResourceNotFoundException"}
    for code in codes | {"NotFoundException", "NoSuchEntity", "AccountNotFoundException"}:
        api = api_over(Refusing({"get_alternate_contact": client_error(code, 404)}), clock)
        try:
            assert isinstance(api.get(MEMBER, SECURITY), Unreadable)
        except RetryableError:
            continue


@pytest.mark.parametrize(
    "error", [ReadTimeoutError(endpoint_url=URL), ConnectTimeoutError(endpoint_url=URL)], ids=str
)
def test_no_answer_at_all_is_tried_again(clock, error):
    api = api_over(Refusing(dict.fromkeys(OPERATIONS, error)), clock)
    with pytest.raises(RetryableError, match="could not be read"):
        api.get(MEMBER, SECURITY)
    with pytest.raises(RetryableError, match="could not be written"):
        api.put(MEMBER, SECURITY, WANTED)
    with pytest.raises(RetryableError, match="could not be written"):
        api.delete(MEMBER, SECURITY)


class Timed:
    """A client that notes when it was called."""

    def __init__(self, client, clock, times):
        self._client, self._clock, self._times = client, clock, times

    def __getattr__(self, name):
        def call(**parameters):
            self._times.append(self._clock.now().timestamp())
            return getattr(self._client, name)(**parameters)

        return call


CALLS = {
    "GetAlternateContact": lambda api: api.get(MEMBER, SECURITY),
    "PutAlternateContact": lambda api: api.put(MEMBER, SECURITY, WANTED),
    "DeleteAlternateContact": lambda api: api.delete(MEMBER, SECURITY),
}


class TestPacing:
    @pytest.mark.parametrize("operation", CALLS)
    @pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
    def test_forty_calls_stay_within_the_share(self, cloud, clock, operation, share):
        times: list[float] = []
        api = api_over(Timed(cloud.client("account", ROLE), clock, times), clock, share)
        for _ in range(40):
            CALLS[operation](api)  # a 429 of the simulation would raise
        rate, burst = (share * value for value in QUOTAS[operation])
        for first in range(40):
            for last in range(first, 40):
                allowed = burst + rate * (times[last] - times[first]) + 1e-3
                assert last - first + 1 <= allowed
        # And no slower than that: the whole share is used.
        assert times[-1] - times[0] <= (40 - burst) / rate + 1e-3

    @pytest.mark.parametrize("operation", CALLS)
    def test_two_workers_at_half_rate_share_the_quota(self, cloud, clock, operation):
        workers = [api_over(cloud.client("account", ROLE), clock, 0.5) for _ in range(2)]
        for turn in range(80):
            CALLS[operation](workers[turn % 2])

    def test_the_first_calls_do_not_wait(self, cloud, clock):
        start = clock.now()
        api = api_over(cloud.client("account", ROLE), clock, 0.5)
        for kind in ContactKind:
            api.get(MEMBER, kind)
            api.put(MEMBER, kind, WANTED)
            api.get(MEMBER, kind)
        assert clock.now() == start

    def test_reads_and_writes_have_their_own_quota(self, cloud, clock):
        api = api_over(cloud.client("account", ROLE), clock, 0.5)
        for _ in range(7):
            api.get(MEMBER, SECURITY)
        before = clock.now()
        api.put(MEMBER, SECURITY, WANTED)
        assert clock.now() == before

    def test_after_a_rest_there_is_a_burst_but_not_more(self):
        [bucket] = [make_buckets(share=0.5, now=0.0)["GetAlternateContact"]]
        for _ in range(7):
            assert bucket.reserve(0.0) == 0.0
        waits = [bucket.reserve(3600.0) for _ in range(8)]
        assert waits[:7] == [0.0] * 7
        assert waits[7] > 0

    def test_a_clock_that_is_set_back_does_not_stop_the_worker(self):
        bucket = make_buckets(share=0.5, now=1000.0)["GetAlternateContact"]
        bucket.reserve(1000.0)
        assert bucket.reserve(940.0) == 0.0
        assert all(bucket.reserve(941.0 + second) == 0.0 for second in range(60))

    def test_a_failed_call_has_spent_its_token(self, clock):
        client = Refusing({"get_alternate_contact": client_error("TooManyRequestsException", 429)})
        api = api_over(client, clock, 0.5)
        start = clock.now()
        for _ in range(20):
            with pytest.raises(RetryableError):
                api.get(MEMBER, SECURITY)
        assert (clock.now() - start).total_seconds() == pytest.approx((20 - 7.5) / 5, abs=0.01)


class ToldPace:
    """A pace that remembers what it was told."""

    def __init__(self):
        self.told = []

    def reserve(self, _now):
        self.told.append("reserve")
        return 0.0

    def slow_down(self, _now):
        self.told.append("throttled")

    def speed_up(self, _now):
        self.told.append("succeeded")


class TestPaceIsTold:
    CALLS = pytest.mark.parametrize(
        ("name", "call"),
        [
            ("GetAlternateContact", lambda api: api.get(MEMBER, SECURITY)),
            ("PutAlternateContact", lambda api: api.put(MEMBER, SECURITY, WANTED)),
            ("DeleteAlternateContact", lambda api: api.delete(MEMBER, SECURITY)),
        ],
        ids=["get", "put", "delete"],
    )

    @pytest.fixture
    def pace(self):
        return ToldPace()

    @CALLS
    def test_of_an_answer_even_if_nothing_is_there(self, cloud, clock, pace, name, call):
        client = cloud.client("account", ROLE)
        call(OneModeAccountApi(client=client, clock=clock, buckets={name: pace}))
        assert pace.told == ["reserve", "succeeded"]

    @CALLS
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (client_error("TooManyRequestsException", 429), ["reserve", "throttled"]),
            (client_error("AccessDeniedException", 403), ["reserve", "succeeded"]),
            (ReadTimeoutError(endpoint_url=URL), ["reserve"]),
        ],
        ids=["too many", "denied", "no answer"],
    )
    def test_of_a_refusal_only_if_there_were_too_many_calls(self, pace, name, call, error, told):
        client = Refusing(dict.fromkeys(OPERATIONS, error))
        api = OneModeAccountApi(client=client, clock=VirtualClock(), buckets={name: pace})
        with suppress(RetryableError, WriteRefusedError):
            call(api)
        assert pace.told == told
