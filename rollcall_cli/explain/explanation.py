"""Why an account must have its contacts, and what Rollcall would do. Pure; the core decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rollcall.decide.plan import Change, Finding, make_plan
from rollcall.decide.resolve import (
    Enforcement,
    Requirement,
    SelectorMatch,
    find_candidates,
    find_modes,
    pick_winner,
    resolve_requirement,
)
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALL_PARTS, KEEP, ContactKind, list_kinds
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    Observation,
    Present,
    Unreadable,
)
from rollcall.model.roster import OuId
from rollcall.outcomes.verdicts import Verdict
from rollcall_cli.aws.contacts import NO_ROLE, Reach
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from rollcall.model.desired import DesiredOrConflict
    from rollcall.model.roster import Exemption, Mode, Roster

#: Placeholders in values of the roster, filled in for each account.
PLACEHOLDERS = ("account_id", "account_name")
_UNDECIDED = frozenset({Verdict.UNREADABLE, Verdict.BLOCKED})
_DIFFERENT = frozenset({Verdict.SET, Verdict.WOULD_SET})


class ExplanationStatus(IntEnum):
    """Exit status of `explain`."""

    NOTHING_TO_DO = 0
    NOT_KNOWN = 1
    DIFFERENCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KindExplanation:
    """One contact of an account."""

    kind: ContactKind
    candidates: Sequence[SelectorMatch[str | Conflict | None]]
    #: Placeholders that were filled in.
    placeholders: tuple[str, ...]
    desired: DesiredOrConflict | None
    #: None if the contact was not read.
    found: Observation | None
    #: None if the contact was not read.
    verdict: Verdict | None
    reason: str
    #: Parts of the contact that differ.
    differs_in: tuple[str, ...]

    @property
    def status(self) -> ExplanationStatus:
        """The exit status for this contact alone."""
        unreachable = self.verdict is Verdict.UNREACHABLE
        if self.verdict in _UNDECIDED or (unreachable and not isinstance(self.found, Present | Absent)):
            return ExplanationStatus.NOT_KNOWN
        different = self.verdict in _DIFFERENT or unreachable
        return ExplanationStatus.DIFFERENCE if different else ExplanationStatus.NOTHING_TO_DO


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The explanation of one account."""

    account: Account
    reach: Reach
    #: Whether its contacts were read.
    looked: bool
    roster: Roster
    modes: Sequence[SelectorMatch[Mode]]
    requirement: Requirement
    exemptions: Sequence[tuple[Exemption, bool]]
    kinds: Sequence[KindExplanation]

    @property
    def status(self) -> ExplanationStatus:
        """The exit status: unknown outranks a difference."""
        statuses = {kind.status for kind in self.kinds}
        order = (ExplanationStatus.NOT_KNOWN, ExplanationStatus.DIFFERENCE)
        return next((status for status in order if status in statuses), ExplanationStatus.NOTHING_TO_DO)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """The account, and how it was read."""

    account: Account
    looked: bool
    reach: Reach


def explain_account(
    *,
    roster: Roster,
    account: Account,
    observations: Mapping[ContactKind, Observation] | None,
    today: date,
    reach: Reach,
) -> Explanation:
    """Explain one account as if this roster were approved and writes were not paused.

    `observations` are None if the contacts were not read.
    """
    required = resolve_requirement(roster, account, today=today)
    kinds = list_kinds(roster.managed)
    decided = make_plan(
        requirement=required,
        account=account,
        observations=observations or {kind: Unreadable(reason="not read") for kind in kinds},
        halted=Enforcement(approved=roster.digest, paused=False).find_halt(required),
    )
    shown = _Subject(account=account, looked=observations is not None, reach=reach)
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
            _explain_kind(kind, roster=roster, required=required, decision=decisions[kind], shown=shown)
            for kind in kinds
        ],
    )


def find_winners(found: Sequence[SelectorMatch[Any]]) -> Sequence[SelectorMatch[Any]]:
    """Return the most specific entries if they agree, none otherwise."""
    best = pick_winner(found) if found else None
    return [item for item in found if best is not None and item.rank == best.rank]


def find_placeholders(roster: Roster, contact: str | Conflict | None) -> tuple[str, ...]:
    """Return the placeholders in the values of a contact of the roster."""
    values = roster.contacts[contact].as_document().values() if isinstance(contact, str) else ()
    return tuple(name for name in PLACEHOLDERS if any(f"{{{name}}}" in value for value in values))


def _explain_kind(
    kind: ContactKind, *, roster: Roster, required: Requirement, decision: Change | Finding, shown: _Subject
) -> KindExplanation:
    named = find_candidates(roster, shown.account, kind)
    won = find_winners(named)
    verdict, reason = _decide_verdict(decision, shown)
    return KindExplanation(
        kind=kind,
        candidates=named,
        placeholders=find_placeholders(roster, won[0].value) if won else (),
        desired=required.desired.get(kind),
        found=decision.found if shown.looked else None,
        verdict=verdict,
        reason=reason,
        differs_in=_find_differences(decision.found, required.desired.get(kind)),
    )


def _decide_verdict(decision: Change | Finding, shown: _Subject) -> tuple[Verdict | None, str]:
    verdict, reason = Verdict.SET, "differs from the roster"
    if isinstance(decision, Finding):
        verdict, reason = decision.verdict, decision.reason
    elif isinstance(decision.wanted, DesiredAbsent):
        reason = "absent in the roster"
    if not shown.looked and verdict is Verdict.UNREADABLE:
        return None, ""
    wished = verdict in {Verdict.SET, Verdict.WOULD_SET, Verdict.UNREADABLE}
    if shown.reach is Reach.NOBODY and wished:
        return Verdict.UNREACHABLE, NO_ROLE
    return verdict, reason


def _find_differences(found: Observation, desired: DesiredOrConflict | None) -> tuple[str, ...]:
    """Return the parts that differ, without what is kept: two different values can look alike when masked."""
    if not isinstance(desired, Desired) or not isinstance(found, Present):
        return ()
    have, want = found.contact.as_stored(), desired.contact.as_stored()
    return tuple(part for part in ALL_PARTS if want.get(part) not in (KEEP, have.get(part)))


def describe_account(
    account_id: str, *, name: str | None, ou: str | None, tags: Sequence[str], roster: Roster
) -> Account:
    """Return an active account at this path of OU names; CommandError if the roster needs its name."""
    if name is None and any(
        "account_name" in find_placeholders(roster, contact) for contact in roster.contacts
    ):
        raise CommandError("the roster uses {account_name}", fix="pass the name of the account with --name")
    names = tuple(part for part in (ou or "").split("/") if part)
    return Account(
        id=account_id,
        name=name or "",
        state=AccountState.ACTIVE,
        ou_path=names,
        parent_ids=(),
        tags={key: value for key, _, value in (tag.partition("=") for tag in tags)},
    )


def list_units_by_id(roster: Roster) -> tuple[str, ...]:
    """Return the OUs that the roster names by ID: only AWS knows which accounts are below them."""
    units = (entry.selector for entry in roster.overrides)
    return tuple(sorted({unit.id for unit in units if isinstance(unit, OuId)}))
