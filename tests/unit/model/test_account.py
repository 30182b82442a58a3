"""Paths of OUs as people read them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollcall.model.account import Account, AccountState

_PATHS = st.lists(st.text(alphabet='a"/', min_size=1, max_size=4), max_size=3).map(tuple)


def show(*names: str) -> str:
    return Account(
        id="111122223333", name="A", state=AccountState.ACTIVE, ou_path=names, parent_ids=("r-a1b2",)
    ).ou


def test_a_slash_in_a_name_is_told_from_one_between_names() -> None:
    assert show("Workloads", "Production") == "Workloads/Production"
    assert show("CI/CD", "Deep") == '"CI/CD"/Deep'
    assert show() == ""


@given(one=_PATHS, other=_PATHS)
def test_different_paths_never_look_alike(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (show(*one) == show(*other)) is (one == other)
