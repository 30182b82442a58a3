"""The composition of `reconcile`: the only place that reads its environment and creates its clients."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.adapters.bus_and_queue import SqsQueue
from rollcall.adapters.clients import LateClient, make_client
from rollcall.adapters.ledger import LedgerBucket
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.groups import GroupItems
from rollcall.adapters.state.incidents import IncidentItems
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.system import SystemClock, ThreadPool
from rollcall.grouping.grouper import AlertGrouper
from rollcall.grouping.sending import GroupMessages
from rollcall.model.display import Masks
from rollcall.publish.incidents import IncidentPublisher
from rollcall.reconcile.preconditions import Dependencies
from rollcall.reconcile.reconciler import Reconciler
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import load_candidate, make_account_api, make_outcome_bus, make_writer
from rollcall.runtime.environment import ReconcileEnvironment
from rollcall.timing import WORKERS, WORKERS_SHARE, Bucket, make_buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.outcomes.outcome import Incident

#: Of the quota for each worker.
RECONCILE_SHARE = WORKERS_SHARE / WORKERS
#: Reads for one message that wait for no other.
READS_AT_ONCE = 5
#: Reads a second for the events of our own writes, for each worker: a rollout must delay no signal.
ECHO_READS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A queue, and what handles its messages."""

    queue: SqsQueue
    reconciler: Reconciler


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileFunction:
    """What the handler of `reconcile` works with."""

    signals: Inbox
    #: The other inboxes, by the names of their queues.
    others: Mapping[str, Inbox]

    def find_inbox(self, event: Mapping[str, Any]) -> Inbox:
        """The inbox that a batch came from."""
        names = {record.get("eventSourceARN", "").rpartition(":")[2] for record in event["Records"]}
        return self.others.get("".join(names), self.signals)


def compose_reconcile(observe: Callable[[Incident], None]) -> ReconcileFunction:
    """Compose `reconcile` from its environment; `observe` is given every published incident.

    MissingVariableError if the environment is incomplete.
    """
    environment = ReconcileEnvironment.from_variables(os.environ)
    now, region = SystemClock().now().timestamp(), os.environ.get("AWS_REGION", "us-east-1")
    table = {"client": make_client("dynamodb"), "table": environment.state_table}
    accounts = make_account_api(
        environment,
        members=make_buckets(share=RECONCILE_SHARE, now=now, region=region),
        management=make_buckets(share=RECONCILE_SHARE, now=now, region=region),
    )
    pool = ThreadPool(threads=READS_AT_ONCE)
    ledger = LedgerBucket(client=make_client("s3"), bucket=environment.ledger_bucket)
    writer = make_writer(table, accounts, ledger)
    incidents = IncidentItems(**table)
    bus = make_outcome_bus(environment, Masks(environment.masks))
    writer_roles = frozenset({environment.writer_role_arn, environment.management_role_arn})
    rosters = Rosters(memory=ControlItems(**table), candidate=load_candidate())
    matches, groups = MatchTable(**table), GroupItems(**table)
    grouper = AlertGrouper(
        messages=GroupMessages(
            groups=groups, contacts=writer.contacts, bus=bus, clock=writer.clock, files=ledger
        ),
        groups=groups,
        clock=writer.clock,
        limits=rosters.get_bulk_limits,
        management_account=environment.management_account,
        writer_roles=writer_roles,
    )
    publisher = IncidentPublisher(
        incidents=incidents,
        contacts=writer.contacts,
        bus=bus,
        clock=writer.clock,
        grouper=grouper,
        observe=observe,
    )
    reconciler = Reconciler(
        organization=AwsOrganization(client=make_client("organizations"), pool=pool),
        rosters=rosters,
        matches=matches,
        guardrails=matches,
        writer=writer,
        publisher=publisher,
        grouper=grouper,
        units=incidents,
        pool=pool,
        writer_roles=writer_roles,
        ours=Dependencies.from_settings(
            hub=environment.writer_role_arn.split(":")[4],
            stack_sets=environment.stack_sets,
            guardrail=environment.guardrail == "on",
        ),
    )
    sqs = LateClient("sqs")
    slow = Bucket(rate=ECHO_READS, burst=ECHO_READS, tokens=ECHO_READS, at=now)
    echoes = replace(reconciler, writer=replace(writer, accounts=accounts.pace_reads(slow)))
    inboxes = {
        url: Inbox(queue=SqsQueue(client=sqs, queue_url=url), reconciler=one)
        for url, one in (
            (environment.intake_queue_url, reconciler),
            (environment.echo_queue_url, echoes),
            (environment.alert_only_queue_url, reconciler),
        )
    }
    return ReconcileFunction(
        signals=inboxes[environment.intake_queue_url],
        others={url.rpartition("/")[2]: inbox for url, inbox in inboxes.items()},
    )
