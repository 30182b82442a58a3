"""The keys of `config/organization.yaml`."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from typing import Annotated, Final, Literal

from pydantic import Field

from rollcall_config.organization_values import (
    BreakGlass,
    ChannelId,
    Flag,
    LayerArn,
    Mention,
    MinSeverity,
    OrgPath,
    OuId,
    PageUrl,
    PeopleArn,
    Schedule,
    SecretArn,
    SecurityGroupId,
    SubnetId,
    TargetId,
    TeamsChannelId,
    TeamsId,
    VpcId,
    WorkspaceId,
)
from rollcall_config.validation import Strict
from rollcall_config.values import AccountId, AlertAddress, OrganizationId

_Region = Literal["us-east-1", "cn-northwest-1", "us-gov-west-1"]

# One condition of some 65 bytes for each, in a template that may have 51,200 bytes.
MOST_EXCLUDED: Final = 500
_PEOPLE: Final = "a list of ARNs of roles and users, such as arn:aws:iam::333333333333:role/Ops*"
_PATHS: Final = "a list of paths of OUs, o-exampleorgid/r-a1b2/ou-a1b2-11111111/*"


class SnsChannelKeys(Strict):
    """The alert topic."""

    min_severity: MinSeverity = "INFO"


class ChatChannelKeys(Strict):
    """A topic of custom notifications; with a workspace, Amazon Q is configured for it."""

    workspace: WorkspaceId | None = None
    channel: ChannelId | None = None
    min_severity: MinSeverity = "INFO"


class TeamsChannelKeys(Strict):
    """Microsoft Teams, by Amazon Q in chat applications."""

    tenant: TeamsId
    team: TeamsId
    channel: TeamsChannelId
    min_severity: MinSeverity = "INFO"


class SlackChannelKeys(Strict):
    """Slack itself, by a webhook or a bot's token in the secret."""

    secret: SecretArn
    channel: ChannelId | None = None
    min_severity: MinSeverity = "INFO"
    # Notified of CRITICAL alerts.
    mention: Mention | None = None


class ChannelKeys(Strict):
    """Each channel, and where the runbook can be read on the web."""

    runbook: PageUrl | None = None
    sns: Annotated[SnsChannelKeys, Field(description="min_severity: INFO")] = SnsChannelKeys()
    chat: Annotated[ChatChannelKeys, Field(description="workspace, channel and min_severity")] | None = None
    teams: Annotated[TeamsChannelKeys, Field(description="tenant, team, channel and min_severity")] | None = (
        None
    )
    slack: (
        Annotated[SlackChannelKeys, Field(description="secret, channel, min_severity and mention")] | None
    ) = None


class _Alerts(Strict):
    addresses: Annotated[list[AlertAddress], Field(min_length=1, description="a list of e-mail addresses")]
    # For organizations whose own mailboxes must not stand in alerts: they are masked as foreign ones are.
    mask_roster_contacts: Annotated[Flag, Field(description="true or false")] = False
    # Where people sign in, such as https://d-1234567890.awsapps.com/start: links open the right account.
    access_portal: PageUrl | None = None


class _Ledger(Strict):
    # S3 Object Lock takes no more: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-overview.html
    retention_days: Annotated[int, Field(ge=1, le=36500, description="days, 1 to 36500")] = 365


class _Sweep(Strict):
    schedule: Schedule = "rate(1 day)"


class _Reports(Strict):
    retention_days: Annotated[int, Field(ge=1, le=36500, description="days, 1 to 36500")] = 400


class _Members(Strict):
    deploy: Annotated[
        Literal["stackset", "none"],
        Field(description="stackset, or none (other tools deploy the forwarder)"),
    ] = "none"
    call_as: Annotated[
        Literal["DELEGATED_ADMIN", "SELF"],
        Field(description="DELEGATED_ADMIN (the hub creates the StackSet) or SELF (the management account)"),
    ] = "DELEGATED_ADMIN"
    targets: (
        Annotated[list[OuId], Field(min_length=1, description="a list of ids, r-... or ou-...")] | None
    ) = None
    exclude: Annotated[
        list[AccountId],
        Field(max_length=MOST_EXCLUDED, description=f"a list of account ids, at most {MOST_EXCLUDED}"),
    ] = []  # noqa: RUF012  # pydantic copies the default
    reader: Annotated[
        Flag,
        Field(
            description="true or false: whether the forwarder's template also creates a role with which the"
            " sweep reads the account's own contacts, on the account's own quota"
        ),
    ] = False


class _Guardrail(Strict):
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-organizations-policy.html
    targets: Annotated[
        list[TargetId], Field(min_length=1, description="a list of ids, r-..., ou-... or accounts")
    ]
    break_glass: BreakGlass | None = None


class _PrivateLink(Strict):
    vpc: VpcId
    subnets: Annotated[list[SubnetId], Field(min_length=1, description="a list of ids of subnets")]
    security_groups: Annotated[
        list[SecurityGroupId], Field(min_length=1, description="a list of ids of security groups")
    ]


class OrganizationFile(Strict):
    """The whole file."""

    version: Annotated[Literal[1], Field(description="the number 1")]
    organization: OrganizationId
    management: AccountId
    hub: AccountId
    alerts: Annotated[_Alerts, Field(description="addresses: [aws-alerts@example.com]")]
    region: Annotated[
        _Region,
        Field(
            description="us-east-1, cn-northwest-1 or us-gov-west-1, the only Region of each partition where"
            " the Account API runs and publishes its events"
        ),
    ] = "us-east-1"
    channels: Annotated[ChannelKeys, Field(description="sns, chat, teams, slack and runbook")] = ChannelKeys()
    ledger: Annotated[_Ledger, Field(description="retention_days: 365")] = _Ledger()
    sweep: Annotated[_Sweep, Field(description="schedule: rate(1 day)")] = _Sweep()
    reports: Annotated[_Reports, Field(description="retention_days: 400")] = _Reports()
    dashboard: Annotated[
        Flag,
        Field(description="true or false: whether the hub has a CloudWatch dashboard, paid by the month"),
    ] = False
    operators: Annotated[list[PeopleArn], Field(min_length=1, description=_PEOPLE)] | None = None
    readers: Annotated[list[PeopleArn], Field(min_length=1, description=_PEOPLE)] | None = None
    members: Annotated[_Members, Field(description="deploy: stackset, targets: [r-a1b2]")] = _Members()
    management_role: Annotated[
        Flag,
        Field(
            description="true or false: whether Rollcall manages the management account's own contacts, too"
        ),
    ] = True
    guardrail: Annotated[_Guardrail, Field(description="targets: [r-a1b2]")] | None = None
    limit_to_ous: Annotated[list[OrgPath], Field(min_length=1, description=_PATHS)] | None = None
    private_link: Annotated[_PrivateLink, Field(description="vpc, subnets and security_groups")] | None = None
    powertools_layer: LayerArn | None = None
