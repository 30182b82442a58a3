"""What the checks judge: what AWS answered, or why it could not be read. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rollcall.adapters.errors import Denial, find_denial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.resolve import Enforcement
    from rollcall_config.settings import Settings

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A fact that could not be read."""

    reason: str
    #: What makes it readable.
    fix: str
    #: AWS's text of a refusal: evaluate it, never show it.
    message: str = field(default="", repr=False)
    #: Whether AWS was asked: then another failure can be why it did not answer.
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Seen(Generic[_Value]):
    """A fact as it was read."""

    value: _Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPolicy:
    """A service control policy, and everything that it is attached to: roots, OUs and accounts."""

    id: str
    name: str
    document: Mapping[str, Any]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The answer to GetAlternateContact on the hub itself, by account ID. Empty if AWS allowed it."""

    code: str = ""
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A CloudTrail trail that an account sees."""

    arn: str
    logging: bool
    covers_region: bool
    of_organization: bool
    #: Event selectors, None if AWS does not show them to these credentials.
    basic: Sequence[Mapping[str, Any]] | None
    #: Advanced event selectors, None if AWS does not show them to these credentials.
    advanced: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role: its trust policy, and its inline and attached policies, parsed."""

    arn: str
    trust: Mapping[str, Any]
    policies: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingRule:
    """A rule on the default bus whose target is the intake bus."""

    name: str
    enabled: bool
    sources: frozenset[str]
    role_arn: str
    #: None if it does not exist.
    role: Role | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedHub:
    """The deployed stack of the hub."""

    status: str
    outputs: Mapping[str, str]
    #: Names of its alarms.
    alarms: Sequence[str]
    #: Names of its roles by their names in the template.
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAccount:
    """A member account, which may need a forwarder."""

    id: str
    active: bool
    #: IDs from the root down to the account, both included.
    ids: tuple[str, ...]
    joined: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwarderInstance:
    """A stack instance of the forwarders' StackSet."""

    account: str
    status: str
    detail: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAlarm:
    """A CloudWatch alarm of the hub."""

    name: str
    state: str
    #: Whether it sends a notification when it goes off.
    notifies: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSubscription:
    """A subscription to the alert topic."""

    protocol: str
    endpoint: str
    #: PendingConfirmation until the recipient confirms AWS's email.
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the checks judge."""

    settings: Settings
    #: Digest of the roster in the directory.
    candidate: str
    #: Whether that roster lets Rollcall write anything.
    enforces: bool
    #: Contact kinds that the roster manages; those of them for which it names a contact somewhere; and
    #: those that it makes absent somewhere. A kind can be set in one account and deleted in another.
    kinds: tuple[str, ...]
    sets: tuple[str, ...]
    deletes: tuple[str, ...]
    now: datetime
    #: Partition of the credentials by position: hub, management.
    credentials: Mapping[str, str]
    organization: Seen[Mapping[str, str]] | Unseen
    trusted: Seen[frozenset[str]] | Unseen
    administrators: Seen[tuple[str, ...]] | Unseen
    stack_set_administrators: Seen[tuple[str, ...]] | Unseen
    root: Seen[Mapping[str, Any]] | Unseen
    policies: Seen[Sequence[AttachedPolicy]] | Unseen
    #: From the root down to the hub.
    hub_levels: Seen[tuple[str, ...]] | Unseen
    probe: Seen[Probe] | Unseen
    trails: Mapping[str, Seen[Sequence[Trail]] | Unseen]
    hub: Seen[DeployedHub | None] | Unseen
    bus_policy: Seen[Mapping[str, Any] | None] | Unseen
    hub_rules: Seen[Sequence[ForwardingRule]] | Unseen
    management_rules: Seen[Sequence[ForwardingRule]] | Unseen
    members: Seen[Sequence[MemberAccount]] | Unseen
    instances: Seen[Sequence[ForwarderInstance] | None] | Unseen
    reconcile_role: Seen[Role | None] | Unseen
    management_role: Seen[Role | None] | Unseen
    control: Seen[Enforcement] | Unseen
    #: The summary of the last sweep, empty before the first.
    last_sweep: Seen[Mapping[str, Any]] | Unseen
    alarms: Seen[Sequence[HubAlarm]] | Unseen
    subscriptions: Seen[Sequence[AlertSubscription]] | Unseen
    dead_letters: Seen[Mapping[str, int]] | Unseen
    #: How many functions Lambda runs at the same time, without those reserved for others.
    concurrency: Seen[int] | Unseen

    @property
    def deployed(self) -> DeployedHub | None:
        """The deployed hub, None if there is none or it could not be read."""
        return self.hub.value if isinstance(self.hub, Seen) else None

    @property
    def probe_denial(self) -> Denial | None:
        """Why AWS denied the hub a contact, None if it did not or the probe was not run."""
        if isinstance(self.probe, Seen) and self.probe.value.code == "AccessDeniedException":
            return find_denial(self.probe.value.message)
        return None

    @property
    def probe_succeeded(self) -> bool:
        """Whether AWS let the hub read a contact, or said that there is none."""
        return isinstance(self.probe, Seen) and not self.probe.value.code

    @property
    def denied_by_service_control_policy(self) -> bool:
        """Whether a service control policy refused any of the reads."""
        messages = [
            found.message for item in fields(self) if isinstance(found := getattr(self, item.name), Unseen)
        ]
        return self.probe_denial is Denial.SERVICE_CONTROL_POLICY or any(
            find_denial(message) is Denial.SERVICE_CONTROL_POLICY for message in messages
        )

    def list_kinds(self, operation: str) -> tuple[str, ...]:
        """Return the kinds for which Get, Put or Delete is called: the stacks grant no other."""
        return {"Get": self.kinds, "Put": self.sets, "Delete": self.deletes}[operation]
