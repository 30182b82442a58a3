"""Intake queue, echoes -> reconcile -> contacts, ledger, outcome bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from constructs import Construct

from rollcall.model.well_known import RECONCILE_ROLE_NAME
from rollcall.runtime.environment import ReconcileEnvironment
from rollcall.timing import WORKERS
from rollcall_config.settings import BATCHES
from stacks import grants
from stacks.arns import name_management_role
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.worker import Worker
from stacks.parts.intake import RECONCILE_TIMEOUT

if TYPE_CHECKING:
    from stacks.parts.common import Common
    from stacks.parts.intake import Intake

#: What is done with which partitions of the state table: what may be written now, records of contacts,
#: alerts, what entries of rosters matched and the guardrail's name led to; as `apply` also the run that it
#: works for.
_ITEMS: Final = {
    **dict.fromkeys(("approval", "control"), ("BatchGetItem", "ConditionCheckItem")),
    "roster": ("GetItem",),
    "contact#*": ("BatchGetItem", "GetItem", "PutItem"),
    "incident#*": ("GetItem", "UpdateItem"),
    "alerts": ("BatchGetItem", "PutItem", "UpdateItem"),
    "group#*": ("DeleteItem", "PutItem", "Query", "UpdateItem"),
    "grouped#*": ("BatchGetItem", "PutItem"),
    "watch#*": ("PutItem", "Query"),
    **dict.fromkeys(("guardrail", "units"), ("PutItem", "Query")),
    "tagged#*": ("DeleteItem", "GetItem", "PutItem", "Query"),
    "sweep": ("GetItem", "PutItem"),
}


class Reconcile(Construct):
    """Restores contacts after an edit. `role` is the only role of the hub that writes contacts.

    It reads the queues of `intake`.
    """

    def __init__(self, scope: Construct, id_: str, *, common: Common, intake: Intake) -> None:
        super().__init__(scope, id_)
        settings = common.settings
        self.role = FunctionRole(self, "Role", name=RECONCILE_ROLE_NAME).role
        self.function = Worker(
            self,
            "Function",
            handler="reconcile.handler.handler",
            bundle=common.bundle,
            role=self.role,
            environment=ReconcileEnvironment(
                management_account=settings.management,
                state_table=common.state.table_name,
                ledger_bucket=common.ledger.bucket_name,
                outcome_bus=common.outcomes.event_bus_name,
                intake_queue_url=intake.queue.queue_url,
                echo_queue_url=intake.echoes.queue_url,
                alert_only_queue_url=intake.alert_only.queue_url,
                writer_role_arn=self.role.role_arn,
                management_role_arn=name_management_role(settings),
                guardrail="on" if settings.guardrail else "off",
                stack_sets=settings.members_call_as if settings.members_deploy == "stackset" else "none",
                masks=common.masks,
            ).as_variables(),
            inboxes={intake.queue: WORKERS, intake.echoes: BATCHES, intake.alert_only: BATCHES},
            timeout=RECONCILE_TIMEOUT,
        ).function
        grants.write_member_contacts(self.role, settings=settings, roster=common.roster)
        grants.use_management_role(self.role, settings=settings)
        grants.read_organization(self.role, grants.ONE_ACCOUNT)
        grants.write_ledger(self.role, ledger=common.ledger)
        grants.use_items(self.role, table=common.state, items=_ITEMS)
