"""The functions in process, without sockets."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

import notify.handler
import reconcile.handler
from rollcall import bootstrap
from tests.adapters.samples import REGION, ROSTER, leaks
from tests.functions.deployment import Deployment

SERVICES = ("dynamodb", "s3", "events", "sns", "sqs", "sts")


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled):
    pass


@pytest.fixture(scope="session")
def clients() -> dict[str, Any]:
    """Clients are slow to build and hold no state: moto answers them only while `aws` is active."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    return {service: session.client(service) for service in SERVICES}


@pytest.fixture
def aws(clients):
    with mock_aws():
        yield clients


@pytest.fixture
def candidate(tmp_path, monkeypatch):
    """The asset's candidate.json."""
    path = tmp_path / "candidate.json"
    path.write_text(json.dumps(ROSTER), encoding="utf-8")
    monkeypatch.setattr(bootstrap, "_CANDIDATE", path)
    return path


@contextmanager
def installed(deployment, monkeypatch):
    """The handlers in this deployment's environment, newly started and logging into it."""
    for name, value in deployment.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "client", deployment.client)
    loggers = (reconcile.handler.log, notify.handler.log)
    before = [logger.registered_handler.setStream(deployment.log) for logger in loggers]
    for function in (reconcile.handler._function, notify.handler._function):
        function.cache_clear()
    yield deployment
    for function in (reconcile.handler._function, notify.handler._function):
        function.cache_clear()
    for logger, stream in zip(loggers, before, strict=True):
        logger.registered_handler.setStream(stream)


@pytest.fixture
def undeployed(aws, candidate, monkeypatch, capfd, caplog):
    """A hub whose roster nobody has approved yet."""
    assert candidate.exists()
    with installed(Deployment(aws), monkeypatch) as deployment:
        yield deployment
    # Whatever else was printed or logged on the way is held to the same rule in every test.
    written = capfd.readouterr()

    everything = deployment.log.getvalue() + written.out + written.err + caplog.text
    assert leaks(everything) == []


@pytest.fixture
def deployment(undeployed) -> Deployment:
    """A hub with an approved roster, and a member that is as it wants."""
    undeployed.approve()
    undeployed.settle()
    return undeployed
