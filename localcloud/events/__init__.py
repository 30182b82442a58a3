"""EventBridge: buses, rules with their patterns, and PutEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.events.bridge import EventBridge
from localcloud.events.put_events import PutEventsApi

if TYPE_CHECKING:
    from localcloud.access.services import ServiceAccess
    from localcloud.cloud.interface import Cloud


def install(cloud: Cloud, access: ServiceAccess) -> EventBridge:
    """Start delivering, and answer PutEvents in moto's place."""
    bridge = EventBridge(cloud.simulation, access)
    cloud.gateway.route("events", PutEventsApi(bridge).handle)
    cloud.on_stop(bridge.close)
    return bridge
