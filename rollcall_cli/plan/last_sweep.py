"""What the last sweep observed of every account, with what runs wrote since."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rollcall.model.errors import RetryableError
from rollcall.rosters.orphaned import find_orphaned
from rollcall.sweep.begin import read_observed_with_writes
from rollcall.sweep.observe import list_kinds
from rollcall_cli.plan.in_force import ReadOnlyMatches
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.decide.plan import ObservedAccount
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall.rosters.orphaned import Matches
    from rollcall_cli.plan.in_force import InForce

_FRESH: Final = "pass --fresh to read every account now"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastObservation:
    """Every account as the last sweep observed it, and runs left it."""

    run: str
    #: When the observation began.
    since: datetime
    observed: Sequence[ObservedAccount]
    #: Digests of the rosters that it was observed for.
    rosters: frozenset[str]


def read_last_observation(hub: InForce) -> LastObservation:
    """Read it from the hub; CommandError, with --fresh as the fix, if it did not cover every account."""
    runs = hub.runs
    if hub.sweeps is None or runs is None:
        raise CommandError(f"what the last sweep observed is not known: {hub.unknown}", fix=_FRESH)
    summary = hub.sweeps.find_last() or {}
    last = summary.get("observed")
    if not last:
        raise CommandError("no sweep has finished yet", fix=f"wait for the first one, or {_FRESH}")
    data = str(last["run"])
    try:
        accounts = list(runs.read_accounts(data))
        observed = read_observed_with_writes(last, runs, hub.sweeps)
    except RetryableError as error:
        raise CommandError(f"what the sweep {data} observed cannot be read: {error}", fix=_FRESH) from error
    if len(observed) < len(accounts):
        missing = f"{len(accounts) - len(observed)} of {len(accounts)} accounts"
        raise CommandError(
            f"the sweep {data} did not read {missing}", fix=f"run `rollcall sweep`, or {_FRESH}"
        )
    return LastObservation(
        run=data,
        since=datetime.strptime(data[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        observed=observed,
        rosters=frozenset(last["rosters"]),
    )


def judge_by(roster: Roster, last: LastObservation, hub: InForce) -> list[ObservedAccount]:
    """The observation as this roster asks for it; CommandError if the sweep did not read what it needs."""
    active = [item for item in last.observed if item.account.active]
    missing = set(list_kinds([roster])).difference(*(item.contacts for item in active[:1]))
    if missing:
        kinds = ", ".join(sorted(missing))
        raise CommandError(
            f"the last sweep did not read {kinds} contacts, which this roster manages", fix=_FRESH
        )
    if roster.uses_tags and not _has_tags(roster, last, hub):
        raise CommandError("the last sweep read no tags, which this roster uses", fix=_FRESH)
    if hub.matches is None:
        return list(last.observed)
    known = ObservedTags(hub.matches, {item.account.id: item.account for item in active})
    return [_find_orphaned(item, roster, known) if item.account.active else item for item in last.observed]


def _has_tags(roster: Roster, last: LastObservation, hub: InForce) -> bool:
    """Whether tags were read: an organization may have none."""
    known = {one.digest: one.uses_tags for one in (roster, hub.approved) if one is not None}
    return any(known.get(digest) for digest in last.rosters) or any(
        item.account.tags for item in last.observed
    )


def _find_orphaned(item: ObservedAccount, roster: Roster, matches: Matches) -> ObservedAccount:
    if roster.digest in item.orphaned:
        return item
    lost = find_orphaned(roster, item.account, matches)
    return replace(item, orphaned={**item.orphaned, roster.digest: lost}) if lost else item


class ObservedTags(ReadOnlyMatches):
    """What rosters matched, with tags as they were observed: one read of the table, whatever the number."""

    def __init__(self, memory: Matches, accounts: Mapping[str, Account]) -> None:
        super().__init__(memory)
        self._accounts = accounts

    def is_tagged(self, tag: str, account_id: str) -> bool:
        """As observed."""
        tags = self._accounts[account_id].tags
        return all(tags.get(key) == value for key, value in json.loads(tag))
