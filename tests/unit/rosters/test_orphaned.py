"""Units are read once for many accounts, and what is learnt meanwhile is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest

from rollcall.model.account import AccountState
from rollcall.model.roster import Roster, Tagged
from rollcall.rosters.orphaned import (
    CachedMatches,
    find_orphaned,
    forget_closed,
    forget_units,
    list_carriers,
)
from tests.support.memory import MemoryMatches
from tests.support.organizations import make_account
from tests.support.world import ROSTER


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
    assert once.list_tagged("team=zoo") == {"222222222222"}


PCI = {"tag": {"scope": "pci"}, "kinds": {"SECURITY": "pci-soc"}, "mode": None}
WITH_TAG = Roster.from_document(ROSTER | {"overrides": [PCI]})
WITHOUT_TAG = Roster.from_document(ROSTER | {"overrides": []})
TAG = Tagged(tags=(("scope", "pci"),)).key


def remember_tag(*accounts: str) -> MemoryMatches:
    return MemoryMatches(carriers={(TAG, account) for account in accounts})


def test_the_last_account_that_loses_a_tag_is_blocked_and_stays_remembered() -> None:
    account, memory = make_account(0), remember_tag(make_account(0).id)
    assert "this was the last one" in str(find_orphaned(WITH_TAG, account, memory))
    assert memory.list_tagged(TAG) == {account.id}


class Racing(MemoryMatches):
    """Two workers: neither asks or forgets before the other has asked or forgotten, too."""

    def __init__(self, carriers: set[tuple[str, str]]) -> None:
        super().__init__(carriers=carriers)
        self.both = Barrier(2)

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        found = super().has_others_tagged(tag, account_id)
        self.both.wait(5)
        return found

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        super().set_tagged(tag, account_id, carries=carries)
        self.both.wait(5)


def test_the_last_two_accounts_that_lose_a_tag_at_the_same_moment_are_blocked() -> None:
    accounts = [make_account(0), make_account(1)]
    memory = Racing({(TAG, account.id) for account in accounts})
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda account: find_orphaned(WITH_TAG, account, memory), accounts))
    assert ["this was the last one" in str(one) for one in found] == [True, True]
    assert memory.list_tagged(TAG) == {account.id for account in accounts}


def test_an_account_that_loses_a_tag_while_another_is_looked_at_is_forgotten_and_the_other_blocked() -> None:
    first, second = make_account(0), make_account(1)

    class Late(MemoryMatches):
        def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
            if account_id == first.id and not carries:
                assert find_orphaned(WITH_TAG, second, self) is None
            super().set_tagged(tag, account_id, carries=carries)

    memory = Late(carriers={(TAG, first.id), (TAG, second.id)})
    assert "this was the last one" in str(find_orphaned(WITH_TAG, first, memory))
    assert memory.list_tagged(TAG) == {first.id}


def test_a_tag_that_the_roster_in_force_does_not_name_was_not_followed() -> None:
    account, memory = make_account(0), remember_tag(make_account(0).id)
    assert find_orphaned(WITH_TAG, account, memory, in_force=WITHOUT_TAG) is None
    assert memory.list_tagged(TAG) == set()


def test_a_tag_that_both_rosters_name_is_lost_under_both() -> None:
    memory = remember_tag(make_account(0).id)
    candidate = Roster.from_document(ROSTER | {"overrides": [PCI | {"mode": "audit"}]})
    for roster in (candidate, WITH_TAG):
        assert find_orphaned(roster, make_account(0), memory, in_force=WITH_TAG) is not None


@pytest.mark.parametrize("state", [one for one in AccountState if one is not AccountState.ACTIVE])
def test_an_account_that_is_not_active_is_not_remembered(state: AccountState) -> None:
    memory = MemoryMatches()
    assert find_orphaned(WITH_TAG, make_account(0, state=state, tags={"scope": "pci"}), memory) is None
    assert memory.carriers == set()


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (AccountState.ACTIVE, True),
        (AccountState.PENDING_ACTIVATION, True),
        (AccountState.UNKNOWN, True),
        (AccountState.SUSPENDED, False),
        (AccountState.PENDING_CLOSURE, False),
        (AccountState.CLOSED, False),
        (None, False),
    ],
)
def test_only_accounts_that_were_closed_or_removed_are_forgotten(
    state: AccountState | None, *, kept: bool
) -> None:
    first, second = make_account(0), make_account(1)
    memory = remember_tag(first.id, second.id)
    listed = [first] if state is None else [first, make_account(1, state=state)]
    forget_closed(list_carriers([WITH_TAG], memory), listed, memory)
    assert memory.list_tagged(TAG) == ({first.id, second.id} if kept else {first.id})


def test_an_account_that_joins_while_all_are_listed_is_kept() -> None:
    first, joined = make_account(0), make_account(1)
    memory = remember_tag(first.id)
    carriers = list_carriers([WITH_TAG, WITHOUT_TAG], memory)
    memory.set_tagged(TAG, joined.id, carries=True)
    forget_closed(carriers, [first], memory)
    assert memory.list_tagged(TAG) == {first.id, joined.id}


def test_only_the_paths_of_the_approved_roster_are_kept() -> None:
    kept = ("Workloads/Production", "ou-1-b")
    memory = MemoryMatches(ous={kept, ("Sandbox", "ou-1-a"), ("Sandbox", "ou-1-c")})
    forget_units(Roster.from_document(ROSTER), memory)
    assert memory.ous == {kept}
