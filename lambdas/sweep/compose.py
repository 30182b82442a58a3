"""The composition of `sweep`: its steps by name, from the state machine's event to its answer."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.account_listing import OrganizationAccounts
from rollcall.adapters.clients import NO_RETRIES, SHORT_TIMEOUTS, make_client
from rollcall.adapters.member_roles import MemberRoleReader, SessionClients
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.system import SystemClock, ThreadPool
from rollcall.model.display import Masks
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import load_candidate, make_outcome_bus
from rollcall.runtime.environment import SweepEnvironment
from rollcall.sweep.begin import begin
from rollcall.sweep.gate import Gate
from rollcall.sweep.observe import IN_FLIGHT, observe
from rollcall.sweep.ports import MemberRoles, SweepPorts
from rollcall.sweep.report_files import OrganizationIds
from rollcall.sweep.report_step import FailStep, ReportStep
from rollcall.sweep.run import Run
from rollcall.timing import ASSUME_ROLE, ORGANIZATIONS, ROLES_IN_FLIGHT, Pace, make_paces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.outcomes.metrics import Metric


def compose_sweep(
    measure: Callable[[Metric, int], None],
) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Compose `sweep` from its environment: each operation by its name; `measure` is given each metric.

    MissingVariableError if the environment is incomplete.
    """
    environment = SweepEnvironment.from_variables(os.environ)
    table = {"client": make_client("dynamodb"), "table": environment.state_table}
    ports = _make_ports(environment, table)
    rosters = Rosters(memory=ControlItems(**table), candidate=load_candidate())
    management = environment.management_account
    masks = Masks(environment.masks)
    gate = Gate(ports=ports, rosters=rosters, masks=masks)
    ids = OrganizationIds(id=environment.organization, management=management)
    report = ReportStep(ports=ports, rosters=rosters, measure=measure, organization=ids, masks=masks)
    return {
        "begin": lambda event: begin(event, ports=ports, rosters=rosters).as_document(),
        "observe": lambda event: observe(
            Run.from_document(event["run"]), ports=ports, rosters=rosters, management_account=management
        ).as_document(),
        "gate": lambda event: gate.run_step(Run.from_document(event["run"])).as_document(),
        "report": lambda event: report.run_step(Run.from_document(event["run"])).as_document(),
        "fail": FailStep(ports=ports, rosters=rosters, measure=measure).run_step,
    }


def _make_ports(environment: SweepEnvironment, table: Mapping[str, Any]) -> SweepPorts:
    clock, pool = SystemClock(), ThreadPool(threads=IN_FLIGHT)
    pace = make_paces(
        now=clock.now().timestamp(), guard=Lock, region=os.environ.get("AWS_REGION", "us-east-1")
    )
    return SweepPorts(
        accounts=OrganizationAccounts(
            client=make_client("organizations", NO_RETRIES),
            clock=clock,
            pace=pace.by_operation[ORGANIZATIONS],
        ),
        contacts=OneModeAccountApi(
            client=make_client("account", NO_RETRIES), clock=clock, buckets=pace.by_operation
        ),
        records=ContactItems(**table),
        matches=MatchTable(**table),
        runs=RunsBucket(client=make_client("s3"), bucket=environment.reports_bucket),
        sweeps=SweepTable(**table),
        bus=make_outcome_bus(environment),
        pool=pool,
        paces=pace,
        clock=clock,
        roles=None
        if environment.member_role == "none"
        else _make_member_roles(environment, pace.by_operation[ASSUME_ROLE]),
    )


def _make_member_roles(environment: SweepEnvironment, pace: Pace) -> MemberRoles:
    return MemberRoles(
        reader=MemberRoleReader(
            sts=make_client("sts", SHORT_TIMEOUTS),
            role_arn=environment.member_role,
            account_client=SessionClients(make_client("account", SHORT_TIMEOUTS)),
            clock=SystemClock(),
            pace=pace,
        ),
        pool=ThreadPool(threads=ROLES_IN_FLIGHT),
        hub=environment.hub_account,
    )
