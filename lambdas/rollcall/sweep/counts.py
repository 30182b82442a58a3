"""The counts of a run: what it found and did, the summary, and the notices at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from rollcall.contact.known_drift import KnownDrift, compute_fingerprint
from rollcall.decide.plan import Change, ChangeResult, ObservedAccount, Plan, PlannedChange, ReadBy
from rollcall.decide.plan_values import ChangeGrouper, KnownContacts
from rollcall.model.account import Account, describe_account
from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, make_notice
from rollcall.outcomes.verdicts import COUNTED, RIGHT, VERDICTS, Verdict
from rollcall.sweep.run import PENDING_APPROVAL, Ending, Run, Trigger, find_ending
from rollcall.sweep.stored_plan import (
    compute_change_digest,
    describe_for_notice,
    make_altered_notice,
    make_planned_change,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.model.display import Masks

    _Drift = tuple[Account, Change, Verdict]

#: Contacts that have no plan, as nobody knows what to write.
_NOT_CHECKED: Final = (Verdict.UNREADABLE, Verdict.UNREACHABLE, Verdict.BLOCKED)
#: Contacts that a person has to look at.
_TO_FIX: Final = (Verdict.FAILED, Verdict.UNREADABLE, Verdict.BLOCKED)
#: Contacts in a notice that were not set.
_MOST_NOT_SET: Final = 5
#: Accounts with a suspect forwarder, in a notice and in the summary.
_MOST_SUSPECTS: Final = 10


def _shorten(suspects: list[str]) -> list[str]:
    more = len(suspects) - _MOST_SUSPECTS
    return [*suspects[:_MOST_SUSPECTS], *([f"and {more} more"] if more > 0 else [])]


@dataclass(slots=True, kw_only=True)
class RunCounts:
    """Counts of one run.

    `results` are the results of planned changes, `left` verdict and reason of a change without one.
    `pending_deletes` are contacts whose deletes wait for a person while the rest of the plan does not.
    `rollout` are digests of changes that no run has made yet, with the time of their plan; `was_carried_out`
    is whether a change was made since then, and somebody undid it. `drift` is whether the roster was in force
    before, so that all other changes are drift. `known` is known drift; `noted` is what
    replaces that of this time: None where it is resolved, what was read where nobody could read it before.
    `roles_before` are the accounts that the run before read through their own role, `lost_roles` those of
    them that this one did not.
    """

    results: Mapping[tuple[str, ContactKind], ChangeResult]
    left: tuple[Verdict, str]
    rollout: Mapping[bytes, datetime]
    was_carried_out: Callable[[PlannedChange, datetime], bool]
    drift: bool
    pending_deletes: frozenset[tuple[str, ContactKind]] = frozenset()
    known: Mapping[tuple[str, ContactKind], KnownDrift] = field(default_factory=dict)
    roles_before: frozenset[str] = frozenset()
    accounts: int = 0
    active: int = 0
    changes: int = 0
    contacts: Counter[str] = field(default_factory=Counter)
    became: Counter[str] = field(default_factory=Counter)
    rolled_out: int = 0
    not_set: list[dict[str, Any]] = field(default_factory=list)
    not_set_count: int = 0
    drifts: list[_Drift] = field(default_factory=list)
    noted: list[tuple[str, ContactKind, datetime, KnownDrift | None]] = field(default_factory=list)
    read_by: Counter[str] = field(default_factory=Counter)
    lost_roles: list[str] = field(default_factory=list)

    @property
    def only_swept(self) -> list[tuple[str, ContactKind]]:
        """Contacts that were changed although no event of theirs came."""
        return [(account.id, change.kind) for account, change, _ in self.drifts]

    def drop_unchanged(self, unchanged: Collection[tuple[str, ContactKind]]) -> None:
        """Drop contacts that nobody changed: the roster wants something else there since."""
        left = [item for item in self.drifts if (item[0].id, item[1].kind) not in unchanged]
        self.rolled_out += len(self.drifts) - len(left)
        self.drifts = left

    def list_alerted(self) -> list[_Drift]:
        """Drift without pending deletes: the plan that is pending approval has its own, louder notice."""
        return [item for item in self.drifts if (item[0].id, item[1].kind) not in self.pending_deletes]

    def judge_change(self, account_id: str, change: Change) -> tuple[Verdict, str]:
        """What became of a change that was planned, and why."""
        if (result := self.results.get((account_id, change.kind))) is not None:
            return result.verdict, result.reason
        return PENDING_APPROVAL if (account_id, change.kind) in self.pending_deletes else self.left

    def add(self, account: Account, plan: Plan, *, drift: bool = True) -> None:
        """The next account. `drift` is whether its contacts were to be right before this run."""
        self.accounts += 1
        self.active += account.active
        for finding in plan.findings:
            self.contacts[str(VERDICTS[finding.verdict].counted)] += 1
            self._settle(account.id, finding.kind, finding.verdict, finding.found)
        for change in plan.changes:
            self._change(account, change, drift=self.drift and drift)

    def add_read(self, observed: ObservedAccount) -> None:
        """How the account was read."""
        if observed.read_by is not None:
            self.read_by[str(observed.read_by)] += 1
        if observed.read_by is ReadBy.CENTRAL and observed.account.id in self.roles_before:
            self.lost_roles.append(observed.account.id)

    def _change(self, account: Account, change: Change, *, drift: bool) -> None:
        result = self.results.get((account.id, change.kind))
        verdict, reason = self.judge_change(account.id, change)
        self.changes += 1
        self.contacts[str(VERDICTS[verdict].counted)] += 1
        self.became[str(verdict)] += 1
        self._settle(account.id, change.kind, verdict, change.found)
        if verdict not in RIGHT:
            self.not_set_count += 1
            if len(self.not_set) < _MOST_NOT_SET:
                left = {"kind": str(change.kind), "verdict": str(verdict), "reason": reason}
                self.not_set.append({"account": describe_account(account)} | left)
        unchanged = result is not None and result.unchanged
        if unchanged or self._is_rolled_out(make_planned_change(account.id, change), drift=drift):
            self.rolled_out += 1
        elif (
            drift
            and verdict not in (Verdict.COMPLIANT, Verdict.SKIPPED)
            and not (result is not None and result.known)
            and not self._is_known(account, change)
        ):
            self.drifts.append((account, change, verdict))

    def _is_rolled_out(self, change: PlannedChange, *, drift: bool) -> bool:
        since = self.rollout.get(compute_change_digest(change)) if self.rollout else None
        return since is not None and not (drift and self.was_carried_out(change, since))

    def _is_known(self, account: Account, change: Change) -> bool:
        known = self.known.get((account.id, change.kind))
        return known is not None and known.matches(change.found)

    def _settle(
        self, account_id: str, kind: ContactKind, verdict: Verdict, found: Observation | None
    ) -> None:
        known = self.known.get((account_id, kind))
        if known is None:
            return
        if verdict in RIGHT:
            self.noted.append((account_id, kind, known.at, None))
        elif known.found is None and (read := compute_fingerprint(found)) is not None:
            self.noted.append((account_id, kind, known.at, replace(known, found=read)))


VERSION: Final = 1


def make_summary(
    run: Run,
    counts: RunCounts | None,
    *,
    approved: str | None,
    judged_by: str | None,
    ended_at: datetime,
    last: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The summary document, version 1; without counts nothing was counted.

    `approved` is the roster (digest) that is approved when the run ends, which this very run may have done;
    `judged_by` the one that contacts were compared with, None if there is none. `last` is the summary of the
    run before: what that observed is the latest if this one observed nothing. `rosters` are the digests of
    those that it was observed for, `written_by` the runs that may have written since, in their order.
    """
    observed = (last or {}).get("observed")
    if run.observed_at:
        rosters = [run.roster, *([run.approved] if run.approved else [])]
        at = run.observed_at.isoformat()
        observed = {"run": run.data, "at": at, "rosters": rosters, "written_by": [run.id]}
    elif observed and run.plan:
        writers = dict.fromkeys((*observed["written_by"], run.id))
        observed = {**observed, "written_by": list(writers)}
    counted: Mapping[str, int] = counts.contacts if counts else {}
    return {
        "version": VERSION,
        "run": run.id,
        # The run that observed the accounts: another one, if it carried out a plan that was approved.
        "data": run.data,
        "trigger": str(run.trigger),
        "by": run.by,
        "started_at": run.started_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "ending": str(find_ending(run)),
        "roster": run.roster,
        "approved": approved,
        "judged_by": judged_by,
        "accounts": max(run.accounts, counts.accounts if counts else 0),
        "active": counts.active if counts else 0,
        "contacts": {str(name): counted.get(name, 0) for name in COUNTED},
        "changes": counts.changes if counts else 0,
        "drift": len(counts.only_swept) if counts else 0,
        "suspects": _shorten(sorted({one for one, _ in counts.only_swept})) if counts else [],
        "plan": run.plan.digest if run.plan else None,
        "pending": list(run.pending),
        "failed": dict(run.failed),
        "observed": observed,
        "reads": {"organizations": run.reads},
        "read_by": {str(way): counts.read_by[str(way)] if counts else 0 for way in ReadBy},
        # Their role worked in the run before. They were read centrally.
        "lost_roles": _shorten(sorted(counts.lost_roles)) if counts else [],
    }


def make_notices(
    run: Run, counts: RunCounts, summary: Mapping[str, Any], *, known: KnownContacts, masks: Masks
) -> Iterator[Notice]:
    """The notices of a run that is over, each once for the run. They name `known` contacts."""
    plan = run.plan
    if plan is not None and run.ending is Ending.ALTERED:
        yield make_altered_notice(plan=plan.digest, data=run.data, run=run.id)
    if (
        plan is not None
        and plan.changes
        and (run.trigger is Trigger.APPROVAL or plan.roster != run.approved or counts.rolled_out)
    ):
        notice = make_notice(
            NoticeKind.SWEEP_APPLIED,
            key=run.id,
            facts={
                "run": run.id,
                "plan": plan.digest,
                "trigger": str(run.trigger),
                "by": run.by,
                "became": dict(counts.became),
                "ending": summary["ending"],
                "examples": counts.not_set,
                "examples_count": counts.not_set_count,
                "not_checked": {
                    verdict: number
                    for verdict in map(str, _NOT_CHECKED)
                    if (number := counts.contacts[verdict] - counts.became[verdict]) > 0
                },
            },
        )
        # What was skipped is looked at by the next sweep; the management account may be left out on purpose.
        open_ = any(counts.contacts[verdict] for verdict in map(str, _TO_FIX))
        yield replace(notice, severity=Severity.MEDIUM) if open_ else notice
    alerted = counts.list_alerted()
    if plan is not None and alerted:
        yield make_notice(
            NoticeKind.SWEEP_DRIFT,
            key=run.id,
            facts={
                "run": run.id,
                "accounts": len({account.id for account, _, _ in alerted}),
                "contacts": len(alerted),
                "became": dict(Counter(str(verdict) for _, _, verdict in alerted)),
                "suspects": _shorten(sorted({f"{account.id} {account.name}" for account, _, _ in alerted})),
                **_describe_drifts(alerted, known, masks),
            },
        )
    if run.failed:
        yield make_failure_notice(run.id, failed=run.failed, contacts=summary["contacts"])


def _describe_drifts(alerted: Iterable[_Drift], known: KnownContacts, masks: Masks) -> dict[str, Any]:
    grouper = ChangeGrouper(known)
    for account, change, verdict in alerted:
        grouper.add(account, change, note=str(verdict))
    return describe_for_notice(grouper.list_groups(), masks=masks)


def make_failure_notice(run: str, *, failed: Mapping[str, str], contacts: Mapping[str, int]) -> Notice:
    """The notice that steps of a run were given up. Another set of steps is another notice."""
    facts = {"run": run, "failed": dict(failed), "contacts": dict(contacts)}
    return make_notice(NoticeKind.SWEEP_FAILED, key=f"{run}/{'+'.join(sorted(failed))}", facts=facts)
