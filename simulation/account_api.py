"""The Account API (alternate contacts) as AWS answers it.

Texts, codes and limits are those of live captures from September 2026 and of the Account Management guide;
where AWS's answer is not known, a comment says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulation.caller import Caller
from simulation.contact_rules import CONTACT_FIELDS, CONTACT_TYPES, complaint
from simulation.errors import ApiError
from simulation.organization import ACCOUNT_PRINCIPAL, Account, AlternateContact, Organization
from simulation.throttle import Quota, TokenBuckets

# Published "per account"; one caller exhausts them for a whole organization
# (hashicorp/terraform-provider-aws#42484), so they are counted per calling account.
QUOTAS = {
    "GetAlternateContact": Quota(rate=10, burst=15),
    "PutAlternateContact": Quota(rate=5, burst=8),
    "DeleteAlternateContact": Quota(rate=1, burst=6),
}
WRONG_TYPE = "You specified an invalid Alternate Contact type."
NO_TRUSTED_ACCESS = "Your organization must first enable trusted access with AWS Account Management."
MANAGEMENT_TARGET = (
    "The management account can only be managed using the standalone context from the management account."
)
NOT_FOUND = "No contact of the inputted alternate contact type found."


def denied(operation: str, caller: Caller, why: str | None = None) -> ApiError:
    """AccessDeniedException with AWS's text; `why` is the bracketed end."""
    text = f"User: {caller.arn} is not authorized to perform: account:{operation}"
    return ApiError("AccessDeniedException", f"{text} ({why})" if why else text, 403)


@dataclass(slots=True, kw_only=True)
class _Fault:
    """An injected refusal; mutable because it counts down."""

    operation: str
    error: ApiError
    times: int
    account: str | None
    kind: str | None
    applied: bool

    def spend(self, operation: str, account: str, kind: str | None) -> bool:
        matches = (
            self.times > 0
            and operation == self.operation
            and self.account in (None, account)
            and self.kind in (None, kind)
        )
        self.times -= matches
        return matches


class AccountService:
    """GetAlternateContact, PutAlternateContact and DeleteAlternateContact over an organization.

    `propagation_seconds`: how long a read goes on returning the old value after a write.
    """

    operations = frozenset(QUOTAS)
    mutating = frozenset({"PutAlternateContact", "DeleteAlternateContact"})

    def __init__(self, organization: Organization, *, propagation_seconds: float = 0.0) -> None:
        self.organization = organization
        self.propagation_seconds = propagation_seconds
        self._buckets = TokenBuckets()
        self._faults: list[_Fault] = []
        self._stale: dict[tuple[str, str], list[tuple[datetime, AlternateContact | None]]] = {}

    def call(self, operation: str, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Answer one request in API (PascalCase) spelling; raises ApiError as AWS would refuse it.

        Refusals by IAM policies and SCPs are not modelled here: who holds the policies answers for them.
        """
        kind, target = params.get("AlternateContactType"), params.get("AccountId") or caller.account_id
        fault = next((fault for fault in self._faults if fault.spend(operation, target, kind)), None)
        if fault and not fault.applied:
            raise fault.error
        answer = self._answer(operation, params, caller)
        if fault:
            raise fault.error
        return answer

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
        """Refuse the next `times` calls of `operation` on `account` (the target) and `kind` with `error`.

        `applied`: the change is made all the same, only its answer is lost.
        """
        fault = _Fault(
            operation=operation, error=error, times=times, account=account, kind=kind, applied=applied
        )
        self._faults.append(fault)

    def _answer(self, operation: str, params: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        # Whether refused calls spend the quota is not known; here they do.
        now = self.organization.clock.now()
        if not self._buckets.take((caller.account_id, operation), QUOTAS[operation], now):
            raise ApiError("TooManyRequestsException", "Too many requests", 429)
        kind = params.get("AlternateContactType")
        if kind is not None and kind not in CONTACT_TYPES:
            # Captured for Get; that Put and Delete answer alike is likely, not verified.
            raise denied(operation, caller, WRONG_TYPE)
        values = CONTACT_FIELDS if operation == "PutAlternateContact" else ()
        if text := complaint(params, ("AlternateContactType", *values)):
            raise ApiError("ValidationException", text, 400)
        account = self._target(operation, params.get("AccountId"), caller)
        if operation == "GetAlternateContact":
            return {"AlternateContact": self._read(account, str(kind))}
        # Writes on SUSPENDED or PENDING_CLOSURE accounts: AWS's answer is not known; reads work there.
        contact = None
        if operation == "PutAlternateContact":
            # AWS trims the address and stores the other values as they came.
            email = params["EmailAddress"].strip()
            contact = AlternateContact(
                name=params["Name"], title=params["Title"], email=email, phone=params["PhoneNumber"]
            )
        elif kind not in account.contacts:
            raise ApiError("ResourceNotFoundException", NOT_FOUND, 404)
        self._store(account, str(kind), contact)
        return {}

    def _target(self, operation: str, account_id: str | None, caller: Caller) -> Account:
        organization = self.organization
        if account_id is None:
            account = organization.accounts.get(caller.account_id)
            if account is None:  # an account outside the organization is none of this model's
                raise denied(operation, caller)
            return account
        if ACCOUNT_PRINCIPAL not in organization.trusted_access:
            raise denied(operation, caller, NO_TRUSTED_ACCESS)
        is_management = caller.account_id == organization.management
        if not is_management and not organization.is_delegated(caller.account_id, ACCOUNT_PRINCIPAL):
            raise denied(operation, caller)
        if account_id == organization.management:
            raise denied(operation, caller, MANAGEMENT_TARGET)
        account = organization.accounts.get(account_id)
        if account is None:
            # Unverified: AWS's answer for an unknown account or one of another organization was not captured.
            raise denied(operation, caller)
        return account

    def _store(self, account: Account, kind: str, contact: AlternateContact | None) -> None:
        if self.propagation_seconds:
            until = self.organization.clock.now() + timedelta(seconds=self.propagation_seconds)
            self._stale.setdefault((account.id, kind), []).append((until, account.contacts.get(kind)))
        if contact is None:
            del account.contacts[kind]
        else:
            account.contacts[kind] = contact

    def _read(self, account: Account, kind: str) -> dict[str, str]:
        now = self.organization.clock.now()
        pending = [entry for entry in self._stale.pop((account.id, kind), []) if entry[0] > now]
        if pending:
            self._stale[account.id, kind] = pending
        # Every pending entry holds what its write replaced: the oldest one is what readers still see.
        contact = pending[0][1] if pending else account.contacts.get(kind)
        if contact is None:
            raise ApiError("ResourceNotFoundException", NOT_FOUND, 404)
        return {
            "Name": contact.name,
            "Title": contact.title,
            "EmailAddress": contact.email,
            "PhoneNumber": contact.phone,
            "AlternateContactType": kind,
        }
