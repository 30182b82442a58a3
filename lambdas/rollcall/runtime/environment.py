"""The environment variables of each function: the only place that names them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "ROLLCALL_"


class MissingVariableError(RuntimeError):
    """The function was deployed without a variable that it needs."""


class _Environment:
    """Turns a dataclass of strings into environment variables and back."""

    __slots__ = ()

    @classmethod
    def variable_names(cls) -> tuple[str, ...]:
        """Names of all variables, in the order of the fields."""
        return tuple(PREFIX + field.name.upper() for field in fields(cls))  # type: ignore[arg-type]  # subclasses are dataclasses

    def as_variables(self) -> dict[str, str]:
        """Variables for a template: name to value."""
        names = (field.name for field in fields(self))  # type: ignore[arg-type]  # subclasses are dataclasses
        return {PREFIX + name.upper(): getattr(self, name) for name in names}

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; raise MissingVariableError naming each that is absent or empty."""
        missing = [name for name in cls.variable_names() if not variables.get(name)]
        if missing:
            raise MissingVariableError(f"missing environment variables: {', '.join(missing)}")
        return cls(**{name.removeprefix(PREFIX).lower(): variables[name] for name in cls.variable_names()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileEnvironment(_Environment):
    """Settings of `reconcile`. `guardrail` is `on` or `off`: whether the service control policy is used.

    `stack_sets` is who deploys the forwarder to members: `DELEGATED_ADMIN`, `SELF` or `none`.
    `echo_queue_url` is the queue of the events of its own writes, `alert_only_queue_url` that of what is only
    alerted. `management_role_arn` may be `none`. The limits of edits are in the roster.
    """

    management_account: str
    state_table: str
    ledger_bucket: str
    outcome_bus: str
    intake_queue_url: str
    echo_queue_url: str
    alert_only_queue_url: str
    writer_role_arn: str
    management_role_arn: str
    guardrail: str
    stack_sets: str
    masks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyEnvironment(_Environment):
    """Settings of `notify`. `channel` is `sns`, `chat`, `teams` or `slack`.

    `target` is the ARN of the topic, or of the secret with Slack's webhook or token; `slack_channel` the id
    of the channel that a bot posts to, else `none`. `runbook` is the URL of docs/operations.md, or its path.
    `slack_mention` is who is notified of CRITICAL alerts and `access_portal` the URL of the AWS access
    portal; each may be `none`.
    """

    state_table: str
    queue_url: str
    channel: str
    target: str
    slack_channel: str
    slack_mention: str
    min_severity: str
    runbook: str
    access_portal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepEnvironment(_Environment):
    """Settings of `sweep`. The limits of a roster are in the roster.

    `organization` is its ID, `masks` what alerts mask, a value of `Masks`. `member_role` is the ARN of the
    role in each member that reads its contacts, with `*` for the account, or `none`.
    """

    organization: str
    management_account: str
    state_table: str
    reports_bucket: str
    outcome_bus: str
    masks: str
    member_role: str
    hub_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyEnvironment(_Environment):
    """Settings of `apply`, which runs as the role that writes; others as of `reconcile`."""

    management_account: str
    state_table: str
    ledger_bucket: str
    reports_bucket: str
    outcome_bus: str
    management_role_arn: str
    guardrail: str
    masks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlEnvironment(_Environment):
    """Settings of `control`. `operators` are patterns of ARNs with spaces between them, or `none`."""

    management_account: str
    hub_account: str
    operators: str
    state_table: str
    ledger_bucket: str
    outcome_bus: str
    sweep_machine_arn: str
