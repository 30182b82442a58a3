"""The planned changes of one account: read again, skip what is not as planned, set the rest, publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rollcall.decide.observed import ChangeResult, ObservedAccount, plan_observed
from rollcall.decide.plan import Finding
from rollcall.events.actor import UNKNOWN, Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.desired import Desired, Present
from rollcall.model.errors import RetryableError, describe_unexpected
from rollcall.outcomes.outcome import Incident, Outcome, make_incident_id
from rollcall.outcomes.verdicts import RIGHT, UNREAD, Verdict
from rollcall.ports import Delivery
from rollcall.publish.incidents import close_intents, count_reverts, find_parent
from rollcall.repeated_edits.backoff import find_backoff
from rollcall.rosters.orphaned import find_orphaned
from rollcall.write.apply_change import SET_REASON, AppliedChange, apply_change
from rollcall.write.recover import recover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.observed import PlannedChange
    from rollcall.decide.plan import Change
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import DesiredState, Observation
    from rollcall.model.roster import Roster
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import ApplyPorts
    from rollcall.sweep.run import Run

SWEEP = Actor(
    principal="rollcall sweep",
    kind="sweep",
    account_id=UNKNOWN,
    role_arn=None,
    mfa=None,
    source_ip=UNKNOWN,
    user_agent=UNKNOWN,
)


def make_sweep_signal(account_id: str, run: Run, now: datetime) -> Signal:
    """The reason why a run looks at an account. One account is one incident in one run."""
    event = EventReference(id=run.id, name="Sweep", time=now.isoformat(), request_id=None)
    return Signal(account_id=account_id, cause=Cause.SWEPT, event=event, actor=SWEEP)


def name_owner(run: Run) -> str:
    """Who owns the intents of a run: only a later worker of the same execution knows the earlier one gone."""
    return f"sweep/{run.execution}"


def make_planned_outcome(planned: PlannedChange, verdict: Verdict, reason: str) -> Outcome:
    """What became of a planned change."""
    return Outcome(
        verdict=verdict, reason=reason, kind=planned.kind, found=planned.found, wanted=planned.wanted
    )


def make_skipped(planned: PlannedChange, reason: str) -> AppliedChange:
    """Nothing was done, for this reason."""
    return AppliedChange(outcome=make_planned_outcome(planned, Verdict.SKIPPED, reason))


def make_result(planned: PlannedChange, outcome: Outcome) -> ChangeResult:
    """The same, as the run stores it."""
    return ChangeResult(
        account_id=planned.account_id,
        kind=planned.kind,
        verdict=outcome.verdict,
        reason=outcome.reason,
        intent_id=outcome.intent_id,
        verified=outcome.verified,
    )


def is_same_observation(found: Observation, planned: Observation) -> bool:
    """Whether what is there is still what was there when the plan was made."""
    if isinstance(found, Present) and isinstance(planned, Present):
        return found.contact.is_same(planned.contact)
    return type(found) is type(planned)


def is_same_desired(wanted: DesiredState, planned: DesiredState) -> bool:
    """The same values; which entry of the roster they come from does not matter."""
    if isinstance(wanted, Desired) and isinstance(planned, Desired):
        return wanted.contact == planned.contact
    return type(wanted) is type(planned)


#: Waits before the second, third and fourth try of what AWS was too busy for.
RETRY_SECONDS: Final = (1.0, 4.0, 15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountApplier:
    """Carries out what a run has planned with this roster, an account at a time."""

    ports: ApplyPorts
    rosters: Rosters
    run: Run
    roster: Roster

    def apply_changes(self, changes: Sequence[PlannedChange]) -> list[ChangeResult]:
        """What became of the changes of one account, in their order. Never raises for what AWS may do.

        What has to wait is tried again here, and in the end pending: the next run looks at it.
        """
        done: dict[ContactKind, Outcome] = {}
        for seconds in (0.0, *RETRY_SECONDS):
            todo = [change for change in changes if _open(done.get(change.kind))]
            if not todo or (seconds and self._is_stopped()):
                break
            self.ports.writer.clock.sleep(seconds)
            done |= self._try_once(todo)
        return [make_result(change, done[change.kind]) for change in changes]

    def _try_once(self, changes: Sequence[PlannedChange]) -> Mapping[ContactKind, Outcome]:
        account_id = changes[0].account_id
        try:
            account = self.ports.organization.get_account(account_id, with_tags=self.roster.uses_tags)
            acted = self._recover(account_id, account)
            todo = [change for change in changes if change.kind not in acted]
            acted |= self._act(account, todo)
            signal = make_sweep_signal(account_id, self.run, self.ports.writer.clock.now())
            self._publish(signal, account, acted.values())
        except RetryableError as error:
            # What was written keeps its open intent: the next try finishes and tells it.
            return {
                change.kind: make_planned_outcome(change, Verdict.PENDING, str(error)) for change in changes
            }
        except Exception as error:  # noqa: BLE001  # one account must not keep the others from being set right
            reason = describe_unexpected(error)
            return {change.kind: make_planned_outcome(change, Verdict.FAILED, reason) for change in changes}
        return {kind: item.outcome for kind, item in acted.items()}

    def _recover(self, account_id: str, account: Account | None) -> dict[ContactKind, AppliedChange]:
        """What an earlier worker of this run began; what others left is told as theirs."""
        mine = {}
        for signal, item in recover(account_id, self._delivery, self.ports.writer):
            if item.outcome.kind is not None and signal.event.id == self.run.id:
                mine[item.outcome.kind] = item
            else:
                self._publish(signal, account, [item])
        return mine

    def _act(
        self, account: Account | None, changes: Sequence[PlannedChange]
    ) -> dict[ContactKind, AppliedChange]:
        if account is None:
            reason = "the organization has no such account any more"
            return {change.kind: make_skipped(change, reason) for change in changes}
        acted, contacts = self._observe(changes)
        lost = find_orphaned(self.roster, account, self.ports.matches)
        observed = ObservedAccount(
            account=account, contacts=contacts, orphaned={self.roster.digest: lost} if lost else {}
        )
        plan = plan_observed(observed, self.roster, halted=None, today=self.ports.writer.clock.now().date())
        decided: list[Change | Finding] = [*plan.changes, *plan.findings]
        by_kind = {item.kind: item for item in decided}
        for change in changes:
            if change.kind in contacts:
                acted[change.kind] = self._carry(change, by_kind[change.kind])
        return acted

    def _observe(
        self, changes: Sequence[PlannedChange]
    ) -> tuple[dict[ContactKind, AppliedChange], dict[ContactKind, Observation]]:
        waiting: dict[ContactKind, AppliedChange] = {}
        contacts: dict[ContactKind, Observation] = {}
        for change in changes:
            try:
                contacts[change.kind] = self.ports.writer.accounts.get(change.account_id, change.kind)
            except RetryableError as error:
                waiting[change.kind] = AppliedChange(
                    outcome=make_planned_outcome(change, Verdict.PENDING, str(error))
                )
        return waiting, contacts

    def _carry(self, planned: PlannedChange, decided: Change | Finding) -> AppliedChange:
        """One contact, as it is now: write only what was approved, over what was seen then."""
        if isinstance(decided, Finding):
            return self._skip_if_changed(planned, decided)
        if not is_same_desired(decided.wanted, planned.wanted):
            return make_skipped(planned, "the roster asks for something else here by now")
        if not is_same_observation(decided.found, planned.found):
            return make_skipped(planned, "somebody changed it after the plan was made")
        now = self.ports.writer.clock.now()
        spaced = find_backoff(self.ports.repeated, planned.account_id, planned.kind, now)
        if spaced is not None:
            return make_skipped(planned, spaced)
        return apply_change(
            signal=make_sweep_signal(planned.account_id, self.run, now),
            change=decided,
            roster_digest=self.roster.digest,
            authorised=False,
            delivery=self._delivery,
            writer=self.ports.writer,
        )

    def _skip_if_changed(self, planned: PlannedChange, finding: Finding) -> AppliedChange:
        """What is not to be written now, though it was planned."""
        if finding.verdict is not Verdict.COMPLIANT:
            verdict = finding.verdict if finding.verdict in UNREAD else Verdict.SKIPPED
            return AppliedChange(outcome=make_planned_outcome(planned, verdict, finding.reason))
        if self.ports.writer.own_writes.get_restored_for(planned.account_id, planned.kind) == self.run.id:
            # A worker of this run set it, and was cut off before it could say so.
            return AppliedChange(outcome=make_planned_outcome(planned, Verdict.SET, SET_REASON))
        return AppliedChange(outcome=make_planned_outcome(planned, Verdict.COMPLIANT, finding.reason))

    def _publish(self, signal: Signal, account: Account | None, acted: Iterable[AppliedChange]) -> None:
        """Publish, and only then forget the intents: a crash in between tells twice, never not at all."""
        told = [item for item in acted if item.intent is not None or item.outcome.verdict not in _REPORTED]
        if not told:
            return
        incident = Incident(
            id=make_incident_id(event=signal.event, signal=signal),
            event=signal.event,
            signal=signal,
            account=account,
            outcomes=tuple(item.outcome for item in told),
            parent_incident_id=find_parent(
                make_incident_id(event=signal.event, signal=signal), bulks=self.ports.bulks
            ),
        )
        count_reverts(signal, told, memory=self.ports.repeated, clock=self.ports.writer.clock)
        self.ports.bus.publish(incident, self.ports.writer.clock.now())
        close_intents(told, intents=self.ports.writer.intents, clock=self.ports.writer.clock)

    @property
    def _delivery(self) -> Delivery:
        return Delivery(message_id=name_owner(self.run))

    def _is_stopped(self) -> bool:
        """Whether trying again is no use: the pause, or another roster."""
        try:
            control = self.rosters.get_enforcement()
        except RetryableError:
            return False
        return control.paused or control.approved != self.roster.digest


#: Nothing was done, or was done and told before.
#: Reported by the run as a whole.
_REPORTED = RIGHT | {Verdict.PENDING}


def _open(outcome: Outcome | None) -> bool:
    return outcome is None or outcome.verdict is Verdict.PENDING
