"""An organization with Rollcall deployed and everything right: simulation, moto, and a CloudFormation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall.model.roster import compute_digest
from rollcall.model.well_known import STACK_SET_NAME
from rollcall_cli.text.fixes import STACK_SETS
from rollcall_config.configuration import load
from rollcall_config.organization_values import PARTITIONS
from tests.cli import aws_cli
from tests.cli.desk import CONTACTS, HUB, MANAGEMENT, ORGANIZATION, Desk
from tests.cli.stack_sets import CloudFormation, Deployed
from tests.support.clients import client_of
from tests.support.moto_aws import create_table
from tests.support.state_table import WholeStateTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REGION = "us-east-1"
SETTINGS = ORGANIZATION + "members: {deploy: stackset, targets: [r-a1b2]}\n"
#: The settings of another partition: only in commercial Regions AWS names the version of the layer.
ABROAD = {
    "us-gov-west-1": "region: us-gov-west-1\n",
    "cn-northwest-1": "region: cn-northwest-1\n"
    "powertools_layer: arn:aws-cn:lambda:cn-northwest-1:333333333333:layer:powertools:1\n",
}
GUARDED = SETTINGS + "guardrail: {targets: [r-a1b2]}\n"
TABLE = "state"
DEAD = ("intake-dead", "notify-dead", "echoes-dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arns:
    """What things are called in a partition and its Region."""

    bus: str
    writer: str
    members: str
    own: str
    topic: str

    @classmethod
    def of(cls, region: str, partition: str) -> Arns:
        return cls(
            bus=f"arn:{partition}:events:{region}:{HUB}:event-bus/rollcall-intake",
            writer=f"arn:{partition}:iam::{HUB}:role/rollcall-reconcile",
            members=f"arn:{partition}:account::{MANAGEMENT}:account/o-exampleorgid/*",
            own=f"arn:{partition}:account::{MANAGEMENT}:account",
            topic=f"arn:{partition}:sns:{region}:{HUB}:alerts",
        )


ARNS = Arns.of(REGION, "aws")
BUS, WRITER, OWN_ARN, TOPIC = ARNS.bus, ARNS.writer, ARNS.own, ARNS.topic


class Lambda:
    """A client of Lambda, as far as the doctor asks: moto has no limits of accounts."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def get_account_settings(self) -> dict[str, Any]:
        reserved = {"ConcurrentExecutions": self._limit + 7, "UnreservedConcurrentExecutions": self._limit}
        return {"AccountLimit": reserved}


class World(Desk):
    """Everything that the doctor looks at, healthy. Use it inside moto's `mock_aws`."""

    #: State machines of the deployed hub, once a scene operates it.
    machines: Any = None
    #: What Lambda grants most accounts.
    concurrency = 1000

    def __init__(self, where: Path, region: str = REGION) -> None:
        super().__init__(where)
        self.region, self.partition = region, PARTITIONS[region]
        self.arns = Arns.of(region, self.partition)
        self.settings = SETTINGS + ABROAD.get(region, "")
        self.profiles = {"hub": HUB, "management": MANAGEMENT}
        self.deployed = Deployed(organization=self.organization, hub_account=HUB)
        self.write(organization=self.settings, contacts=CONTACTS)
        self.elsewhere = self._elsewhere
        self.organization.trusted_access.add(STACK_SETS)
        self.organization.delegate(HUB, STACK_SETS)
        self._deploy_hub()
        self.deploy_management()
        for account in (HUB, MANAGEMENT):
            self.make_trail(account)
        self.deployed.sets.add(STACK_SET_NAME)
        for account in self.organization.accounts:
            if account != MANAGEMENT:
                self.deployed.cover(account)
        self.approve()
        self.clock.sleep(7200)  # accounts have had the time to get their forwarders
        self.caller = HUB

    def move(self, where: Path, files: Mapping[str, bytes]) -> None:
        """To another directory, with this configuration."""
        self.where = where
        (where / "config").mkdir(exist_ok=True)
        for name, text in files.items():
            (where / "config" / name).write_bytes(text)

    def doctor(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Checks by name, seen with both accounts' credentials."""
        result = self.run("doctor", "--other-profile", "management", "--json", *arguments)
        assert result.stdout, result.stderr
        return {check["check"]: check for check in json.loads(result.stdout)["checks"]}

    def client(self, service: str, account: str) -> Any:
        """A client as a person's, not noted."""
        if service in {"account", "organizations"}:
            return self._client(
                service, region=self.region, profile={v: k for k, v in self.profiles.items()}[account]
            )
        return self._elsewhere(service, account)

    def fix(self, fix: str, *, account: str) -> int:
        """Run the AWS CLI commands in a fix; how many there were."""
        commands = aws_cli.commands_in(fix)
        for command in commands:
            aws_cli.run(command, lambda service: self.client(service, account))
        return len(commands)

    def approve(self) -> None:
        """Make the candidate the approved roster."""
        document = load(self.where, "config", today=self.clock.now().date()).roster
        state = WholeStateTable(client=self._elsewhere("dynamodb", HUB), table=TABLE)
        digest = compute_digest(document)
        state.approve(
            digest=digest,
            document=document,
            by="ann",
            at=self.clock.now(),
            before=state.get_enforcement().approved,
        )
        assert self.deployed.outputs is not None
        self.deployed.outputs["CandidateDigest"] = digest

    def make_trail(self, account: str) -> None:
        """AWS shows an organization's trail to every member: moto does not, so that each gets one."""
        bucket = f"trail-{account}"
        # us-east-1 is where buckets are by default: AWS refuses to be told so.
        place = {} if self.region == REGION else {"LocationConstraint": self.region}
        more = {"CreateBucketConfiguration": place} if place else {}
        self._elsewhere("s3", account).create_bucket(Bucket=bucket, **more)
        client = self._elsewhere("cloudtrail", account)
        client.create_trail(
            Name="organization", S3BucketName=bucket, IsMultiRegionTrail=True, IsOrganizationTrail=True
        )
        client.start_logging(Name="organization")
        # AWS's default for a new trail, which moto leaves out.
        selector = {"ReadWriteType": "All", "IncludeManagementEvents": True}
        client.put_event_selectors(TrailName="organization", EventSelectors=[selector])

    def make_role(self, account: str, name: str, trust: Any, *statements: Any) -> str:
        """A role with one inline policy."""
        iam = self._elsewhere("iam", account)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=_policy(*statements))
        return str(arn)

    def make_forwarder(self, account: str, sources: list[str]) -> None:
        """The rule and its role."""
        service = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "events.amazonaws.com"},
        }
        send = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": self.arns.bus}
        role = self.make_role(account, "forwarder", service, send)
        events = self._elsewhere("events", account)
        events.put_rule(Name="forward", EventPattern=json.dumps({"source": sources}), State="ENABLED")
        events.put_targets(Rule="forward", Targets=[{"Id": "hub", "Arn": self.arns.bus, "RoleArn": role}])

    def deploy_management(self) -> None:
        """As RollcallManagement does."""
        self.make_forwarder(MANAGEMENT, ["aws.account", "aws.organizations"])
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:{self.partition}:iam::{HUB}:root"},
            "Condition": {"ArnEquals": {"aws:PrincipalArn": self.arns.writer}},
        }
        self.make_role(MANAGEMENT, "rollcall-management-contacts", trust, contacts(self.arns.own))

    def deploy_bus(self) -> None:
        """The intake bus and its policy."""
        events = self._elsewhere("events", HUB)
        events.create_event_bus(Name="rollcall-intake")
        self.admit("o-exampleorgid")

    def admit(self, organization: str) -> None:
        """The policy of the intake bus, as stacks/constructs/intake_bus.py writes it."""
        statement = {
            "Sid": "RulesOfTheOrganization",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "events:PutEvents",
            "Resource": self.arns.bus,
            "Condition": {
                "StringEquals": {"aws:PrincipalOrgID": organization},
                "Bool": {"events:eventBusInvocation": "true"},
                "ForAllValues:StringEquals": {"events:source": ["aws.account", "aws.organizations"]},
                "Null": {"events:source": "false"},
            },
        }
        self._elsewhere("events", HUB).put_permission(
            EventBusName="rollcall-intake", Policy=_policy(statement)
        )

    def _deploy_hub(self) -> None:
        self.deploy_bus()
        self.make_forwarder(HUB, ["aws.account"])
        service = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
        self.make_role(HUB, "rollcall-reconcile", service, contacts(self.arns.members))
        create_table(self._elsewhere("dynamodb", HUB), TABLE)
        sns = self._elsewhere("sns", HUB)
        assert sns.create_topic(Name="alerts")["TopicArn"] == self.arns.topic
        sns.subscribe(TopicArn=self.arns.topic, Protocol="email", Endpoint="aws-alerts@example.com")
        sqs = self._elsewhere("sqs", HUB)
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in DEAD}
        for name in DEAD:
            self._elsewhere("cloudwatch", HUB).put_metric_alarm(
                AlarmName=f"{name}-waiting",
                AlarmActions=[self.arns.topic],
                MetricName="ApproximateNumberOfMessagesVisible",
                Namespace="AWS/SQS",
                Statistic="Maximum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=0,
                ComparisonOperator="GreaterThanThreshold",
            )
        self.deployed.alarms = [f"{name}-waiting" for name in DEAD]
        self.deployed.outputs = {
            "StateTableName": TABLE,
            "AlertTopicArn": self.arns.topic,
            "IntakeDeadLetterQueueUrl": urls[DEAD[0]],
            "NotifyDeadLetterQueueUrl": urls[DEAD[1]],
            "EchoesDeadLetterQueueUrl": urls[DEAD[2]],
        }

    def _elsewhere(self, service: str, account: str) -> Any:
        if service == "cloudformation":
            return CloudFormation(self.deployed, account)
        if service == "stepfunctions" and self.machines:
            return self.machines
        if service == "lambda":
            return Lambda(self.concurrency)
        return client_of(service, account, self.region)


def contacts(resource: str) -> dict[str, Any]:
    """A statement that lets a role read and write contacts there."""
    actions = [f"account:{verb}AlternateContact" for verb in ("Get", "Put", "Delete")]
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": resource,
        "Condition": {
            "ForAnyValue:StringEquals": {
                "account:AlternateContactTypes": ["SECURITY", "OPERATIONS", "BILLING"]
            }
        },
    }


def _policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
