"""Clients of AWS, each with retries that are chosen and not left to a release of botocore."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any, Final

from botocore.config import Config
from botocore.session import Session, get_session

from rollcall.timing import ROLES_IN_FLIGHT

#: Set on purpose: botocore 1.44 changed its default. The queue does the long retries.
RETRIES = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=3,
    read_timeout=10,
)
#: What is paced must not be retried behind the pacing's back. And a put whose answer was lost must be
#: looked into before it is made again: its event has a request id that nobody stored.
NO_RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=3, read_timeout=10)
#: For reads through roles in members, which have central reads as their fallback: as many as are in flight.
SHORT_TIMEOUTS = NO_RETRIES.merge(
    Config(connect_timeout=1, read_timeout=3, max_pool_connections=ROLES_IN_FLIGHT)
)


#: Of all threads: a session makes clients in one thread at a time, and there is one session.
_MAKING: Final = Lock()


class LateClient:
    """A client that is made when it is first used: what most messages do not need costs no start its time."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._lock = Lock()
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        with self._lock:  # one client for all threads
            self._made = self._made or make_client(self._service)
        return getattr(self._made, name)


def make_client(service: str, config: Config = RETRIES, **credentials: str) -> Any:
    """A client in the function's own Region, which hosts the Account API; `credentials` replace its own."""
    return create_client(service, config=config, **credentials)


def create_client(service: str, **settings: Any) -> Any:
    """What `boto3.client` gives. boto3 adds resources, which nobody needs here, and a tenth to its import."""
    with _MAKING:
        return _get_session().create_client(service, **settings)


@cache
def _get_session() -> Session:
    return get_session()
