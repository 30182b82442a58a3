"""One event to its outcomes: finish, look, decide, do, tell. The same way for every signal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollcall.act import Acted
from rollcall.changed_unit import unit_changed
from rollcall.errors import LookAgainError, RetryableError, WaitError
from rollcall.events import parse
from rollcall.names import GUARDRAIL_NAME
from rollcall.outcomes import Outcome, Stage
from rollcall.own_writes import own_write, unrecorded
from rollcall.patience import left_alone, next_look, only_told, without_effect
from rollcall.plan import Verdict
from rollcall.recover import recover
from rollcall.restore import Decision, restore
from rollcall.signals import Ignored
from rollcall.telling import forget, incident_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollcall.account import Account
    from rollcall.outcomes import Incident
    from rollcall.ports import Delivery, Ports
    from rollcall.rosters import Rosters
    from rollcall.signals import Signal

#: From this receive on, a contact that still waits is told even if nothing refused: the restore is late.
LATE_RECEIVES = 3


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
            self._publish(incident_of(signal, None, [Acted(outcome=outcome)]))
        elif signal.ou_id is not None:
            self._unit_changed(signal, signal.ou_id, delivery)
        else:
            self._account(signal, delivery)

    def _unit_changed(self, signal: Signal, ou_id: str, delivery: Delivery) -> None:
        outcome = unit_changed(
            signal=signal,
            ou_id=ou_id,
            roster=self.rosters.current(self.ports.state.control()),
            ports=self.ports,
            reconcile=lambda one: self._account(one, delivery),
        )
        self._publish(incident_of(signal, None, [Acted(outcome=outcome)]))

    def _account(self, signal: Signal, delivery: Delivery) -> None:
        account: Account | None = None
        acted: list[Acted] = []
        waiting: RetryableError | None = None
        try:
            acted = self._recovered(signal, delivery)
            account, done = self._act(signal, acted, delivery)
            acted += done
        except RetryableError as error:
            # What was finished is told all the same, and the rest as late when it is.
            waiting = error
            pending = Outcome(verdict=Verdict.PENDING, reason=str(error), kind=signal.kind)
            acted.append(Acted(outcome=pending, expected=isinstance(error, WaitError)))
        self._tell(incident_of(signal, account, acted), acted, delivery)
        for item in acted:
            if item.outcome.verdict is Verdict.PENDING:
                raise waiting or RetryableError(item.outcome.reason)
        wait = next_look(signal, self.ports.clock.now())
        if wait is not None and account is not None and account.active:
            raise LookAgainError(wait)

    def _recovered(self, signal: Signal, delivery: Delivery) -> list[Acted]:
        """Finish open intents; those of other signals are told here."""
        mine = []
        for earlier, item in recover(signal.account_id, delivery, self.ports):
            if earlier.event.id == signal.event.id:
                mine.append(item)
            else:
                told = [item]
                if earlier.actor.role_arn in self.writer_roles:
                    # Only a write that nobody recorded led to this intent.
                    told.append(Acted(outcome=unrecorded(earlier)))
                account = self._known(earlier.account_id)
                self._tell(incident_of(earlier, account, told), told, delivery)
        return mine

    def _act(
        self, signal: Signal, mine: Sequence[Acted], delivery: Delivery
    ) -> tuple[Account | None, list[Acted]]:
        now = self.ports.clock.now()
        ours = own_write(signal, delivery, self.ports.state, writer_roles=self.writer_roles, now=now)
        if ours is not None and ours.verdict is Verdict.OWN_WRITE:
            return self._known(signal.account_id), [Acted(outcome=ours)]
        told = [] if ours is None else [Acted(outcome=ours)]
        # Told before anything is asked that an attack may have taken from us.
        quick = self._not_our_policy(signal) or only_told(signal)
        if quick is not None:
            return self._known(signal.account_id), [*told, Acted(outcome=quick)]
        control = self.ports.state.control()
        roster = self.rosters.current(control)
        account = self.ports.organization.account(signal.account_id, with_tags=roster.uses_tags)
        alone = without_effect(signal, roster) or left_alone(signal, account, now=now)
        if alone is not None or account is None:
            return account, [*told, *([Acted(outcome=alone)] if alone else [])]
        decision = Decision(
            control=control,
            roster=roster,
            signal=signal,
            delivery=delivery,
            by_us=signal.actor.role_arn in self.writer_roles,
        )
        done = {item.outcome.kind for item in mine}
        return account, [*told, *restore(decision=decision, account=account, done=done, ports=self.ports)]

    def _known(self, account_id: str) -> Account | None:
        """The account for a message to people: its name and place are worth a question, not a failure."""
        with suppress(RetryableError):
            return self.ports.organization.account(account_id, with_tags=False)
        return None

    def _not_our_policy(self, signal: Signal) -> Outcome | None:
        """The outcome of an event about a policy that is not the guardrail.

        A policy that cannot be described any more may have been it: then people are told.
        """
        if signal.policy_id is None:
            return None
        name: str | None = ""
        if self.guardrail:
            name = None
            with suppress(RetryableError):
                name = self.ports.organization.policy_name(signal.policy_id)
        if name in (None, GUARDRAIL_NAME):
            return None
        return Outcome(verdict=Verdict.IGNORED, reason="not the guardrail of Rollcall")

    def _tell(self, incident: Incident, acted: Sequence[Acted], delivery: Delivery) -> None:
        """Publish, and only then forget the intents: a crash in between tells twice, never not at all."""
        waiting = [item for item in acted if item.outcome.verdict is Verdict.PENDING]
        if len(waiting) == len(acted) and not _to_be_told(waiting, delivery):
            return
        if incident.stage is Stage.OPEN:
            self.ports.state.mark_opened(incident.id, at=self.ports.clock.now())
        elif delivery.receives > 1:
            incident = replace(incident, opened=self.ports.state.opened(incident.id))
        self._publish(incident)
        forget(acted, self.ports)

    def _publish(self, incident: Incident) -> None:
        self.ports.bus.publish(incident, self.ports.clock.now())
        self.observe(incident)


def _to_be_told(waiting: Sequence[Acted], delivery: Delivery) -> bool:
    late = delivery.receives >= LATE_RECEIVES and not all(item.expected for item in waiting)
    return late or any(item.urgent for item in waiting)
