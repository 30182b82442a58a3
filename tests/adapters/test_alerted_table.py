"""Which alerts were sent: once, whoever tries how often."""

from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.alerted_table import CLAIM_SECONDS, REMEMBERED_DAYS, AlertedTable
from rollcall.errors import RetryableError
from tests.adapters.samples import NOW, Refusing, alert, client_error

TABLE = "state"
OPEN, CLOSED, CLOSES_ONLY = alert("open"), alert("closed"), alert("closed", closes_only=True)
WROTE, WROTE_MORE = (alert("closed", content=letter * 12) for letter in "ab")


@pytest.fixture
def alerted(dynamodb):
    return AlertedTable(client=dynamodb, table=TABLE)


def test_an_alert_is_sent_once(alerted):
    assert alerted.claim(CLOSED, NOW)
    alerted.sent(CLOSED, NOW)
    assert not alerted.claim(CLOSED, NOW)
    assert not alerted.claim(CLOSED, NOW + timedelta(days=14))


def test_while_one_worker_sends_another_waits(alerted):
    assert alerted.claim(CLOSED, NOW)
    for seconds in (0, 1, CLAIM_SECONDS):
        with pytest.raises(RetryableError, match="another worker"):
            alerted.claim(CLOSED, NOW + timedelta(seconds=seconds))


def test_a_worker_that_died_is_replaced_after_its_claim(alerted):
    assert alerted.claim(CLOSED, NOW)
    later = NOW + timedelta(seconds=CLAIM_SECONDS + 1)
    assert alerted.claim(CLOSED, later)
    with pytest.raises(RetryableError, match="another worker"):
        alerted.claim(CLOSED, later + timedelta(seconds=1))
    alerted.sent(CLOSED, later)
    assert not alerted.claim(CLOSED, later + timedelta(hours=1))


def test_an_opening_and_its_closing_are_two_alerts(alerted):
    for stage in (OPEN, CLOSED):
        assert alerted.claim(stage, NOW)
        alerted.sent(stage, NOW)
    assert not alerted.claim(OPEN, NOW)
    assert not alerted.claim(CLOSED, NOW)


def test_an_opening_that_comes_after_its_closing_is_not_sent(alerted):
    assert alerted.claim(CLOSED, NOW)
    assert not alerted.claim(OPEN, NOW)
    alerted.sent(CLOSED, NOW)
    assert not alerted.claim(OPEN, NOW + timedelta(hours=1))


class TestClosesOnly:
    def test_a_closing_waits_until_its_opening_was_sent(self, alerted, items):
        with pytest.raises(RetryableError, match="opening of this incident is still under way"):
            alerted.claim(CLOSES_ONLY, NOW)
        assert items() == {}
        assert alerted.claim(OPEN, NOW)
        with pytest.raises(RetryableError, match="opening of this incident is still under way"):
            alerted.claim(CLOSES_ONLY, NOW)
        alerted.sent(OPEN, NOW)
        assert alerted.claim(CLOSES_ONLY, NOW)

    def test_what_was_opened_is_closed_once(self, alerted):
        assert alerted.claim(OPEN, NOW)
        alerted.sent(OPEN, NOW)
        assert alerted.claim(CLOSES_ONLY, NOW)
        alerted.sent(CLOSES_ONLY, NOW)
        assert not alerted.claim(CLOSES_ONLY, NOW)
        assert not alerted.claim(CLOSED, NOW)
        assert not alerted.claim(OPEN, NOW + timedelta(hours=1))

    def test_after_a_full_closing_there_is_nothing_to_close_and_nothing_to_wait_for(self, alerted):
        assert alerted.claim(WROTE, NOW)
        alerted.sent(WROTE, NOW)
        assert not alerted.claim(CLOSES_ONLY, NOW)

    def test_the_opening_of_another_incident_is_not_waited_for_here(self, alerted):
        assert alerted.claim(OPEN, NOW)
        alerted.sent(OPEN, NOW)
        with pytest.raises(RetryableError, match="opening of this incident is still under way"):
            alerted.claim(alert("closed", "RC-ba9876543210", closes_only=True), NOW)


class TestContent:
    def test_what_was_written_since_the_first_closing_is_news(self, alerted):
        for closing in (CLOSED, WROTE, WROTE_MORE):
            assert alerted.claim(closing, NOW)
            alerted.sent(closing, NOW)
        for closing in (CLOSED, WROTE, WROTE_MORE):
            assert not alerted.claim(closing, NOW)

    def test_a_closing_without_content_is_no_news_after_one_with_it(self, alerted):
        assert alerted.claim(WROTE, NOW)
        assert not alerted.claim(CLOSED, NOW)  # also while it is being sent: it will be, or it comes again
        alerted.sent(WROTE, NOW)
        assert not alerted.claim(CLOSED, NOW)

    def test_an_opening_is_no_news_after_any_closing(self, alerted):
        assert alerted.claim(WROTE, NOW)
        alerted.sent(WROTE, NOW)
        assert not alerted.claim(OPEN, NOW)

    def test_each_content_is_claimed_on_its_own(self, alerted, items):
        assert alerted.claim(WROTE, NOW)
        assert alerted.claim(WROTE_MORE, NOW)
        with pytest.raises(RetryableError, match="another worker"):
            alerted.claim(WROTE, NOW)
        alerted.sent(WROTE, NOW)
        assert {sk: item["status"]["S"] for (_, sk), item in items().items()} == {
            "closed#aaaaaaaaaaaa": "sent",
            "closed#bbbbbbbbbbbb": "claimed",
        }

    def test_the_same_content_in_another_incident_is_news(self, alerted):
        assert alerted.claim(WROTE, NOW)
        assert alerted.claim(alert("closed", "RC-ba9876543210", content=WROTE.content), NOW)


def test_every_incident_has_its_own_memory(alerted):
    assert alerted.claim(CLOSED, NOW)
    assert alerted.claim(alert("closed", "RC-ba9876543210"), NOW)
    assert alerted.claim(alert("open", "RC-aaaaaaaaaaaa"), NOW)


def test_it_is_forgotten_long_after_every_queue_has(alerted, items):
    alerted.claim(CLOSED, NOW)
    alerted.sent(CLOSED, NOW + timedelta(seconds=2))
    [item] = items().values()
    assert item["status"] == {"S": "sent"}
    assert int(item["expires_at"]["N"]) == int((NOW + timedelta(days=REMEMBERED_DAYS)).timestamp())


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("InternalServerError", 500),
        client_error("ResourceNotFoundException"),
        EndpointConnectionError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com"),
    ],
    ids=str,
)
class TestBrokenTable:
    def test_nothing_is_sent_that_could_not_be_claimed(self, dynamodb, error):
        alerted = AlertedTable(client=Refusing({"put_item": error}, dynamodb), table=TABLE)
        with pytest.raises(RetryableError, match="refused put_item"):
            alerted.claim(CLOSED, NOW)

    def test_nothing_is_opened_that_may_be_closed(self, dynamodb, error):
        alerted = AlertedTable(client=Refusing({"query": error}, dynamodb), table=TABLE)
        with pytest.raises(RetryableError, match="refused query"):
            alerted.claim(OPEN, NOW)

    def test_nothing_is_closed_that_may_not_be_open(self, dynamodb, error):
        alerted = AlertedTable(client=Refusing({"query": error}, dynamodb), table=TABLE)
        with pytest.raises(RetryableError, match="refused query"):
            alerted.claim(CLOSES_ONLY, NOW)

    def test_a_lost_claim_that_cannot_be_looked_up_is_tried_again(self, dynamodb, error):
        AlertedTable(client=dynamodb, table=TABLE).claim(CLOSED, NOW)
        alerted = AlertedTable(client=Refusing({"get_item": error}, dynamodb), table=TABLE)
        with pytest.raises(RetryableError, match="refused get_item"):
            alerted.claim(CLOSED, NOW)

    def test_a_note_that_is_not_taken_means_one_more_alert(self, dynamodb, error):
        good = AlertedTable(client=dynamodb, table=TABLE)
        good.claim(CLOSED, NOW)
        with pytest.raises(RetryableError, match="refused update_item"):
            AlertedTable(client=Refusing({"update_item": error}, dynamodb), table=TABLE).sent(CLOSED, NOW)
        assert good.claim(CLOSED, NOW + timedelta(seconds=CLAIM_SECONDS + 1))
