"""Intake queue -> reconcile -> contacts, ledger, outcome bus."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.runtime.environment import ReconcileEnvironment
from stacks import grants
from stacks.addresses import management_role_arn
from stacks.constructs.worker import Worker
from stacks.contact_grants import Keeping, keep_member_contacts
from stacks.parts.intake import RECONCILE_TIMEOUT

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from stacks.parts.common import Common
    from stacks.parts.intake import Intake

_MINUTE: Final = timedelta(minutes=1)


def add_reconcile(stack: Construct, common: Common, intake: Intake) -> lambda_.Function:
    """The function, with the role that writes contacts."""
    settings, role = common.settings, common.roles.writer
    bulks, standoffs = settings.bulks, settings.standoffs
    function = Worker(
        stack,
        "Reconcile",
        handler="reconcile.handler.handler",
        bundle=common.bundle,
        role=role,
        environment=ReconcileEnvironment(
            management_account=settings.management,
            state_table=common.state.table_name,
            ledger_bucket=common.ledger.bucket_name,
            outcome_bus=common.outcomes.event_bus_name,
            intake_queue_url=intake.queue.queue_url,
            writer_role_arn=role.role_arn,
            management_role_arn=management_role_arn(settings),
            guardrail="on" if settings.guardrail else "off",
            bulk_accounts=str(bulks.accounts),
            bulk_organization_accounts=str(bulks.organization_accounts),
            bulk_minutes=str(bulks.window // _MINUTE),
            standoff_reverts=str(standoffs.reverts),
            standoff_minutes=str(standoffs.window // _MINUTE),
        ).as_variables(),
        inbox=intake.queue,
        timeout=RECONCILE_TIMEOUT,
    ).function
    keep_member_contacts(role, settings=settings, keeping=Keeping.of(common.roster))
    grants.reach_management(role, settings=settings)
    grants.read_organization(role, grants.ONE_ACCOUNT)
    grants.record(role, ledger=common.ledger)
    # Transactions need the action of each of their parts.
    actions = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
    common.state.grant(role, *(f"dynamodb:{action}" for action in actions))
    return function
