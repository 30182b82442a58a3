"""A bulk as people are told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rollcall.bulk.limits import PRINCIPALS_TOLD, By
from rollcall.notices import Notice, NoticeKind, notice
from rollcall.times import seconds

if TYPE_CHECKING:
    from rollcall.bulk.records import Bulk

_MINUTE = timedelta(minutes=1)


def bulk_notice(by: By, bulk: Bulk, *, last: bool, window: timedelta) -> Notice:
    """The next message about a bulk; `last` if no edit has come for a while."""
    minutes = -((bulk.first_at - bulk.last_at) // _MINUTE)
    facts = {
        "by": str(by),
        "actor": dict(bulk.actor) if by is By.ACTOR else None,
        "source_ip": None if by is By.ORGANIZATION else bulk.actor.get("source_ip"),
        "principals": [
            {"principal": principal, "edits": edits}
            for principal, edits in sorted(bulk.principals.items(), key=lambda item: (-item[1], item[0]))
        ][:PRINCIPALS_TOLD],
        "principals_count": bulk.principals_count,
        "accounts_count": bulk.accounts,
        "edits": sum(bulk.became.values()),
        "became": dict(bulk.became),
        "window_minutes": max(minutes, window // _MINUTE),
        "first_at": seconds(bulk.first_at),
        "last_at": seconds(bulk.last_at),
        "quiet_since": seconds(bulk.last_at) if last else None,
        "examples": [dict(example) for example in bulk.examples],
    }
    return notice(NoticeKind.BULK_EDIT, key=bulk.key, facts=facts, update=bulk.updates)


def told_with(bulk_key: str) -> str:
    """The incident id of all messages about a bulk."""
    return notice(NoticeKind.BULK_EDIT, key=bulk_key, facts={}).incident_id
