"""Runs in the state table: what `test_memories` cannot see from outside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollcall.adapters.state.sweeps import SweepTable
from rollcall.model.errors import RetryableError
from rollcall.sweep.run import LEASE_SECONDS
from tests.support.memory_operations import run_of
from tests.support.moto_aws import TABLE
from tests.support.samples import NOW, Refusing, client_error

RUN = run_of("execution-1", 0, None)


@pytest.fixture
def sweeps(dynamodb):
    return SweepTable(client=dynamodb, table=TABLE)


def test_the_run_that_goes_on_is_known_with_its_cursor_until_its_lease_ends(sweeps):
    assert sweeps.find_current(NOW) is None
    sweeps.acquire(RUN, NOW)
    moved = replace(RUN, cursor=2400)
    assert sweeps.save_progress(moved, NOW + timedelta(seconds=60))
    assert sweeps.find_current(NOW + timedelta(seconds=LEASE_SECONDS + 59)) == moved
    assert sweeps.find_current(NOW + timedelta(seconds=LEASE_SECONDS + 61)) is None


def test_a_run_that_ended_is_no_longer_in_the_way_and_one_that_took_over_stays(sweeps):
    sweeps.acquire(RUN, NOW)
    later = NOW + timedelta(seconds=LEASE_SECONDS + 1)
    other = run_of("execution-2", 0, None)
    assert sweeps.acquire(other, later)
    assert not sweeps.save_progress(RUN, later)
    sweeps.finish(RUN, {"ending": "failed"}, later)
    assert sweeps.find_current(later) == other
    sweeps.finish(other, {"ending": "finished"}, later)
    assert sweeps.find_current(later) is None
    assert sweeps.find_last() == {"ending": "finished"}


def test_held_plans_expire_by_themselves_and_the_run_never_does(sweeps, items):
    sweeps.acquire(RUN, NOW)
    assert "expires_at" not in items()["sweep", "current"]


def test_a_table_that_refuses_says_so_without_the_item():
    broken = SweepTable(
        client=Refusing({"put_item": client_error("InternalServerError", 500, "who@example.com")}),
        table=TABLE,
    )
    with pytest.raises(RetryableError, match="InternalServerError") as caught:
        broken.acquire(RUN, NOW)
    assert "who@" not in str(caught.value)
