"""Lambda: packaged functions in processes of their own under AWS's runtime client, and queue polling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.functions.api import InvokeApi
from localcloud.functions.polling import Poller
from localcloud.functions.service import Functions

if TYPE_CHECKING:
    from localcloud.server import LocalCloud


def install(cloud: LocalCloud) -> None:
    """Answer Invoke in moto's place and poll the queues of all event source mappings."""
    cloud.functions = Functions(cloud)
    cloud.on_stop(cloud.functions.close)
    cloud.gateway.route("lambda", InvokeApi(cloud.functions).handle)
    poller = Poller(cloud.functions)
    cloud.on_stop(poller.close)
