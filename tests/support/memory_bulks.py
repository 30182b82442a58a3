"""The ports of bulk edits and standoffs in memory; they keep JSON, as the table does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollcall.bulk_edits.model import Gathered, Tally
from rollcall.repeated_edits.rules import Release, Standoff

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from rollcall.bulk_edits.model import By
    from rollcall.model.contact import ContactKind
    from rollcall.publish.known_drift import Announced
    from tests.support.memory import Faults


@dataclass
class MemoryBulks:
    faults: Faults
    tallies: dict[tuple[By, str], tuple[int, str]] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    gathered_incidents: dict[str, Gathered] = field(default_factory=dict)
    watches: dict[str, set[tuple[By, str]]] = field(default_factory=dict)

    def tally(self, by: By, name: str) -> Tally:
        self.faults("state.tally")
        if (by, name) not in self.tallies:
            return Tally(by=by, name=name)
        version, document = self.tallies[by, name]
        return Tally.from_document(json.loads(document), by=by, name=name, version=version)

    def in_bulk(self, bulk: str, member: str) -> bool:
        return (bulk, member) in self.members

    def gathered(self, incident_id: str) -> Gathered | None:
        return self.gathered_incidents.get(incident_id)

    def save_tally(
        self,
        tally: Tally,
        *,
        at: datetime,  # noqa: ARG002  # memory forgets nothing
        members: Collection[str] = (),
        gathered: Sequence[Gathered] = (),
    ) -> bool:
        self.faults("state.save_tally")
        if self.tallies.get((tally.by, tally.name), (0,))[0] != tally.version:
            return False
        self.tallies[tally.by, tally.name] = (tally.version + 1, json.dumps(tally.as_document()))
        bulk = tally.bulk.key if tally.bulk else ""
        self.members |= {(bulk, member) for member in members}
        self.gathered_incidents |= {one.incident_id: one for one in gathered}
        self.faults("state.save_tally.after")
        return True

    def watch(self, message_id: str, by: By, name: str, *, at: datetime) -> None:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.watch")
        self.watches.setdefault(message_id, set()).add((by, name))
        self.faults("state.watch.after")

    def watched(self, message_id: str) -> list[tuple[By, str]]:
        return sorted(self.watches.get(message_id, ()))


@dataclass
class MemoryAnnounced:
    faults: Faults
    told_of: dict[tuple[str, ContactKind], Announced] = field(default_factory=dict)

    def announce(self, announced: Announced) -> None:
        self.faults("state.announce")
        self.told_of[announced.account_id, announced.kind] = announced

    def withdraw(self, account_id: str, kind: ContactKind) -> None:
        self.faults("state.withdraw")
        self.told_of.pop((account_id, kind), None)

    def announced(self) -> list[Announced]:
        self.faults("state.announced")
        return [self.told_of[key] for key in sorted(self.told_of)]

    def settled(self, announced: Announced) -> None:
        self.faults("state.settled")
        key = (announced.account_id, announced.kind)
        if key in self.told_of and self.told_of[key].at == announced.at:
            del self.told_of[key]

    def narrowed(self, announced: Announced) -> None:
        self.faults("state.narrowed")
        key = (announced.account_id, announced.kind)
        if announced.found is not None and key in self.told_of and self.told_of[key].at == announced.at:
            self.told_of[key] = announced


@dataclass
class MemoryStandoffs:
    faults: Faults
    kept_standoffs: dict[tuple[str, ContactKind], tuple[int, str]] = field(default_factory=dict)

    def standoff(self, account_id: str, kind: ContactKind) -> Standoff:
        self.faults("state.standoff")
        if (account_id, kind) not in self.kept_standoffs:
            return Standoff(account_id=account_id, kind=kind)
        version, document = self.kept_standoffs[account_id, kind]
        return Standoff.from_document(json.loads(document), account_id=account_id, kind=kind, version=version)

    def save_standoff(self, standoff: Standoff, *, at: datetime) -> bool:  # noqa: ARG002  # memory forgets nothing
        self.faults("state.save_standoff")
        key = (standoff.account_id, standoff.kind)
        if self.kept_standoffs.get(key, (0,))[0] != standoff.version:
            return False
        self.kept_standoffs[key] = (standoff.version + 1, json.dumps(standoff.as_document()))
        self.faults("state.save_standoff.after")
        return True

    def standoffs(self, now: datetime) -> list[Standoff]:
        found = [self.standoff(*key) for key in sorted(self.kept_standoffs)]
        return [standoff for standoff in found if standoff.open(now)]

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        self.faults("state.release")
        known = self.standoff(account_id, kind)
        if not known.open(at):
            return False
        ended = Standoff(account_id=account_id, kind=kind, release=Release(by=by, at=at))
        self.kept_standoffs[account_id, kind] = (known.version + 1, json.dumps(ended.as_document()))
        self.faults("state.release.after")
        return True
