"""What a roster would change of what was seen: pure, and the sweep's own decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from rollcall.decide.observed import plan_observed
from rollcall.decide.plan import Change, Finding
from rollcall.model.desired import Absent, DesiredAbsent
from rollcall.outcomes.verdicts import Verdict
from rollcall.sweep.approvals import find_reasons_to_wait, is_enforcing
from rollcall.sweep.plan_builder import PlanBuilder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall_cli.plan.store import Seen

_NOT_KNOWN: Final = frozenset({Verdict.UNREADABLE, Verdict.BLOCKED})


class Status(IntEnum):
    """Exit status of `plan`."""

    NOTHING_TO_CHANGE = 0
    NOT_KNOWN = 1
    CHANGES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A contact that is not as the roster wants it. `told` is why it would only be told, None if set."""

    account: Account
    change: Change
    told: str | None

    @property
    def action(self) -> str:
        """`add`, `change` or `delete`."""
        if isinstance(self.change.wanted, DesiredAbsent):
            return "delete"
        return "add" if isinstance(self.change.found, Absent) else "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A plan. `digest` names it as a sweep would, if the whole organization was read.

    `hold` says why a sweep would wait for a person, as far as that can be told from outside.
    """

    seen: Seen
    digest: str | None
    differences: Sequence[Difference]
    unknown: Sequence[tuple[Account, Finding]]
    changed: int
    active: int
    hold: Sequence[str]

    @property
    def status(self) -> Status:
        """Not to know weighs more than a difference; the management account has its own reasons."""
        if any(finding.verdict in _NOT_KNOWN for _, finding in self.unknown):
            return Status.NOT_KNOWN
        return Status.CHANGES if self.differences else Status.NOTHING_TO_CHANGE


def result(seen: Seen, roster: Roster, *, first: bool, limit: int | str | None, today: date) -> Result:
    """Decide for every account that was seen.

    `first` is whether no roster is approved yet, `limit` how many accounts a sweep may change.
    """
    draft = PlanBuilder(roster=roster.digest, write=lambda _part, _changes: None)
    differences: list[Difference] = []
    unknown: list[tuple[Account, Finding]] = []
    for item in seen.observed:
        account, decided = item.account, plan_observed(item, roster, halted=None, today=today)
        draft.add(account, decided)
        differences += [Difference(account=account, change=change, told=None) for change in decided.changes]
        for finding in decided.findings:
            if finding.verdict is Verdict.WOULD_SET and finding.wanted is not None:
                change = Change(kind=finding.kind, found=finding.found, wanted=finding.wanted)
                differences.append(Difference(account=account, change=change, told=finding.reason))
            elif finding.verdict in _NOT_KNOWN or finding.verdict is Verdict.UNREACHABLE:
                unknown.append((account, finding))
    plan = draft.finish()
    whole = seen.scope.whole and not seen.partial
    all_read = all(finding.verdict is Verdict.BLOCKED for _, finding in unknown)
    return Result(
        seen=seen,
        digest=plan.digest if whole and all_read else None,
        differences=differences,
        unknown=unknown,
        changed=len({item.account.id for item in differences}),
        active=draft.active,
        hold=find_reasons_to_wait(draft, limit=limit, first=first) if whole and is_enforcing(roster) else (),
    )
