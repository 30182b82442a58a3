"""The world with its sweep: the real steps over ports in memory, driven as the state machine drives them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.account_api import AllAccounts, ManagementAccount, OneModeAccountApi, name_writes
from rollcall.adapters.account_listing import OrganizationAccounts
from rollcall.control.handle import CommandHandler, store_release
from rollcall.model.display import Masks
from rollcall.rosters.current import Rosters
from rollcall.sweep.apply import ApplyStep
from rollcall.sweep.begin import begin
from rollcall.sweep.gate import ApproveStep, Gate
from rollcall.sweep.observe import observe
from rollcall.sweep.ports import SweepPorts
from rollcall.sweep.prepare import prepare
from rollcall.sweep.report_files import OrganizationIds
from rollcall.sweep.report_step import FailStep, ReportStep
from rollcall.sweep.run import Run
from rollcall.timing import APPLY_READS, ORGANIZATIONS, make_paces
from simulation.caller import Caller
from simulation.seeds import HUB
from tests.support.identities import MACHINE, PLACE, MemoryIdentities, sign
from tests.support.memory import Crash, MemoryCommands, MemoryPool, MemoryRuns, MemorySweeps
from tests.support.sweep_machine import SWEEP_MACHINE, Execution
from tests.support.world import MANAGEMENT, MANAGEMENT_ROLE, World, _Counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.ports import Pool
    from rollcall.sweep.ports import ApplyPorts
    from tests.support.member_roles import MemberSts

ALICE = "arn:aws:sts::333333333333:assumed-role/rollcall-operator/alice"
FOR_GOOD = 1_000_000


def _ignore() -> None:
    pass


class SweepWorld(World):
    """A world whose sweeps can be run, broken, held and approved.

    `broken` makes functions die before or after their work: `world.broken["gate", "after"] = 1`. `on_write`
    is called before each write of a sweep in a member; writes to accounts that are `blocked` are throttled.
    """

    def __init__(self, *arguments: Any, masks: Masks = Masks.FOREIGN, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.runs, self.sweeps = MemoryRuns(self.faults), MemorySweeps(self.faults)
        self.pool: Pool = MemoryPool()
        self.masks = masks
        self.broken: Counter[tuple[str, str]] = Counter()
        self.metrics: Counter[str] = Counter()
        self.executions: list[Execution] = []
        self.started: dict[str, Execution] = {}
        self.on_write: Callable[[], object] = _ignore
        self.blocked: frozenset[str] = frozenset()
        self.identities = MemoryIdentities(arn=ALICE)
        self.commands = MemoryCommands(self.faults)
        self.operators: tuple[str, ...] = ()
        self.starts: dict[str, datetime] = {}
        #: What the members' roles answer, if the sweep is to use them.
        self.member_sts: MemberSts | None = None

    # What starts a sweep

    def deploy(self, roster: dict[str, Any]) -> None:
        """Another candidate comes with the code of all functions."""
        self.roster = roster
        self.restart()

    def execution(
        self, trigger: str = "operator", *, by: str | None = None, plan: str | None = None
    ) -> Execution:
        """An execution that has not begun."""
        return self._execution(
            f"{trigger}-{len(self.executions)}", {"trigger": trigger, "by": by, "plan": plan}
        )

    def sweep(self, trigger: str = "operator") -> Execution:
        """One whole sweep."""
        return self.execution(trigger).run()

    def start(self, name: str, asked: Mapping[str, Any]) -> None:
        """Step Functions, as `control` sees it."""
        self.faults("machine.start")
        if name not in self.started:
            self.started[name] = self._execution(name, asked)

    def _execution(self, name: str, asked: Mapping[str, Any]) -> Execution:
        execution = Execution(
            invoke=self.invoke, clock=self.clock, name=name, asked=asked, started=self.clock.now()
        )
        self.executions.append(execution)
        return execution

    # What operators do

    def command(self, operation: str, **given: Any) -> dict[str, Any]:
        """What the control machine answers."""
        name = given.pop("execution", f"c-{len(self.starts)}")
        before, self.identities.arn = self.identities.arn, given.pop("by", self.identities.arn)
        document = {"operation": operation, "reason": "drill", "plan": None, **given}
        signed = sign(document, execution=f"{MACHINE}:{name}", now=self.clock.now())
        try:
            return self.handle(signed | {"started": self.find_start(name).isoformat()})
        finally:
            self.identities.arn = before

    def find_start(self, name: str) -> datetime:
        """When Step Functions started this command: the same for each try, and no other's."""
        last = max(self.starts.values(), default=datetime.min.replace(tzinfo=UTC))
        return self.starts.setdefault(name, max(self.clock.now(), last + timedelta(milliseconds=1)))

    def handle(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What the function `control` answers, or `apply` after it if it is to release a contact."""
        answer = self._operator().handle(document)
        if "release" not in answer:
            return answer
        return self.invoke({"operation": "release", "answer": answer})

    def approve_held(self) -> Execution:
        """Approve the one plan that waits, and run what that starts."""
        (held,) = self.sweeps.list_pending(self.clock.now())
        assert self.command("approve", plan=held.plan)["done"]
        return list(self.started.values())[-1].run()

    # The functions; each invocation is a new process

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """One invocation of one of the functions, which may die."""
        operation = event["operation"]
        self._perhaps_die(operation, "before")
        answer: dict[str, Any] = self._operations()[operation](event)
        self._perhaps_die(operation, "after")
        return answer

    def _perhaps_die(self, operation: str, when: str) -> None:
        if self.broken[operation, when] > 0:
            self.broken[operation, when] -= 1
            raise Crash

    def _operations(self) -> Mapping[str, Any]:
        ports, writing = self._sweep_ports(), self._apply_ports()
        rosters = Rosters(memory=self.state, candidate=self.roster)
        pace = make_paces(now=self.clock.now().timestamp())
        gate = Gate(ports=ports, rosters=rosters, masks=self.masks)
        apply = ApplyStep(
            ports=writing,
            runs=self.runs,
            sweeps=self.sweeps,
            rosters=rosters,
            pool=self.pool,
            paces=pace,
        )
        ids = OrganizationIds(id="o-exampleorgid", management=MANAGEMENT)
        report = ReportStep(
            ports=ports, rosters=rosters, measure=self._measure, organization=ids, masks=self.masks
        )
        whole = {
            "prepare": lambda run: prepare(
                run, ports=writing, runs=self.runs, rosters=rosters, management_account=MANAGEMENT
            ),
            "observe": lambda run: observe(run, ports=ports, rosters=rosters, management_account=MANAGEMENT),
            "gate": gate.run_step,
            "apply": apply.run_step,
            "report": report.run_step,
        }
        steps = {
            name: lambda event, step=step: step(Run.from_document(event["run"])).as_document()
            for name, step in whole.items()
        }
        return steps | {
            "begin": lambda event: begin(event, ports=ports, rosters=rosters).as_document(),
            "approve": self.handle,
            "release": lambda event: store_release(event["answer"], contacts=self.state, clock=self.clock),
            "fail": FailStep(ports=ports, rosters=rosters, measure=self._measure).run_step,
        }

    def _measure(self, name: str, value: int) -> None:
        self.metrics[name] += value

    def _operator(self) -> CommandHandler:
        organization = self.reconciler.organization
        rosters = Rosters(memory=self.state, candidate=self.roster)
        return CommandHandler(
            identities=self.identities,
            ledger=self.commands,
            place=PLACE,
            operators=self.operators,
            pause=self.state,
            contacts=self.state,
            sweeps=self.sweeps,
            bus=self.bus,
            matches=self.matches,
            organization=organization,
            machine=self,
            sweep_machine=SWEEP_MACHINE,
            approval=ApproveStep(
                rosters=rosters,
                sweeps=self.sweeps,
                matches=self.matches,
                organization=organization,
                bus=self.bus,
                clock=self.clock,
            ),
            rosters=rosters,
            groups=self.reconciler.grouper.messages,
            clock=self.clock,
        )

    def _sweep_ports(self) -> SweepPorts:
        role = Caller.role(HUB, "rollcall-sweep", "sweep")
        pace = make_paces(now=self.clock.now().timestamp())
        account = _Counted(self.cloud.client("account", role), self.calls, self.faults)
        return SweepPorts(
            accounts=OrganizationAccounts(
                client=self.cloud.client("organizations", role),
                clock=self.clock,
                pace=pace.by_operation[ORGANIZATIONS],
            ),
            contacts=OneModeAccountApi(client=account, clock=self.clock, buckets=pace.by_operation),
            records=self.state,
            matches=self.matches,
            runs=self.runs,
            sweeps=self.sweeps,
            bus=self.bus,
            pool=self.pool,
            paces=pace,
            clock=self.clock,
            roles=self.member_sts.make_roles(pace, self.wide_pool()) if self.member_sts else None,
        )

    def wide_pool(self) -> Pool:
        """The pool of the members' roles."""
        return self.pool

    def _apply_ports(self) -> ApplyPorts:
        pace = make_paces(now=self.clock.now().timestamp(), reads=APPLY_READS).by_operation
        account = _Writer(self)
        accounts = AllAccounts(
            management_account=MANAGEMENT,
            members=OneModeAccountApi(client=account, clock=self.clock, buckets=pace),
            management=ManagementAccount(
                sts=self,
                role_arn=MANAGEMENT_ROLE,
                account_client=self._inside_management,
                clock=self.clock,
                buckets=pace,
            ),
        )
        return self.apply_ports(replace(self.reconciler.writer, accounts=accounts))

    # What came of it

    @property
    def notices(self) -> list[dict[str, Any]]:
        """Each once, however often it was published."""
        return list({(item["incident_id"], item["update"]): item for item in self.bus.notices}.values())

    def told(self) -> list[str]:
        """Kinds of notices, in the order in which people were told first."""
        return [item["notice"] for item in self.notices]

    def facts(self, kind: str) -> dict[str, Any]:
        """Of the last notice of this kind."""
        facts: list[dict[str, Any]] = [item["facts"] for item in self.notices if item["notice"] == kind]
        return facts[-1]

    @property
    def summary(self) -> dict[str, Any]:
        assert self.sweeps.summary is not None
        return self.sweeps.summary

    def writes(self) -> list[tuple[str, str]]:
        """Calls that change a contact, by anybody of ours."""
        return [call for call in self.calls if call[0].startswith(("put_", "delete_"))]


class _Writer:
    """The account client of the role that writes, as the sweep has it."""

    def __init__(self, world: SweepWorld) -> None:
        role = Caller.role(HUB, "rollcall-reconcile", "apply")
        self._world = world
        self._client = _Counted(name_writes(world.cloud.client("account", role)), world.calls, world.faults)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_alternate_contact(self, **parameters: Any) -> Any:
        if parameters["AccountId"] in self._world.blocked:
            error: Any = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}
            raise ClientError(error, "PutAlternateContact")
        self._world.on_write()
        return self._client.put_alternate_contact(**parameters)
