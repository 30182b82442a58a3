"""Sends the messages of groups: one a minute, each line in one of them, and an end."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.contact.edits import was_followed, was_right_since
from rollcall.grouping.messages import (
    MOST_LINES,
    doubt_line,
    get_group_incident_id,
    is_doubted,
    make_group_notice,
    sort_lines,
)
from rollcall.grouping.model import (
    BULK,
    LONGEST,
    QUIET,
    Group,
    GroupKey,
    GroupKind,
    Line,
    Sending,
    Watch,
    Window,
)
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError, try_each
from rollcall.outcomes.verdicts import Verdict
from rollcall.timing import WORKERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.contact.record import ContactMemory, ContactRecord
    from rollcall.grouping.model import GroupMemory, GroupState
    from rollcall.ports import Clock, Delivery, OutcomeBus

#: Of all workers that change a group at the same time one succeeds at each try, and goes on to other work.
TRIES: Final = 2 * WORKERS
#: A worker that publishes a message needs no longer.
_PUBLISHES_WITHIN: Final = timedelta(seconds=30)
#: Lines of one message that has a file with all of them, and of one that has none: both fit an event.
_MOST_LINES: Final = 2000
_MOST_WITHOUT_FILE: Final = MOST_LINES
#: The window of what is too much at a time.
REST: Final = (GroupKind.REST, "all")


class LineFiles(Protocol):
    """Where the lines of a message are kept, for as long as the ledger keeps anything."""

    def record_lines(self, incident_id: str, update: int, lines: Sequence[Line]) -> str:
        """Keep them; returns the S3 URI of the file. RetryableError if they were not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMessages:
    """Sends what no message named yet. A message is claimed, published and only then remembered as sent."""

    groups: GroupMemory
    contacts: ContactMemory
    bus: OutcomeBus
    clock: Clock
    files: LineFiles

    def publish_first(self, key: GroupKey) -> None:
        """The first message of bulk edits and CRITICAL alerts leaves at once, all others with their minute.

        If it cannot be published now, it is when the message of its line comes back.
        """
        if key.kind not in (*BULK, GroupKind.CRITICAL):
            return
        with suppress(RetryableError):
            state = self.groups.load_group(key)
            if state.group is not None and state.group.published_at is None and state.unsent:
                self.publish_if_due(key)

    def publish_overdue(self) -> None:
        """Publish what messages of the queue should have come back for; RetryableError in the end."""
        try_each(self.publish_if_due, self.groups.list_open())

    def publish_if_due(self, key: GroupKey, delivery: Delivery | None = None) -> int | None:
        """Publish what is due of the group; seconds until this message looks again, None if never."""
        message_id = delivery.message_id if delivery else None
        for _ in range(TRIES):
            state, now = self.groups.load_group(key), self.clock.now()
            if state.group is None:
                return None
            wait = self._find_wait(state.group, state, message_id, now)
            if wait is not None:
                return wait
            if state.group.sending is None and not state.unsent and not _is_over(state.group, now):
                return self._find_next_report(state.group, message_id, now)
            if (rest := self._move_to_rest(state.group, state, now)) is not None:
                if message_id is not None:
                    self.groups.schedule(Watch(message_id=message_id, key=rest, only=True), at=now)
                return count_to_next_minute(now)
            group = self._claim(state.group, state, now)
            if group is not None and self._send(state, group, message_id):
                if key.kind in BULK and not group.ended:
                    return _count_seconds(now + QUIET, now)
                return self._find_next_report(group, message_id, now)
        raise RetryableError("other workers are publishing the same group")

    def _find_wait(
        self, group: Group, state: GroupState, message_id: str | None, now: datetime
    ) -> int | None:
        """Seconds until this message is to look again, None if something is due or nothing is left."""
        if group.sending is not None:
            return _count_seconds(group.sending.until, now) if now < group.sending.until else None
        if state.unsent:
            due = group.find_due(now)
            return _count_seconds(due, now) if now < due else None
        if not group.is_unfinished or message_id is None or group.published_at is None:
            return None
        over_at = group.published_at + QUIET
        if now >= over_at or group.closer not in (None, message_id):
            return None
        if group.closer is None:
            self.groups.save_group(replace(group, closer=message_id), at=now)
        return _count_seconds(over_at, now)

    @staticmethod
    def _find_next_report(group: Group, message_id: str | None, now: datetime) -> int | None:
        """Seconds until the message that waits for all reports of a principal looks for more of them."""
        takes_more = now - group.opened_at < LONGEST
        waits = group.key.kind is GroupKind.REPORTED and message_id is not None and takes_more
        return count_to_next_minute(now) if waits else None

    def _claim(self, group: Group, state: GroupState, now: datetime) -> Group | None:
        """The group with its next message under way, also an abandoned one; None if others were faster."""
        until = now + _PUBLISHES_WITHIN
        if group.sending is not None:
            return self._save_claim(replace(group, sending=replace(group.sending, until=until)), now)
        lines = self._judge_again(group, sort_lines(state.unsent)[:_MOST_LINES])
        file: str | None = None
        if lines:
            try:
                file = self.files.record_lines(get_group_incident_id(group.key), group.updates, lines)
            except RetryableError:
                # Then the message itself names each, and the next one the others.
                lines = lines[:_MOST_WITHOUT_FILE]
        verdicts = {line.incident_id: line.verdict for line in lines}
        sending = Sending(lines=verdicts, until=until, file=file, last=not lines)
        return self._save_claim(group.take(lines, sending), now)

    def _save_claim(self, claimed: Group, now: datetime) -> Group | None:
        saved = self.groups.save_group(claimed, at=now)
        return replace(claimed, version=claimed.version + 1) if saved else None

    def _send(self, state: GroupState, group: Group, message_id: str | None) -> bool:
        """Publish the message that is under way, then remember that: after a crash it is sent again.

        Lines are deleted only after the message was published: if some are gone, another worker published
        it. A copy must say the same, as channels drop it: what a line says by now is for the next message.
        """
        sending, now = group.sending, self.clock.now()
        if sending is None:
            return False
        if not sending.lines and not sending.last:
            return self.groups.save_group(replace(group, sending=None), at=now)
        claimed = sending.lines
        found = [line for line in state.unsent if line.incident_id in claimed]
        # It is stored as what it was said to be.
        doubted = {line.incident_id for line in found if is_doubted(line, claimed[line.incident_id])}
        lines = [
            line if line.incident_id in doubted else replace(line, verdict=claimed[line.incident_id])
            for line in found
        ]
        if len(lines) == len(claimed):
            left = self._list_left(state.left)
            shown = [doubt_line(line) if line.incident_id in doubted else line for line in lines]
            self.bus.publish_notice(make_group_notice(group, _mark_restored(shown, left), left), now)
        self.groups.mark_sent(group.key, lines, at=now)
        return self.groups.save_group(group.finish(self.clock.now(), by=message_id), at=now)

    def _judge_again(self, group: Group, lines: Sequence[Line]) -> Sequence[Line]:
        """The lines; of an edit that set the contact of the roster, if no other edit came at the same time.

        That edit's event came later, and its alert names this one: no message must say otherwise.
        """
        if group.key.kind is not GroupKind.SET:
            return lines
        records = self._load_records(lines)
        return [
            doubt_line(line)
            if line.verdict == Verdict.SET_BY_OTHERS
            and any(
                was_followed(records[line.account_id, ContactKind(kind)], line.incident_id)
                for kind in line.kinds
            )
            else line
            for line in lines
        ]

    def _load_records(self, lines: Sequence[Line]) -> Mapping[tuple[str, ContactKind], ContactRecord]:
        keys = dict.fromkeys((line.account_id, ContactKind(kind)) for line in lines for kind in line.kinds)
        return dict(zip(keys, self.contacts.load_each(list(keys)), strict=True))

    def _list_left(self, lines: Sequence[Line]) -> Sequence[Line]:
        """The lines of contacts that are left changed now: events and sweeps restore others meanwhile."""
        records = self._load_records(lines)
        return [
            line
            for line in lines
            if not line.kinds
            or not all(
                was_right_since(records[line.account_id, ContactKind(kind)], line.judged_at)
                for kind in line.kinds
            )
        ]

    def _move_to_rest(self, group: Group, state: GroupState, now: datetime) -> GroupKey | None:
        """The group that its lines were moved to if many alerts leave now, None if its message may leave."""
        movable = group.key.kind in (GroupKind.SET, GroupKind.REPORTED) and group.sending is None
        if not movable or not state.unsent:
            return None
        alert = f"{group.key.id}/{group.updates}"
        known = self.groups.load_known(alert, [REST], at=now)
        if known.admitted or (not known.full and self.groups.save_windows([], admitted=alert, at=now)):
            return None
        # Nobody may send meanwhile what is moved: lines that are gone would show that it was published.
        sending = Sending(lines={}, until=now + _PUBLISHES_WITHIN)
        claimed = self._save_claim(replace(group, sending=sending), now)
        if claimed is None:
            raise RetryableError("other workers are publishing the same group")
        moved: GroupKey | None = None
        for line in self._judge_again(group, state.unsent):
            moved = self.add_to_rest(line, self.groups.load_known(alert, [REST], at=now).windows[0])
            if moved is None:
                raise RetryableError("other workers are counting alerts at this time")
        self.groups.mark_sent(group.key, state.unsent, at=now)
        self.groups.save_group(replace(claimed, sending=None), at=now)
        return moved

    def add_to_rest(self, line: Line, window: Window) -> GroupKey | None:
        """Name the line in the next message about what is too much; None if another worker was faster."""
        now = self.clock.now()
        key = window.find_group(now)
        if key is not None:
            return key if self.groups.add_line(key, line, at=now) else None
        key = make_group_key(window.kind, window.name, line, now)
        opened = replace(window, group=key, opened_at=now)
        stored = self.groups.open_group(opened, Group(key=key, opened_at=now), [line], at=now)
        return key if stored else None


def _mark_restored(lines: Sequence[Line], left: Sequence[Line]) -> Sequence[Line]:
    """The lines, which say of contacts that were restored since that they were."""
    still = {line.incident_id for line in left}
    return [
        replace(line, left=False, reason="restored since then")
        if line.left and line.incident_id not in still
        else line
        for line in lines
    ]


def make_group_key(kind: GroupKind, name: str, line: Line, now: datetime) -> GroupKey:
    """The key of a new group: another one for each time that it is opened."""
    seed = f"{kind}/{name}/{now.isoformat()}/{line.incident_id}"
    return GroupKey(kind=kind, name=name, id=hashlib.sha256(seed.encode()).hexdigest()[:16])


def _is_over(group: Group, now: datetime) -> bool:
    """Whether the last message about bulk edits is due."""
    return group.is_unfinished and group.published_at is not None and now >= group.published_at + QUIET


def _count_seconds(then: datetime, now: datetime) -> int:
    return max(1, int((then - now).total_seconds()) + 1)


def count_to_next_minute(now: datetime) -> int:
    """Seconds until the next minute of the clock has begun."""
    return 61 - now.second
