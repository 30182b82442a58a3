"""What the adapters speak to, over moto."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from simulation import SimulatedCloud, VirtualClock, make_example_organization
from tests.support.moto_aws import (  # noqa: F401  # fixtures
    BUCKET,
    BUS,
    TABLE,
    aws_over_moto,
    boto3_clients,
    create_table,
    no_sockets,
)
from tests.support.samples import DIGEST, NOW, ROSTER
from tests.support.state_table import WholeStateTable


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def cloud(clock):
    return SimulatedCloud(make_example_organization(clock), clock)


@pytest.fixture
def dynamodb(aws):
    create_table(aws["dynamodb"])
    return aws["dynamodb"]


@pytest.fixture
def table(dynamodb):
    """Makes an empty table for each example; returns its name."""
    names = (f"table-{number}" for number in count())

    def create() -> str:
        name = next(names)
        create_table(dynamodb, name)
        return name

    return create


@pytest.fixture
def state(dynamodb) -> WholeStateTable:
    """The state table with an approved roster."""
    state = WholeStateTable(client=dynamodb, table=TABLE)
    state.approve(digest=DIGEST, document=ROSTER, by="test", at=NOW, before=None)
    return state


@pytest.fixture
def items(dynamodb):
    """Everything that the table holds, by key."""

    def scan() -> dict[tuple[str, str], dict[str, Any]]:
        found = dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    return scan


@pytest.fixture
def s3(aws):
    aws["s3"].create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    aws["s3"].put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}},
        },
    )
    return aws["s3"]


@dataclass
class Inbox:
    """A queue where what was sent can be read."""

    sqs: Any
    url: str
    arn: str

    def read(self) -> list[dict[str, Any]]:
        """What it holds now: bodies as JSON."""
        bodies: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            bodies += [json.loads(message["Body"]) for message in messages]
        return bodies


@pytest.fixture
def inbox(aws) -> Inbox:
    url = aws["sqs"].create_queue(QueueName="inbox")["QueueUrl"]
    answer = aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return Inbox(sqs=aws["sqs"], url=url, arn=answer["Attributes"]["QueueArn"])


@pytest.fixture
def events(aws, inbox):
    """The outcome bus, with everything that is put on it in the inbox."""
    aws["events"].create_event_bus(Name=BUS)
    aws["events"].put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["rollcall"]}))
    aws["events"].put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "1", "Arn": inbox.arn}])
    return aws["events"]


@pytest.fixture
def topic_arn(aws, inbox) -> str:
    """The alert topic, with everything that is published in the inbox."""
    arn = aws["sns"].create_topic(Name="alerts")["TopicArn"]
    aws["sns"].subscribe(TopicArn=arn, Protocol="sqs", Endpoint=inbox.arn)
    return arn
