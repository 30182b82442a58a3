"""Every alarm of the template says where the runbook is about it, and the runbook is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.kept import ROOT

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ALARMS = {
    re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    for heading in re.findall(r"^### (Alarm: [^\n]+)$", PAGE, re.MULTILINE)
}


def test_every_alarm_has_its_section(everything: Assembly) -> None:
    alarms = everything.templates["RollcallHub"].of_type("AWS::CloudWatch::Alarm")
    assert alarms
    for name, alarm in alarms.items():
        said = alarm["AlarmDescription"]
        if "DeadLetters" in name:
            assert "dead-letter queue" in said
            assert "alarm-dead-letters" in ALARMS
        else:
            linked = re.search(r"#([a-z-]+)$", said)
            assert linked, name
            assert linked[1] in ALARMS, name


def test_the_section_on_waiting_says_for_how_long(everything: Assembly) -> None:
    alarms = everything.templates["RollcallHub"].of_type("AWS::CloudWatch::Alarm")
    waits = {name: alarm for name, alarm in alarms.items() if "Waits" in name}
    (signals,) = [waits.pop(name) for name in list(waits) if "Reconcile" in name]
    backlog = signals["Period"] * signals["EvaluationPeriods"] // 60
    seconds = {name: alarm["Threshold"] for name, alarm in waits.items()}
    events = {seconds.pop(name) for name in list(seconds) if "AlertOnly" in name or "Echoes" in name}
    [hours], [minutes] = {one // 3600 for one in events}, {one // 60 for one in seconds.values()}
    assert (
        f"for {backlog} minutes (an edit), {minutes} minutes (an alert) or {hours} hours "
        "(own writes, and what is only alerted)" in " ".join(PAGE.split())
    )
