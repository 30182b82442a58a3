"""Errors that a test injects."""

from dataclasses import dataclass

from simulation.errors import ApiError


@dataclass(slots=True, kw_only=True)
class InjectedError:
    """An injected error; mutable because it counts down.

    `account` (the target) and `kind` limit it when they are given; `applied`: the change is made all the
    same, only its answer is lost.
    """

    operation: str
    error: ApiError
    times: int
    account: str | None
    kind: str | None
    applied: bool

    def spend(self, operation: str, account: str, kind: str | None) -> bool:
        """Whether this call fails; if so, count down."""
        matches = (
            self.times > 0
            and operation == self.operation
            and self.account in (None, account)
            and self.kind in (None, kind)
        )
        self.times -= matches
        return matches
