"""One event to its outcomes: finish, look, decide, do, tell. The same way for every signal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollcall.events.parse import parse
from rollcall.events.signal import TAMPERING, Ignored
from rollcall.model.errors import LookAgainError, RetryableError, WaitError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.incidents import make_incident
from rollcall.reconcile.preconditions import (
    find_next_look,
    ignore_irrelevant,
    ignore_other_policies,
    notify_only,
    skip_inactive,
)
from rollcall.reconcile.renamed_unit import handle_changed_unit
from rollcall.reconcile.restore import RestoreRequest, restore_account
from rollcall.repeated_edits.rules import RepeatedEditLimits
from rollcall.write.apply_change import AppliedChange
from rollcall.write.own_writes import find_own_write, make_unrecorded
from rollcall.write.recover import recover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.bulk_edits.model import GroupedIncident
    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.ports import Delivery, Organization, OutcomeBus
    from rollcall.publish.incidents import IncidentPublisher
    from rollcall.repeated_edits.rules import RepeatedEditMemory
    from rollcall.rosters.current import Rosters
    from rollcall.rosters.orphaned import Matches
    from rollcall.write.apply_change import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings single accounts back to the roster.

    `writer_roles` are the ARNs of the roles that our writes use, `guardrail` is whether the service control
    policy is in use. `standoffs` is how many reverts are one too many.
    """

    organization: Organization
    rosters: Rosters
    matches: Matches
    writer: Writer
    repeated: RepeatedEditMemory
    publisher: IncidentPublisher
    bus: OutcomeBus
    writer_roles: frozenset[str]
    guardrail: bool
    standoffs: RepeatedEditLimits = field(default_factory=RepeatedEditLimits)

    def handle(self, event: object, delivery: Delivery) -> None:
        """Reconcile what one event points at, and publish what came of it.

        Raises MalformedEventError for a message that is no event, RetryableError if something is still to be
        done, LookAgainError if the account is to be looked at later; what was done is recorded and published.
        """
        if self._is_check_only(delivery):
            return
        signal = parse(event)
        if isinstance(signal, Ignored):
            outcome = Outcome(verdict=Verdict.IGNORED, reason=signal.reason)
            self.publisher.publish_only(make_incident(signal, None, [AppliedChange(outcome=outcome)]))
        elif signal.ou_id is not None:
            self._handle_unit(signal, signal.ou_id, delivery)
        else:
            self._handle_account(signal, delivery)

    def _handle_unit(self, signal: Signal, ou_id: str, delivery: Delivery) -> None:
        outcome = handle_changed_unit(
            signal=signal,
            ou_id=ou_id,
            roster=self.rosters.find_current(self.rosters.get_enforcement()),
            matches=self.matches,
            organization=self.organization,
            reconcile=lambda one: self._handle_account(one, delivery),
        )
        self.publisher.publish_only(make_incident(signal, None, [AppliedChange(outcome=outcome)]))

    def _is_check_only(self, delivery: Delivery) -> bool:
        """Whether all was done before, and the message came back to see whether a bulk is over.

        LookAgainError if it is not.
        """
        watched = (
            self.publisher.gatherer.bulks.find_scheduled(delivery.message_id) if delivery.receives > 1 else []
        )
        looks = [self.publisher.gatherer.close_if_quiet(by, name, delivery) for by, name in watched]
        _look_again(*looks)
        return bool(watched)

    def _handle_account(self, signal: Signal, delivery: Delivery) -> None:
        account: Account | None = None
        acted: list[AppliedChange] = []
        gathered: list[GroupedIncident | None] = []
        waiting: RetryableError | None = None
        try:
            acted = self._recover(signal, delivery, gathered)
            account, done = self._act(signal, acted, delivery)
            acted += done
        except RetryableError as error:
            # What was finished is told all the same, and the rest as late when it is.
            waiting = error
            pending = Outcome(verdict=Verdict.PENDING, reason=str(error), kind=signal.kind)
            acted.append(AppliedChange(outcome=pending, expected=isinstance(error, WaitError)))
        gathered.append(
            self.publisher.publish_and_close(make_incident(signal, account, acted), acted, delivery)
        )
        for item in acted:
            if item.outcome.verdict is Verdict.PENDING:
                raise waiting or RetryableError(item.outcome.reason)
        active = account is not None and account.active
        _look_again(
            find_next_look(signal, self.writer.clock.now()) if active else None,
            *(item.again for item in acted),
        )
        if signal.cause in TAMPERING:
            # Only a message that has nothing else to come back for: of a unit, other accounts may be left.
            _look_again(
                *(self.publisher.gatherer.schedule_closing(bulk, delivery) for bulk in gathered if bulk)
            )

    def _recover(
        self, signal: Signal, delivery: Delivery, gathered: list[GroupedIncident | None]
    ) -> list[AppliedChange]:
        """Finish open intents; those of other signals are told here."""
        mine = []
        for earlier, item in recover(signal.account_id, delivery, self.writer):
            if earlier.event.id == signal.event.id:
                mine.append(item)
            else:
                told = [item]
                if earlier.actor.role_arn in self.writer_roles:
                    # Only a write that nobody recorded led to this intent.
                    told.append(AppliedChange(outcome=make_unrecorded(earlier)))
                account = self._find_account(earlier.account_id)
                gathered.append(
                    self.publisher.publish_and_close(make_incident(earlier, account, told), told, delivery)
                )
        return mine

    def _act(
        self, signal: Signal, mine: Sequence[AppliedChange], delivery: Delivery
    ) -> tuple[Account | None, list[AppliedChange]]:
        now = self.writer.clock.now()
        ours = find_own_write(
            signal,
            delivery,
            intents=self.writer.intents,
            own_writes=self.writer.own_writes,
            writer_roles=self.writer_roles,
            now=now,
        )
        if ours is not None and ours.verdict is Verdict.OWN_WRITE:
            # Nobody is told of it: the account's name is not worth a call for each of our own writes.
            return None, [AppliedChange(outcome=ours)]
        told = [] if ours is None else [AppliedChange(outcome=ours)]
        # Told before anything is asked that an attack may have taken from us.
        quick = self._ignore_other_policies(signal) or notify_only(signal)
        if quick is not None:
            return self._find_account(signal.account_id), [*told, AppliedChange(outcome=quick)]
        control = self.rosters.get_enforcement()
        roster = self.rosters.find_current(control)
        account = self.organization.get_account(signal.account_id, with_tags=roster.uses_tags)
        alone = ignore_irrelevant(signal, roster) or skip_inactive(signal, account, now=now)
        if alone is not None or account is None:
            return account, [*told, *([AppliedChange(outcome=alone)] if alone else [])]
        decision = RestoreRequest(
            control=control,
            roster=roster,
            signal=signal,
            delivery=delivery,
            by_us=signal.actor.role_arn in self.writer_roles,
            standoffs=self.standoffs,
        )
        done = {item.outcome.kind for item in mine}
        restored = restore_account(
            decision=decision,
            account=account,
            done=done,
            writer=self.writer,
            matches=self.matches,
            repeated=self.repeated,
            bus=self.bus,
        )
        return account, [*told, *restored]

    def _find_account(self, account_id: str) -> Account | None:
        """The account for a message to people: its name and place are worth a question, not a failure."""
        with suppress(RetryableError):
            return self.organization.get_account(account_id, with_tags=False)
        return None

    def _ignore_other_policies(self, signal: Signal) -> Outcome | None:
        return ignore_other_policies(signal, self.organization, in_use=self.guardrail)


def _look_again(*seconds: int | None) -> None:
    """Raise LookAgainError for the soonest, if the message is to come back at all."""
    wanted = [wait for wait in seconds if wait is not None]
    if wanted:
        raise LookAgainError(min(wanted))
