"""The port of groups of alerts in memory; it keeps JSON, as the table does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rollcall.grouping.model import (
    MOST_ALERTS,
    Group,
    Grouped,
    GroupKey,
    GroupState,
    Known,
    Line,
    Watch,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.grouping.model import GroupKind, KeyedLine
    from tests.support.memory import Faults


@dataclass
class MemoryGroups:
    faults: Faults
    windows: dict[tuple[GroupKind, str], tuple[int, str]] = field(default_factory=dict)
    groups: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: By group and incident; whether it is unsent, and the line.
    lines: dict[str, dict[str, tuple[bool, str]]] = field(default_factory=dict)
    keys: dict[str, GroupKey] = field(default_factory=dict)
    grouped_incidents: dict[str, Grouped] = field(default_factory=dict)
    admitted_alerts: dict[str, set[str]] = field(default_factory=dict)
    watches: dict[str, dict[str, Watch]] = field(default_factory=dict)

    def load_known(self, incident_id: str, names: Sequence[tuple[GroupKind, str]], *, at: datetime) -> Known:
        self.faults("state.load_known")
        admitted = self.admitted_alerts.get(_find_bucket(at), set())
        return Known(
            grouped=self.grouped_incidents.get(incident_id),
            windows=[self._load(kind, name) for kind, name in names],
            full=len(admitted) >= MOST_ALERTS,
            admitted=incident_id in admitted,
        )

    def _load(self, kind: GroupKind, name: str) -> Window:
        if (kind, name) not in self.windows:
            return Window(kind=kind, name=name)
        version, document = self.windows[kind, name]
        return replace(Window.from_document(json.loads(document)), version=version)

    def save_windows(
        self, windows: Sequence[Window], *, admitted: str | None, at: datetime, left: KeyedLine | None = None
    ) -> bool:
        self.faults("state.save_windows")
        alerts = self.admitted_alerts.get(_find_bucket(at), set())
        if admitted is not None and len(alerts) >= MOST_ALERTS and admitted not in alerts:
            return False
        if any(self.windows.get((one.kind, one.name), (0,))[0] != one.version for one in windows):
            return False
        for window in windows:
            self._store(window)
        if admitted is not None:
            self.admitted_alerts[_find_bucket(at)] = alerts | {admitted}
        if left is not None:
            self._put_line(*left)
        self.faults("state.save_windows.after")
        return True

    def _store(self, window: Window) -> None:
        self.windows[window.kind, window.name] = (window.version + 1, json.dumps(window.as_document()))

    def open_group(self, window: Window, group: Group, lines: Sequence[Line], *, at: datetime) -> bool:  # noqa: ARG002
        self.faults("state.open_group")
        if self.windows.get((window.kind, window.name), (0,))[0] != window.version:
            return False
        if self.groups.get(group.key.id, (0,))[0] != group.version:
            return False
        self._store(window)
        self._put_group(group)
        for line in lines:
            self._put_line(group.key, line)
        self.faults("state.open_group.after")
        return True

    def _put_line(self, key: GroupKey, line: Line) -> None:
        self.keys[key.id] = key
        self.lines.setdefault(key.id, {})[line.incident_id] = (True, json.dumps(line.as_document()))
        self.grouped_incidents[line.incident_id] = Grouped(key=key, verdict=line.verdict, alone=line.alone)

    def add_line(self, key: GroupKey, line: Line, *, at: datetime) -> bool:  # noqa: ARG002
        self.faults("state.add_line")
        self._put_line(key, line)
        self.faults("state.add_line.after")
        return True

    def load_group(self, key: GroupKey) -> GroupState:
        self.faults("state.load_group")
        found = [
            (unsent, Line.from_document(json.loads(document)))
            for _, (unsent, document) in sorted(self.lines.get(key.id, {}).items())
        ]
        group = None
        if key.id in self.groups:
            version, document = self.groups[key.id]
            group = replace(Group.from_document(json.loads(document)), version=version)
        return GroupState(
            group=group,
            unsent=[line for unsent, line in found if unsent],
            left=[line for _, line in found if line.left],
        )

    def save_group(self, group: Group, *, at: datetime) -> bool:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.save_group")
        if self.groups.get(group.key.id, (0,))[0] != group.version:
            return False
        self._put_group(group)
        self.faults("state.save_group.after")
        return True

    def _put_group(self, group: Group) -> None:
        self.groups[group.key.id] = (group.version + 1, json.dumps(group.as_document()))

    def mark_sent(self, key: GroupKey, lines: Sequence[Line], *, at: datetime) -> None:  # noqa: ARG002
        self.faults("state.mark_sent")
        known = self.lines.get(key.id, {})
        for line in lines:
            _, document = known.get(line.incident_id, (True, None))
            if document is None or Line.from_document(json.loads(document)).verdict != line.verdict:
                continue
            if line.left:
                known[line.incident_id] = (False, document)
            else:
                del known[line.incident_id]

    def schedule(self, watch: Watch, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.schedule")
        self.watches.setdefault(watch.message_id, {})[watch.key.id] = watch
        self.faults("state.schedule.after")

    def find_scheduled(self, message_id: str) -> Sequence[Watch]:
        return [watch for _, watch in sorted(self.watches.get(message_id, {}).items())]

    def list_open(self) -> Sequence[GroupKey]:
        groups = [Group.from_document(json.loads(document)) for _, document in self.groups.values()]
        found = {group.key.id: group.key for group in groups if group.is_unfinished}
        unsent = {id_ for id_, lines in self.lines.items() if any(unsent for unsent, _ in lines.values())}
        return [*found.values(), *(self.keys[id_] for id_ in sorted(unsent - set(found)))]


def _find_bucket(at: datetime) -> str:
    return at.isoformat()[:15]
