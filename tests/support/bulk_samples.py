"""What several tests of one subject share: tally."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollcall.bulk_edits.counting import (
    accepts,
    count_edit,
    join_edit,
    list_members,
)
from rollcall.bulk_edits.model import (
    By,
    Edit,
    EditWindow,
)
from rollcall.model.edit_limits import BulkLimits
from tests.support.samples import SIGNAL

START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


LIMITS = BulkLimits()


NOBODY = EditWindow(by=By.ACTOR, name="assumed-role/Dev/mary")


def edit(
    account: int, seconds: float = 0.0, verdict: str = "set", principal: str = SIGNAL.actor.principal
) -> Edit:
    account_id = f"{account:012}"
    return Edit(
        kind="SECURITY",
        incident_id=f"RC-{account}-{seconds}",
        account_id=account_id,
        at=START + timedelta(seconds=seconds),
        verdict=verdict,
        place={"id": account_id, "name": f"Account {account}", "ou": "Sandbox"},
        actor=replace(SIGNAL.actor, principal=principal).as_document(),
    )


def counted_all(edits: list[Edit], tally: EditWindow = NOBODY, limits: BulkLimits = LIMITS) -> EditWindow:
    """As a worker counts: what a bulk takes joins it."""
    counts: set[str] = set()
    for one in edits:
        if tally.bulk is not None and accepts(tally.bulk, one, limits):
            new = list_members(tally.bulk, one)
            tally = replace(tally, bulk=join_edit(tally.bulk, one, START, known=counts & set(new)))
            counts |= set(new)
        else:
            tally = count_edit(tally, one, START, limits)
            counts = {item.account_id for item in tally.recent}
    return tally
