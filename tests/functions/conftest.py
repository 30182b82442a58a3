"""The functions in process, without sockets."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any

import pytest

import notify.handler
import reconcile.handler
from rollcall.adapters import clients, system
from rollcall.runtime import compose
from tests.functions.deployment import Deployment
from tests.stacks.assembly import synthesize
from tests.support.moto_aws import aws_over_moto, boto3_clients, no_sockets  # noqa: F401  # fixtures
from tests.support.samples import ROSTER, leaks


@pytest.fixture
def candidate(tmp_path, monkeypatch):
    """The asset's candidate.json."""
    path = tmp_path / "candidate.json"
    path.write_text(json.dumps(ROSTER), encoding="utf-8")
    monkeypatch.setattr(compose, "_CANDIDATE", path)
    return path


@contextmanager
def installed(deployment, monkeypatch):
    """The handlers in this deployment's environment, newly started and logging into it."""
    for name, value in deployment.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "create_client", deployment.client)
    monkeypatch.setattr(system.SystemClock, "now", lambda _: deployment.clock.now())
    monkeypatch.setattr(system.SystemClock, "sleep", lambda _, seconds: deployment.clock.sleep(seconds))
    loggers: tuple[Any, ...] = (reconcile.handler.log, notify.handler.log)
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


@pytest.fixture(scope="session")
def everything():
    """The synthesized stacks of a roster that needs every permission."""
    return synthesize("tests/functions/everything")
