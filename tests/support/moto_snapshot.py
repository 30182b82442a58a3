"""What moto holds, and a test's own world over it, as bytes: made once, and put back for each test.

Setting up a deployed hub takes hundreds of calls to AWS; to read the bytes back takes milliseconds. Whatever
cannot be written down (a lambda that holds a world, say) is an error, so that no two tests share anything.
"""

from __future__ import annotations

import io
import pickle
import threading
from dataclasses import dataclass
from typing import Any, Self

from botocore.client import BaseClient
from moto.core.base_backend import BackendDict

from tests.support.clients import client_of, identify

_LOCKS = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Take and restore while moto's `mock_aws` is active."""

    _services: tuple[BackendDict[Any], ...]
    _data: bytes

    @classmethod
    def take(cls, world: object) -> Self:
        """Of everything in moto, and of `world` with all that it refers to."""
        services: tuple[BackendDict[Any], ...] = tuple(BackendDict._instances)  # type: ignore[misc]  # as moto does
        held = [{account: dict(regions) for account, regions in service.items()} for service in services]
        data = io.BytesIO()
        _Pickler(data).dump((held, world))
        return cls(services, data.getvalue())

    def restore(self) -> Any:
        """The world, over an AWS as it was. What is in moto is lost."""
        BackendDict.reset()
        held, world = _Unpickler(io.BytesIO(self._data)).load()
        for service, accounts in zip(self._services, held, strict=True):
            for account, regions in accounts.items():
                service[account].update(regions)
        return world


class _Pickler(pickle.Pickler):
    """Clients hold no state and are named; locks are made anew."""

    def reducer_override(self, value: Any) -> Any:
        return (_LOCKS[type(value)], ()) if type(value) in _LOCKS else NotImplemented

    def persistent_id(self, value: Any) -> Any:
        return identify(value) if isinstance(value, BaseClient) else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, name: Any) -> Any:
        return client_of(*name)
