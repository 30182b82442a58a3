"""The part of the Organizations API that Rollcall and its demo use."""

from collections.abc import Mapping
from typing import Any

from simulation.caller import Caller
from simulation.organization import Organization


class OrganizationsService:
    """Reads for management and delegated administrators, writes for management, paging as in AWS.

    `account_creation_seconds`: how long CreateAccount stays IN_PROGRESS.
    """

    operations: frozenset[str] = frozenset()
    mutating = frozenset(
        {"CreateAccount", "MoveAccount", "CreateOrganizationalUnit", "TagResource", "UntagResource"}
    )

    def __init__(self, organization: Organization, *, account_creation_seconds: float = 0.0) -> None:
        self.organization = organization
        self.account_creation_seconds = account_creation_seconds

    def call(self, operation: str, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one request in API spelling (timestamps are datetime); raises ApiError."""
        raise NotImplementedError
