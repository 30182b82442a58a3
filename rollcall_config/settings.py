"""`config/organization.yaml`: whose organization this is, and where Rollcall runs in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from rollcall.timing import WORKERS
from rollcall_config.document import ConfigError
from rollcall_config.located_yaml import read
from rollcall_config.organization_checks import find_contradictions
from rollcall_config.organization_model import OrganizationFile
from rollcall_config.organization_values import PARTITIONS
from rollcall_config.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    from rollcall_config.document import Document
    from rollcall_config.organization_model import ChannelKeys

FILE: Final = "organization.yaml"
#: The runbook in the repository, unless the settings name a page.
RUNBOOK: Final = "docs/operations.md"
#: Batches of one queue that a function has at a time: the least that SQS allows. Of signals there are more.
BATCHES: Final = 2
#: Queues of our own writes and of what is only alerted.
_QUIET_QUEUES: Final = 2
#: One step of a sweep and one command.
_TASKS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """Amazon Q in chat applications."""

    min_severity: str
    #: Both are None if the topic is subscribed by hand.
    workspace: str | None
    channel: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsSettings:
    """Microsoft Teams, by Amazon Q in chat applications."""

    min_severity: str
    tenant: str
    team: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Slack itself."""

    min_severity: str
    #: The ARN of the secret with a webhook or a bot's token.
    secret: str
    #: Of a bot; None with a webhook.
    channel: str | None
    #: Notified of CRITICAL alerts: `channel`, `here` or the ID of a user group.
    mention: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """All channels; a channel that is None is not deployed."""

    #: Where people read the runbook.
    runbook: str = RUNBOOK
    sns_min_severity: str = "INFO"
    chat: ChatSettings | None = None
    teams: TeamsSettings | None = None
    slack: SlackSettings | None = None

    @classmethod
    def from_model(cls, model: ChannelKeys) -> ChannelSettings:
        """Return the settings of the checked file."""
        chat, teams, slack = model.chat, model.teams, model.slack
        return cls(
            runbook=model.runbook or RUNBOOK,
            sns_min_severity=model.sns.min_severity,
            chat=ChatSettings(min_severity=chat.min_severity, workspace=chat.workspace, channel=chat.channel)
            if chat
            else None,
            teams=TeamsSettings(**teams.model_dump()) if teams else None,
            slack=SlackSettings(
                min_severity=slack.min_severity,
                secret=slack.secret,
                channel=slack.channel,
                mention=slack.mention,
            )
            if slack
            else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """The service control policy."""

    #: Roots, OUs or accounts that it is attached to.
    targets: tuple[str, ...]
    #: A pattern of ARNs of principals that it does not bind.
    break_glass: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateLink:
    """The network that the functions run in."""

    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stacks need to know."""

    organization: str
    management: str
    hub: str
    region: str
    alert_addresses: tuple[str, ...]
    #: How long nobody can change or delete an entry of the ledger.
    ledger_retention_days: int
    channels: ChannelSettings = field(default_factory=ChannelSettings)
    #: Whether alerts mask contacts of the roster, too, and not only foreign ones.
    mask_roster_contacts: bool = False
    #: URL of the AWS access portal, for links in alerts.
    access_portal: str | None = None
    #: An expression of EventBridge Scheduler.
    sweep_schedule: str = "rate(1 day)"
    reports_retention_days: int = 400
    dashboard: bool = False
    #: Patterns of ARNs, as `readers`; with none, IAM in the hub decides who can assume the roles.
    operators: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    members_deploy: Literal["stackset", "none"] = "none"
    members_call_as: Literal["DELEGATED_ADMIN", "SELF"] = "DELEGATED_ADMIN"
    members_targets: tuple[str, ...] = ()
    members_exclude: tuple[str, ...] = ()
    #: Whether members get a role with which the sweep reads their contacts.
    members_reader: bool = False
    management_role: bool = True
    guardrail: Guardrail | None = None
    #: None for the whole organization.
    limit_to_ous: tuple[str, ...] | None = None
    private_link: PrivateLink | None = None
    #: None for the layer that AWS publishes.
    powertools_layer: str | None = None

    @property
    def partition(self) -> str:
        """The partition of the Region: aws, aws-cn or aws-us-gov."""
        return PARTITIONS[self.region]

    @property
    def concurrency(self) -> int:
        """How many functions of the hub run at the same time at most: what Lambda must allow the account."""
        others = (self.channels.chat, self.channels.teams, self.channels.slack)
        channels = 1 + sum(channel is not None for channel in others)
        return WORKERS + BATCHES * (_QUIET_QUEUES + channels) + _TASKS


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSource:
    """A valid file."""

    #: As it stands in its file.
    source: Document
    settings: Settings


def read_settings(path: Path, *, file: str) -> SettingsSource:
    """Read and check the file, which messages call `file`. Raises ConfigError with all its problems."""
    document = read(path, file=file)
    model, problems = validate(OrganizationFile, document)
    problems += document.problems
    if isinstance(document.data, dict):
        problems += find_contradictions(document)
    if problems or model is None:
        raise ConfigError(problems)
    return SettingsSource(source=document, settings=_make_settings(model))


def _make_settings(model: OrganizationFile) -> Settings:
    guardrail, link = model.guardrail, model.private_link
    return Settings(
        organization=model.organization,
        management=model.management,
        hub=model.hub,
        region=model.region,
        alert_addresses=tuple(model.alerts.addresses),
        mask_roster_contacts=model.alerts.mask_roster_contacts,
        access_portal=model.alerts.access_portal,
        ledger_retention_days=model.ledger.retention_days,
        channels=ChannelSettings.from_model(model.channels),
        sweep_schedule=model.sweep.schedule,
        reports_retention_days=model.reports.retention_days,
        dashboard=model.dashboard,
        operators=tuple(model.operators or ()),
        readers=tuple(model.readers or ()),
        members_deploy=model.members.deploy,
        members_call_as=model.members.call_as,
        members_targets=tuple(model.members.targets or ()),
        members_exclude=tuple(model.members.exclude),
        members_reader=model.members.reader,
        management_role=model.management_role,
        guardrail=Guardrail(targets=tuple(guardrail.targets), break_glass=guardrail.break_glass)
        if guardrail
        else None,
        limit_to_ous=tuple(model.limit_to_ous) if model.limit_to_ous else None,
        private_link=PrivateLink(
            vpc=link.vpc, subnets=tuple(link.subnets), security_groups=tuple(link.security_groups)
        )
        if link
        else None,
        powertools_layer=model.powertools_layer,
    )
