"""Ready-made organizations."""

from simulation.clock import Clock
from simulation.organization import ACCOUNT_PRINCIPAL, SimulatedOrganization

HUB = "333333333333"
STANDALONE = "777788889999"


def make_example_organization(clock: Clock) -> SimulatedOrganization:
    """The cast of the demo and the tests: four OUs, a delegated hub and four members.

    Management 111111111111 is in the root; hub 333333333333 in Security; 222222222222 in
    Workloads/Development, 444455556666 in Workloads/Production, 555566667777 and 666677778888 in Sandbox.
    Outside is 777788889999, which may be invited. Service control policies are off.
    """
    organization = SimulatedOrganization(
        organization_id="o-exampleorgid", management="111111111111", clock=clock
    )
    workloads = organization.add_ou("Workloads")
    production = organization.add_ou("Production", workloads)
    development = organization.add_ou("Development", workloads)
    sandbox = organization.add_ou("Sandbox")
    security = organization.add_ou("Security")
    for account_id, name, parent in (
        (HUB, "Security Tooling", security),
        ("222222222222", "Payments", development),
        ("444455556666", "Web Shop", production),
        ("555566667777", "Divested", sandbox),
        ("666677778888", "Playground", sandbox),
    ):
        organization.add_account(
            account_id=account_id, name=name, email=f"aws+{account_id}@example.com", parent=parent
        )
    organization.add_standalone(account_id=STANDALONE, name="Acquired", email=f"aws+{STANDALONE}@example.com")
    organization.trusted_access.add(ACCOUNT_PRINCIPAL)
    organization.delegate(HUB)
    return organization
