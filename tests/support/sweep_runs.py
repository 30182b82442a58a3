"""Sweeps that tests begin, settle, hold and approve."""

from __future__ import annotations

from simulation.clock import VirtualClock
from simulation.organization import SimulatedOrganization
from tests.support.sweep_world import SweepWorld
from tests.support.world import MALLORY, MANAGEMENT, MEMBER, PRODUCTION, ROSTER, World

STRICT = ROSTER | {"limits": {"max_changed_accounts": 1}}


AUDIT = ROSTER | {"mode": "audit"}


def changed(roster, contact="soc", **values):
    """The roster with other values for one contact."""
    contacts = roster["contacts"] | {contact: roster["contacts"][contact] | values}
    return roster | {"contacts": contacts}


#: A wrong mailbox for everyone, which one typing mistake makes.
BAD = changed(STRICT, email="aws-soc@exmaple.example")


#: Only the one account in Workloads/Production has this contact.
NARROW = changed(STRICT, "pci-soc", title="On duty")


def settled(roster=STRICT, **options) -> SweepWorld:
    """An organization that is as its approved roster wants it."""
    world = SweepWorld(roster, **options)
    world.settle()
    return world


def drift(world: World, *accounts: str, kind: str = "SECURITY") -> None:
    """Edits whose events are lost."""
    for account in accounts:
        world.member(account).put_alternate_contact(AlternateContactType=kind, **MALLORY)
    world.queue.clear()


LOOSE = ROSTER | {"limits": {"max_changed_accounts": "100%"}}


def many(count: int = 40, roster=LOOSE) -> SweepWorld:
    """An organization of so many members, all of them without contacts, under an approved roster."""
    clock = VirtualClock()
    organization = SimulatedOrganization(organization_id="o-exampleorgid", management=MANAGEMENT, clock=clock)
    organization.add_account(account_id="333333333333", name="Hub", email="hub@example.com")
    organization.trusted_access.add("account.amazonaws.com")
    organization.delegate("333333333333")
    for number in range(count):
        organization.add_account(
            account_id=f"7{number:011}", name=f"Member {number}", email=f"m{number}@example.com"
        )
    return SweepWorld(roster, organization=organization)


def results(world) -> dict[tuple[str, str], tuple[str, str]]:
    run = world.executions[-1].document["id"]
    found = [result for part in world.runs.read_results(run) for result in part]
    return {(item.account_id, str(item.kind)): (str(item.verdict), item.reason) for item in found}


MEMBERS = [f"7{number:011}" for number in range(40)]


#: Nobody is to have a BILLING contact. Drift waits for a person only where it is deleted in several accounts.
ABSENT = STRICT | {"defaults": ROSTER["defaults"] | {"BILLING": None}}


def held_drift():
    """An organization whose drift waits for a person; with the plan's digest."""
    world = settled(ABSENT)
    drift(world, MEMBER, PRODUCTION, kind="BILLING")
    world.sweep()
    (plan,) = world.sweeps.plans
    return world, plan
