"""A batch: each message on its own, and no message lost."""

import json

import pytest

from rollcall.model.errors import (
    LaterError,
    MalformedEventError,
    PermanentError,
    RetryableError,
    SoonError,
)
from rollcall.ports import Delivery
from rollcall.runtime.handlers import LONGEST_RETRY_SECONDS, process, retry_seconds
from tests.support.samples import FOUND, leaks


class Log:
    def __init__(self):
        self.lines = []

    def warning(self, msg, /, *, extra=None):
        self.lines.append({"message": msg, **(extra or {})})


class Queue:
    def __init__(self, error=None):
        self.returned, self.error = [], error

    def return_in(self, receipt, seconds):
        if self.error:
            raise self.error
        self.returned.append((receipt, seconds))


def record(number, body, receives=1):
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def queue():
    return Queue()


def run(records, handle, queue, log):
    answer = process({"Records": records}, handle, queue=queue, log=log)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def failing(error):
    def handle(_body, _delivery):
        raise error

    return handle


def test_only_the_bad_ones_come_back(queue, log):
    handled = []

    def handle(body, delivery):
        if body == {"do": "crash"}:
            raise ZeroDivisionError
        if body == {}:
            raise MalformedEventError("no event")
        handled.append((body, delivery))

    records = [
        record(1, '{"detail": {"eventNa'),
        record(2, {"a": 1}),
        record(3, {}),
        record(4, {"do": "crash"}, receives=3),
        record(5, {"a": 2}, receives=7),
    ]
    assert run(records, handle, queue, log) == ["m1", "m3", "m4"]
    assert handled == [
        ({"a": 1}, Delivery(message_id="m2", receives=1)),
        ({"a": 2}, Delivery(message_id="m5", receives=7)),
    ]
    assert queue.returned == [("r1", 0), ("r3", 0), ("r4", 8)]
    assert [line["error"] for line in log.lines] == [
        "MalformedEventError",
        "MalformedEventError",
        "ZeroDivisionError",
    ]


def test_a_good_batch_reports_nothing(queue, log):
    assert run([record(1, {}), record(2, [])], lambda *_: None, queue, log) == []
    assert (queue.returned, log.lines) == ([], [])


def test_an_empty_batch_is_no_error(queue, log):
    assert run([], failing(AssertionError), queue, log) == []


def test_an_event_that_is_no_batch_is_raised(queue, log):
    with pytest.raises(KeyError):
        process({}, lambda *_: None, queue=queue, log=log)


@pytest.mark.parametrize("body", ["", "{", "nul", "{'a': 1}", '{"a": 1} x', "\x00", "[" * 200_000])
def test_a_body_that_is_no_json_fails_alone(queue, log, body):
    assert run([record(1, body), record(2, {})], lambda *_: None, queue, log) == ["m1"]
    assert [line["reason"] for line in log.lines] in (["the message is no JSON"], ["unexpected"])


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (RetryableError("busy"), 4),
        (PermanentError("never"), 0),
        (MalformedEventError("never"), 0),
        (RuntimeError("who knows"), 4),
        (KeyError("who knows"), 4),
        (RecursionError(), 4),
    ],
    ids=repr,
)
def test_when_it_comes_back_depends_on_why(queue, log, error, seconds):
    assert run([record(1, {}, receives=2)], failing(error), queue, log) == ["m1"]
    assert queue.returned == [("r1", seconds)]
    [line] = log.lines
    assert (line["message_id"], line["receives"], line["retry_seconds"]) == ("m1", 2, seconds)


def waits_of(error, receives, queue, log):
    """Of sixty messages that are received so many times."""
    run([record(number, {}, receives=receives) for number in range(60)], failing(error), queue, log)
    waits = [seconds for _, seconds in queue.returned]
    queue.returned.clear()
    return waits


@pytest.mark.parametrize(("receives", "waits"), [(1, {1, 2, 3}), (2, {1, 2, 3, 4}), (59, set(range(1, 16)))])
def test_messages_that_wait_for_the_same_do_not_come_at_once(queue, log, receives, waits):
    assert set(waits_of(SoonError("busy"), receives, queue, log)) == waits
    assert set(waits_of(SoonError("busy", seconds=7), receives, queue, log)) == {7}


@pytest.mark.parametrize(("receives", "least", "most"), [(1, 1, 3), (4, 1, 6), (5, 32, 32), (20, 900, 900)])
def test_a_receiver_is_asked_again_when_it_said_and_more_rarely_in_the_end(queue, log, receives, least, most):
    waits = waits_of(LaterError("full", seconds=1), receives, queue, log)
    assert (min(waits), max(waits)) == (least, most)
    long = waits_of(LaterError("full", seconds=10_000), receives, queue, log)
    assert set(long) == {LONGEST_RETRY_SECONDS}


def test_only_texts_of_our_own_are_logged(queue, log):
    for error in (RuntimeError(FOUND.email), ValueError(FOUND.name), KeyError(FOUND.phone)):
        run([record(1, {})], failing(error), queue, log)
    assert {line["reason"] for line in log.lines} == {"unexpected"}
    assert leaks(str(log.lines)) == []
    run([record(1, {})], failing(RetryableError("the queue is on fire")), queue, log)
    assert log.lines[-1]["reason"] == "the queue is on fire"


def test_a_queue_that_refuses_leaves_the_message_to_its_visibility(log):
    queue = Queue(RetryableError("the queue refused: ThrottlingException"))
    assert run([record(1, {}), record(2, {})], failing(RetryableError("busy")), queue, log) == ["m1", "m2"]
    assert [line["message"] for line in log.lines] == [
        "left to its visibility time-out",
        "returned to the queue",
    ] * 2
    assert log.lines[0]["reason"] == "the queue refused: ThrottlingException"


def test_a_killed_process_reports_nothing(queue, log):
    with pytest.raises(KeyboardInterrupt):
        run([record(1, {})], failing(KeyboardInterrupt()), queue, log)
    assert (queue.returned, log.lines) == ([], [])


def test_the_receive_count_may_be_missing(queue, log):
    seen = []
    bare = {"messageId": "m1", "receiptHandle": "r1", "body": "{}"}
    run([bare], lambda _, delivery: seen.append(delivery.receives), queue, log)
    assert seen == [1]


def test_waits_double_up_to_a_quarter_of_an_hour():
    waits = [retry_seconds(receives) for receives in range(1, 13)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert retry_seconds(10_000) == LONGEST_RETRY_SECONDS


def test_sixty_receives_outlast_the_time_that_a_new_account_settles_and_a_night():
    assert 12 * 3600 < sum(retry_seconds(receives) for receives in range(1, 60)) < 13 * 3600
