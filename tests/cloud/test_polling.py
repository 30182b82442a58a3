"""Queues and functions: batches, partial failures, redrive, concurrency, crashes."""

import json
import time

import pytest

from tests.cloud.tools import expire, make_function, make_queue, messages, wait_for

pytestmark = pytest.mark.cloud
MEMBER = "222222222222"

CONSUMER = """
import os, json, time

def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("batch", json.dumps(bodies), flush=True)
    if "crash" in bodies and "1" == event["Records"][0]["attributes"]["ApproximateReceiveCount"]:
        os._exit(1)
    if "slow" in bodies:
        time.sleep(0.7)
    if "nonsense" in bodies:
        return {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    print("done", json.dumps(bodies), flush=True)
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]} for record in event["Records"] if record["body"] == "bad"
        ]
    }
"""


class Consumer:
    """A function behind a queue, its dead letters, and what it has logged."""

    def __init__(self, cloud, *, receives=2, **mapping):
        self._cloud = cloud
        self.dead_letters, dead_arn = make_queue(cloud, MEMBER)
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": receives})
        self.url, arn = make_queue(cloud, MEMBER, VisibilityTimeout="600", RedrivePolicy=redrive)
        self.function = make_function(cloud, MEMBER, CONSUMER)
        self.mapping = cloud.clients.client("lambda", MEMBER).create_event_source_mapping(
            FunctionName=self.function,
            EventSourceArn=arn,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **mapping,
        )["UUID"]

    def send(self, *bodies):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self._cloud.clients.client("sqs", MEMBER).send_message_batch(QueueUrl=self.url, Entries=entries)

    def send_at_once(self, *bodies):
        """Send what is then polled together: between two messages of a batch there is time to poll."""
        self.switch(on=False)
        self.send(*bodies)
        self.switch(on=True)

    def switch(self, *, on):
        functions = self._cloud.clients.client("lambda", MEMBER)
        functions.update_event_source_mapping(UUID=self.mapping, Enabled=on)

    def logged(self, word):
        """The batches that were logged with that word."""
        log = self._cloud.run_dir / "logs" / f"{self.function}.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line.removeprefix(word)) for line in lines if line.startswith(word)]

    def dead(self):
        return messages(self._cloud, MEMBER, self.dead_letters)

    def left(self):
        """How many messages the queue still has, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._cloud.clients.client("sqs", MEMBER).get_queue_attributes(
            QueueUrl=self.url, AttributeNames=names
        )["Attributes"]
        return sum(int(found[name]) for name in names)


def test_only_the_reported_message_is_tried_again_until_it_is_given_up(cloud):
    consumer = Consumer(cloud, BatchSize=10)
    consumer.send_at_once("good", "bad", "fine")
    for batches in ([["good", "bad", "fine"]], [["good", "bad", "fine"], ["bad"]]):
        wait_for(lambda: consumer.logged("done") == batches and consumer.left() == 1)  # noqa: B023 -- called at once
        expire(consumer.url)
    assert [message["Body"] for message in wait_for(consumer.dead)] == ["bad"]
    assert len(consumer.logged("batch")) == 2
    assert consumer.left() == 0


def test_a_crash_brings_the_whole_batch_back_after_its_visibility_timeout(cloud):
    consumer = Consumer(cloud, BatchSize=10, receives=5)
    consumer.send_at_once("crash", "good")
    wait_for(lambda: consumer.logged("batch") and not cloud.functions.list_pids(consumer.function))
    assert (consumer.logged("done"), consumer.left()) == ([], 2)
    expire(consumer.url)
    wait_for(lambda: consumer.logged("done") == [["crash", "good"]])
    wait_for(lambda: consumer.left() == 0)


def test_an_answer_that_makes_no_sense_fails_the_whole_batch(cloud):
    consumer = Consumer(cloud, BatchSize=10, receives=1)
    consumer.send_at_once("nonsense", "good")
    wait_for(lambda: consumer.logged("batch"))
    wait_for(
        lambda: [expire(consumer.url)] and {message["Body"] for message in consumer.dead()} & {"nonsense"}
    )
    assert consumer.logged("done") == []


def test_no_more_batches_at_once_than_the_mapping_allows(cloud):
    consumer = Consumer(cloud, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    consumer.send(*["slow"] * 4)
    wait_for(lambda: len(consumer.logged("done")) == 4)
    assert len(cloud.functions.list_pids(consumer.function)) == 2


def test_a_window_gathers_a_batch(cloud):
    consumer = Consumer(cloud, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    consumer.send("1", "2")
    time.sleep(0.3)  # long enough to be polled without a window
    assert consumer.logged("batch") == []
    consumer.send("3")
    wait_for(lambda: consumer.logged("done") == [["1", "2", "3"]])


def test_a_window_ends_with_less_than_a_batch(cloud):
    consumer = Consumer(cloud, BatchSize=100, MaximumBatchingWindowInSeconds=1)
    consumer.send("1")
    wait_for(lambda: consumer.logged("done") == [["1"]])


def test_a_mapping_that_is_switched_off_takes_nothing(cloud):
    consumer = Consumer(cloud, Enabled=False)
    consumer.send("good")
    time.sleep(0.3)
    assert consumer.logged("batch") == []
    consumer.switch(on=True)
    wait_for(lambda: consumer.logged("done") == [["good"]])


def test_what_is_throttled_is_received_and_in_the_end_given_up(cloud):
    """A receive counts, whether or not the function ran: with a reserve of zero it never does."""
    consumer = Consumer(cloud)
    client = cloud.clients.client("lambda", MEMBER)
    client.put_function_concurrency(FunctionName=consumer.function, ReservedConcurrentExecutions=0)
    consumer.send("x")

    def given_up():
        expire(consumer.url)
        return messages(cloud, MEMBER, consumer.dead_letters)

    assert wait_for(given_up)[0]["Body"] == "x"


def test_a_cloud_is_idle_only_when_no_function_has_or_could_have_a_message(cloud):
    consumer = Consumer(cloud, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    wait_for(cloud.is_idle)
    consumer.send("slow", "2")
    assert not cloud.is_idle()
    consumer.send("3")
    wait_for(lambda: consumer.logged("batch"))
    assert not cloud.is_idle()
    wait_for(cloud.is_idle)
    assert consumer.logged("done") == [["slow", "2", "3"]]


def test_what_comes_back_later_keeps_no_cloud_busy(cloud):
    consumer = Consumer(cloud)
    consumer.send("bad")
    wait_for(lambda: consumer.logged("done"))
    wait_for(cloud.is_idle)
    assert consumer.left() == 1
