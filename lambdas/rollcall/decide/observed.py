"""What a run stores: what was observed, what is planned, what became of it. Contacts are in full here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollcall.decide.plan import Plan, make_plan
from rollcall.decide.resolve import resolve_requirement
from rollcall.model.account import Account
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.desired import (
    Absent,
    DesiredState,
    Observation,
    Present,
    Unreadable,
)
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from datetime import date

    from rollcall.model.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAccount(Serializable):
    """One account as a run found it.

    `orphaned` is why an entry of a roster that is meant for the account matches it no longer, by the digest
    of the roster; `contacts` are the kinds that were read.
    """

    account: Account
    contacts: Mapping[ContactKind, Observation] = field(repr=False)
    orphaned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange(Serializable):
    """One write that a plan wants: what was found then, and what is to be there.

    The digest of a plan is taken over the documents of its changes.
    """

    account_id: str
    kind: ContactKind
    found: Present | Absent = field(repr=False)
    wanted: DesiredState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResult(Serializable):
    """What became of one planned change. `intent_id` is None where nothing was written."""

    account_id: str
    kind: ContactKind
    verdict: Verdict
    reason: str
    intent_id: str | None = None
    verified: bool | None = None
    #: Whether the contact's record showed who changed it, or that we did, since the run began.
    known: bool = False
    #: What is there since, if this run wrote it.
    became: Present | Absent | None = field(default=None, repr=False)


#: Not read: a run reads only active accounts.
_NOT_READ = Unreadable(reason="not read in this run")


def plan_observed(observed: ObservedAccount, roster: Roster, *, halted: str | None, today: date) -> Plan:
    """Plan for one account from what a run observed of it.

    `halted` is why nothing may be written anywhere, None to plan as if everything could be: audit mode, which
    the roster may ask for by account, is the roster's own answer and stops its writes either way.
    """
    required = resolve_requirement(
        roster, observed.account, today=today, orphaned=observed.orphaned.get(roster.digest)
    )
    unread = dict.fromkeys(required.desired, _NOT_READ)
    return make_plan(
        requirement=required,
        account=observed.account,
        observations={**unread, **observed.contacts},
        halted=halted or required.halted,
    )
