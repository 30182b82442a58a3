"""Alternate and primary contacts of one account, as the Account API reads and writes them."""

from typing import Any

from simulation.accounts import AlternateContact, SimulatedAccount
from simulation.errors import ApiError
from simulation.models import Params
from simulation.propagation import Propagation

NOT_FOUND = "No contact of the inputted alternate contact type found."


class ContactOperations:
    """Each method answers one operation on `account`; the parameters have been validated.

    Writes on SUSPENDED or PENDING_CLOSURE accounts: AWS's answer is not known; reads work there.
    """

    def __init__(self, propagation: Propagation) -> None:
        self._propagation = propagation

    def get_alternate(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer GetAlternateContact."""
        kind = params["AlternateContactType"]
        contact = self._propagation.read((account.id, kind), account.contacts.get(kind))
        if contact is None:
            raise ApiError("ResourceNotFoundException", NOT_FOUND, 404)
        return {
            "AlternateContact": {
                "Name": contact.name,
                "Title": contact.title,
                "EmailAddress": contact.email,
                "PhoneNumber": contact.phone,
                "AlternateContactType": kind,
            }
        }

    def put_alternate(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer PutAlternateContact: AWS trims the address and stores the other values as they came."""
        kind = params["AlternateContactType"]
        self._propagation.record_write((account.id, kind), account.contacts.get(kind))
        account.contacts[kind] = AlternateContact(
            name=params["Name"],
            title=params["Title"],
            email=params["EmailAddress"].strip(),
            phone=params["PhoneNumber"],
        )
        return {}

    def delete_alternate(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer DeleteAlternateContact."""
        kind = params["AlternateContactType"]
        if kind not in account.contacts:
            raise ApiError("ResourceNotFoundException", NOT_FOUND, 404)
        self._propagation.record_write((account.id, kind), account.contacts.pop(kind))
        return {}

    def get_primary(self, account: SimulatedAccount, _: Params) -> dict[str, Any]:
        """Answer GetContactInformation; every account has a primary contact."""
        visible = self._propagation.read((account.id, "PRIMARY"), account.primary)
        return {"ContactInformation": dict(visible)}

    def put_primary(self, account: SimulatedAccount, params: Params) -> dict[str, Any]:
        """Answer PutContactInformation: everything is replaced, and AWS writes the country in upper case.

        In some countries AWS also checks whether the phone number exists; that is not modelled.
        """
        self._propagation.record_write((account.id, "PRIMARY"), account.primary)
        sent = {name: value for name, value in params["ContactInformation"].items() if value is not None}
        account.primary = sent | {"CountryCode": sent["CountryCode"].upper()}
        return {}
