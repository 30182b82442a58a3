"""What one channel was told of an incident: held by one worker at a time, and remembered."""

from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.state.channels import LOCK_SECONDS, REMEMBERED, ChannelMemoryTable
from rollcall.model.errors import RetryableError
from rollcall.notify.notifier import ChannelRecord
from tests.support.samples import NOW, Refusing, client_error

TABLE = "state"
INCIDENT, OTHER = "RC-0123456789ab", "RC-ba9876543210"
TOLD = ChannelRecord(
    steps=frozenset({"open#", "closed#aaaaaaaaaaaa", "wrong#BILLING/blocked"}),
    withheld=True,
    thread="1728117000.000100",
    newest=NOW,
)


@pytest.fixture
def alerted(dynamodb):
    return ChannelMemoryTable(client=dynamodb, table=TABLE, channel="slack")


def test_an_incident_that_nobody_was_told_of(alerted):
    assert alerted.begin(INCIDENT, NOW) == ChannelRecord()


@pytest.mark.parametrize("told", [TOLD, ChannelRecord(), ChannelRecord(steps=frozenset({"open#"}))])
def test_what_was_told_is_known_the_next_time(alerted, told):
    alerted.begin(INCIDENT, NOW)
    alerted.end(INCIDENT, NOW, told)
    assert alerted.begin(INCIDENT, NOW + timedelta(days=14)) == told


def test_while_one_worker_tells_another_waits(alerted):
    alerted.begin(INCIDENT, NOW)
    for seconds in (0, 1, LOCK_SECONDS):
        with pytest.raises(RetryableError, match="another worker"):
            alerted.begin(INCIDENT, NOW + timedelta(seconds=seconds))
    alerted.end(INCIDENT, NOW, TOLD)
    assert alerted.begin(INCIDENT, NOW) == TOLD


def test_a_worker_that_died_is_replaced(alerted):
    alerted.begin(INCIDENT, NOW)
    later = NOW + timedelta(seconds=LOCK_SECONDS + 1)
    assert alerted.begin(INCIDENT, later) == ChannelRecord()
    with pytest.raises(RetryableError, match="another worker"):
        alerted.begin(INCIDENT, later + timedelta(seconds=1))


def test_a_hold_outlives_every_function():
    assert LOCK_SECONDS > 60  # the longest time-out of a function that tells


def test_other_incidents_and_other_channels_are_on_their_own(alerted, dynamodb):
    chat = ChannelMemoryTable(client=dynamodb, table=TABLE, channel="chat")
    alerted.begin(INCIDENT, NOW)
    assert alerted.begin(OTHER, NOW) == ChannelRecord()
    assert chat.begin(INCIDENT, NOW) == ChannelRecord()
    alerted.end(INCIDENT, NOW, TOLD)
    chat.end(INCIDENT, NOW, ChannelRecord())
    assert chat.begin(INCIDENT, NOW) == ChannelRecord()
    assert alerted.begin(INCIDENT, NOW) == TOLD


def test_an_item_is_forgotten_after_its_time(alerted, items):
    alerted.begin(INCIDENT, NOW)
    for _ in range(2):
        [item] = items().values()
        assert int(item["expires_at"]["N"]) == int((NOW + REMEMBERED).timestamp())
        alerted.end(INCIDENT, NOW, TOLD)


THROTTLED = client_error("ThrottlingException", message="secret of somebody")
UNREACHED = EndpointConnectionError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com")


@pytest.mark.parametrize("error", [THROTTLED, UNREACHED])
@pytest.mark.parametrize("operation", ["update_item", "put_item"])
def test_a_table_that_refuses_is_asked_again(dynamodb, error, operation):
    alerted = ChannelMemoryTable(client=Refusing({operation: error}, dynamodb), table=TABLE, channel="slack")

    def tell():
        alerted.begin(INCIDENT, NOW)
        alerted.end(INCIDENT, NOW, TOLD)

    with pytest.raises(RetryableError, match="the state table refused") as caught:
        tell()
    assert "secret" not in str(caught.value)
