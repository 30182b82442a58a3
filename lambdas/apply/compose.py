"""The composition of `apply`: the steps of the sweep that only the role that writes can do."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING, Any

from rollcall.adapters.clients import client
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.system import SystemClock, ThreadPool
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import candidate, writing_ports
from rollcall.runtime.environment import ApplyEnvironment
from rollcall.sweep.apply import IN_FLIGHT, Apply
from rollcall.sweep.prepare import prepare
from rollcall.sweep.run import Run
from rollcall.timing import paces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.timing import Paces


def apply_steps() -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Compose `apply` from its environment: each operation by its name.

    MissingVariableError if the environment is incomplete.
    """
    environment = ApplyEnvironment.from_variables(os.environ)
    pace = _paces()
    ports = writing_ports(environment, members=pace.by_operation, management=_paces().by_operation)
    runs = RunsBucket(client=client("s3"), bucket=environment.reports_bucket)
    rosters = Rosters(state=ports.state, candidate=candidate())
    apply = Apply(
        ports=ports,
        runs=runs,
        sweeps=SweepTable(client=client("dynamodb"), table=environment.state_table),
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
        "apply": lambda event: apply.step(Run.from_document(event["run"])).as_document(),
    }


def _paces() -> Paces:
    return paces(now=SystemClock().now().timestamp(), guard=Lock)
