"""The steps of `rollcall setup`: each checks one prerequisite, and does or undoes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.ports import Clock
    from rollcall_config.settings import Settings


class StepResult(StrEnum):
    """The result of a step."""

    ALREADY = "done already"
    DONE = "done now"
    WOULD = "would do"
    FAILED = "failed"
    KEPT = "kept"


class PrerequisiteStatus(StrEnum):
    """Whether a prerequisite is met."""

    MET = "met"
    MISSING = "missing"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisite:
    """A prerequisite as it is now."""

    status: PrerequisiteStatus
    seen: str
    #: What a person has to do first, if it is blocked.
    fix: str = ""
    #: Why Rollcall does not undo it, None if it can.
    keep: str | None = None
    #: What has to be removed before it.
    first: str = ""
    #: Replaces the command of the step, if it depends on what was found.
    command: str = ""

    @property
    def met(self) -> bool:
        """Whether the prerequisite is met."""
        return self.status is PrerequisiteStatus.MET


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """The result of a step, for people and scripts."""

    name: str
    title: str
    command: str
    state: StepResult
    seen: str
    fix: str = ""

    def as_document(self) -> Mapping[str, str]:
        """Return the JSON form."""
        return {
            "step": self.name,
            "title": self.title,
            "state": str(self.state).replace(" ", "-"),
            "command": self.command,
            "seen": self.seen,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementClients:
    """The management account, as the steps use it."""

    settings: Settings
    organizations: Any
    cloudformation: Any
    clock: Clock


class SetupStep(Protocol):
    """A step of the setup. `command` and `undo_command` are the AWS CLI commands for `do` and `undo`."""

    @property
    def name(self) -> str:
        """Identifies the step in JSON."""

    @property
    def title(self) -> str:
        """What it does, for people."""

    @property
    def command(self) -> str:
        """The AWS CLI command for `do`."""

    @property
    def undo_command(self) -> str:
        """The AWS CLI command for `undo`, empty if it is never undone."""

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Check the prerequisite; botocore's errors come through."""

    def do(self, aws: ManagementClients) -> None:
        """Do it; botocore's errors come through."""

    def undo(self, aws: ManagementClients) -> None:
        """Undo it; botocore's errors come through."""
