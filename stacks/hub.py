"""The delegated administrator account: everything that decides, writes, records and tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, Environment, Stack
from aws_cdk import aws_events as events

from rollcall.environment import NotifyEnvironment, ReconcileEnvironment
from rollcall.names import (
    INCIDENT_DETAIL_TYPE,
    INTAKE_BUS_NAME,
    NOTICE_DETAIL_TYPE,
    OUTCOME_SOURCE,
    RECONCILE_ROLE_NAME,
)
from rollcall.roster import digest_of
from stacks import grants
from stacks.addresses import management_role_arn
from stacks.bundle import Bundle
from stacks.constructs.alert_topic import AlertTopic
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.inbox import Inbox
from stacks.constructs.intake_bus import IntakeBus
from stacks.constructs.ledger import Ledger
from stacks.constructs.network import join_network
from stacks.constructs.outcome_bus import OutcomeBus
from stacks.constructs.state_table import StateTable
from stacks.constructs.worker import Worker
from stacks.contact_grants import Keeping, keep_member_contacts
from stacks.members import forward_from_members
from stacks.private_link import private_network
from stacks.sources import ACCOUNT_SOURCE, EVENT_NAMES, EVENT_SOURCES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from stacks.settings import Settings

_RECONCILE_SECONDS = 60
_NOTIFY_SECONDS = 30


class HubStack(Stack):
    """Signals in, contacts and alerts out: accounts, intake, reconcile, outcomes, notify, people.

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
        self._settings = settings
        self._bundle = Bundle.of(self, asset=asset, region=settings.region, layer=settings.powertools_layer)
        self._topic = AlertTopic(self, "Alerts", addresses=settings.alert_addresses).topic
        self._state = StateTable(self, "State").table
        self._ledger = Ledger(self, "Ledger", retention=Duration.days(settings.ledger_retention_days)).bucket

        intake = self._intake()
        writer = FunctionRole(self, "ReconcileRole", name=RECONCILE_ROLE_NAME).role
        outcomes = OutcomeBus(self, "Outcomes", writers=[writer]).bus
        reconcile = self._reconcile(intake, outcomes, writer, Keeping.of(roster))
        notify = self._notify(outcomes)
        if network := private_network(self, settings, writer=writer):
            for function in (reconcile, notify):
                join_network(function, network)

        self._outputs(
            StateTableName=self._state.table_name,
            LedgerBucketName=self._ledger.bucket_name,
            AlertTopicArn=self._topic.topic_arn,
            OutcomeBusName=outcomes.event_bus_name,
            ReconcileFunctionName=reconcile.function_name,
            NotifyFunctionName=notify.function_name,
            CandidateDigest=digest_of(roster),
        )

    def _intake(self) -> sqs.Queue:
        """Forwarders of all accounts -> intake bus -> rule -> intake queue."""
        bus = IntakeBus(
            self,
            "IntakeBus",
            name=INTAKE_BUS_NAME,
            organization_id=self._settings.organization,
            sources=SOURCES,
        ).bus
        dead_letters = DeadLetters(
            self, "IntakeDeadLetters", content="account events", alert_topic=self._topic
        ).queue
        queue = Inbox(
            self,
            "Intake",
            consumer_timeout=Duration.seconds(_RECONCILE_SECONDS),
            # Generous: reconcile itself shortens the visibility to come back to an account that settles.
            max_receive_count=20,
            dead_letters=dead_letters,
        ).queue
        BusToQueue(
            self,
            "Signals",
            bus=bus,
            # Not on request parameters, whose spelling is not settled, and not on the detail-type.
            pattern=events.EventPattern(
                source=list(SOURCES),
                detail={"eventSource": list(EVENT_SOURCES), "eventName": list(EVENT_NAMES)},
            ),
            queue=queue,
            dead_letters=dead_letters,
        )
        # The hub is an account of the organization, too.
        Forwarder(self, "Forwarder", sources=[ACCOUNT_SOURCE], intake_bus=bus, dead_letters=dead_letters)
        if members := forward_from_members(self, self._settings, call_as="DELEGATED_ADMIN"):
            members.node.add_dependency(bus)  # with its policy: else their first events wait for a retry
        self._outputs(IntakeQueueUrl=queue.queue_url, IntakeDeadLetterQueueUrl=dead_letters.queue_url)
        return queue

    def _reconcile(
        self, intake: sqs.Queue, outcomes: events.EventBus, role: iam.Role, keeping: Keeping
    ) -> lambda_.Function:
        """Intake queue -> reconcile -> contacts, ledger, outcome bus."""
        function = Worker(
            self,
            "Reconcile",
            handler="reconcile.handler.handler",
            bundle=self._bundle,
            role=role,
            environment=ReconcileEnvironment(
                management_account=self._settings.management,
                state_table=self._state.table_name,
                ledger_bucket=self._ledger.bucket_name,
                outcome_bus=outcomes.event_bus_name,
                intake_queue_url=intake.queue_url,
                writer_role_arn=role.role_arn,
                management_role_arn=management_role_arn(self._settings),
                guardrail="on" if self._settings.guardrail else "off",
            ).as_variables(),
            inbox=intake,
            timeout=Duration.seconds(_RECONCILE_SECONDS),
        ).function
        keep_member_contacts(role, settings=self._settings, keeping=keeping)
        grants.reach_management(role, settings=self._settings)
        grants.look_up_accounts(role)
        grants.record(role, ledger=self._ledger)
        # Transactions need the action of each of their parts.
        actions = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
        self._state.grant(role, *(f"dynamodb:{action}" for action in actions))
        return function

    def _notify(self, outcomes: events.EventBus) -> lambda_.Function:
        """Outcome bus -> rule -> notify queue -> notify -> topic."""
        dead_letters = DeadLetters(self, "NotifyDeadLetters", content="alerts", alert_topic=self._topic).queue
        queue = Inbox(
            self,
            "Notifications",
            consumer_timeout=Duration.seconds(_NOTIFY_SECONDS),
            max_receive_count=10,
            dead_letters=dead_letters,
        ).queue
        BusToQueue(
            self,
            "Incidents",
            bus=outcomes,
            pattern=events.EventPattern(
                source=[OUTCOME_SOURCE], detail_type=[INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE]
            ),
            queue=queue,
            dead_letters=dead_letters,
        )
        role = FunctionRole(self, "NotifyRole").role
        function = Worker(
            self,
            "Notify",
            handler="notify.handler.handler",
            bundle=self._bundle,
            role=role,
            environment=NotifyEnvironment(
                state_table=self._state.table_name, alert_topic_arn=self._topic.topic_arn
            ).as_variables(),
            inbox=queue,
            timeout=Duration.seconds(_NOTIFY_SECONDS),
        ).function
        self._state.grant(
            role, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"
        )
        grants.alert(role, topic=self._topic)
        self._outputs(NotifyDeadLetterQueueUrl=dead_letters.queue_url)
        return function

    def _outputs(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)
