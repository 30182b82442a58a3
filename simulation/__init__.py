"""An AWS Organization as a pure, deterministic model.

It answers the Account API and the part of the Organizations API that Rollcall uses, and turns every
changing call into the CloudTrail event that EventBridge would deliver. Time comes from a `Clock`, ids from
a seeded generator; there are no threads and no sockets. Tests, the bench and the local cloud share it;
nothing that deploys imports it.
"""

from simulation.caller import Caller
from simulation.clock import Clock, SystemClock, VirtualClock
from simulation.cloud import Listener, Response, SimulatedCloud
from simulation.errors import ApiError
from simulation.organization import Account, AlternateContact, Organization, OrganizationalUnit
from simulation.seeds import example_organization

__all__ = [
    "Account",
    "AlternateContact",
    "ApiError",
    "Caller",
    "Clock",
    "Listener",
    "Organization",
    "OrganizationalUnit",
    "Response",
    "SimulatedCloud",
    "SystemClock",
    "VirtualClock",
    "example_organization",
]
