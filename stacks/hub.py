"""The delegated administrator account: everything that decides, writes, records and tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, Environment, Stack

from rollcall.model.roster import compute_digest
from rollcall.model.well_known import RECONCILE_ROLE_NAME
from stacks.bundle import Bundle
from stacks.constructs.alert_topic import AlertTopic
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.ledger import Ledger
from stacks.constructs.network import join_network
from stacks.constructs.outcome_bus import OutcomeBus
from stacks.constructs.reports import Reports
from stacks.constructs.state_table import StateTable
from stacks.measures import Watched
from stacks.parts.alarms import Alarms
from stacks.parts.channels import channels
from stacks.parts.common import Common, Roles
from stacks.parts.control import Control
from stacks.parts.dashboard import add_dashboard
from stacks.parts.intake import Intake
from stacks.parts.people import People
from stacks.parts.reconcile import add_reconcile
from stacks.parts.sweep import Sweep
from stacks.private_link import private_network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from constructs import Construct

    from rollcall_config.settings import Settings

#: A signal about an account that settles comes back for two hours.
_SIGNALS_WAIT = Duration.hours(3)
_ALERTS_WAIT = Duration.minutes(30)


class HubStack(Stack):
    """Signals in, contacts and alerts out: intake, reconcile, sweep, control, channels, people.

    `roster` is the compiled candidate and `asset` the directory with it and the functions.
    """

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, roster: Mapping[str, Any], asset: Path
    ) -> None:
        super().__init__(
            scope,
            id_,
            stack_name="RollcallHub",
            description="Rollcall: keeps the contacts of every account equal to one roster",
            env=Environment(account=settings.hub, region=settings.region),
        )
        common = self._common(settings, roster, asset)
        intake = Intake.of(self, common)
        reconcile = add_reconcile(self, common, intake)
        sweep = Sweep.of(self, common)
        control = Control.of(self, common, sweep)
        told = channels(self, common)
        people = People.of(
            self,
            common,
            machines=[sweep.machine, control.machine],
            dead_letters=[intake.dead_letters, *(one.dead_letters for one in told), sweep.dead_letters],
        )
        telling = {one.name: one for one in told}
        watched = Watched(
            workers={"Reconcile": reconcile} | {name: one.function for name, one in telling.items()},
            tasks={"Sweep": sweep.sweep, "Apply": sweep.apply, "Control": control.function},
            waiting={"Reconcile": (intake.queue, _SIGNALS_WAIT)}
            | {name: (one.queue, _ALERTS_WAIT) for name, one in telling.items()},
            dead_letters={"Intake": intake.dead_letters, "Sweep": sweep.dead_letters}
            | {name: one.dead_letters for name, one in telling.items()},
            sweep=sweep.machine,
        )
        Alarms(self, common).watch(watched)
        add_dashboard(self, watched)
        if network := private_network(
            self, settings, writer=common.roles.writer, readers=[common.roles.sweep]
        ):
            for function in watched.functions.values():
                join_network(function, network)

        self._outputs(
            StateTableName=common.state.table_name,
            LedgerBucketName=common.ledger.bucket_name,
            ReportsBucketName=common.reports.bucket_name,
            AlertTopicArn=common.topic.topic_arn,
            OutcomeBusName=common.outcomes.event_bus_name,
            IntakeQueueUrl=intake.queue.queue_url,
            IntakeDeadLetterQueueUrl=intake.dead_letters.queue_url,
            **{f"{one.name}DeadLetterQueueUrl": one.dead_letters.queue_url for one in told},
            SweepDeadLetterQueueUrl=sweep.dead_letters.queue_url,
            ReconcileFunctionName=reconcile.function_name,
            NotifyFunctionName=told[0].function.function_name,
            SweepMachineArn=sweep.machine.state_machine_arn,
            ControlMachineArn=control.machine.state_machine_arn,
            ReaderRoleArn=people.reader.role_arn,
            OperatorRoleArn=people.operator.role_arn,
            CandidateDigest=compute_digest(roster),
        )

    def _common(self, settings: Settings, roster: Mapping[str, Any], asset: Path) -> Common:
        roles = Roles(
            writer=FunctionRole(self, "ReconcileRole", name=RECONCILE_ROLE_NAME).role,
            sweep=FunctionRole(self, "SweepRole").role,
            control=FunctionRole(self, "ControlRole").role,
        )
        return Common(
            settings=settings,
            roster=roster,
            bundle=Bundle.of(self, asset=asset, region=settings.region, layer=settings.powertools_layer),
            topic=AlertTopic(self, "Alerts", addresses=settings.alert_addresses).topic,
            state=StateTable(self, "State").table,
            ledger=Ledger(self, "Ledger", retention=Duration.days(settings.ledger_retention_days)).bucket,
            reports=Reports(self, "Reports", retention=Duration.days(settings.reports_retention_days)).bucket,
            outcomes=OutcomeBus(self, "Outcomes", writers=[roles.writer, roles.sweep, roles.control]).bus,
            roles=roles,
        )

    def _outputs(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)
