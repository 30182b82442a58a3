"""The notice of a group: what it stands for in numbers, and its lines."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from rollcall.events.actor import ROOT_USER
from rollcall.grouping.model import (
    BULK,
    MOST_NAMED,
    MOST_PROGRAMS,
    MOST_REMEMBERED,
    Group,
    GroupKey,
    GroupKind,
    Line,
)
from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice
from rollcall.outcomes.verdicts import OUT_OF_SCOPE, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

#: New lines, and lines of what is left changed, that leave in one event; the file has all. With the longest
#: texts they are below its limit: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
MOST_LINES: Final = 100
#: Why an edit is not said to have set the contact of the roster.
DOUBT: Final = "another edit came within seconds, and this one may have set other values"
#: Rollcall leaves such a contact as it is by decision: nobody waits for it.
_ALONE: Final = frozenset(map(str, OUT_OF_SCOPE))
#: Of one text.
_MOST_CHARACTERS: Final = 300


def find_notice_kind(kind: GroupKind) -> NoticeKind:
    """The notice that a group's messages are."""
    if kind in BULK:
        return NoticeKind.BULK_EDIT
    return NoticeKind.CONTACTS_SET if kind is GroupKind.SET else NoticeKind.MANY_ALERTS


def get_group_incident_id(key: GroupKey) -> str:
    """The incident id of all messages of a group."""
    return make_notice(find_notice_kind(key.kind), key=key.id, facts={}).incident_id


def make_group_notice(group: Group, lines: Sequence[Line], left: Sequence[Line]) -> Notice:
    """The message of a group that is under way: `lines` are new, `left` are of contacts left changed.

    Those that are left by decision keep nothing open, but each message names them, too.
    """
    kind, last = group.key.kind, group.sending is not None and group.sending.last
    actor = dict(group.actor)
    verdicts, ordered = {line.verdict for line in lines}, sort_lines(_pick_lines(lines))
    # One line of a contact that several edits left changed: the latest.
    latest = {(line.account_id, line.kinds): line for line in sorted(left, key=lambda line: line.at)}.values()
    alone = sorted((line for line in latest if line.verdict in _ALONE), key=lambda line: line.urgency)
    wrong = sorted((line for line in latest if line.verdict not in _ALONE), key=lambda line: line.urgency)
    facts = {
        "by": "unsure" if kind is GroupKind.SET and verdicts - {Verdict.SET_BY_OTHERS} else str(kind),
        "actor": None if kind in (GroupKind.ADDRESS, GroupKind.REST) else actor,
        "source_ip": actor.get("source_ip") if kind in BULK else None,
        "principals": [
            {"principal": principal, "edits": edits}
            for principal, edits in sorted(group.principals.items(), key=lambda item: (-item[1], item[0]))
        ][:MOST_LINES],
        "principals_count": len(group.principals),
        "accounts_count": len(group.accounts),
        "restored_count": len(set(group.accounts) - {line.account_id for line in latest}),
        "at_least": _list_lower_bounds(group),
        "edits": group.edits,
        "done": dict(group.done),
        "programs": list(group.programs),
        "first_at": group.first_at and format_time(group.first_at),
        "last_at": group.last_at and format_time(group.last_at),
        "ended": last,
        "lines": [_describe_line(line) for line in ordered],
        "lines_count": len(lines),
        "left": [_describe_line(line) for line in wrong[:MOST_LINES]],
        "left_count": len(wrong),
        "left_alone": [_describe_line(line) for line in alone[: max(0, MOST_LINES - len(wrong))]],
        "left_alone_count": len(alone),
        "file": group.sending.file if group.sending else None,
    }
    notice = make_notice(find_notice_kind(kind), key=group.key.id, facts=facts, update=group.updates)
    return replace(notice, severity=_find_severity(group, lines, wrong))


def _list_lower_bounds(group: Group) -> list[str]:
    """The facts that may be more than they say: the group remembers no further names."""
    named = ["principals_count"] * (len(group.principals) >= MOST_NAMED)
    counted = ["accounts_count", "restored_count"] * (len(group.accounts) >= MOST_REMEMBERED)
    return [*named, *counted, *["programs"] * (len(group.programs) >= MOST_PROGRAMS)]


def doubt_line(line: Line) -> Line:
    """The line of an edit that may not have set the contact of the roster, as another edit came at once."""
    severity = Severity.HIGH if line.actor.get("kind") == ROOT_USER else Severity.LOW
    return replace(line, verdict=str(Verdict.CHANGED_BACK), severity=severity, reason=DOUBT)


def is_doubted(line: Line, verdict: str) -> bool:
    """Whether a message that is under way names the line, by its verdict there, as doubted."""
    return (line.verdict, verdict) == (Verdict.SET_BY_OTHERS, Verdict.CHANGED_BACK)


def sort_lines(lines: Sequence[Line]) -> Sequence[Line]:
    """What a reader needs first: HIGH, left changed, then one line of each principal."""
    ordered = sorted(lines, key=lambda line: line.urgency)
    firsts = {line.principal: line for line in reversed(ordered)}
    return sorted(ordered, key=lambda line: (*line.urgency[:-1], line is not firsts[line.principal]))


def _pick_lines(lines: Sequence[Line]) -> Sequence[Line]:
    """At most MOST_LINES: in turn the most urgent one, the worst of an account and that of a principal.

    Who floods people with lines about one account, or as many principals, keeps no other one out.
    """
    if len(lines) <= MOST_LINES:
        return lines
    ordered = sorted(lines, key=lambda line: line.urgency)
    accounts = {line.account_id: line for line in reversed(ordered)}.values()
    principals = {line.principal: line for line in reversed(ordered)}.values()
    firsts = (sorted(worst, key=lambda line: line.urgency) for worst in (accounts, principals))
    picked = {line.incident_id: line for turn in zip_longest(ordered, *firsts) for line in turn if line}
    return list(picked.values())[:MOST_LINES]


def _find_severity(group: Group, lines: Sequence[Line], wrong: Sequence[Line]) -> Severity:
    """Bulk edits and CRITICAL alerts are CRITICAL; an end is INFO, or HIGH if something is wrong."""
    if group.sending is not None and group.sending.last:
        return Severity.HIGH if wrong else Severity.INFO
    if group.key.kind in BULK or group.key.kind is GroupKind.CRITICAL:
        return Severity.CRITICAL
    return max((line.severity for line in lines), default=Severity.INFO)


def _describe_line(line: Line) -> dict[str, Any]:
    return {
        "incident_id": line.incident_id,
        "account": dict(line.account),
        "kinds": list(line.kinds),
        "cause": line.cause,
        "event": line.event,
        "done": line.done,
        "principal": line.principal[:_MOST_CHARACTERS],
        "program": str(line.actor.get("user_agent"))[:_MOST_CHARACTERS],
        "verdict": line.verdict,
        "severity": line.severity.name,
        "at": format_time(line.at),
        "left": line.left,
        "reason": line.reason[:_MOST_CHARACTERS],
    }
