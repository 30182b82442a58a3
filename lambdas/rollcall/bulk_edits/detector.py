"""Detects bulk edits: counts each edit, alerts once for the bulk in their place, and once more at its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.bulk_edits.counting import (
    became,
    counted,
    due,
    edit_of,
    joined,
    members,
    names_of,
    quiet_at,
    takes,
    told,
)
from rollcall.bulk_edits.model import MOST_LOOKS, PRINCIPALS_TOLD, By, Gathered
from rollcall.model.errors import RetryableError
from rollcall.outcomes.notices import Notice, NoticeKind, notice, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.bulk_edits.model import Bulk, BulkLimits, Bulks, Edit, Tally
    from rollcall.events.signal import Signal
    from rollcall.outcomes.outcome import Incident
    from rollcall.outcomes.verdicts import Verdict
    from rollcall.ports import Clock, Delivery, OutcomeBus

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


#: Two workers rarely want the same tally at the same time, and never five times in a row.
_TRIES: Final = 5
#: A message that is so much later than it promised is not relied on any more. Two that come do no harm.
_GRACE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    """Counts edits. All its memory is in the state table: any worker goes on where another ended."""

    bulks: Bulks
    bus: OutcomeBus
    clock: Clock
    limits: BulkLimits

    def gather(self, incident: Incident, signal: Signal, verdict: Verdict) -> Gathered | None:
        """Count an edit that people are to be told of; returns the bulk that tells of it, if there is one.

        Its first message has left by then. Counting the same incident again changes nothing, but for what
        became of it. RetryableError if it could not be counted or the message not published.
        """
        gathered = self.bulks.gathered(incident.id)
        if gathered is None:
            gathered = self._count(signal, edit_of(incident, signal, verdict, self.clock.now()))
        elif gathered.verdict != verdict:
            gathered = self._corrected(gathered, verdict)
        if gathered is not None:
            self._tell_if_due(gathered.by, gathered.name)
        return gathered

    def _count(self, signal: Signal, edit: Edit) -> Gathered | None:
        for _ in range(_TRIES):
            done, gathered = self._counted(signal, edit)
            if done:
                return gathered
        raise RetryableError("other workers are counting edits under the same name")

    def _counted(self, signal: Signal, edit: Edit) -> tuple[bool, Gathered | None]:
        """Whether the edit was counted, and the bulk that tells of it."""
        tallies = [self.bulks.tally(by, name) for by, name in names_of(signal.actor)]
        for tally in tallies:
            if tally.bulk is not None and takes(tally.bulk, edit, self.limits):
                return self._joined(tally, tally.bulk, edit)
        for tally in tallies:
            self._settle(tally, edit)
            after = counted(tally, edit, self.clock.now(), self.limits)
            if after == tally:
                continue
            # With the bulk that the edit has opened, if it has, go all that led to it.
            opened = [_gathered(after, after.bulk, item) for item in after.recent] if after.bulk else []
            accounts = [item.account_id for item in after.recent] if after.bulk else []
            if not self._save(after, members=accounts, gathered=opened):
                return False, None
            if after.bulk:
                return True, _gathered(after, after.bulk, edit)
        return True, None

    def _joined(self, tally: Tally, bulk: Bulk, edit: Edit) -> tuple[bool, Gathered | None]:
        wanted = members(bulk, edit)
        known = [member for member in wanted if self.bulks.in_bulk(bulk.key, member)]
        after = replace(tally, bulk=joined(bulk, edit, self.clock.now(), known=known))
        gathered = _gathered(tally, bulk, edit)
        new = [member for member in wanted if member not in known]
        return self._save(after, members=new, gathered=[gathered]), gathered

    def _settle(self, tally: Tally, edit: Edit) -> None:
        """Another bulk may follow under this name: nobody would hear the end of the one that was."""
        bulk = tally.bulk
        if bulk is None or edit.at < bulk.last_at:
            return
        if bulk.told_at is None or quiet_at(bulk) is not None:
            self.bus.publish_notice(self._notice(tally.by, bulk, last=True), self.clock.now())

    def _corrected(self, gathered: Gathered, verdict: Verdict) -> Gathered:
        """What became of an incident that had to wait when it was counted."""
        after = replace(gathered, verdict=str(verdict))
        for _ in range(_TRIES):
            tally = self.bulks.tally(gathered.by, gathered.name)
            if tally.bulk is None or tally.bulk.key != gathered.bulk:
                return gathered
            bulk = became(tally.bulk, before=gathered.verdict, after=after.verdict)
            if self._save(replace(tally, bulk=bulk), gathered=[after]):
                return after
        return gathered

    def _tell_if_due(self, by: By, name: str) -> None:
        """Tell first, remember then: a crash in between tells the same once more, and nobody twice."""
        for _ in range(_TRIES):
            tally, now = self.bulks.tally(by, name), self.clock.now()
            if tally.bulk is None or not due(tally.bulk, now):
                return
            self.bus.publish_notice(self._notice(by, tally.bulk, last=False), now)
            if self._save(replace(tally, bulk=told(tally.bulk, now, last=False))):
                return
        raise RetryableError("other workers are counting edits under the same name")

    def watch(self, gathered: Gathered, delivery: Delivery) -> int | None:
        """Seconds after which this message is to come back to see whether the bulk is over.

        None if another message does. The message must have nothing else left to do.
        """
        now = self.clock.now()
        for _ in range(_TRIES):
            tally = self.bulks.tally(gathered.by, gathered.name)
            bulk = tally.bulk
            ends_at = quiet_at(bulk)
            if bulk is None or ends_at is None or (bulk.watched_until or now) > now:
                return None
            # First: after a crash in between the message comes back, and must know what for.
            self.bulks.watch(delivery.message_id, gathered.by, gathered.name, at=now)
            if self._save(replace(tally, bulk=replace(bulk, watched_until=ends_at + _GRACE))):
                return _seconds(ends_at, now)
        return None

    def look(self, by: By, name: str, delivery: Delivery) -> int | None:
        """See whether a bulk is over, and tell; else returns the seconds until the next look.

        A message that came back too often for another look tells as well: an edit after that is watched by
        its own message.
        """
        for _ in range(_TRIES):
            tally, now = self.bulks.tally(by, name), self.clock.now()
            bulk = tally.bulk
            ends_at = quiet_at(bulk)
            if bulk is None or ends_at is None:
                return None
            if now < ends_at and delivery.receives < MOST_LOOKS:
                if self._save(replace(tally, bulk=replace(bulk, watched_until=ends_at + _GRACE))):
                    return _seconds(ends_at, now)
                continue
            self.bus.publish_notice(self._notice(by, bulk, last=True), now)
            after = replace(told(bulk, now, last=True), watched_until=None)
            if self._save(replace(tally, bulk=after)):
                return None
        raise RetryableError("other workers are counting edits under the same name")

    def _save(self, tally: Tally, *, members: Sequence[str] = (), gathered: Sequence[Gathered] = ()) -> bool:
        return self.bulks.save_tally(tally, at=self.clock.now(), members=members, gathered=gathered)

    def _notice(self, by: By, bulk: Bulk, *, last: bool) -> Notice:
        return bulk_notice(by, bulk, last=last, window=self.limits.window)


def notice_id(gathered: Gathered) -> str:
    """The incident id of the messages that tell of a gathered incident."""
    return told_with(gathered.bulk)


def _gathered(tally: Tally, bulk: Bulk, edit: Edit) -> Gathered:
    return Gathered(
        incident_id=edit.incident_id, by=tally.by, name=tally.name, bulk=bulk.key, verdict=edit.verdict
    )


def _seconds(then: datetime, now: datetime) -> int:
    return max(1, int((then - now).total_seconds()) + 1)
