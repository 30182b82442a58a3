"""`python -m tests.browser.screenshots DIRECTORY`: the report as the README shows it."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lambdas"))

from selenium import webdriver

from rollcall.report.page import render
from tests.support.reports import sample_report

SIZES = {"report-desk": (1280, 900), "report-phone": (390, 844)}


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(option)
    with (
        tempfile.TemporaryDirectory() as work,
        webdriver.Chrome(
            options=options, service=webdriver.ChromeService("/usr/bin/chromedriver")
        ) as browser,
    ):
        page = Path(work) / "report.html"
        page.write_text(render(sample_report(240, calm=True)), encoding="utf-8")
        for name, (width, height) in SIZES.items():
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            browser.get(page.as_uri())
            answer = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (directory / f"{name}.png").write_bytes(base64.b64decode(answer["data"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
