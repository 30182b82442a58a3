"""Large organizations, each account compliant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation.accounts import AlternateContact
from simulation.seeds import make_example_organization
from tests.support.world import EXEMPT, ROSTER

if TYPE_CHECKING:
    from simulation.clock import Clock
    from simulation.organization import SimulatedOrganization

#: Accounts in one unit, and units in one above: 10,000 accounts are in 200 units, two levels deep.
ACCOUNTS_PER_UNIT, UNITS_PER_UNIT = 50, 10
_DIVESTED = AlternateContact(name="New Owner", title="CISO", email="soc@example.net", phone="+1 206 555 0177")


def large_organization(clock: Clock, accounts: int, *, production: int = 0) -> SimulatedOrganization:
    """So many accounts in all, with those of the example.

    `production` of them have another security contact than the rest; so has the exempt account.
    """
    organization = make_example_organization(clock)
    above = unit = ""
    stores = organization.find_ou("Workloads/Production")
    for number in range(production):
        organization.add_account(name=f"Store {number}", email=f"s{number}@example.com", parent=stores)
    for number in range(accounts - len(organization.accounts)):
        if number % (ACCOUNTS_PER_UNIT * UNITS_PER_UNIT) == 0:
            above = organization.add_ou(f"Division {number}")
        if number % ACCOUNTS_PER_UNIT == 0:
            unit = organization.add_ou(f"Team {number}", above)
        organization.add_account(name=f"Account {number}", email=f"a{number}@example.com", parent=unit)
    contacts = {
        kind: AlternateContact(**ROSTER["contacts"][name]) for kind, name in ROSTER["defaults"].items()
    }
    for account in organization.accounts.values():
        account.contacts.update(contacts)
        if account.parent_id == stores:
            account.contacts["SECURITY"] = AlternateContact(**ROSTER["contacts"]["pci-soc"])
    organization.accounts[EXEMPT].contacts["SECURITY"] = _DIVESTED
    return organization
