"""Lambda: packaged functions as processes with AWS's runtime client, and queue polling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.functions.api import InvokeApi
from localcloud.functions.polling import Poller
from localcloud.functions.service import Functions

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.access.services import ServiceAccess
    from localcloud.cloud.interface import Cloud


def install(cloud: Cloud, access: ServiceAccess, *, runtime: Path) -> tuple[Functions, Poller]:
    """Answer Invoke in moto's place and poll the queues of all event source mappings.

    `runtime` is the virtual environment in which functions run.
    """
    functions = Functions(clients=cloud.clients, run_dir=cloud.run_dir, runtime=runtime)
    cloud.on_stop(functions.close)
    cloud.gateway.route("lambda", InvokeApi(functions).handle)
    poller = Poller(functions, access)
    cloud.on_stop(poller.close)
    return functions, poller
