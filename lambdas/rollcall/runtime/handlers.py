"""What every handler does beside its work: it is composed once, and it writes metrics."""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rollcall.outcomes.metrics import DIMENSION, NAMESPACE, SERVICES, Metric

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import _lru_cache_wrapper

Function = TypeVar("Function")


def compose_once(compose: Callable[[], Function]) -> _lru_cache_wrapper[Function]:
    """What `compose` returns, from its first call on; what it raises is raised, and it is called again.

    Clients are made of some hundred thousand small objects, none of them garbage. Python would look through
    them again and again meanwhile, for a tenth of a cold start (`make bench`).
    """

    @cache
    def composed() -> Function:
        gc.disable()
        try:
            return compose()
        finally:
            gc.enable()

    return composed


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
