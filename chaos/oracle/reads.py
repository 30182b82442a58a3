"""What sweeps read, centrally and through roles: it was there, and a role that fails costs nothing."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.account import PRIMARY, READS
from chaos.fakes.client import STALE_SECONDS
from chaos.fakes.cloud import is_role_call
from chaos.wants import PARTS, PRIMARY_PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.fakes.account import Contact, Values
    from chaos.oracle.evidence import Evidence, Violation

_KEY: Final = re.compile(r"runs/([^/]+)/observed/(\w+)\.json\.gz|reports/([^/]+)/report\.json")
_MANAGEMENT: Final = "management"


@dataclass(slots=True)
class _Run:
    """What a run stored last of each account that it observed, and what its report says of it."""

    accounts: dict[str, Mapping[str, Any]]
    report: Mapping[str, Any] | None = None


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    runs: dict[str, _Run] = {}
    for stored in evidence.world.cloud.buckets.puts:
        if (match := _KEY.fullmatch(stored.key)) is None:
            continue
        run = runs.setdefault(match[1] or match[3], _Run({}))
        if match[3]:
            run.report = json.loads(stored.body)["run"]
            continue
        for record in map(json.loads, gzip.decompress(stored.body).splitlines()):
            run.accounts[record["account"]["id"]] = record
            yield from _judge_record(evidence, record, _find_start(match[1]), stored.time, match[2])
    yield from _find_unnamed(evidence, list(runs.values()))
    for name, status in evidence.world.executions.items():
        if status != "SUCCEEDED" and not evidence.world.faults.fired:
            yield evidence.find_violation("sweep-not-ended", evidence.world.scheduler.now, f"{name} {status}")


def _find_start(run: str) -> float:
    return datetime.strptime(run[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _judge_record(
    evidence: Evidence, record: Mapping[str, Any], start: float, end: float, part: str
) -> Iterator[Violation]:
    """Each contact is as it was at a moment of the run; one that is not read was refused a central read."""
    account = record["account"]["id"]
    for kind, found in record["contacts"].items():
        text = f"{account} {kind} by {record['read_by']}: {found['state']}"
        if found["state"] != "unreadable":
            if _read_values(kind, found) not in _list_values(evidence, (account, kind), start, end):
                yield evidence.find_violation("read-untrue", end, text)
        elif part != _MANAGEMENT and not _was_refused(evidence, (account, kind), start, end):
            yield evidence.find_violation("unreadable-by-role", end, f"{text} ({found['reason']})")


def _read_values(kind: str, found: Mapping[str, Any]) -> Values | None:
    if found["state"] == "absent":
        return None
    parts = PRIMARY_PARTS if kind == PRIMARY else PARTS
    return tuple(str(found["contact"].get(part) or "") for part in parts)


def _list_values(evidence: Evidence, contact: Contact, start: float, end: float) -> list[Values | None]:
    """What was there within that time; a stale read shows what was there before."""
    start -= STALE_SECONDS
    changes = evidence.account.history[contact]
    within = [change.values for change in changes if start <= change.time <= end]
    return [evidence.account.read(*contact, start), *within]


def _was_refused(evidence: Evidence, contact: Contact, start: float, end: float) -> bool:
    """Whether something else than a role kept the sweep from reading the contact, or from looking at all."""
    return any(
        call.function == "sweep"
        and start <= call.sent_at <= end
        and (call.error is not None or not call.answered)
        and not is_role_call(call)
        and (
            call.operation not in READS or evidence.account.find_contact(call.given, call.identity) == contact
        )
        for call in evidence.calls
    )


def _find_unnamed(evidence: Evidence, runs: Sequence[_Run]) -> Iterator[Violation]:
    """The report names each account whose role was of use in the run before, and is not now."""
    before: Mapping[str, Mapping[str, Any]] = {}
    for run in runs:
        if run.report is None or not run.accounts:
            continue
        lost = {
            account
            for account, record in run.accounts.items()
            if record["read_by"] == "central-call" and before.get(account, {}).get("read_by") == "own-role"
        }
        if lost != set(run.report["lost_roles"]) and not evidence.world.faults.fired:
            text = f"{run.report['run']}: {sorted(lost)}, and {run.report['lost_roles']} are reported"
            yield evidence.find_violation("lost-role-not-reported", evidence.world.scheduler.now, text)
        before = run.accounts
