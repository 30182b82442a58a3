"""The stack of the delegated administrator account (the hub)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, Environment, Stack

from rollcall.model.roster import compute_digest
from rollcall.model.well_known import HUB_STACK_NAME
from stacks.bundle import Bundle
from stacks.constructs.alert_topic import AlertTopic
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.ledger import Ledger
from stacks.constructs.outcome_bus import OutcomeBus
from stacks.constructs.reports import Reports, close_reports
from stacks.constructs.state_table import StateTable
from stacks.measures import MonitoredResources
from stacks.parts.alarms import Alarms
from stacks.parts.channels import Channels
from stacks.parts.common import Common
from stacks.parts.control import Control
from stacks.parts.dashboard import Dashboard
from stacks.parts.intake import Intake
from stacks.parts.network import PrivateNetwork
from stacks.parts.people import People
from stacks.parts.reconcile import Reconcile
from stacks.parts.sweep import Apply, Sweep

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from constructs import Construct

    from rollcall_config.settings import Settings

#: Of a rollout, and of messages that come back for two hours.
_ECHOES_WAIT = Duration.hours(3)
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
            stack_name=HUB_STACK_NAME,
            description="Rollcall: keeps the contacts of every account equal to one roster",
            env=Environment(account=settings.hub, region=settings.region),
        )
        outcomes = OutcomeBus(self, "Outcomes")
        common = Common(
            settings=settings,
            roster=roster,
            bundle=Bundle.of(self, asset=asset, region=settings.region, layer=settings.powertools_layer),
            topic=AlertTopic(self, "Alerts", addresses=settings.alert_addresses).topic,
            state=StateTable(self, "State").table,
            ledger=Ledger(self, "Ledger", retention=Duration.days(settings.ledger_retention_days)).bucket,
            reports=Reports(self, "Reports", retention=Duration.days(settings.reports_retention_days)).bucket,
            outcomes=outcomes.bus,
        )

        intake = Intake(self, "Intake", common=common)
        reconcile = Reconcile(self, "Reconcile", common=common, intake=intake)
        apply = Apply(self, "Apply", common=common, role=reconcile.role)
        failed_starts = DeadLetters(
            self,
            "SweepDeadLetters",
            content="starts of the sweep or of the check of a pause",
            alert_topic=common.topic,
            runbook=common.get_runbook_link("DeadLetters"),
        ).queue
        control = Control(self, "Control", common=common, apply=apply.function, dead_letters=failed_starts)
        sweep = Sweep(
            self,
            "Sweep",
            common=common,
            apply=apply.function,
            control=control,
            dead_letters=failed_starts,
            intake_bus=intake.bus,
        )
        channels = Channels(self, "Channels", common=common)
        outcomes.admit(reconcile.role, sweep.role, control.role)
        close_reports(common.reports, roles=[reconcile.role.role_arn, sweep.role.role_arn])

        dead_letters = {
            "Intake": intake.dead_letters,
            "Echoes": intake.echo_dead_letters,
            "AlertOnly": intake.alert_only_dead_letters,
            "Sweep": failed_starts,
            **{channel.name: channel.dead_letters for channel in channels.all},
        }
        monitored = MonitoredResources(
            workers={
                "Reconcile": reconcile.function,
                **{channel.name: channel.function for channel in channels.all},
            },
            tasks={"Sweep": sweep.function, "Apply": apply.function, "Control": control.function},
            waiting={
                "Reconcile": (intake.queue, None),
                "Echoes": (intake.echoes, _ECHOES_WAIT),
                "AlertOnly": (intake.alert_only, _ECHOES_WAIT),
                **{channel.name: (channel.queue, _ALERTS_WAIT) for channel in channels.all},
            },
            dead_letters=dead_letters,
            machines={"Sweep": sweep.machine, "Command": control.machine},
        )
        people = People(
            self,
            "People",
            common=common,
            control=control.machine,
            sweep=sweep.machine,
            dead_letters=dead_letters,
            inboxes=[queue for queue, _ in monitored.waiting.values()],
        )
        Alarms(self, "Alarms", common=common, monitored=monitored)
        if settings.dashboard:
            Dashboard(self, "Dashboard", monitored=monitored)
        if settings.private_link:
            PrivateNetwork(
                self,
                "Network",
                common=common,
                link=settings.private_link,
                functions=monitored.functions.values(),
                writer=reconcile.role,
                reader=sweep.role,
            )

        self._add_outputs(
            StateTableName=common.state.table_name,
            LedgerBucketName=common.ledger.bucket_name,
            ReportsBucketName=common.reports.bucket_name,
            AlertTopicArn=common.topic.topic_arn,
            OutcomeBusName=common.outcomes.event_bus_name,
            IntakeQueueUrl=intake.queue.queue_url,
            **{f"{name}DeadLetterQueueUrl": queue.queue_url for name, queue in dead_letters.items()},
            ReconcileFunctionName=reconcile.function.function_name,
            NotifyFunctionName=channels.notify.function.function_name,
            SweepMachineArn=sweep.machine.state_machine_arn,
            ControlMachineArn=control.machine.state_machine_arn,
            ReaderRoleArn=people.reader.role_arn,
            OperatorRoleArn=people.operator.role_arn,
            RedriveRoleArn=people.redrive.role_arn,
            CandidateDigest=compute_digest(roster),
        )
        if channels.chat_topic:
            self._add_outputs(ChatTopicArn=channels.chat_topic.topic_arn)

    def _add_outputs(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)
