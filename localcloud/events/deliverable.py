"""Types of event delivery, and the check of target properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON = frozenset({"Id", "Arn", "DeadLetterConfig", "RetryPolicy"})
"""Properties that every target may have. Failed deliveries are not retried here."""


class UndeliverableError(Exception):
    """A target refused an event or cannot be reached; `code` is EventBridge's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDelivery:
    """An event for a bus. `forwarded`: a rule sent it from another bus."""

    bus_arn: str
    event: dict[str, Any]
    forwarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEvent:
    """An event that a target without a dead-letter queue did not take."""

    event: dict[str, Any]
    target_arn: str
    reason: str


def require_known(target: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises NotImplementedError for a target with a property that is not modelled."""
    if unknown := sorted(target.keys() - known):
        raise NotImplementedError(f"target {target['Arn']} with {unknown}")
