"""The ports of bulk edits and standoffs in memory; they keep JSON, as the table does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollcall.bulk_edits.model import EditWindow, GroupedIncident
from rollcall.repeated_edits.rules import Release, RepeatedEdits

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from rollcall.bulk_edits.model import By
    from rollcall.model.contact import ContactKind
    from rollcall.publish.known_drift import KnownDrift
    from tests.support.memory import Faults


@dataclass
class MemoryBulks:
    faults: Faults
    tallies: dict[tuple[By, str], tuple[int, str]] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    gathered_incidents: dict[str, GroupedIncident] = field(default_factory=dict)
    watches: dict[str, set[tuple[By, str]]] = field(default_factory=dict)

    def load_window(self, by: By, name: str) -> EditWindow:
        self.faults("state.load_window")
        if (by, name) not in self.tallies:
            return EditWindow(by=by, name=name)
        version, document = self.tallies[by, name]
        return EditWindow.from_document(json.loads(document), by=by, name=name, version=version)

    def is_in_bulk(self, bulk: str, member: str) -> bool:
        return (bulk, member) in self.members

    def find_grouped(self, incident_id: str) -> GroupedIncident | None:
        return self.gathered_incidents.get(incident_id)

    def save_window(
        self,
        tally: EditWindow,
        *,
        at: datetime,  # noqa: ARG002  # memory forgets nothing
        members: Collection[str] = (),
        gathered: Sequence[GroupedIncident] = (),
    ) -> bool:
        self.faults("state.save_window")
        if self.tallies.get((tally.by, tally.name), (0,))[0] != tally.version:
            return False
        self.tallies[tally.by, tally.name] = (tally.version + 1, json.dumps(tally.as_document()))
        bulk = tally.bulk.key if tally.bulk else ""
        self.members |= {(bulk, member) for member in members}
        self.gathered_incidents |= {one.incident_id: one for one in gathered}
        self.faults("state.save_window.after")
        return True

    def schedule_closing(self, message_id: str, by: By, name: str, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.schedule_closing")
        self.watches.setdefault(message_id, set()).add((by, name))
        self.faults("state.schedule_closing.after")

    def find_scheduled(self, message_id: str) -> list[tuple[By, str]]:
        return sorted(self.watches.get(message_id, ()))


@dataclass
class MemoryKnownDrift:
    faults: Faults
    told_of: dict[tuple[str, ContactKind], KnownDrift] = field(default_factory=dict)

    def remember_drift(self, announced: KnownDrift) -> None:
        self.faults("state.remember_drift")
        self.told_of[announced.account_id, announced.kind] = announced

    def forget_drift(self, account_id: str, kind: ContactKind) -> None:
        self.faults("state.forget_drift")
        self.told_of.pop((account_id, kind), None)

    def list_known_drift(self) -> list[KnownDrift]:
        self.faults("state.list_known_drift")
        return [self.told_of[key] for key in sorted(self.told_of)]

    def resolve_drift(self, announced: KnownDrift) -> None:
        self.faults("state.resolve_drift")
        key = (announced.account_id, announced.kind)
        if key in self.told_of and self.told_of[key].at == announced.at:
            del self.told_of[key]

    def refine_drift(self, announced: KnownDrift) -> None:
        self.faults("state.refine_drift")
        key = (announced.account_id, announced.kind)
        if announced.found is not None and key in self.told_of and self.told_of[key].at == announced.at:
            self.told_of[key] = announced


@dataclass
class MemoryRepeatedEdits:
    faults: Faults
    kept_standoffs: dict[tuple[str, ContactKind], tuple[int, str]] = field(default_factory=dict)

    def load_repeated(self, account_id: str, kind: ContactKind) -> RepeatedEdits:
        self.faults("state.load_repeated")
        if (account_id, kind) not in self.kept_standoffs:
            return RepeatedEdits(account_id=account_id, kind=kind)
        version, document = self.kept_standoffs[account_id, kind]
        return RepeatedEdits.from_document(
            json.loads(document), account_id=account_id, kind=kind, version=version
        )

    def save_repeated(self, standoff: RepeatedEdits, *, at: datetime) -> bool:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.save_repeated")
        key = (standoff.account_id, standoff.kind)
        if self.kept_standoffs.get(key, (0,))[0] != standoff.version:
            return False
        self.kept_standoffs[key] = (standoff.version + 1, json.dumps(standoff.as_document()))
        self.faults("state.save_repeated.after")
        return True

    def list_repeated(self, now: datetime) -> list[RepeatedEdits]:
        found = [self.load_repeated(*key) for key in sorted(self.kept_standoffs)]
        return [standoff for standoff in found if standoff.is_open(now)]

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        self.faults("state.release")
        known = self.load_repeated(account_id, kind)
        if not known.is_open(at):
            return False
        ended = RepeatedEdits(account_id=account_id, kind=kind, release=Release(by=by, at=at))
        self.kept_standoffs[account_id, kind] = (known.version + 1, json.dumps(ended.as_document()))
        self.faults("state.release.after")
        return True
