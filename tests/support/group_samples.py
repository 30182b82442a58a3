"""Lines, windows and groups of alerts, for tests of grouping."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rollcall.grouping.model import Group, GroupKey, GroupKind, Line, Window
from rollcall.model.levels import Severity
from tests.support.samples import NOW, SIGNAL

NAME = "assumed-role/Dev/mary"


def make_line(number: int, seconds: float = 0, **changes: Any) -> Line:
    """The alert of one edit of the account with this number."""
    account_id = f"{number:012d}"
    line = Line(
        incident_id=f"RC-{number}",
        account_id=account_id,
        account={"id": account_id, "name": f"Account {number}", "ou": "Sandbox"},
        kinds=("SECURITY",),
        cause="contact-edited",
        event="PutAlternateContact",
        verdict="set",
        severity=Severity.MEDIUM,
        actor=SIGNAL.actor.as_document(),
        at=NOW + timedelta(seconds=seconds),
        judged_at=NOW + timedelta(seconds=seconds),
    )
    return replace(line, **changes)


def make_key(kind: GroupKind = GroupKind.PRINCIPAL, name: str = NAME, id_: str = "group-1") -> GroupKey:
    """A group."""
    return GroupKey(kind=kind, name=name, id=id_)


def make_group(key: GroupKey | None = None, opened_at: datetime = NOW, **changes: Any) -> Group:
    """A new group."""
    return replace(Group(key=key or make_key(), opened_at=opened_at), **changes)


def make_window(kind: GroupKind = GroupKind.PRINCIPAL, name: str = NAME, **changes: Any) -> Window:
    """An empty window."""
    return replace(Window(kind=kind, name=name), **changes)
