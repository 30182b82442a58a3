from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium import webdriver

from rollcall.report.page import render
from tests.support.reports import sample_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDTHS = {"desk": 1280, "phone": 390}


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(option)
    # The network is not to be had: the page must not need it.
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    directory = tmp_path_factory.mktemp("pages")

    def page(accounts: int, *, held: bool) -> Path:
        path: Path = directory / f"{accounts}-{held}.html"
        if not path.exists():
            path.write_text(render(sample_report(accounts, held=held)), encoding="utf-8")
        return path

    return page


@pytest.fixture
def show(browser: webdriver.Chrome, pages: Callable[..., Path]) -> Callable[..., webdriver.Chrome]:
    """Opens the report of so many accounts at a width."""

    def shown(accounts: int = 40, *, at: str = "desk", held: bool = False) -> webdriver.Chrome:
        # A window is never narrower than 500 pixels; a device may be.
        size = {"width": WIDTHS[at], "height": 1000, "deviceScaleFactor": 1, "mobile": at == "phone"}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(pages(accounts, held=held).as_uri())
        return browser

    return shown
