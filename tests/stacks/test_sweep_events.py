"""Sweeps a month by schedule, and what CloudTrail records of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rollcall_config import organization_values
from rollcall_config.settings import Settings
from rollcall_config.sweep_events import count_sweeps, count_trail_events, describe_trail_events
from tests.support.cases import check_each

BASE: dict[str, Any] = {
    "organization": "o-exampleorgid",
    "management": "111111111111",
    "hub": "333333333333",
    "region": "us-east-1",
    "alert_addresses": ("aws-alerts@example.com",),
    "ledger_retention_days": 365,
}
ROSTER = {"defaults": {"SECURITY": "a", "OPERATIONS": "a", "BILLING": None}, "overrides": []}


@check_each(
    ("schedule", "a_day"),
    [
        ("rate(1 day)", 1),
        ("rate(6 hours)", 4),
        ("rate(1 hour)", 24),
        ("rate(15 minutes)", 96),
        ("cron(30 4 * * ? *)", 1),
        ("cron(30 4,16 ? * * *)", 2),
        ("cron(0 8-17,20 * * ? *)", 11),
        ("cron(0 * * * ? *)", 24),
        ("cron(0 */6 * * ? *)", 4),
        ("cron(0 5/12 * * ? *)", 2),
    ],
)
def test_sweeps_are_counted(schedule: str, a_day: int) -> None:
    assert re.fullmatch(f"{organization_values._RATE}|{organization_values._CRON}", schedule)
    assert count_sweeps(schedule) == pytest.approx(a_day * 730 / 24)


@pytest.mark.parametrize("minutes", [1, 5, 14, 60, 90])
def test_a_sweep_is_started_every_quarter_of_an_hour_at_most(minutes: int) -> None:
    assert not re.fullmatch(organization_values._RATE, f"rate({minutes} minutes)")


def test_a_thousand_accounts_every_quarter_of_an_hour_are_fifteen_million_events() -> None:
    sweeps = count_sweeps("rate(15 minutes)")
    assert 1_000 * count_trail_events(kinds=3, sweeps=sweeps, reader=True) == 14_600_000
    assert 1_000 * count_trail_events(kinds=3, sweeps=sweeps, reader=False) == 8_760_000


def test_synth_says_so_if_there_is_more_than_one_sweep_a_day() -> None:
    assert describe_trail_events(Settings(**BASE), ROSTER) == ""
    often = Settings(**BASE, sweep_schedule="rate(15 minutes)", members_reader=True)
    line = describe_trail_events(often, ROSTER)
    assert "2,920 sweeps a month" in line
    assert "14.6 million read events a month" in line
