"""The composition root: the only place that reads the environment and creates clients."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.accounts import AllAccounts, ManagementAccount
from rollcall.adapters.clients import NO_RETRIES, LateClient, client
from rollcall.adapters.intake_queue import SqsQueue
from rollcall.adapters.ledger_bucket import LedgerBucket
from rollcall.adapters.match_table import MatchTable
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.outcome_bus import EventBridgeOutcomeBus
from rollcall.adapters.state_table import StateTable
from rollcall.adapters.system_clock import SystemClock
from rollcall.bulk.limits import BulkLimits
from rollcall.environment import ReconcileEnvironment
from rollcall.pacing import buckets
from rollcall.ports import Ports
from rollcall.reconcile import Reconciler
from rollcall.rosters import Rosters
from rollcall.standoff.limits import StandoffLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.environment import ApplyEnvironment
    from rollcall.outcomes import Incident
    from rollcall.pacing import Pace
    from rollcall.ports import Clock

#: Reconcile runs at most twice at once, each worker at half of the quota.
RECONCILE_SHARE = 0.5
_CANDIDATE = Path(__file__).resolve().parent.parent / "candidate.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileFunction:
    """What the handler of `reconcile` works with."""

    reconciler: Reconciler
    queue: SqsQueue


def candidate() -> dict[str, Any]:
    """The roster that was deployed with this code, as synth compiled it."""
    document: dict[str, Any] = json.loads(_CANDIDATE.read_text(encoding="utf-8"))
    return document


def reconcile_function(observe: Callable[[Incident], None]) -> ReconcileFunction:
    """Compose `reconcile` from its environment; `observe` is given every published incident.

    MissingVariableError if the environment is incomplete.
    """
    environment = ReconcileEnvironment.from_variables(os.environ)
    now = SystemClock().now().timestamp()
    ports = writing_ports(
        environment,
        members=buckets(share=RECONCILE_SHARE, now=now),
        management=buckets(share=RECONCILE_SHARE, now=now),
    )
    reconciler = Reconciler(
        ports=ports,
        rosters=Rosters(state=ports.state, candidate=candidate()),
        writer_roles=frozenset({environment.writer_role_arn, environment.management_role_arn}),
        guardrail=environment.guardrail == "on",
        observe=observe,
        bulks=BulkLimits(
            accounts=int(environment.bulk_accounts),
            organization_accounts=int(environment.bulk_organization_accounts),
            window=timedelta(minutes=int(environment.bulk_minutes)),
        ),
        standoffs=StandoffLimits(
            reverts=int(environment.standoff_reverts),
            window=timedelta(minutes=int(environment.standoff_minutes)),
        ),
    )
    queue = SqsQueue(client=LateClient("sqs"), queue_url=environment.intake_queue_url)
    return ReconcileFunction(reconciler=reconciler, queue=queue)


def writing_ports(
    environment: ReconcileEnvironment | ApplyEnvironment,
    *,
    members: Mapping[str, Pace],
    management: Mapping[str, Pace],
) -> Ports:
    """What the role that writes works with."""
    clock, dynamodb = SystemClock(), client("dynamodb")
    return Ports(
        organization=AwsOrganization(client=client("organizations")),
        accounts=_all_accounts(environment, clock, members=members, management=management),
        state=StateTable(client=dynamodb, table=environment.state_table),
        ledger=LedgerBucket(client=LateClient("s3"), bucket=environment.ledger_bucket),
        bus=EventBridgeOutcomeBus(
            client=client("events"),
            bus=environment.outcome_bus,
            management_account=environment.management_account,
        ),
        matches=MatchTable(client=dynamodb, table=environment.state_table),
        clock=clock,
    )


def _all_accounts(
    environment: ReconcileEnvironment | ApplyEnvironment,
    clock: Clock,
    *,
    members: Mapping[str, Pace],
    management: Mapping[str, Pace],
) -> AllAccounts:
    """The contacts of all accounts, as the role that writes. Each has its paces.

    The quota is the calling account's: the management account has one of its own.
    """
    return AllAccounts(
        management_account=environment.management_account,
        members=OneModeAccountApi(client=client("account", NO_RETRIES), clock=clock, buckets=members),
        management=ManagementAccount(
            sts=LateClient("sts"),
            role_arn=environment.management_role_arn,
            account_client=_account_client,
            clock=clock,
            buckets=management,
        ),
    )


def _account_client(credentials: Mapping[str, str]) -> Any:
    return client(
        "account",
        NO_RETRIES,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
