"""AWS in process: moto behind real boto3 clients, and no sockets. A conftest imports these fixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import RESPONSES_METHODS
from moto.dynamodb.responses import DynamoHandler

from localcloud.aws.repairs import serialize_table_calls
from tests.support.clients import PLAIN, leave_unsigned
from tests.support.reserved_words import refuse_reserved_words

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"
SERVICES = ("dynamodb", "s3", "events", "sns", "sqs", "sts", "stepfunctions")
TABLE, BUCKET, BUS = "state", "rollcall-ledger", "outcomes"

# For callers of `requests`, of which there are none, moto would register 1,300 addresses before each test.
RESPONSES_METHODS.clear()


@pytest.fixture(autouse=True)
def no_sockets(socket_disabled: None) -> None:
    """Whatever is not answered by moto is an error."""


@pytest.fixture(name="clients", scope="session")
def boto3_clients() -> dict[str, Any]:
    """Clients are slow to build and hold no state: moto answers them only while `aws` is active."""
    session: Any = boto3.Session("testing", "testing", region_name=REGION)
    made = {one: leave_unsigned(session.client(one, config=PLAIN)) for one in SERVICES}
    made["dynamodb"].meta.events.register("provide-client-params.dynamodb.*", refuse_reserved_words)
    return made


@pytest.fixture(name="aws")
def aws_over_moto(clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The clients, with an empty AWS behind them; several threads may use it."""
    monkeypatch.setattr(DynamoHandler, "call_action", serialize_table_calls())
    with mock_aws():
        yield clients


def _keys(first: str, second: str) -> list[dict[str, str]]:
    return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]


#: Keys and index of the state table, as the stack has them.
STATE_TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "pending")
    ],
    "KeySchema": _keys("pk", "sk"),
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "pending",
            "KeySchema": _keys("pending", "pk"),
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


def create_table(dynamodb: Any, name: str = TABLE) -> None:
    """Create the state table."""
    dynamodb.create_table(TableName=name, **STATE_TABLE)
