"""Tallies and bulks in the table: all of a count or nothing, and everything ends by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollcall.bulk_edits.model import MOST_ACCOUNTS, By, EditWindow, GroupedIncident
from rollcall.model.edit_limits import BulkLimits
from rollcall.model.errors import RetryableError
from tests.support.bulk_samples import counted_all, edit
from tests.support.moto_aws import TABLE
from tests.support.samples import NOW


def grouped(number: int) -> GroupedIncident:
    return GroupedIncident(
        incident_id=f"RC-{number}", by=By.ORGANIZATION, name="all", bulk="bulk-1", verdict="set"
    )


def test_the_largest_count_is_one_transaction(state, items):
    limits = BulkLimits(organization_accounts=MOST_ACCOUNTS)
    edits = [edit(number, number) for number in range(MOST_ACCOUNTS)]
    tally = counted_all(edits, EditWindow(by=By.ORGANIZATION, name="all"), limits)
    accounts = [one.account_id for one in edits]
    assert state.save_windows(
        [tally], at=NOW, members=accounts, grouped=list(map(grouped, range(MOST_ACCOUNTS)))
    )
    assert tally.bulk is not None
    assert all(state.is_in_bulk(tally.bulk.key, account_id) for account_id in accounts)
    assert state.find_grouped("RC-19") == grouped(19)
    assert state.load_windows([(By.ORGANIZATION, "all")])[0] == tally
    added = [item for (pk, _), item in items().items() if pk not in ("control", "roster")]
    assert len(added) == 1 + 2 * MOST_ACCOUNTS
    assert {int(item["expires_at"]["N"]) for item in added} == {int(NOW.timestamp()) + 30 * 86_400}


@pytest.mark.parametrize(
    "principal", ["arn:aws:iam::222222222222:user/eve", "\ud800", "x" * 9000, "名前" * 900]
)
def test_a_principal_that_a_bulk_has_no_room_for_is_counted_beside_its_accounts(state, principal):
    one = edit(1, principal=principal)
    bulk = counted_all([edit(number) for number in range(5)]).bulk
    assert bulk is not None
    tally = replace(state.load_windows([(By.ACTOR, "mary")])[0], bulk=bulk)
    assert not state.is_in_bulk(bulk.key, one.principal_key)
    assert state.save_windows([tally], at=NOW, members=[one.account_id, one.principal_key])
    assert state.is_in_bulk(bulk.key, one.principal_key)
    assert state.is_in_bulk(bulk.key, one.account_id)


def test_who_read_an_older_tally_stores_nothing_at_all(state):
    old = state.load_windows([(By.ACTOR, "mary")])[0]
    assert state.save_windows([replace(old, recent=(edit(1),))], at=NOW)
    late = replace(old, recent=(edit(2),))
    assert not state.save_windows([late], at=NOW, members=["000000000002"], grouped=[grouped(2)])
    assert state.find_grouped("RC-2") is None
    assert [one.account_id for one in state.load_windows([(By.ACTOR, "mary")])[0].recent] == [
        edit(1).account_id
    ]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("batch_get_item", lambda state: state.load_windows([(By.ACTOR, "mary")])[0]),
        ("get_item", lambda state: state.find_grouped("RC-1")),
        ("get_item", lambda state: state.is_in_bulk("bulk-1", "222222222222")),
        (
            "transact_write_items",
            lambda state: state.save_windows([EditWindow(by=By.ACTOR, name="mary")], at=NOW),
        ),
        ("put_item", lambda state: state.schedule_closing("m-1", By.ACTOR, "mary", at=NOW)),
        ("query", lambda state: state.find_scheduled("m-1")),
    ],
)
def test_a_table_that_refuses_leaves_the_message_to_the_queue(state, dynamodb, monkeypatch, operation, call):
    def refuse(**_: object) -> None:
        error: Any = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "secret"}}
        raise ClientError(error, operation)

    monkeypatch.setattr(dynamodb, operation, refuse)
    with pytest.raises(RetryableError, match="ProvisionedThroughputExceededException") as raised:
        call(state)
    assert "secret" not in str(raised.value)


def test_windows_that_were_not_all_read_are_not_counted_in(state, dynamodb, monkeypatch):
    left: Any = {"Responses": {TABLE: []}, "UnprocessedKeys": {TABLE: {"Keys": [{"pk": {"S": "edits"}}]}}}
    monkeypatch.setattr(dynamodb, "batch_get_item", lambda **_: left)
    with pytest.raises(RetryableError, match="too busy"):
        state.load_windows([(By.ACTOR, "mary"), (By.ORGANIZATION, "all")])
