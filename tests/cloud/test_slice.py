"""End to end: the deployed stacks and the packaged functions keep a member's contacts right."""

import json
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.messaging.queues import find_queue, send_message
from localcloud.story.shell import run_rollcall
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.rosters import MatchTable
from rollcall.contact.repeated_edits import BACKOFF, RepeatedEdits
from rollcall.model.contact import ContactKind
from rollcall.model.roster import RepeatedEditLimits
from rollcall.model.well_known import OPERATOR_ROLE_NAME, REDRIVE_ROLE_NAME
from rollcall.rosters.current import approve_candidate
from tests.cloud.tools import PATIENCE_SECONDS, alerts, expire, messages, outlive_workers, wait_for
from tests.support.state_table import WholeStateTable

pytestmark = pytest.mark.cloud
HUB, MEMBER, MANAGEMENT, EXEMPT = "333333333333", "222222222222", "111111111111", "555566667777"
#: What the names of the two queues of `reconcile` begin with.
INTAKE, ECHOES = "RollcallHub-IntakeQueue", "RollcallHub-IntakeEchoesQueue"
EDIT = {"Name": "Mary", "Title": "Dev", "EmailAddress": "mary@example.net", "PhoneNumber": "+1 206 555 0199"}


class Slice:
    """The deployed slice as the tests act on it and look at it."""

    def __init__(self, cloud, outputs, roster):
        self.cloud, self.outputs = cloud, outputs
        contacts = {kind: roster["contacts"][name] for kind, name in roster["defaults"].items()}
        self.right = {kind: contact["email"] for kind, contact in contacts.items() if kind != "PRIMARY"}
        self.events: list[dict[str, Any]] = []
        self.writes: list[str] = []
        cloud.simulation.subscribe(lambda _, event: self.events.append(event))
        self._member = cloud.clients.client("account", MEMBER, role="mary")
        self._hub = lambda service: cloud.clients.client(service, HUB)
        self.state = WholeStateTable(client=self._hub("dynamodb"), table=outputs["StateTableName"])

    def edit(self, kind):
        """Mary edits a contact; the event of it."""
        self._member.put_alternate_contact(AlternateContactType=kind, **EDIT)
        return wait_for(lambda: [e for e in self.events if self._is_edit(e, kind)])[-1]

    def email(self, kind, account=MEMBER):
        contact = self.cloud.simulation.organization.accounts[account].contacts.get(kind)
        return contact.email if contact else None

    def told(self, cause, account):
        """The subjects of the alerts of an account for that cause."""
        mails = alerts(self.cloud)
        return [m["subject"] for m in mails if m["attributes"]["cause"] == cause and account in m["message"]]

    def alerts(self, event):
        """The subjects of the alerts of one event."""
        return [m["subject"] for m in alerts(self.cloud) if event["detail"]["eventID"] in m["message"]]

    def only_alert(self, event):
        """The subject of the event's alert; no second one follows soon."""
        wait_for(lambda: self.alerts(event))
        time.sleep(0.7)
        (subject,) = self.alerts(event)
        return subject

    def ledger(self):
        """The records of the member: {intent id: names of its objects}."""
        listed = self._hub("s3").list_objects_v2(
            Bucket=self.outputs["LedgerBucketName"], Prefix=f"ledger/{MEMBER}/"
        )
        records: dict[str, set[str]] = {}
        for entry in listed.get("Contents", []):
            *_, intent, record = entry["Key"].split("/")
            records.setdefault(intent, set()).add(record)
        return records

    def send(self, *bodies):
        for body in bodies:
            # Not by an identity of the hub, which the queue refuses.
            send_message(self.arn(INTAKE), body if isinstance(body, str) else json.dumps(body))

    def arn(self, queue):
        """The ARN of the one queue whose name begins so."""
        (url,) = self._hub("sqs").list_queues(QueueNamePrefix=queue)["QueueUrls"]
        return f"arn:aws:sqs:us-east-1:{HUB}:{url.rpartition('/')[2]}"

    def switch(self, *, on, queue=INTAKE):
        """Stop or resume the polling of a queue."""
        functions = self._hub("lambda")
        name = self.outputs["ReconcileFunctionName"]
        mappings = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        (mapping,) = [one for one in mappings if f":{queue}" in one["EventSourceArn"]]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def waiting(self, queue=INTAKE):
        """How many messages are visible in a queue."""
        name = "ApproximateNumberOfMessages"
        (url,) = self._hub("sqs").list_queues(QueueNamePrefix=queue)["QueueUrls"]
        found = self._hub("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def all_is_closed(self):
        """Whether no intent of the member is open."""
        return not self.list_open()

    def list_open(self):
        """The member's records with an open intent."""
        pending = self.state.list_pending()
        return [record for record in pending if record.account_id == MEMBER and record.intent]

    def dead(self):
        """The dead letters, which are gone then: `rollcall status` in this cloud would tell of them."""
        url = self.outputs["IntakeDeadLetterQueueUrl"]
        found = messages(self.cloud, HUB, url)
        for message in found:
            self._hub("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _is_edit(self, event, kind):
        detail = event["detail"]
        return (
            detail["eventName"] == "PutAlternateContact"
            and detail["recipientAccountId"] == MEMBER
            and detail["requestParameters"]["alternateContactType"] == kind
        )


@pytest.fixture(scope="module")
def hub(cloud, deployed, assembly):
    (candidate,) = assembly.glob("asset.*/candidate.json")
    roster = json.loads(candidate.read_text())
    made = Slice(cloud, deployed["RollcallHub"], roster)
    approve_candidate(
        memory=made.state,
        matches=MatchTable(
            client=cloud.clients.client("dynamodb", HUB), table=deployed["RollcallHub"]["StateTableName"]
        ),
        organization=AwsOrganization(client=cloud.clients.client("organizations", HUB)),
        document=roster,
        approved_by="tests",
        now=datetime.now(UTC),
        before=made.state.get_enforcement().approved,  # tests before may have approved it
    )

    def written(caller, parameters):
        if "/rollcall-reconcile/" in caller.arn and parameters["AccountId"] == MEMBER:
            made.writes.append(parameters["AlternateContactType"])

    stop = cloud.apis.add_hook("account", "PutAlternateContact", written)
    yield made
    stop()


@pytest.fixture(autouse=True)
def nobody_wrote_yet(hub):
    wait_for(lambda: hub.waiting() == 0)
    hub.writes.clear()


def test_an_edit_is_restored_with_one_alert_and_a_ledger_pair(hub):
    hub.switch(on=False, queue=ECHOES)
    before = hub.ledger()
    event = hub.edit("SECURITY")
    assert hub.only_alert(event).startswith("[MEDIUM]")
    assert hub.email("SECURITY") == hub.right["SECURITY"]
    assert hub.writes == ["SECURITY"]
    new = {intent: records for intent, records in hub.ledger().items() if intent not in before}
    assert list(new.values()) == [{"intent.json", "outcome.json"}]
    wait_for(hub.all_is_closed)  # which is done after telling
    wait_for(lambda: hub.waiting(ECHOES) == 1)  # the event of the own write
    hub.switch(on=True, queue=ECHOES)
    wait_for(lambda: hub.waiting(ECHOES) == 0)
    assert hub.writes == ["SECURITY"]


def test_the_same_event_twice_is_one_change_and_one_alert(hub):
    hub.switch(on=False)
    event = hub.edit("OPERATIONS")
    hub.send(event)
    wait_for(lambda: hub.waiting() == 2)
    hub.switch(on=True)
    hub.only_alert(event)
    hub.send(event)
    wait_for(lambda: hub.waiting() == 0)
    hub.only_alert(event)
    assert hub.email("OPERATIONS") == hub.right["OPERATIONS"]
    assert hub.writes == ["OPERATIONS"]


def test_a_primary_contact_is_restored_but_for_the_name_that_the_roster_keeps(hub):
    account = hub.cloud.simulation.organization.accounts[MEMBER]
    before = account.primary
    moved = {**before, "FullName": "Payments and Refunds", "AddressLine1": "9 Elsewhere Road"}
    hub._member.put_contact_information(ContactInformation=moved)
    wait_for(lambda: account.primary["AddressLine1"] != moved["AddressLine1"])
    assert account.primary == {**before, "FullName": moved["FullName"]}


def test_what_is_no_event_ends_in_the_dead_letter_queue_and_harms_nobody(hub):
    hub.switch(on=False)
    event = hub.edit("BILLING")
    stranger = json.loads(json.dumps(event).replace(MEMBER, "999999999999"))
    stranger["detail"]["eventID"] = "00000000-0000-0000-0000-000000000000"
    hub.send('{"version": "0", "detail": {', {}, stranger)
    wait_for(lambda: hub.waiting() == 4)
    hub.switch(on=True)
    assert hub.only_alert(event).startswith("[MEDIUM]")
    assert hub.email("BILLING") == hub.right["BILLING"]
    dead: list[dict[str, Any]] = []
    wait_for(lambda: [dead.extend(hub.dead())] and len(dead) >= 2)
    assert sorted(message["Body"] for message in dead) == ['{"version": "0", "detail": {', "{}"]
    [stranger_alert] = hub.alerts(stranger)
    assert stranger_alert.startswith("[LOW]")
    assert hub.writes == ["BILLING"]


def assume(cloud, user, role, **factor):
    """A client of SQS in a session of this role that an IAM user of the hub assumed with their keys."""
    iam = cloud.clients.client("iam", HUB)
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=user)
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_user_policy(UserName=user, PolicyName="roles", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]

    def connect(service, identity, secret, token=None):
        return boto3.client(
            service,
            endpoint_url=cloud.endpoint,
            region_name="us-east-1",
            aws_access_key_id=identity,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )

    keys = connect("sts", key["AccessKeyId"], key["SecretAccessKey"]).assume_role(
        RoleArn=f"arn:aws:iam::{HUB}:role/{role}", RoleSessionName=user, **factor
    )["Credentials"]
    return connect("sqs", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def test_dead_letters_return_to_their_queue_by_the_one_role_that_may(hub, cloud):
    """As docs/operations.md says; nobody else can send to the queue, so that nobody else redrives."""
    hub.switch(on=False)
    event = hub.edit("OPERATIONS")
    wait_for(lambda: hub.waiting() == 1)
    for message in find_queue(hub.arn(INTAKE)).messages:
        message.approximate_receive_count = 60  # as if that many workers had failed
    hub.switch(on=True)
    dead_letters = hub.arn("RollcallHub-IntakeDeadLetters")
    wait_for(lambda: hub.waiting("RollcallHub-IntakeDeadLetters") == 1)
    assert (hub.waiting(), hub.alerts(event)) == (0, [])
    factor = {"SerialNumber": f"arn:aws:iam::{HUB}:mfa/ann", "TokenCode": "123456"}
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        assume(cloud, "ann", REDRIVE_ROLE_NAME)
    with pytest.raises(ClientError, match="not authorized to perform: sqs:SendMessage"):
        cloud.clients.client("sqs", HUB).start_message_move_task(SourceArn=dead_letters)
    sqs = assume(cloud, "ann", REDRIVE_ROLE_NAME, **factor)
    sqs.start_message_move_task(SourceArn=dead_letters)
    (task,) = sqs.list_message_move_tasks(SourceArn=dead_letters)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    hub.only_alert(event)
    assert hub.email("OPERATIONS") == hub.right["OPERATIONS"]
    assert hub.dead() == []


def test_a_crash_after_the_put_still_ends_in_the_record_and_one_alert(hub):
    before, killed = hub.ledger(), list[bool]()

    def kill(caller, _):
        if "/rollcall-reconcile/" in caller.arn and not killed:
            killed.append(hub.cloud.functions.kill(hub.outputs["ReconcileFunctionName"]))

    stop = hub.cloud.apis.add_hook("account", "PutAlternateContact", kill)
    event = hub.edit("SECURITY")
    wait_for(lambda: killed)
    assert hub.email("SECURITY") == hub.right["SECURITY"]
    assert hub.alerts(event) == []
    (record,) = hub.list_open()
    open_intent = record.intent
    assert hub.ledger()[open_intent.id] == {"intent.json"}
    outlive_workers(hub.state, of=lambda record: record.account_id == MEMBER)
    expire(hub.outputs["IntakeQueueUrl"])
    # The event of the put may have been with a process that was killed, too.
    for url in hub.cloud.clients.client("sqs", HUB).list_queues()["QueueUrls"]:
        if "Echoes" in url and "Dead" not in url:
            expire(url)
    assert hub.only_alert(event).startswith("[MEDIUM]")
    stop()
    # Nobody saw the answer, and the event of the put says that it was made.
    confirmed = {open_intent.id: {"intent.json", "outcome.json", "confirmation.json"}}
    wait_for(lambda: {key: names for key, names in hub.ledger().items() if key not in before} == confirmed)
    assert hub.writes == ["SECURITY"]
    wait_for(hub.all_is_closed)


def test_a_ledger_that_refuses_stops_the_write_and_not_the_alert(hub):
    s3, bucket = hub.cloud.clients.client("s3", HUB), hub.outputs["LedgerBucketName"]
    as_deployed = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    event = hub.edit("SECURITY")
    (told,) = wait_for(lambda: hub.alerts(event))
    assert "restored" not in told.replace("not restored", "")
    assert hub.writes == []
    assert hub.email("SECURITY") == EDIT["EmailAddress"]
    s3.put_bucket_policy(Bucket=bucket, Policy=as_deployed)
    wait_for(lambda: len(hub.alerts(event)) == 2, seconds=300)  # tries are spaced
    assert hub.email("SECURITY") == hub.right["SECURITY"]


def test_a_change_made_for_a_member_by_management_is_restored(hub):
    # Not the security contact: after three reverts of one contact, the tests above, a standoff begins.
    management = hub.cloud.clients.client("account", MANAGEMENT, role="root-like")
    management.put_alternate_contact(AccountId=MEMBER, AlternateContactType="OPERATIONS", **EDIT)
    wait_for(lambda: hub.writes == ["OPERATIONS"])
    wait_for(lambda: hub.email("OPERATIONS") == hub.right["OPERATIONS"])


@pytest.fixture
def contested(cloud):
    """An account of which nobody else has changed anything: standoffs are remembered for a day."""
    organization = cloud.simulation.organization
    account = organization.add_account(name="Contested", email="contested@example.com").id
    yield account
    organization.dismiss(account)


def test_a_tug_of_war_is_a_standoff_until_an_operator_releases_it(hub, contested, tmp_path):
    def change(number):
        pipeline = hub.cloud.clients.client("account", MANAGEMENT, role="pipeline")
        edit = EDIT | {"EmailAddress": f"try-{number}@example.net"}
        pipeline.put_alternate_contact(AccountId=contested, AlternateContactType="SECURITY", **edit)

    def restored():
        return hub.email("SECURITY", contested) == hub.right["SECURITY"]

    reverts = RepeatedEditLimits().reverts
    for number in range(reverts):
        change(number)
        wait_for(restored)
    change(reverts)
    (told,) = wait_for(lambda: hub.told("repeated-edits", contested))
    assert told.startswith("[HIGH]")
    assert hub.email("SECURITY", contested) == f"try-{reverts}@example.net"

    options = {"work": tmp_path, "role": OPERATOR_ROLE_NAME}
    command = ("release", contested, "SECURITY", "--config", "localcloud/config")
    assert "is restored at once" in run_rollcall(hub.cloud.clients, HUB, *command, **options)
    change(reverts + 1)
    assert BACKOFF[0].total_seconds() > PATIENCE_SECONDS  # at once, and not as a standoff would have it
    wait_for(restored)
    wait_for(lambda: hub.told("released", contested))


def test_edits_of_many_accounts_are_one_critical_alert_and_all_undone(hub):
    somebody = hub.cloud.clients.client("account", MANAGEMENT, role="somebody")
    organization = hub.cloud.simulation.organization
    # Tests before this one may have closed some.
    active = [id_ for id_, one in organization.accounts.items() if one.state == "ACTIVE"]
    members = [id_ for id_ in active if id_ != MANAGEMENT]
    for account_id in members:
        # So many edits of one contact in an hour would be repeated edits.
        record = replace(hub.state.load(account_id, ContactKind.BILLING), repeated=RepeatedEdits())
        assert hub.state.save(record, at=datetime.now(UTC))
    for account_id in members:
        somebody.put_alternate_contact(AccountId=account_id, AlternateContactType="BILLING", **EDIT)
    mails = partial(alerts, hub.cloud)
    told = wait_for(lambda: [mail for mail in mails() if "bulk edit by" in mail["subject"]])
    assert told[0]["subject"].startswith("[CRITICAL]")
    assert "somebody" in told[0]["subject"]

    def list_wrong():
        right = hub.right["BILLING"]
        return [id_ for id_ in members if organization.accounts[id_].contacts["BILLING"].email != right]

    with suppress(AssertionError):
        wait_for(lambda: list_wrong() == [EXEMPT])
    assert list_wrong() == [EXEMPT]
    wait_for(lambda: hub.waiting() == 0)
    singles = [mail for mail in mails() if "/somebody" in mail["message"] and mail not in told]
    # The exempt account's edit is not restored: it counts for the group, but has an alert of its own.
    restored = [mail for mail in singles if EXEMPT not in mail["subject"]]
    assert len(restored) <= 4
    assert len(singles) - len(restored) <= 1


SERVICE = "account.amazonaws.com"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


def test_another_administrator_goes_and_nobody_is_alarmed(hub):
    organizations = hub.cloud.clients.client("organizations", MANAGEMENT)
    for change in ("register", "deregister"):
        getattr(organizations, f"{change}_delegated_administrator")(
            AccountId=MEMBER, ServicePrincipal=STACK_SETS
        )
    wait_for(
        lambda: [e for e in hub.events if e["detail"]["eventName"] == "DeregisterDelegatedAdministrator"]
    )
    wait_for(lambda: hub.waiting() == 0 and hub.waiting("RollcallHub-IntakeAlertOnlyQueue") == 0)
    assert not [mail for mail in alerts(hub.cloud) if "of Rollcall removed" in mail["subject"]]


def test_a_hub_that_is_delegated_again_looks_at_what_it_could_not_read(hub):
    organizations = hub.cloud.clients.client("organizations", MANAGEMENT)
    runs = partial(hub._hub("stepfunctions").list_executions, stateMachineArn=hub.outputs["SweepMachineArn"])
    before = len(runs()["executions"])
    given = {"AccountId": HUB, "ServicePrincipal": SERVICE}
    organizations.deregister_delegated_administrator(**given)
    mails = partial(alerts, hub.cloud)
    wait_for(lambda: [mail for mail in mails() if "of Rollcall removed" in mail["subject"]])
    organizations.register_delegated_administrator(**given)
    (told,) = wait_for(lambda: [m for m in mails() if "administrator of Rollcall registered" in m["subject"]])
    assert told["subject"].startswith("[INFO]")
    wait_for(lambda: len(runs()["executions"]) > before)
    wait_for(lambda: not runs(statusFilter="RUNNING")["executions"])


def test_a_rule_of_rollcall_that_somebody_disables_is_told(hub):
    """As CloudTrail would write it: this cloud has no trail of EventBridge's own calls."""
    rules = hub._hub("events").list_rules(EventBusName="rollcall-intake")["Rules"]
    name = next(rule["Name"] for rule in rules if "IntakeSignals" in rule["Name"])
    edit = hub.edit("OPERATIONS")
    detail = edit["detail"] | {
        "eventSource": "events.amazonaws.com",
        "eventName": "DisableRule",
        "eventID": "disabled-rule",
        "requestID": "disabled-rule",
        "recipientAccountId": HUB,
        "requestParameters": {"name": name, "eventBusName": "rollcall-intake"},
    }
    event = edit | {"source": "aws.events", "account": HUB, "detail": detail}
    hub.cloud.bridge.accept(f"arn:aws:events:us-east-1:{HUB}:event-bus/default", event)
    wait_for(lambda: hub.alerts(event))
    (subject,) = hub.alerts(event)
    assert subject.startswith("[HIGH] Open: ")
    assert subject.endswith("a Rollcall rule disabled")
    again = event | {"replay-name": "again", "detail": detail | {"eventID": "replayed-rule"}}
    hub.cloud.bridge.accept(f"arn:aws:events:us-east-1:{HUB}:event-bus/default", again)
    hub.only_alert(event)
    assert not hub.alerts(again)


def test_nothing_was_lost_on_the_way(hub):
    ours = [entry for entry in hub.cloud.bridge.lost if "rollcall" in entry.target_arn.lower()]
    assert ours == []
