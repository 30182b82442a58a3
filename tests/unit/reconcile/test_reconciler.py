"""What the rest of the roster and the other signals do in a whole organization."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollcall.adapters.organizations import AwsOrganization
from rollcall.model.errors import RetryableError
from rollcall.sweep.prepare import remember_guardrail
from simulation.caller import Caller
from simulation.errors import ApiError
from tests.support.cases import check_each
from tests.support.memory import Crash
from tests.support.roster_worlds import (
    PLAYGROUND,
    SANDBOX,
    new_account,
    organizations_event,
    severities,
    tamper,
    with_overrides,
)
from tests.support.world import EXEMPT, HUB, KINDS, MALLORY, MEMBER, PRODUCTION, ROSTER, World, api_values

EVENTS = Path(__file__).parents[2] / "events"


TAGGED = with_overrides({"tag": {"scope": "pci"}, "kinds": {"SECURITY": "pci-soc"}})


def test_a_contact_that_must_be_absent_is_deleted_once_it_appears():
    world = World(with_overrides({"accounts": [MEMBER], "kinds": {"BILLING": None}})).settle()
    tamper(world, kind="BILLING")
    world.drain()
    assert "BILLING" not in world.contacts()
    assert severities(world) == ["MEDIUM"]
    assert "own-write" in world.verdicts()


def test_a_contact_that_vanished_before_it_was_deleted_is_no_fault():
    world = World(with_overrides({"accounts": [MEMBER], "kinds": {"BILLING": None}})).settle()
    tamper(world, kind="BILLING")
    error = ApiError(
        "ResourceNotFoundException", "No contact of the inputted alternate contact type found.", 404
    )
    world.cloud.account.fail_next("DeleteAlternateContact", error, applied=True)
    world.drain()
    assert "BILLING" not in world.contacts()
    assert not world.dead


def test_a_tag_gives_the_account_other_contacts_and_its_loss_takes_them_if_others_carry_it():
    world = World(TAGGED).settle()
    admin = world.admin("organizations")
    for account_id in (MEMBER, PRODUCTION):
        admin.tag_resource(ResourceId=account_id, Tags=[{"Key": "scope", "Value": "pci"}])
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("pci-soc")
    admin.untag_resource(ResourceId=MEMBER, TagKeys=["scope"])
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert set(severities(world)) == {"INFO"}


def test_a_tag_that_no_account_carries_any_more_holds_the_last_one():
    world = World(TAGGED).settle()
    admin = world.admin("organizations")
    admin.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "scope", "Value": "pci"}])
    world.drain()
    admin.untag_resource(ResourceId=MEMBER, TagKeys=["scope"])
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("pci-soc")
    assert severities(world)[-1] == "HIGH"
    assert "blocked" in world.alerts[-1].subject


def test_a_tag_that_aws_shows_late_is_found_at_the_second_look(monkeypatch):
    world = World(TAGGED).settle()
    read_tags, until = AwsOrganization._read_tags, world.clock.now() + timedelta(seconds=30)

    def read_stale(self, account_id):
        return {} if world.clock.now() < until else read_tags(self, account_id)

    monkeypatch.setattr(AwsOrganization, "_read_tags", read_stale)
    tags = [{"Key": "scope", "Value": "pci"}]
    world.admin("organizations").tag_resource(ResourceId=MEMBER, Tags=tags)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("pci-soc")


BY_TAG = ROSTER | {
    "overrides": [],
    "defaults": ROSTER["defaults"] | {"SECURITY": {"tag": "contact", "default": "soc"}},
}


def set_tag(world: World, key: str, value: str | None) -> None:
    admin = world.admin("organizations")
    if value is None:
        admin.untag_resource(ResourceId=MEMBER, TagKeys=[key])
    else:
        admin.tag_resource(ResourceId=MEMBER, Tags=[{"Key": key, "Value": value}])
    world.drain()


def test_a_tag_chooses_a_contact_of_the_roster_and_its_loss_the_default():
    world = World(BY_TAG).settle()
    for value, name in (("pci-soc", "pci-soc"), ("finops", "finops"), (None, "soc")):
        set_tag(world, "contact", value)
        assert world.contacts()["SECURITY"] == api_values(name)
    tamper(world)
    set_tag(world, "contact", "platform")
    assert world.contacts()["SECURITY"] == api_values("platform")


def test_a_tag_that_names_no_contact_is_blocked_alerted_and_changes_nothing():
    world = World(BY_TAG).settle()
    set_tag(world, "contact", "pci-sco")
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert severities(world) == ["HIGH"]
    assert "blocked" in world.alerts[-1].subject
    assert 'tag contact="pci-sco" names no security contact of the roster' in world.alerts[-1].text
    assert "(nearest: pci-soc)" in world.alerts[-1].text
    set_tag(world, "contact", "pci-soc")
    assert world.contacts()["SECURITY"] == api_values("pci-soc")


def test_a_tag_that_the_roster_does_not_use_is_ignored_and_reads_no_contact():
    world = World(BY_TAG).settle()
    set_tag(world, "cost-center", "pci-soc")
    set_tag(world, "cost-center", None)
    set_tag(world, "Contact", "pci-soc")
    assert world.verdicts() == ["ignored"] * 3
    assert not world.calls


def test_tags_do_not_matter_to_a_roster_that_uses_none():
    world = World().settle()
    world.admin("organizations").tag_resource(ResourceId=MEMBER, Tags=[{"Key": "a", "Value": "b"}])
    world.drain()
    assert world.verdicts() == ["ignored"]
    assert not world.calls


def test_an_account_that_moves_out_of_a_unit_is_not_held():
    world = World(SANDBOX).settle()
    tamper(world, PLAYGROUND)
    world.drain()
    organization = world.organization
    world.admin("organizations").move_account(
        AccountId=PLAYGROUND,
        SourceParentId=organization.accounts[PLAYGROUND].parent_id,
        DestinationParentId=organization.find_ou("Security"),
    )
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("soc")


def test_what_an_account_was_moved_from_is_not_written_by_a_slow_worker():
    world = World(SANDBOX).settle()
    sandbox = world.organization.accounts[PLAYGROUND].parent_id
    security = world.organization.find_ou("Security")
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")

    def move(source: str, destination: str) -> None:
        world.admin("organizations").move_account(
            AccountId=PLAYGROUND, SourceParentId=source, DestinationParentId=destination
        )
        world.cloud.pump()

    def move_back() -> None:
        """And another worker finds everything right, as it is before the slow one writes."""
        move(security, sandbox)
        world.deliver(world.queue[-1])

    move(sandbox, security)
    world.faults.then("get_alternate_contact.after", move_back)
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == api_values("pci-soc")
    assert "put_alternate_contact" not in [name for name, *_ in world.calls]


def test_an_authorised_changer_is_told_quietly_also_while_organizations_does_not_answer(monkeypatch):
    world = World(ROSTER | {"authorised_changers": [f"arn:aws:iam::{MEMBER}:role/Dev"]}).settle()
    tamper(world)

    def refuse(*_: object, **__: object) -> None:
        raise RetryableError("AWS Organizations does not answer")

    monkeypatch.setattr(type(world.reconciler.organization), "get_account", refuse)
    world.drain()
    assert {alert.attributes["severity"] for alert in world.alerts} == {"INFO"}


def test_an_authorised_changer_is_reverted_like_anyone_and_told_quietly():
    role = f"arn:aws:iam::{MEMBER}:role/Dev"
    world = World(ROSTER | {"authorised_changers": [role]}).settle()
    tamper(world)
    world.member(session="eve").delete_alternate_contact(AlternateContactType="BILLING")
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert severities(world) == ["INFO", "INFO"]


def test_an_exemption_that_ended_is_none():
    until = {"accounts": [EXEMPT], "reason": "being divested", "until": "2026-10-04"}
    world = World(ROSTER | {"exempt": [until]}).settle()
    tamper(world, EXEMPT)
    world.drain()
    assert world.contacts(EXEMPT)["SECURITY"] == api_values("soc")


def test_audit_in_one_unit_leaves_the_rest_enforced():
    world = World(with_overrides({"ou": "Sandbox", "mode": "audit"})).settle()
    tamper(world, PLAYGROUND)
    tamper(world)
    world.drain()
    assert world.contacts(PLAYGROUND)["SECURITY"] == MALLORY
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_modes_that_disagree_hold_what_differs_and_nothing_else():
    modes = with_overrides({"tag": {"a": "1"}, "mode": "audit"}, {"tag": {"b": "2"}, "mode": "enforce"})
    world = World(modes).settle()
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    world.admin("organizations").tag_resource(ResourceId=MEMBER, Tags=tags)
    world.drain()
    assert set(world.verdicts()) == {"compliant"}
    tamper(world)
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert severities(world) == ["HIGH"]
    assert world.verdicts()[-1] == "blocked"
    assert "disagree on the mode: override of tag b=2 and override of tag a=1" in world.alerts[0].text


def test_a_value_that_does_not_fit_is_refused_for_that_account_alone():
    contacts = ROSTER["contacts"] | {"soc": ROSTER["contacts"]["soc"] | {"title": "Guard of {account_name}"}}
    world = World(ROSTER | {"contacts": contacts})
    world.organization.accounts[MEMBER].name = "x" * 50
    tamper(world)
    tamper(world, PRODUCTION, "OPERATIONS")
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert "title is 59 characters long, 50 are allowed" in world.alerts[0].text
    assert world.contacts(PRODUCTION)["OPERATIONS"] == api_values("platform")


def test_a_new_account_is_looked_at_again_before_its_forwarder_is_there():
    world = World().settle()
    account_id = new_account(world)
    started = world.clock.now()
    (created,) = [message for message in world.queue if "CreateAccountResult" in message.body]
    world.deliver(created)
    world.queue = [created]
    # No event comes of this: the account has no forwarder yet.
    del world.organization.accounts[account_id].contacts["SECURITY"]
    world.drain()
    assert set(world.contacts(account_id)) == set(KINDS)
    assert (world.clock.now() - started).total_seconds() >= 3600
    assert [alert.attributes["verdict"] for alert in world.alerts] == ["set", "set"]
    assert not world.dead


def test_the_events_of_one_new_account_are_one_alert():
    world = World().settle()
    new_account(world)
    world.drain()
    assert severities(world) == ["INFO"]


def test_access_denied_on_the_write_in_a_new_account_is_waited_out():
    world = World().settle()
    error = ApiError(
        "AccessDeniedException", "User: x is not authorized to perform: account:PutAlternateContact", 403
    )
    world.cloud.account.fail_next("PutAlternateContact", error, times=5)
    account_id = new_account(world)
    world.drain()
    assert set(world.contacts(account_id)) == set(KINDS)
    assert "failed" not in world.verdicts()
    assert world.ledger.intents.keys() == world.ledger.outcomes.keys()


def test_two_edits_by_two_people_are_both_told_though_one_write_undid_both():
    world = World().settle()
    tamper(world, session="mary")
    tamper(world, session="eve")
    world.drain()
    assert {"mary" in alert.text for alert in world.alerts} == {True, False}
    assert sum("/eve " in alert.text for alert in world.alerts) == 1
    assert len(world.alerts) == 2


def test_an_alert_that_it_is_not_over_is_closed_also_when_somebody_else_puts_it_right():
    world = World().settle()
    tamper(world)
    world.ledger.refuse(times=1)
    world.deliver(world.queue[0])
    world.member(session="bob").put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    world.drain()
    mary, *_ = [alert.incident_id for alert in world.alerts]
    [bob] = {alert.incident_id for alert in world.alerts} - {mary}
    assert [alert.stage for alert in world.alerts if alert.incident_id == mary] == ["open", "closed"]
    assert [alert.stage for alert in world.alerts if alert.incident_id == bob] == ["closed"]
    # Bob is named by the alert of Mary's edit, and Bob's own says that there was another one.
    assert {alert.attributes["verdict"] for alert in world.alerts[1:]} == {"changed-back"}


def test_a_worker_killed_after_the_write_is_told_though_the_contact_was_changed_again():
    world = World().settle()
    tamper(world)
    first = world.queue[0]
    world.faults.plan("ledger.record_outcome", Crash())
    world.deliver(first)
    tamper(world, session="eve")
    world.clock.sleep(100)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert sum("/mary " in alert.text for alert in world.alerts) >= 1
    assert sum("/eve " in alert.text for alert in world.alerts) == 1
    assert "unrecorded-write" not in world.verdicts()


def test_a_throttled_look_after_a_cut_off_write_is_no_stolen_role():
    world = World().settle()
    tamper(world)
    world.faults.plan("put_alternate_contact.after", Crash())
    world.deliver(world.queue[0])
    world.clock.sleep(400)
    world.deliver(world.queue[0])
    busy = ApiError("TooManyRequestsException", "Too many requests", 429)
    world.cloud.account.fail_next("GetAlternateContact", busy)
    world.drain()
    assert "unrecorded-write" not in world.verdicts()
    assert len(world.alerts) == 1


@pytest.mark.parametrize("name", ["DeregisterDelegatedAdministrator", "DisableAWSServiceAccess"])
@pytest.mark.parametrize(
    ("principal", "expected"),
    [("account.amazonaws.com", ["CRITICAL"]), ("guardduty.amazonaws.com", []), ([], [])],
)
def test_an_attack_on_the_watcher_is_critical(name, principal, expected):
    world = World()
    world.send(organizations_event(name, servicePrincipal=principal, accountId="333333333333"))
    world.drain()
    assert severities(world) == expected
    assert not world.calls


STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


@check_each(
    ("name", "service", "account", "stack_sets", "expected"),
    [
        ("Deregister", STACK_SETS, HUB, "DELEGATED_ADMIN", ["CRITICAL"]),
        ("Deregister", STACK_SETS, HUB, "SELF", []),
        ("Deregister", STACK_SETS, HUB, "none", []),
        ("Deregister", STACK_SETS, MEMBER, "DELEGATED_ADMIN", []),
        ("Deregister", "account.amazonaws.com", MEMBER, "DELEGATED_ADMIN", []),
        ("Register", "account.amazonaws.com", HUB, "none", ["INFO"]),
        ("Register", STACK_SETS, MEMBER, "DELEGATED_ADMIN", []),
        ("Disable", STACK_SETS, None, "SELF", ["CRITICAL"]),
        ("Disable", STACK_SETS, None, "none", []),
        ("Enable", "account.amazonaws.com", None, "none", ["INFO"]),
        ("Enable", STACK_SETS, None, "none", []),
    ],
)
def test_another_administrator_or_a_service_that_is_not_used_alarms_nobody(
    name, service, account, stack_sets, expected
):
    world = World(stack_sets=stack_sets)
    given = {"accountId": account} if account else {}
    end = "DelegatedAdministrator" if account else "AWSServiceAccess"
    world.send(organizations_event(f"{name}{end}", servicePrincipal=service, **given))
    world.drain()
    assert severities(world) == expected
    assert not world.calls


FUNCTION = "RollcallHub-ReconcileFunction0B1C2D3E-AbCdEf"
#: CloudFormation's names of buckets are in lower case.
REPORTS = "rollcallhub-reports62e1a9c3-1x2y3z4a5b6c"
OF_PART = {
    "code": ("lambda", "UpdateFunctionCode20150331v2", {"functionName": FUNCTION}, "CRITICAL"),
    "code by ARN": (
        "lambda",
        "UpdateFunctionCode20150331v2",
        {"functionName": f"arn:aws:lambda:us-east-1:{HUB}:function:{FUNCTION}"},
        "CRITICAL",
    ),
    "configuration": (
        "lambda",
        "UpdateFunctionConfiguration20150331v2",
        {"FunctionName": FUNCTION},
        "CRITICAL",
    ),
    "trust": ("iam", "UpdateAssumeRolePolicy", {"roleName": "rollcall-reconcile"}, "CRITICAL"),
    "boundary": (
        "iam",
        "PutRolePermissionsBoundary",
        {"roleName": "rollcall-reconcile", "permissionsBoundary": f"arn:aws:iam::{HUB}:policy/nothing"},
        "HIGH",
    ),
    "no boundary": ("iam", "DeleteRolePermissionsBoundary", {"roleName": "rollcall-reconcile"}, "HIGH"),
    "policy of a bucket": (
        "s3",
        "PutBucketPolicy",
        {"bucketName": REPORTS, "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": "*"}]}},
        "HIGH",
    ),
    "no policy of a bucket": ("s3", "DeleteBucketPolicy", {"bucketName": REPORTS, "policy": ""}, "HIGH"),
    "rule": ("events", "DisableRule", {"name": "RollcallHub-IntakeSignalsRule-1"}, "HIGH"),
    "targets": ("events", "RemoveTargets", {"rule": "RollcallHub-IntakeSignalsRule-1", "ids": ["1"]}, "HIGH"),
    "other target": ("events", "PutTargets", {"rule": "RollcallHub-IntakeSignalsRule-1"}, "HIGH"),
    "policy of the bus": (
        "events",
        "PutPermission",
        {"eventBusName": "rollcall-intake", "statementId": "everybody", "principal": "*"},
        "HIGH",
    ),
    "shorter policy of the bus": (
        "events",
        "RemovePermission",
        {"eventBusName": f"arn:aws:events:us-east-1:{HUB}:event-bus/rollcall-intake", "statementId": "a"},
        "HIGH",
    ),
    "no policy of the outcome bus": (
        "events",
        "RemovePermission",
        {"eventBusName": "RollcallHubOutcomesBus895E2E08", "removeAllPermissions": True},
        "HIGH",
    ),
    "bus": ("events", "UpdateEventBus", {"name": "rollcall-intake", "deadLetterConfig": {}}, "HIGH"),
    "no bus": ("events", "DeleteEventBus", {"name": "rollcall-intake"}, "HIGH"),
    "sender to a queue": (
        "sqs",
        "AddPermission",
        {"queueUrl": f"https://sqs.us-east-1.amazonaws.com/{HUB}/RollcallHub-IntakeQueue-1", "label": "a"},
        "HIGH",
    ),
    "shorter policy of a topic": (
        "sns",
        "RemovePermission",
        {"topicArn": f"arn:aws:sns:us-east-1:{HUB}:RollcallHub-AlertsTopic-1", "label": "a"},
        "HIGH",
    ),
    "filter of a subscription": (
        "sns",
        "SetSubscriptionAttributes",
        {"subscriptionArn": f"arn:aws:sns:us-east-1:{HUB}:RollcallHub-AlertsTopic-1:0a1b2c3d"},
        "MEDIUM",
    ),
    "key policy": ("kms", "PutKeyPolicy", {"keyId": "0a1b"}, "HIGH"),
    "queue": (
        "sqs",
        "SetQueueAttributes",
        {"queueUrl": f"https://sqs.us-east-1.amazonaws.com/{HUB}/RollcallHub-IntakeQueue-1"},
        "HIGH",
    ),
    "subscription": (
        "sns",
        "Unsubscribe",
        {"subscriptionArn": f"arn:aws:sns:us-east-1:{HUB}:RollcallHub-AlertsTopic-1:0a1b2c3d"},
        "MEDIUM",
    ),
    "key": ("kms", "ScheduleKeyDeletion", {"keyId": "0a1b"}, "HIGH"),
    "deployment": ("cloudformation", "ExecuteChangeSet", {"stackName": "RollcallHub"}, "INFO"),
    "stack": (
        "cloudformation",
        "DeleteStack",
        {"stackName": f"arn:aws:cloudformation:us-east-1:{HUB}:stack/RollcallHub/0a1b"},
        "CRITICAL",
    ),
    "management": ("cloudformation", "UpdateStack", {"stackName": "RollcallManagement"}, "INFO"),
    "no management": (
        "cloudformation",
        "DeleteStack",
        {"stackName": f"arn:aws:cloudformation:us-east-1:{HUB}:stack/RollcallManagement/0a1b"},
        "CRITICAL",
    ),
    "change set": ("cloudformation", "ExecuteChangeSet", {"changeSetName": "arn:a/b"}, "INFO"),
    "forwarder": ("cloudformation", "DeleteStackInstances", {"stackSetName": "rollcall-forwarder"}, "HIGH"),
    "StackSet": (
        "cloudformation",
        "DeleteStackSet",
        {"stackSetName": f"arn:aws:cloudformation:us-east-1:{HUB}:stackset/rollcall-forwarder:0a1b-2c"},
        "HIGH",
    ),
    "changed StackSet": (
        "cloudformation",
        "UpdateStackInstances",
        {"stackSetName": "rollcall-forwarder:0a1b-2c"},
        "HIGH",
    ),
}
#: They are the deployment.
DEPLOYS = ("deployment", "stack", "management", "no management", "change set")
OF_NONE = {
    "other function": ("lambda", "UpdateFunctionCode20150331v2", {"functionName": "billing"}),
    "other stack": ("cloudformation", "DeleteStack", {"stackName": "RollcallHubTest"}),
    "another stack": ("cloudformation", "UpdateStack", {"stackName": "RollcallManagement-2"}),
    "other StackSet": ("cloudformation", "DeleteStackSet", {"stackSetName": "rollcall-forwarder-2"}),
    "other role": ("iam", "DeleteRole", {"roleName": "rollcall-reconciled"}),
    "rule on the outcome bus": (
        "events",
        "PutRule",
        {"name": "pagerduty", "eventBusName": "RollcallHub-OutcomesBus"},
    ),
    "target on the outcome bus": (
        "events",
        "PutTargets",
        {"rule": "pagerduty", "eventBusName": "RollcallHub-OutcomesBus"},
    ),
    "rule on the intake bus": (
        "events",
        "PutRule",
        {"name": "copy", "eventBusName": "rollcall-intake"},
    ),
    "other bus": ("events", "DeleteEventBus", {"name": "rollcall-intake-2"}),
    "bus of another stack": ("events", "PutPermission", {"eventBusName": "RollcallHubTestOutcomesBus1"}),
    "default bus": ("events", "PutPermission", {"statementId": "everybody", "principal": "*"}),
    "other bucket": ("s3", "PutBucketPolicy", {"bucketName": "rollcallhubtest-reports62e1a9c3-1x2y"}),
    "mentioned": ("iam", "PutRolePolicy", {"roleName": "deploy", "policyDocument": FUNCTION}),
    "nothing": ("lambda", "UpdateFunctionCode20150331v2", None),
}


def part_event(service, name, parameters, **detail):
    event = organizations_event(name)
    event["detail"] |= {
        "eventSource": f"{service}.amazonaws.com",
        "recipientAccountId": HUB,
        "requestParameters": parameters,
    } | detail
    return event


@check_each("case", OF_PART)
def test_a_change_of_rollcall_itself_is_told_with_its_harm(case):
    *call, severity = OF_PART[case]
    world = World()
    world.send(part_event(*call))
    world.drain()
    assert severities(world) == [severity]
    assert world.alerts[0].attributes["account"] == HUB


@check_each("case", OF_NONE)
def test_a_change_of_something_else_in_the_hub_is_nothing(case):
    world = World()
    world.send(part_event(*OF_NONE[case]))
    world.drain()
    assert world.verdicts() == ["ignored"]
    assert not world.alerts


#: Any stack may hold a policy of a role, bucket, bus, queue or topic of another.
BY_ANY_STACK = {
    *("AttachRolePolicy", "PutBucketPolicy", "PutPermission", "PutRolePolicy", "SetQueueAttributes"),
    "SetTopicAttributes",
    # The stack that does this may be one whose deployments are not forwarded.
    *("DeleteStackInstances", "DeleteStackSet"),
}


@check_each("case", [name for name in OF_PART if name not in DEPLOYS])
def test_what_only_a_deployment_of_rollcall_can_change_is_told_once_by_the_deployment(case):
    world = World()
    event = part_event(*OF_PART[case][:3])
    event["detail"]["userIdentity"]["invokedBy"] = "cloudformation.amazonaws.com"
    world.send(event)
    world.drain()
    assert severities(world) == (["MEDIUM"] if OF_PART[case][1] in BY_ANY_STACK else [])


def test_a_queue_that_only_the_answer_names_is_one_of_rollcall():
    world = World()
    answer = {"functionArn": f"arn:aws:lambda:us-east-1:{HUB}:function:{FUNCTION}"}
    world.send(
        part_event("lambda", "DeleteEventSourceMapping20150331", {"uUID": "0a1b"}, responseElements=answer)
    )
    world.drain()
    assert severities(world) == ["HIGH"]


def test_an_event_that_is_replayed_from_an_archive_is_nothing():
    world = World().settle()
    tamper(world)
    message = world.queue[0]
    message.body = json.dumps(json.loads(message.body) | {"replay-name": "again"})
    world.drain()
    assert (world.verdicts(), world.calls) == (["ignored"], [])
    assert "archive" in world.bus.outcomes[0]["reason"]


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException"])
def test_a_try_that_aws_throttled_is_neither_an_attempt_nor_an_edit(code):
    world = World().settle()
    world.cloud.account.fail_next("PutAlternateContact", ApiError(code, "Too many requests", 429))
    with pytest.raises(ClientError):
        tamper(world)
    world.drain()
    assert world.verdicts() == ["ignored"]
    assert not world.alerts


def test_a_denied_attack_on_the_watcher_is_an_attempt():
    world = World()
    event = organizations_event("DisableAWSServiceAccess", servicePrincipal="account.amazonaws.com")
    event["detail"]["errorCode"] = "AccessDenied"
    world.send(event)
    world.drain()
    assert severities(world) == ["LOW"]


STRUCTURE = ("MoveAccount", "TagResource", "UntagResource", "UpdateOrganizationalUnit")


@pytest.mark.parametrize(
    "code", ["DuplicateAccountException", "ConcurrentModificationException", "TooManyRequestsException"]
)
def test_failed_calls_of_organizations_that_nobody_denied_are_no_signals(code):
    world = World()
    for name in STRUCTURE:
        event = organizations_event(
            name, accountId=MEMBER, resourceId=MEMBER, organizationalUnitId="ou-a1b2-xxxxxxxx"
        )
        event["detail"]["errorCode"] = code
        world.send(event)
    world.drain()
    assert world.verdicts() == ["ignored"] * len(STRUCTURE)
    assert not world.alerts


@check_each("code", ["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"])
@check_each("name", STRUCTURE)
def test_a_denied_attempt_at_the_organization_is_told_quietly_and_nothing_is_looked_at(name, code):
    """Whether CloudTrail shows what it was about, or nothing: then the account is the caller's."""
    world = World().settle()
    shown = organizations_event(name, accountId=MEMBER, resourceId=MEMBER, organizationalUnitId="ou-a1b2-x")
    hidden = organizations_event(name)
    hidden["detail"] |= {"requestParameters": None, "eventID": "e-hidden"}
    for event in (shown, hidden):
        event["detail"]["errorCode"] = code
        world.send(event)
    world.drain()
    assert world.verdicts() == ["denied"] * 2
    assert [alert.attributes["severity"] for alert in world.alerts] == ["LOW"] * 2
    told = {alert.attributes["account"] for alert in world.alerts}
    assert told == ({"111111111111"} if name == "UpdateOrganizationalUnit" else {MEMBER, "111111111111"})
    assert all("structure-attempt-denied" in alert.text for alert in world.alerts)
    assert not world.calls
    assert not world.dead


@pytest.mark.parametrize("resource", ["ou-a1b2-11111111", "p-a1b2c3d4", "r-a1b2"])
def test_a_denied_tag_of_something_that_is_no_account_is_no_signal(resource):
    world = World()
    event = organizations_event("TagResource", resourceId=resource)
    event["detail"]["errorCode"] = "AccessDenied"
    world.send(event)
    world.drain()
    assert world.verdicts() == ["ignored"]


#: Each sample with the verdicts that it must end in. Its accounts are in the example organization or not.
SAMPLES = {
    "AcceptHandshake.invite.synthetic": {"ignored"},
    "AccountDepartedOrganization.left.synthetic": {"notified"},
    "AccountDepartedOrganization.removed.synthetic": {"notified"},
    "AccountJoinedOrganization.created.synthetic": {"set"},
    "AccountJoinedOrganization.invited.synthetic": {"set"},
    "CloseAccount": {"notified"},
    "CloseAccount.standalone.synthetic": {"notified"},
    "CloseAccountResult.failed.synthetic": {"ignored"},
    "CloseAccountResult.succeeded": {"notified"},
    "CreateAccount": {"ignored"},
    "CreateAccountResult.failed": {"ignored"},
    "CreateAccountResult.succeeded": {"set"},
    "CreateAccountResult.succeeded.docs": {"set"},
    "CreateGovCloudAccount.synthetic": {"ignored"},
    "CreateManagedAccount.succeeded": {"set"},
    "DeleteAlternateContact.not-found.synthetic": {"denied"},
    "DeleteAlternateContact.standalone.docs": {"set"},
    "DescribeOrganization.native-2026": {"ignored"},
    "EmailUpdated.signin.synthetic": {"notified"},
    "GetAlternateContact.docs": {"ignored"},
    "GetRegionOptStatus.native-2026": {"ignored"},
    "InviteAccountToOrganization": {"ignored"},
    "LeaveOrganization.denied.synthetic": {"denied"},
    "LeaveOrganization.success.synthetic": {"notified"},
    "MoveAccount.error.synthetic": {"ignored"},
    "MoveAccount.ou-to-ou": {"set"},
    "MoveAccount.root-to-ou.synthetic": {"set"},
    "PutAccountName.synthetic": {"notified"},
    "PutAlternateContact.denied-scp.synthetic": {"denied"},
    "PutAlternateContact.orgmode.delegated-admin.synthetic": {"set"},
    "PutAlternateContact.orgmode.management.synthetic": {"set"},
    "PutAlternateContact.self-remediation.synthetic": {"set"},
    "PutAlternateContact.standalone.docs": {"set"},
    "PutAlternateContact.standalone.forwarded": {"set"},
    "PutAlternateContact.standalone.hidden.synthetic": {"set"},
    "PutContactInformation.standalone.synthetic": {"notified"},
    "RegionOptInStatusChange.enabled.docs": {"notified"},
    "RegionOptInStatusChange.enabling.docs": {"ignored"},
    "RemoveAccountFromOrganization": {"notified"},
    "StartPrimaryEmailUpdate.synthetic": {"notified"},
    "UpdateAccountName.iam.synthetic": {"notified"},
}


@check_each("name", sorted(path.stem for path in EVENTS.glob("*.json")))
def test_each_sample_on_the_queue_ends_as_the_outcome_that_its_kind_deserves(name):
    world = World()
    world.clock.sleep(30 * 86400)
    event = json.loads((EVENTS / f"{name}.json").read_text())
    world.send(event)
    world.drain()
    id_ = event["detail"].get("eventID", event["id"])
    own = [item for item in world.bus.outcomes if item["event"]["id"] == id_]
    assert {outcome["verdict"] for outcome in own} == SAMPLES[name]
    assert not world.dead


def test_the_alert_of_a_switched_region_names_it():
    world = World()
    world.send(json.loads((EVENTS / "RegionOptInStatusChange.enabled.docs.json").read_text()))
    world.drain()
    (alert,) = world.alerts
    assert alert.subject.startswith("[LOW] Reported: Payments (222222222222): status of a Region changed")
    assert "(ap-east-1 ENABLED)" in alert.text


def test_root_in_the_console_is_any_identity():
    world = World().settle()
    world.cloud.client("account", Caller.root(MEMBER)).put_alternate_contact(
        AlternateContactType="BILLING", **MALLORY
    )
    world.drain()
    assert "root user" in world.alerts[0].text


SCP = "SERVICE_CONTROL_POLICY"
DENY = {"Effect": "Deny", "Action": "account:PutAlternateContact", "Resource": "*"}


class Guarded:
    """A world with two service control policies on the root: the guardrail and somebody else's."""

    def __init__(self, *, guardrail=True, swept=True):
        self.world = World(guardrail=guardrail)
        self.admin, self.root = self.world.admin("organizations"), self.world.organization.root_id
        self.admin.enable_policy_type(RootId=self.root, PolicyType=SCP)
        self.ours, self.other = self.make("rollcall-guardrail"), self.make("no-root-keys")
        self.world.drain()
        if swept:
            remember_guardrail(self.world.matches, self.world.reconciler.organization)

    def make(self, name):
        content = json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
        made = self.admin.create_policy(Name=name, Description="", Type=SCP, Content=content)
        policy = made["Policy"]["PolicySummary"]["Id"]
        self.admin.attach_policy(PolicyId=policy, TargetId=self.root)
        return policy

    def detach(self, policy):
        self.admin.detach_policy(PolicyId=policy, TargetId=self.root)

    def update(self, policy):
        self.admin.update_policy(PolicyId=policy, Description="changed")

    def rename(self, policy, name="harmless"):
        self.admin.update_policy(PolicyId=policy, Name=name)

    def delete(self, policy):
        self.admin.detach_policy(PolicyId=policy, TargetId=self.root)
        self.world.queue.clear()
        self.admin.delete_policy(PolicyId=policy)

    def told(self):
        self.world.drain()
        return [alert.subject for alert in self.world.alerts]


@pytest.mark.parametrize("change", ["detach", "update", "rename", "delete"])
class TestAChangeOfAPolicy:
    def test_is_critical_if_it_is_the_guardrail(self, change):
        guarded = Guarded()
        getattr(guarded, change)(guarded.ours)
        assert [subject.split()[0] for subject in guarded.told()] == ["[CRITICAL]"]

    def test_is_nothing_if_it_is_another(self, change):
        guarded = Guarded()
        getattr(guarded, change)(guarded.other)
        assert guarded.told() == []

    def test_is_nothing_if_no_guardrail_is_in_use(self, change):
        guarded = Guarded(guardrail=False)
        getattr(guarded, change)(guarded.ours)
        assert guarded.told() == []

    def test_is_critical_if_nobody_can_say_which_it_is(self, change, monkeypatch):
        guarded = Guarded()
        getattr(guarded, change)(guarded.other)

        def refuse(**_):
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "ListPolicies")

        organization: Any = guarded.world.reconciler.organization
        monkeypatch.setattr(organization._client, "list_policies", refuse)
        assert [subject.split()[0] for subject in guarded.told()] == ["[CRITICAL]"]


@pytest.mark.parametrize("decoy", ["created", "renamed", None])
@pytest.mark.parametrize("swept", [True, False])
def test_a_guardrail_that_was_renamed_is_not_forgotten(decoy, swept):
    """Even if another policy has its name before the first event comes."""
    guarded = Guarded(swept=swept)
    guarded.rename(guarded.ours)
    if decoy == "created":
        guarded.make("rollcall-guardrail")
    elif decoy == "renamed":
        guarded.rename(guarded.other, "rollcall-guardrail")
    guarded.world.queue = [one for one in guarded.world.queue if guarded.ours in one.body]
    guarded.detach(guarded.ours)
    # The last event comes first, and one of them twice.
    guarded.world.queue.reverse()
    guarded.world.send(guarded.world.queue[0].body)
    assert [subject.split()[0] for subject in guarded.told()] == ["[CRITICAL]", "[CRITICAL]"]


def test_a_guardrail_that_was_deleted_is_not_forgotten_for_its_namesake():
    guarded = Guarded()
    guarded.detach(guarded.ours)
    guarded.admin.delete_policy(PolicyId=guarded.ours)
    guarded.make("rollcall-guardrail")
    assert [subject.split()[0] for subject in guarded.told()] == ["[CRITICAL]", "[CRITICAL]"]


def test_after_a_new_guardrail_every_policy_may_be_it_until_the_next_sweep():
    guarded = Guarded()
    guarded.delete(guarded.ours)
    guarded.told()
    new = guarded.make("rollcall-guardrail")
    guarded.rename(new)
    guarded.make("rollcall-guardrail")
    guarded.update(guarded.other)
    assert [subject.split()[0] for subject in guarded.told()] == ["[CRITICAL]"] * 3


def test_what_a_sweep_found_under_the_name_is_remembered_under_any():
    guarded = Guarded()
    guarded.rename(guarded.ours)
    decoy = guarded.make("rollcall-guardrail")
    remember_guardrail(guarded.world.matches, guarded.world.reconciler.organization)
    assert guarded.world.matches.guardrails == {guarded.ours, decoy}


@pytest.mark.parametrize(
    ("type_", "guardrail", "expected"),
    [(SCP, True, ["CRITICAL"]), (SCP, False, []), ("TAG_POLICY", True, [])],
)
def test_switching_off_the_guardrails_type_of_policy_is_critical(type_, guardrail, expected):
    world = World(guardrail=guardrail)
    world.send(organizations_event("DisablePolicyType", rootId="r-a1b2", policyType=type_))
    world.drain()
    assert severities(world) == expected


def renamed(world, name):
    world.organization.accounts[MEMBER].name = name
    event = organizations_event("PutAccountName", accountId=MEMBER)
    event["detail"]["eventSource"] = "account.amazonaws.com"
    world.send(event)
    world.drain()


def test_a_renamed_account_is_looked_at_if_contacts_carry_its_name():
    contacts = ROSTER["contacts"] | {"soc": ROSTER["contacts"]["soc"] | {"title": "Guard of {account_name}"}}
    world = World(ROSTER | {"contacts": contacts}).settle()
    renamed(world, "Billing")
    assert world.contacts()["SECURITY"]["Title"] == "Guard of Billing"
    assert severities(world) == ["INFO"]


def test_a_renamed_account_is_only_told_if_no_contact_carries_its_name():
    world = World().settle()
    renamed(world, "Billing")
    assert severities(world) == ["LOW"]
    assert not world.calls


def test_an_edit_that_seemed_right_and_was_undone_by_others_is_named_once_a_later_edit_tells():
    world = World().settle()
    root = world.cloud.client("account", Caller.root(MEMBER))
    root.put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    world.member(session="bob").put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    correction = world.queue[1]
    world.queue.remove(correction)
    world.drain()
    assert [alert.attributes["severity"] for alert in world.alerts] == ["INFO"]
    tamper(world, session="eve")
    world.queue.insert(0, correction)
    world.drain()
    named = [alert for alert in world.alerts if f"{MEMBER}:root" in alert.text and "bob" in alert.text]
    assert [alert.attributes["severity"] for alert in named] == ["HIGH"]
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_an_authorised_correction_does_not_make_the_change_before_it_quiet():
    world = World(ROSTER | {"authorised_changers": [f"arn:aws:iam::{MEMBER}:role/Terraform"]}).settle()
    tamper(world)
    terraform = world.cloud.client("account", Caller.role(MEMBER, "Terraform", "apply"))
    terraform.put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    correction = world.queue.pop(1)
    for _ in range(2):
        world.deliver(world.queue[0])
        world.clock.sleep(11)
    world.queue.append(correction)
    world.drain()
    assert {alert.attributes["severity"] for alert in world.alerts if "/mary" in alert.text} >= {"LOW"}
