"""Expressions of schedules that EventBridge refuses."""

from localcloud.events.schedule_expressions import is_schedule
from tests.support.cases import check_each


@check_each(
    ("text", "valid"),
    [
        ("rate(1 hour)", True),
        ("rate(1 hours)", False),
        ("rate(0 hours)", False),
        ("cron(0 6 * * ? *)", True),
        ("cron(0/15 8-17 ? * MON-FRI *)", True),
        ("cron(0 6 L * ? 2027)", True),
        ("cron(0 10 ? * 6L *)", True),
        ("cron(0 10 ? * 2#1 *)", True),
        ("cron(0 6 * * * *)", False),
        ("cron(0 6 ? * ? *)", False),
        ("cron(61 6 * * ? *)", False),
        ("cron(0 24 * * ? *)", False),
        ("cron(0 6 32 * ? *)", False),
        ("cron(0 6 * 13 ? *)", False),
        ("cron(0 6 ? * FUN *)", False),
        ("cron(0 6 * * ? 1969)", False),
        ("cron(5-1 6 * * ? *)", False),
        ("cron(0/0 6 * * ? *)", False),
        ("cron(0 6 * * ?)", False),
        ("at(2026-12-01T06:00:00)", True),
        ("at(2026-13-01T06:00:00)", False),
    ],
)
def test_schedules_are_those_that_can_come(text, valid):
    assert is_schedule(text) is valid
