"""The oracle: what is wrong with a story that has ended.

It is written from the invariants, and reads only calls, delivered events, bytes of the ledger, what the bus
took and texts that were sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.oracle import accounts, alerts, contacts, groups, ledger, pauses, people, reads, rosters
from chaos.oracle.evidence import Evidence, Violation

if TYPE_CHECKING:
    from chaos.world import World

__all__ = ["Violation", "judge"]


def judge(world: World) -> list[Violation]:
    """Each violation of a story, in the order in which they happened."""
    evidence = Evidence(world)
    found = [
        violation
        for part in (contacts, ledger, people, alerts, groups, rosters, pauses, accounts, reads)
        for violation in part.find_violations(evidence)
    ]
    return sorted(found, key=lambda violation: violation.time)
