"""Detects bulk edits: counts each edit, alerts once for the bulk in their place, and once more at its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.bulk_edits.counting import (
    accepts,
    change_verdict,
    count_edit,
    find_end,
    is_due,
    join_edit,
    list_members,
    list_names,
    make_edit,
    mark_alerted,
)
from rollcall.bulk_edits.digest import DigestWriter
from rollcall.bulk_edits.model import MOST_CHECKS, PRINCIPALS_NAMED, By, GroupedIncident
from rollcall.model.errors import RetryableError
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rollcall.bulk_edits.model import Bulk, BulkMemory, Edit, EditWindow
    from rollcall.events.signal import Signal
    from rollcall.model.edit_limits import BulkLimits
    from rollcall.outcomes.outcome import Incident
    from rollcall.ports import Clock, Delivery, OutcomeBus

_MINUTE = timedelta(minutes=1)


def make_bulk_notice(by: By, bulk: Bulk, *, last: bool, window: timedelta) -> Notice:
    """The next message about a bulk; `last` if no edit has come for a while."""
    minutes = -((bulk.first_at - bulk.last_at) // _MINUTE)
    facts = {
        "by": str(by),
        "actor": dict(bulk.actor) if by is By.ACTOR else None,
        "source_ip": None if by is By.ORGANIZATION else bulk.actor.get("source_ip"),
        "principals": [
            {"principal": principal, "edits": edits}
            for principal, edits in sorted(bulk.principals.items(), key=lambda item: (-item[1], item[0]))
        ][:PRINCIPALS_NAMED],
        "principals_count": bulk.principals_count,
        "accounts_count": bulk.accounts,
        "edits": sum(bulk.became.values()),
        "became": dict(bulk.became),
        "window_minutes": max(minutes, window // _MINUTE),
        "first_at": format_time(bulk.first_at),
        "last_at": format_time(bulk.last_at),
        "quiet_since": format_time(bulk.last_at) if last else None,
        "examples": [dict(example) for example in bulk.examples],
    }
    return make_notice(NoticeKind.BULK_EDIT, key=bulk.key, facts=facts, update=bulk.updates)


#: Two workers rarely change the same window at the same time, and never five times in a row.
_TRIES: Final = 5
#: A message that is so much later than it promised is not relied on any more. Two that come do no harm.
_GRACE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkDetector:
    """Counts edits. All its memory is in the state table: any worker goes on where another ended."""

    bulks: BulkMemory
    bus: OutcomeBus
    clock: Clock
    #: Those of the roster in force; RetryableError.
    limits: Callable[[], BulkLimits]

    def record_edit(
        self, incident: Incident, signal: Signal, verdict: Verdict | None
    ) -> GroupedIncident | None:
        """Count an edit that is to be alerted; returns the bulk whose alert includes it, if there is one.

        Without a verdict it is a copy of an event, and nothing is counted. The bulk's first message has left
        by then. Counting the same incident again changes nothing, but for what became of it. RetryableError
        if it could not be counted or the message not published.
        """
        grouped = self.bulks.find_grouped(incident.id)
        if verdict is None:
            return grouped
        if verdict is Verdict.SET_BY_OTHERS:
            edit = make_edit(incident, signal, verdict, self.clock.now())
            return grouped or self._digests.add(signal.actor, edit)
        if grouped is None:
            grouped = self._count(signal, make_edit(incident, signal, verdict, self.clock.now()))
        elif grouped.verdict != verdict:
            grouped = self._correct(grouped, verdict)
        if grouped is not None:
            self._alert_if_due(grouped.by, grouped.name)
        return grouped

    def _count(self, signal: Signal, edit: Edit) -> GroupedIncident | None:
        for _ in range(_TRIES):
            done, grouped = self._try_to_count(signal, edit)
            if done:
                return grouped
        raise RetryableError("other workers are counting edits under the same name")

    def _try_to_count(self, signal: Signal, edit: Edit) -> tuple[bool, GroupedIncident | None]:
        """Whether the edit was counted, and the bulk whose alert includes it."""
        limits = self.limits()
        windows = self.bulks.load_windows(list_names(signal.actor))
        for window in windows:
            if window.bulk is not None and accepts(window.bulk, edit, limits):
                return self._join(window, window.bulk, edit)
        changed: list[EditWindow] = []
        for window in windows:
            self._close_previous(window, edit)
            after = count_edit(window, edit, self.clock.now(), limits)
            if after != window:
                changed.append(after)
                if after.bulk is not None:
                    break
        if not changed:
            return True, None
        last, bulk = changed[-1], changed[-1].bulk
        # With the bulk that the edit has opened, if it has, go all that led to it.
        opened = [_make_grouped(last, bulk, item) for item in last.recent] if bulk else []
        accounts = [item.account_id for item in last.recent] if bulk else []
        if not self._save(*changed, members=accounts, grouped=opened):
            return False, None
        return True, _make_grouped(last, bulk, edit) if bulk else None

    def _join(self, window: EditWindow, bulk: Bulk, edit: Edit) -> tuple[bool, GroupedIncident | None]:
        wanted = list_members(bulk, edit)
        known = [member for member in wanted if self.bulks.is_in_bulk(bulk.key, member)]
        after = replace(window, bulk=join_edit(bulk, edit, self.clock.now(), known=known))
        grouped = _make_grouped(window, bulk, edit)
        new = [member for member in wanted if member not in known]
        return self._save(after, members=new, grouped=[grouped]), grouped

    def _close_previous(self, window: EditWindow, edit: Edit) -> None:
        """Another bulk may follow under this name: nobody would hear the end of the one that was."""
        bulk = window.bulk
        if bulk is None or edit.at < bulk.last_at:
            return
        if bulk.told_at is None or find_end(bulk) is not None:
            self.bus.publish_notice(self._make_notice(window.by, bulk, last=True), self.clock.now())

    def _correct(self, grouped: GroupedIncident, verdict: Verdict) -> GroupedIncident:
        """What became of an incident that had to wait when it was counted."""
        after = replace(grouped, verdict=str(verdict))
        for _ in range(_TRIES):
            [window] = self.bulks.load_windows([(grouped.by, grouped.name)])
            if window.bulk is None or window.bulk.key != grouped.bulk:
                return grouped
            bulk = change_verdict(window.bulk, before=grouped.verdict, after=after.verdict)
            if self._save(replace(window, bulk=bulk), grouped=[after]):
                return after
        return grouped

    def _alert_if_due(self, by: By, name: str) -> None:
        """Publish first, remember then: after a crash in between the same message is published again."""
        for _ in range(_TRIES):
            [window], now = self.bulks.load_windows([(by, name)]), self.clock.now()
            if window.bulk is None or not is_due(window.bulk, now):
                return
            self.bus.publish_notice(self._make_notice(by, window.bulk, last=False), now)
            if self._save(replace(window, bulk=mark_alerted(window.bulk, now, last=False))):
                return
        raise RetryableError("other workers are counting edits under the same name")

    def schedule_closing(self, grouped: GroupedIncident, delivery: Delivery) -> int | None:
        """Seconds after which this message is to come back to see whether the bulk is over.

        None if another message does. The message must have nothing else left to do. A copy of the one that
        does comes back, too: whichever of the two ends first is the end of both.
        """
        now = self.clock.now()
        if grouped.by is By.SET:
            # Each comes back for its own: they are few, and none is needed for another.
            self.bulks.schedule_closing(delivery.message_id, grouped.by, grouped.name, at=now)
            return self._digests.publish_if_due(grouped.name)
        for _ in range(_TRIES):
            [window] = self.bulks.load_windows([(grouped.by, grouped.name)])
            bulk = window.bulk
            ends_at = find_end(bulk)
            if bulk is None or ends_at is None:
                return None
            if (bulk.watched_until or now) > now:
                return _count_seconds(ends_at, now) if bulk.watched_by == delivery.message_id else None
            # First: after a crash in between the message comes back, and must know what for.
            self.bulks.schedule_closing(delivery.message_id, grouped.by, grouped.name, at=now)
            if self._save(_watch(window, bulk, ends_at + _GRACE, delivery)):
                return _count_seconds(ends_at, now)
        return None

    def close_if_quiet(self, by: By, name: str, delivery: Delivery) -> int | None:
        """Publish the last message of a bulk that has ended; else returns the seconds until the next look.

        A message that came back too often for another look publishes as well: an edit after that has
        a message of its own.
        """
        if by is By.SET:
            return self._digests.publish_if_due(name)
        for _ in range(_TRIES):
            [window], now = self.bulks.load_windows([(by, name)]), self.clock.now()
            bulk = window.bulk
            ends_at = find_end(bulk)
            if bulk is None or ends_at is None:
                return None
            if now < ends_at and delivery.receives < MOST_CHECKS:
                if self._save(_watch(window, bulk, ends_at + _GRACE, delivery)):
                    return _count_seconds(ends_at, now)
                continue
            self.bus.publish_notice(self._make_notice(by, bulk, last=True), now)
            after = replace(mark_alerted(bulk, now, last=True), watched_until=None, watched_by=None)
            if self._save(replace(window, bulk=after)):
                return None
        raise RetryableError("other workers are counting edits under the same name")

    @property
    def _digests(self) -> DigestWriter:
        return DigestWriter(bulks=self.bulks, bus=self.bus, clock=self.clock)

    def _save(
        self, *windows: EditWindow, members: Sequence[str] = (), grouped: Sequence[GroupedIncident] = ()
    ) -> bool:
        return self.bulks.save_windows(windows, at=self.clock.now(), members=members, grouped=grouped)

    def _make_notice(self, by: By, bulk: Bulk, *, last: bool) -> Notice:
        return make_bulk_notice(by, bulk, last=last, window=self.limits().window)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGroups:
    """Knows of what was counted, and counts nothing: for those who only finish what others began."""

    bulks: BulkMemory

    def record_edit(
        self,
        incident: Incident,
        signal: Signal,  # noqa: ARG002  # as `BulkDetector`
        verdict: Verdict | None,  # noqa: ARG002
    ) -> GroupedIncident | None:
        """The bulk whose alert includes the incident, if there is one; RetryableError."""
        return self.bulks.find_grouped(incident.id)


def find_parent_incident(grouped: GroupedIncident) -> str:
    """The incident id of the messages about a grouped incident."""
    kind = NoticeKind.CONTACTS_SET if grouped.by is By.SET else NoticeKind.BULK_EDIT
    return make_notice(kind, key=grouped.bulk, facts={}).incident_id


def _make_grouped(window: EditWindow, bulk: Bulk, edit: Edit) -> GroupedIncident:
    return GroupedIncident(
        incident_id=edit.incident_id, by=window.by, name=window.name, bulk=bulk.key, verdict=edit.verdict
    )


def _watch(window: EditWindow, bulk: Bulk, until: datetime, delivery: Delivery) -> EditWindow:
    return replace(window, bulk=replace(bulk, watched_until=until, watched_by=delivery.message_id))


def _count_seconds(then: datetime, now: datetime) -> int:
    return max(1, int((then - now).total_seconds()) + 1)
