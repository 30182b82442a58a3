"""README.md shows an alert and steps of the demo as they are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GOLDEN = ROOT / "tests" / "functions" / "golden" / "text" / "edited-restored.txt"
#: What differs from one alert to the next.
VALUES = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:]+Z|RC-[0-9a-f]{12}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|ASIA\*\*\*\w+|\w\*\*\*(?: \w\*\*\*)*(?:@[\w.]+)?|\*\*\*\w+|https://docs\.example\.com/operations|docs/operations\.md"
)


def test_the_alert_has_the_words_and_lines_of_a_real_one():
    (shown,) = re.findall(r"^```\n(Subject: .*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert VALUES.sub("", shown) == VALUES.sub("", GOLDEN.read_text(encoding="utf-8"))


def test_the_steps_of_the_demo_are_ones_that_it_plays():
    story = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "localcloud" / "story").glob("*.py"))
    table = README.partition("┃ step")[2].partition("```")[0]
    cells = [[cell.strip() for cell in line.split("│")[1:3]] for line in table.splitlines() if "│" in line]
    joined = re.sub(r"\s+", " ", " ".join(first for first, _ in cells))
    steps = [step.strip() for step in re.split(r"\d+\. ", joined) if step.strip()]
    assert len(steps) >= 3
    assert [step for step in steps if f'"{step}"' not in story] == []
