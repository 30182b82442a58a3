"""Lambda entry point of `reconcile`: intake queue messages in, partial batch response out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from reconcile.compose import ReconcileFunction, compose_reconcile
from rollcall.outcomes.metrics import measure_incident
from rollcall.runtime.handlers import Context, compose_once, find_deadline, measure, process

if TYPE_CHECKING:
    from rollcall.outcomes.outcome import Incident

log = Logger(service="reconcile")


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    """Reconcile every message of the batch on its own."""
    inbox = _function().find_inbox(event)
    return process(
        event,
        inbox.reconciler.handle,
        queue=inbox.queue,
        log=log,
        deadline=find_deadline(context),
    )


def _report(incident: Incident) -> None:
    actor = incident.signal.actor if incident.signal else None
    for outcome in incident.outcomes:
        keys = {
            "incident_id": incident.id,
            "event_id": incident.event.id,
            "account_id": incident.signal.account_id if incident.signal else None,
            "kind": outcome.kind,
            "verdict": outcome.verdict,
            "intent_id": outcome.intent_id,
            # Without the session of a role, whose name may be somebody's address.
            "actor": actor and (actor.role_arn or actor.principal),
            "actor_kind": actor and actor.kind,
        }
        log.info("outcome", extra=keys)
    for metric, value in measure_incident(incident, datetime.now(UTC)):
        measure(metric, value)


@compose_once
def _function() -> ReconcileFunction:
    return compose_reconcile(_report)
