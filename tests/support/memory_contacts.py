"""The ports of contacts and incidents in memory; they keep JSON, as the table does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rollcall.contact.record import ContactRecord
from rollcall.model.errors import IntentBusyError, WritesHaltedError
from rollcall.publish.incidents import AlertedIncident, AlertStage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.control.pauses import Pause
    from rollcall.decide.intent import OpenIntent
    from rollcall.model.contact import ContactKind
    from tests.support.memory import Faults


@dataclass
class MemoryContacts:
    """Keeps JSON, as the table does; `intents` shows those that are open."""

    faults: Faults
    approved: str | None = None
    paused: bool = False
    pause: Pause | None = None
    records: dict[tuple[str, ContactKind], tuple[int, str]] = field(default_factory=dict)

    def load(self, account_id: str, kind: ContactKind) -> ContactRecord:
        self.faults("state.load")
        return self.read(account_id, kind)

    def load_each(self, keys: Sequence[tuple[str, ContactKind]]) -> list[ContactRecord]:
        self.faults("state.load_each")
        return [self.read(*key) for key in keys]

    def read(self, account_id: str, kind: ContactKind) -> ContactRecord:
        """As tests look at it."""
        if (account_id, kind) not in self.records:
            return ContactRecord(account_id=account_id, kind=kind)
        version, document = self.records[account_id, kind]
        return replace(ContactRecord.from_document(json.loads(document)), version=version)

    def save(self, record: ContactRecord, *, at: datetime) -> bool:  # noqa: ARG002  # memory forgets nothing
        before = self.read(record.account_id, record.kind)
        step = "state.close_intent" if before.intent and not record.intent else "state.save"
        self.faults(step)
        if self.read(record.account_id, record.kind).version != record.version:
            return False
        self.store(record)
        self.faults(f"{step}.after")
        return True

    def open_intent(self, record: ContactRecord, *, at: datetime) -> None:
        assert record.intent is not None
        self.faults("state.open_intent")
        if self.is_paused(at) or self.approved != record.intent.roster_digest:
            raise WritesHaltedError("writes were paused or another roster was approved")
        if self.read(record.account_id, record.kind).version != record.version:
            raise IntentBusyError("another worker is at this contact or at the control item")
        self.store(record)
        self.faults("state.open_intent.after")

    def is_paused(self, now: datetime) -> bool:
        """In whole seconds, as the table has them."""
        return self.paused and (
            self.pause is None or int(now.timestamp()) < int(self.pause.until.timestamp())
        )

    def list_pending(self) -> list[ContactRecord]:
        self.faults("state.list_pending")
        found = [self.read(*key) for key in sorted(self.records)]
        return [record for record in found if record.is_pending]

    def list_edited(self) -> list[ContactRecord]:
        self.faults("state.list_edited")
        found = [self.read(*key) for key in sorted(self.records)]
        return [record for record in found if record.is_pending or record.edits]

    @property
    def intents(self) -> dict[tuple[str, ContactKind], OpenIntent]:
        found = {key: self.read(*key).intent for key in self.records}
        return {key: intent for key, intent in found.items() if intent is not None}

    @property
    def restored(self) -> dict[tuple[str, ContactKind], int]:
        """How many writes each contact's record remembers."""
        return {key: len(writes) for key in self.records if (writes := self.read(*key).writes)}

    def store(self, record: ContactRecord) -> None:
        """As another worker does, whatever is there."""
        key = (record.account_id, record.kind)
        self.records[key] = (record.version + 1, json.dumps(record.as_document()))


@dataclass
class MemoryIncidents:
    faults: Faults
    alerted_incidents: dict[str, AlertedIncident] = field(default_factory=dict)
    units: dict[str, set[str]] = field(default_factory=dict)

    def load_incident(self, incident_id: str) -> AlertedIncident | None:
        self.faults("state.load_incident")
        return self.alerted_incidents.get(incident_id)

    def save_incident(self, incident: AlertedIncident, *, at: datetime) -> bool:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.save_incident")
        order, known = list(AlertStage), self.alerted_incidents.get(incident.id)
        if known is not None and order.index(known.stage) >= order.index(incident.stage):
            return False
        self.alerted_incidents[incident.id] = incident
        self.faults("state.save_incident.after")
        return True

    def list_unfinished(self) -> list[AlertedIncident]:
        return [one for one in self.alerted_incidents.values() if one.stage is not AlertStage.CLOSED]

    def mark_done(self, incident_id: str, account_id: str, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.units.setdefault(incident_id, set()).add(account_id)

    def list_done(self, incident_id: str) -> frozenset[str]:
        return frozenset(self.units.get(incident_id, ()))
