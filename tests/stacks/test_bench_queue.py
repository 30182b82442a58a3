"""The bench works on the queue of the template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.arithmetic import MAX_RECEIVES, RETENTION_SECONDS
from bench.queue import BATCH, VISIBILITY_SECONDS
from bench.queue import MAX_RECEIVES as RECEIVES
from rollcall.sweep.observe import SLICE_SECONDS
from rollcall.timing import WORKERS
from tests.stacks.template import arn

if TYPE_CHECKING:
    from tests.stacks.template import Template


def test_tries_visibility_and_retention_of_the_intake_are_those_of_the_template(hub: Template) -> None:
    _, intake = hub.one("AWS::SQS::Queue", "IntakeQueue")
    assert intake["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES == RECEIVES
    assert intake["VisibilityTimeout"] == VISIBILITY_SECONDS
    assert intake["MessageRetentionPeriod"] == RETENTION_SECONDS


def test_batches_and_workers_are_those_of_the_template(hub: Template) -> None:
    sources = hub.of_type("AWS::Lambda::EventSourceMapping").values()
    queue = hub.one("AWS::SQS::Queue", "IntakeQueue")[0]
    (source,) = [one for one in sources if arn(one["EventSourceArn"]) == f"{{{queue}.Arn}}"]
    assert source["BatchSize"] == BATCH
    assert source["ScalingConfig"]["MaximumConcurrency"] == WORKERS


def test_a_slice_ends_a_minute_before_its_function(hub: Template) -> None:
    _, sweep = hub.one("AWS::Lambda::Function", "Sweep")
    assert sweep["Timeout"] - SLICE_SECONDS >= 60
