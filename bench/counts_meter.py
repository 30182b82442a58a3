"""What is used of AWS, counted at the clients of the functions."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from math import ceil
from typing import TYPE_CHECKING, Any

import boto3

from bench.counts_units import billed
from bench.delayed import BUCKET_SECONDS, BUS_SECONDS, TABLE_SECONDS
from rollcall.adapters.runs import LATEST
from rollcall.model.well_known import INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE
from simulation.latency import READ_SECONDS, WRITE_SECONDS
from tests.support.moto_aws import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

#: A message of SNS, an event and a request of SQS are billed by so many bytes.
_CHUNK = 64 * 1024
_TOLD = frozenset({INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE})
#: Median seconds of a call; those of the services that `bench.delayed` does not name are as the bus's.
_SECONDS = {"dynamodb": TABLE_SECONDS, "s3": BUCKET_SECONDS}


@dataclass(slots=True, kw_only=True)
class TracedCall:
    """One call of `function`; `began` and `ended` are its places in the order of beginnings and ends."""

    function: str
    name: str
    #: Median seconds.
    seconds: float
    began: int
    ended: int = -1


class Meter:
    """Usage by the function that was `running`: calls (`service:Operation`) and what they are billed as.

    `trace` has all calls. Each takes `pause` seconds in real time, in which calls side by side can overlap.
    """

    def __init__(self, *, pause: float = 0.0) -> None:
        self.running = ""
        self.pause = pause
        self.trace: list[TracedCall] = []
        self._moments = count()
        self.calls: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.usage: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def wrap(self, service: str, client: Any) -> Any:
        """A boto3 client whose calls are counted here."""
        return _MeteredClient(self, service, client)

    @contextmanager
    def count(self, service: str, operation: str, seconds: float) -> Iterator[None]:
        """A call that takes so long, made inside."""
        name = f"{service}:{operation}"
        self.calls[self.running][name] += 1
        # Milliseconds, so that no sum depends on its order.
        self.usage[self.running]["milliseconds"] += round(seconds * 1000)
        call = TracedCall(function=self.running, name=name, seconds=seconds, began=next(self._moments))
        self.trace.append(call)
        if self.pause:
            time.sleep(self.pause)
        try:
            yield
        finally:
            call.ended = next(self._moments)

    def count_simulated(self, service: str, operation: str) -> AbstractContextManager[None]:
        """A call of the Account API, of AWS Organizations or of STS: they cost time and nothing else."""
        is_read = operation.startswith(("Get", "List", "Describe"))
        return self.count(service, operation, READ_SECONDS if is_read else WRITE_SECONDS)

    def add(self, key: str, amount: int = 1) -> None:
        """So much of something."""
        self.usage[self.running][key] += amount

    def reset(self) -> None:
        """Begin to count again."""
        self.calls.clear()
        self.usage.clear()
        self.trace.clear()

    def total(self) -> Counter[str]:
        """Usage of all functions together."""
        return sum(self.usage.values(), Counter())


@cache
def clients_of(services: tuple[str, ...]) -> dict[str, Any]:
    """boto3's clients for moto: slow to make, and without memory."""
    session: Any = boto3.Session("testing", "testing", region_name=REGION)
    return {service: session.client(service) for service in services}


class _MeteredClient:
    def __init__(self, meter: Meter, service: str, client: Any) -> None:
        self._meter, self._service, self._client = meter, service, client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        operation = self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return found

        def call(**parameters: Any) -> Any:
            with self._meter.count(self._service, operation, _SECONDS.get(self._service, BUS_SECONDS)):
                if self._service != "dynamodb":
                    for key, amount in _amounts(self._service, operation, parameters):
                        self._meter.add(key, amount)
                    return found(**parameters)
                answer, units = billed(self._client, operation, parameters, lambda: found(**parameters))
                for kind, amount in units.items():
                    self._meter.add(f"dynamodb.{kind}", amount)
                return answer

        return call


def _amounts(service: str, operation: str, parameters: Mapping[str, Any]) -> list[tuple[str, int]]:
    match service, operation:
        case "s3", "PutObject":
            return [("s3.put", 1), *_stored(parameters["Key"], parameters["Body"])]
        case "s3", "ListObjectsV2":
            return [("s3.put", 1)]
        case "events", "PutEvents":
            entries = parameters["Entries"]
            told = sum(entry["DetailType"] in _TOLD for entry in entries)
            return [("events", sum(_chunks(entry["Detail"]) for entry in entries)), ("alerts", told)]
        case "sns", "Publish":
            return [("sns.publish", _chunks(parameters["Message"]))]
    if (plain := _PLAIN.get((service, operation))) is None:
        raise NotImplementedError(f"no rule for what {service}:{operation} is billed as")
    return [(key, 1) for key in plain]


#: What is billed by the call alone.
_PLAIN = {
    ("s3", "GetObject"): ["s3.get"],
    ("sqs", "ChangeMessageVisibility"): ["sqs"],
    ("sts", "AssumeRole"): [],
}


def _stored(key: str, body: str | bytes) -> list[tuple[str, int]]:
    """What stays: of a key that is written anew each day only its last version."""
    size = len(body.encode() if isinstance(body, str) else body)
    return [] if key == LATEST else [(f"bytes.{key.split('/', maxsplit=1)[0]}", size)]


def _chunks(text: str) -> int:
    return max(1, ceil(len(text.encode()) / _CHUNK))
