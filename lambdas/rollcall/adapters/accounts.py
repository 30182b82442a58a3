"""All accounts of the organization: its management account by a role inside it, the others centrally."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.aws_errors import AWS_ERRORS, code_of, transient
from rollcall.errors import RetryableError, WriteRefusedError
from rollcall.names import RECONCILE_ROLE_NAME
from rollcall.observation import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.contacts import Contact, ContactKind
    from rollcall.observation import Observation
    from rollcall.pacing import Pace
    from rollcall.ports import Clock

SESSION_NAME = RECONCILE_ROLE_NAME


class UnreachableError(WriteRefusedError):
    """There is no way into the account; `reason` names the fix."""


class AllAccounts:
    """The port `AccountApi`: AWS refuses central calls on the management account."""

    def __init__(
        self, *, management_account: str, members: OneModeAccountApi, management: ManagementAccount
    ) -> None:
        self._management_account = management_account
        self._members = members
        self._management = management

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""
        try:
            return self._api(account_id).get(account_id, kind)
        except UnreachableError as error:
            return Unreadable(reason=error.reason, unreachable=True)

    def put(self, account_id: str, kind: ContactKind, contact: Contact) -> str:
        """Set a contact; WriteRefusedError or RetryableError as the port says."""
        return self._api(account_id).put(account_id, kind, contact)

    def delete(self, account_id: str, kind: ContactKind) -> str:
        """Delete a contact; WriteRefusedError or RetryableError as the port says."""
        return self._api(account_id).delete(account_id, kind)

    def _api(self, account_id: str) -> OneModeAccountApi:
        return self._management.api() if account_id == self._management_account else self._members


class ManagementAccount:
    """The management account's own contacts, by the role that RollcallManagement creates there.

    The role is assumed afresh for every call: they are rare, and a role that was taken away counts at once.
    """

    def __init__(
        self,
        *,
        sts: Any,
        role_arn: str,
        account_client: Callable[[Mapping[str, str]], Any],
        clock: Clock,
        buckets: Mapping[str, Pace],
    ) -> None:
        self._sts = sts
        self._role_arn = role_arn
        self._account_client = account_client
        self._clock = clock
        self._buckets = buckets

    def api(self) -> OneModeAccountApi:
        """The Account API with the role's credentials.

        UnreachableError if the role cannot be assumed, RetryableError if AWS could not be asked.
        """
        try:
            answer = self._sts.assume_role(RoleArn=self._role_arn, RoleSessionName=SESSION_NAME)
        except AWS_ERRORS as error:
            if transient(error):
                raise RetryableError(f"the management account was not reached: {code_of(error)}") from None
            reason = (
                f"unreachable: the role {self._role_arn} cannot be assumed ({code_of(error)}); deploy "
                "RollcallManagement in the management account"
            )
            raise UnreachableError(reason) from None
        return OneModeAccountApi(
            client=self._account_client(answer["Credentials"]),
            clock=self._clock,
            buckets=self._buckets,
            standalone=True,
        )
