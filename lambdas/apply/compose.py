"""The composition of `apply`: the steps of the sweep that only the role that writes can do."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any

from rollcall.adapters.clients import LateClient, make_client
from rollcall.adapters.ledger import LedgerBucket
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.groups import GroupItems
from rollcall.adapters.state.incidents import IncidentItems
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.system import SystemClock, ThreadPool
from rollcall.control.handle import store_release
from rollcall.grouping.grouper import KnownGroups
from rollcall.model.display import Masks
from rollcall.publish.incidents import IncidentPublisher
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import load_candidate, make_account_api, make_outcome_bus, make_writer
from rollcall.runtime.environment import ApplyEnvironment
from rollcall.sweep.apply import IN_FLIGHT, ApplyStep
from rollcall.sweep.ports import ApplyPorts
from rollcall.sweep.prepare import prepare
from rollcall.sweep.run import Run
from rollcall.timing import APPLY_READS, Paces, make_paces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def compose_apply() -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Compose `apply` from its environment, each operation by its name; MissingVariableError."""
    environment = ApplyEnvironment.from_variables(os.environ)
    pace = _make_paces()
    table = {"client": make_client("dynamodb"), "table": environment.state_table}
    bus = make_outcome_bus(environment, Masks(environment.masks))
    accounts = make_account_api(environment, members=pace.by_operation, management=_make_paces().by_operation)
    ledger = LedgerBucket(client=LateClient("s3"), bucket=environment.ledger_bucket)
    writer = make_writer(table, accounts, ledger)
    matches = MatchTable(**table)
    ports = ApplyPorts(
        organization=AwsOrganization(client=make_client("organizations")),
        matches=matches,
        guardrails=matches if environment.guardrail == "on" else None,
        writer=writer,
        publisher=IncidentPublisher(
            incidents=IncidentItems(**table),
            contacts=writer.contacts,
            bus=bus,
            clock=writer.clock,
            grouper=KnownGroups(groups=GroupItems(**table), clock=writer.clock),
            observe=lambda _: None,
        ),
    )
    runs = RunsBucket(client=make_client("s3"), bucket=environment.reports_bucket)
    rosters = Rosters(memory=ControlItems(**table), candidate=load_candidate())
    apply = ApplyStep(
        ports=ports,
        runs=runs,
        sweeps=SweepTable(**table),
        rosters=rosters,
        pool=ThreadPool(threads=IN_FLIGHT),
        paces=pace,
    )
    management = environment.management_account
    return {
        "prepare": lambda event: prepare(
            Run.from_document(event["run"]),
            ports=ports,
            runs=runs,
            rosters=rosters,
            management_account=management,
        ).as_document(),
        "apply": lambda event: apply.run_step(Run.from_document(event["run"])).as_document(),
        "release": lambda event: store_release(event["answer"], contacts=writer.contacts, clock=writer.clock),
    }


def _make_paces() -> Paces:
    return make_paces(
        now=SystemClock().now().timestamp(),
        guard=Lock,
        region=os.environ.get("AWS_REGION", "us-east-1"),
        reads=APPLY_READS,
    )
