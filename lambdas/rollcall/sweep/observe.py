"""Observe: read the contacts of every account, a slice of the list for each worker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice, repeat, takewhile
from typing import TYPE_CHECKING, TypeVar

from rollcall.decide.plan import ObservedAccount, ReadBy
from rollcall.model.desired import Observation, Unreadable
from rollcall.model.errors import RetryableError, describe_unexpected
from rollcall.rosters.orphaned import CachedMatches, Matches, find_orphaned, forget_closed, list_carriers
from rollcall.sweep.member_roles import RoleReads
from rollcall.sweep.run import Ending, Run, Step
from rollcall.timing import attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rollcall.decide.resolve import Enforcement
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.roster import Roster
    from rollcall.ports import Clock, Pool
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import ContactReader, SweepPorts

#: A worker begins no further account after so long. Only the listing of all accounts may go on.
SLICE_SECONDS = 240
#: Calls in flight. At 9.7 calls per second of 0.2 s each two are needed; the rest is for slow answers.
IN_FLIGHT = 8
#: Accounts that are read through their roles at once, before those whose role failed are read centrally: in
#: eight seconds, and what a worker that ends has read of them is lost.
BATCH = 1000
#: Size of the first batch: small, so that roles that do not work are noticed before many accounts are listed.
PROBED = 16
#: How often a reader looks for accounts that are listed since.
LISTING_SECONDS = 0.1
#: The part of what was observed that the writer role writes: members may not be asked for it.
MANAGEMENT_PART = "management"


def observe(run: Run, *, ports: SweepPorts, rosters: Rosters, management_account: str) -> Run:
    """Observe accounts from the cursor on until the time is up; the same slice again replaces its part.

    The first slice also lists all accounts, and reads those that are listed already. RetryableError if the
    state table, the bucket or AWS Organizations could not be asked: the slice is tried again.
    """
    if (over := end_if_superseded(run, ports=ports, rosters=rosters)) is not None:
        return over
    start, reads = ports.clock.now(), ports.accounts.reads
    ports.paces.resume(run.rates, start.timestamp())
    in_play = load_rosters(run, rosters)
    look = AccountReader(
        rosters=in_play,
        contacts=ports.contacts,
        kinds=list_kinds(in_play),
        tags=ports.accounts.read_tags if any(roster.uses_tags for roster in in_play) else None,
        matches=CachedMatches(ports.matches),
        clock=ports.clock,
        go_on=lambda: (ports.clock.now() - start).total_seconds() < SLICE_SECONDS,
        left_out={management_account: f"the step that reads it failed: {run.failed.get('prepare')}"},
    )
    if run.accounts:
        done = _read_accounts(look, ports.runs.read_accounts(run.id, run.cursor), ports)
    else:
        run, done = _list_accounts(run, look, ports)
    if done:
        own = [observed for observed in done if observed.account.id == management_account]
        members = [observed for observed in done if observed.account.id != management_account]
        ports.runs.write_observed(run.id, f"{run.cursor:06}", members)
        if own and "prepare" in run.failed:
            # Only prepare may read it: report it as not read.
            ports.runs.write_observed(run.id, MANAGEMENT_PART, own)
    cursor = run.cursor + len(done)
    return replace(
        run,
        cursor=cursor,
        next=Step.OBSERVE if cursor < run.accounts else Step.GATE,
        observed_at=ports.clock.now() if cursor == run.accounts else None,
        rates=ports.paces.get_rates(),
        reads=run.reads + ports.accounts.reads - reads,
    )


class _Listing:
    """Accounts, to be read while another thread lists them: iterating waits for the next one."""

    def __init__(self, clock: Clock) -> None:
        self.accounts: list[Account] = []
        self._clock = clock
        self._taken = 0
        self._ended = False

    def fill(self, accounts: Iterable[Account]) -> None:
        """Take them all, one by one; what listing them raises ends the listing too."""
        try:
            for account in accounts:
                self.accounts.append(account)  # each is to be seen at once
        finally:
            self._ended = True

    def __iter__(self) -> Iterator[Account]:
        """The accounts, once."""
        return self

    def __next__(self) -> Account:
        """The next account; one thread at a time asks for it."""
        while True:
            ended = self._ended
            if self._taken < len(self.accounts):
                self._taken += 1
                return self.accounts[self._taken - 1]
            if ended:
                raise StopIteration
            self._clock.sleep(LISTING_SECONDS)


def _list_accounts(run: Run, look: AccountReader, ports: SweepPorts) -> tuple[Run, list[ObservedAccount]]:
    """The run with the number of its accounts, and the first accounts, which were read during the listing."""
    listing, done = _Listing(ports.clock), list[ObservedAccount]()
    carriers = list_carriers(look.rosters, look.matches)

    def fill() -> None:
        listing.fill(ports.accounts.list_accounts())

    def read() -> None:
        done.extend(_read_accounts(look, listing, ports))

    # A listing that fails is raised: nothing is stored, and the slice is tried again.
    ports.pool.map_each(lambda work: work(), (fill, read), go_on=lambda: True)
    forget_closed(carriers, listing.accounts, look.matches)
    ports.runs.write_accounts(run.id, listing.accounts)
    return replace(run, accounts=len(listing.accounts)), done


def _read_accounts(
    look: AccountReader, accounts: Iterator[Account], ports: SweepPorts
) -> list[ObservedAccount]:
    """The accounts up to the first that was not read in time: the next worker goes on with that one."""
    if ports.roles is None:
        return _read_batch(look, accounts, ports.pool)
    roles = RoleReads(
        roles=ports.roles,
        kinds=look.kinds,
        clock=ports.clock,
        seconds_per_read=1.0 / ports.paces.by_operation["GetAlternateContact"].ceiling,
        go_on=look.go_on,
    )
    without = (*look.left_out, roles.roles.hub)
    done: list[ObservedAccount] = []
    sizes = chain((PROBED,), repeat(BATCH))
    while not roles.gave_up and (batch := list(islice(accounts, next(sizes)))):
        answers, failures = roles.read([one for one in batch if one.active and one.id not in without])
        part = _read_batch(replace(look, answers=answers, failures=failures), batch, ports.pool)
        done += part
        if len(part) < len(batch):
            return done
    return done + _read_batch(look, accounts, ports.pool)


def _read_batch(look: AccountReader, accounts: Iterable[Account], pool: Pool) -> list[ObservedAccount]:
    def work(account: Account) -> ObservedAccount | None:
        try:
            return look.read(account)
        except OutOfTimeError:
            return None

    results = pool.map_each(work, accounts, go_on=look.go_on)
    return [observed for observed in takewhile(lambda item: item is not None, results) if observed]


def end_if_superseded(run: Run, *, ports: SweepPorts, rosters: Rosters) -> Run | None:
    """The run at its end if another run or roster took over, None if it goes on.

    Remembers that it is at work. RetryableError if the state table could not be asked.
    """
    if not ports.sweeps.save_progress(run, ports.clock.now()):
        # Another run holds the lock: whatever this one would report has its successor's word against it.
        return replace(run, next=Step.END, ending=Ending.SUPERSEDED)
    if is_superseded(run, rosters.get_enforcement(), rosters):
        return replace(run, next=Step.REPORT, ending=Ending.SUPERSEDED)
    return None


def is_superseded(run: Run, control: Enforcement, rosters: Rosters) -> bool:
    """Whether another roster was approved, or another candidate deployed than the one that is planned."""
    plans_candidate = run.roster != run.approved
    return control.approved != run.approved or (plans_candidate and rosters.candidate.digest != run.roster)


def load_rosters(run: Run, rosters: Rosters) -> Sequence[Roster]:
    """What the run plans with first, then what is enforced as long as the first is not approved."""
    digests = dict.fromkeys(digest for digest in (run.roster, run.approved) if digest is not None)
    return [rosters.load(digest) for digest in digests]


_Answer = TypeVar("_Answer")

#: Waits before each further try of something that AWS was too busy for; then it counts as unreadable.
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)


class OutOfTimeError(RetryableError):
    """The worker ends before this account was done: the next one looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReader:
    """How a worker looks at accounts, and which `kinds` it reads. `tags` reads those that rosters use.

    The last of the `rosters` is in force, or it is the only one and none was approved yet.
    `answers` are the contacts of accounts that were read through their own role, `failures` why others were
    not; all others are read centrally, but those that are `left_out`, for this reason.
    """

    rosters: Sequence[Roster]
    kinds: Sequence[ContactKind]
    contacts: ContactReader
    matches: Matches
    clock: Clock
    tags: Callable[[str], Mapping[str, str]] | None = None
    go_on: Callable[[], bool] = lambda: True
    answers: Mapping[str, Mapping[ContactKind, Observation]] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def read(self, account: Account) -> ObservedAccount:
        """What is there now; what cannot be read is said so. OutOfTimeError if the worker's time is up."""
        if account.id in self.left_out:
            return make_unread(account, self.kinds, self.left_out[account.id])
        if not account.active:
            return ObservedAccount(account=account, contacts={})
        try:
            return self._read(account)
        except OutOfTimeError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the other accounts are looked at
            return make_unread(account, self.kinds, _describe(error))

    def _read(self, account: Account) -> ObservedAccount:
        if self.tags is not None:
            account = replace(account, tags=self._retry(partial(self.tags, account.id)))
        find = partial(find_orphaned, account=account, memory=self.matches, in_force=self.rosters[-1])
        lost = {roster.digest: self._retry(partial(find, roster)) for roster in self.rosters}
        answer = self.answers.get(account.id)
        return ObservedAccount(
            account=account,
            contacts=answer or {kind: self._read_contact(account.id, kind) for kind in self.kinds},
            orphaned={digest: reason for digest, reason in lost.items() if reason is not None},
            read_by=ReadBy.ROLE if answer else ReadBy.CENTRAL,
            role_failure=self.failures.get(account.id, ""),
        )

    def _read_contact(self, account_id: str, kind: ContactKind) -> Observation:
        try:
            return self._retry(partial(self.contacts.get, account_id, kind))
        except OutOfTimeError:
            raise
        except Exception as error:  # noqa: BLE001  # the other kinds of this account are read
            return Unreadable(reason=_describe(error))

    def _retry(self, ask: Callable[[], _Answer]) -> _Answer:
        last = RetryableError("AWS was not asked")
        for _ in attempts(self.clock, RETRY_SECONDS):
            if not self.go_on():
                raise OutOfTimeError("the worker's time is up")
            try:
                return ask()
            except RetryableError as error:
                last = error
        raise last


def make_unread(account: Account, kinds: Sequence[ContactKind], reason: str) -> ObservedAccount:
    """An account of which nothing could be read: nothing is decided for it."""
    return ObservedAccount(account=account, contacts=dict.fromkeys(kinds, Unreadable(reason=reason)))


def list_kinds(rosters: Sequence[Roster]) -> Sequence[ContactKind]:
    """Those that any of the rosters manages anywhere."""
    return sorted({kind for roster in rosters for kind in roster.managed})


def _describe(error: Exception) -> str:
    """Only our own texts are known to hold no contact details."""
    return str(error) if isinstance(error, RetryableError) else describe_unexpected(error)
