"""Counting edits, pure: the names an edit is counted under, and what it makes of the window and the bulk."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from rollcall.bulk_edits.model import (
    EXAMPLES,
    PRINCIPALS,
    QUIET,
    UPDATE_EVERY,
    Bulk,
    By,
    Edit,
    EditWindow,
    get_threshold,
)
from rollcall.events.actor import UNKNOWN
from rollcall.events.fields import make_key_text
from rollcall.events.signal import TAMPERING, parse_time
from rollcall.model.account import describe_account
from rollcall.outcomes.severity import is_alerted
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from rollcall.events.actor import Actor
    from rollcall.events.signal import Signal
    from rollcall.model.edit_limits import BulkLimits
    from rollcall.outcomes.outcome import Incident

#: IAM Identity Center gives the role of one permission set another random suffix in each account:
#: https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_SSO_ROLE: Final = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}", re.ASCII)
#: Tools name sessions after the time or the account: botocore-session-1728119000, audit-222222222222.
_NUMBER: Final = re.compile(r"\d{9,}", re.ASCII)
#: An ARN has five parts before its resource.
_PARTS_BEFORE: Final = 5
_LONGEST: Final = 512
#: Bits that all addresses of one link have in common: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.1
_LINK: Final = 64
#: Through a VPC endpoint CloudTrail shows the address inside the VPC: many machines have it.
_PRIVATE: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
)


def find_countable(incident: Incident, *, writer_roles: Collection[str], alerted: bool) -> Verdict | None:
    """The verdict under which an edit counts towards a bulk, None if it does not.

    Every edit counts that is alerted: also one that AWS refused, that is left in audit mode or that
    nobody can read. A waiting one counts if it is `alerted`, or if the contact is known to differ.
    Authorised changers do not count, and our own role only if it wrote what nobody recorded. What only left
    contacts as the roster has them is no bulk, but a digest.
    """
    signal = incident.signal
    if signal is None or signal.cause not in TAMPERING:
        return None
    if all(outcome.verdict is Verdict.SET_BY_OTHERS for outcome in incident.outcomes):
        return Verdict.SET_BY_OTHERS
    verdicts = [
        outcome.verdict
        for outcome in incident.outcomes
        if not outcome.authorised
        and outcome.verdict is not Verdict.SET_BY_OTHERS
        and is_alerted(signal, outcome.verdict, authorised=False)
        and (outcome.verdict is not Verdict.PENDING or alerted or outcome.found is not None)
    ]
    if Verdict.UNRECORDED_WRITE in verdicts:
        return Verdict.UNRECORDED_WRITE
    if not verdicts or signal.actor.role_arn in writer_roles:
        return None
    return verdicts[-1]


def list_names(actor: Actor) -> Sequence[tuple[By, str]]:
    """What an edit is counted under, the narrowest first. What the event does not say counts for nothing."""
    known = ((By.ACTOR, normalise_actor(actor)), (By.ADDRESS, normalise_address(actor.source_ip)))
    return [*((by, name) for by, name in known if name is not None), (By.ORGANIZATION, "all")]


def normalise_actor(actor: Actor) -> str | None:
    """Who it was, without the account: role and session, user, root; None if nobody knows."""
    if actor.root:
        return "root"  # of whatever account, and also where the event has no ARN
    if actor.principal == UNKNOWN:
        return None
    # arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
    *account, resource = actor.principal.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        role, _, session = rest.partition("/")
        sso = _SSO_ROLE.fullmatch(role)
        return _make_key(f"{kind}/{sso[1] if sso else role}/{_NUMBER.sub('N', session)}")
    return _make_key(resource if len(account) == _PARTS_BEFORE and resource else actor.principal)


def _make_key(name: str) -> str:
    return make_key_text(name, longest=_LONGEST)


def normalise_address(source_ip: str) -> str | None:
    """The address in one spelling; None for a service's name, and for one that many machines have.

    Of IPv6 the network of one link: a caller in it has all of its addresses to choose from.
    """
    try:
        found = ip_address(source_ip)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if any(found in network for network in _PRIVATE):
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _LINK), strict=False))
    return str(found)


#: Characters of who made an edit: a window of many fits its item, whatever callers say of themselves.
_MOST_CHARACTERS: Final = 512


def make_edit(incident: Incident, signal: Signal, verdict: Verdict, now: datetime) -> Edit:
    """The edit of an incident, which ended with this verdict."""
    return Edit(
        incident_id=incident.id,
        account_id=signal.account_id,
        kind=str(signal.kind) if signal.kind else None,
        # Now if the event has no time, or one in the future.
        at=min(parse_time(signal) or now, now),
        verdict=str(verdict),
        place=describe_account(incident.account, account_id=signal.account_id),
        actor={name: _shorten(value) for name, value in signal.actor.as_document().items()},
    )


def _shorten(value: object) -> object:
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else value


def accepts(bulk: Bulk | None, edit: Edit, limits: BulkLimits) -> bool:
    """Whether an edit belongs to a bulk: it happened while that went on, or a window before or after."""
    # As differences: a time plus or minus a window may be none.
    return (
        bulk is not None
        and bulk.first_at - edit.at <= limits.window
        and edit.at - bulk.last_at <= limits.window
    )


def count_edit(window: EditWindow, edit: Edit, now: datetime, limits: BulkLimits) -> EditWindow:
    """The window with an edit that no bulk takes: it may be the one that makes a bulk.

    One from before the known bulk is alerted by itself and not counted: it came too late.
    """
    if window.bulk is not None and edit.at < window.bulk.last_at:
        return window
    known = {item.account_id: item for item in window.recent}
    latest = known.get(edit.account_id)
    if latest is None or latest.at < edit.at:
        known[edit.account_id] = edit
    newest = max(item.at for item in known.values())
    recent = sorted(
        (item for item in known.values() if newest - item.at <= limits.window),
        key=lambda item: (item.at, item.account_id),
    )
    if len(recent) < get_threshold(limits, window.by):
        return replace(window, recent=tuple(recent), bulk=None)
    return replace(window, recent=tuple(recent), bulk=_open_bulk(window, recent, now))


def _open_bulk(window: EditWindow, edits: list[Edit], now: datetime) -> Bulk:
    became: dict[str, int] = {}
    principals: dict[str, int] = {}
    for edit in edits:
        became = _move_count(became, None, edit.verdict)
        principals = _move_count(principals, None, edit.principal)
    first, last = edits[0], edits[-1]
    return Bulk(
        key=f"{window.by}/{window.name}/{first.at.isoformat()}/{first.account_id}",
        accounts=len(edits),
        became=became,
        first_at=first.at,
        last_at=last.at,
        heard_at=now,
        examples=tuple(edit.place for edit in edits[:EXAMPLES]),
        actor=last.actor,
        principals=principals,
        principals_count=len(principals),
    )


def list_members(bulk: Bulk, edit: Edit) -> list[str]:
    """What must be remembered of an edit that joins, to count each account and each principal once.

    A principal only where the bulk itself has no room for it: else it is counted there.
    """
    room = edit.principal in bulk.principals or len(bulk.principals) < PRINCIPALS
    return [edit.account_id] if room else [edit.account_id, edit.principal_key]


def join_edit(bulk: Bulk, edit: Edit, now: datetime, *, known: Collection[str]) -> Bulk:
    """The bulk with one more edit; `known` are those of its `members` that it has counted before."""
    wanted = list_members(bulk, edit)
    met = edit.principal in bulk.principals or edit.principal_key in known
    named = edit.principal_key not in wanted
    return replace(
        bulk,
        accounts=bulk.accounts + (0 if edit.account_id in known else 1),
        principals=_move_count(bulk.principals, None, edit.principal) if named else bulk.principals,
        principals_count=bulk.principals_count + (0 if met else 1),
        became=_move_count(bulk.became, None, edit.verdict),
        first_at=min(bulk.first_at, edit.at),
        last_at=max(bulk.last_at, edit.at),
        heard_at=now,
        quiet=False,
        examples=bulk.examples if edit.account_id in known else (*bulk.examples, edit.place)[:EXAMPLES],
        actor=edit.actor if edit.at >= bulk.last_at else bulk.actor,
    )


def change_verdict(bulk: Bulk, *, before: str, after: str) -> Bulk:
    """The bulk after one of its edits came to another end."""
    return replace(bulk, became=_move_count(bulk.became, before, after))


def _move_count(counts: Mapping[str, int], before: str | None, after: str) -> dict[str, int]:
    moved = {**counts, after: counts.get(after, 0) + 1}
    if before is not None:
        moved[before] = moved.get(before, 0) - 1
    return {name: count for name, count in moved.items() if count > 0}


def is_due(bulk: Bulk, now: datetime) -> bool:
    """Whether an edit is alerted now: the first at once, then whenever the number has doubled."""
    if bulk.told_at is None:
        return True
    return bulk.accounts >= 2 * bulk.told_accounts and now - bulk.told_at >= UPDATE_EVERY


def find_end(bulk: Bulk | None) -> datetime | None:
    """When the last message of a bulk is due if no edit comes until then, None if nothing is left to report.

    An edit after a last message leads to another one, but not sooner than messages may come.
    """
    if bulk is None or bulk.told_at is None or bulk.quiet:
        return None
    quiet = bulk.heard_at + QUIET
    return max(quiet, bulk.told_at + UPDATE_EVERY) if bulk.settled else quiet


def mark_alerted(bulk: Bulk, now: datetime, *, last: bool) -> Bulk:
    """The bulk after a message about it."""
    return replace(
        bulk,
        told_accounts=bulk.accounts,
        told_at=now,
        updates=bulk.updates + 1,
        quiet=last,
        settled=bulk.settled or last,
    )
