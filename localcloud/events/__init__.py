"""EventBridge: buses, rules with their patterns, and PutEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.events.bridge import EventBridge
from localcloud.events.put_events import PutEventsApi
from localcloud.events.rules import RuleChecks

if TYPE_CHECKING:
    from localcloud.access.services import ServiceAccess
    from localcloud.cloud.interface import Cloud


def install(cloud: Cloud, access: ServiceAccess) -> EventBridge:
    """Start delivering, answer PutEvents in moto's place, and refuse rules that cannot work."""
    bridge = EventBridge(cloud.simulation, access)
    accept, check = PutEventsApi(bridge).handle, RuleChecks(access).handle
    cloud.gateway.route("events", lambda request: accept(request) or check(request))
    cloud.on_stop(bridge.close)
    return bridge
