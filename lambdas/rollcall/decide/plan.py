"""The plan: a pure function from what is required and what was observed to what to change, or why not.

ObservedAccount, PlannedChange and ChangeResult are what a run stores, with contacts in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.decide.resolve import Requirement, fill_kept, resolve_requirement
from rollcall.model.account import Account
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredOrConflict,
    DesiredState,
    Observation,
    Present,
    Unreadable,
    matches,
)
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from datetime import date

    from rollcall.model.roster import Roster

#: Why a contact is unmanaged.
NOT_NAMED: Final = "the roster names no contact of this kind here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Set this kind to what the roster wants, or delete it; `kept` are parts that stay as they were found."""

    kind: ContactKind
    found: Observation
    wanted: DesiredState
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Leave this kind alone, and why."""

    kind: ContactKind
    verdict: Verdict
    reason: str
    found: Observation
    wanted: DesiredState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that was looked at, each kind once: either a change or a finding."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


def make_plan(
    *,
    requirement: Requirement,
    account: Account,
    observations: Mapping[ContactKind, Observation],
    halted: str | None,
) -> Plan:
    """Decide for one account. `halted` is the reason why nothing may be written now, None if it may."""
    decisions = [
        _decide(kind, found, requirement, account, halted) for kind, found in sorted(observations.items())
    ]
    return Plan(
        changes=tuple(item for item in decisions if isinstance(item, Change)),
        findings=tuple(item for item in decisions if isinstance(item, Finding)),
    )


def _decide(
    kind: ContactKind, found: Observation, requirement: Requirement, account: Account, halted: str | None
) -> Change | Finding:
    if requirement.exempt is not None:
        return Finding(kind=kind, verdict=Verdict.EXEMPT, reason=requirement.exempt, found=found)
    desired = requirement.desired.get(kind)
    if desired is None:
        return Finding(kind=kind, verdict=Verdict.UNMANAGED, reason=NOT_NAMED, found=found)
    kept = desired.contact.list_kept() if isinstance(desired, Desired) and isinstance(found, Present) else ()
    desired = fill_kept(desired, found, account, kind)
    left_alone = _find_reason_to_skip(found, desired, account, blocked=requirement.blocked, halted=halted)
    if left_alone is None and not isinstance(desired, Conflict):
        return Change(kind=kind, found=found, wanted=desired, kept=kept)
    verdict, reason = left_alone or (Verdict.BLOCKED, "")
    wanted = None if isinstance(desired, Conflict) else desired
    return Finding(kind=kind, verdict=verdict, reason=reason, found=found, wanted=wanted)


def _find_reason_to_skip(
    found: Observation,
    desired: DesiredOrConflict,
    account: Account,
    *,
    blocked: str | None,
    halted: str | None,
) -> tuple[Verdict, str] | None:
    """The first reason that forbids or spares the write, None if there is none."""
    if not account.active:
        return Verdict.INACTIVE, f"the account is {account.state}"
    if isinstance(desired, Conflict):
        return Verdict.BLOCKED, desired.reason
    if isinstance(found, Unreadable):
        return Verdict.UNREACHABLE if found.unreachable else Verdict.UNREADABLE, found.reason
    if matches(found, desired):
        return Verdict.COMPLIANT, "equal to the roster"
    if blocked is not None:
        return Verdict.BLOCKED, blocked
    return None if halted is None else (Verdict.WOULD_SET, halted)


class ReadBy(StrEnum):
    """How the contacts of a member were read."""

    CENTRAL = "central-call"
    ROLE = "own-role"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAccount(Serializable):
    """One account as a run found it.

    `orphaned` is why an entry of a roster that is meant for the account matches it no longer, by the digest
    of the roster; `contacts` are the kinds that were read. `read_by` is None if no member was read,
    `role_failure` why its role led to no answer, empty if it did or was not asked.
    """

    account: Account
    contacts: Mapping[ContactKind, Observation] = field(repr=False)
    orphaned: Mapping[str, str] = field(default_factory=dict)
    read_by: ReadBy | None = None
    role_failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange(Serializable):
    """One write that a plan wants: what was found, what is to be there. Digests are of these documents."""

    account_id: str
    kind: ContactKind
    found: Present | Absent = field(repr=False)
    wanted: DesiredState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResult(Serializable):
    """What became of one planned change."""

    account_id: str
    kind: ContactKind
    verdict: Verdict
    reason: str
    #: Whether the contact's record showed who changed it, or that we did, since the run began.
    known: bool = False
    #: Whether our own last write before the run left what it found: the roster wants something else since.
    unchanged: bool = False
    #: What is there since, if this run wrote it.
    became: Present | Absent | None = field(default=None, repr=False)


def lay_writes(observed: Iterable[ObservedAccount], results: Iterable[ChangeResult]) -> list[ObservedAccount]:
    """What was observed, with what these results have written since in its place: the last one counts."""
    became = {(item.account_id, item.kind): item.became for item in results if item.became is not None}
    return [
        replace(
            item,
            contacts={
                kind: became.get((item.account.id, kind), found) for kind, found in item.contacts.items()
            },
        )
        for item in observed
    ]


#: Not read: a run reads only active accounts.
NOT_READ: Final = Unreadable(reason="not read in this run")


def plan_observed(observed: ObservedAccount, roster: Roster, *, today: date) -> Plan:
    """Plan for one account from what a run observed of it, as if nothing were paused.

    Audit mode, which the roster may ask for by account, is the roster's own answer and stops its writes.
    """
    required = resolve_requirement(
        roster, observed.account, today=today, orphaned=observed.orphaned.get(roster.digest)
    )
    unread = dict.fromkeys(required.desired, NOT_READ)
    return make_plan(
        requirement=required,
        account=observed.account,
        observations={**unread, **observed.contacts},
        halted=required.halted,
    )
