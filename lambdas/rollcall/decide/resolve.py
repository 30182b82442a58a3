"""What the roster asks of one account: account, then tag, then OU (deepest wins), then defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from rollcall.decide.tag_choice import choose_contact
from rollcall.model.codec import Serializable
from rollcall.model.contact import ALL_PARTS, KEEP, Contact, ContactKind, find_contact_violation, find_missing
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    DesiredOrConflict,
    Observation,
    Present,
    matches,
)
from rollcall.model.roster import ACCOUNT_ID, ACCOUNT_NAME, ContactChoice, Exemption, Mode, Roster, TagChoice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.events.actor import Actor
    from rollcall.model.account import Account

_Value = TypeVar("_Value")
_DEFAULT = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What the roster asks of one account. A kind that is not in `desired` is unmanaged.

    `halted` is why nothing may be written for this account, None if the roster lets it; `blocked` is why the
    roster does not even say whether it may.
    """

    desired: Mapping[ContactKind, DesiredOrConflict]
    halted: str | None = None
    blocked: str | None = None
    exempt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDrill(Serializable):
    """The edits that an operator (`by`) said would be made to try Rollcall: alerts about them say so.

    `edits` are `KIND:FINGERPRINT` of what each leaves, for a delete that of an absent contact.
    """

    account_id: str
    #: Who makes them: the ARN that CloudTrail records.
    principal: str
    edits: tuple[str, ...]
    by: str
    started_at: datetime
    until: datetime

    def names(self, edit: str, *, account_id: str, principal: str, at: datetime | None) -> bool:
        """Whether this edit was registered. An edit without a time was not."""
        # CloudTrail cuts the time of an event to whole seconds.
        within = at is not None and self.started_at.replace(microsecond=0) <= at <= self.until
        return within and (account_id, principal) == (self.account_id, self.principal) and edit in self.edits


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforcement:
    """What may be written now: approval, pause and drill, as one read saw them.

    `approved` is the digest of the approved roster, None before the first approval, `drill` the last one.
    """

    approved: str | None
    paused: bool
    drill: RegisteredDrill | None = None

    def find_halt(self, requirement: Requirement) -> str | None:
        """Why nothing may be written for an account with this requirement, None if it may."""
        if self.approved is None:
            return "no roster has been approved yet: audit only"
        if self.paused:
            return "writes are paused"
        return requirement.halted


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorMatch(Generic[_Value]):
    """An entry of the roster that names a value for an account; the highest `rank` wins."""

    rank: tuple[int, int]
    source: str
    value: _Value


def resolve_requirement(
    roster: Roster, account: Account, *, today: date, orphaned: str | None = None
) -> Requirement:
    """Apply the roster; total and deterministic, whatever the order of its entries.

    `orphaned` is why an entry that used to match this account no longer does, None if all is well: then
    every kind is blocked, never quietly given to a less specific entry.
    """
    modes = find_modes(roster, account)
    mode = pick_winner(modes)
    halted = "audit mode" if mode is not None and mode.value is Mode.AUDIT else None
    blocked = _describe_disagreement("the mode", modes) if mode is None else None
    desired = {
        kind: _resolve_kind(roster, account, kind, found)
        for kind in ContactKind
        if (found := find_candidates(roster, account, kind))
    }
    if orphaned is not None:
        desired = {kind: Conflict(reason=orphaned) for kind in ContactKind if kind in roster.managed}
    return Requirement(
        desired=desired, halted=halted, blocked=blocked, exempt=find_exemption(roster, account.id, today)
    )


def find_candidates(
    roster: Roster, account: Account, kind: ContactKind
) -> Sequence[SelectorMatch[str | Conflict | None]]:
    """Every entry for this kind and account, the most specific first: a name, or why its tag gives none."""
    entries: list[tuple[tuple[int, int], str, ContactChoice]] = [
        (rank, f"override of {override.selector}", override.kinds[kind])
        for override in roster.overrides
        if kind in override.kinds and (rank := override.selector.match_rank(account)) is not None
    ]
    if kind in roster.defaults:
        entries.append((_DEFAULT, "defaults", roster.defaults[kind]))
    found: list[SelectorMatch[str | Conflict | None]] = []
    for rank, source, said in entries:
        if isinstance(said, TagChoice):
            how = f"{source} {'by' if said.key in account.tags else 'without'} tag {said.key}"
            chosen = choose_contact(roster, account, kind, said)
            found.append(SelectorMatch(rank=rank, source=how, value=chosen))
        else:
            found.append(SelectorMatch(rank=rank, source=source, value=said))
    return sorted(found, key=lambda item: (item.rank, item.source), reverse=True)


def find_modes(roster: Roster, account: Account) -> Sequence[SelectorMatch[Mode]]:
    """Every entry that names a mode for the account, the most specific first."""
    found = [
        SelectorMatch(rank=rank, source=f"override of {override.selector}", value=override.mode)
        for override in roster.overrides
        if override.mode is not None and (rank := override.selector.match_rank(account)) is not None
    ]
    found.append(SelectorMatch(rank=_DEFAULT, source="mode of the roster", value=roster.mode))
    return sorted(found, key=lambda item: (item.rank, item.source), reverse=True)


def pick_winner(found: Sequence[SelectorMatch[_Value]]) -> SelectorMatch[_Value] | None:
    """The most specific entry, None if equally specific ones disagree."""
    best = [item for item in found if item.rank == found[0].rank]
    return best[0] if all(item.value == best[0].value for item in best) else None


def _describe_disagreement(what: str, found: Sequence[SelectorMatch[_Value]]) -> str:
    best = [item for item in found if item.rank == found[0].rank]
    other = next(item for item in best if item.value != best[0].value)
    return f"two equally specific entries disagree on {what}: {best[0].source} and {other.source}"


def _resolve_kind(
    roster: Roster, account: Account, kind: ContactKind, found: Sequence[SelectorMatch[str | Conflict | None]]
) -> DesiredOrConflict:
    best = pick_winner(found)
    if best is None:
        return Conflict(reason=_describe_disagreement(f"the {kind.lower()} contact", found))
    if isinstance(best.value, Conflict):
        return best.value
    if best.value is None and kind is ContactKind.PRIMARY:
        return Conflict(reason=f"AWS cannot delete a primary contact, which is absent ({best.source})")
    if best.value is None:
        return DesiredAbsent(source=f"absent ({best.source})")
    template = roster.contacts[best.value]
    contact = fill_placeholders(template, account)
    if violation := _find_filled_violation(template, contact, kind):
        return Conflict(reason=f"contact {best.value}: {violation} {_FILLED}")
    return Desired(contact=contact, source=f"contact {best.value} ({best.source})")


_FILLED = "once it is filled in for this account"


def _find_filled_violation(template: Contact, contact: Contact, kind: ContactKind) -> str | None:
    """What is wrong with a contact that was filled in, None if nothing is.

    The account chooses its name. It must not choose a part to be `keep`: only the roster may.
    """
    if contact.keeps:
        for part in ALL_PARTS:
            if contact.get(part) == KEEP != template.get(part):
                return f"{part} is {KEEP}"
    return find_contact_violation(contact, kind)


def fill_kept(
    wanted: DesiredOrConflict, found: Observation, account: Account, kind: ContactKind
) -> DesiredOrConflict:
    """The same with what the roster keeps as it was found: a put replaces every part of a primary contact.

    Where there is nothing to keep, the name is that of the account, as AWS has it of a new one. A conflict if
    what is to be written lacks something. Kept values are not checked, as AWS has taken them: they must not
    stop the restore of the rest.
    """
    if not isinstance(wanted, Desired) or not wanted.contact.keeps:
        return wanted
    if isinstance(found, Present):
        contact = wanted.contact.keep_from(found.contact)
    elif isinstance(found, Absent):
        contact = wanted.contact.keep_from(Contact(name=account.name))
    else:
        return wanted
    if not matches(found, wanted) and (violation := find_missing(contact, kind)):
        return Conflict(reason=f"{wanted.source}: {violation} {_FILLED}")
    return replace(wanted, contact=contact)


def fill_placeholders(contact: Contact, account: Account) -> Contact:
    """The contact with `{account_id}` and `{account_name}` replaced."""
    if not contact.has_placeholders:
        return contact
    return Contact(
        **{
            part: contact.get(part).replace(ACCOUNT_ID, account.id).replace(ACCOUNT_NAME, account.name)
            for part in ALL_PARTS
        }
    )


def check_drill(drill: RegisteredDrill, roster: Roster, *, today: date) -> str | None:
    """Why an operator cannot register this drill under this roster, None if possible.

    No roster names the management account: such a configuration is refused.
    """
    if drill.account_id not in roster.drill_accounts:
        return f"drill.accounts of the approved roster does not name {drill.account_id}"
    if find_exemption(roster, drill.account_id, today) is not None:
        return f"the account {drill.account_id} is exempt"
    kinds = {edit.partition(":")[0] for edit in drill.edits}
    unmanaged = sorted(kinds - {str(kind) for kind in roster.managed})
    return f"the roster does not manage: {', '.join(unmanaged)}" if unmanaged else None


def _list_exemptions(roster: Roster, account_id: str, today: date) -> list[Exemption]:
    return [one for one in roster.exemptions if account_id in one.accounts and one.is_in_force(today)]


def find_exemption(roster: Roster, account_id: str, today: date) -> str | None:
    """Why the roster leaves the account alone on this day, None if it does not."""
    return next((one.reason for one in _list_exemptions(roster, account_id, today)), None)


def find_exemption_end(roster: Roster, account: Account, today: date) -> date | None:
    """The last day on which the roster leaves the account alone: `date.max` for ever, None if not today."""
    return max((one.until or date.max for one in _list_exemptions(roster, account.id, today)), default=None)


def is_authorised(roster: Roster, actor: Actor) -> bool:
    """Whether this principal, or the role behind its session, is named as an authorised changer."""
    return not roster.authorised_changers.isdisjoint({actor.principal, actor.role_arn or actor.principal})
