"""The delegated administrator account: everything that decides, writes, records and tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm

from rollcall.environment import NotifyEnvironment, ReconcileEnvironment
from rollcall.names import INCIDENT_DETAIL_TYPE, INTAKE_BUS_NAME, OUTCOME_SOURCE, RECONCILE_ROLE_NAME
from rollcall.roster import digest_of
from stacks import grants
from stacks.constructs.alert_topic import AlertTopic
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.inbox import Inbox
from stacks.constructs.intake_bus import IntakeBus
from stacks.constructs.ledger import Ledger
from stacks.constructs.state_table import StateTable
from stacks.constructs.worker import Worker
from stacks.sources import ACCOUNT_SOURCE, EVENT_NAMES, EVENT_SOURCES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from constructs import Construct

    from stacks.settings import Settings

# Public parameter of AWS; CloudFormation reads it at deploy time, so that synth stays offline.
_POWERTOOLS_LAYER = "/aws/service/powertools/python/arm64/python3.13/latest"


class HubStack(Stack):
    """Signals in on the left, contacts and alerts out on the right.

    `roster` is the compiled candidate and `asset` the directory with it and the functions.
    """

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, roster: Mapping[str, Any], asset: Path
    ) -> None:
        super().__init__(
            scope,
            id_,
            description="Rollcall: keeps the contacts of every account equal to one roster",
            env=Environment(account=settings.hub, region=settings.region),
        )
        code = lambda_.Code.from_asset(str(asset))
        layer = lambda_.LayerVersion.from_layer_version_arn(
            self, "Powertools", ssm.StringParameter.value_for_string_parameter(self, _POWERTOOLS_LAYER)
        )
        topic = AlertTopic(self, "Alerts", addresses=settings.alert_addresses).topic
        state = StateTable(self, "State").table
        ledger = Ledger(self, "Ledger", retention=Duration.days(settings.ledger_retention_days)).bucket

        # Accounts -> intake bus -> intake queue
        intake_bus = IntakeBus(
            self,
            "IntakeBus",
            name=INTAKE_BUS_NAME,
            organization_id=settings.organization,
            sources=SOURCES,
        ).bus
        reconcile_timeout = Duration.seconds(60)
        intake_dead_letters = DeadLetters(self, "IntakeDeadLetters", alert_topic=topic).queue
        intake_queue = Inbox(
            self,
            "Intake",
            consumer_timeout=reconcile_timeout,
            # Generous: reconcile itself shortens the visibility to come back to an account that settles.
            max_receive_count=20,
            dead_letters=intake_dead_letters,
        ).queue
        Forwarder(
            self,
            "Forwarder",
            sources=[ACCOUNT_SOURCE],
            intake_bus=intake_bus,
            dead_letters=intake_dead_letters,
        )
        BusToQueue(
            self,
            "Signals",
            bus=intake_bus,
            # Not on request parameters, whose spelling is not settled, and not on the detail-type.
            pattern=events.EventPattern(
                source=list(SOURCES),
                detail={"eventSource": list(EVENT_SOURCES), "eventName": list(EVENT_NAMES)},
            ),
            queue=intake_queue,
            dead_letters=intake_dead_letters,
        )

        # intake queue -> reconcile -> contacts, ledger, outcome bus
        outcome_bus = events.EventBus(self, "Outcomes")
        reconcile_role = FunctionRole(self, "ReconcileRole", name=RECONCILE_ROLE_NAME).role
        reconcile = Worker(
            self,
            "Reconcile",
            handler="reconcile.handler.handler",
            code=code,
            layer=layer,
            role=reconcile_role,
            environment=ReconcileEnvironment(
                organization_id=settings.organization,
                management_account=settings.management,
                state_table=state.table_name,
                ledger_bucket=ledger.bucket_name,
                outcome_bus=outcome_bus.event_bus_name,
                intake_queue_url=intake_queue.queue_url,
                writer_role_arn=reconcile_role.role_arn,
            ).as_variables(),
            inbox=intake_queue,
            timeout=reconcile_timeout,
            # The least that SQS allows, and all that the Account API's quota has room for.
            max_concurrency=2,
        ).function
        grants.keep_contacts(
            reconcile_role, organization=settings.organization, management=settings.management
        )
        grants.look_up_accounts(reconcile_role)
        grants.record(reconcile_role, ledger=ledger)
        grants.remember(
            reconcile_role,
            table=state,
            actions=("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        )
        outcome_bus.grant_put_events_to(reconcile_role)

        # outcome bus -> notify queue -> notify -> topic
        notify_timeout = Duration.seconds(30)
        notify_dead_letters = DeadLetters(self, "NotifyDeadLetters", alert_topic=topic).queue
        notify_queue = Inbox(
            self,
            "Notifications",
            consumer_timeout=notify_timeout,
            max_receive_count=10,
            dead_letters=notify_dead_letters,
        ).queue
        BusToQueue(
            self,
            "Incidents",
            bus=outcome_bus,
            pattern=events.EventPattern(source=[OUTCOME_SOURCE], detail_type=[INCIDENT_DETAIL_TYPE]),
            queue=notify_queue,
            dead_letters=notify_dead_letters,
        )
        notify_role = FunctionRole(self, "NotifyRole").role
        notify = Worker(
            self,
            "Notify",
            handler="notify.handler.handler",
            code=code,
            layer=layer,
            role=notify_role,
            environment=NotifyEnvironment(
                state_table=state.table_name, alert_topic_arn=topic.topic_arn
            ).as_variables(),
            inbox=notify_queue,
            timeout=notify_timeout,
            max_concurrency=2,
        ).function
        grants.remember(notify_role, table=state, actions=("GetItem", "PutItem", "UpdateItem"))
        grants.alert(notify_role, topic=topic)

        for name, value in {
            "StateTableName": state.table_name,
            "LedgerBucketName": ledger.bucket_name,
            "AlertTopicArn": topic.topic_arn,
            "IntakeQueueUrl": intake_queue.queue_url,
            "IntakeDeadLetterQueueUrl": intake_dead_letters.queue_url,
            "NotifyDeadLetterQueueUrl": notify_dead_letters.queue_url,
            "OutcomeBusName": outcome_bus.event_bus_name,
            "ReconcileFunctionName": reconcile.function_name,
            "NotifyFunctionName": notify.function_name,
            "CandidateDigest": digest_of(roster),
        }.items():
            CfnOutput(self, name, value=value)
