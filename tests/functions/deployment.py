"""What the stack deploys, in process: moto around the real handlers, the simulation behind the AWS APIs."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import notify.handler
import reconcile.handler
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.rosters import MatchTable
from rollcall.rosters.current import approve_candidate
from rollcall.runtime.environment import NotifyEnvironment, ReconcileEnvironment
from simulation import Caller, SimulatedCloud, SystemClock, make_example_organization
from simulation.organization import AlternateContact
from tests.support.moto_aws import BUCKET, BUS, REGION, TABLE, create_table
from tests.support.samples import HUB, MANAGEMENT, MEMBER, ROSTER, WANTED, leaks
from tests.support.state_table import WholeStateTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.model.contact import Contact
    from simulation.clock import Clock

WRITER_ROLE = f"arn:aws:iam::{HUB}:role/rollcall-reconcile"
MANAGEMENT_ROLE = f"arn:aws:iam::{MANAGEMENT}:role/rollcall-management-contacts"


def api_values(contact: Contact) -> dict[str, str]:
    """A contact as the Account API takes it."""
    names = {"Name": contact.name, "Title": contact.title}
    return names | {"EmailAddress": contact.email, "PhoneNumber": contact.phone}


class MachineClock(SystemClock):
    """The machine's clock, for all parts: who waits does not, but all clocks show a later time."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass
class Context:
    """What Lambda says of an invocation that was just begun."""

    clock: Clock
    seconds: int = 60

    def get_remaining_time_in_millis(self) -> int:
        """By the machine's real clock, as the functions read it."""
        left = self.clock.now() + timedelta(seconds=self.seconds) - datetime.now(UTC)
        return int(left.total_seconds() * 1000)


@dataclass
class Queue:
    """A queue and the function that reads it, as Lambda's event source does."""

    sqs: Any
    url: str
    handler: Callable[[dict[str, Any], Context], dict[str, Any]]
    clock: Clock
    waiting: list[str] = field(default_factory=list)

    def send(self, body: object) -> str:
        text = body if isinstance(body, str) else json.dumps(body)
        return str(self.sqs.send_message(QueueUrl=self.url, MessageBody=text)["MessageId"])

    def deliver(self) -> list[str]:
        """Hand one batch to the function; the ids of the messages that it reports as failed."""
        answer = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
        )
        messages = answer.get("Messages", [])
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{self.url.rpartition('/')[2]}",
            }
            for message in messages
        ]
        try:
            response = self.handler({"Records": records}, Context(self.clock))
        except BaseException:
            self.waiting += [message["ReceiptHandle"] for message in messages]
            raise
        failed = [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
        for message in messages:
            if message["MessageId"] in failed:
                self.waiting.append(message["ReceiptHandle"])
            else:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return failed

    def again(self) -> list[str]:
        """Deliver once more what went back, without waiting for it to be visible."""
        self.return_waiting()
        return self.deliver()

    def return_waiting(self) -> None:
        """Make visible what went back."""
        for receipt in self.waiting:
            self.sqs.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0)
        self.waiting.clear()

    def visible(self) -> int:
        """How many messages could be received now."""
        name = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(answer["Attributes"][name])


class Deployment:
    """Everything of the hub, with the whole output of the functions in `log`."""

    guardrail = "off"

    def __init__(
        self, aws: Mapping[str, Any], *, roster: dict[str, Any] = ROSTER, clock: Clock | None = None
    ) -> None:
        self.aws = aws
        self.clients = dict(aws)
        self.roster = roster
        self.log = io.StringIO()
        self.clock = clock or MachineClock()
        self.organization = make_example_organization(self.clock)
        self.cloud = SimulatedCloud(self.organization, self.clock)
        self._create()
        self.state = WholeStateTable(client=aws["dynamodb"], table=TABLE)
        self.cloud.subscribe(self._forward)

    def _create(self) -> None:
        aws = self.aws
        create_table(aws["dynamodb"])
        aws["s3"].create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        self.intake = self._queue("intake", reconcile.handler.handler)
        self.echoes = self._queue("echoes", reconcile.handler.handler)
        self.incidents = self._queue("notify", notify.handler.handler)
        self.mailbox = self._queue("mailbox", lambda *_: {"batchItemFailures": []})
        aws["events"].create_event_bus(Name=BUS)
        pattern = json.dumps({"detail-type": ["Rollcall Incident", "Rollcall Notice"]})
        aws["events"].put_rule(Name="told", EventBusName=BUS, EventPattern=pattern)
        targets = [{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:notify"}]
        aws["events"].put_targets(Rule="told", EventBusName=BUS, Targets=targets)
        self.topic_arn = aws["sns"].create_topic(Name="alerts")["TopicArn"]
        arn = "arn:aws:sqs:us-east-1:123456789012:mailbox"
        aws["sns"].subscribe(TopicArn=self.topic_arn, Protocol="sqs", Endpoint=arn)

    def _forward(self, _account: str, event: dict[str, Any]) -> None:
        session = event["detail"]["userIdentity"].get("sessionContext", {})
        own = session.get("sessionIssuer", {}).get("arn") in (WRITER_ROLE, MANAGEMENT_ROLE)
        (self.echoes if own else self.intake).send(event)

    def _queue(self, name: str, handler: Callable[..., dict[str, Any]]) -> Queue:
        url = self.aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
        return Queue(sqs=self.aws["sqs"], url=url, handler=handler, clock=self.clock)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of both functions."""
        of_reconcile = ReconcileEnvironment(
            management_account=MANAGEMENT,
            state_table=TABLE,
            ledger_bucket=BUCKET,
            outcome_bus=BUS,
            intake_queue_url=self.intake.url,
            echo_queue_url=self.echoes.url,
            alert_only_queue_url=self.intake.url,
            writer_role_arn=WRITER_ROLE,
            management_role_arn=MANAGEMENT_ROLE,
            guardrail=self.guardrail,
            stack_sets="DELEGATED_ADMIN",
            masks="foreign",
        )
        of_notify = NotifyEnvironment(
            state_table=TABLE,
            queue_url=self.incidents.url,
            channel="sns",
            target=self.topic_arn,
            slack_channel="none",
            slack_mention="none",
            access_portal="none",
            min_severity="INFO",
            runbook="docs/operations.md",
        )
        return of_reconcile.as_variables() | of_notify.as_variables()

    def client(self, service: str, **given: Any) -> Any:
        """What `create_client` gives the functions."""
        if service in self.clients:
            return self.clients[service]
        return self.cloud.client(service, self.caller(given))

    def caller(self, given: Mapping[str, Any]) -> Caller:
        """Whose credentials a client has: the function's, or those of the role that it assumed."""
        if "aws_access_key_id" in given:
            return Caller.role(MANAGEMENT, "rollcall-management-contacts", "rollcall-reconcile")
        return Caller.role(HUB, "rollcall-reconcile", "reconcile")

    def approve(self) -> None:
        approver = Caller.role(MANAGEMENT, "Admin", "alice")
        approve_candidate(
            memory=self.state,
            matches=MatchTable(client=self.aws["dynamodb"], table=TABLE),
            organization=AwsOrganization(client=self.cloud.client("organizations", approver)),
            document=self.roster,
            approved_by="test",
            now=self.clock.now(),
            before=None,
        )

    def settle(self, account_id: str = MEMBER) -> None:
        """Give the account what the roster wants, without a call."""
        contact = AlternateContact(**WANTED.as_document())
        self.organization.accounts[account_id].contacts["SECURITY"] = contact

    def member(self, account_id: str = MEMBER) -> Any:
        """The account API as somebody in the member account has it."""
        return self.cloud.client("account", Caller.role(account_id, "Dev", "mary"))

    def edit(self, contact: Contact, account_id: str = MEMBER) -> None:
        """Somebody in the account puts another security contact."""
        values = api_values(contact)
        self.member(account_id).put_alternate_contact(AlternateContactType="SECURITY", **values)

    def security_contact(self, account_id: str = MEMBER) -> dict[str, str]:
        answer = self.member(account_id).get_alternate_contact(AlternateContactType="SECURITY")
        return {name: answer["AlternateContact"][name] for name in api_values(WANTED)}

    def run(self) -> None:
        """Deliver everything there is, and again what waits for seconds, until nothing new comes of it."""
        queues = (self.intake, self.echoes, self.incidents)
        while True:
            before = len(self.lines())
            while any(queue.visible() for queue in queues):
                for queue in queues:
                    queue.deliver()
            if not any(line.get("error") == "SoonError" for line in self.lines()[before:]):
                return
            self.clock.sleep(5)
            self.intake.return_waiting()
            self.echoes.return_waiting()

    def alerts(self) -> list[dict[str, Any]]:
        """All messages that people got until now."""
        found = []
        while (
            messages := self.aws["sqs"]
            .receive_message(QueueUrl=self.mailbox.url, MaxNumberOfMessages=10, VisibilityTimeout=3600)
            .get("Messages")
        ):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    def ledger(self) -> dict[str, dict[str, Any]]:
        """Every record in the ledger by the last two parts of its key."""
        contents = self.aws["s3"].list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            entry["Key"]: json.load(self.aws["s3"].get_object(Bucket=BUCKET, Key=entry["Key"])["Body"])
            for entry in contents
        }

    def lines(self) -> list[dict[str, Any]]:
        """The log as the functions wrote it, a JSON object a line."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def assert_no_contact_details(*texts: str, contacts: tuple[Any, ...] = ()) -> None:
    """No name, title, e-mail or phone of anybody in any of the texts, and something in each of them."""
    for text in texts:
        assert text
        assert leaks(text, contacts) == [] if contacts else leaks(text) == []
