"""Large organizations, each account compliant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation.accounts import AlternateContact
from simulation.seeds import make_example_organization
from tests.support.world import ROSTER

if TYPE_CHECKING:
    from simulation.clock import Clock
    from simulation.organization import SimulatedOrganization

#: Accounts in one unit, and units in one above: 10,000 accounts are in 200 units, two levels deep.
ACCOUNTS_PER_UNIT, UNITS_PER_UNIT = 50, 10


def large_organization(clock: Clock, accounts: int) -> SimulatedOrganization:
    """So many accounts in all, beside those of the example."""
    organization = make_example_organization(clock)
    above = unit = ""
    for number in range(accounts - len(organization.accounts)):
        if number % (ACCOUNTS_PER_UNIT * UNITS_PER_UNIT) == 0:
            above = organization.add_ou(f"Division {number}")
        if number % ACCOUNTS_PER_UNIT == 0:
            unit = organization.add_ou(f"Team {number}", above)
        organization.add_account(name=f"Account {number}", email=f"a{number}@example.com", parent=unit)
    production = organization.find_ou("Workloads/Production")
    contacts = {
        kind: AlternateContact(**ROSTER["contacts"][name]) for kind, name in ROSTER["defaults"].items()
    }
    for account in organization.accounts.values():
        account.contacts.update(contacts)
        if account.parent_id == production:
            account.contacts["SECURITY"] = AlternateContact(**ROSTER["contacts"]["pci-soc"])
    return organization
