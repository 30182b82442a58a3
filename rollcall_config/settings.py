"""`config/organization.yaml`: whose organization this is, and where Rollcall runs in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from rollcall.bulk_edits.model import BulkLimits
from rollcall.repeated_edits.rules import RepeatedEditLimits
from rollcall_config.channel_settings import ChannelSettings
from rollcall_config.faults import ConfigError
from rollcall_config.located_yaml import read
from rollcall_config.organization_faults import contradictions
from rollcall_config.organization_model import OrganizationFile
from rollcall_config.partitions import PARTITIONS
from rollcall_config.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "organization.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """Where the service control policy is attached, and whom it spares (a pattern of ARNs) if anybody."""

    targets: tuple[str, ...]
    break_glass: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateLink:
    """Where the functions run instead of in a network of Lambda's own."""

    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stacks need to know. `ledger_retention_days` is how long nobody can change the ledger.

    `sweep_schedule` is an expression of EventBridge Scheduler. `operators` and `readers` are patterns of
    ARNs; with none it is for the hub's own IAM to say who takes the roles. `limit_to_ous` is None for the
    whole organization; `powertools_layer` None for the one that AWS publishes. `bulks` and `standoffs` are
    how many edits and reverts are one too many.
    """

    organization: str
    management: str
    hub: str
    region: str
    alert_addresses: tuple[str, ...]
    ledger_retention_days: int
    channels: ChannelSettings = field(default_factory=ChannelSettings)
    sweep_schedule: str = "rate(1 day)"
    reports_retention_days: int = 400
    operators: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    members_deploy: Literal["stackset", "none"] = "none"
    members_call_as: Literal["DELEGATED_ADMIN", "SELF"] = "DELEGATED_ADMIN"
    members_targets: tuple[str, ...] = ()
    members_exclude: tuple[str, ...] = ()
    management_role: bool = True
    guardrail: Guardrail | None = None
    limit_to_ous: tuple[str, ...] | None = None
    private_link: PrivateLink | None = None
    powertools_layer: str | None = None
    bulks: BulkLimits = field(default_factory=BulkLimits)
    standoffs: RepeatedEditLimits = field(default_factory=RepeatedEditLimits)

    @property
    def partition(self) -> str:
        """The partition of the Region: aws, aws-cn or aws-us-gov."""
        return PARTITIONS[self.region]


def read_settings(path: Path, *, file: str) -> Settings:
    """Read and check the file, which messages call `file`. Raises ConfigError with every fault of it."""
    document = read(path, file=file)
    model, faults = validate(OrganizationFile, document)
    faults += document.faults
    if isinstance(document.data, dict):
        faults += contradictions(document)
    if faults or model is None:
        raise ConfigError(faults)
    return _settings(model)


def _settings(model: OrganizationFile) -> Settings:
    guardrail, link = model.guardrail, model.private_link
    return Settings(
        organization=model.organization,
        management=model.management,
        hub=model.hub,
        region=model.region,
        alert_addresses=tuple(model.alerts.addresses),
        ledger_retention_days=model.ledger.retention_days,
        channels=ChannelSettings.of(model.channels),
        sweep_schedule=model.sweep.schedule,
        reports_retention_days=model.reports.retention_days,
        operators=tuple(model.operators or ()),
        readers=tuple(model.readers or ()),
        members_deploy=model.members.deploy,
        members_call_as=model.members.call_as,
        members_targets=tuple(model.members.targets or ()),
        members_exclude=tuple(model.members.exclude),
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
        bulks=model.bulk_edit.limits(),
        standoffs=model.standoff.limits(),
    )
