"""Make a plan: read one account after the other, and keep what was read if the command is interrupted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rollcall.adapters.errors import Denial
from rollcall.decide.plan import ObservedAccount
from rollcall.model.desired import Unreadable
from rollcall.model.display import Masks
from rollcall.model.errors import RollcallError
from rollcall.model.roster import Roster
from rollcall.rosters.orphaned import find_orphaned
from rollcall.sweep.observe import list_kinds
from rollcall_cli.aws.contacts import NO_ROLE, OPERATOR_FIXES, Reach, find_reach, read_contacts
from rollcall_cli.plan import store
from rollcall_cli.plan.in_force import read_in_force
from rollcall_cli.plan.last_sweep import judge_by, read_last_observation
from rollcall_cli.plan.result import PlanResult, build_result
from rollcall_cli.plan.store import PlanReading
from rollcall_cli.plan.view import build_document
from rollcall_cli.text.formatting import format_span
from rollcall_cli.text.problems import INTERRUPTED, CommandError
from rollcall_cli.text.progress import show_bar
from rollcall_config.configuration import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.rosters.orphaned import Matches
    from rollcall_cli.aws.composition import Composition, Connection
    from rollcall_cli.plan.in_force import InForce
    from rollcall_cli.plan.store import PlanScope
    from rollcall_config.settings import Settings

_FROM_OUTSIDE: Final = OPERATOR_FIXES[Denial.MANAGEMENT_ACCOUNT]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorReader:
    """Reads accounts as a sweep does, with the credentials of a person."""

    roster: Roster
    settings: Settings
    connection: Connection
    #: What rosters matched before, None if it is not known.
    matches: Matches | None
    #: The approved roster, None if it is not known or there is none.
    in_force: Roster | None = None

    def read(self, account: Account) -> ObservedAccount:
        """Return the account as it is now; CommandError or RetryableError if AWS does not answer."""
        if not account.active:
            return ObservedAccount(account=account, contacts={})
        if self.roster.uses_tags:
            account = replace(account, tags=self.connection.accounts.read_tags(account.id))
        lost = None
        if self.matches is not None:
            lost = find_orphaned(self.roster, account, self.matches, in_force=self.in_force)
        return ObservedAccount(
            account=account,
            contacts=self._read_contacts(account),
            orphaned={self.roster.digest: lost} if lost else {},
        )

    def _read_contacts(self, account: Account) -> Mapping[ContactKind, Observation]:
        kinds = list_kinds([self.roster])
        accounts = self.connection.get_api(account.id)
        if find_reach(account.id, self.settings) is Reach.NOBODY:
            return dict.fromkeys(kinds, Unreadable(reason=NO_ROLE, unreachable=True))
        if accounts is None:
            return dict.fromkeys(kinds, Unreadable(reason=_FROM_OUTSIDE, unreachable=True))
        return read_contacts(accounts, account.id, kinds)


_NOT_KEPT: Final = "nothing changed; with --out FILE the command keeps what it has read, and can be resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan."""

    scope: PlanScope
    config: str
    profile: str | None
    #: File to write.
    out: Path | None
    #: File to continue from.
    resume: Path | None
    #: Read every account now, not what the last sweep observed.
    fresh: bool


def make_plan(composition: Composition, request: PlanRequest) -> PlanResult:
    """Make the plan; if interrupted, CommandError, with what was read so far in `out`."""
    now = composition.clock.now()
    configuration = load(composition.root, request.config, today=now.date())
    settings, roster = configuration.settings, Roster.from_document(configuration.roster)
    login = composition.log_in(settings, profile=request.profile)
    fresh = request.fresh or request.resume is not None
    hub = read_in_force(login, now=now, fresh=fresh)
    if not fresh:
        seen = _read_last(composition, hub, request, settings=settings, roster=roster, now=now)
        # A sweep reads the management account through the role in it; a person elsewhere cannot.
        reachable = settings.management_role
        return _finish(seen, roster, hub, request, reachable=reachable, today=now.date())
    connection = composition.build_connection(
        login.client,
        position=login.position,
        management=settings.management,
        region=settings.region,
    )
    look = OperatorReader(
        roster=roster,
        settings=settings,
        connection=connection,
        matches=hub.matches,
        in_force=hub.approved,
    )
    if request.resume is not None:
        seen = store.read_reading(request.resume, organization=settings.organization, roster=roster.digest)
    else:
        # The management account last, as in a sweep: the same plan has the same digest.
        every = sorted(
            connection.accounts.list_accounts(),
            key=lambda account: (account.id == settings.management, account.id),
        )
        seen = PlanReading(
            organization=settings.organization,
            roster=roster.digest,
            scope=request.scope,
            since=now,
            accounts=request.scope.select(every),
            observed=(),
        )
    _show_notes(composition, hub, seen, resumed=request.resume is not None)
    if request.out is not None:
        store.write_reading(
            request.out, seen, plan=None
        )  # before half an hour of reading: an error shows at once
    seen = _read_accounts(composition, look, seen, request.out)
    return _finish(seen, roster, hub, request, reachable=False, today=seen.since.date())


def _read_last(
    composition: Composition,
    hub: InForce,
    request: PlanRequest,
    *,
    settings: Settings,
    roster: Roster,
    now: datetime,
) -> PlanReading:
    """What the last sweep observed; says how old that is."""
    last = read_last_observation(hub)
    age = f"{format_span(now - last.since)} ago"
    note = f"observed by the sweep {last.run}, {age}; --fresh reads every account now"
    composition.err.print(Text(f"note: {note}"), soft_wrap=True)
    accounts = request.scope.select([item.account for item in last.observed])
    chosen = {account.id for account in accounts}
    observed = [item for item in judge_by(roster, last, hub) if item.account.id in chosen]
    return PlanReading(
        organization=settings.organization,
        roster=roster.digest,
        scope=request.scope,
        since=last.since,
        accounts=accounts,
        observed=observed,
    )


def _finish(
    seen: PlanReading,
    roster: Roster,
    hub: InForce,
    request: PlanRequest,
    *,
    reachable: bool,
    today: date,
) -> PlanResult:
    made = build_result(
        seen,
        roster,
        approved=hub.approved,
        first=hub.approved is None and hub.unknown is None,
        passed=hub.passed,
        reachable=reachable,
        today=today,
    )
    if request.out is not None:
        store.write_reading(request.out, seen, plan=build_document(made, masks=Masks.NOTHING))
    return made


def _read_accounts(
    composition: Composition, look: OperatorReader, seen: PlanReading, out: Path | None
) -> PlanReading:
    observed = list(seen.observed)
    try:
        with show_bar(composition.err, composition.clock, "Reading contacts") as progress:
            for account in seen.left:
                progress(len(observed), len(seen.accounts))
                observed.append(look.read(account))
            progress(len(observed), len(seen.accounts))
    except (KeyboardInterrupt, CommandError, RollcallError) as error:
        seen = replace(seen, observed=observed)
        raise _explain_interruption(error, seen, out, root=composition.root) from error
    return replace(seen, observed=observed)


def _explain_interruption(
    error: BaseException, seen: PlanReading, out: Path | None, *, root: Path
) -> CommandError:
    kept = _NOT_KEPT
    if out is not None:
        store.write_reading(out, seen, plan=None)
        file = out.relative_to(root) if out.is_relative_to(root) else out
        kept = (
            f"{len(seen.observed)} of {len(seen.accounts)} accounts are in {file}: "
            f"`rollcall plan --resume {file}` continues"
        )
    match error:
        case CommandError():
            return CommandError(error.problem, fix=f"{error.fix}; {kept}")
        case RollcallError():
            return CommandError(str(error), fix=kept)
    return CommandError("interrupted", fix=kept, status=INTERRUPTED)


def _show_notes(composition: Composition, hub: InForce, seen: PlanReading, *, resumed: bool) -> None:
    notes = []
    if hub.unknown:
        notes.append(f"{hub.unknown}: whether a sweep is running is not known")
    if resumed:
        notes.append(f"{len(seen.observed)} of {len(seen.accounts)} accounts were read before")
    for note in notes:
        composition.err.print(Text(f"note: {note}"), soft_wrap=True)
