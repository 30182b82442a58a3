"""Notices: alerts that are not about one event on one account. Version 1; contacts are masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rollcall.model.codec import Serializable
from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NOTICES, NoticeKind
from rollcall.outcomes.outcome import Action, name_incident

VERSION = 1
#: Notices that end the incident of another kind.
_INCIDENTS = {
    NoticeKind.UNPAUSED: NoticeKind.PAUSED,
    NoticeKind.RELEASED: NoticeKind.REPEATED_EDITS,
    NoticeKind.PLAN_ENDED: NoticeKind.SWEEP_HELD,
}


#: Titles of notices about plans, and of those of mere deletes, whose kinds are named after sweep and roster.
_TITLES = {
    (NoticeKind.SWEEP_HELD, False): "plan pending approval",
    (NoticeKind.SWEEP_HELD, True): "deletes pending approval",
    (NoticeKind.ROSTER_APPROVED, True): "deletes approved",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Serializable):
    """One notice. `key` identifies it among its kind: the same key twice is the same notice.

    `facts` are plain JSON, each kind's own (docs/reference/alerts.md), with contacts masked. A later
    notice of the same incident, as bulk edits that go on, has another `update`, counted from 0.
    """

    kind: NoticeKind
    key: str
    facts: Mapping[str, Any]
    severity: Severity
    update: int = 0

    @property
    def incident_id(self) -> str:
        """`RC-` and 12 hexadecimal digits."""
        return name_incident(_INCIDENTS.get(self.kind, self.kind), self.key)


def make_notice(kind: NoticeKind, *, key: str, facts: Mapping[str, Any], update: int = 0) -> Notice:
    """A notice of the severity that the table says."""
    return Notice(kind=kind, key=key, facts=facts, severity=NOTICES[kind].severity, update=update)


def build_notice_document(item: Notice, *, at: datetime) -> dict[str, Any]:
    """What leaves on the outcome bus."""
    return {
        "version": VERSION,
        "incident_id": item.incident_id,
        "decided_at": at.isoformat(),
        "action": str(_find_action(item)),
        "title": _write_title(item),
        "notice": str(item.kind),
        "severity": item.severity.name,
        "update": item.update,
        "facts": dict(item.facts),
    }


def _write_title(item: Notice) -> str:
    """One line for programs: kind, and which account and contact, or how many. It names nobody."""
    facts, account = item.facts, item.facts.get("account")
    where = f"{account.get('id')} {facts.get('kind') or ''}".strip() if isinstance(account, Mapping) else ""
    count = facts.get("accounts_count")
    least = "at least " * ("accounts_count" in (facts.get("at_least") or ()))
    counted = f"{least}{count} account{'s' * (count != 1)}" if count else ""
    left = f"{facts['left_count']} left changed" if facts.get("left_count") else ""
    alone = f"{facts['left_alone_count']} left by decision" if facts.get("left_alone_count") else ""
    what = _TITLES.get((item.kind, bool(facts.get("drift"))), item.kind.replace("-", " "))
    return ", ".join(filter(None, (f"Rollcall: {what}", where, counted, left, alone)))


def _find_action(item: Notice) -> Action:
    """Some end by another notice or expire, a group unless a contact is left changed by its last message."""
    expired = item.kind is NoticeKind.PAUSED and item.facts.get("stage") == "ended"
    if item.kind in _INCIDENTS or expired or (item.facts.get("ended") and not item.facts.get("left_count")):
        return Action.RESOLVE
    return Action.UPDATE if item.update else Action.OPEN


def format_time(time: datetime) -> str:
    """UTC to the second, as CloudTrail writes it: 2026-10-05T09:30:00Z."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
