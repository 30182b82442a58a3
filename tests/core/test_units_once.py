"""Units are read once for many accounts, and what is learnt meanwhile is known."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rollcall.rosters.orphaned import UnitsOnce
from tests.support.memory import MemoryMatches


@dataclass
class Counting(MemoryMatches):
    reads: int = 0

    def units(self) -> dict[str, frozenset[str]]:
        self.reads += 1
        return super().units()


@pytest.fixture
def memory() -> Counting:
    return Counting(ous={("Sandbox", "ou-1-a")})


def test_units_are_read_once_and_what_is_added_is_known(memory: Counting) -> None:
    once = UnitsOnce(memory)
    assert once.units() == {"Sandbox": {"ou-1-a"}}
    once.add_unit("Sandbox", "ou-1-b")
    once.add_unit("Workloads", "ou-1-c")
    assert once.units() == {"Sandbox": {"ou-1-a", "ou-1-b"}, "Workloads": {"ou-1-c"}}
    assert once.units() == memory.units()
    assert memory.reads == 2  # the second by this test


def test_what_is_forgotten_is_read_again(memory: Counting) -> None:
    once = UnitsOnce(memory)
    once.units()
    once.forget_unit("Sandbox", "ou-1-a")
    assert once.units() == {}
    assert memory.ous == set()


def test_tags_are_asked_of_the_memory_itself(memory: Counting) -> None:
    once = UnitsOnce(memory)
    once.set_tagged("team=zoo", "222222222222", carries=True)
    assert once.tagged("team=zoo", "222222222222")
    assert not once.others_tagged("team=zoo", "222222222222")
    assert once.others_tagged("team=zoo", "444455556666")
