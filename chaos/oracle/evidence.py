"""What happened in a story, sorted: edits, our own calls with their intents, records, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.cloud import is_change
from chaos.fakes.organizations import Member
from chaos.oracle.calls import read_values
from chaos.oracle.records import read_records
from chaos.scheduler import START
from chaos.setting import UNITS
from chaos.wants import Want, compute_digest, find_want

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.fakes.account import Contact, Values
    from chaos.fakes.cloud import Call
    from chaos.oracle.records import Record
    from chaos.setting import Control, Delivery, Published
    from chaos.story import Action
    from chaos.world import World

SEVERITIES: Final = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")


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


@dataclass(frozen=True, slots=True)
class Text:
    """One alert that was sent by an invocation."""

    time: float
    process: str
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
        return read_records(self)

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
                process=call.process,
                subject=call.given.get("Subject", ""),
                text=call.given["Message"],
                attributes={
                    name: value["StringValue"] for name, value in call.given["MessageAttributes"].items()
                },
            )
            for call in self.world.cloud.texts
        ]

    @cached_property
    def sent(self) -> Sequence[tuple[Published, Text]]:
        """What was published, with the text that it led to: a channel drops what it has sent before."""
        found = []
        for number, item in enumerate(self.published, start=1):
            id_ = item.document["incident_id"]
            found += [
                (item, text)
                for text in self._texts_by_incident.get(id_, ())
                if f"n{number}:{id_}!" in text.process
            ]
        return found

    @cached_property
    def _texts_by_incident(self) -> Mapping[str, Sequence[Text]]:
        found: dict[str, list[Text]] = {}
        for text in self.texts:
            found.setdefault(text.attributes["incident"], []).append(text)
        return found

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

    @cached_property
    def groups(self) -> Sequence[Published]:
        """Messages of groups of alerts, which have lines."""
        return [item for item in self.notices if "lines" in item.document["facts"]]

    @property
    def story_end(self) -> float:
        """When the day without faults begins."""
        return START + self.story.end

    def find_control(self, time: float) -> Control:
        """The pause and the approved roster at a moment."""
        return next(item for item in reversed(self.control) if item.time <= time)

    def find_deployed(self, time: float) -> Mapping[str, Any]:
        """The roster that is deployed at a moment."""
        deployed = [action for action, _ in self.world.people if action.do == "deploy"]
        numbers = [int(action.value or 0) for action in deployed if START + action.at <= time]
        return self.story.rosters[[0, *numbers][-1]]

    def list_wants(self, contact: Contact) -> list[Want]:
        """What every roster that was ever approved asks of a contact."""
        approved = {item.approved for item in self.control}
        return [
            find_want(roster, member, contact[1])
            for roster in self.story.rosters
            if compute_digest(roster) in approved
            for _, member in self.list_places(contact[0])
        ]

    def find_want(self, digest: str | None, contact: Contact, at: float | None = None) -> Want | None:
        """What the roster of this digest asks of a contact at this moment, in the end if none is given."""
        places = self.list_places(contact[0])
        member = next((one for time, one in reversed(places) if at is None or time <= at), places[0][1])
        for roster in self.story.rosters:
            if compute_digest(roster) == digest:
                return find_want(roster, member, contact[1])
        return None

    def find_closing(self, account: str, at: float | None = None) -> float | None:
        """When the account was closed, None if it is not at this moment; in the end if none is given."""
        closed: float | None = None
        for time, member in self.list_places(account):
            if at is not None and at < time:
                break
            active = member.state == "ACTIVE"
            closed = None if active else closed or time
        return closed

    def may_be_blocked(self, account: str, start: float, end: float) -> bool:
        """Whether at some moment from start to end an entry of the roster that matched the account was lost.

        Its unit had another name. Or no active account carried the tag that this one had lost: then the last
        one is blocked, or those who lost it at about the same time.
        """
        if any(left < end and start < back for left, back in self.list_renamed(account)):
            return True
        moments = [end, *(time for places in self.world.places.values() for time, _ in places)]
        return any(
            self._has_lost_tag(account, moment) and not self._list_carriers(moment)
            for moment in moments
            if start <= moment <= end
        )

    def list_renamed(self, account: str) -> Sequence[tuple[float, float]]:
        """From when to when the account was in a unit that the roster names, and that had another name."""
        named = {override.get("ou") for roster in self.story.rosters for override in roster["overrides"]}
        places = [*self.list_places(account), (float("inf"), None)]
        names = [item for item in self.world.renames if UNITS[item[1]] in named]
        found = []
        for (time, unit, name), (until, *_) in pairwise([*names, (float("inf"), "", "")]):
            for (came, member), (went, _) in pairwise(places):
                if name != UNITS[unit] and member is not None and unit in member.units:
                    found.append((max(time, came), min(until, went)))
        return [(left, back) for left, back in found if left < back]

    def _has_lost_tag(self, account: str, at: float) -> bool:
        before = [member.tags for time, member in self.list_places(account) if time <= at]
        return any(before) and not before[-1]

    def _list_carriers(self, at: float) -> Sequence[str]:
        """The active accounts that carry the tag at this moment."""
        found = ((account, self.list_places(account)) for account in self.world.places)
        last = {id_: [member for time, member in places if time <= at][-1] for id_, places in found}
        return [id_ for id_, member in last.items() if member.tags and member.state == "ACTIVE"]

    def list_places(self, account: str) -> Sequence[tuple[float, Member]]:
        """The account from each moment on at which it changed."""
        member = self.world.cloud.organization.members.get(account) or Member(account, self.names[account])
        return self.world.places.get(account, [(0.0, member)])

    def was_changed(self, contact: Contact, start: float, end: float) -> bool:
        """Whether somebody else changed the contact within that time."""
        return any(
            edit.contact == contact and edit.call.made_at is not None and start <= edit.call.made_at <= end
            for edit in self.edits
        )

    def find_violation(self, name: str, time: float, text: str) -> Violation:
        """A violation at a moment of the scheduler's clock."""
        return Violation(name, time - START, text)
