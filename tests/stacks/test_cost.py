"""The cost page is computed from what the template holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.cost_counts import load
from bench.counts_stack import counted

if TYPE_CHECKING:
    from tests.stacks.template import Template


def test_the_hub_has_as_many_alarms_and_other_things_paid_by_the_month_as_were_counted(hub: Template) -> None:
    assert load()["stack"] == counted(hub.body), "run: .venv/bin/python -m bench.cost --measure --write"


def test_an_alarm_on_an_expression_is_counted_for_each_of_its_metrics() -> None:
    plain = {"MetricName": "a"}
    several = {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a + b"}]}
    kinds = [("AWS::CloudWatch::Alarm", plain), ("AWS::CloudWatch::Alarm", several), ("AWS::KMS::Key", {})]
    bucket = {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Days": 5}}}}
    resources = {
        str(number): {"Type": kind, "Properties": properties}
        for number, (kind, properties) in enumerate([*kinds, ("AWS::S3::Bucket", bucket)])
    }
    found = counted({"Resources": resources})
    assert (found["alarm_metrics"], found["keys"], found["dashboards"]) == (3, 1, 0)
