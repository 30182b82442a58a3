"""What a plan needs from the hub: the roster in force, what it matched, and whether a sweep is running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.model.errors import RetryableError
from rollcall.model.roster import Roster
from rollcall.rosters.orphaned import CachedMatches
from rollcall_cli.aws.composition import Position
from rollcall_cli.aws.hub import REPORTS, STACK, read_outputs
from rollcall_cli.status.runs import STEPS
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.rosters.orphaned import Matches
    from rollcall_cli.aws.composition import Login

_TABLE = "StateTableName"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What the hub has in force."""

    matches: Matches | None = None
    #: The approved roster, None if there is none.
    approved: Roster | None = None
    #: In how many accounts changed rosters lately changed contacts without approval.
    passed: int = 0
    #: Why the hub could not be read, None if it was.
    unknown: str | None = None
    #: What the hub remembers and stores of its sweeps, None if it could not be read.
    sweeps: SweepTable | None = None
    runs: RunsBucket | None = None


class ReadOnlyMatches:
    """What rosters matched, read only: changes are discarded."""

    def __init__(self, memory: Matches) -> None:
        self._memory = memory

    def list_units(self) -> Mapping[str, frozenset[str]]:
        """As recorded."""
        return self._memory.list_units()

    def is_tagged(self, tag: str, account_id: str) -> bool:
        """As recorded."""
        return self._memory.is_tagged(tag, account_id)

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        """As recorded."""
        return self._memory.has_others_tagged(tag, account_id)

    def list_tagged(self, tag: str) -> frozenset[str]:
        """As recorded."""
        return self._memory.list_tagged(tag)

    def add_unit(self, path: str, ou_id: str) -> None:
        """Discarded: a sweep records it."""

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Discarded, as above."""

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Discarded, as above."""


def read_in_force(login: Login, *, now: datetime, fresh: bool) -> InForce:
    """Read the hub; CommandError if all is to be read `fresh` beside a sweep: it would exceed the quota."""
    if login.position is not Position.HUB:
        return InForce(unknown="these are credentials of the management account")
    try:
        found = read_outputs(login.client("cloudformation"))
    except AWS_ERRORS as error:
        return InForce(unknown=f"AWS answered {get_code(error)} for the stack {STACK}")
    if found is None or _TABLE not in found:
        return InForce(unknown=f"{STACK} is not deployed")
    client = login.client("dynamodb")
    sweeps = SweepTable(client=client, table=found[_TABLE])
    try:
        run = sweeps.find_current(now) if fresh else None
        passed = sum(one.accounts for one in sweeps.list_passed(now))
        approved = _read_approved(ControlItems(client=client, table=found[_TABLE]))
        matches = CachedMatches(ReadOnlyMatches(MatchTable(client=client, table=found[_TABLE])))
        matches.list_units()
    except RetryableError as error:
        return InForce(unknown=str(error))
    if run is not None:
        at = f"{run.cursor} of {run.accounts} accounts" if run.accounts else "its beginning"
        raise CommandError(
            f"the sweep {run.id} is running ({STEPS[run.next]}, {at})",
            fix="wait until it is done (`rollcall status`): both together would exceed the quota",
        )
    runs = RunsBucket(client=login.client("s3"), bucket=found.get(REPORTS, ""))
    return InForce(matches=matches, approved=approved, passed=passed, sweeps=sweeps, runs=runs)


def _read_approved(control: ControlItems) -> Roster | None:
    digest = control.get_enforcement().approved
    return Roster.from_document(control.load_roster(digest)) if digest else None
