"""An event on its way: what is delivered, where it cannot go, and what a target may say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON = frozenset({"Id", "Arn", "DeadLetterConfig", "RetryPolicy"})
"""What every target may have. A target that refuses is not tried again here."""


class UndeliverableError(Exception):
    """A target that refuses or cannot be reached; carries EventBridge's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to a bus; `forwarded` once a rule has sent it on from another bus."""

    bus_arn: str
    event: dict[str, Any]
    forwarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An event that a target without a dead-letter queue did not take."""

    event: dict[str, Any]
    target_arn: str
    reason: str


def require_known(target: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises NotImplementedError for a target with a property that is not modelled."""
    if unknown := sorted(target.keys() - known):
        raise NotImplementedError(f"target {target['Arn']} with {unknown}")
