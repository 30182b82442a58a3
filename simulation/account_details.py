"""Name, state and root address of one account, as the Account API reads and writes them.

Deviation: no one-time password is sent, so any well-formed one is accepted, and an accepted address counts
at once.
"""

from typing import Any

from simulation.accounts import SimulatedAccount
from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import SimulatedOrganization

# The Account API has no word for PENDING_CLOSURE; which of its own it uses is a guess.
_STATES = {"PENDING_CLOSURE": "SUSPENDED"}


class DetailOperations:
    """Each method answers one operation on `account`; the parameters have been validated."""

    def __init__(self, organization: SimulatedOrganization) -> None:
        self._organization = organization

    def get_information(self, account: SimulatedAccount, _: Params) -> dict[str, Any]:
        """Answer GetAccountInformation."""
        return {
            "AccountId": account.id,
            "AccountName": account.name,
            "AccountCreatedDate": account.created_at,
            "AccountState": _STATES.get(account.state, account.state),
        }

    def put_name(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer PutAccountName."""
        if not params["AccountName"].strip():
            # Captured: a bare 400 without error type or text, which SDKs call UnknownError.
            raise ApiError("UnknownError", "", 400)
        account.name = params["AccountName"]
        return {}

    def get_email(self, account: SimulatedAccount, _: Params) -> dict[str, Any]:
        """Answer GetPrimaryEmail."""
        return {"PrimaryEmail": account.email}

    def start_email(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer StartPrimaryEmailUpdate; ConflictException (409) when another account has the address."""
        if params["PrimaryEmail"].lower() in self._organization.emails:
            raise ApiError("ConflictException", "The email address is already in use.", 409)
        account.new_email = params["PrimaryEmail"]
        return {"Status": "PENDING"}

    def accept_email(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer AcceptPrimaryEmailUpdate; that another address is not found is a guess."""
        if account.new_email is None or account.new_email != params["PrimaryEmail"]:
            raise ApiError("ResourceNotFoundException", "No update of this email address was started.", 404)
        emails = self._organization.emails
        emails.discard(account.email.lower())
        emails.add(account.new_email.lower())
        account.email, account.new_email = account.new_email, None
        return {"Status": "ACCEPTED"}
