"""One prerequisite: what it does, how it looks now, how it is done and undone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.ports import Clock
    from rollcall_config.settings import Settings


class State(StrEnum):
    """What became of a step."""

    ALREADY = "done already"
    DONE = "done now"
    WOULD = "would do"
    FAILED = "failed"
    LEFT = "left alone"


class Standing(StrEnum):
    """How a prerequisite looks before anything is done."""

    THERE = "there"
    MISSING = "missing"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a prerequisite looks now. `fix` is given if it is blocked: a person must do that first.

    `keep` is why it is not for Rollcall to remove, None if it is; `first` is what has to go before it.
    `command` replaces the step's if only a look could tell it.
    """

    standing: Standing
    seen: str
    fix: str = ""
    keep: str | None = None
    first: str = ""
    command: str = ""

    @property
    def there(self) -> bool:
        """Whether the prerequisite holds."""
        return self.standing is Standing.THERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a step, for people and scripts."""

    name: str
    title: str
    command: str
    state: State
    seen: str
    fix: str = ""

    def as_document(self) -> Mapping[str, str]:
        """The JSON form."""
        return {
            "step": self.name,
            "title": self.title,
            "state": str(self.state).replace(" ", "-"),
            "command": self.command,
            "seen": self.seen,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """The management account, with what the steps need of it."""

    settings: Settings
    organizations: Any
    cloudformation: Any
    clock: Clock


class Step(Protocol):
    """A prerequisite. `command` and `undo_command` are the AWS CLI's words for `do` and `undo`."""

    @property
    def name(self) -> str:
        """A word for scripts."""

    @property
    def title(self) -> str:
        """What it does, for people."""

    @property
    def command(self) -> str:
        """The AWS CLI's words for `do`."""

    @property
    def undo_command(self) -> str:
        """The AWS CLI's words for `undo`; empty if it is never undone."""

    def look(self, aws: Management) -> Look:
        """How it looks now; botocore's errors come through."""

    def do(self, aws: Management) -> None:
        """Bring it about; botocore's errors come through."""

    def undo(self, aws: Management) -> None:
        """Remove it; botocore's errors come through."""
