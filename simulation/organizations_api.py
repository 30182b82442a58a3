"""The part of the Organizations API that Rollcall and its demo use: who may call what, then dispatch."""

import re
from collections.abc import Mapping
from typing import Any

from simulation.caller import Caller
from simulation.creation import AccountFactory
from simulation.errors import ApiError
from simulation.models import input_shape
from simulation.organization import Organization
from simulation.organizations_reads import READS
from simulation.organizations_writes import WRITES
from simulation.paging import empty_start, invalid


class OrganizationsService:
    """Reads for management and delegated administrators, writes for management, paging as in AWS.

    `account_creation_seconds`: how long CreateAccount stays IN_PROGRESS. `empty_pages`: every listing
    starts with an empty page that has a NextToken, which AWS permits itself and clients must follow.
    """

    operations = frozenset({*READS, *WRITES, "CreateAccount", "DescribeCreateAccountStatus"})
    mutating = frozenset({*WRITES, "CreateAccount"})

    def __init__(
        self, organization: Organization, *, account_creation_seconds: float = 0.0, empty_pages: bool = False
    ) -> None:
        self.organization = organization
        self.empty_pages = empty_pages
        self.creations = AccountFactory(organization, account_creation_seconds)

    def call(self, operation: str, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one request in API spelling (timestamps are datetime); raises ApiError.

        Throttling is not modelled: AWS's numbers are not published.
        """
        self._authorize(operation, caller)
        _check(operation, params)
        if operation == "CreateAccount":
            return self.creations.start(params)
        if operation == "DescribeCreateAccountStatus":
            return self.creations.describe(params)
        if operation in WRITES:
            return WRITES[operation](self.organization, params)
        answer = READS[operation](self.organization, params)
        if self.empty_pages and operation.startswith("List") and "NextToken" not in params:
            return empty_start(answer, params)
        return answer

    def _authorize(self, operation: str, caller: Caller) -> None:
        organization = self.organization
        if caller.account_id not in organization.accounts:
            message = "Your account is not a member of an organization."
            raise ApiError("AWSOrganizationsNotInUseException", message)
        reader = operation not in self.mutating and organization.is_delegated(caller.account_id)
        # The one operation open to every member.
        if caller.account_id == organization.management or reader or operation == "DescribeOrganization":
            return
        raise ApiError("AccessDeniedException", "You don't have permissions to access this resource.")


def _check(operation: str, params: Mapping[str, Any]) -> None:
    """Hold the parameters to lengths, patterns and enums of the service model."""
    shape = input_shape("organizations", operation)
    for name, member in shape.members.items() if shape else ():
        value, limits = params.get(name), member.metadata
        if value is None and shape and name in shape.required_members:
            raise invalid("INPUT_REQUIRED")
        if not isinstance(value, str) or name == "NextToken":
            continue
        if len(value) < limits.get("min", 0):
            raise invalid("MIN_LENGTH_EXCEEDED")
        if len(value) > limits.get("max", len(value)):
            raise invalid("MAX_LENGTH_EXCEEDED")
        if value not in limits.get("enum", [value]):
            raise invalid("INVALID_ENUM")
        if not re.fullmatch(limits.get("pattern", ".*"), value):
            raise invalid("INVALID_PATTERN")
