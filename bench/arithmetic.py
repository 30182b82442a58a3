"""What a sweep of so many accounts comes to, from the numbers that the code and AWS have.

`docs/reference/capacity.md` shows these.
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from math import ceil
from random import Random
from typing import TYPE_CHECKING, Final

from rollcall.adapters.account_listing import PAGE_SIZE
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.decide.roster_change import RosterChange
from rollcall.decide.roster_entries import describe_accounts
from rollcall.decide.weakening import MOST_NAMED, Weakening, WeakeningKind
from rollcall.model.contact import ALTERNATE_KINDS
from rollcall.runtime.handlers import retry_seconds
from rollcall.sweep.approvals import find_reasons_to_wait, make_pending_plan
from rollcall.sweep.observe import SLICE_SECONDS
from rollcall.sweep.run import Ending, PlanReference, Run, Step, Trigger
from rollcall.sweep.stored_plan import PlanBuilder
from rollcall.timing import APPLY_READS, CEILING, ORGANIZATIONS_RATE, QUOTAS

if TYPE_CHECKING:
    from collections.abc import Callable

#: One contact in one account of twenty drifted: a bad day.
DRIFTED_SHARE: Final = 0.05
#: OUs in an organization: AWS's default maximum is 2,000; here one for fifty accounts, ten below one.
ACCOUNTS_PER_UNIT, UNITS_PER_UNIT = 50, 10
#: Calls of the Account API for one change: read again before it, and after it.
_GETS_PER_CHANGE: Final = 2
#: Entered, scheduled, started, succeeded, exited; and a choice is entered and exited.
EVENTS_PER_STEP: Final = 5 + 2
EVENTS_PER_WAIT: Final = 2 + EVENTS_PER_STEP
#: Execution started and succeeded, the last state entered and exited.
_EVENTS_AROUND: Final = 4
WAIT_SECONDS: Final = 60
#: Of Step Functions standard workflows: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MOST_EVENTS, MOST_PAYLOAD_BYTES = 25_000, 262_144
#: Of DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
MOST_ITEM_BYTES: Final = 409_600
#: Of the template: tries before a message is dead, and what SQS keeps it for where nothing else is said.
MAX_RECEIVES, RETENTION_SECONDS = 60, 14 * 86_400


def figures(accounts: int) -> dict[str, float]:
    """Figures of one sweep; times in minutes, without the time of answers, which calls in flight hide."""
    reads, writes = (QUOTAS[name][0] * CEILING for name in ("GetAlternateContact", "PutAlternateContact"))
    # A page of accounts after the other, and the OUs that are above others.
    listing = ceil(accounts / PAGE_SIZE) + ceil(accounts / ACCOUNTS_PER_UNIT / UNITS_PER_UNIT) + 1
    changes = int(accounts * DRIFTED_SHARE)
    observing = accounts * len(ALTERNATE_KINDS) / reads
    applying = max(changes / writes, _GETS_PER_CHANGE * changes / (reads * APPLY_READS))
    slices = ceil(observing / SLICE_SECONDS) + ceil(applying / SLICE_SECONDS)
    # Begin, prepare, gate and report beside the slices; and the wait before what drifted is set.
    events = _EVENTS_AROUND + EVENTS_PER_STEP * (slices + 4) + 2
    return {
        "organization reads": listing,
        "listing, minutes": round(listing / ORGANIZATIONS_RATE / 60, 1),
        "contacts read": accounts * len(ALTERNATE_KINDS),
        "observing, minutes": round(observing / 60),
        "changes": changes,
        "applying, minutes": round(applying / 60, 1),
        "invocations": slices + 4,
        "history events": events,
    }


def waiting_events(hours: int) -> int:
    """History events of an execution that waits for another run for so long, and ends then."""
    return EVENTS_PER_WAIT * hours * 3600 // WAIT_SECONDS


def largest_run() -> Run:
    """A run that carries everything that one may carry: what goes through the machine is never larger."""
    digest, now = "f" * 64, datetime(2026, 10, 5, 9, 30, 0, 123456, tzinfo=UTC)
    return Run(
        id="20261005T093000Z-1f2e3d",
        execution="e" * 80,
        trigger=Trigger.OPERATOR,
        by="arn:aws:sts::333333333333:assumed-role/" + "r" * 128,
        started_at=now,
        next=Step.OBSERVE,
        roster=digest,
        approved=digest,
        data="20261005T093000Z-1f2e3d",
        accounts=50_000,
        cursor=150_000,
        rates=dict.fromkeys((*QUOTAS, "Organizations"), 9.999),
        reads=100_000,
        plan=PlanReference(digest=digest, roster=digest, changes=150_000, parts=150),
        pending=(digest, digest),
        ending=Ending.SUPERSEDED,
        failed=dict.fromkeys(map(str, Step), "States.DataLimitExceeded"),
    )


def payload_bytes() -> int:
    """Bytes of that run as JSON."""
    return len(json.dumps(largest_run().as_document()).encode())


def run_item_bytes() -> int:
    """Bytes of the item that holds that run: names and values, as DynamoDB counts them."""
    return _stored(lambda table: table.acquire(largest_run(), largest_run().started_at))


def pending_item_bytes() -> int:
    """Bytes of a plan that waits: of everything changed, for every reason."""
    run, now = largest_run(), largest_run().started_at
    draft = PlanBuilder(roster=run.roster, write=lambda _part, _changes: None)
    draft.active = draft.changed = draft.new_deletes = 50_000
    draft.by_kind.update(dict.fromkeys(map(str, ALTERNATE_KINDS), 50_000))
    ids = tuple(f"{number:012}" for number in range(50_000))
    text = f"{'x' * 200} {describe_accounts(ids)}"
    change = RosterChange(
        active=50_000,
        changed=50_000,
        not_compared=ids,
        weakenings=tuple(
            Weakening(kind=kind, text=text, accounts=ids[:MOST_NAMED], count=len(ids))
            for kind in WeakeningKind
        ),
        unmatched=(text,),
    )
    reasons = find_reasons_to_wait(change, limit="10%", passed=50_000, deletes=50_000, first=True)
    plan = run.plan or draft.finish(against=run.approved, weakenings=change.weakenings)
    held = make_pending_plan(run, draft, plan, change=change, reasons=reasons, now=now)
    return _stored(lambda table: table.save_pending(held))


def roster_item_kilobytes(accounts: int) -> int:
    """An approved roster that names every account by its id, ten to an override: as large as they get.

    To ten kilobytes: how well it compresses depends on the library.
    """
    random = Random(0)  # noqa: S311  # no secret depends on it
    ids = [f"{random.randrange(10**12):012}" for _ in range(accounts)]
    overrides = [
        {"accounts": ids[start : start + 10], "kinds": {"SECURITY": "soc"}, "mode": None}
        for start in range(0, accounts, 10)
    ]
    text = json.dumps({"version": 1, "overrides": overrides}, sort_keys=True)
    return round(len(gzip.compress(text.encode(), mtime=0)) / 1024 / 10) * 10


def _stored(write: Callable[[SweepTable], object]) -> int:
    client = _Client()
    write(SweepTable(client=client, table="state"))
    return sum(len(name) + len(next(iter(value.values()))) for name, value in client.item.items())


class _Client:
    """A DynamoDB client that keeps what was put last."""

    def __init__(self) -> None:
        self.item: dict[str, dict[str, str]] = {}

    def put_item(self, *, Item: dict[str, dict[str, str]], **_: object) -> dict[str, object]:  # noqa: N803  # boto3's
        self.item = Item
        return {}

    def query(self, **_: object) -> dict[str, object]:
        return {"Items": []}


def tries_minutes() -> float:
    """From the first receive of a message that always fails to its last."""
    return round(sum(retry_seconds(receive) for receive in range(1, MAX_RECEIVES)) / 60, 1)
