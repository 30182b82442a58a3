"""The plan: a pure function from what is required and what was observed to what to change, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rollcall.observation import Observation, Unreadable, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.account import Account
    from rollcall.contacts import ContactKind
    from rollcall.roster import Requirement, Wanted


class Verdict(StrEnum):
    """What became of one contact, or of a signal that led to none."""

    COMPLIANT = "compliant"
    SET = "set"
    WOULD_SET = "would-set"
    PENDING = "pending"
    FAILED = "failed"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    EXEMPT = "exempt"
    UNMANAGED = "unmanaged"
    INACTIVE = "inactive"
    DENIED = "denied"
    OWN_WRITE = "own-write"
    UNRECORDED_WRITE = "unrecorded-write"
    REFUSED = "refused"
    IGNORED = "ignored"
    NOT_WRITTEN = "not-written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Set this kind to what the roster wants."""

    kind: ContactKind
    found: Observation
    wanted: Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Leave this kind alone, and why."""

    kind: ContactKind
    verdict: Verdict
    reason: str
    found: Observation
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that was looked at, each kind once: either a change or a finding."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


def plan(
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
    wanted = requirement.wanted.get(kind)
    if wanted is None:
        reason = "the roster names no contact of this kind here"
        return Finding(kind=kind, verdict=Verdict.UNMANAGED, reason=reason, found=found)
    left_alone = _left_alone(found, wanted, account, halted)
    if left_alone is None:
        return Change(kind=kind, found=found, wanted=wanted)
    verdict, reason = left_alone
    return Finding(kind=kind, verdict=verdict, reason=reason, found=found, wanted=wanted)


def _left_alone(
    found: Observation, wanted: Wanted, account: Account, halted: str | None
) -> tuple[Verdict, str] | None:
    """The first reason that forbids or spares the write, None if there is none."""
    if not account.active:
        return Verdict.INACTIVE, f"the account is {account.state}"
    if isinstance(found, Unreadable):
        return Verdict.UNREADABLE, found.reason
    if matches(found, wanted.contact):
        return Verdict.COMPLIANT, "as the roster wants it"
    return None if halted is None else (Verdict.WOULD_SET, halted)
