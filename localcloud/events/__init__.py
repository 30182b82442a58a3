"""EventBridge: buses, rules with their patterns, and PutEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.events.bridge import Bridge
from localcloud.events.put_events import PutEvents

if TYPE_CHECKING:
    from localcloud.cloud.interface import Cloud


def install(cloud: Cloud) -> Bridge:
    """Start delivering, and answer PutEvents in moto's place."""
    bridge = Bridge(cloud.simulation)
    cloud.gateway.route("events", PutEvents(bridge).handle)
    cloud.on_stop(bridge.close)
    return bridge
