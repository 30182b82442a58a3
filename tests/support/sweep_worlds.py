"""What several tests of one subject share: sweep gate."""

from __future__ import annotations

from tests.support.sweep_world import SweepWorld
from tests.support.world import MALLORY, ROSTER, World

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
