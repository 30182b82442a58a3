"""One event to its outcomes: finish, look, decide, write, publish. The same way for every signal."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.intent import Judgement
from rollcall.decide.resolve import Enforcement, is_authorised
from rollcall.events.parse import parse
from rollcall.events.signal import TAMPERING, Cause, Ignored, Signal, drop_untrue_time
from rollcall.model.contact import ContactKind
from rollcall.model.errors import LookAgainError, RetryableError, WaitError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.incidents import IncidentPublisher, make_incident
from rollcall.publish.recover import find_account, finish_intent
from rollcall.reconcile.backoff import find_undone
from rollcall.reconcile.echoes import Echo, EchoJudge
from rollcall.reconcile.preconditions import (
    Dependencies,
    find_next_look,
    ignore_irrelevant,
    ignore_others,
    notify_only,
    skip_unknown,
)
from rollcall.reconcile.renamed_ou import OuAccounts, find_next_ou_look, handle_renamed_ou
from rollcall.reconcile.restore import AccountRestorer
from rollcall.rosters.orphaned import CachedMatches, Matches
from rollcall.write.apply_change import AppliedChange, Writer
from rollcall.write.look import Look, look_at_contact

#: Names and places of accounts in reports may be so old, and of so many accounts they are kept.
RECENT: Final = timedelta(minutes=10)
MOST_RECENT: Final = 1000

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.contact.record import ContactRecord
    from rollcall.grouping.grouper import AlertGrouper
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall.ports import Delivery, Guardrails, Organization, Pool
    from rollcall.rosters.current import Rosters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Brings single accounts back to the roster."""

    organization: Organization
    rosters: Rosters
    matches: Matches
    guardrails: Guardrails
    writer: Writer
    publisher: IncidentPublisher
    grouper: AlertGrouper
    #: Which accounts of a renamed OU were reconciled.
    units: OuAccounts
    #: ARNs of the roles that our writes use.
    writer_roles: frozenset[str]
    #: What monitored events may be about.
    ours: Dependencies
    #: Reads side by side.
    pool: Pool
    #: Accounts for the names in reports, and when they were read.
    recent: dict[str, tuple[datetime, Account | None]] = field(default_factory=dict, compare=False)

    def handle(self, event: object, delivery: Delivery) -> None:
        """Reconcile what one event points at, and publish what came of it.

        Raises MalformedEventError for a message that is no event, RetryableError if something is still to be
        done, LookAgainError if the account is to be looked at later; what was done is recorded and published.
        """
        waits: list[int | None] = []
        failed: RetryableError | None = None
        watches = self.grouper.groups.find_scheduled(delivery.message_id) if delivery.receives > 1 else []
        for watch in watches:
            try:
                waits.append(self.grouper.messages.publish_if_due(watch.key, delivery))
            except RetryableError as error:
                failed = error  # no contact waits for a message about others
        if not any(watch.only for watch in watches):
            waits.append(self._handle(event, delivery))
        if failed is not None:
            raise failed
        if (wait := _find_soonest(*waits)) is not None:
            raise LookAgainError(wait)

    def _handle(self, event: object, delivery: Delivery) -> int | None:
        """Seconds after which the message is to come back, None if it is done."""
        signal = drop_untrue_time(parse(event), self.writer.clock.now())
        if isinstance(signal, Ignored):
            outcome = Outcome(verdict=Verdict.IGNORED, reason=signal.reason)
            self.publisher.publish_only(make_incident(signal, None, [AppliedChange(outcome=outcome)]))
            return None
        if signal.ou_id is not None:
            return self._handle_ou(signal, signal.ou_id, delivery)
        return self._handle_account(signal, delivery)

    def _narrow(self, signal: Signal) -> tuple[Signal, Enforcement | None]:
        """The signal; one of a primary contact that the roster does not manage is only alerted.

        And what is in force, None if it was not read.
        """
        if signal.kind is not ContactKind.PRIMARY or signal.actor.role_arn in self.writer_roles:
            return signal, None
        with suppress(RetryableError):
            control = self.rosters.get_enforcement()
            if ContactKind.PRIMARY not in self.rosters.find_current(control).managed:
                signal = replace(signal, cause=Cause.MONITORED, kind=None)
            return signal, control
        return signal, None

    def _handle_ou(self, signal: Signal, ou_id: str, delivery: Delivery) -> int | None:
        waits: list[int | None] = []
        outcome = handle_renamed_ou(
            signal=signal,
            ou_id=ou_id,
            roster=self.rosters.find_current(self.rosters.get_enforcement()),
            matches=self.matches,
            organization=self.organization,
            units=self.units,
            now=self.writer.clock.now(),
            reconcile=lambda one: waits.append(self._handle_account(one, delivery)),
        )
        self.publisher.publish_only(make_incident(signal, None, [AppliedChange(outcome=outcome)]))
        return _find_soonest(find_next_ou_look(signal, outcome, self.writer.clock.now()), *waits)

    def _handle_account(self, signal: Signal, delivery: Delivery) -> int | None:
        signal, control = self._narrow(signal)
        account: Account | None = None
        applied: list[AppliedChange] = []
        waiting: RetryableError | None = None
        try:
            account = self._act(signal, delivery, applied, control)
        except RetryableError as error:
            # The rest is alerted as late when it is.
            waiting = error
            self._finish_open(signal)
            pending = Outcome(
                verdict=Verdict.PENDING,
                reason=str(error),
                kind=signal.kind,
                authorised=self._is_authorised(signal),
            )
            # As long as nobody could judge it, a call of our own role is no edit of anybody.
            ours = signal.cause in TAMPERING and signal.actor.role_arn in self.writer_roles
            expected = ours or isinstance(error, WaitError)
            applied.append(AppliedChange(outcome=pending, expected=expected))
        incident = make_incident(signal, account, applied)
        if delivery.receives == 1 and {item.outcome.verdict for item in applied} == {Verdict.OWN_WRITE}:
            # Nobody is alerted, and no receive before can have alerted that it is open.
            self.publisher.publish_only(incident)
            return None
        placed = self.publisher.publish_and_close(incident, applied)
        left = [item for item in applied if item.outcome.verdict is Verdict.PENDING]
        if left:
            self.grouper.come_back(placed, delivery, only=False)
            soon = [item.soon for item in left if item.soon is not None]
            if waiting is None and len(soon) == len(left):
                raise min(soon, key=lambda one: one.seconds or 0)
            raise waiting or RetryableError(left[0].outcome.reason)
        # A rename, or a tag, that no contact uses.
        unused = any(item.outcome.verdict in (Verdict.NOTIFIED, Verdict.IGNORED) for item in applied)
        awaited = account is not None and account.active and not unused
        wait = _find_soonest(
            find_next_look(signal, self.writer.clock.now()) if awaited else None,
            *(item.again for item in applied),
        )
        only = wait is None and signal.ou_id is None
        return _find_soonest(wait, self.grouper.come_back(placed, delivery, only=only))

    def _is_authorised(self, signal: Signal) -> bool:
        """Whether the roster names who made the change; False if nobody can say now."""
        with suppress(RetryableError):
            roster = self.rosters.find_current(self.rosters.get_enforcement())
            return signal.cause in TAMPERING and is_authorised(roster, signal.actor)
        return False

    def _finish(self, record: ContactRecord) -> ContactRecord:
        return finish_intent(
            record, writer=self.writer, publisher=self.publisher, organization=self.organization
        )

    def _finish_open(self, signal: Signal) -> None:
        """Finish the intents of workers that are gone, although the signal itself has to wait."""
        with suppress(RetryableError):
            for kind in [signal.kind] if signal.kind else list(ContactKind):
                self._finish(self.writer.contacts.load(signal.account_id, kind))

    def _act(
        self,
        signal: Signal,
        delivery: Delivery,
        applied: list[AppliedChange],
        control: Enforcement | None,
    ) -> Account | None:
        """Adds to `applied` what became of each contact, as soon as it is known; returns the account."""
        now = self.writer.clock.now()
        judgement: Judgement | None = None
        if signal.cause in TAMPERING and signal.actor.role_arn in self.writer_roles:
            echo, judged = EchoJudge(
                writer=self.writer, finish=self._finish, rosters=self.rosters, organization=self.organization
            ).judge(signal)
            applied.append(judged)
            if echo is Echo.DONE:
                silent = judged.outcome.verdict is Verdict.OWN_WRITE
                # Nobody is alerted of it: the account's name is not worth a call for each of our own writes.
                return None if silent else find_account(signal.account_id, self.organization)
            judgement = Judgement(verdict=judged.outcome.verdict, reason=judged.outcome.reason)
        # Published before anything is asked that an attack may have taken from us.
        quick = ignore_others(signal, self.organization, self.guardrails, self.ours) or notify_only(signal)
        if quick is not None:
            applied.append(AppliedChange(outcome=quick))
            return self._find_recent(signal.account_id)
        control = control or self.rosters.get_enforcement()
        roster = self.rosters.find_current(control)
        if not judgement and (undone := find_undone(signal, delivery, self.writer, roster)) is not None:
            applied.append(undone)
            return self._find_recent(signal.account_id)
        matches = CachedMatches(self.matches)
        account, looks = self._read(signal, roster, matches)
        alone = ignore_irrelevant(signal, roster) or skip_unknown(signal, account, now=now)
        if alone is not None:
            applied.append(AppliedChange(outcome=alone))
        if alone is not None or account is None:
            return account
        restorer = AccountRestorer(
            control=control,
            roster=roster,
            signal=signal,
            account=account,
            delivery=delivery,
            writer=self.writer,
            matches=matches,
            grouper=self.grouper,
            finish=self._finish,
            read_at=now,
            judged=judgement,
            looks=looks,
        )
        applied += restorer.restore()
        return account

    def _read(
        self, signal: Signal, roster: Roster, matches: Matches
    ) -> tuple[Account | None, dict[ContactKind, Look | RetryableError]]:
        """The account and the look at the edited contact, or its error, read side by side with paths' OUs."""
        kinds = roster.managed & {signal.kind} if signal.cause in TAMPERING and signal.kind else ()
        reads: list[Callable[[], Any]] = [
            partial(
                self.organization.get_account,
                signal.account_id,
                with_tags=roster.uses_tags,
                recent_names=not roster.uses_paths,
            ),
            *(partial(self._look, signal.account_id, kind) for kind in kinds),
            *([matches.list_units] if roster.uses_paths else []),
        ]
        account, *others = self.pool.map_each(lambda read: read(), reads, go_on=lambda: True)
        return account, dict(zip(kinds, others, strict=False))

    def _look(self, account_id: str, kind: ContactKind) -> Look | RetryableError:
        """The look, or its error, which concerns this contact alone."""
        try:
            return look_at_contact(self.writer, account_id, kind)
        except RetryableError as error:
            return error

    def _find_recent(self, account_id: str) -> Account | None:
        """The account as it was within the last minutes: many reports of one account ask for it once."""
        now = self.writer.clock.now()
        read_at, account = self.recent.get(account_id, (None, None))
        if read_at is not None and now - read_at < RECENT:
            return account
        if len(self.recent) >= MOST_RECENT:
            self.recent.clear()
        self.recent[account_id] = (now, find_account(account_id, self.organization))
        return self.recent[account_id][1]


def _find_soonest(*seconds: int | None) -> int | None:
    """The soonest of several waits, None if there is none."""
    return min((wait for wait in seconds if wait is not None), default=None)
