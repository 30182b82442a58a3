"""The steps of a sweep over a simulated organization: real core, real adapters of AWS, the rest in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.account_listing import OrganizationAccounts
from rollcall.rosters.current import Rosters
from rollcall.sweep.begin import begin
from rollcall.sweep.observe import observe
from rollcall.sweep.ports import SweepPorts
from rollcall.sweep.prepare import prepare
from rollcall.sweep.run import Run, Step
from rollcall.timing import ORGANIZATIONS, make_paces
from simulation.caller import Caller
from simulation.seeds import HUB
from tests.support.memory import MemoryPool, MemoryRuns, MemorySweeps
from tests.support.world import MANAGEMENT, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.decide.plan import ObservedAccount
    from rollcall.ports import Pool


class Sweeping:
    """What the functions of the sweep work with, in a world whose signals go on as they do."""

    def __init__(self, world: World, *, candidate: Mapping[str, Any] | None = None, pool: Pool | None = None):
        self.world, self.clock = world, world.clock
        self.runs, self.sweeps = MemoryRuns(world.faults), MemorySweeps(world.faults)
        self.pool = pool or MemoryPool()
        self.deploy(candidate or world.roster)

    def deploy(self, candidate: Mapping[str, Any]) -> None:
        """New functions, with another roster in their code."""
        role = Caller.role(HUB, "rollcall-sweep", "sweep")
        pace = make_paces(now=self.clock.now().timestamp())
        self.rosters = Rosters(memory=self.world.state, candidate=candidate)
        self.ports = SweepPorts(
            accounts=OrganizationAccounts(
                client=self.world.cloud.client("organizations", role),
                clock=self.clock,
                pace=pace.by_operation[ORGANIZATIONS],
            ),
            contacts=OneModeAccountApi(
                client=self.world.cloud.client("account", role), clock=self.clock, buckets=pace.by_operation
            ),
            records=self.world.state,
            matches=self.world.matches,
            runs=self.runs,
            sweeps=self.sweeps,
            bus=self.world.bus,
            pool=self.pool,
            paces=pace,
            clock=self.clock,
        )

    def begin(self, trigger: str = "schedule", *, execution: str = "e-1", plan: str | None = None) -> Run:
        """Begin, as the state machine asks for it."""
        asked = {"trigger": trigger, "by": None, "plan": plan}
        request = {"input": asked, "execution": execution, "started": self.clock.now().isoformat()}
        return begin(request, ports=self.ports, rosters=self.rosters)

    def prepare(self, run: Run) -> Run:
        """Prepare, by the role that writes."""
        return prepare(
            run,
            ports=self.world.apply_ports(),
            runs=self.runs,
            rosters=self.rosters,
            management_account=MANAGEMENT,
        )

    def slice(self, run: Run) -> Run:
        """One worker's observations; what it hands on is plain JSON."""
        over = observe(run, ports=self.ports, rosters=self.rosters, management_account=MANAGEMENT)
        return Run.from_document(over.as_document())

    def observe(self, run: Run) -> Run:
        """Slices until another step is next, with or without what only the role that writes can read."""
        while run.next in (Step.PREPARE, Step.OBSERVE):
            run = self.slice(run)
        return run

    def observed(self, run: Run) -> dict[str, ObservedAccount]:
        """What was stored, by account."""
        return {item.account.id: item for item in self.runs.read_observed(run.data)}
