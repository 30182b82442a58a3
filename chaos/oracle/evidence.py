"""What happened in a story, sorted: edits, our own calls with their intents, records, alerts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.cloud import is_change
from chaos.oracle.calls import find_contact, read_values
from chaos.scheduler import START
from chaos.setting import LEDGER
from chaos.wants import Want, compute_digest, find_want

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.fakes.account import Contact, Values
    from chaos.fakes.cloud import Call
    from chaos.fakes.s3 import Stored
    from chaos.setting import Control, Delivery, Published
    from chaos.story import Action
    from chaos.world import World

SEVERITIES: Final = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_KEY: Final = re.compile(r"ledger/(\d{12})/\d{4}/\d\d/\d\d/([^/]+)/(\w+)\.json")


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant: its name, when it showed (seconds of the story), and what is wrong."""

    name: str
    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A call of a person on a contact, with its deliveries."""

    action: Action
    call: Call
    deliveries: Sequence[Delivery]
    before: Values | None

    @property
    def contact(self) -> Contact:
        """Whose contact, and which."""
        return self.action.account, self.action.kind

    @property
    def event_ids(self) -> frozenset[str]:
        """Ids of its records that were delivered."""
        return frozenset(delivery.event_id for delivery in self.deliveries)

    @property
    def values(self) -> Values | None:
        """What it set, None for a delete."""
        return read_values(self.call)

    def describe(self) -> str:
        """For a printed violation."""
        what = "deletes" if self.values is None else f"sets to {self.values[2]}"
        return f"{self.call.process}: {self.action.who} {what} {self.action.account} {self.action.kind}"


@dataclass(slots=True)
class Record:
    """What the ledger holds of one intent: its documents by name, and when each was put."""

    id: str
    account: str
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    puts: dict[str, Stored] = field(default_factory=dict)
    #: Calls that were made under it.
    calls: list[Call] = field(default_factory=list)
    #: When it first stood in the state table.
    opened_at: float | None = None

    @property
    def kind(self) -> str:
        """Which contact."""
        return str(self.documents["intent"]["kind"]) if "intent" in self.documents else ""

    @property
    def verdict(self) -> str:
        """How it ended."""
        return read_ending(self.documents.get("outcome", {}))


@dataclass(frozen=True, slots=True)
class Text:
    """One alert that was sent."""

    time: float
    subject: str
    text: str
    attributes: Mapping[str, str]

    @property
    def severity(self) -> int:
        """From 0 for INFO to 4 for CRITICAL."""
        return SEVERITIES.index(self.attributes["severity"])

    @property
    def is_notice(self) -> bool:
        """Whether it is not about one event."""
        return self.attributes.get("verdict") == "notice"


class Evidence:
    """All of it, of one story."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.story = world.story
        self.names = world.names
        self.account = world.cloud.account
        self.control = world.list_control()

    @property
    def published(self) -> Sequence[Published]:
        """What the outcome bus took, in its order."""
        return self.world.published

    @property
    def calls(self) -> Sequence[Call]:
        """All attempts at calls."""
        return self.world.cloud.calls

    @cached_property
    def own_calls(self) -> Sequence[Call]:
        """Our own attempts at writing contacts."""
        return [call for call in self.calls if call.function and is_change(call)]

    @cached_property
    def edits(self) -> Sequence[Edit]:
        """What people did to contacts."""
        found = []
        for action, call in self.world.people:
            if call is not None:
                deliveries = [one for one in self.world.deliveries if one.call is call]
                before = self.account.read(action.account, action.kind, call.sent_at - 1e-6)
                found.append(Edit(action, call, deliveries, before))
        return found

    @cached_property
    def records(self) -> Mapping[str, Record]:
        """The ledger, by intent id."""
        found: dict[str, Record] = {}
        for stored in self.world.cloud.buckets.puts:
            match = _KEY.fullmatch(stored.key) if stored.bucket == LEDGER else None
            if match is None:
                continue
            record = found.setdefault(match[2], Record(match[2], match[1]))
            if match[3] not in record.puts:
                record.documents[match[3]] = json.loads(stored.body)
                record.puts[match[3]] = stored
        self._add_calls(found)
        self._add_openings(found)
        return found

    @cached_property
    def by_call(self) -> Mapping[str, Record]:
        """Of our own calls, by request id, the record that they were made under."""
        return {call.request_id: record for record in self.records.values() for call in record.calls}

    @cached_property
    def texts(self) -> Sequence[Text]:
        """Alerts, in their order."""
        return [
            Text(
                time=call.made_at or call.sent_at,
                subject=call.given.get("Subject", ""),
                text=call.given["Message"],
                attributes={
                    name: value["StringValue"] for name, value in call.given["MessageAttributes"].items()
                },
            )
            for call in self.world.cloud.texts
        ]

    @cached_property
    def incidents(self) -> Sequence[Published]:
        """Incident documents that the bus took."""
        return [item for item in self.published if item.kind == "Rollcall Incident"]

    @cached_property
    def outcomes(self) -> Sequence[Published]:
        """Outcome documents that the bus took."""
        return [item for item in self.published if item.kind == "Rollcall Outcome"]

    @cached_property
    def notices(self) -> Sequence[Published]:
        """Notices that the bus took."""
        return [item for item in self.published if item.kind == "Rollcall Notice"]

    @property
    def story_end(self) -> float:
        """When the day without faults begins."""
        return START + self.story.end

    def find_control(self, time: float) -> Control:
        """The pause and the approved roster at a moment."""
        return next(item for item in reversed(self.control) if item.time <= time)

    def list_wants(self, contact: Contact) -> list[Want]:
        """What every roster that was ever approved asks of a contact."""
        approved = {item.approved for item in self.control}
        return [
            find_want(roster, contact[0], self.names[contact[0]], contact[1])
            for roster in self.story.rosters
            if compute_digest(roster) in approved
        ]

    def find_want(self, digest: str | None, contact: Contact) -> Want | None:
        """What the roster of this digest asks of a contact."""
        for roster in self.story.rosters:
            if compute_digest(roster) == digest:
                return find_want(roster, contact[0], self.names[contact[0]], contact[1])
        return None

    def was_changed(self, contact: Contact, start: float, end: float) -> bool:
        """Whether somebody else changed the contact within that time."""
        return any(
            edit.contact == contact and edit.call.made_at is not None and start <= edit.call.made_at <= end
            for edit in self.edits
        )

    def find_violation(self, name: str, time: float, text: str) -> Violation:
        """A violation at a moment of the scheduler's clock."""
        return Violation(name, time - START, text)

    def _add_calls(self, found: Mapping[str, Record]) -> None:
        for call in self.own_calls:
            under = self._find_record(call, found)
            if under is not None:
                under.calls.append(call)

    def _find_record(self, call: Call, found: Mapping[str, Record]) -> Record | None:
        """By the intent's id that the call carries, else what its worker recorded last for the contact."""
        for id_, known in found.items():
            if id_ in call.user_agent:
                return known
        contact = find_contact(self, call)
        mine = [
            record
            for put in self._find_intent_puts(call)
            if (record := found.get(put)) and (record.account, record.kind) == contact
        ]
        return mine[-1] if mine else None

    def _find_intent_puts(self, call: Call) -> Iterator[str]:
        for other in self.calls:
            if other is call:
                return
            if other.process == call.process and other.service == "s3" and other.operation == "PutObject":
                match = _KEY.fullmatch(other.given["Key"])
                if match and match[3] == "intent":
                    yield match[2]

    def _add_openings(self, found: Mapping[str, Record]) -> None:
        if not found:
            return
        pattern = re.compile("|".join(map(re.escape, found)))
        for time, _, _, item in self.world.cloud.table.writes:
            for id_ in pattern.findall(str(item)) if item else ():
                if found[id_].opened_at is None:
                    found[id_].opened_at = time


def read_ending(document: Mapping[str, Any]) -> str:
    """How a record of the ledger says that a write ended."""
    return str(document.get("state") or document.get("verdict") or "")
