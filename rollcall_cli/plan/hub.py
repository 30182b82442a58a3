"""What the hub knows that a plan from outside has to ask: a sweep under way, and what rosters matched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.model.errors import RetryableError
from rollcall.model.roster import Roster
from rollcall.rosters.orphaned import CachedMatches
from rollcall_cli.aws.caller import Position
from rollcall_cli.aws.hub_stack import STACK, outputs
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.rosters.orphaned import Matches
    from rollcall_cli.aws.composition import Login

_TABLE = "StateTableName"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """`approved` is the roster in force, None if there is none. `unknown` says why the hub was not asked."""

    matches: Matches | None = None
    approved: Roster | None = None
    unknown: str | None = None


class LookOnly:
    """The memory of what rosters matched, for somebody who only looks: nothing is remembered."""

    def __init__(self, memory: Matches) -> None:
        self._memory = memory

    def list_units(self) -> Mapping[str, frozenset[str]]:
        """As the memory says."""
        return self._memory.list_units()

    def is_tagged(self, tag: str, account_id: str) -> bool:
        """As the memory says."""
        return self._memory.is_tagged(tag, account_id)

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        """As the memory says."""
        return self._memory.has_others_tagged(tag, account_id)

    def add_unit(self, path: str, ou_id: str) -> None:
        """Nothing: a sweep will."""

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Nothing, as above."""

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Nothing, as above."""


def ask(login: Login, *, now: datetime) -> Hub:
    """Ask the hub; CommandError if a sweep is under way: together they would take more than the quota."""
    if login.position is not Position.HUB:
        return Hub(unknown="these are credentials of the management account")
    try:
        found = outputs(login.client("cloudformation"))
    except AWS_ERRORS as error:
        return Hub(unknown=f"AWS answered {get_code(error)} when asked for the stack {STACK}")
    if found is None or _TABLE not in found:
        return Hub(unknown=f"{STACK} is not deployed")
    client = login.client("dynamodb")
    try:
        run = SweepTable(client=client, table=found[_TABLE]).find_current(now)
        approved = _approved(ControlItems(client=client, table=found[_TABLE]))
        matches = CachedMatches(LookOnly(MatchTable(client=client, table=found[_TABLE])))
        matches.list_units()
    except RetryableError as error:
        return Hub(unknown=str(error))
    if run is not None:
        at = f"{run.cursor} of {run.accounts} accounts" if run.accounts else "its beginning"
        raise CommandError(
            f"the sweep {run.id} is under way ({run.next}, {at})",
            fix="wait until it is done (`rollcall status`): both together would take more than the quota",
        )
    return Hub(matches=matches, approved=approved)


def _approved(control: ControlItems) -> Roster | None:
    digest = control.get_enforcement().approved
    return Roster.from_document(control.load_roster(digest)) if digest else None
