"""The Account API (alternate contacts) as AWS answers it."""

from collections.abc import Mapping
from typing import Any

from simulation.caller import Caller
from simulation.errors import ApiError
from simulation.organization import Organization


class AccountService:
    """GetAlternateContact, PutAlternateContact and DeleteAlternateContact over an organization.

    `propagation_seconds`: how long a read goes on returning the old value after a write.
    """

    operations = frozenset({"GetAlternateContact", "PutAlternateContact", "DeleteAlternateContact"})
    mutating = frozenset({"PutAlternateContact", "DeleteAlternateContact"})

    def __init__(self, organization: Organization, *, propagation_seconds: float = 0.0) -> None:
        self.organization = organization
        self.propagation_seconds = propagation_seconds

    def call(self, operation: str, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one request in API (PascalCase) spelling; raises ApiError as AWS would refuse it."""
        raise NotImplementedError

    def fail_next(
        self,
        operation: str,
        error: ApiError,
        *,
        times: int = 1,
        account: str | None = None,
        kind: str | None = None,
        applied: bool = False,
    ) -> None:
        """Refuse the next matching calls with `error`; `applied`: after making the change (a lost answer)."""
        raise NotImplementedError
