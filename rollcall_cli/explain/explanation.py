"""Why an account has to have which contacts, and what Rollcall would do: pure, and the core decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rollcall.decide.enforcement import Enforcement
from rollcall.decide.plan import Change, Finding, make_plan
from rollcall.decide.resolve import (
    Requirement,
    SelectorMatch,
    find_candidates,
    find_modes,
    pick_winner,
    resolve_requirement,
)
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Observation, Present, Unreadable
from rollcall.outcomes.verdicts import Verdict
from rollcall_cli.aws.reach import NO_ROLE, Reach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from rollcall.model.account import Account
    from rollcall.model.desired import DesiredOrConflict
    from rollcall.model.roster import Exemption, Mode, Roster

#: What values of the roster may leave to the account.
PLACEHOLDERS = ("account_id", "account_name")
_UNDECIDED = frozenset({Verdict.UNREADABLE, Verdict.BLOCKED})
_DIFFERENT = frozenset({Verdict.SET, Verdict.WOULD_SET})


class Status(IntEnum):
    """Exit status of `explain`."""

    NOTHING_TO_DO = 0
    NOT_KNOWN = 1
    DIFFERENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KindExplanation:
    """One contact. `found` and `verdict` are None if nobody looked.

    `placeholders` are those that the wanted contact fills in; `differs_in` names the parts that differ.
    """

    kind: ContactKind
    candidates: Sequence[SelectorMatch[str | None]]
    placeholders: tuple[str, ...]
    demand: DesiredOrConflict | None
    found: Observation | None
    verdict: Verdict | None
    reason: str
    differs_in: tuple[str, ...]

    @property
    def status(self) -> Status:
        """What this contact adds to the exit status."""
        unreachable = self.verdict is Verdict.UNREACHABLE
        if self.verdict in _UNDECIDED or (unreachable and not isinstance(self.found, Present | Absent)):
            return Status.NOT_KNOWN
        different = self.verdict in _DIFFERENT or unreachable
        return Status.DIFFERENCE if different else Status.NOTHING_TO_DO


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All about one account. `looked` is whether its contacts were read."""

    account: Account
    reach: Reach
    looked: bool
    roster: Roster
    modes: Sequence[SelectorMatch[Mode]]
    requirement: Requirement
    exemptions: Sequence[tuple[Exemption, bool]]
    kinds: Sequence[KindExplanation]

    @property
    def status(self) -> Status:
        """The exit status: not to know weighs more than a difference."""
        statuses = {kind.status for kind in self.kinds}
        order = (Status.NOT_KNOWN, Status.DIFFERENCE)
        return next((status for status in order if status in statuses), Status.NOTHING_TO_DO)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What was looked at, and how Rollcall reaches it."""

    account: Account
    looked: bool
    reach: Reach


def explain(
    *,
    roster: Roster,
    account: Account,
    observations: Mapping[ContactKind, Observation] | None,
    today: date,
    reach: Reach,
) -> Explanation:
    """Explain one account as if this roster were the approved one and nothing were paused.

    `observations` are None if nobody looked at the contacts.
    """
    required = resolve_requirement(roster, account, today=today)
    decided = make_plan(
        requirement=required,
        account=account,
        observations=observations or {kind: Unreadable(reason="nobody looked") for kind in ContactKind},
        halted=Enforcement(approved=roster.digest, paused=False).find_halt(required),
    )
    shown = _Shown(account=account, looked=observations is not None, reach=reach)
    every: list[Change | Finding] = [*decided.changes, *decided.findings]
    decisions = {item.kind: item for item in every}
    return Explanation(
        account=account,
        reach=reach,
        looked=shown.looked,
        roster=roster,
        modes=find_modes(roster, account),
        requirement=required,
        exemptions=[
            (exemption, exemption.is_in_force(today))
            for exemption in roster.exemptions
            if account.id in exemption.accounts
        ],
        kinds=[
            _kind(kind, roster=roster, required=required, decision=decisions[kind], shown=shown)
            for kind in ContactKind
        ],
    )


def winners(found: Sequence[SelectorMatch[Any]]) -> Sequence[SelectorMatch[Any]]:
    """The most specific entries, which all say the same; none if they disagree."""
    best = pick_winner(found) if found else None
    return [item for item in found if best is not None and item.rank == best.rank]


def placeholders_of(roster: Roster, contact: str | None) -> tuple[str, ...]:
    """The placeholders in the values of a contact of the roster."""
    values = roster.contacts[contact].as_document().values() if contact else ()
    return tuple(name for name in PLACEHOLDERS if any(f"{{{name}}}" in value for value in values))


def _kind(
    kind: ContactKind, *, roster: Roster, required: Requirement, decision: Change | Finding, shown: _Shown
) -> KindExplanation:
    named = find_candidates(roster, shown.account, kind)
    won = winners(named)
    verdict, reason = _verdict(decision, shown)
    return KindExplanation(
        kind=kind,
        candidates=named,
        placeholders=placeholders_of(roster, won[0].value) if won else (),
        demand=required.desired.get(kind),
        found=decision.found if shown.looked else None,
        verdict=verdict,
        reason=reason,
        differs_in=_differing(decision.found, required.desired.get(kind)),
    )


def _verdict(decision: Change | Finding, shown: _Shown) -> tuple[Verdict | None, str]:
    verdict, reason = Verdict.SET, "differs from the roster"
    if isinstance(decision, Finding):
        verdict, reason = decision.verdict, decision.reason
    elif isinstance(decision.wanted, DesiredAbsent):
        reason = "the roster wants none"
    if not shown.looked and verdict is Verdict.UNREADABLE:
        return None, ""
    wished = verdict in {Verdict.SET, Verdict.WOULD_SET, Verdict.UNREADABLE}
    if shown.reach is Reach.NOBODY and wished:
        return Verdict.UNREACHABLE, NO_ROLE
    return verdict, reason


def _differing(found: Observation, demand: DesiredOrConflict | None) -> tuple[str, ...]:
    """Parts of the contact that differ: masked, two different values may look alike."""
    if not isinstance(demand, Desired) or not isinstance(found, Present):
        return ()
    have, want = found.contact.as_document(), demand.contact.as_document()
    return tuple(
        part for part in want if not Contact.from_document(want | {part: have[part]}).is_same(demand.contact)
    )
