"""README.md shows an alert and steps of the demo as they are."""

import re
from pathlib import Path

from bench.cost_assumptions import Assumptions
from bench.cost_bill import bill
from bench.cost_counts import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GOLDEN = ROOT / "tests" / "functions" / "golden" / "text" / "edited-restored.txt"
#: What differs from one alert to the next.
VALUES = re.compile(
    r"\d{4}-\d\d-\d\d [\d:]+ UTC|within \d+ s|RC-[0-9a-f]{12}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[\w.]+-?[\w.]*@[\w.]+|ASIA\*\*\*\w+|\w\*\*\*(?: \w\*\*\*)*(?:@[\w.]+)?|\*\*\*\w+"
)


def test_the_alert_has_the_words_and_lines_of_a_real_one():
    (shown,) = re.findall(r"^```\n(Subject: .*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert VALUES.sub("", shown) == VALUES.sub("", GOLDEN.read_text(encoding="utf-8"))


def test_the_cost_is_that_of_the_bill():
    (said,) = re.findall(r"about (\d+) US dollars a month with 1,000 accounts, (\d+) with 10,000", README)
    counts = load()
    bills = [sum(line.usd for line in bill(counts, Assumptions(), size)) for size in (1_000, 10_000)]
    assert said == tuple(f"{usd:.0f}" for usd in bills)


def test_the_steps_of_the_demo_are_ones_that_it_plays():
    story = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "localcloud" / "story").glob("*.py"))
    table = README.partition("┃ step")[2].partition("```")[0]
    cells = [[cell.strip() for cell in line.split("│")[1:3]] for line in table.splitlines() if "│" in line]
    joined = re.sub(r"\s+", " ", " ".join(first for first, _ in cells))
    steps = [step.strip() for step in re.split(r"\d+\. ", joined) if step.strip()]
    assert len(steps) >= 3
    assert [step for step in steps if f'"{step}"' not in story] == []
