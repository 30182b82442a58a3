"""The composition of `reconcile`: the only place that reads its environment and creates its clients."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollcall.adapters.bus_and_queue import SqsQueue
from rollcall.adapters.clients import LateClient, make_client
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.edits import BulkItems, KnownDriftItems, RepeatedEditItems
from rollcall.adapters.state.intents import IncidentItems
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.system import SystemClock
from rollcall.bulk_edits.detector import BulkDetector
from rollcall.bulk_edits.model import BulkLimits
from rollcall.publish.incidents import IncidentPublisher
from rollcall.reconcile.reconciler import Reconciler
from rollcall.repeated_edits.rules import RepeatedEditLimits
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import load_candidate, make_outcome_bus, make_writer
from rollcall.runtime.environment import ReconcileEnvironment
from rollcall.timing import make_buckets

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.outcomes.outcome import Incident

#: Reconcile runs at most twice at once, each worker at half of the quota.
RECONCILE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileFunction:
    """What the handler of `reconcile` works with."""

    reconciler: Reconciler
    queue: SqsQueue


def compose_reconcile(observe: Callable[[Incident], None]) -> ReconcileFunction:
    """Compose `reconcile` from its environment; `observe` is given every published incident.

    MissingVariableError if the environment is incomplete.
    """
    environment = ReconcileEnvironment.from_variables(os.environ)
    now = SystemClock().now().timestamp()
    table = {"client": make_client("dynamodb"), "table": environment.state_table}
    writer = make_writer(
        environment,
        table,
        members=make_buckets(share=RECONCILE_SHARE, now=now),
        management=make_buckets(share=RECONCILE_SHARE, now=now),
    )
    repeated = RepeatedEditItems(**table)
    bus = make_outcome_bus(environment)
    writer_roles = frozenset({environment.writer_role_arn, environment.management_role_arn})
    bulks = BulkLimits(
        accounts=int(environment.bulk_edits_accounts),
        organization_accounts=int(environment.bulk_edits_organization_accounts),
        window=timedelta(minutes=int(environment.bulk_edits_minutes)),
    )
    publisher = IncidentPublisher(
        incidents=IncidentItems(**table),
        intents=writer.intents,
        repeated=repeated,
        drift=KnownDriftItems(**table),
        bus=bus,
        clock=writer.clock,
        gatherer=BulkDetector(bulks=BulkItems(**table), bus=bus, clock=writer.clock, limits=bulks),
        writer_roles=writer_roles,
        observe=observe,
    )
    reconciler = Reconciler(
        organization=AwsOrganization(client=make_client("organizations")),
        rosters=Rosters(memory=ControlItems(**table), candidate=load_candidate()),
        matches=MatchTable(**table),
        writer=writer,
        repeated=repeated,
        publisher=publisher,
        bus=bus,
        writer_roles=writer_roles,
        guardrail=environment.guardrail == "on",
        standoffs=RepeatedEditLimits(
            reverts=int(environment.repeated_edits_reverts),
            window=timedelta(minutes=int(environment.repeated_edits_minutes)),
        ),
    )
    queue = SqsQueue(client=LateClient("sqs"), queue_url=environment.intake_queue_url)
    return ReconcileFunction(reconciler=reconciler, queue=queue)
