"""Counting, pure: what an edit makes of a tally, and what there is to tell of a bulk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.bulk.limits import ACCOUNTS, EXAMPLES, QUIET, TOLD_EVERY, WINDOW
from rollcall.bulk.records import Bulk, Edit, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def takes(bulk: Bulk | None, edit: Edit) -> bool:
    """Whether an edit belongs to a bulk: it happened while that went on, or a window before or after."""
    return bulk is not None and bulk.first_at - WINDOW <= edit.at <= bulk.last_at + WINDOW


def counted(tally: Tally, edit: Edit, now: datetime) -> Tally:
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
        (item for item in known.values() if newest - item.at <= WINDOW),
        key=lambda item: (item.at, item.account_id),
    )
    if len(recent) < ACCOUNTS[tally.by]:
        return replace(tally, recent=tuple(recent), bulk=None)
    return replace(tally, recent=tuple(recent), bulk=_opened(tally, recent, now))


def _opened(tally: Tally, edits: list[Edit], now: datetime) -> Bulk:
    became: dict[str, int] = {}
    for edit in edits:
        became[edit.verdict] = became.get(edit.verdict, 0) + 1
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
    )


def joined(bulk: Bulk, edit: Edit, now: datetime, *, known: bool) -> Bulk:
    """The bulk with one more edit; `known` is whether it has counted the account before."""
    return replace(
        bulk,
        accounts=bulk.accounts + (0 if known else 1),
        became=_moved(bulk.became, None, edit.verdict),
        first_at=min(bulk.first_at, edit.at),
        last_at=max(bulk.last_at, edit.at),
        heard_at=now,
        quiet=False,
        examples=bulk.examples if known else (*bulk.examples, edit.place)[:EXAMPLES],
        actor=edit.actor if edit.at >= bulk.last_at else bulk.actor,
    )


def became(bulk: Bulk, *, before: str, after: str) -> Bulk:
    """The bulk after one of its edits came to another end."""
    return replace(bulk, became=_moved(bulk.became, before, after))


def _moved(counts: Mapping[str, int], before: str | None, after: str) -> dict[str, int]:
    moved = {**counts, after: counts.get(after, 0) + 1}
    if before is not None:
        moved[before] = moved.get(before, 0) - 1
    return {verdict: count for verdict, count in moved.items() if count > 0}


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
