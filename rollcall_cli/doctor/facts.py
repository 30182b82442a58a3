"""What was read, or why it was not. Plain data: whoever made it is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.enforcement import Enforcement
    from rollcall_config.settings import Settings

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Nobody could look: why, and what would let them. `message` is AWS's text of a refusal.

    `asked` is whether AWS was asked at all: then another failure may be why it did not answer.
    """

    why: str
    fix: str
    message: str = field(default="", repr=False)
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Seen(Generic[_Value]):
    """What was there when somebody looked."""

    value: _Value


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOn:
    """A service control policy on one level between the root and the hub."""

    level: str
    id: str
    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What GetAlternateContact on the hub itself, with its account id, answered: empty if all is well."""

    code: str = ""
    message: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A trail that the account sees. `selectors` are None if AWS does not show them to these credentials."""

    arn: str
    logging: bool
    covers_region: bool
    of_organization: bool
    basic: Sequence[Mapping[str, Any]] | None
    advanced: Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role's trust and inline policies, parsed."""

    arn: str
    trust: Mapping[str, Any]
    policies: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingRule:
    """A rule on the default bus with the intake bus as its target. `role` is None if it does not exist."""

    name: str
    enabled: bool
    sources: frozenset[str]
    role_arn: str
    role: Role | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStack:
    """The deployed hub: outputs by name, and the physical ids of its alarms."""

    status: str
    outputs: Mapping[str, str]
    alarms: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAccount:
    """An account that may have to forward. `ids` are those from the root down to it, both included."""

    id: str
    active: bool
    ids: tuple[str, ...]
    joined: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A stack instance of the forwarders' StackSet."""

    account: str
    status: str
    detail: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of the hub."""

    name: str
    state: str
    tells: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told. `arn` is PendingConfirmation until the mail of AWS is answered."""

    protocol: str
    endpoint: str
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the checks look at.

    `candidate` is the digest of the roster in the directory, `enforces` whether it lets anything be written.
    """

    settings: Settings
    candidate: str
    enforces: bool
    kinds: tuple[str, ...]
    now: datetime
    credentials: Mapping[str, str]
    organization: Seen[Mapping[str, str]] | Unseen
    trusted: Seen[frozenset[str]] | Unseen
    administrators: Seen[tuple[str, ...]] | Unseen
    stack_set_administrators: Seen[tuple[str, ...]] | Unseen
    root: Seen[Mapping[str, Any]] | Unseen
    policies: Seen[Sequence[PolicyOn]] | Unseen
    guardrail: Seen[Sequence[str] | None] | Unseen
    probe: Seen[Probe] | Unseen
    trails: Mapping[str, Seen[Sequence[Trail]] | Unseen]
    hub: Seen[HubStack | None] | Unseen
    bus_policy: Seen[Mapping[str, Any] | None] | Unseen
    hub_rules: Seen[Sequence[ForwardingRule]] | Unseen
    management_rules: Seen[Sequence[ForwardingRule]] | Unseen
    members: Seen[Sequence[MemberAccount]] | Unseen
    instances: Seen[Sequence[Instance] | None] | Unseen
    reconcile_role: Seen[Role | None] | Unseen
    management_role: Seen[Role | None] | Unseen
    control: Seen[Enforcement] | Unseen
    alarms: Seen[Sequence[Alarm]] | Unseen
    subscriptions: Seen[Sequence[Subscription]] | Unseen
    dead_letters: Seen[Mapping[str, int]] | Unseen
