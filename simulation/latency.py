"""Latency of calls: log-normal, as that of services is, and reproducible by seed."""

from random import Random

#: Median seconds of a read and of a write of the Account API and AWS Organizations. Assumed, not measured.
READ_SECONDS, WRITE_SECONDS = 0.12, 0.20
#: Of the logarithm: one call in a hundred takes twice the median.
SPREAD = 0.3


class Latency:
    """Seconds from a request to the moment when the service looks at it; the answer is there at once."""

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311 - no secret depends on it

    def draw(self, operation: str) -> float:
        """Seconds for one call of this operation."""
        is_read = operation.startswith(("Get", "List", "Describe"))
        return self.draw_around(READ_SECONDS if is_read else WRITE_SECONDS)

    def draw_around(self, median: float) -> float:
        """Seconds around a median."""
        return median * self._random.lognormvariate(0.0, SPREAD)
