"""Counting, pure: what an edit makes of a tally, and what there is to tell of a bulk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.bulk.limits import EXAMPLES, PRINCIPALS, QUIET, TOLD_EVERY
from rollcall.bulk.records import Bulk, Edit, Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from rollcall.bulk.limits import BulkLimits


def takes(bulk: Bulk | None, edit: Edit, limits: BulkLimits) -> bool:
    """Whether an edit belongs to a bulk: it happened while that went on, or a window before or after."""
    return bulk is not None and bulk.first_at - limits.window <= edit.at <= bulk.last_at + limits.window


def counted(tally: Tally, edit: Edit, now: datetime, limits: BulkLimits) -> Tally:
    """The tally with an edit that no bulk takes: it may be the one that makes a bulk.

    One from before the bulk that is known is told by itself and not counted: it came too late.
    """
    if tally.bulk is not None and edit.at < tally.bulk.last_at:
        return tally
    known = {item.account_id: item for item in tally.recent}
    latest = known.get(edit.account_id)
    if latest is None or latest.at < edit.at:
        known[edit.account_id] = edit
    newest = max(item.at for item in known.values())
    recent = sorted(
        (item for item in known.values() if newest - item.at <= limits.window),
        key=lambda item: (item.at, item.account_id),
    )
    if len(recent) < limits.least(tally.by):
        return replace(tally, recent=tuple(recent), bulk=None)
    return replace(tally, recent=tuple(recent), bulk=_opened(tally, recent, now))


def _opened(tally: Tally, edits: list[Edit], now: datetime) -> Bulk:
    became: dict[str, int] = {}
    principals: dict[str, int] = {}
    for edit in edits:
        became = _moved(became, None, edit.verdict)
        principals = _moved(principals, None, edit.principal)
    first, last = edits[0], edits[-1]
    return Bulk(
        key=f"{tally.by}/{tally.name}/{first.at.isoformat()}/{first.account_id}",
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


def members(bulk: Bulk, edit: Edit) -> list[str]:
    """What must be remembered of an edit that joins, to count each account and each principal once.

    A principal only where the bulk itself has no room for it: else it is counted there.
    """
    room = edit.principal in bulk.principals or len(bulk.principals) < PRINCIPALS
    return [edit.account_id] if room else [edit.account_id, edit.principal_key]


def joined(bulk: Bulk, edit: Edit, now: datetime, *, known: Collection[str]) -> Bulk:
    """The bulk with one more edit; `known` are those of its `members` that it has counted before."""
    wanted = members(bulk, edit)
    met = edit.principal in bulk.principals or edit.principal_key in known
    named = edit.principal_key not in wanted
    return replace(
        bulk,
        accounts=bulk.accounts + (0 if edit.account_id in known else 1),
        principals=_moved(bulk.principals, None, edit.principal) if named else bulk.principals,
        principals_count=bulk.principals_count + (0 if met else 1),
        became=_moved(bulk.became, None, edit.verdict),
        first_at=min(bulk.first_at, edit.at),
        last_at=max(bulk.last_at, edit.at),
        heard_at=now,
        quiet=False,
        examples=bulk.examples if edit.account_id in known else (*bulk.examples, edit.place)[:EXAMPLES],
        actor=edit.actor if edit.at >= bulk.last_at else bulk.actor,
    )


def became(bulk: Bulk, *, before: str, after: str) -> Bulk:
    """The bulk after one of its edits came to another end."""
    return replace(bulk, became=_moved(bulk.became, before, after))


def _moved(counts: Mapping[str, int], before: str | None, after: str) -> dict[str, int]:
    moved = {**counts, after: counts.get(after, 0) + 1}
    if before is not None:
        moved[before] = moved.get(before, 0) - 1
    return {name: count for name, count in moved.items() if count > 0}


def due(bulk: Bulk, now: datetime) -> bool:
    """Whether something is to be told when an edit came: at once, then when the number has doubled."""
    if bulk.told_at is None:
        return True
    return bulk.accounts >= 2 * bulk.told_accounts and now - bulk.told_at >= TOLD_EVERY


def quiet_at(bulk: Bulk | None) -> datetime | None:
    """When the last message of a bulk is due if no edit comes until then, None if nothing is left to tell.

    An edit after a last message leads to another one, but not sooner than messages may come.
    """
    if bulk is None or bulk.told_at is None or bulk.quiet:
        return None
    quiet = bulk.heard_at + QUIET
    return max(quiet, bulk.told_at + TOLD_EVERY) if bulk.settled else quiet


def told(bulk: Bulk, now: datetime, *, last: bool) -> Bulk:
    """The bulk after a message about it."""
    return replace(
        bulk,
        told_accounts=bulk.accounts,
        told_at=now,
        updates=bulk.updates + 1,
        quiet=last,
        settled=bulk.settled or last,
    )
