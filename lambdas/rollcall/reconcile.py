"""One event to its outcomes: finish, look, decide, do, tell. The same way for every signal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.act import Acted
from rollcall.errors import RetryableError
from rollcall.outcomes import Incident, Outcome, incident_id
from rollcall.own_writes import own_write
from rollcall.patience import left_alone
from rollcall.plan import Verdict
from rollcall.recover import recover
from rollcall.restore import restore
from rollcall.signals import Ignored, Signal, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.account import Account
    from rollcall.ports import Delivery, Ports
    from rollcall.rosters import Rosters

#: From this receive on, a contact that still waits is told even if nothing refused: the restore is late.
LATE_RECEIVES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings single accounts back to the roster. `writer_role_arn` is the role that our writes use."""

    ports: Ports
    rosters: Rosters
    management_account: str
    writer_role_arn: str

    def handle(self, event: object, delivery: Delivery) -> Incident:
        """Reconcile what one event points at, and publish what came of it.

        Raises MalformedEventError for a message that is no event, RetryableError if something is
        still to be done; what was done until then is recorded and published.
        """
        signal = parse(event)
        if isinstance(signal, Ignored):
            return self._ignore(signal)
        account = self.ports.organization.account(signal.account_id)
        recovered = recover(signal.account_id, delivery, self.ports)
        mine = [item for earlier, item in recovered if earlier.event.id == signal.event.id]
        for earlier, item in recovered:
            if earlier.event.id != signal.event.id:
                self._tell(_incident(earlier, account, [item]), [item], delivery)
        acted = [*mine, *self._act(signal, account, mine, delivery)]
        incident = _incident(signal, account, acted)
        self._tell(incident, acted, delivery)
        for item in acted:
            if item.outcome.verdict is Verdict.PENDING:
                raise RetryableError(item.outcome.reason)
        return incident

    def _act(
        self, signal: Signal, account: Account | None, mine: Sequence[Acted], delivery: Delivery
    ) -> list[Acted]:
        ours = own_write(signal, self.ports.state, writer_role_arn=self.writer_role_arn)
        if ours is not None and ours.verdict is Verdict.OWN_WRITE:
            return [Acted(outcome=ours)]
        told = [] if ours is None else [Acted(outcome=ours)]
        if signal.denied is not None:
            reason = f"AWS refused the call: {signal.denied}"
            return [*told, Acted(outcome=Outcome(verdict=Verdict.DENIED, reason=reason, kind=signal.kind))]
        now = self.ports.clock.now()
        alone = left_alone(signal, account, now=now, management_account=self.management_account)
        if alone is not None or account is None:
            return [*told, *([Acted(outcome=alone)] if alone else [])]
        done = {item.outcome.kind for item in mine}
        restored = restore(
            signal=signal,
            account=account,
            done=done,
            delivery=delivery,
            ports=self.ports,
            rosters=self.rosters,
        )
        return [*told, *restored]

    def _tell(self, incident: Incident, acted: Sequence[Acted], delivery: Delivery) -> None:
        """Publish, and only then forget the intents: a crash in between tells twice, never not at all."""
        waiting = [item for item in acted if item.outcome.verdict is Verdict.PENDING]
        quiet = len(waiting) == len(acted) and not any(item.urgent for item in waiting)
        if quiet and delivery.receives < LATE_RECEIVES:
            return
        self.ports.bus.publish(incident, self.ports.clock.now())
        for item in acted:
            if item.intent is not None:
                self.ports.state.close_intent(item.intent, claimable=item.claimable)

    def _ignore(self, ignored: Ignored) -> Incident:
        incident = Incident(
            id=incident_id(event_id=ignored.event.id, account_id=""),
            event=ignored.event,
            signal=None,
            account=None,
            outcomes=(Outcome(verdict=Verdict.IGNORED, reason=ignored.reason),),
        )
        self.ports.bus.publish(incident, self.ports.clock.now())
        return incident


def _incident(signal: Signal, account: Account | None, acted: Sequence[Acted]) -> Incident:
    return Incident(
        id=incident_id(event_id=signal.event.id, account_id=signal.account_id),
        event=signal.event,
        signal=signal,
        account=account,
        outcomes=tuple(item.outcome for item in acted),
    )
