"""Weakenings: changes of a roster that wait for a person; and the accounts that may change without one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.model.codec import Serializable
from rollcall.model.contact import KEEP, ContactKind, find_rules
from rollcall.model.desired import Conflict, Desired
from rollcall.model.roster import Mode, Roster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.decide.resolve import Requirement

#: Ids that a weakening keeps of the accounts that it concerns.
MOST_NAMED: Final = 100
#: Where the roster names no limit: a tenth of the active accounts, and at least so many, but never all.
_USUAL_SHARE: Final = 10
_USUAL_LEAST: Final = 2
#: The most accounts that an organization can have:
#: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_MOST_ACCOUNTS: Final = 10_000
#: From the weakest on: an unmanaged contact is not even read.
_UNMANAGED, _ALERTED, ENFORCED = range(3)


class WeakeningKind(StrEnum):
    """Kinds of weakenings; and PRIMARY, first writes of primary contacts, which wait for a person as well."""

    AUDIT = "audit"
    EXEMPT = "exempt"
    EXEMPT_LONGER = "exempt-longer"
    UNMANAGED = "unmanaged"
    KEPT = "kept"
    BLOCKED = "blocked"
    NEW_ACCOUNTS = "new-accounts"
    MATCHES_NOTHING = "matches-nothing"
    CHANGER = "changer"
    LIMIT = "limit"
    BULK_EDITS = "bulk-edits"
    REPEATED_EDITS = "repeated-edits"
    PRIMARY = "primary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakening(Serializable):
    """One thing that a roster weakens. `text` says it in English, `accounts` are the first of `count` ids."""

    kind: WeakeningKind
    text: str
    accounts: tuple[str, ...] = ()
    count: int = 0


#: Texts of weakenings: `where` are the accounts, `detail` is as `name_detail` says.
LOWERED: Final = {
    WeakeningKind.AUDIT: "audit mode: Rollcall only alerts, and restores nothing, {where}",
    WeakeningKind.EXEMPT: "newly exempt {detail}: contacts are left unchanged {where}",
    WeakeningKind.EXEMPT_LONGER: "exempt for longer, {detail}: contacts are left unchanged {where}",
    WeakeningKind.UNMANAGED: "the {detail} contact is no longer managed {where}",
    WeakeningKind.KEPT: "any {detail} is left as the account has it {where}",
    WeakeningKind.NEW_ACCOUNTS: "another {detail} {where}; no existing account gets it",
    WeakeningKind.BLOCKED: "blocked: Rollcall restores nothing {where}: {detail}",
}


def find_lowered(kind: ContactKind, before: Requirement, after: Requirement) -> WeakeningKind | None:
    """The weakening of this contact, None if there is none; exemptions are compared elsewhere."""
    rank = compute_rank(after, kind)
    if rank == compute_rank(before, kind) == ENFORCED and not _list_kept(after, kind) <= _list_kept(
        before, kind
    ):
        return WeakeningKind.KEPT
    if rank >= compute_rank(before, kind):
        return None
    if rank == _UNMANAGED:
        return WeakeningKind.UNMANAGED
    return WeakeningKind.BLOCKED if is_blocked(after, kind) else WeakeningKind.AUDIT


def _list_kept(requirement: Requirement, kind: ContactKind) -> set[str]:
    """Members of the contact that stay as the account has them."""
    wanted = requirement.desired.get(kind)
    if not isinstance(wanted, Desired) or not wanted.contact.keeps:
        return set()
    return {rule.member for part, rule in find_rules(kind).items() if wanted.contact.get(part) == KEEP}


def compute_rank(requirement: Requirement, kind: ContactKind) -> int:
    """How strictly a contact is kept: unmanaged, only alerted or enforced."""
    if kind not in requirement.desired:
        return _UNMANAGED
    enforced = requirement.halted is None and not is_blocked(requirement, kind)
    return ENFORCED if enforced else _ALERTED


def is_blocked(requirement: Requirement, kind: ContactKind) -> bool:
    """Whether entries disagree, or do not fit the account."""
    return requirement.blocked is not None or isinstance(requirement.desired.get(kind), Conflict)


def name_detail(lowered: WeakeningKind, kind: ContactKind, after: Requirement) -> str:
    """The detail in the text of a weakening, which distinguishes weakenings of one kind."""
    desired = after.desired.get(kind)
    match lowered:
        case WeakeningKind.UNMANAGED:
            return str(kind)
        case WeakeningKind.KEPT:
            return f"{', '.join(sorted(_list_kept(after, kind)))} of the {kind} contact"
        case WeakeningKind.BLOCKED:
            if isinstance(desired, Conflict):
                return desired.summary or desired.reason
            return str(after.blocked)
    return ""


def list_loosened(before: Roster, after: Roster, *, active: int) -> Iterator[Weakening]:
    """What the candidate loosens for all accounts, of which so many are active."""
    for changer in sorted(after.authorised_changers - before.authorised_changers):
        text = f"{changer} becomes an authorised changer: its edits are one INFO alert each"
        yield Weakening(kind=WeakeningKind.CHANGER, text=text)
    if is_limit_raised(after.max_changed_accounts, before=before.max_changed_accounts, active=active):
        yield Weakening(kind=WeakeningKind.LIMIT, text=_describe_raised(before, after, active))
    bulk, was = after.bulk_edits, before.bulk_edits
    if bulk.accounts > was.accounts or bulk.minutes < was.minutes:
        text = (
            f"bulk edits are reported later: at {bulk.accounts} accounts in {bulk.minutes} minutes, until"
            f" now at {was.accounts} in {was.minutes}"
        )
        yield Weakening(kind=WeakeningKind.BULK_EDITS, text=text)
    repeated, known = after.repeated_edits, before.repeated_edits
    if repeated != known:
        # In either direction: fewer restores are made at once, or the alert about them comes later.
        text = (
            f"repeated edits back off and are reported after {repeated.reverts} restores in"
            f" {repeated.minutes} minutes, until now after {known.reverts} in {known.minutes}"
        )
        yield Weakening(kind=WeakeningKind.REPEATED_EDITS, text=text)
    if enforces_primary(after) and not enforces_primary(before):
        text = "primary contacts are written for the first time: name, address and phone of the account owner"
        yield Weakening(kind=WeakeningKind.PRIMARY, text=text)


def enforces_primary(roster: Roster) -> bool:
    """Whether the roster writes primary contacts anywhere."""
    modes = {roster.mode, *(override.mode for override in roster.overrides)}
    return ContactKind.PRIMARY in roster.managed and Mode.ENFORCE in modes


def _describe_raised(before: Roster, after: Roster, active: int) -> str:
    new, old = after.max_changed_accounts, before.max_changed_accounts
    return (
        f"limits.max_changed_accounts is raised from {_describe_limit(old)} to {_describe_limit(new)}:"
        f" a roster may change {compute_limit(new, active=active)} of {active} active accounts without a"
        f" person, until now {compute_limit(old, active=active)}"
    )


def compute_limit(limit: int | str | None, *, active: int) -> int:
    """How many of so many active accounts a change of the roster may concern; per cents are rounded down.

    `limit` is a number of accounts, a per cent such as `5%`, or None for the usual limit. ValueError if it is
    something else.
    """
    if limit is None:
        return max(0, min(max(_USUAL_LEAST, active // _USUAL_SHARE), active - 1))
    if isinstance(limit, int):
        return limit
    if not limit.endswith("%"):
        raise ValueError("a limit is a number of accounts or a per cent")
    return active * int(limit.removesuffix("%")) // 100


def is_limit_raised(limit: int | str | None, *, before: int | str | None, active: int) -> bool:
    """Whether a limit allows more than the one before, in this organization or once it has grown."""
    sizes = (active, max(active, _MOST_ACCOUNTS))
    return any(compute_limit(limit, active=size) > compute_limit(before, active=size) for size in sizes)


def _describe_limit(limit: int | str | None) -> str:
    """As people write it in the roster."""
    return "the default" if limit is None else str(limit)
