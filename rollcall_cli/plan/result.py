"""What a roster would change, by the same decision as the sweep's: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from rollcall.decide.plan import Change, Finding, plan_observed
from rollcall.decide.plan_values import ChangeGrouper, KnownContacts
from rollcall.decide.roster_change import RosterComparison
from rollcall.model.desired import Absent, DesiredAbsent
from rollcall.outcomes.verdicts import Verdict
from rollcall.sweep.approvals import find_deletes_to_wait, find_reasons_to_wait, is_enforcing
from rollcall.sweep.stored_plan import PlanBuilder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from rollcall.decide.plan_values import ChangeGroup
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall_cli.plan.store import PlanReading

_NOT_KNOWN: Final = frozenset({Verdict.UNREADABLE, Verdict.BLOCKED})


class PlanStatus(IntEnum):
    """Exit status of `plan`."""

    NOTHING_TO_CHANGE = 0
    NOT_KNOWN = 1
    CHANGES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A contact that differs from the roster."""

    account: Account
    change: Change
    #: Why the sweep would only alert, None if it would change the contact.
    alert_only: str | None

    @property
    def action(self) -> str:
        """`add`, `change` or `delete`."""
        if isinstance(self.change.wanted, DesiredAbsent):
            return "delete"
        return "add" if isinstance(self.change.found, Absent) else "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """A plan."""

    seen: PlanReading
    #: The digest that a sweep would give it, None unless the whole organization was read.
    digest: str | None
    differences: Sequence[Difference]
    #: The same grouped by what changes, most accounts first.
    groups: Sequence[ChangeGroup]
    #: Contacts for which nothing could be decided, and why.
    unknown: Sequence[tuple[Account, Finding]]
    changed: int
    active: int
    #: Why a sweep would ask for approval, as far as the command can know.
    needs_approval: Sequence[str]
    #: Entries of the roster that match no account, with the nearest that exists.
    unmatched: Sequence[str]
    #: Whether the management account should have been reached.
    reachable: bool

    @property
    def status(self) -> PlanStatus:
        """The exit status: unknown outranks a difference."""
        not_known = _NOT_KNOWN | ({Verdict.UNREACHABLE} if self.reachable else set())
        if any(finding.verdict in not_known for _, finding in self.unknown):
            return PlanStatus.NOT_KNOWN
        return PlanStatus.CHANGES if self.differences else PlanStatus.NOTHING_TO_CHANGE


def build_result(  # each is a fact of the hub
    seen: PlanReading,
    roster: Roster,
    *,
    approved: Roster | None,
    first: bool,
    passed: int,
    reachable: bool,
    today: date,
) -> PlanResult:
    """Decide for every account that was read.

    `approved` is None if it is not known or if there is none: then it is the `first`. `passed` is how many
    accounts lately changed without approval, `reachable` whether the management account can be expected to
    be read: else that it was not is no error.
    """
    comparison = RosterComparison(approved=approved, candidate=roster, today=today)
    draft, deletes = (
        PlanBuilder(roster=roster.digest, write=lambda _part, _changes: None, new_deletes_only=only)
        for only in (None, True)
    )
    differences: list[Difference] = []
    unknown: list[tuple[Account, Finding]] = []
    for item in seen.observed:
        account, decided = item.account, plan_observed(item, roster, today=today)
        draft.add(account, decided)
        deletes.add(account, decided)
        comparison.add(item)
        differences += [
            Difference(account=account, change=change, alert_only=None) for change in decided.changes
        ]
        for finding in decided.findings:
            if finding.verdict is Verdict.WOULD_SET and finding.wanted is not None:
                change = Change(kind=finding.kind, found=finding.found, wanted=finding.wanted)
                differences.append(Difference(account=account, change=change, alert_only=finding.reason))
            elif finding.verdict in _NOT_KNOWN or finding.verdict is Verdict.UNREACHABLE:
                unknown.append((account, finding))
    grouper = ChangeGrouper(KnownContacts([roster, *([approved] if approved else [])]))
    for one in differences:
        grouper.add(one.account, one.change, note=one.alert_only and f"{one.alert_only}: alert only")
    compared = comparison.finish()
    # Of a roster that is in force deletes wait alone.
    held = (
        approved is not None and approved.digest == roster.digest and find_deletes_to_wait(draft.new_deletes)
    )
    plan = (deletes if held else draft).finish(
        against=approved.digest if approved else None, weakenings=compared.weakenings
    )
    if approved is None and not first:
        # What it weakens of a roster that is not known nobody can say.
        compared = replace(compared, weakenings=())
    whole = seen.scope.whole and not seen.partial
    all_read = all(finding.verdict is Verdict.BLOCKED for _, finding in unknown)
    return PlanResult(
        seen=seen,
        digest=plan.digest if whole and all_read and (approved or first) else None,
        differences=differences,
        groups=grouper.list_groups(),
        unknown=unknown,
        changed=len({item.account.id for item in differences}),
        active=draft.active,
        needs_approval=find_reasons_to_wait(
            compared,
            # A roster cannot raise the limit that applies to it.
            limit=(approved or roster).max_changed_accounts,
            passed=passed,
            deletes=draft.new_deletes,
            first=first,
        )
        if whole and (approved is not None or is_enforcing(roster))
        else (),
        unmatched=compared.unmatched if whole else (),
        reachable=reachable,
    )
