"""The Account API as the hub sees it: three answers, two refusals, and no more calls than its share."""

import json
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from rollcall.adapters.account_api import OneModeAccountApi, name_writes
from rollcall.adapters.clients import NO_RETRIES, create_client
from rollcall.adapters.errors import FIXES, Denial
from rollcall.adapters.system import SystemClock
from rollcall.decide.intent import GRACE, LEAST_LEFT
from rollcall.model.contact import ALTERNATE_KINDS, ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.errors import NotMadeError, RetryableError, UnansweredError, WriteRefusedError
from rollcall.timing import QUOTAS, Bucket, make_buckets
from simulation import ApiError, Caller, VirtualClock
from tests.support.account_errors import ERRORS, text_of
from tests.support.cases import check_each
from tests.support.samples import (
    FOUND,
    FOUND_OF,
    HUB,
    INTENT,
    MANAGEMENT,
    MEMBER,
    NOW,
    WANTED,
    WANTED_OF,
    Recording,
    Refusing,
    another,
    client_error,
    leaks,
)

ROLE = Caller.role(HUB, "rollcall-reconcile", "reconcile")
SECURITY, PRIMARY = ContactKind.SECURITY, ContactKind.PRIMARY
#: Of a worker with time for as many calls as a test makes.
UNHURRIED = replace(INTENT, until=NOW + timedelta(days=1))
OTHER = another(UNHURRIED)
URL = "https://account.us-east-1.amazonaws.com"


OPERATIONS = (
    "get_alternate_contact",
    "put_alternate_contact",
    "delete_alternate_contact",
    "get_contact_information",
    "put_contact_information",
)


def api_over(client, clock, share=1.0):
    return OneModeAccountApi(
        client=client, clock=clock, buckets=make_buckets(share=share, now=clock.now().timestamp())
    )


@pytest.fixture
def api(cloud, clock):
    return api_over(name_writes(cloud.client("account", ROLE)), clock)


each_kind = pytest.mark.parametrize("kind", list(ContactKind))


class TestAgainstTheSimulation:
    def test_absent_until_set(self, api):
        assert api.get(MEMBER, SECURITY) == Absent()

    @each_kind
    @pytest.mark.parametrize("contacts", [WANTED_OF, FOUND_OF], ids=["wanted", "found"])
    def test_present_with_all_its_values_once_set(self, api, kind, contacts):
        for contact in (FOUND_OF[kind], contacts[kind]):
            api.put(MEMBER, kind, contact, intent=UNHURRIED)
        assert api.get(MEMBER, kind) == Present(contact=contacts[kind])

    def test_only_the_named_kind_is_touched(self, api, cloud):
        api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        assert set(cloud.organization.accounts[MEMBER].contacts) == {"SECURITY"}
        assert api.get(MEMBER, ContactKind.BILLING) == Absent()
        before = dict(cloud.organization.accounts[MEMBER].contacts)
        api.put(MEMBER, PRIMARY, WANTED_OF[PRIMARY], intent=UNHURRIED)
        assert cloud.organization.accounts[MEMBER].contacts == before

    def test_aws_has_the_country_of_a_primary_contact_in_capitals(self, api):
        given = replace(WANTED_OF[PRIMARY], country_code="us")
        api.put(MEMBER, PRIMARY, given, intent=UNHURRIED)
        found = api.get(MEMBER, PRIMARY)
        assert found.contact.country_code == "US"
        assert found.contact.is_same(given)

    def test_a_primary_contact_is_never_deleted(self, api, cloud):
        before = dict(cloud.organization.accounts[MEMBER].primary)
        with pytest.raises(ValueError, match="cannot delete"):
            api.delete(MEMBER, PRIMARY, intent=UNHURRIED)
        assert cloud.organization.accounts[MEMBER].primary == before

    def test_the_request_id_is_the_one_that_cloudtrail_shows(self, api, cloud):
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]))
        request_id = api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        assert [event["requestID"] for event in events] == [request_id]

    @pytest.mark.parametrize("kind", ALTERNATE_KINDS)
    def test_deleted_is_absent_and_the_request_id_is_the_one_that_cloudtrail_shows(self, api, cloud, kind):
        for each in ALTERNATE_KINDS:
            api.put(MEMBER, each, WANTED, intent=UNHURRIED)
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]))
        request_id = api.delete(MEMBER, kind, intent=UNHURRIED)
        assert [(event["eventName"], event["requestID"]) for event in events] == [
            ("DeleteAlternateContact", request_id)
        ]
        assert api.get(MEMBER, kind) == Absent()
        assert set(cloud.organization.accounts[MEMBER].contacts) == {*ALTERNATE_KINDS} - {kind}

    def test_what_is_gone_already_is_not_deleted_and_the_request_id_of_that_is_known(self, api, cloud):
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]))
        with pytest.raises(NotMadeError, match="ResourceNotFoundException") as caught:
            api.delete(MEMBER, SECURITY, intent=UNHURRIED)
        assert caught.value.request_id == events[0]["requestID"]

    @pytest.mark.parametrize(
        "operation", ["PutAlternateContact", "DeleteAlternateContact", "PutContactInformation"]
    )
    def test_a_throttled_write_was_not_made(self, api, cloud, operation):
        kind = PRIMARY if operation == "PutContactInformation" else SECURITY
        api.put(MEMBER, kind, FOUND_OF[kind], intent=UNHURRIED)
        cloud.account.fail_next(operation, ApiError("TooManyRequestsException", "", 429))
        with pytest.raises(NotMadeError) as caught:
            CALLS[operation](api)
        assert caught.value.request_id
        assert api.get(MEMBER, kind) == Present(contact=FOUND_OF[kind])

    def test_a_lost_answer_may_mean_deleted(self, api, cloud):
        api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        lost = ApiError("InternalServerException", "", 500)
        cloud.account.fail_next("DeleteAlternateContact", lost, applied=True)
        with pytest.raises(UnansweredError):
            api.delete(MEMBER, SECURITY, intent=UNHURRIED)
        assert api.get(MEMBER, SECURITY) == Absent()

    def test_of_management_nothing_is_deleted(self, api):
        with pytest.raises(WriteRefusedError) as caught:
            api.delete(MANAGEMENT, SECURITY, intent=UNHURRIED)
        assert (caught.value.reason, caught.value.denied) == (FIXES[Denial.MANAGEMENT_ACCOUNT], True)

    @each_kind
    def test_the_hub_reaches_itself_as_any_other_account(self, api, kind):
        api.put(HUB, kind, WANTED_OF[kind], intent=UNHURRIED)
        assert api.get(HUB, kind) == Present(contact=WANTED_OF[kind])

    @each_kind
    def test_management_is_unreadable_and_the_reason_says_why(self, api, kind):
        fix = FIXES[Denial.MANAGEMENT_ACCOUNT]
        assert api.get(MANAGEMENT, kind) == Unreadable(reason=fix, denied=True)
        with pytest.raises(WriteRefusedError) as caught:
            api.put(MANAGEMENT, kind, WANTED_OF[kind], intent=UNHURRIED)
        assert caught.value.reason == fix

    @each_kind
    def test_unreadable_while_trusted_access_is_off(self, api, cloud, kind):
        cloud.organization.trusted_access.clear()
        fix = FIXES[Denial.TRUSTED_ACCESS]
        assert api.get(MEMBER, kind) == Unreadable(reason=fix, denied=True)

    @each_kind
    def test_unreadable_when_the_hub_is_not_delegated(self, api, cloud, kind):
        cloud.organization.delegated_administrators.clear()
        assert api.get(MEMBER, kind) == Unreadable(reason=FIXES[Denial.NOT_DELEGATED], denied=True)

    @pytest.mark.parametrize(
        ("kind", "bad"),
        [
            (SECURITY, {"email": "o'neil@private.example"}),
            (PRIMARY, {"phone": "206 555 031459"}),
            (PRIMARY, {"country_code": "USA"}),
            (PRIMARY, {"state_or_region": ""}),
            (PRIMARY, {"address_line1": "x" * 61}),
        ],
    )
    def test_a_value_that_aws_refuses_is_refused_for_good(self, api, cloud, kind, bad):
        refused = replace(WANTED_OF[kind], **bad)
        before = dict(cloud.organization.accounts[MEMBER].primary)
        with pytest.raises(WriteRefusedError, match="ValidationException") as caught:
            api.put(MEMBER, kind, refused, intent=UNHURRIED)
        assert not leaks(_everything(caught.value), [refused, WANTED_OF[kind]])
        assert not cloud.organization.accounts[MEMBER].contacts
        assert cloud.organization.accounts[MEMBER].primary == before

    @each_kind
    def test_a_lost_answer_may_mean_written(self, api, cloud, kind):
        lost = ApiError("InternalServerException", "", 500)
        operation = "PutContactInformation" if kind is PRIMARY else "PutAlternateContact"
        cloud.account.fail_next(operation, lost, applied=True)
        with pytest.raises(UnansweredError):
            api.put(MEMBER, kind, WANTED_OF[kind], intent=UNHURRIED)
        assert api.get(MEMBER, kind) == Present(contact=WANTED_OF[kind])

    @pytest.mark.parametrize(
        ("kind", "answer", "expected"),
        [
            (SECURITY, {"AlternateContact": {"EmailAddress": "a@b.example"}}, {"email": "a@b.example"}),
            (PRIMARY, {"ContactInformation": {"City": "Seattle"}}, {"city": "Seattle"}),
        ],
    )
    def test_values_that_an_answer_lacks_are_empty_not_an_error(self, clock, kind, answer, expected):
        found = api_over(Recording([answer]), clock).get(MEMBER, kind)
        assert found.contact.as_document() == expected


def _everything(error):
    """What any log may show of an exception: text, repr, arguments, and the chain as it is printed."""
    return "".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])


def _as_error(row):
    message = text_of(row, arn=ROLE.arn, phone=WANTED.phone, email=FOUND.email)
    return client_error(row["code"], row["http"], message)


#: What AWS answers about an alternate contact, of a primary one as well.
_PRIMARY = {
    "GetAlternateContact": "GetContactInformation",
    "PutAlternateContact": "PutContactInformation",
}
ROWS = ERRORS + [
    row | {"operation": _PRIMARY[row["operation"]]} for row in ERRORS if row["operation"] in _PRIMARY
]


class TestEveryKnownAnswer:
    def call(self, row, clock):
        error = _as_error(row)
        api = api_over(Refusing(dict.fromkeys(OPERATIONS, error)), clock)
        return CALLS[row["operation"]](api)

    @check_each("row", ROWS)
    def test_means_what_it_means(self, row, clock):
        answer = row["answer"]
        kind_of_error = {"transient": RetryableError, "not-made": NotMadeError, "unanswered": UnansweredError}
        if answer in kind_of_error:
            with pytest.raises(RetryableError, match=row["code"] or "UnknownError") as passing:
                self.call(row, clock)
            assert type(passing.value) is kind_of_error[answer]
            # It is in CloudTrail, too: that is how its event is known as ours.
            assert answer == "transient" or vars(passing.value)["request_id"] == "r-1"
            return
        reason = FIXES[Denial(row["denial"])] if answer == "denied" else f"answered {row['code'] or 'Unkn'}"
        if not row["operation"].startswith("Get"):
            with pytest.raises(WriteRefusedError) as caught:
                self.call(row, clock)
            assert reason in caught.value.reason
            assert caught.value.request_id == "r-1"
        elif answer == "absent":
            assert self.call(row, clock) == Absent()
        else:
            found = self.call(row, clock)
            assert isinstance(found, Unreadable)
            assert reason in found.reason
            assert found.denied == (answer == "denied")

    @check_each("row", ROWS)
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
        api = api_over(Refusing(dict.fromkeys(OPERATIONS, client_error(code, 404))), clock)
        for kind in ContactKind:
            with suppress(RetryableError):
                assert isinstance(api.get(MEMBER, kind), Unreadable)


WRITES = {
    "put": lambda api, intent: api.put(MEMBER, SECURITY, WANTED, intent=intent),
    "delete": lambda api, intent: api.delete(MEMBER, SECURITY, intent=intent),
    "put-primary": lambda api, intent: api.put(MEMBER, PRIMARY, WANTED_OF[PRIMARY], intent=intent),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))


class TestNoAnswerAtAll:
    @pytest.mark.parametrize(
        "error", [ReadTimeoutError(endpoint_url=URL), ConnectTimeoutError(endpoint_url=URL)], ids=str
    )
    def test_a_read_is_tried_again(self, clock, error):
        with pytest.raises(RetryableError, match="could not be read"):
            api_over(Refusing(dict.fromkeys(OPERATIONS, error)), clock).get(MEMBER, SECURITY)

    @pytest.mark.parametrize(
        "error",
        [
            ReadTimeoutError(endpoint_url=URL),
            ConnectionClosedError(endpoint_url=URL),
            client_error("RequestTimeout", 408),
            client_error("ServiceUnavailable", 503),
        ],
        ids=str,
    )
    @each_write
    def test_of_a_write_nobody_knows_whether_it_was_made(self, clock, write, error):
        api = api_over(Refusing(dict.fromkeys(OPERATIONS, error)), clock)
        with pytest.raises(UnansweredError, match="could not be written") as caught:
            write(api, UNHURRIED)
        assert caught.value.request_id == ("r-1" if isinstance(error, ClientError) else None)

    @pytest.mark.parametrize(
        "error",
        [
            ConnectTimeoutError(endpoint_url=URL),
            EndpointConnectionError(endpoint_url=URL),
            NoCredentialsError(),
        ],
        ids=str,
    )
    @each_write
    def test_what_reached_no_one_was_not_sent(self, clock, write, error):
        api = api_over(Refusing(dict.fromkeys(OPERATIONS, error)), clock)
        with pytest.raises(RetryableError, match="could not be written") as caught:
            write(api, UNHURRIED)
        assert type(caught.value) is RetryableError

    @each_write
    def test_credentials_that_ended_are_an_answer(self, clock, write):
        ended = client_error("ExpiredTokenException", 403)
        api = api_over(Refusing(dict.fromkeys(OPERATIONS, ended)), clock)
        with pytest.raises(NotMadeError) as caught:
            write(api, UNHURRIED)
        assert caught.value.request_id == "r-1"


class TestTimeThatIsLeft:
    """A call whose answer would come to nobody is not sent."""

    @each_write
    @pytest.mark.parametrize(("late", "sent"), [(-1, 1), (0, 1), (1, 0), (3600, 0)])
    def test_nothing_is_sent_when_it_is_too_late(self, clock, write, late, sent):
        client = Recording([{"ResponseMetadata": {"RequestId": "r-1"}}])
        start = clock.now()
        intent = replace(INTENT, until=start - timedelta(seconds=late) + LEAST_LEFT + GRACE)
        expected = nullcontext() if sent else pytest.raises(RetryableError, match="too little time")
        with expected as caught:
            write(api_over(client, clock), intent)
        assert len(client.calls) == sent
        assert caught is None or type(caught.value) is RetryableError
        assert clock.now() == start

    @each_write
    def test_the_wait_for_its_turn_counts(self, clock, write):
        client = Recording([{"ResponseMetadata": {"RequestId": "r-1"}}] * 80)
        api = api_over(client, clock, 0.1)
        start = clock.now()
        intent = replace(INTENT, until=start + timedelta(seconds=15) + LEAST_LEFT + GRACE)

        def write_on():
            while True:
                write(api, intent)

        with pytest.raises(RetryableError, match="too little time"):
            write_on()
        assert 1 < len(client.calls) < 80
        assert timedelta(seconds=5) < clock.now() - start <= timedelta(seconds=15)


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
    "PutAlternateContact": lambda api: api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED),
    "DeleteAlternateContact": lambda api: api.delete(MEMBER, SECURITY, intent=UNHURRIED),
    "GetContactInformation": lambda api: api.get(MEMBER, PRIMARY),
    "PutContactInformation": lambda api: api.put(MEMBER, PRIMARY, WANTED_OF[PRIMARY], intent=UNHURRIED),
}


def delete_what_may_be_there(api):
    """Of nothing, it spends the same."""
    with suppress(NotMadeError):
        api.delete(MEMBER, SECURITY, intent=UNHURRIED)


PACED = CALLS | {"DeleteAlternateContact": delete_what_may_be_there}


class TestPacing:
    @pytest.mark.parametrize("operation", CALLS)
    @pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
    def test_forty_calls_stay_within_the_share(self, cloud, clock, operation, share):
        times: list[float] = []
        api = api_over(Timed(cloud.client("account", ROLE), clock, times), clock, share)
        for _ in range(40):
            PACED[operation](api)  # a 429 of the simulation would raise
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
            PACED[operation](workers[turn % 2])

    def test_the_first_calls_do_not_wait(self, cloud, clock):
        start = clock.now()
        api = api_over(cloud.client("account", ROLE), clock, 0.5)
        for kind in ContactKind:
            api.get(MEMBER, kind)
            api.put(MEMBER, kind, WANTED_OF[kind], intent=UNHURRIED)
            api.get(MEMBER, kind)
        assert clock.now() == start

    def test_reads_and_writes_have_their_own_quota(self, cloud, clock):
        api = api_over(cloud.client("account", ROLE), clock, 0.5)
        for _ in range(7):
            api.get(MEMBER, SECURITY)
        before = clock.now()
        api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        assert clock.now() == before

    def test_reads_that_may_wait_do_and_share_the_quota_of_writes(self, cloud, clock):
        api = api_over(cloud.client("account", ROLE), clock, 0.5)
        slow = api.pace_reads(Bucket(rate=1.0, burst=1.0, tokens=1.0, at=clock.now().timestamp()))
        start = clock.now()
        for _ in range(4):
            slow.get(MEMBER, SECURITY)
        assert (clock.now() - start).total_seconds() == pytest.approx(3.0)
        start = clock.now()
        for _ in range(7):
            api.get(MEMBER, SECURITY)
        assert clock.now() == start
        for number in range(8):
            (api, slow)[number % 2].put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        assert (clock.now() - start).total_seconds() == pytest.approx((8 - 4) / 2.5, abs=0.01)

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
            ("PutAlternateContact", lambda api: api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)),
            ("DeleteAlternateContact", delete_what_may_be_there),
            ("GetContactInformation", CALLS["GetContactInformation"]),
            ("PutContactInformation", CALLS["PutContactInformation"]),
        ],
        ids=["get", "put", "delete", "get-primary", "put-primary"],
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


def answer_ok(request):
    """AWS's answer to any call of the Account API, over HTTP."""
    body = b"{}"
    if b"Name" not in (request.body or b"") and "getAlternateContact" in request.url:
        body = b'{"AlternateContact": {"Name": "n"}}'

    class Raw:
        def stream(self):
            yield body

    return AWSResponse(request.url, 200, HTTPHeaders.from_pairs([("x-amzn-RequestId", "request-1")]), Raw())


class HttpSession:
    """What a real client sends its requests over; keeps what each was about and its user agent."""

    def __init__(self, answer=answer_ok):
        self._answer, self.sent = answer, []

    def send(self, request):
        agent = request.headers["User-Agent"]
        agent = agent.decode() if isinstance(agent, bytes) else agent
        body = json.loads(request.body)
        self.sent.append((body.get("EmailAddress"), agent))
        return self._answer(request)

    def close(self):
        pass


class TestUserAgent:
    """The intent's id is in every write that a real client sends, and in no other call."""

    @pytest.fixture
    def client(self, monkeypatch):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        return name_writes(create_client("account", config=NO_RETRIES, region_name="us-east-1"))

    @pytest.fixture
    def http(self, client):
        return self.connect(client, HttpSession())

    def connect(self, client, http):
        client._endpoint.http_session = http  # below everything that botocore does
        return http

    def test_each_write_names_its_intent_and_is_otherwise_as_botocore_makes_it(self, client, http, clock):
        api = api_over(client, clock)
        api.get(MEMBER, SECURITY)
        assert api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED) == "request-1"
        api.get(MEMBER, SECURITY)
        api.delete(MEMBER, SECURITY, intent=OTHER)
        api.get(MEMBER, SECURITY)
        agents = [agent for _, agent in http.sent]
        assert agents[0].startswith("Botocore/")
        products = [agent.removeprefix(agents[0]) for agent in agents]
        assert products == [
            "",
            f" {UNHURRIED.name}",
            "",
            f" {OTHER.name}",
            "",
        ]

    @pytest.mark.parametrize("error", [ReadTimeoutError(endpoint_url=URL), RuntimeError("a defect")], ids=str)
    def test_a_write_that_fails_leaves_nothing_behind(self, client, clock, error):
        def fail(request):
            if b"Name" in request.body:
                raise error
            return answer_ok(request)

        http = self.connect(client, HttpSession(fail))
        api = api_over(client, clock)
        with pytest.raises((UnansweredError, RuntimeError)):
            api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        api.get(MEMBER, SECURITY)
        (_, failed), (_, read) = http.sent
        assert failed.endswith(f" {UNHURRIED.name}")
        assert "rollcall-intent" not in read

    def test_threads_that_share_a_client_name_each_its_own(self, client):
        """All requests are under way at the same time, reads among them."""
        together = Barrier(8)

        def wait(request):
            together.wait(timeout=30)
            return answer_ok(request)

        http = self.connect(client, HttpSession(wait))
        api = api_over(client, SystemClock())
        until = datetime.now(UTC) + timedelta(hours=1)
        intents = [replace(INTENT, id=f"20261005T093000Z-{number:012x}", until=until) for number in range(4)]

        def write(intent):
            api.put(MEMBER, SECURITY, replace(WANTED, email=f"{intent.id}@roster.example"), intent=intent)

        with ThreadPoolExecutor(max_workers=8) as pool:
            calls = [pool.submit(write, intent) for intent in intents]
            calls += [pool.submit(api.get, MEMBER, SECURITY) for _ in range(4)]
        for call in calls:
            call.result()
        named = {email: agent.rpartition(" ")[2] for email, agent in http.sent if email}
        assert named == {f"{intent.id}@roster.example": str(intent.name) for intent in intents}
        assert not any("rollcall-intent" in agent for email, agent in http.sent if email is None)

    def test_apis_that_share_a_client_name_it_once(self, client, http, clock):
        api = api_over(client, clock).pace_reads(ToldPace())
        api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        [(_, agent)] = http.sent
        assert agent.count("rollcall-intent") == 1

    def test_the_simulation_shows_it_in_the_event(self, api, cloud):
        events = []
        cloud.subscribe(lambda _, event: events.append(event["detail"]["userAgent"]))
        api.put(MEMBER, SECURITY, WANTED, intent=UNHURRIED)
        api.delete(MEMBER, SECURITY, intent=OTHER)
        assert [agent.rpartition(" ")[2] for agent in events] == [
            str(UNHURRIED.name),
            str(OTHER.name),
        ]
