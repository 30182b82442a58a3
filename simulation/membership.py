"""Invites, removes and closes accounts.

What AWS asks of an account that leaves (payment method, support plan, agreements) is not modelled.
"""

from datetime import datetime, timedelta
from typing import Any

from simulation.caller import Caller
from simulation.errors import ApiError
from simulation.handshakes import Handshake
from simulation.models import Params
from simulation.organization import SimulatedAccount, SimulatedOrganization
from simulation.organizations_reads import (
    add_tags,
    build_not_found,
    build_violation,
    require_account,
    require_all_features,
)
from simulation.paging import build_invalid_input, page
from simulation.service_events import Background, ServiceEvent, build_departed, build_joined


class Membership:
    """Operations that depend on who calls or end later; `closure_seconds`: how long CloseAccount takes."""

    def __init__(
        self, organization: SimulatedOrganization, background: Background, closure_seconds: float
    ) -> None:
        self._organization = organization
        self._background = background
        self._closure_seconds = closure_seconds
        self._handshakes: dict[str, Handshake] = {}

    def invite(self, params: Params, _: Caller) -> dict[str, Any]:
        """Answer InviteAccountToOrganization; nothing is sent, the invitation waits to be accepted."""
        organization, target = self._organization, params["Target"]
        if target["Type"] not in {"ACCOUNT", "EMAIL"}:
            raise build_invalid_input("INVALID_PARTY_TYPE_TARGET")
        key = "id" if target["Type"] == "ACCOUNT" else "email"
        everybody = (*organization.accounts.values(), *organization.standalone.values())
        account = next((found for found in everybody if getattr(found, key) == target["Id"]), None)
        if account is None:
            # Unverified: what AWS answers for an account that does not exist was not captured.
            raise _build_violation("TARGET_ACCOUNT_VALIDATION_FAILURE")
        if account.id in organization.accounts:
            raise _build_violation("ALREADY_IN_AN_ORGANIZATION")
        now = organization.clock.now()
        if any(
            known.account_id == account.id and known.state(now) == "OPEN"
            for known in self._handshakes.values()
        ):
            raise ApiError("DuplicateHandshakeException", "A handshake with the same target already exists.")
        handshake = Handshake(
            id=f"h-{organization.ids.make_suffix(10)}",
            account_id=account.id,
            target={"Id": target["Id"], "Type": target["Type"]},
            notes=params.get("Notes"),
            requested_at=now,
            tags=add_tags({}, params.get("Tags", ())),
        )
        self._handshakes[handshake.id] = handshake
        return {"Handshake": handshake.render(organization)}

    def describe(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer DescribeHandshake, to both parties."""
        handshake = self._find_handshake(params, (self._organization.management,), caller)
        return {"Handshake": handshake.render(self._organization)}

    def accept(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer AcceptHandshake, to the invited account only; it is a member at once."""
        organization, handshake = self._organization, self._find_handshake(params, (), caller)
        state = handshake.state(organization.clock.now())
        if state == "ACCEPTED":
            message = "The specified handshake is already in the requested state."
            raise ApiError("HandshakeAlreadyInStateException", message)
        if state != "OPEN":
            message = "You can't perform the operation on the handshake in its current state."
            raise ApiError("InvalidHandshakeTransitionException", message)
        account = organization.admit(caller.account_id)
        account.tags.update(handshake.tags)
        handshake.accepted = True
        self._background.announce(build_joined(account.id, "Invited", account.joined_at))
        return {"Handshake": handshake.render(organization)}

    def cancel(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer CancelHandshake, to management, which has sent it."""
        return self._end(self._find_handshake(params, (self._organization.management,), caller), "CANCELED")

    def decline(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer DeclineHandshake, to the invited account."""
        return self._end(self._find_handshake(params, (), caller), "DECLINED")

    def _end(self, handshake: Handshake, how: str) -> dict[str, Any]:
        if handshake.state(self._organization.clock.now()) != "OPEN":
            message = "You can't perform the operation on the handshake in its current state."
            raise ApiError("InvalidHandshakeTransitionException", message)
        handshake.ended = how
        return {"Handshake": handshake.render(self._organization)}

    def list_handshakes(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Answer ListHandshakesForAccount, to the invited, and ListHandshakesForOrganization."""
        organization, account = self._organization, caller.account_id
        mine = {
            known.id: known
            for known in self._handshakes.values()
            if account in (known.account_id, organization.management)
        }
        return page(mine, params, "Handshakes", lambda item: mine[item].render(organization))

    def remove(self, params: Params, _: Caller) -> dict[str, Any]:
        """Answer RemoveAccountFromOrganization."""
        account = self._find_leaver(require_account(self._organization, params["AccountId"]))
        self._organization.dismiss(account.id)
        self._background.announce(build_departed(account.id, "Removed", self._organization.clock.now()))
        return {}

    def leave(self, _: Params, caller: Caller) -> dict[str, Any]:
        """Answer LeaveOrganization, to the member that leaves."""
        account = self._find_leaver(self._organization.accounts[caller.account_id])
        self._organization.dismiss(account.id)
        self._background.announce(build_departed(account.id, "Left", self._organization.clock.now()))
        return {}

    def close(self, params: Params, _: Caller) -> dict[str, Any]:
        """Answer CloseAccount: PENDING_CLOSURE now, SUSPENDED and CloseAccountResult when it is done."""
        organization = self._organization
        require_all_features(organization)
        account = require_account(organization, params["AccountId"])
        if account.id == organization.management:
            raise build_violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
        if account.state == "PENDING_CLOSURE":  # which of the two codes AWS sends for it is a guess
            raise ApiError("ConflictException", "The account is being closed.")
        if account.state != "ACTIVE":
            raise ApiError("AccountAlreadyClosedException", "The account is already closed.")
        account.state = "PENDING_CLOSURE"
        asked = organization.clock.now()
        due = asked + timedelta(seconds=self._closure_seconds)

        def finish(at: datetime) -> list[ServiceEvent]:
            account.state = "SUSPENDED"
            status = {
                "AccountId": account.id,
                "State": "SUCCEEDED",
                "RequestedTimestamp": asked,
                "CompletedTimestamp": at,
            }
            return [ServiceEvent(name="CloseAccountResult", at=at, details={"CloseAccountStatus": status})]

        self._background.schedule(due, finish)
        return {}

    def _find_leaver(self, account: SimulatedAccount) -> SimulatedAccount:
        if account.id == self._organization.management:
            message = "You can't remove a management account from an organization."
            raise ApiError("MasterCannotLeaveOrganizationException", message)
        if self._organization.is_delegated(account.id):
            raise build_violation("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")
        return account

    def _find_handshake(self, params: Params, others: tuple[str, ...], caller: Caller) -> Handshake:
        handshake = self._handshakes.get(params["HandshakeId"])
        if handshake is None:
            raise build_not_found("a handshake", "HandshakeNotFoundException")
        if caller.account_id not in (handshake.account_id, *others):
            raise ApiError("AccessDeniedException", "You don't have permissions to access this resource.")
        return handshake


def _build_violation(reason: str) -> ApiError:
    message = "You violated a constraint of handshakes."
    return ApiError("HandshakeConstraintViolationException", message, reason=reason)
