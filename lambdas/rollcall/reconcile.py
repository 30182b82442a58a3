"""One event to its outcomes: finish, look, decide, do, tell. The same way for every signal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollcall.act import Acted
from rollcall.errors import LookAgainError, RetryableError
from rollcall.events import parse
from rollcall.lost_matches import lost_match
from rollcall.names import GUARDRAIL_NAME
from rollcall.outcomes import Incident, Outcome, incident_id
from rollcall.own_writes import own_write
from rollcall.patience import left_alone, looks, next_look, only_told
from rollcall.plan import Verdict
from rollcall.recover import recover
from rollcall.restore import Decision, restore
from rollcall.signals import Ignored, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollcall.account import Account
    from rollcall.ports import Delivery, Ports
    from rollcall.rosters import Rosters

#: From this receive on, a contact that still waits is told even if nothing refused: the restore is late.
LATE_RECEIVES = 3
#: A changed organizational unit is carried out by signal for so many accounts; more are left to a sweep,
#: which plans before it writes.
MOST_ACCOUNTS_OF_A_UNIT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings single accounts back to the roster.

    `writer_roles` are the ARNs of the roles that our writes use, `guardrail` is whether the service control
    policy is in use. `observe` is given every incident that was published.
    """

    ports: Ports
    rosters: Rosters
    writer_roles: frozenset[str]
    guardrail: bool
    observe: Callable[[Incident], None]

    def handle(self, event: object, delivery: Delivery) -> None:
        """Reconcile what one event points at, and publish what came of it.

        Raises MalformedEventError for a message that is no event, RetryableError if something is still to be
        done, LookAgainError if the account is to be looked at later; what was done is recorded and published.
        """
        signal = parse(event)
        if isinstance(signal, Ignored):
            outcome = Outcome(verdict=Verdict.IGNORED, reason=signal.reason)
            self._publish(_incident(signal, None, [Acted(outcome=outcome)]))
        elif signal.ou_id is not None:
            self._unit_changed(signal, signal.ou_id, delivery)
        else:
            self._account(signal, delivery)

    def _unit_changed(self, signal: Signal, ou_id: str, delivery: Delivery) -> None:
        accounts = self.ports.organization.accounts_below(ou_id, most=MOST_ACCOUNTS_OF_A_UNIT + 1)
        few = len(accounts) <= MOST_ACCOUNTS_OF_A_UNIT
        count = str(len(accounts)) if few else f"more than {MOST_ACCOUNTS_OF_A_UNIT}"
        lost = self._lost(accounts[0]) if accounts else None
        if lost is not None:
            outcome = Outcome(verdict=Verdict.HELD, reason=f"{lost}; accounts in {ou_id}: {count}")
        elif not few:
            reason = f"{ou_id} has {count} accounts: none of them is changed by this event"
            outcome = Outcome(verdict=Verdict.TOLD, reason=reason)
        else:
            for account_id in accounts:
                self._account(replace(signal, account_id=account_id), delivery)
            outcome = Outcome(verdict=Verdict.COMPLIANT, reason=f"accounts in {ou_id} looked at: {count}")
        self._publish(_incident(signal, None, [Acted(outcome=outcome)]))

    def _lost(self, account_id: str) -> str | None:
        roster = self.rosters.current(self.ports.state.control())
        account = self.ports.organization.account(account_id, with_tags=roster.uses_tags)
        return lost_match(roster, account, self.ports.matches) if account else None

    def _account(self, signal: Signal, delivery: Delivery) -> None:
        now = self.ports.clock.now()
        control = self.ports.state.control()
        roster = self.rosters.current(control)
        account = self.ports.organization.account(signal.account_id, with_tags=roster.uses_tags)
        recovered = recover(signal.account_id, delivery, self.ports)
        mine = [item for earlier, item in recovered if earlier.event.id == signal.event.id]
        for earlier, item in recovered:
            if earlier.event.id != signal.event.id:
                self._tell(_incident(earlier, account, [item]), [item], delivery)
        by_us = signal.actor.role_arn in self.writer_roles
        decision = Decision(control=control, roster=roster, signal=signal, delivery=delivery, by_us=by_us)
        acted = [*mine, *self._act(decision, account, mine)]
        self._tell(_incident(signal, account, acted, looks=looks(signal, now)), acted, delivery)
        for item in acted:
            if item.outcome.verdict is Verdict.PENDING:
                raise RetryableError(item.outcome.reason)
        wait = next_look(signal, now)
        if wait is not None and account is not None and account.active:
            raise LookAgainError(wait)

    def _act(self, decision: Decision, account: Account | None, mine: Sequence[Acted]) -> list[Acted]:
        signal = decision.signal
        now = self.ports.clock.now()
        ours = own_write(signal, self.ports.state, writer_roles=self.writer_roles, now=now)
        if ours is not None and ours.verdict is Verdict.OWN_WRITE:
            return [Acted(outcome=ours)]
        told = [] if ours is None else [Acted(outcome=ours)]
        alone = (
            self._not_our_policy(signal)
            or only_told(signal, decision.roster)
            or left_alone(signal, account, now=now)
        )
        if alone is not None or account is None:
            return [*told, *([Acted(outcome=alone)] if alone else [])]
        done = {item.outcome.kind for item in mine}
        return [*told, *restore(decision=decision, account=account, done=done, ports=self.ports)]

    def _not_our_policy(self, signal: Signal) -> Outcome | None:
        """The outcome of an event about a policy that is not the guardrail.

        A policy that cannot be described any more may have been it: then people are told.
        """
        if signal.policy_id is None:
            return None
        name = self.ports.organization.policy_name(signal.policy_id) if self.guardrail else ""
        if name in (None, GUARDRAIL_NAME):
            return None
        return Outcome(verdict=Verdict.IGNORED, reason="not the guardrail of Rollcall")

    def _tell(self, incident: Incident, acted: Sequence[Acted], delivery: Delivery) -> None:
        """Publish, and only then forget the intents: a crash in between tells twice, never not at all."""
        waiting = [item for item in acted if item.outcome.verdict is Verdict.PENDING]
        quiet = len(waiting) == len(acted) and not any(item.urgent for item in waiting)
        if quiet and delivery.receives < LATE_RECEIVES:
            return
        # An earlier delivery may have told that it is not over: what is right by now has to close that.
        self._publish(replace(incident, retried=delivery.receives > 1))
        for item in acted:
            if item.intent is not None:
                now = self.ports.clock.now()
                self.ports.state.close_intent(item.intent, claimable=item.claimable, at=now)

    def _publish(self, incident: Incident) -> None:
        self.ports.bus.publish(incident, self.ports.clock.now())
        self.observe(incident)


def _incident(
    signal: Signal | Ignored, account: Account | None, acted: Sequence[Acted], *, looks: int = 0
) -> Incident:
    known = signal if isinstance(signal, Signal) else None
    return Incident(
        id=incident_id(event=signal.event, signal=known, looks=looks),
        event=signal.event,
        signal=known,
        account=account,
        outcomes=tuple(item.outcome for item in acted),
    )
