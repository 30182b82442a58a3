"""How large the report's page is for ten thousand accounts, and how long it takes to render."""

from __future__ import annotations

import time
from typing import Any

from bench.rows import row
from rollcall.report.page import render
from tests.support.reports import sample_report

_ACCOUNTS = 10_000


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, goal, ok}."""
    report = sample_report(_ACCOUNTS)
    start = time.process_time()
    page = render(report)
    spent = time.process_time() - start
    return [
        row("report_page_kilobytes_10000", round(len(page.encode()) / 1024), "kB"),
        row("report_page_cpu_seconds_10000", round(spent, 1), "s"),
    ]
