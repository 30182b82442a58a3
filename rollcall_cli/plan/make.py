"""Make a plan: look at one account after the other, and keep what was seen when that is cut off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rollcall.model.errors import RollcallError
from rollcall.model.roster import Roster
from rollcall_cli.plan import store
from rollcall_cli.plan.document import document
from rollcall_cli.plan.hub import ask
from rollcall_cli.plan.look import Look
from rollcall_cli.plan.result import Result, result
from rollcall_cli.plan.store import Seen
from rollcall_cli.text.problems import INTERRUPTED, CommandError
from rollcall_cli.text.progress import bar
from rollcall_config.configuration import load

if TYPE_CHECKING:
    from pathlib import Path

    from rollcall_cli.aws.composition import Composition
    from rollcall_cli.plan.hub import Hub
    from rollcall_cli.plan.scope import Scope

_NOT_KEPT: Final = "nothing was changed; with --out FILE what was seen would be kept, to go on from there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be planned. `out` is where it is kept, `resume` what is gone on with."""

    scope: Scope
    config: str
    profile: str | None
    out: Path | None
    resume: Path | None


def make(composition: Composition, order: Order) -> Result:
    """Plan as ordered; CommandError, with what was seen so far in `out`, if that is cut off."""
    now = composition.clock.now()
    configuration = load(composition.root, order.config, today=now.date())
    settings, roster = configuration.settings, Roster.from_document(configuration.roster)
    login = composition.login(settings, profile=order.profile)
    hub = ask(login, now=now)
    connection = composition.connection(login.client, position=login.position, management=settings.management)
    look = Look(roster=roster, settings=settings, connection=connection, matches=hub.matches)
    if order.resume is not None:
        seen = store.read(order.resume, organization=settings.organization, roster=roster.digest)
    else:
        every = connection.accounts.list_accounts()
        # The management account last, as a sweep has it: the same plan has the same digest.
        every = sorted(every, key=lambda account: (account.id == settings.management, account.id))
        seen = Seen(
            organization=settings.organization,
            roster=roster.digest,
            scope=order.scope,
            since=now,
            accounts=order.scope.of(every),
            observed=(),
        )
    _tell(composition, hub, seen, resumed=order.resume is not None)
    if order.out is not None:
        store.write(order.out, seen, plan=None)  # before half an hour of reading, not after it
    seen = _looked(composition, look, seen, order.out)
    made = result(
        seen,
        roster,
        first=hub.approved is None and hub.unknown is None,
        # A roster cannot raise the limit that it is held to.
        limit=(hub.approved or roster).max_changed_accounts,
        today=seen.since.date(),
    )
    if order.out is not None:
        store.write(order.out, seen, plan=document(made, details=True))
    return made


def _looked(composition: Composition, look: Look, seen: Seen, out: Path | None) -> Seen:
    observed = list(seen.observed)
    try:
        with bar(composition.err, composition.clock, "Reading contacts") as progress:
            for account in seen.left:
                progress(len(observed), len(seen.accounts))
                observed.append(look.at(account))
            progress(len(observed), len(seen.accounts))
    except (KeyboardInterrupt, CommandError, RollcallError) as error:
        seen = replace(seen, observed=observed)
        raise _cut_off(error, seen, out, root=composition.root) from error
    return replace(seen, observed=observed)


def _cut_off(error: BaseException, seen: Seen, out: Path | None, *, root: Path) -> CommandError:
    kept = _NOT_KEPT
    if out is not None:
        store.write(out, seen, plan=None)
        file = out.relative_to(root) if out.is_relative_to(root) else out
        kept = (
            f"{len(seen.observed)} of {len(seen.accounts)} accounts are in {file}: "
            f"`rollcall plan --resume {file}` goes on from there"
        )
    match error:
        case CommandError():
            return CommandError(error.problem, fix=f"{error.fix}; {kept}")
        case RollcallError():
            return CommandError(str(error), fix=kept)
    return CommandError("interrupted", fix=kept, status=INTERRUPTED)


def _tell(composition: Composition, hub: Hub, seen: Seen, *, resumed: bool) -> None:
    notes = []
    if hub.unknown:
        notes.append(f"{hub.unknown}: whether a sweep is under way is not known")
    if resumed:
        notes.append(f"{len(seen.observed)} of {len(seen.accounts)} accounts were seen before")
    for note in notes:
        composition.err.print(Text(f"note: {note}"), soft_wrap=True)
