"""Places alerts: alone while they are few, else as lines of one message a minute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rollcall.grouping.messages import get_group_incident_id
from rollcall.grouping.model import BULK, Group, GroupKey, GroupKind, Line, Watch, Window
from rollcall.grouping.placing import Place, count_line, find_place, is_copy, is_full, make_line
from rollcall.grouping.sending import REST, TRIES, GroupMessages, count_to_next_minute, make_group_key
from rollcall.model.errors import RetryableError
from rollcall.model.levels import Severity
from rollcall.model.roster import BulkLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rollcall.grouping.model import Grouped, GroupMemory, KeyedLine, Known
    from rollcall.outcomes.notices import Notice
    from rollcall.outcomes.outcome import Incident
    from rollcall.ports import Clock, Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an alert went: `key` is its group, None if it leaves alone.

    `unstored` is its line if that is still to be stored, `waits` whether its message comes back for it.
    """

    key: GroupKey | None = None
    unstored: Line | None = None
    waits: bool = True

    @property
    def parent_incident_id(self) -> str | None:
        """The incident id of the messages that name it."""
        return get_group_incident_id(self.key) if self.key else None


class Grouper(Protocol):
    """Places alerts."""

    def place(self, incident: Incident, *, alone: bool) -> Placed:
        """Where the alert of an incident leaves; if `alone`, not in a group in any case. RetryableError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertGrouper:
    """Places alerts. All its memory is in the state table: any worker goes on where another ended."""

    messages: GroupMessages
    groups: GroupMemory
    clock: Clock
    #: Those of the roster in force; RetryableError.
    limits: Callable[[], BulkLimits]
    management_account: str
    #: ARNs of the roles that our writes use.
    writer_roles: frozenset[str]

    def place(self, incident: Incident, *, alone: bool) -> Placed:
        """Where the alert of an incident leaves. Asking again for the same incident changes nothing.

        `alone` is whether it closes what was alerted alone, or a message about repeated edits names it.
        RetryableError if it could not be stored.
        """
        place = find_place(
            incident, management_account=self.management_account, writer_roles=self.writer_roles
        )
        if alone:
            place = replace(place, groups=(), counted=place.names, free=True)
        if (place.free or place.severity is None) and not place.names:
            # A copy of a message that comes back does so, too: the first that ends is the end of both.
            return _find_known(self.groups, incident, self.clock) if is_copy(incident) else Placed()
        for _ in range(TRIES):
            now = self.clock.now()
            known = self.groups.load_known(incident.id, [*place.names, REST], at=now)
            placed = (
                self._place_known(incident, place, known, known.grouped, now)
                if known.grouped is not None
                else self._try_to_place(incident, place, known, now)
            )
            if placed is not None:
                return placed
        raise RetryableError("other workers are counting alerts under the same name")

    def _place_known(
        self, incident: Incident, place: Place, known: Known, grouped: Grouped, now: datetime
    ) -> Placed | None:
        """It is a line already: what it says may have changed. None if another worker is at it."""
        line = make_line(incident, place, now, alone=grouped.alone)
        if line.verdict != grouped.verdict and not self.groups.add_line(grouped.key, line, at=now):
            return None
        self.messages.publish_first(grouped.key)
        if grouped.alone:
            # The worker that stored the line may have been stopped before its alert was counted.
            return self._admit(place, known, line, [], now)
        # Also of reports: the message that waits for all of them may be this one.
        return Placed(key=grouped.key)

    def _try_to_place(self, incident: Incident, place: Place, known: Known, now: datetime) -> Placed | None:
        """None if another worker was at the same windows, or with a copy of the message at the same line."""
        windows = {(window.kind, window.name): window for window in known.windows}
        line = make_line(incident, place, now, alone=False)
        for name in place.names:
            key = windows[name].find_group(now)
            if key is None:
                continue
            if name in place.groups:
                return self._join(key, line, now)
            # It leaves alone, and is named in every message of the group as long as it is left so.
            left = (key, replace(line, alone=True)) if line.left else None
            return self._admit(place, known, line, [], now, left=left)
        counted: list[Window] = []
        limits = self.limits() if BULK.intersection(kind for kind, _ in place.names) else BulkLimits()
        for name in place.names:
            mine = replace(line, alone=name not in place.groups)
            after = count_line(windows[name], mine, limits)
            if is_full(after, limits):
                return self._open(after, mine, place, known, now)
            if after != windows[name]:
                counted.append(after)
        return self._admit(place, known, line, counted, now)

    def _join(self, key: GroupKey, line: Line, now: datetime) -> Placed | None:
        """As a line of an open group. Reports cost little: the message of the first waits for all."""
        if key.kind is GroupKind.REPORTED:
            return Placed(key=key, unstored=line, waits=False)
        return Placed(key=key) if self.groups.add_line(key, line, at=now) else None

    def _open(self, window: Window, line: Line, place: Place, known: Known, now: datetime) -> Placed | None:
        """A new group with all that led to it; its first message leaves at once, if it is such a group."""
        key = make_group_key(window.kind, window.name, line, now)
        others = [item for item in window.recent if item.incident_id != line.incident_id]
        lines = [*(replace(item, alone=True) for item in others), line]
        opened = replace(window, recent=(), group=key, opened_at=now)
        if not self.groups.open_group(opened, Group(key=key, opened_at=now), lines, at=now):
            return None
        self.messages.publish_first(key)
        return self._admit(place, known, line, [], now) if line.alone else Placed(key=key)

    def _admit(
        self,
        place: Place,
        known: Known,
        line: Line,
        counted: Sequence[Window],
        now: datetime,
        *,
        left: KeyedLine | None = None,
    ) -> Placed | None:
        """Alone if few alerts left in these ten minutes, or it is CRITICAL; else as a line of the rest."""
        free = place.free or place.severity in (None, Severity.CRITICAL) or known.admitted
        if free or not known.full:
            admitted = None if free else line.incident_id
            stored = self.groups.save_windows(counted, admitted=admitted, at=now, left=left)
            return Placed() if stored else None
        if not self.groups.save_windows(counted, admitted=None, at=now, left=left):
            return None
        key = self.messages.add_to_rest(replace(line, alone=False), known.windows[-1])
        return Placed(key=key) if key else None

    def publish_notice(self, notice: Notice, line: Line, delivery: Delivery) -> int | None:
        """Publish it, or name its line in the next message if many alerts leave at this time.

        Seconds after which this message is to come back for the line, None if there is none. RetryableError.
        """
        alert = line.incident_id
        for _ in range(TRIES):
            now = self.clock.now()
            known = self.groups.load_known(alert, [REST], at=now)
            if known.admitted or (not known.full and self.groups.save_windows([], admitted=alert, at=now)):
                self.messages.bus.publish_notice(notice, now)
                return None
            if known.full and (key := self.messages.add_to_rest(line, known.windows[0])) is not None:
                return self.come_back(Placed(key=key), delivery, only=False)
        raise RetryableError("other workers are counting alerts at this time")

    def come_back(self, placed: Placed, delivery: Delivery, *, only: bool) -> int | None:
        """Seconds after which this message is to come back for its line; None if it has none.

        `only` is whether it has nothing else left to do. RetryableError.
        """
        if placed.key is None:
            return None
        now = self.clock.now()
        line = placed.unstored
        # After its outcome was published: a crash in between repeats that, and loses neither.
        if line is not None and not self.groups.add_line(placed.key, line, at=now):
            raise RetryableError("another worker is at the same line of an alert")
        if not placed.waits:
            return None
        self.groups.schedule(Watch(message_id=delivery.message_id, key=placed.key, only=only), at=now)
        return count_to_next_minute(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGroups:
    """Knows what is a line already, and counts nothing: for those who only finish what others began."""

    groups: GroupMemory
    clock: Clock

    def place(self, incident: Incident, *, alone: bool) -> Placed:  # noqa: ARG002  # as `AlertGrouper`
        """The group whose messages name the incident, if there is one; RetryableError."""
        return _find_known(self.groups, incident, self.clock)


def _find_known(groups: GroupMemory, incident: Incident, clock: Clock) -> Placed:
    grouped = groups.load_known(incident.id, [], at=clock.now()).grouped
    return Placed(key=grouped.key if grouped and not grouped.alone else None)
