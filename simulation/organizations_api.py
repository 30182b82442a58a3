"""The part of the Organizations API that Rollcall and its demo use: authorization and dispatch."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import StructureShape

from simulation.caller import Caller
from simulation.creation import AccountFactory
from simulation.errors import ApiError
from simulation.membership import Membership
from simulation.models import Params, find_input_shape
from simulation.organization import SimulatedOrganization
from simulation.organizations_attachments import ATTACHMENT_READS, ATTACHMENT_WRITES
from simulation.organizations_delegation import DELEGATION_READS, DELEGATION_WRITES
from simulation.organizations_policies import POLICY_READS, POLICY_WRITES
from simulation.organizations_reads import READS
from simulation.organizations_writes import WRITES
from simulation.paging import build_invalid_input, start_empty
from simulation.service_events import Background
from simulation.throttle import Quota, TokenBuckets

_READS = {**READS, **DELEGATION_READS, **POLICY_READS, **ATTACHMENT_READS}
_WRITES = {**WRITES, **DELEGATION_WRITES, **POLICY_WRITES, **ATTACHMENT_WRITES}
_MEMBERSHIP_WRITES = {
    "AcceptHandshake",
    "CancelHandshake",
    "CloseAccount",
    "CreateAccount",
    "DeclineHandshake",
    "InviteAccountToOrganization",
    "LeaveOrganization",
    "RemoveAccountFromOrganization",
}
# For every member; the handshakes answer their two parties only, of which one is no member yet.
_HANDSHAKES = {
    "AcceptHandshake",
    "DeclineHandshake",
    "DescribeHandshake",
    "ListHandshakesForAccount",
}
_MEMBERSHIP_READS = {
    "DescribeCreateAccountStatus",
    "DescribeHandshake",
    "ListCreateAccountStatus",
    "ListHandshakesForAccount",
    "ListHandshakesForOrganization",
}
_FOR_MEMBERS = {"DescribeOrganization", "LeaveOrganization"}


# AWS does not publish these in a form that we could read. Assumed, per calling account and operation:
# listings are known to be throttled from some 250 accounts on (awslabs/aws-deployment-framework #781, #788).
_LISTINGS, _DESCRIPTIONS = Quota(rate=8, burst=20), Quota(rate=20, burst=40)


class OrganizationsService:
    """Reads for management and delegated administrators, writes for management, paging as in AWS.

    `account_creation_seconds`, `account_closure_seconds`: how long CreateAccount stays IN_PROGRESS and a
    closed account PENDING_CLOSURE. `empty_pages`: every listing starts with an empty page that has a
    NextToken, which AWS permits itself and clients must follow. `throttled`: reads are refused beyond a
    quota. `background` is what ends later.
    """

    mutating = frozenset({*_WRITES, *_MEMBERSHIP_WRITES})
    operations = frozenset({*_READS, *mutating, *_MEMBERSHIP_READS})

    def __init__(
        self,
        organization: SimulatedOrganization,
        *,
        account_creation_seconds: float = 0.0,
        account_closure_seconds: float = 0.0,
        throttled: bool = False,
    ) -> None:
        self.organization = organization
        self._buckets = TokenBuckets() if throttled else None
        self.empty_pages = False
        self.background = Background()
        factory = AccountFactory(organization, self.background, account_creation_seconds)
        membership = Membership(organization, self.background, account_closure_seconds)
        self._stateful: dict[str, Callable[[Params, Caller], dict[str, Any]]] = {
            "AcceptHandshake": membership.accept,
            "CancelHandshake": membership.cancel,
            "DeclineHandshake": membership.decline,
            "ListCreateAccountStatus": factory.list_all,
            "ListHandshakesForAccount": membership.list_handshakes,
            "ListHandshakesForOrganization": membership.list_handshakes,
            "CloseAccount": membership.close,
            "CreateAccount": factory.start,
            "DescribeCreateAccountStatus": factory.describe,
            "DescribeHandshake": membership.describe,
            "InviteAccountToOrganization": membership.invite,
            "LeaveOrganization": membership.leave,
            "RemoveAccountFromOrganization": membership.remove,
        }

    def call(self, operation: str, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer one request in API spelling (timestamps are datetime); raises ApiError."""
        self._authorize(operation, caller)
        self._throttle(operation, caller)
        _check(find_input_shape("organizations", operation), params)
        if operation in self._stateful:
            return self._stateful[operation](params, caller)
        if operation in _WRITES:
            return _WRITES[operation](self.organization, params)
        answer = _READS[operation](self.organization, params)
        if self.empty_pages and operation.startswith("List") and "NextToken" not in params:
            return start_empty(answer, params)
        return answer

    def _throttle(self, operation: str, caller: Caller) -> None:
        if self._buckets is None or operation not in _READS:
            return
        quota = _LISTINGS if operation.startswith("List") else _DESCRIPTIONS
        if not self._buckets.take((caller.account_id, operation), quota, self.organization.clock.now()):
            raise ApiError(
                "TooManyRequestsException", "You have sent too many requests in a short time.", 429
            )

    def _authorize(self, operation: str, caller: Caller) -> None:
        organization = self.organization
        if operation in _HANDSHAKES:
            return
        if caller.account_id not in organization.accounts:
            message = "Your account is not a member of an organization."
            raise ApiError("AWSOrganizationsNotInUseException", message)
        reader = operation not in self.mutating and organization.is_delegated(caller.account_id)
        if caller.account_id == organization.management or reader or operation in _FOR_MEMBERS:
            return
        raise ApiError("AccessDeniedException", "You don't have permissions to access this resource.")


def _check(shape: StructureShape | None, params: Params) -> None:
    """Check parameters against lengths, patterns and enums of the service model. Items of lists are not."""
    for name, member in shape.members.items() if shape else ():
        value, limits = params.get(name), member.metadata
        if value is None and shape and name in shape.required_members:
            raise build_invalid_input("INPUT_REQUIRED")
        if isinstance(member, StructureShape) and isinstance(value, Mapping):
            _check(member, value)
        if not isinstance(value, str) or name == "NextToken":
            continue
        if len(value) < limits.get("min", 0):
            raise build_invalid_input("MIN_LENGTH_EXCEEDED")
        if len(value) > limits.get("max", len(value)):
            raise build_invalid_input("MAX_LENGTH_EXCEEDED")
        if value not in limits.get("enum", [value]):
            raise build_invalid_input("INVALID_ENUM")
        if not re.fullmatch(limits.get("pattern", ".*"), value):
            raise build_invalid_input("INVALID_PATTERN")
