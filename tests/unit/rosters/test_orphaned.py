"""Units are read once for many accounts, and what is learnt meanwhile is known."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rollcall.rosters.orphaned import CachedMatches
from tests.support.memory import MemoryMatches


@dataclass
class Counting(MemoryMatches):
    reads: int = 0

    def list_units(self) -> dict[str, frozenset[str]]:
        self.reads += 1
        return super().list_units()


@pytest.fixture
def memory() -> Counting:
    return Counting(ous={("Sandbox", "ou-1-a")})


def test_units_are_read_once_and_what_is_added_is_known(memory: Counting) -> None:
    once = CachedMatches(memory)
    assert once.list_units() == {"Sandbox": {"ou-1-a"}}
    once.add_unit("Sandbox", "ou-1-b")
    once.add_unit("Workloads", "ou-1-c")
    assert once.list_units() == {"Sandbox": {"ou-1-a", "ou-1-b"}, "Workloads": {"ou-1-c"}}
    assert once.list_units() == memory.list_units()
    assert memory.reads == 2  # the second by this test


def test_what_is_forgotten_is_read_again(memory: Counting) -> None:
    once = CachedMatches(memory)
    once.list_units()
    once.forget_unit("Sandbox", "ou-1-a")
    assert once.list_units() == {}
    assert memory.ous == set()


def test_tags_are_asked_of_the_memory_itself(memory: Counting) -> None:
    once = CachedMatches(memory)
    once.set_tagged("team=zoo", "222222222222", carries=True)
    assert once.is_tagged("team=zoo", "222222222222")
    assert not once.has_others_tagged("team=zoo", "222222222222")
    assert once.has_others_tagged("team=zoo", "444455556666")
