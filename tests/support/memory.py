"""The ports of the core in memory. `tests/adapters/test_memories.py` holds them to the real tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rollcall.adapters.alerted_table import CLAIM_SECONDS
from rollcall.control import Control
from rollcall.documents import incident_document, outcome_documents
from rollcall.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError
from rollcall.notices import notice_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rollcall.alerts import Alert
    from rollcall.contacts import ContactKind
    from rollcall.intents import Intent
    from rollcall.notices import Notice
    from rollcall.outcomes import Incident, Outcome


class Crash(BaseException):
    """The process was killed: nothing may catch it."""


@dataclass
class Faults:
    """Makes a named step fail: raises what is planned for it, once for each entry."""

    planned: dict[str, list[BaseException]] = field(default_factory=dict)

    def plan(self, step: str, error: BaseException, times: int = 1) -> None:
        self.planned.setdefault(step, []).extend([error] * times)

    def __call__(self, step: str) -> None:
        if self.planned.get(step):
            raise self.planned[step].pop(0)


@dataclass
class MemoryState:
    faults: Faults
    approved: str | None = None
    paused: bool = False
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    intents: dict[tuple[str, ContactKind], Intent] = field(default_factory=dict)
    requests: set[str] = field(default_factory=set)
    claims: dict[tuple[str, ContactKind, str], tuple[str, str | None]] = field(default_factory=dict)
    opened_incidents: set[str] = field(default_factory=set)
    restored: dict[tuple[str, ContactKind], datetime] = field(default_factory=dict)

    def control(self) -> Control:
        self.faults("state.control")
        return Control(approved=self.approved, paused=self.paused)

    def approved_document(self, digest: str) -> Mapping[str, Any]:
        if digest not in self.documents:
            raise RetryableError("the approved roster is not in the state table")
        return self.documents[digest]

    def approve(self, *, digest: str, document: Mapping[str, Any], by: str, at: datetime) -> None:  # noqa: ARG002  # memory keeps no names
        self.documents[digest] = document
        self.approved = digest

    def set_paused(self, *, paused: bool, by: str, reason: str, at: datetime) -> None:  # noqa: ARG002  # memory keeps no names
        self.faults("state.set_paused")
        self.paused = paused

    def open_intents(self, account_id: str) -> list[Intent]:
        self.faults("state.open_intents")
        return [intent for (account, _), intent in self.intents.items() if account == account_id]

    def open_intent(self, intent: Intent) -> None:
        self.faults("state.open_intent")
        if self.paused or self.approved != intent.roster_digest:
            raise WritesHaltedError("writes were paused or another roster was approved")
        if (intent.signal.account_id, intent.kind) in self.intents:
            raise IntentBusyError("another worker is writing this contact")
        self.intents[intent.signal.account_id, intent.kind] = intent
        self.faults("state.open_intent.after")

    def record_request(self, intent: Intent, request_id: str, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.record_request")
        self.requests.add(request_id)
        key = (intent.signal.account_id, intent.kind)
        if key in self.intents and self.intents[key].id == intent.id:
            self.intents[key] = replace(intent, request_id=request_id)
        self.faults("state.record_request.after")

    def remember_call(self, intent: Intent, request_id: str, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.requests.add(request_id)

    def mark_opened(self, incident_id: str, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.opened_incidents.add(incident_id)

    def opened(self, incident_id: str) -> bool:
        return incident_id in self.opened_incidents

    def mark_restored(self, intent: Intent, *, at: datetime) -> None:
        self.restored[intent.signal.account_id, intent.kind] = at
        self.faults("state.mark_restored.after")

    def restored_at(self, account_id: str, kind: ContactKind) -> datetime | None:
        return self.restored.get((account_id, kind))

    def close_intent(self, intent: Intent, *, claimable: bool, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.close_intent")
        key = (intent.signal.account_id, intent.kind)
        if claimable:
            self.claims.setdefault((*key, intent.id), (intent.signal.event.key, None))
        if key in self.intents and self.intents[key].id == intent.id:
            del self.intents[key]

    def own_write(self, request_id: str) -> bool:
        return request_id in self.requests

    def claim_write(self, account_id: str, kind: ContactKind, *, event_key: str, at: datetime) -> bool:  # noqa: ARG002  # memory forgets nothing
        free = [
            (key, undid)
            for key, (undid, claimed_by) in self.claims.items()
            if key[:2] == (account_id, kind) and undid != event_key and claimed_by in (None, event_key)
        ]
        # The one that this event has claimed before goes first.
        free.sort(key=lambda item: self.claims[item[0]][1] != event_key)
        for key, undid in free[:1]:
            self.claims[key] = (undid, event_key)
        return bool(free)


@dataclass
class MemoryMatches:
    ous: set[tuple[str, str]] = field(default_factory=set)
    carriers: set[tuple[str, str]] = field(default_factory=set)

    def units(self) -> dict[str, frozenset[str]]:
        paths = {path for path, _ in self.ous}
        return {path: frozenset(ou for known, ou in self.ous if known == path) for path in paths}

    def add_unit(self, path: str, ou_id: str) -> None:
        self.ous.add((path, ou_id))

    def forget_unit(self, path: str, ou_id: str) -> None:
        self.ous.discard((path, ou_id))

    def tagged(self, tag: str, account_id: str) -> bool:
        return (tag, account_id) in self.carriers

    def others_tagged(self, tag: str, account_id: str) -> bool:
        return any(known == tag and carrier != account_id for known, carrier in self.carriers)

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        change = self.carriers.add if carries else self.carriers.discard
        change((tag, account_id))


@dataclass
class MemoryLedger:
    faults: Faults
    intents: dict[str, Intent] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def intent(self, intent: Intent) -> None:
        self.faults("ledger.intent")
        self.intents.setdefault(intent.id, intent)
        self.faults("ledger.intent.after")

    def outcome(self, intent: Intent, outcome: Outcome, at: datetime) -> None:  # noqa: ARG002  # the real one writes it down
        self.faults("ledger.outcome")
        self.outcomes.setdefault(intent.id, outcome)
        self.faults("ledger.outcome.after")

    def refuse(self, times: int = 1_000_000) -> None:
        refused = RecordRefusedError("the ledger refused the record")
        self.faults.plan("ledger.intent", refused, min(times, 1000))


@dataclass
class MemoryBus:
    faults: Faults
    management_account: str
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    listener: Callable[[dict[str, Any]], object] | None = None

    def publish_notice(self, notice: Notice, at: datetime) -> None:
        self.faults("bus.publish_notice")
        self.notices.append(notice_document(notice, at=at))

    def publish(self, incident: Incident, at: datetime) -> None:
        self.faults("bus.publish")
        told = incident_document(incident, management_account=self.management_account, at=at)
        self.outcomes += outcome_documents(incident, management_account=self.management_account, at=at)
        if told is not None:
            self.incidents.append(told)
            if self.listener is not None:
                self.listener({"detail": told})
        self.faults("bus.publish.after")


@dataclass
class MemoryAlerted:
    faults: Faults
    told: dict[tuple[str, str, str], tuple[str, datetime]] = field(default_factory=dict)

    def claim(self, alert: Alert, now: datetime) -> bool:
        key = (alert.incident_id, alert.stage, alert.content)
        others = {known[1] for known in self.told if known[0] == alert.incident_id and known != key}
        if not alert.content and "closed" in others:
            return False
        opened = self.told.get((alert.incident_id, "open", ""))
        if alert.closes_only and (opened is None or opened[0] != "sent"):
            raise RetryableError("the opening of this incident is still under way")
        status, since = self.told.get(key, (None, now))
        if status == "sent":
            return False
        if status == "claimed" and (now - since).total_seconds() <= CLAIM_SECONDS:
            raise RetryableError("another worker is sending this alert")
        self.told[key] = ("claimed", now)
        return True

    def sent(self, alert: Alert, now: datetime) -> None:
        self.faults("alerted.sent")
        self.told[alert.incident_id, alert.stage, alert.content] = ("sent", now)


@dataclass
class MemoryTopic:
    faults: Faults
    alerts: list[Alert] = field(default_factory=list)

    def publish(self, alert: Alert) -> None:
        self.faults("topic.publish")
        self.alerts.append(alert)
        self.faults("topic.publish.after")
