"""The ledger: what it holds of each intent, the calls that were made under it, and when it was opened."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chaos.oracle.calls import find_contact
from chaos.setting import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos.fakes.cloud import Call
    from chaos.fakes.s3 import Stored
    from chaos.oracle.evidence import Evidence

_KEY: Final = re.compile(r"ledger/(\d{12})/\d{4}/\d\d/\d\d/([^/]+)/(\w+)\.json")


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


def read_records(evidence: Evidence) -> Mapping[str, Record]:
    """The ledger, by intent id."""
    found: dict[str, Record] = {}
    for stored in evidence.world.cloud.buckets.puts:
        match = _KEY.fullmatch(stored.key) if stored.bucket == LEDGER else None
        if match is None:
            continue
        record = found.setdefault(match[2], Record(match[2], match[1]))
        if match[3] not in record.puts:
            record.documents[match[3]] = json.loads(stored.body)
            record.puts[match[3]] = stored
    _add_calls(evidence, found)
    _add_openings(evidence, found)
    return found


def _add_calls(evidence: Evidence, found: Mapping[str, Record]) -> None:
    for call in evidence.own_calls:
        under = _find_record(evidence, call, found)
        if under is not None:
            under.calls.append(call)


def _find_record(evidence: Evidence, call: Call, found: Mapping[str, Record]) -> Record | None:
    """By the intent's id that the call carries, else what its worker recorded last for the contact."""
    for id_, known in found.items():
        if id_ in call.user_agent:
            return known
    contact = find_contact(evidence, call)
    mine = [
        record
        for put in _find_intent_puts(evidence, call)
        if (record := found.get(put)) and (record.account, record.kind) == contact
    ]
    return mine[-1] if mine else None


def _find_intent_puts(evidence: Evidence, call: Call) -> Iterator[str]:
    for other in evidence.calls:
        if other is call:
            return
        if other.process == call.process and other.service == "s3" and other.operation == "PutObject":
            match = _KEY.fullmatch(other.given["Key"])
            if match and match[3] == "intent":
                yield match[2]


def _add_openings(evidence: Evidence, found: Mapping[str, Record]) -> None:
    if not found:
        return
    pattern = re.compile("|".join(map(re.escape, found)))
    for time, _, _, item in evidence.world.cloud.table.writes:
        for id_ in pattern.findall(str(item)) if item else ():
            if found[id_].opened_at is None:
                found[id_].opened_at = time


def read_ending(document: Mapping[str, Any]) -> str:
    """How a record of the ledger says that a write ended."""
    return str(document.get("state") or document.get("verdict") or "")
