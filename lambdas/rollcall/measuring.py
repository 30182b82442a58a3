"""Metrics as lines of the log, which CloudWatch turns into data points (embedded metric format)."""

from __future__ import annotations

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rollcall.metrics import DIMENSION, NAMESPACE, SERVICES, Metric


def measure(metric: Metric, value: int) -> None:
    """Write one data point: a count, or milliseconds if its name says so."""
    unit = MetricUnit.Milliseconds if metric is Metric.RESTORE_MILLISECONDS else MetricUnit.Count
    with single_metric(
        metric,
        unit=unit,
        value=value,
        namespace=NAMESPACE,
        default_dimensions={DIMENSION: SERVICES[metric]},
    ):
        """Written on the way out."""
