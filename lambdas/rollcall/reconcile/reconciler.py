"""One event to its outcomes: finish, look, decide, do, tell. The same way for every signal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollcall.bulk_edits.detector import Gatherer
from rollcall.bulk_edits.model import BulkLimits
from rollcall.events.parse import parse
from rollcall.events.signal import TAMPERING, Ignored
from rollcall.model.errors import LookAgainError, RetryableError, WaitError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.incidents import Teller, incident_of
from rollcall.reconcile.preconditions import (
    left_alone,
    next_look,
    not_the_guardrail,
    only_told,
    without_effect,
)
from rollcall.reconcile.renamed_unit import unit_changed
from rollcall.reconcile.restore import Decision, restore
from rollcall.repeated_edits.rules import StandoffLimits
from rollcall.write.apply_change import Acted
from rollcall.write.own_writes import own_write, unrecorded
from rollcall.write.recover import recover

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollcall.bulk_edits.model import Gathered
    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.outcomes.outcome import Incident
    from rollcall.ports import Delivery, Ports
    from rollcall.rosters.current import Rosters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings single accounts back to the roster.

    `writer_roles` are the ARNs of the roles that our writes use, `guardrail` is whether the service control
    policy is in use. `observe` is given every incident that was published. `bulks` and `standoffs` are how
    many edits and reverts are one too many.
    """

    ports: Ports
    rosters: Rosters
    writer_roles: frozenset[str]
    guardrail: bool
    observe: Callable[[Incident], None]
    bulks: BulkLimits = field(default_factory=BulkLimits)
    standoffs: StandoffLimits = field(default_factory=StandoffLimits)

    def handle(self, event: object, delivery: Delivery) -> None:
        """Reconcile what one event points at, and publish what came of it.

        Raises MalformedEventError for a message that is no event, RetryableError if something is still to be
        done, LookAgainError if the account is to be looked at later; what was done is recorded and published.
        """
        if self._only_watches(delivery):
            return
        signal = parse(event)
        if isinstance(signal, Ignored):
            outcome = Outcome(verdict=Verdict.IGNORED, reason=signal.reason)
            self._teller.publish(incident_of(signal, None, [Acted(outcome=outcome)]))
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
        self._teller.publish(incident_of(signal, None, [Acted(outcome=outcome)]))

    def _only_watches(self, delivery: Delivery) -> bool:
        """Whether all was done before, and the message came back to see whether a bulk is over.

        LookAgainError if it is not.
        """
        watched = self.ports.state.watched(delivery.message_id) if delivery.receives > 1 else []
        looks = [self._teller.gatherer.look(by, name, delivery) for by, name in watched]
        _look_again(*looks)
        return bool(watched)

    def _account(self, signal: Signal, delivery: Delivery) -> None:
        account: Account | None = None
        acted: list[Acted] = []
        gathered: list[Gathered | None] = []
        waiting: RetryableError | None = None
        try:
            acted = self._recovered(signal, delivery, gathered)
            account, done = self._act(signal, acted, delivery)
            acted += done
        except RetryableError as error:
            # What was finished is told all the same, and the rest as late when it is.
            waiting = error
            pending = Outcome(verdict=Verdict.PENDING, reason=str(error), kind=signal.kind)
            acted.append(Acted(outcome=pending, expected=isinstance(error, WaitError)))
        gathered.append(self._teller.tell(incident_of(signal, account, acted), acted, delivery))
        for item in acted:
            if item.outcome.verdict is Verdict.PENDING:
                raise waiting or RetryableError(item.outcome.reason)
        active = account is not None and account.active
        _look_again(
            next_look(signal, self.ports.clock.now()) if active else None, *(item.again for item in acted)
        )
        if signal.cause in TAMPERING:
            # Only a message that has nothing else to come back for: of a unit, other accounts may be left.
            _look_again(*(self._teller.gatherer.watch(bulk, delivery) for bulk in gathered if bulk))

    def _recovered(self, signal: Signal, delivery: Delivery, gathered: list[Gathered | None]) -> list[Acted]:
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
                gathered.append(self._teller.tell(incident_of(earlier, account, told), told, delivery))
        return mine

    def _act(
        self, signal: Signal, mine: Sequence[Acted], delivery: Delivery
    ) -> tuple[Account | None, list[Acted]]:
        now = self.ports.clock.now()
        ours = own_write(signal, delivery, self.ports.state, writer_roles=self.writer_roles, now=now)
        if ours is not None and ours.verdict is Verdict.OWN_WRITE:
            # Nobody is told of it: the account's name is not worth a call for each of our own writes.
            return None, [Acted(outcome=ours)]
        told = [] if ours is None else [Acted(outcome=ours)]
        # Told before anything is asked that an attack may have taken from us.
        quick = self._not_the_guardrail(signal) or only_told(signal)
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
            standoffs=self.standoffs,
        )
        done = {item.outcome.kind for item in mine}
        return account, [*told, *restore(decision=decision, account=account, done=done, ports=self.ports)]

    def _known(self, account_id: str) -> Account | None:
        """The account for a message to people: its name and place are worth a question, not a failure."""
        with suppress(RetryableError):
            return self.ports.organization.account(account_id, with_tags=False)
        return None

    def _not_the_guardrail(self, signal: Signal) -> Outcome | None:
        return not_the_guardrail(signal, self.ports.organization, in_use=self.guardrail)

    @property
    def _teller(self) -> Teller:
        ports = self.ports
        return Teller(
            ports=ports,
            gatherer=Gatherer(bulks=ports.state, bus=ports.bus, clock=ports.clock, limits=self.bulks),
            writer_roles=self.writer_roles,
            observe=self.observe,
        )


def _look_again(*seconds: int | None) -> None:
    """Raise LookAgainError for the soonest, if the message is to come back at all."""
    wanted = [wait for wait in seconds if wait is not None]
    if wanted:
        raise LookAgainError(min(wanted))
