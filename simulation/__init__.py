"""An AWS Organization as a pure, deterministic model.

It answers the Account API and the part of the Organizations API that Rollcall uses, and turns every
changing call into the CloudTrail event that EventBridge would deliver. Time comes from a `Clock`, ids from
a seeded generator. There are no sockets, and no threads but those of `concurrency`, of which one runs at a
time. Tests, the bench and the local cloud share it; nothing that deploys imports it.
"""

from simulation.caller import Caller as Caller
from simulation.clock import Clock as Clock
from simulation.clock import SystemClock as SystemClock
from simulation.clock import VirtualClock as VirtualClock
from simulation.cloud import SimulatedCloud as SimulatedCloud
from simulation.errors import ApiError as ApiError
from simulation.organization import AlternateContact as AlternateContact
from simulation.organization import SimulatedAccount as SimulatedAccount
from simulation.organization import SimulatedOrganization as SimulatedOrganization
from simulation.response import Response as Response
from simulation.seeds import make_example_organization as make_example_organization
