"""Channels: off unless they are named, and each with all of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollcall.model.well_known import INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE
from rollcall.runtime.environment import NotifyEnvironment
from tests.stacks.configs import ORGANIZATION, complaints, load_from
from tests.stacks.template import arn, as_list

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Template

SECRET = "arn:aws:secretsmanager:us-east-1:333333333333:secret:rollcall/slack-a1B2c3"  # noqa: S105  # its name
UUID = "01234567-89ab-cdef-0123-456789abcdef"
#: Function, queue, rule and dead letters of each channel, with what the settings of the variant say.
CHANNELS = {
    "sns": ("Notify", "NotifyQueue", "NotifyIncidentsRule", "NotifyDeadLettersQueue", "LOW"),
    "chat": ("Chat", "ChatQueue", "ChatIncidentsRule", "ChatDeadLettersQueue", "MEDIUM"),
    "teams": ("Teams", "TeamsQueue", "TeamsIncidentsRule", "TeamsDeadLettersQueue", "HIGH"),
    "slack": ("Slack", "SlackQueue", "SlackIncidentsRule", "SlackDeadLettersQueue", "INFO"),
}


@pytest.fixture(scope="module")
def all_on(everything: Assembly) -> Template:
    return everything.templates["RollcallHub"]


def environment(template: Template, function: str) -> dict[str, object]:
    _, properties = template.one("AWS::Lambda::Function", f"Channels{function}Function")
    variables: dict[str, object] = properties["Environment"]["Variables"]
    return variables


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_has_a_queue_a_rule_dead_letters_and_a_function_of_its_own(
    all_on: Template, channel: str
) -> None:
    function, queue, rule, dead_letters, minimum = CHANNELS[channel]
    queue_id, properties = all_on.one("AWS::SQS::Queue", f"Channels{queue}")
    dead_id, _ = all_on.one("AWS::SQS::Queue", f"Channels{dead_letters}")
    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_id, "Arn"]}
    _, forward = all_on.one("AWS::Events::Rule", f"Channels{rule}")
    (target,) = forward["Targets"]
    assert arn(target["Arn"]) == f"{{{queue_id}.Arn}}"
    assert forward["EventPattern"]["detail-type"] == [INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE]
    all_on.one("AWS::CloudWatch::Alarm", f"Channels{dead_letters.removesuffix('Queue')}")
    variables = environment(all_on, function)
    assert set(variables) == set(NotifyEnvironment.variable_names())
    assert variables["ROLLCALL_CHANNEL"] == channel
    assert variables["ROLLCALL_MIN_SEVERITY"] == minimum
    assert variables["ROLLCALL_QUEUE_URL"] == {"Ref": queue_id}
    assert variables["ROLLCALL_RUNBOOK"] == "https://wiki.example.com/rollcall"
    assert variables["ROLLCALL_ACCESS_PORTAL"] == "https://d-1234567890.awsapps.com/start"
    assert variables["ROLLCALL_SLACK_MENTION"] == ("S0123ABCDEF" if channel == "slack" else "none")


def test_only_the_alert_topic_is_there_without_settings(hub: Template) -> None:
    assert environment(hub, "Notify")["ROLLCALL_MIN_SEVERITY"] == "INFO"
    assert len(hub.of_type("AWS::SNS::Topic")) == 1
    assert not [
        name
        for name in hub.of_type("AWS::Lambda::Function")
        if name.startswith(("ChannelsChat", "ChannelsTeams", "ChannelsSlack"))
    ]
    assert not hub.of_type("AWS::Chatbot::SlackChannelConfiguration")


def test_the_function_for_slack_may_read_its_secret_and_publish_nowhere(all_on: Template) -> None:
    actions = {
        action: as_list(statement["Resource"])
        for statement in all_on.statements(all_on.one("AWS::IAM::Role", "ChannelsSlackRole")[0])
        for action in as_list(statement["Action"])
    }
    assert actions["secretsmanager:GetSecretValue"] == [SECRET]
    assert not [action for action in actions if action.startswith(("sns:", "kms:", "events:"))]


@pytest.mark.parametrize("name", ["Chat", "Teams"])
def test_a_function_for_a_chat_publishes_to_its_own_topic_only(all_on: Template, name: str) -> None:
    topic, _ = all_on.one("AWS::SNS::Topic", f"Channels{name}Topic")
    published = [
        resource
        for statement in all_on.statements(all_on.one("AWS::IAM::Role", f"Channels{name}Role")[0])
        if "sns:Publish" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
    assert published == [{"Ref": topic}]


@pytest.mark.parametrize(
    ("type_", "name", "ids"),
    [
        (
            "SlackChannelConfiguration",
            "Chat",
            {"SlackWorkspaceId": "T0123ABCDEF", "SlackChannelId": "C0123ABCDEF"},
        ),
        (
            "MicrosoftTeamsChannelConfiguration",
            "Teams",
            {
                "TeamsTenantId": "01234567-89ab-cdef-0123-456789abcdef",
                "TeamId": "76543210-89ab-cdef-0123-456789abcdef",
                "TeamsChannelId": "19%3a0a1b2c3d%40thread.tacv2",
            },
        ),
    ],
)
def test_whoever_is_in_the_chat_may_do_nothing_in_the_account(
    all_on: Template, type_: str, name: str, ids: dict[str, str]
) -> None:
    _, configuration = all_on.one(f"AWS::Chatbot::{type_}", f"Channels{name}Topic")
    assert ids.items() <= configuration.items()
    topic, _ = all_on.one("AWS::SNS::Topic", f"Channels{name}Topic")
    assert configuration["SnsTopicArns"] == [{"Ref": topic}]
    assert configuration["UserRoleRequired"] is False
    assert "AWSDenyAll" in json.dumps(configuration["GuardrailPolicies"])
    role = configuration["IamRoleArn"]["Fn::GetAtt"][0]
    _, properties = all_on.one("AWS::IAM::Role", role)
    assert not properties.get("Policies")
    assert not properties.get("ManagedPolicyArns")
    assert not all_on.statements(role)


def test_all_topics_are_encrypted(all_on: Template) -> None:
    topics = all_on.of_type("AWS::SNS::Topic").values()
    assert len(topics) == 3
    assert all("KmsMasterKeyId" in topic for topic in topics)


def test_what_holds_if_nothing_is_said(tmp_path: Path) -> None:
    channels = load_from(tmp_path).settings.channels
    assert (channels.sns_min_severity, channels.chat, channels.slack) == ("INFO", None, None)
    assert channels.runbook == "docs/operations.md"


@pytest.mark.parametrize(
    "given",
    [
        "chat: {}",
        "chat: {workspace: T0123ABCDEF, channel: C0123ABCDEF}",
        f"teams: {{tenant: {UUID}, team: {UUID}, channel: 19%3Aa%40thread.tacv2, min_severity: LOW}}",
        f'slack: {{secret: "{SECRET}"}}',
        f'slack: {{secret: "{SECRET}", channel: C0123ABCDEF, min_severity: CRITICAL, mention: channel}}',
        f'slack: {{secret: "{SECRET}", mention: S0123ABCDEF}}',
        "runbook: https://wiki.example.com/rollcall/operations.html",
    ],
)
def test_settings_that_are_right(tmp_path: Path, given: str) -> None:
    assert complaints(tmp_path, organization=f"{ORGANIZATION}channels: {{{given}}}\n") == []


@pytest.mark.parametrize(
    "chat",
    [
        "chat: {workspace: T0123ABCDEF, channel: C0123ABCDEF}",
        f"teams: {{tenant: {UUID}, team: {UUID}, channel: 19%3Aa%40thread.tacv2}}",
    ],
)
def test_the_chat_is_not_known_in_other_partitions(tmp_path: Path, chat: str) -> None:
    layer = "powertools_layer: arn:aws-cn:lambda:cn-northwest-1:333333333333:layer:powertools:1\n"
    there = ORGANIZATION.replace("us-east-1", "cn-northwest-1") + layer
    [complaint] = complaints(tmp_path, organization=f"{there}channels: {{{chat}}}\n")
    assert complaint.endswith("Amazon Q in chat applications is not known to be in cn-northwest-1")
