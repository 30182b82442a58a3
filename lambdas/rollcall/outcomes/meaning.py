"""What a verdict is, what it can mean, and what an alert says of it or of a notice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.model.levels import Severity


class Verdict(StrEnum):
    """What became of one contact, or of a signal that led to none."""

    COMPLIANT = "compliant"
    SET = "set"
    UNDONE = "undone"
    WOULD_SET = "would-set"
    PENDING = "pending"
    BACKED_OFF = "backed-off"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    EXEMPT = "exempt"
    UNMANAGED = "unmanaged"
    INACTIVE = "inactive"
    DENIED = "denied"
    NOTIFIED = "notified"
    OWN_WRITE = "own-write"
    UNRECORDED_WRITE = "unrecorded-write"
    OVERWRITTEN = "overwritten"
    UNEXPLAINED = "unexplained"
    CHANGED_BACK = "changed-back"
    SET_BY_OTHERS = "set-by-others"
    KEPT_EDITED = "kept-edited"
    NO_ACCOUNT = "no-account"
    IGNORED = "ignored"


class Left(StrEnum):
    """How a verdict leaves the contact."""

    RIGHT = "right"  # in the desired state
    SOON = "soon"  # to be right by itself: Rollcall goes on trying
    WRONG = "wrong"  # as it was found, though the roster wants something else, or unknown
    ALONE = "alone"  # as it was found: the roster asks nothing of it, or nothing was changed


NOTHING: Final = "Nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one verdict in an alert."""

    #: In the first line, after contact and account.
    result: str
    #: What Rollcall did.
    did: str
    #: What the reader does.
    next_step: str
    #: Anchor of its section in docs/operations.md.
    runbook: str
    #: The contact is as it should be, or nothing is wrong with it.
    over: bool = True


GONE: Final = Words(
    result="not restored (no such account)",
    did="None: the account left the organization, or never was in it.",
    next_step="Check the contact if the account still matters: it may be wrong.",
    runbook="not-pursued",
    over=False,
)

#: Nobody is asked to act: AWS takes few changes of such an account, and a sweep sets it once it is active.
NOT_ACTIVE: Final = replace(
    GONE,
    result="not restored (account inactive)",
    did="None: the account is suspended or closing.",
    next_step="Nothing now. If the account is reopened, run `rollcall sweep`.",
    over=True,
)

NOT_MANAGED: Final = Words(
    result="not managed here",
    did="None (alert only).",
    next_step="Check the contact in the console of the account.",
    runbook="not-managed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one verdict means."""

    left: Left
    #: Severity after an edit, and where the roster asks for something else; None where nobody is alerted.
    severity: tuple[Severity | None, Severity | None] = (None, None)
    #: Only INFO if the roster authorises the actor to edit: restored, but expected.
    expected: bool = False
    #: A later delivery or the next sweep tries again.
    retried: bool = False
    #: The edit stays known, so that a sweep does not count it as found by the sweep only.
    remembered: bool = False
    #: What summaries and reports of sweeps count it as; None if no sweep ends so.
    counted: Verdict | None = None
    #: In an alert; None if there is none.
    words: Words | None = None
    #: In an alert about what the roster asks for, where nobody edited a contact: the words that differ.
    arranged: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWords:
    """One kind of notice, or one variant of a kind."""

    #: The publisher of a notice may raise it.
    severity: Severity
    headline: str
    #: Labels with the texts beside them.
    lines: tuple[tuple[str, str], ...]
    #: The next steps, each after a dash.
    do: str
    #: Anchor of its section in docs/operations.md.
    runbook: str
    #: What it waits for; empty if it is resolved, or only reported.
    waits: str = ""
    #: Nothing is to be resolved.
    reported: bool = False
    #: Title over the examples.
    examples: str = "Examples"

    @property
    def next_steps(self) -> list[str]:
        """Each step on one line."""
        return [" ".join(step.split()) for step in self.do.strip().removeprefix("- ").split("\n- ")]
