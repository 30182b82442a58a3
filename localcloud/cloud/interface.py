"""What a part of the local cloud may use of the server that it is installed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.cloud.clients import AccountClients
    from localcloud.cloud.gateway import Gateway
    from simulation.cloud import SimulatedCloud


class Cloud(Protocol):
    """A running server. The `install` function of each part takes it."""

    @property
    def simulation(self) -> SimulatedCloud:
        """The model behind the Account and Organizations APIs."""

    @property
    def run_dir(self) -> Path:
        """The directory that takes logs and alerts."""

    @property
    def clients(self) -> AccountClients:
        """boto3 clients of the server, for any account."""

    @property
    def gateway(self) -> Gateway:
        """The WSGI application that parts route requests away from moto with."""

    def patch(self, target: Any, name: str, replacement: Any) -> None:
        """Replace an attribute (of a class or module) or an item (of a dict) until the cloud stops."""

    def on_stop(self, callback: Callable[[], Any]) -> None:
        """Call back when the cloud stops, before anything that was installed earlier is undone."""
