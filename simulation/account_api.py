"""The Account API (contacts, names, root addresses) as AWS answers it.

Texts, codes and limits are those of live captures from September 2026 and of the Account Management guide;
where AWS's answer is not known, a comment says so.
"""

from collections.abc import Callable
from typing import Any

from simulation.account_contacts import ContactOperations
from simulation.account_details import DetailOperations
from simulation.account_regions import RegionOperations
from simulation.accounts import SimulatedAccount
from simulation.caller import Caller
from simulation.contact_rules import CONTACT_TYPES, find_error
from simulation.errors import ApiError
from simulation.faults import InjectedError
from simulation.models import Params, find_input_shape
from simulation.organization import ACCOUNT_PRINCIPAL, SimulatedOrganization
from simulation.propagation import Propagation
from simulation.throttle import Quota, TokenBuckets

Answer = Callable[[SimulatedAccount, Params], dict[str, Any]]
_READS, _WRITES = Quota(rate=10, burst=15), Quota(rate=5, burst=8)
# Published "per account"; one caller exhausts them for a whole organization
# (hashicorp/terraform-provider-aws#42484), so they are counted per calling account.
QUOTAS = {
    "GetAlternateContact": _READS,
    "PutAlternateContact": _WRITES,
    "DeleteAlternateContact": Quota(rate=1, burst=6),
    "GetContactInformation": _READS,
    "PutContactInformation": _WRITES,
    "GetPrimaryEmail": Quota(rate=3, burst=3),
    "StartPrimaryEmailUpdate": Quota(rate=1, burst=1),
    "AcceptPrimaryEmailUpdate": Quota(rate=1, burst=1),
    "GetAccountInformation": _READS,  # this and the next are not published
    "PutAccountName": _WRITES,
    "DisableRegion": Quota(rate=1, burst=1),
    "EnableRegion": Quota(rate=1, burst=1),
    "GetRegionOptStatus": Quota(rate=5, burst=5),
    "ListRegions": Quota(rate=5, burst=5),
}
_READS_IN_CHINA = Quota(rate=3, burst=5)
# Of the other operations no quotas of their own are known there.
QUOTAS_IN_CHINA = QUOTAS | {
    "GetAlternateContact": _READS_IN_CHINA,
    "PutAlternateContact": Quota(rate=1, burst=6),
    "GetContactInformation": _READS_IN_CHINA,
    "PutContactInformation": Quota(rate=1, burst=2),
}
WRONG_TYPE = "You specified an invalid Alternate Contact type."
NO_TRUSTED_ACCESS = "Your organization must first enable trusted access with AWS Account Management."
MANAGEMENT_TARGET = (
    "The management account can only be managed using the standalone context from the management account."
)


def build_denial(operation: str, caller: Caller, why: str | None = None) -> ApiError:
    """AccessDeniedException with AWS's text; `why` is the bracketed end."""
    text = f"User: {caller.arn} is not authorized to perform: account:{operation}"
    return ApiError("AccessDeniedException", f"{text} ({why})" if why else text, 403)


class AccountService:
    """The Account API over an organization and the standalone accounts beside it; no phones.

    `propagation_seconds`: how long a read goes on returning the old contact after a write.
    """

    operations = frozenset(QUOTAS)
    mutating = frozenset(name for name in QUOTAS if not name.startswith(("Get", "List")))

    def __init__(self, organization: SimulatedOrganization, *, propagation_seconds: float = 0.0) -> None:
        self.organization = organization
        self._quotas = QUOTAS_IN_CHINA if organization.partition == "aws-cn" else QUOTAS
        self._buckets = TokenBuckets()
        self._faults: list[InjectedError] = []
        contacts = ContactOperations(Propagation(organization.clock, propagation_seconds))
        details, regions = DetailOperations(organization), RegionOperations()
        self._answers: dict[str, Answer] = {
            "GetAlternateContact": contacts.get_alternate,
            "PutAlternateContact": contacts.put_alternate,
            "DeleteAlternateContact": contacts.delete_alternate,
            "GetContactInformation": contacts.get_primary,
            "PutContactInformation": contacts.put_primary,
            "GetPrimaryEmail": details.get_email,
            "StartPrimaryEmailUpdate": details.start_email,
            "AcceptPrimaryEmailUpdate": details.accept_email,
            "GetAccountInformation": details.get_information,
            "PutAccountName": details.put_name,
            "DisableRegion": regions.disable,
            "EnableRegion": regions.enable,
            "GetRegionOptStatus": regions.get_status,
            "ListRegions": regions.list_all,
        }

    def call(self, operation: str, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer one request in API (PascalCase) spelling; raises ApiError as AWS would refuse it.

        Refusals by identity policies and SCPs are not given here: the cloud and who holds the policies do.
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
        fault = InjectedError(
            operation=operation, error=error, times=times, account=account, kind=kind, applied=applied
        )
        self._faults.append(fault)

    def _answer(self, operation: str, params: Params, caller: Caller) -> dict[str, Any]:
        # Whether refused calls spend the quota is not known; here they do, unless an SCP refuses them.
        now = self.organization.clock.now()
        if not self._buckets.take((caller.account_id, operation), self._quotas[operation], now):
            raise ApiError("TooManyRequestsException", "Too many requests", 429)
        kind, shape = params.get("AlternateContactType"), find_input_shape("account", operation)
        if kind is not None and kind not in CONTACT_TYPES:
            # Captured for Get; that Put and Delete answer alike is likely, not verified.
            raise build_denial(operation, caller, WRONG_TYPE)
        if shape and (text := find_error(shape, params)):
            raise ApiError("ValidationException", text, 400)
        account = self._find_target(operation, params.get("AccountId"), caller)
        return self._answers[operation](account, params)

    def _find_target(self, operation: str, account_id: str | None, caller: Caller) -> SimulatedAccount:
        organization = self.organization
        if account_id is None:
            account = organization.find_account(caller.account_id)
            if account is None:  # nobody can call from an account that does not exist
                raise build_denial(operation, caller)
            return account
        is_management = caller.account_id == organization.management
        if caller.account_id not in organization.accounts:
            raise build_denial(operation, caller)
        if not organization.has_trusted_access(ACCOUNT_PRINCIPAL):
            raise build_denial(operation, caller, NO_TRUSTED_ACCESS)
        if not is_management and not organization.is_delegated(caller.account_id, ACCOUNT_PRINCIPAL):
            raise build_denial(operation, caller)
        if account_id == organization.management:
            raise build_denial(operation, caller, MANAGEMENT_TARGET)
        account = organization.accounts.get(account_id)
        if account is None:
            # Unverified: AWS's answer for an unknown account or one of another organization was not captured.
            raise build_denial(operation, caller)
        return account
