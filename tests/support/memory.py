"""The ports of the core in memory. `tests/unit/adapters/test_memories.py` holds them to the real tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rollcall.adapters.sns import SnsTopic
from rollcall.adapters.state.channels import LOCK_SECONDS
from rollcall.decide.plan import ChangeResult, ObservedAccount, PlannedChange
from rollcall.decide.resolve import Enforcement, RegisteredDrill
from rollcall.model.account import Account
from rollcall.model.errors import RecordRefusedError, RetryableError
from rollcall.model.roster import Roster, compute_digest
from rollcall.notify.notifier import ChannelRecord
from rollcall.notify.topics import render_plain_text
from rollcall.outcomes.documents import build_incident_document, build_outcome_documents
from rollcall.outcomes.notices import build_notice_document
from rollcall.sweep.approvals import COUNTED
from rollcall.sweep.run import LEASE_SECONDS, Run
from tests.support.memory_contacts import MemoryContacts, MemoryIncidents
from tests.support.memory_groups import MemoryGroups

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from rollcall.control.pauses import Pause
    from rollcall.decide.intent import Answer, Intent
    from rollcall.grouping.model import Line
    from rollcall.notify.message import Message
    from rollcall.notify.topics import Alert
    from rollcall.outcomes.notices import Notice
    from rollcall.outcomes.outcome import Incident
    from rollcall.sweep.approvals import LapsedApproval, PassedPlan, PendingPlan
    from rollcall.sweep.plan_alerts import AlertedPlan


class Crash(BaseException):
    """The process was killed: nothing may catch it."""


@dataclass
class Faults:
    """Makes a named step fail: raises what is planned for it, once for each entry.

    Or lets something else happen at that moment: what another worker does, for one.
    """

    planned: dict[str, list[BaseException]] = field(default_factory=dict)
    meanwhile: dict[str, list[Callable[[], object]]] = field(default_factory=dict)

    def plan(self, step: str, error: BaseException, times: int = 1) -> None:
        self.planned.setdefault(step, []).extend([error] * times)

    def then(self, step: str, action: Callable[[], object]) -> None:
        self.meanwhile.setdefault(step, []).append(action)

    def __call__(self, step: str) -> None:
        if self.meanwhile.get(step):
            self.meanwhile[step].pop(0)()
        if self.planned.get(step):
            raise self.planned[step].pop(0)


@dataclass
class MemoryState(MemoryContacts, MemoryIncidents, MemoryGroups):
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    notice: Notice | None = None
    drill: RegisteredDrill | None = None
    now: Callable[[], datetime] = lambda: datetime.min.replace(tzinfo=UTC)

    def get_enforcement(self) -> Enforcement:
        self.faults("state.get_enforcement")
        return Enforcement(approved=self.approved, paused=self.is_paused(self.now()), drill=self.drill)

    def save_drill(self, drill: RegisteredDrill) -> bool:
        self.faults("state.save_drill")
        if self.drill is not None and self.drill.started_at > drill.started_at:
            return False
        self.drill = drill
        return True

    def is_known(self, digest: str) -> bool:
        return digest in self.documents

    def load_roster(self, digest: str) -> Mapping[str, Any]:
        if digest not in self.documents:
            raise RetryableError("the approved roster is not in the state table")
        return self.documents[digest]

    def approve(
        self,
        *,
        digest: str,
        document: Mapping[str, Any],
        by: str,  # noqa: ARG002  # memory keeps no names
        at: datetime,
        before: str | None,
        notice: Notice | None = None,
    ) -> None:
        self.faults("state.approve")
        halted = self.is_paused(at) and notice is not None and notice.facts.get("automatic")
        if self.approved != before or self.notice is not None or halted:
            raise RetryableError("the state table refused the approval")
        self.documents[digest] = document
        self.approved, self.notice = digest, notice
        self.faults("state.approve.after")

    def find_notice(self) -> Notice | None:
        return self.notice

    def forget_notice(self, notice: Notice) -> None:
        self.faults("state.forget_notice")
        if self.notice == notice:
            self.notice = None

    def load_pause(self) -> Pause | None:
        self.faults("state.load_pause")
        return self.pause

    def save_pause(self, pause: Pause, *, before: Pause | None) -> bool:
        self.faults("state.save_pause")
        known = self.pause and (self.pause.execution, self.pause.update)
        if known != (before and (before.execution, before.update)):
            return False
        self.pause, self.paused = pause, pause.is_open
        return True


@dataclass
class MemoryMatches:
    ous: set[tuple[str, str]] = field(default_factory=set)
    carriers: set[tuple[str, str]] = field(default_factory=set)
    guardrails: set[str] = field(default_factory=set)

    def list_guardrails(self) -> frozenset[str]:
        return frozenset(self.guardrails)

    def add_guardrail(self, policy_id: str) -> None:
        self.guardrails.add(policy_id)

    def list_units(self) -> dict[str, frozenset[str]]:
        paths = {path for path, _ in self.ous}
        return {path: frozenset(ou for known, ou in self.ous if known == path) for path in paths}

    def add_unit(self, path: str, ou_id: str) -> None:
        self.ous.add((path, ou_id))

    def forget_unit(self, path: str, ou_id: str) -> None:
        self.ous.discard((path, ou_id))

    def is_tagged(self, tag: str, account_id: str) -> bool:
        return (tag, account_id) in self.carriers

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        return any(known == tag and carrier != account_id for known, carrier in self.carriers)

    def list_tagged(self, tag: str) -> frozenset[str]:
        return frozenset(carrier for known, carrier in self.carriers if known == tag)

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        change = self.carriers.add if carries else self.carriers.discard
        change((tag, account_id))


@dataclass
class MemoryCommands:
    """The port `CommandLedger`: records by the name of the execution and the part."""

    faults: Faults
    records: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def record_command(self, execution: str, part: str, document: Mapping[str, Any]) -> dict[str, Any]:
        self.faults(f"ledger.record_command.{part}")
        there = self.records.setdefault((execution, part), document)
        self.faults(f"ledger.record_command.{part}.after")
        return dict(there)


@dataclass
class MemoryLedger:
    faults: Faults
    intents: dict[str, Intent] = field(default_factory=dict)
    outcomes: dict[str, Answer] = field(default_factory=dict)
    confirmations: dict[str, Answer] = field(default_factory=dict)
    files: dict[str, tuple[Line, ...]] = field(default_factory=dict)

    def record_intent(self, intent: Intent) -> None:
        self.faults("ledger.record_intent")
        known = self.intents.setdefault(intent.id, intent)
        if replace(known, until=intent.until) != intent:
            raise RecordRefusedError("the ledger holds another intent under this id")
        self.faults("ledger.record_intent.after")

    def load_intent(self, account_id: str, intent_id: str) -> Intent | None:  # noqa: ARG002  # a part of the real one's key
        self.faults("ledger.load_intent")
        return self.intents.get(intent_id)

    def record_outcome(self, intent: Intent, answer: Answer, at: datetime) -> Answer:  # noqa: ARG002  # the real one writes it down
        self.faults("ledger.record_outcome")
        known = self.outcomes.setdefault(intent.id, answer)
        self.faults("ledger.record_outcome.after")
        return known

    def record_confirmation(
        self,
        account_id: str,  # noqa: ARG002  # a part of the real one's key
        intent_id: str,
        answer: Answer,
        *,
        by: str,  # noqa: ARG002  # the real one writes it down
        at: datetime,  # noqa: ARG002  # the real one writes it down
    ) -> None:
        self.faults("ledger.record_confirmation")
        known = self.confirmations.setdefault(intent_id, answer)
        if known.state is not answer.state:
            raise RecordRefusedError("the ledger holds another confirmation of this write")

    def find_answer(self, account_id: str, intent_id: str) -> Answer | None:  # noqa: ARG002  # a part of the real one's key
        self.faults("ledger.find_answer")
        return self.confirmations.get(intent_id) or self.outcomes.get(intent_id)

    def record_lines(self, incident_id: str, update: int, lines: Sequence[Line]) -> str:
        self.faults("ledger.record_lines")
        key = f"ledger/alerts/{incident_id}/{update:06}-{len(self.files)}.json"
        self.files[key] = tuple(lines)
        return key

    def refuse(self, times: int = 1_000_000) -> None:
        refused = RecordRefusedError("the ledger refused the record")
        self.faults.plan("ledger.record_intent", refused, min(times, 1000))


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
        self.notices.append(build_notice_document(notice, at=at))
        if self.listener is not None:
            self.listener({"detail": self.notices[-1]})

    def write_opening(self, incident: Incident, at: datetime) -> str | None:
        document = build_incident_document(incident, management_account=self.management_account, at=at)
        return json.dumps(document) if document else None

    def publish_opening(self, opening: str) -> None:
        self.faults("bus.publish_opening")
        self.incidents.append(json.loads(opening))
        if self.listener is not None:
            self.listener({"detail": self.incidents[-1]})

    def publish(self, incident: Incident, at: datetime) -> None:
        self.faults("bus.publish")
        told = build_incident_document(incident, management_account=self.management_account, at=at)
        self.outcomes += build_outcome_documents(incident, management_account=self.management_account, at=at)
        if told is not None:
            self.incidents.append(told)
            if self.listener is not None:
                self.listener({"detail": told})
        self.faults("bus.publish.after")


@dataclass
class MemoryChannel:
    faults: Faults
    told: dict[str, ChannelRecord] = field(default_factory=dict)
    locked: dict[str, datetime] = field(default_factory=dict)

    def begin(self, incident_id: str, now: datetime) -> ChannelRecord:
        since = self.locked.get(incident_id)
        if since is not None and (now - since).total_seconds() <= LOCK_SECONDS:
            raise RetryableError("another worker is telling of this incident")
        self.locked[incident_id] = now
        return self.told.get(incident_id, ChannelRecord())

    def end(self, incident_id: str, now: datetime, told: ChannelRecord) -> None:  # noqa: ARG002  # memory forgets nothing
        self.faults("alerted.sent")
        self.told[incident_id] = told
        self.locked.pop(incident_id, None)


@dataclass
class MemoryTopic:
    faults: Faults
    alerts: list[Alert] = field(default_factory=list)
    longest: int = SnsTopic.longest
    on_send: Callable[[Alert], object] | None = None

    def send(self, message: Message, *, thread: str | None, follows: bool) -> None:  # noqa: ARG002  # as mail
        self.faults("topic.publish")
        self.alerts.append(render_plain_text(message))
        if self.on_send is not None:
            self.on_send(self.alerts[-1])
        self.faults("topic.publish.after")


@dataclass
class MemoryPool:
    """One after the other."""

    def map_each(
        self, work: Callable[[Any], Any], items: Iterable[Any], *, go_on: Callable[[], bool]
    ) -> list[Any]:
        done = []
        for item in items:
            if not go_on():
                break
            done.append(work(item))
        return done


@dataclass
class MemoryRuns:
    """Keeps JSON, as the bucket does, by its keys."""

    faults: Faults
    objects: dict[str, str] = field(default_factory=dict)
    reports: dict[str, bytes] = field(default_factory=dict)

    def write_accounts(self, run_id: str, accounts: Sequence[Account]) -> None:
        self._write(f"{run_id}/accounts", [account.as_document() for account in accounts])

    def read_accounts(self, run_id: str, start: int = 0) -> Iterator[Account]:
        return map(Account.from_document, self._read(f"{run_id}/accounts")[start:])

    def write_observed(self, run_id: str, part: str, records: Sequence[ObservedAccount]) -> None:
        self._write(f"{run_id}/observed/{part}", [record.as_document() for record in records])

    def read_observed(self, run_id: str) -> list[ObservedAccount]:
        keys = self._keys(f"{run_id}/observed/")
        found = [(not key.rpartition("/")[2].isdigit(), item) for key in keys for item in self._read(key)]
        found.sort(key=lambda pair: (pair[0], pair[1]["account"]["id"]))
        return [ObservedAccount.from_document(item) for _, item in found]

    def write_planned(self, run_id: str, roster: str, part: int, changes: Sequence[PlannedChange]) -> None:
        key = f"{run_id}/plan/{roster[:12]}/{part:05}"
        self._write(key, [change.as_document() for change in changes])

    def read_planned(self, run_id: str, roster: str, part: int) -> list[PlannedChange]:
        found = self._read(f"{run_id}/plan/{roster[:12]}/{part:05}")
        return [PlannedChange.from_document(item) for item in found]

    def write_roster(self, run_id: str, digest: str, document: Mapping[str, Any]) -> None:
        self._write(f"{run_id}/roster/{digest[:12]}", [dict(document)])

    def read_roster(self, run_id: str, digest: str) -> Roster:
        (document,) = self._read(f"{run_id}/roster/{digest[:12]}")
        if compute_digest(document) != digest:
            raise RetryableError("the stored roster differs from its digest")
        return Roster.from_document(document)

    def write_results(self, run_id: str, cursor: int, results: Sequence[ChangeResult]) -> None:
        self._write(f"{run_id}/results/{cursor:08}", [result.as_document() for result in results])

    def read_results(self, run_id: str) -> Iterator[list[ChangeResult]]:
        for key in self._keys(f"{run_id}/results/"):
            yield [ChangeResult.from_document(item) for item in self._read(key)]

    def read_trend(self) -> list[dict[str, Any]]:
        self.faults("runs.read_trend")
        known: list[dict[str, Any]] = json.loads(self.reports.get("reports/trend.json", b"[]"))
        return known

    def write_trend(self, trend: Sequence[Mapping[str, Any]]) -> None:
        self.faults("runs.write_trend")
        self.reports["reports/trend.json"] = json.dumps(list(trend)).encode()

    def write_report(self, run_id: str, name: str, body: bytes, *, content_type: str) -> None:
        self.faults("runs.write_report")
        assert content_type
        self.reports[f"reports/{run_id}/{name}"] = body
        if name == "report.json":
            self.reports["reports/latest.json"] = body

    def _write(self, key: str, documents: list[dict[str, Any]]) -> None:
        step = f"runs.write_{key.split('/')[1]}"
        self.faults(step)
        self.objects[key] = json.dumps(documents)
        self.faults(f"{step}.after")

    def _read(self, key: str) -> list[dict[str, Any]]:
        self.faults(f"runs.read_{key.split('/')[1]}")
        if key not in self.objects:
            raise RetryableError("the reports bucket refused get_object: NoSuchKey")
        documents: list[dict[str, Any]] = json.loads(self.objects[key])
        return documents

    def _keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))


@dataclass
class MemorySweeps:
    faults: Faults
    run: dict[str, Any] | None = None
    lease_until: datetime | None = None
    summary: dict[str, Any] | None = None
    plans: dict[str, PendingPlan] = field(default_factory=dict)
    unreported: dict[str, str] = field(default_factory=dict)
    lost: LapsedApproval | None = None
    left: str | None = None
    passed: dict[str, PassedPlan] = field(default_factory=dict)
    alerted: dict[str, AlertedPlan] = field(default_factory=dict)

    def save_alerted(self, alerted: AlertedPlan, *, replaces: AlertedPlan | None = None) -> bool:
        self.faults("sweeps.save_alerted")
        if replaces is not None and self.alerted.get(alerted.key) != replaces:
            return False
        self.alerted[alerted.key] = alerted
        self.faults("sweeps.save_alerted.after")
        return True

    def list_alerted(self) -> list[AlertedPlan]:
        return sorted(self.alerted.values(), key=lambda alerted: alerted.key)

    def save_rolled_back(self, roster: str | None, now: datetime) -> None:  # noqa: ARG002  # for people to read
        self.faults("sweeps.save_rolled_back")
        self.left = roster

    def find_rolled_back(self) -> str | None:
        return self.left

    def save_passed(self, passed: PassedPlan) -> None:
        self.faults("sweeps.save_passed")
        self.passed[passed.run] = passed

    def list_passed(self, now: datetime) -> list[PassedPlan]:
        found = [passed for passed in self.passed.values() if passed.at > now - COUNTED]
        return sorted(found, key=lambda passed: passed.run)

    def acquire(self, run: Run, now: datetime) -> bool:
        self.faults("sweeps.acquire")
        free = self.run is None or self.lease_until is None or self.lease_until <= now
        if not free and self.run is not None and self.run["execution"] != run.execution:
            return False
        self._take(run, now)
        return True

    def save_progress(self, run: Run, now: datetime) -> bool:
        self.faults("sweeps.save_progress")
        if self.run is None or self.run["execution"] != run.execution:
            return False
        self._take(run, now)
        return True

    def find_current(self, now: datetime) -> Run | None:
        if self.run is None or self.lease_until is None or self.lease_until <= now:
            return None
        return Run.from_document(self.run)

    def finish(self, run: Run, summary: Mapping[str, Any], now: datetime) -> None:  # noqa: ARG002  # the table stores no time beside the summary's own
        self.faults("sweeps.finish")
        self.summary = json.loads(json.dumps(dict(summary)))
        if self.run is not None and self.run["execution"] == run.execution:
            self.run = self.lease_until = None

    def find_last(self) -> Mapping[str, Any] | None:
        return self.summary

    def save_unreported(self, run: Run, now: datetime) -> None:  # noqa: ARG002  # the run itself has its time
        self.faults("sweeps.save_unreported")
        self.unreported[run.id] = json.dumps(run.as_document(), sort_keys=True)

    def list_unreported(self) -> dict[str, str]:
        self.faults("sweeps.list_unreported")
        return dict(sorted(self.unreported.items()))

    def forget_unreported(self, run_id: str) -> None:
        self.faults("sweeps.forget_unreported")
        self.unreported.pop(run_id, None)

    def save_pending(self, held: PendingPlan) -> bool:
        self.faults("sweeps.save_pending")
        known = self.plans.get(held.plan)
        waits = known is not None and known.expires_at > held.made_at
        if waits:
            return False
        self.plans = {
            key: plan for key, plan in self.plans.items() if plan.roster != held.roster or plan.approved_by
        }
        self.plans[held.plan] = held
        return True

    def find_pending(self, plan: str) -> PendingPlan | None:
        return self.plans.get(plan)

    def list_pending(self, now: datetime) -> list[PendingPlan]:
        found = [held for held in self.plans.values() if held.approved_by is None and held.expires_at > now]
        return sorted(found, key=lambda held: held.plan)

    def approve(self, plan: str, *, by: str, at: datetime) -> bool:
        self.faults("sweeps.approve")
        if plan not in self.plans:
            return False
        self.plans[plan] = replace(
            self.plans[plan], approved_by=by, approved_at=at, expires_at=at + timedelta(days=7)
        )
        self.lost = None
        self.faults("sweeps.approve.after")
        return True

    def list_approved(self, now: datetime) -> list[PendingPlan]:
        found = [held for held in self.plans.values() if held.approved_by and held.expires_at > now]
        return sorted(found, key=lambda held: held.plan)

    def forget_applied(self, plan: str) -> None:
        self.faults("sweeps.forget_applied")
        self.plans.pop(plan, None)

    def forget_unapproved(self, plan: str) -> None:
        self.faults("sweeps.forget_unapproved")
        if plan in self.plans and self.plans[plan].approved_by is None:
            del self.plans[plan]

    def forget_roster(self, roster: str, now: datetime) -> None:  # noqa: ARG002  # the same
        self.faults("sweeps.forget_applied")
        self.plans = {key: held for key, held in self.plans.items() if held.roster != roster}
        self._forget_passed({roster})

    def forget_others(self, rosters: Collection[str], now: datetime) -> None:  # noqa: ARG002  # old ones as well
        self.faults("sweeps.forget_others")
        self.plans = {key: held for key, held in self.plans.items() if held.roster in rosters}
        known = {passed.plan.roster for passed in self.passed.values() if passed.plan is not None}
        self._forget_passed(known.difference(rosters))

    def _forget_passed(self, rosters: set[str]) -> None:
        for run, passed in self.passed.items():
            if passed.plan is not None and passed.plan.roster in rosters:
                self.passed[run] = replace(passed, plan=None)

    def save_lapsed(self, lapsed: LapsedApproval) -> None:
        self.faults("sweeps.save_lapsed")
        self.lost = lapsed

    def find_lapsed(self, now: datetime) -> LapsedApproval | None:
        return self.lost if self.lost and now - self.lost.at < timedelta(days=7) else None

    def _take(self, run: Run, now: datetime) -> None:
        self.run = run.as_document()
        self.lease_until = now + timedelta(seconds=LEASE_SECONDS)
