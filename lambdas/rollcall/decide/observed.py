"""What a run stores: what was observed, what is planned, what became of it. Contacts are in full here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from rollcall.decide.plan import Plan, make_plan
from rollcall.decide.resolve import resolve_requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import (
    Absent,
    Desired,
    DesiredAbsent,
    DesiredState,
    Observation,
    Present,
    Unreadable,
)
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from rollcall.model.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAccount:
    """One account as a run found it.

    `lost` is why an entry of a roster that is meant for the account matches it no longer, by the digest of
    the roster; `contacts` are the kinds that were read.
    """

    account: Account
    contacts: Mapping[ContactKind, Observation] = field(repr=False)
    orphaned: Mapping[str, str] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """Plain JSON, in full."""
        return {
            "account": write_account(self.account),
            "contacts": {str(kind): write_observation(found) for kind, found in self.contacts.items()},
            "lost": dict(self.orphaned),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote."""
        return cls(
            account=read_account(document["account"]),
            contacts={
                ContactKind(kind): read_observation(found) for kind, found in document["contacts"].items()
            },
            orphaned=document["lost"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One write that a plan wants: what was found then, and what is to be there."""

    account_id: str
    kind: ContactKind
    found: Present | Absent = field(repr=False)
    wanted: DesiredState

    def as_document(self) -> dict[str, Any]:
        """Plain JSON, in full; the digest of a plan is taken over these."""
        return {
            "account_id": self.account_id,
            "kind": str(self.kind),
            "found": write_observation(self.found),
            "wanted": write_desired(self.wanted),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote."""
        found = read_observation(document["found"])
        if isinstance(found, Unreadable):
            raise ValueError("a change of what could not be read")  # noqa: TRY004  # the document is at fault
        return cls(
            account_id=document["account_id"],
            kind=ContactKind(document["kind"]),
            found=found,
            wanted=read_desired(document["wanted"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeResult:
    """What became of one planned change. `intent_id` is None where nothing was written."""

    account_id: str
    kind: ContactKind
    verdict: Verdict
    reason: str
    intent_id: str | None = None
    verified: bool | None = None

    def as_document(self) -> dict[str, Any]:
        """Plain JSON without contact details."""
        return {
            "account_id": self.account_id,
            "kind": str(self.kind),
            "verdict": str(self.verdict),
            "reason": self.reason,
            "intent_id": self.intent_id,
            "verified": self.verified,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote."""
        return cls(
            account_id=document["account_id"],
            kind=ContactKind(document["kind"]),
            verdict=Verdict(document["verdict"]),
            reason=document["reason"],
            intent_id=document["intent_id"],
            verified=document["verified"],
        )


def write_account(account: Account) -> dict[str, Any]:
    """An account as plain JSON."""
    return {
        "id": account.id,
        "name": account.name,
        "state": str(account.state),
        "ou_path": list(account.ou_path),
        "parent_ids": list(account.parent_ids),
        "tags": dict(account.tags),
    }


def read_account(document: Mapping[str, Any]) -> Account:
    """Read what `account_document` wrote."""
    return Account(
        id=document["id"],
        name=document["name"],
        state=AccountState(document["state"]),
        ou_path=tuple(document["ou_path"]),
        parent_ids=tuple(document["parent_ids"]),
        tags=document["tags"],
    )


def write_observation(found: Observation) -> dict[str, Any]:
    """An observation as plain JSON, in full."""
    match found:
        case Present(contact=contact):
            return {"state": "present", "contact": contact.as_document()}
        case Absent():
            return {"state": "absent"}
        case Unreadable():
            return {
                "state": "unreadable",
                "reason": found.reason,
                "denied": found.denied,
                "unreachable": found.unreachable,
            }


def read_observation(document: Mapping[str, Any]) -> Observation:
    """Read what `observation_document` wrote; KeyError or ValueError if it is something else."""
    match document["state"]:
        case "present":
            return Present(contact=Contact.from_document(document["contact"]))
        case "absent":
            return Absent()
        case "unreadable":
            return Unreadable(
                reason=document["reason"], denied=document["denied"], unreachable=document["unreachable"]
            )
    raise ValueError("no observation")


def write_desired(target: DesiredState) -> dict[str, Any]:
    """What is wanted of a contact as plain JSON, in full."""
    contact = target.contact.as_document() if isinstance(target, Desired) else None
    return {"contact": contact, "source": target.source}


def read_desired(document: Mapping[str, Any]) -> DesiredState:
    """Read what `target_document` wrote."""
    if document["contact"] is None:
        return DesiredAbsent(source=document["source"])
    return Desired(contact=Contact.from_document(document["contact"]), source=document["source"])


#: Nobody asked, so nobody can tell: a run reads no account that is not active.
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
