"""What several tests of one subject share: sweep apply."""

from __future__ import annotations

from simulation.clock import VirtualClock
from simulation.organization import SimulatedOrganization
from tests.support.sweep_world import SweepWorld
from tests.support.world import MANAGEMENT, ROSTER

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
