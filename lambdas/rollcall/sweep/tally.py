"""What a run found and did, counted: from what was observed, what the roster wants and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from rollcall.announced import fingerprint
from rollcall.plan import Verdict
from rollcall.sweep.draft import MOST_EXAMPLES, account_facts, example, planned_change
from rollcall.sweep.plan_digest import change_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.account import Account
    from rollcall.announced import Announced
    from rollcall.contacts import ContactKind
    from rollcall.observation import Observation
    from rollcall.plan import Change, Plan
    from rollcall.sweep.records import Result

#: Verdicts as the summary names them, in its order.
NAMES: Final = {
    Verdict.COMPLIANT: "right",
    Verdict.SET: "set",
    Verdict.WOULD_SET: "would-set",
    Verdict.EXEMPT: "exempt",
    Verdict.UNMANAGED: "unmanaged",
    Verdict.UNREADABLE: "unreadable",
    Verdict.UNREACHABLE: "unreachable",
    Verdict.HELD: "held",
    Verdict.FAILED: "failed",
    Verdict.SKIPPED: "skipped",
    Verdict.PENDING: "pending",
    Verdict.INACTIVE: "inactive",
}
#: Right by now, or changed again since: an event spoke for it.
_ANNOUNCED = frozenset({Verdict.COMPLIANT, Verdict.SKIPPED})
_DONE = frozenset({Verdict.COMPLIANT, Verdict.SET})


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of one run.

    `results` are what became of planned changes, `left` the verdict of a change that has none and why.
    `granted` are the digests of changes that an approved plan had wanted before this run; `drift` is whether
    the roster was in force before, so that other changes are drift. `announced` is what events have told of
    contacts that were left as they were; `settled` is what of it is over, because they are right by now,
    `narrowed` what was announced of contacts that nobody could read, with what this run read.
    """

    results: Mapping[tuple[str, ContactKind], Result]
    left: tuple[Verdict, str]
    granted: frozenset[bytes]
    drift: bool
    announced: Mapping[tuple[str, ContactKind], Announced] = field(default_factory=dict)
    accounts: int = 0
    active: int = 0
    changes: int = 0
    contacts: Counter[str] = field(default_factory=Counter)
    became: Counter[str] = field(default_factory=Counter)
    rolled_out: int = 0
    not_set: list[dict[str, Any]] = field(default_factory=list)
    unannounced: list[tuple[str, ContactKind]] = field(default_factory=list)
    drifted: Counter[str] = field(default_factory=Counter)
    drifts: list[dict[str, Any]] = field(default_factory=list)
    settled: list[Announced] = field(default_factory=list)
    narrowed: list[Announced] = field(default_factory=list)

    def add(self, account: Account, plan: Plan, *, drift: bool = True) -> None:
        """The next account. `drift` is whether its contacts were to be right before this run."""
        self.accounts += 1
        self.active += account.active
        for finding in plan.findings:
            self.contacts[NAMES[finding.verdict]] += 1
            self._settle(account.id, finding.kind, finding.verdict, finding.found)
        for change in plan.changes:
            self._change(account, change, drift=self.drift and drift)

    def _change(self, account: Account, change: Change, *, drift: bool) -> None:
        result = self.results.get((account.id, change.kind))
        verdict, reason = (result.verdict, result.reason) if result else self.left
        self.changes += 1
        self.contacts[NAMES[verdict]] += 1
        self.became[str(verdict)] += 1
        self._settle(account.id, change.kind, verdict, change.found)
        if verdict not in _DONE and len(self.not_set) < MOST_EXAMPLES:
            left = {"kind": str(change.kind), "verdict": str(verdict), "reason": reason}
            self.not_set.append({"account": account_facts(account)} | left)
        if self.granted and change_digest(planned_change(account.id, change)) in self.granted:
            self.rolled_out += 1
        elif drift and verdict not in _ANNOUNCED and not self._announced(account, change):
            self.unannounced.append((account.id, change.kind))
            self.drifted[str(verdict)] += 1
            if len(self.drifts) < MOST_EXAMPLES:
                self.drifts.append(example(account, change) | {"verdict": str(verdict)})

    def _announced(self, account: Account, change: Change) -> bool:
        known = self.announced.get((account.id, change.kind))
        return known is not None and known.speaks_for(change.found)

    def _settle(
        self, account_id: str, kind: ContactKind, verdict: Verdict, found: Observation | None
    ) -> None:
        known = self.announced.get((account_id, kind))
        if known is None:
            return
        if verdict in _DONE:
            self.settled.append(known)
        elif known.found is None and (read := fingerprint(found)) is not None:
            self.narrowed.append(replace(known, found=read))
