"""Every sample event against every rule of the synthesized templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import get_session

from rollcall.events.monitored import MONITORED_EVENTS, PART_EVENTS, find_part
from rollcall.events.parse import SIGNAL_EVENTS, parse
from rollcall.events.signal import Ignored
from rollcall.model.levels import Severity
from rollcall.model.well_known import (
    INCIDENT_DETAIL_TYPE,
    NOTICE_DETAIL_TYPE,
    OUTCOME_DETAIL_TYPE,
    OUTCOME_SOURCE,
)
from stacks.sources import list_write_names
from tests.stacks.patterns import matches
from tests.stacks.template import arn
from tests.support.cases import check_each

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Template

EVENTS = Path(__file__).parents[1] / "events"

#: What happens to an event on the default bus of an account, and in the hub.
#: M: a member's (and the hub's) forwarder sends it. O: the management account's does. Q: the hub queues it
#: with what is restored, A: with what is only alerted.
VERDICTS = {
    "AcceptHandshake.invite.synthetic.json": "O",
    "AccountDepartedOrganization.left.synthetic.json": "OA",
    "AccountDepartedOrganization.removed.synthetic.json": "OA",
    "AccountJoinedOrganization.created.synthetic.json": "OQ",
    "AccountJoinedOrganization.invited.synthetic.json": "OQ",
    "CloseAccount.json": "OA",
    "CloseAccount.standalone.synthetic.json": "MOA",
    "CloseAccountResult.failed.synthetic.json": "OA",  # reconcile reads the state
    "CloseAccountResult.succeeded.json": "OA",
    "CreateAccount.json": "O",  # carries no account id: CreateAccountResult does
    "CreateAccountResult.failed.json": "OQ",  # reconcile reads the state
    "CreateAccountResult.succeeded.docs.json": "OQ",
    "CreateAccountResult.succeeded.json": "OQ",
    "CreateGovCloudAccount.synthetic.json": "O",
    "CreateManagedAccount.succeeded.json": "OQ",
    "DeleteAlternateContact.not-found.synthetic.json": "MOA",
    "DeleteAlternateContact.standalone.docs.json": "MOQ",
    "DescribeOrganization.native-2026.json": "O",
    "EmailUpdated.signin.synthetic.json": "MOQ",
    "GetAlternateContact.docs.json": "MO",
    "GetRegionOptStatus.native-2026.json": "MO",
    "InviteAccountToOrganization.json": "O",
    "LeaveOrganization.denied.synthetic.json": "MOA",
    "LeaveOrganization.success.synthetic.json": "MOQ",
    "MoveAccount.error.synthetic.json": "OA",  # reconcile reads errorCode
    "MoveAccount.ou-to-ou.json": "OQ",
    "MoveAccount.root-to-ou.synthetic.json": "OQ",
    "PutAccountName.synthetic.json": "MOQ",
    "PutAlternateContact.denied-scp.synthetic.json": "MOA",
    "PutAlternateContact.orgmode.delegated-admin.synthetic.json": "MOQ",
    "PutAlternateContact.orgmode.management.synthetic.json": "MOQ",
    "PutAlternateContact.self-remediation.synthetic.json": "MOQ",
    "PutAlternateContact.standalone.docs.json": "MOQ",
    "PutAlternateContact.standalone.forwarded.json": "MOQ",
    "PutAlternateContact.standalone.hidden.synthetic.json": "MOQ",
    "PutContactInformation.standalone.synthetic.json": "MOA",
    "RegionOptInStatusChange.enabled.docs.json": "MOA",
    "RegionOptInStatusChange.enabling.docs.json": "MO",
    "RemoveAccountFromOrganization.json": "OA",
    "StartPrimaryEmailUpdate.synthetic.json": "MOQ",
    "UpdateAccountName.iam.synthetic.json": "MOQ",
}


def event_of(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / name).read_text(encoding="utf-8"))


def pattern_of(template: Template, rule: str) -> dict[str, Any]:
    pattern: dict[str, Any] = resolved(template.one("AWS::Events::Rule", rule)[1]["EventPattern"])
    return pattern


def resolved(value: Any) -> Any:
    """As CloudFormation deploys it in a commercial Region."""
    match value:
        case {"Fn::Join": _}:
            return arn(value).replace("{AWS::Partition}", "aws")
        case dict():
            return {key: resolved(one) for key, one in value.items()}
        case list():
            return [resolved(one) for one in value]
    return value


def test_the_table_has_one_row_for_each_sample() -> None:
    assert sorted(VERDICTS) == sorted(path.name for path in EVENTS.glob("*.json"))


@check_each("name", VERDICTS)
def test_each_rule_takes_what_the_table_says(assembly: Assembly, name: str) -> None:
    hub, event = assembly.templates["RollcallHub"], event_of(name)
    verdicts = {
        "M": matches(pattern_of(assembly.templates["RollcallForwarder"], "Forwarder"), event),
        "O": matches(pattern_of(assembly.templates["RollcallManagement"], "Forwarder"), event),
        "Q": matches(pattern_of(hub, "IntakeSignals"), event),
        "A": matches(pattern_of(hub, "IntakeAlertOnlySignals"), event),
    }
    assert "".join(letter for letter, taken in verdicts.items() if taken) == VERDICTS[name]
    assert matches(pattern_of(hub, "IntakeForwarder"), event) is verdicts["M"]
    assert not matches(pattern_of(hub, "ChannelsNotifyIncidents"), event)


@check_each("name", VERDICTS)
def test_what_is_queued_is_what_the_core_reads(hub: Template, name: str) -> None:
    reading = parse(event_of(name))
    read = not (isinstance(reading, Ignored) and reading.reason == "no signal")
    queues = [pattern_of(hub, f"Intake{queue}Signals") for queue in ("", "AlertOnly")]
    assert sum(matches(pattern, event_of(name)) for pattern in queues) == read
    assert not matches(pattern_of(hub, "IntakeEchoes"), event_of(name))


WRITERS = [
    "arn:aws:iam::333333333333:role/rollcall-reconcile",
    "arn:aws:iam::111111111111:role/rollcall-management-contacts",
]


def session_of(issuer: dict[str, Any] | None) -> dict[str, Any]:
    attributes = {"mfaAuthenticated": "false"}
    return {
        "sessionContext": {"attributes": attributes} | ({} if issuer is None else {"sessionIssuer": issuer})
    }


#: Who may have called, as CloudTrail writes it: with a role, or without the field that names one.
IDENTITIES: list[dict[str, Any]] = [
    *({"type": "AssumedRole"} | session_of({"type": "Role", "arn": one}) for one in WRITERS),
    *(
        {"type": "AssumedRole"} | session_of({"type": "Role", "arn": arn_})
        for one in WRITERS
        for arn_ in (f"{one}-2", one.replace("role/", "role/path/"), one.replace("3333", "4444"), one[:-1])
    ),
    {"type": "Root", "arn": "arn:aws:iam::222222222222:root"},
    {"type": "Root", "arn": "arn:aws:iam::222222222222:root"} | session_of(None),
    {"type": "Root"} | session_of({}),
    {"type": "IAMUser", "userName": "mary", "arn": WRITERS[0]},
    {"type": "AWSAccount", "accountId": "333333333333", "principalId": "AROA1234567890EXAMPLE:session"},
    {"type": "Role"} | session_of({"arn": None}),
    {"type": "Role"} | session_of({"userName": "rollcall-reconcile"}),
    {"accountId": "111111111111", "invokedBy": "AWS Internal"},
    {},
]


@check_each("name", VERDICTS)
def test_what_is_queued_is_in_one_queue_and_an_echo_only_if_our_roles_wrote(hub: Template, name: str) -> None:
    echoes = pattern_of(hub, "IntakeEchoes")
    signals, alerts = pattern_of(hub, "IntakeSignals"), pattern_of(hub, "IntakeAlertOnlySignals")
    event = event_of(name)
    written = event["detail"].get("eventName") in ("PutAlternateContact", "DeleteAlternateContact")
    event["detail"].pop("userIdentity", None)
    assert matches(signals, event) is ("Q" in VERDICTS[name])
    assert not matches(echoes, event)
    for identity in IDENTITIES:
        event["detail"]["userIdentity"] = identity
        echo = written and identity in IDENTITIES[: len(WRITERS)]
        assert matches(echoes, event) is echo, identity
        assert matches(signals, event) is ("Q" in VERDICTS[name] and not echo), identity
        assert matches(alerts, event) is ("A" in VERDICTS[name] and not echo), identity


@pytest.mark.parametrize("refused", [True, False])
def test_an_edit_of_a_primary_contact_is_restored_if_the_roster_names_them(
    hub: Template, primary: Assembly, *, refused: bool
) -> None:
    event = event_of("PutContactInformation.standalone.synthetic.json")
    event["detail"] |= {"errorCode": "AccessDenied"} if refused else {}
    named = primary.templates["RollcallHub"]
    for identity in [event["detail"]["userIdentity"], *IDENTITIES]:
        event["detail"]["userIdentity"] = identity
        echo = identity in IDENTITIES[: len(WRITERS)]
        restored, alerted = (not echo and not refused), (not echo and refused)
        for template, expected in ((named, (restored, alerted, echo)), (hub, (False, True, False))):
            rules = ("IntakeSignals", "IntakeAlertOnlySignals", "IntakeEchoes")
            taken = tuple(matches(pattern_of(template, rule), event) for rule in rules)
            assert taken == expected, identity


@check_each("name", VERDICTS)
def test_other_events_go_where_they_went(hub: Template, primary: Assembly, name: str) -> None:
    event, named = event_of(name), primary.templates["RollcallHub"]
    if name != "PutContactInformation.standalone.synthetic.json":
        for rule in ("IntakeSignals", "IntakeAlertOnlySignals", "IntakeEchoes"):
            assert matches(pattern_of(hub, rule), event) is matches(pattern_of(named, rule), event)


@check_each(("service", "name"), sorted(SIGNAL_EVENTS))
@check_each("detail_type", ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"])
def test_every_signal_reaches_the_queue(
    assembly: Assembly, service: str, name: str, detail_type: str
) -> None:
    """Also those without a sample, whatever AWS calls them and whatever their parameters look like."""
    source = f"aws.{service.removesuffix('.amazonaws.com')}"
    event: dict[str, Any] = {
        "source": source,
        "detail-type": detail_type,
        "detail": {"eventSource": service, "eventName": name},
    }
    assert matches(pattern_of(assembly.templates["RollcallManagement"], "Forwarder"), event)
    hub = assembly.templates["RollcallHub"]
    signals, alerts = pattern_of(hub, "IntakeSignals"), pattern_of(hub, "IntakeAlertOnlySignals")
    assert matches(signals, event) is not matches(alerts, event)
    assert (service, name) not in {*WRITES, *LOUD} or matches(signals, event)
    refused = event | {"detail": event["detail"] | {"errorCode": "AccessDenied"}}
    assert (matches(signals, refused), matches(alerts, refused)) == (False, True)
    for other in ({"source": "somebody"}, {"replay-name": "again"}):
        assert not matches(signals, event | other)
        assert not matches(alerts, event | other)


#: What attackers would have delayed.
WRITES = {row for row in SIGNAL_EVENTS if row[1] in list_write_names(primary=False)}
LOUD = {row for row, one in MONITORED_EVENTS.items() if one.severity >= Severity.HIGH}


@check_each(("service", "name"), sorted(PART_EVENTS))
def test_changes_of_rollcall_itself_reach_the_queue(hub: Template, service: str, name: str) -> None:
    """CloudTrail adds versions to the names of Lambda's events."""
    key = {"Fn::GetAtt": [hub.one("AWS::KMS::Key", "AlertsKey")[0], "Arn"]}
    _, rule = hub.one("AWS::Events::Rule", "IntakeParts")
    assert "EventBusName" not in rule
    pattern = resolved(json.loads(json.dumps(rule["EventPattern"]).replace(json.dumps(key), '"arn:ours"')))
    role = "arn:aws:iam::333333333333:role/rollcall-redrive"

    def is_taken(**changes: Any) -> bool:
        detail = {"eventSource": service, "eventName": name, "resources": [{"ARN": "arn:ours"}]}
        detail |= {"requestParameters": {"roleArn": role}} | changes
        return matches(pattern, {"source": f"aws.{service.removesuffix('.amazonaws.com')}", "detail": detail})

    assert is_taken()
    assert is_taken(eventName=f"{name}20150331v2") is (service == "lambda.amazonaws.com")
    assert is_taken(resources=[{"ARN": "arn:other"}]) is (service != "kms.amazonaws.com")
    other = {"roleArn": role.replace("redrive", "reconcile")}
    assert is_taken(requestParameters=other) is (service != "sts.amazonaws.com")
    assert not is_taken(errorCode="AccessDenied")


@check_each("name", ["DeleteRule", "DisableRule", "PutRule", "PutTargets", "RemoveTargets"])
def test_each_of_two_rules_reports_what_is_done_to_the_other(hub: Template, name: str) -> None:
    """A rule that is disabled or deleted cannot say so."""
    parts, _ = hub.one("AWS::Events::Rule", "IntakeParts")
    watch, rule = hub.one("AWS::Events::Rule", "IntakeWatch")
    queue, _ = hub.one("AWS::SQS::Queue", "IntakeQueue")
    assert "EventBusName" not in rule
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": [queue, "Arn"]}]
    key = {"Fn::GetAtt": [hub.one("AWS::KMS::Key", "AlertsKey")[0], "Arn"]}
    watched = json.dumps(hub.one("AWS::Events::Rule", "IntakeParts")[1]["EventPattern"])
    of_parts = resolved(json.loads(watched.replace(json.dumps(key), '"arn:ours"')))
    # As CloudFormation names them.
    names = {one: f"RollcallHub-{one}-1A2B3C" for one in (parts, watch)}
    watching = json.dumps(rule["EventPattern"]).replace(json.dumps({"Ref": parts}), json.dumps(names[parts]))
    of_watch = json.loads(watching)

    def event(about: str) -> dict[str, Any]:
        parameters = {"rule" if "Targets" in name else "name": about}
        detail = {"eventSource": "events.amazonaws.com", "eventName": name, "requestParameters": parameters}
        return {"source": "aws.events", "detail": detail}

    assert matches(of_watch, event(names[parts]))
    assert matches(of_parts, event(names[watch]))
    assert find_part({"name": names[watch]}) == names[watch]
    assert not matches(of_watch, event(names[watch]))
    assert not matches(of_watch, event("billing"))


def test_a_bus_of_rollcall_is_known_by_its_name(hub: Template) -> None:
    names = [bus["Name"] for bus in hub.of_type("AWS::Events::EventBus").values()]
    assert len(names) == 2
    assert [find_part({"eventbusname": name}) for name in names] == names


@check_each(("service", "name"), sorted(PART_EVENTS))
def test_every_call_names_the_part_in_a_parameter_that_is_read(service: str, name: str) -> None:
    """By AWS's own model of the call, of which CloudTrail writes the parameters."""
    model = get_session().get_service_model(service.removesuffix(".amazonaws.com"))
    shape = model.operation_model(name).input_shape
    members = {member.lower() for member in shape.members} if shape else set()
    if service == "s3.amazonaws.com":
        # Of its buckets alone CloudTrail has another word:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
        members = {"bucketname" if member == "bucket" else member for member in members}
    # A key has no name, and the answer names the function of a mapping.
    named = service != "kms.amazonaws.com" and name != "DeleteEventSourceMapping"
    assert (find_part(dict.fromkeys(members, "RollcallHub-1")) is not None) is named


def test_no_rule_that_events_of_others_reach_takes_replays(everything: Assembly) -> None:
    """An archive of somebody replays old events through the rules of its bus."""
    for template in everything.templates.values():
        for name, rule in template.of_type("AWS::Events::Rule").items():
            if name.startswith("SweepStartsDeployed"):
                continue  # a start too many
            assert rule["EventPattern"]["replay-name"] == [{"exists": False}], name


@pytest.mark.parametrize(
    ("source", "detail", "taken"),
    [
        ("aws.iam", {"eventName": "CreateUser", "eventSource": "iam.amazonaws.com"}, False),
        ("aws.signin", {"eventName": "ConsoleLogin", "eventSource": "signin.amazonaws.com"}, False),
        ("aws.iam", {"eventName": "DeletePolicy", "eventSource": "iam.amazonaws.com"}, False),
        (
            "aws.organizations",
            {"eventName": "CreateAccount", "eventSource": "organizations.amazonaws.com"},
            False,
        ),
        # The account to which the management account delegated these calls.
        *(
            ("aws.organizations", {"eventName": name, "eventSource": "organizations.amazonaws.com"}, True)
            for name in ("TagResource", "UntagResource", "DetachPolicy", "UpdatePolicy", "DeletePolicy")
        ),
        ("aws.account", {"eventName": "SomethingNew", "eventSource": "account.amazonaws.com"}, True),
    ],
)
def test_a_member_sends_little_of_busy_services(
    assembly: Assembly, source: str, detail: dict[str, str], taken: bool
) -> None:
    pattern = pattern_of(assembly.templates["RollcallForwarder"], "Forwarder")
    assert matches(pattern, {"source": source, "detail": detail}) is taken


STACK = "arn:aws:cloudformation:us-east-1:111111111111:stack/"


@check_each("name", ["DeleteStack", "ExecuteChangeSet", "UpdateStack"])
@pytest.mark.parametrize(
    ("parameters", "taken"),
    [
        ({"stackName": "RollcallManagement"}, True),
        ({"stackName": f"{STACK}RollcallManagement/0a1b"}, True),
        ({"changeSetName": f"{STACK.replace('stack', 'changeSet')}cdk/0a1b"}, True),
        ({"stackName": "RollcallManagementTest"}, False),
        ({"stackName": f"{STACK}RollcallManagementTest/0a1b"}, False),
        ({"stackName": "billing", "changeSetName": "RollcallManagement"}, False),
    ],
)
def test_only_the_management_account_sends_deployments_and_only_of_its_own_stack(
    assembly: Assembly, name: str, parameters: dict[str, str], *, taken: bool
) -> None:
    detail: dict[str, Any] = {"eventSource": "cloudformation.amazonaws.com", "eventName": name}
    detail |= {"eventID": "1", "recipientAccountId": "111111111111", "requestParameters": parameters}
    event = {"source": "aws.cloudformation", "detail": detail}
    pattern = json.loads(
        json.dumps(pattern_of(assembly.templates["RollcallManagement"], "Forwarder"))
        .replace("{AWS::AccountId}", "111111111111")
        .replace("{AWS::Region}", "us-east-1")
    )
    assert matches(pattern, event) is taken
    assert not matches(pattern_of(assembly.templates["RollcallForwarder"], "Forwarder"), event)
    assert not matches(pattern_of(assembly.templates["RollcallHub"], "IntakeForwarder"), event)
    assert isinstance(parse(event), Ignored) is not taken


def test_what_reports_who_deletes_the_stack_is_deleted_last(everything: Assembly) -> None:
    template = everything.templates["RollcallManagement"]
    rule, _ = template.one("AWS::Events::Rule", "Forwarder")
    guardrail, _ = template.one("AWS::Organizations::Policy", "Guardrail")
    assert rule in template.resources[guardrail]["DependsOn"]


def test_patterns_fit_the_quota(assembly: Assembly, primary: Assembly) -> None:
    """2,048 characters, by default: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html."""
    for template in (*assembly.templates.values(), *primary.templates.values()):
        for rule in template.of_type("AWS::Events::Rule").values():
            assert len(json.dumps(rule["EventPattern"])) < 2048


def test_the_bus_admits_every_source_that_is_forwarded(assembly: Assembly) -> None:
    forwarded = {
        source
        for template in assembly.templates.values()
        for logical_id, rule in template.of_type("AWS::Events::Rule").items()
        if logical_id.startswith(("Forwarder", "IntakeForwarder"))
        for source in rule["EventPattern"]["source"]
    }
    admitted = {
        source
        for name, policy in assembly.templates["RollcallHub"].of_type("AWS::Events::EventBusPolicy").items()
        if name.startswith("IntakeBus")
        for source in policy["Statement"]["Condition"]["ForAllValues:StringEquals"]["events:source"]
    }
    assert forwarded == admitted
    members = {"aws.account", "aws.cloudformation", "aws.iam", "aws.organizations", "aws.signin"}
    assert admitted == members | {"aws.cloudtrail", "aws.controltower"}
    _, rule = assembly.templates["RollcallForwarder"].one("AWS::Events::Rule", "Forwarder")
    assert set(rule["EventPattern"]["source"]) == members


@pytest.mark.parametrize(
    ("source", "detail_type", "expected"),
    [
        (OUTCOME_SOURCE, INCIDENT_DETAIL_TYPE, True),
        (OUTCOME_SOURCE, NOTICE_DETAIL_TYPE, True),
        (OUTCOME_SOURCE, OUTCOME_DETAIL_TYPE, False),
        ("somebody", INCIDENT_DETAIL_TYPE, False),
    ],
)
def test_people_are_told_of_incidents_only(
    hub: Template, source: str, detail_type: str, *, expected: bool
) -> None:
    event = {"source": source, "detail-type": detail_type, "detail": {}}
    assert matches(pattern_of(hub, "ChannelsNotifyIncidents"), event) is expected
