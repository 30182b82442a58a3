"""`rollcall doctor`: one prerequisite broken names exactly that one, and its fix makes it pass."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME, STACK_SET_NAME
from rollcall_cli.doctor.facts import Seen, Trail
from rollcall_cli.doctor.model import CheckResult
from rollcall_cli.doctor.trail import check_trail
from rollcall_cli.text.fixes import ACCOUNTS, STACK_SETS
from rollcall_config.configuration import load
from rollcall_config.guardrail import make_guardrail_document
from tests.cli.desk import CONTACTS, HUB, MANAGEMENT, PAYMENTS, SHOP, assert_golden
from tests.cli.world import ARNS, BUS, DEAD, GUARDED, OWN_ARN, SETTINGS, TABLE, TOPIC, WRITER, contacts
from tests.support.doctoring import failing, put_role, results

OTHER = "444455556666"
DENY = {"Effect": "Deny", "Action": "account:*", "Resource": "*"}


def deny_hub(world, statement=DENY):
    client = world.client("organizations", MANAGEMENT)
    if not world.organization.policies.enabled:
        client.enable_policy_type(RootId="r-a1b2", PolicyType="SERVICE_CONTROL_POLICY")
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = client.create_policy(
        Name="no-account", Description="x", Type="SERVICE_CONTROL_POLICY", Content=content
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=HUB)


def test_all_is_well(world):
    checks = world.doctor()
    assert set(results(checks).values()) == {"pass"}, [c for c in checks.values() if c["result"] != "pass"]
    result = world.run("doctor", "--other-profile", "management")
    assert result.exit_code == 0
    assert_golden("doctor-well.txt", result.stdout)


def test_nothing_is_written(world):
    world.calls.clear()
    world.doctor()
    assert world.calls
    assert all(name.startswith(("get_", "list_", "describe_", "batch_get_")) for name, _ in world.calls)


# Broken by one call; fixed by the AWS CLI commands of the fix, word for word, in the account that they name.
BY_COMMAND = {
    "trusted-access": (lambda w: w.organization.trusted_access.discard(ACCOUNTS), MANAGEMENT),
    "delegation": (lambda w: w.organization.delegated_administrators[ACCOUNTS].clear(), MANAGEMENT),
    "service-control-policies": (deny_hub, MANAGEMENT),
    "stacksets-access": (lambda w: w.organization.trusted_access.discard(STACK_SETS), MANAGEMENT),
    "stacksets-delegation": (
        lambda w: w.organization.delegated_administrators[STACK_SETS].clear(),
        MANAGEMENT,
    ),
    "forwarder-hub": (lambda w: w.client("events", HUB).disable_rule(Name="forward"), HUB),
    "forwarder-management": (
        lambda w: w.client("events", MANAGEMENT).disable_rule(Name="forward"),
        MANAGEMENT,
    ),
    "forwarder-members": (lambda w: w.deployed.instances.pop(PAYMENTS), HUB),
    "alarms": (
        lambda w: w.client("cloudwatch", HUB).disable_alarm_actions(AlarmNames=[f"{DEAD[0]}-waiting"]),
        HUB,
    ),
    "topic": (
        lambda w: [
            w.client("sns", HUB).unsubscribe(SubscriptionArn=item["SubscriptionArn"])
            for item in w.client("sns", HUB).list_subscriptions()["Subscriptions"]
        ],
        HUB,
    ),
}


@pytest.mark.parametrize("name", BY_COMMAND)
def test_one_broken_is_the_one_named_and_its_command_fixes_it(world, name):
    break_it, account = BY_COMMAND[name]
    break_it(world)
    checks = world.doctor()
    assert failing(checks) == [name], checks
    assert world.fix(checks[name]["fix"], account=account) >= 1
    assert set(results(world.doctor()).values()) == {"pass"}


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        (lambda c: c.stop_logging(Name="organization"), "start-logging"),
        (
            lambda c: c.put_event_selectors(
                TrailName="organization",
                EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}],
            ),
            "put-event-selectors",
        ),
        (
            lambda c: c.put_event_selectors(
                TrailName="organization",
                AdvancedEventSelectors=[
                    {
                        "Name": "reads",
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "readOnly", "Equals": ["true"]},
                        ],
                    }
                ],
            ),
            "put-event-selectors",
        ),
    ],
)
def test_a_trail_that_does_not_hear_changes(world, change, fix):
    for account in (HUB, MANAGEMENT):
        change(world.client("cloudtrail", account))
    checks = world.doctor()
    assert failing(checks) == ["trail"]
    for account in (HUB, MANAGEMENT):
        command = checks["trail"]["fix"].replace(HUB, account)
        assert world.fix(command, account=account) == 1
        assert fix in command
    assert set(results(world.doctor()).values()) == {"pass"}


def test_no_trail_at_all(world):
    for account in (HUB, MANAGEMENT):
        world.client("cloudtrail", account).delete_trail(Name="organization")
    checks = world.doctor()
    assert failing(checks) == ["trail"]
    assert "create-trail" in checks["trail"]["fix"]
    world.make_trail(MANAGEMENT)
    assert results(world.doctor())["trail"] == "pass"


def test_a_trail_of_one_account_says_nothing_of_the_others(world):
    for account in (HUB, MANAGEMENT):
        world.client("cloudtrail", account).update_trail(Name="organization", IsOrganizationTrail=False)
    checks = world.doctor()
    assert not failing(checks)
    assert checks["trail"]["result"] == "unknown"


def drop_role(world, account, name):
    iam = world.client("iam", account)
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)


def empty_queue(world):
    sqs = world.client("sqs", HUB)
    sqs.purge_queue(QueueUrl=world.deployed.outputs["IntakeDeadLetterQueueUrl"])
    world.client("cloudwatch", HUB).set_alarm_state(
        AlarmName=f"{DEAD[0]}-waiting", StateValue="OK", StateReason="empty"
    )


def pause(world, *, paused):
    world.client("dynamodb", HUB).update_item(
        TableName=TABLE,
        Key={"pk": {"S": "control"}, "sk": {"S": "control"}},
        UpdateExpression="SET paused = :paused",
        ExpressionAttributeValues={":paused": {"BOOL": paused}},
    )


def fill_queue(world):
    sqs = world.client("sqs", HUB)
    sqs.send_message(QueueUrl=world.deployed.outputs["IntakeDeadLetterQueueUrl"], MessageBody="{}")
    world.client("cloudwatch", HUB).set_alarm_state(
        AlarmName=f"{DEAD[0]}-waiting", StateValue="ALARM", StateReason="1 message"
    )


def set_trust(world, principal):
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"},
        "Condition": {"ArnEquals": {"aws:PrincipalArn": principal}},
    }
    world.client("iam", MANAGEMENT).update_assume_role_policy(
        RoleName=MANAGEMENT_ROLE_NAME,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def set_status(world, status):
    world.deployed.status = status


def set_outputs(world, outputs):
    world.deployed.outputs = outputs


def set_features(world, features):
    world.organization.feature_set = features


def register_other(world):
    world.organization.delegated_administrators[ACCOUNTS] = {OTHER}


def unregister_other(world):
    world.organization.delegated_administrators[ACCOUNTS] = {HUB}


WRONG_MODE = f"arn:aws:account::{HUB}:account"
# Broken and fixed by hand: the fix is a deployment, a setting or a person's.
BY_HAND = {
    "another-organization": (
        "organization",
        lambda w: w.write(organization=SETTINGS.replace("o-exampleorgid", "o-anotherorgid")),
        "in organization.yaml set organization: o-exampleorgid",
        lambda w: w.write(organization=SETTINGS),
    ),
    "features": (
        "features",
        lambda w: set_features(w, "CONSOLIDATED_BILLING"),
        "`aws organizations enable-all-features`",
        lambda w: set_features(w, "ALL"),
    ),
    "another-administrator": (
        "delegation",
        register_other,
        f"deregister-delegated-administrator --account-id {OTHER}",
        unregister_other,
    ),
    "hub-rolled-back": (
        "hub-stack",
        lambda w: set_status(w, "UPDATE_ROLLBACK_COMPLETE"),
        "cdk deploy`",
        lambda w: set_status(w, "UPDATE_COMPLETE"),
    ),
    "no-bus": (
        "intake-bus",
        lambda w: w.client("events", HUB).delete_event_bus(Name="rollcall-intake"),
        "cdk deploy`",
        lambda w: w.deploy_bus(),
    ),
    "bus-of-another-organization": (
        "intake-bus",
        lambda w: w.admit("o-anotherorgid"),
        "cdk deploy`",
        lambda w: w.admit("o-exampleorgid"),
    ),
    "no-forwarder-in-management": (
        "forwarder-management",
        lambda w: w.client("events", MANAGEMENT).remove_targets(Rule="forward", Ids=["hub"]),
        "cdk deploy 'Management/*'",
        lambda w: w.client("events", MANAGEMENT).put_targets(
            Rule="forward",
            Targets=[{"Id": "hub", "Arn": BUS, "RoleArn": f"arn:aws:iam::{MANAGEMENT}:role/forwarder"}],
        ),
    ),
    "management-forwards-accounts-only": (
        "forwarder-management",
        lambda w: w.client("events", MANAGEMENT).put_rule(
            Name="forward", EventPattern='{"source":["aws.account"]}'
        ),
        "cdk deploy 'Management/*'",
        lambda w: w.client("events", MANAGEMENT).put_rule(
            Name="forward", EventPattern='{"source":["aws.account","aws.organizations"]}'
        ),
    ),
    "forwarder-without-its-role": (
        "forwarder-hub",
        lambda w: drop_role(w, HUB, "forwarder"),
        "cdk deploy`",
        lambda w: w.make_role(
            HUB,
            "forwarder",
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"}},
            {"Effect": "Allow", "Action": "events:PutEvents", "Resource": BUS},
        ),
    ),
    "forwarder-that-may-not-send": (
        "forwarder-hub",
        lambda w: put_role(
            w,
            HUB,
            "forwarder",
            {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "arn:aws:events:::x"},
        ),
        "cdk deploy`",
        lambda w: put_role(
            w, HUB, "forwarder", {"Effect": "Allow", "Action": "events:PutEvents", "Resource": BUS}
        ),
    ),
    "no-stackset": (
        "forwarder-members",
        lambda w: w.deployed.sets.discard(STACK_SET_NAME),
        "cdk deploy`",
        lambda w: w.deployed.sets.add(STACK_SET_NAME),
    ),
    "failed-instance": (
        "forwarder-members",
        lambda w: w.deployed.instances[SHOP].update(
            Status="OUTDATED", StatusReason="denied", StackInstanceStatus={"DetailedStatus": "FAILED"}
        ),
        "update-stack-instances",
        lambda w: w.deployed.cover(SHOP),
    ),
    "role-of-the-other-mode": (
        "reconcile-role",
        lambda w: put_role(w, HUB, RECONCILE_ROLE_NAME, contacts(WRONG_MODE)),
        "cdk deploy`",
        lambda w: put_role(
            w, HUB, RECONCILE_ROLE_NAME, contacts(f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*")
        ),
    ),
    "no-role": (
        "reconcile-role",
        lambda w: drop_role(w, HUB, RECONCILE_ROLE_NAME),
        "cdk deploy`",
        lambda w: w.make_role(
            HUB,
            RECONCILE_ROLE_NAME,
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
            contacts(f"arn:aws:account::{MANAGEMENT}:account/o-exampleorgid/*"),
        ),
    ),
    "management-role-of-the-other-mode": (
        "management-role",
        lambda w: put_role(
            w, MANAGEMENT, MANAGEMENT_ROLE_NAME, contacts(f"{OWN_ARN}/o-exampleorgid/{MANAGEMENT}")
        ),
        "cdk deploy 'Management/*'",
        lambda w: put_role(w, MANAGEMENT, MANAGEMENT_ROLE_NAME, contacts(OWN_ARN)),
    ),
    "management-role-trusts-another": (
        "management-role",
        lambda w: set_trust(w, f"arn:aws:iam::{HUB}:role/other"),
        "cdk deploy 'Management/*'",
        lambda w: set_trust(w, WRITER),
    ),
    "paused": (
        "roster",
        lambda w: pause(w, paused=True),
        "rollcall unpause",
        lambda w: pause(w, paused=False),
    ),
    "none-approved": (
        "roster",
        lambda w: w.client("dynamodb", HUB).delete_item(
            TableName=TABLE, Key={"pk": {"S": "approval"}, "sk": {"S": "approval"}}
        ),
        "approve",
        lambda w: w.approve(),
    ),
    "another-approved": (
        "roster",
        lambda w: w.deployed.outputs.update(CandidateDigest="0" * 64),
        "approve",
        lambda w: w.approve(),
    ),
    "dead-letters": ("dead-letters", fill_queue, "start-message-move-task", empty_queue),
    "alarm": (
        "alarms",
        lambda w: w.client("cloudwatch", HUB).set_alarm_state(
            AlarmName=f"{DEAD[1]}-waiting", StateValue="ALARM", StateReason="x"
        ),
        "describe-alarm-history",
        lambda w: w.client("cloudwatch", HUB).set_alarm_state(
            AlarmName=f"{DEAD[1]}-waiting", StateValue="OK", StateReason="x"
        ),
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_one_broken_is_the_one_named(world, case):
    name, break_it, fix, fix_it = BY_HAND[case]
    break_it(world)
    checks = world.doctor()
    assert failing(checks) == [name], checks
    assert fix in checks[name]["fix"]
    fix_it(world)
    assert set(results(world.doctor()).values()) == {"pass"}


def test_a_hub_that_is_not_deployed_is_one_failure(world):
    outputs = world.deployed.outputs
    set_outputs(world, None)
    checks = world.doctor()
    assert failing(checks) == ["hub-stack"]
    assert checks["roster"]["follows_from"] == ["hub-stack"]
    set_outputs(world, outputs)
    assert not failing(world.doctor())


def test_a_subscription_that_waits_is_a_failure(world):
    world.failures = {}
    real = world.elsewhere

    class Pending:
        def list_subscriptions_by_topic(self, *, TopicArn):  # noqa: N803  # boto3's spelling
            assert TopicArn == TOPIC
            item = {"Protocol": "email", "Endpoint": "aws-alerts@example.com"}
            return {"Subscriptions": [item | {"SubscriptionArn": "PendingConfirmation"}]}

    world.elsewhere = lambda service, account: Pending() if service == "sns" else real(service, account)
    checks = world.doctor()
    assert failing(checks) == ["topic"]
    assert "email aws-alerts@example.com" in checks["topic"]["seen"]
    assert "--authenticate-on-unsubscribe true" in checks["topic"]["fix"]
    world.elsewhere = real
    assert not failing(world.doctor())


def test_an_address_that_unsubscribed_is_named_though_others_are_subscribed(world):
    world.write(
        organization=world.settings.replace(
            "[aws-alerts@example.com]", "[aws-alerts@example.com, soc@example.com]"
        )
    )
    checks = world.doctor()
    assert failing(checks) == ["topic"]
    assert checks["topic"]["seen"] == "no subscription of soc@example.com"
    assert "--notification-endpoint soc@example.com" in checks["topic"]["fix"]


def test_the_guardrail_is_looked_at_if_it_is_wanted(world):
    assert "guardrail" not in world.doctor()
    world.write(organization=GUARDED)
    checks = world.doctor()
    assert failing(checks) == ["policy-type"]
    assert checks["guardrail"]["follows_from"] == ["policy-type"]
    assert world.fix(checks["policy-type"]["fix"], account=MANAGEMENT) == 1
    checks = world.doctor()
    assert failing(checks) == ["guardrail"]
    client = world.client("organizations", MANAGEMENT)
    content = json.dumps(
        {"Version": "2012-10-17", "Statement": [DENY | {"Resource": "arn:aws:account::*:account"}]}
    )
    made = client.create_policy(
        Name="rollcall-guardrail", Description="x", Type="SERVICE_CONTROL_POLICY", Content=content
    )
    policy = made["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId="r-a1b2")
    checks = world.doctor()
    assert failing(checks) == ["guardrail"]
    assert "content" in checks["guardrail"]["seen"]
    settings = load(world.where, "config", today=world.clock.now().date()).settings
    document = make_guardrail_document(settings, primary=False)
    # AWS Organizations keeps the text: other tools write one value without brackets.
    for statement in document["Statement"]:
        statement["Resource"] = (
            statement["Resource"][0] if len(statement["Resource"]) == 1 else statement["Resource"][::-1]
        )
    client.update_policy(PolicyId=policy, Content=json.dumps(document))
    assert set(results(world.doctor()).values()) == {"pass"}
    world.write(organization=GUARDED, contacts=WITH_PRIMARY)
    assert "content" in world.doctor()["guardrail"]["seen"]
    document = make_guardrail_document(settings, primary=True)
    client.update_policy(PolicyId=policy, Content=json.dumps(document))
    assert world.doctor()["guardrail"]["result"] == "pass"


WITH_PRIMARY = CONTACTS.replace(
    "contacts:\n",
    "contacts:\n  office: {FullName: keep, AddressLine1: 410 Terry Avenue N, City: keep, PostalCode: keep,"
    " CountryCode: keep, PhoneNumber: keep}\n",
).replace("defaults: {", "defaults: {primary: office, ")


@pytest.mark.parametrize(
    ("check", "account", "role", "arn"),
    [
        ("reconcile-role", HUB, "rollcall-reconcile", ARNS.members),
        ("management-role", MANAGEMENT, "rollcall-management-contacts", OWN_ARN),
    ],
)
def test_roles_must_reach_primary_contacts_if_the_roster_names_them(world, check, account, role, arn):
    world.write(contacts=WITH_PRIMARY)
    finding = world.doctor()[check]
    assert finding["result"] == "fail"
    assert "cannot account:GetContactInformation (PRIMARY)" in finding["seen"]
    reads, both = (
        ["account:GetContactInformation"],
        ["account:GetContactInformation", "account:PutContactInformation"],
    )
    for actions, result in ((reads, "fail"), (both, "pass")):
        # No condition: a request for a primary contact names no kind.
        put_role(world, account, role, contacts(arn), {"Effect": "Allow", "Action": actions, "Resource": arn})
        finding = world.doctor()[check]
        assert finding["result"] == result, finding
    world.write(contacts=CONTACTS)
    put_role(world, account, role, contacts(arn))
    assert world.doctor()[check]["result"] == "pass"


def test_a_change_that_only_the_sweep_found_makes_the_forwarder_suspect(world):
    def finish(*suspects):
        document = {"S": json.dumps({"suspects": suspects})}
        key = {"pk": {"S": "sweep"}, "sk": {"S": "last"}}
        world.client("dynamodb", HUB).put_item(TableName=TABLE, Item=key | {"document": document})

    finish(SHOP)
    checks = world.doctor()
    assert failing(checks) == ["forwarder-suspects"]
    assert checks["forwarder-suspects"]["seen"].endswith(f"forwarder suspect: {SHOP}")
    assert "list-rule-names-by-target" in checks["forwarder-suspects"]["fix"]
    finish()
    assert set(results(world.doctor()).values()) == {"pass"}


@pytest.mark.parametrize(
    ("limit", "channels", "result"),
    [
        (14, "", "pass"),
        (13, "", "fail"),
        (14, "channels: {chat: {min_severity: HIGH}}\n", "fail"),
        (16, "channels: {chat: {min_severity: HIGH}}\n", "pass"),
    ],
)
def test_the_concurrency_of_the_account_must_be_enough_for_the_channels(world, limit, channels, result):
    world.write(organization=SETTINGS + channels)
    world.concurrency = limit
    checks = world.doctor()
    assert checks["concurrency"]["result"] == result, checks["concurrency"]
    assert failing(checks) == (["concurrency"] if result == "fail" else [])
    if result == "fail":
        assert f"runs {limit} functions at a time" in checks["concurrency"]["seen"]
        assert "--quota-code L-B99A9384" in checks["concurrency"]["fix"]


def test_a_policy_that_spares_the_role_is_not_in_the_way(world):
    roles = [f"arn:aws:iam::{HUB}:role/{name}" for name in ("rollcall-*", "RollcallHub-*")]
    deny_hub(world, DENY | {"Condition": {"ArnNotLike": {"aws:PrincipalArn": roles}}})
    checks = world.doctor()
    assert not failing(checks)
    assert checks["service-control-policies"]["result"] == "pass"
    assert checks["probe"]["result"] == "unknown"  # these credentials are another role's


def test_a_policy_that_hides_the_organization_from_the_hub_is_named_from_its_refusal(world):
    deny_hub(
        world,
        {"Effect": "Deny", "Action": ["organizations:Describe*", "organizations:List*"], "Resource": "*"},
    )
    result = world.run("doctor", "--json")
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    assert failing(checks) == ["service-control-policies"]
    assert checks["trusted-access"]["result"] in {"pass", "unknown"}


def test_the_hub_alone_sees_that_it_is_not_delegated(world):
    world.organization.delegated_administrators.clear()
    result = world.run("doctor", "--json")
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    assert failing(checks) == ["delegation"]
    assert checks["stacksets-delegation"]["follows_from"] == ["delegation"]
    assert result.exit_code == 1


@pytest.mark.parametrize(("caller", "unseen"), [(HUB, "forwarder-management"), (MANAGEMENT, "probe")])
def test_what_the_credentials_cannot_see_is_unknown_and_names_those_that_can(world, caller, unseen):
    world.caller = caller
    result = world.run("doctor", "--json")
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 2
    assert checks[unseen]["result"] == "unknown"
    other = MANAGEMENT if caller == HUB else HUB
    assert other in checks[unseen]["fix"]
    assert "--other-profile" in checks[unseen]["fix"]


def test_two_profiles_of_one_account_are_a_slip(world):
    result = world.run("doctor", "--other-profile", "hub")
    assert result.exit_code == 1
    assert f"both profiles are of account {HUB}" in result.stderr


def test_new_accounts_have_their_time(world):
    world.organization.add_account(name="New", email="new@example.com")
    assert not failing(world.doctor())
    world.clock.sleep(7200)
    assert failing(world.doctor()) == ["forwarder-members"]


def test_members_that_others_deploy_are_unknown(world):
    world.write(
        organization=SETTINGS.replace("deploy: stackset", "deploy: none").replace(", targets: [r-a1b2]", "")
    )
    checks = world.doctor()
    assert checks["forwarder-members"]["result"] == "unknown"
    assert "list-rule-names-by-target" in checks["forwarder-members"]["fix"]
    assert "stacksets-access" not in checks


def test_the_json_has_a_shape(world):
    result = world.run("doctor", "--other-profile", "management", "--json")
    found = json.loads(result.stdout)
    assert (found["version"], found["status"]) == (1, "pass")
    for check in found["checks"]:
        assert list(check) == ["check", "title", "result", "seen", "fix", "follows_from"]


def test_people_see_what_to_fix(world):
    world.organization.trusted_access.discard(ACCOUNTS)
    result = world.run("doctor")
    assert result.exit_code == 1
    assert_golden("doctor-no-trusted-access.txt", result.stdout)


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(world, terminal):
    world.terminal = terminal
    assert ("Reading " in world.run("doctor").stderr) is terminal


def test_a_roster_in_audit_mode_needs_no_approval(world):
    world.write(contacts=CONTACTS.replace("mode: enforce", "mode: audit"))
    world.approve()
    control = {"pk": {"S": "approval"}, "sk": {"S": "approval"}}
    world.client("dynamodb", HUB).delete_item(TableName=TABLE, Key=control)
    checks = world.doctor()
    assert checks["roster"]["result"] == "pass"
    assert "in audit mode" in checks["roster"]["seen"]


def test_the_roster_of_the_directory_may_be_ahead(world):
    world.write(contacts=CONTACTS.replace("mode: enforce", "mode: audit", 1))
    checks = world.doctor()
    assert not failing(checks)
    assert "the roster in this directory is a different one" in checks["roster"]["seen"]


def test_of_the_organizations_trail_the_account_that_sees_more_is_believed():
    """AWS shows a member the organization's trail, but not always what it logs."""
    whole = Trail(
        arn="arn:aws:cloudtrail:us-east-1:111111111111:trail/organization",
        logging=True,
        covers_region=True,
        of_organization=True,
        basic=[{"ReadWriteType": "All", "IncludeManagementEvents": True}],
        advanced=[],
    )
    partly = replace(whole, basic=None, advanced=None)

    def said(in_hub, in_management):
        trails = {HUB: Seen([in_hub]), MANAGEMENT: Seen([in_management])}
        facts: Any = SimpleNamespace(trails=trails, settings=SimpleNamespace(region="us-east-1"))
        return check_trail(facts).result

    assert said(partly, whole) is CheckResult.PASS
    assert said(partly, replace(whole, logging=False)) is CheckResult.FAIL
    assert said(partly, partly) is CheckResult.UNKNOWN
