"""Hypothesis strategies from AWS's documented grammars."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from rollcall.decide.resolve import Requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import (
    ALTERNATE_KINDS,
    COUNTRIES_WITH_STATES,
    KEEP,
    PRIMARY_PARTS,
    Contact,
    ContactKind,
)
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    DesiredOrConflict,
    Observation,
    Present,
    Unreadable,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

account_ids = st.from_regex(r"[0-9]{12}", fullmatch=True)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)
emails = st.from_regex(
    r"[\w+=.#|!&-]{1,20}@[\w.-]{1,20}\.[\w]{1,8}", fullmatch=True, alphabet=st.characters(codec="ascii")
)
phones = st.text("0123456789 ()+-", min_size=1, max_size=25)
alternates = st.builds(Contact, name=names, title=names, email=emails, phone=phones)
lines = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
primaries = st.builds(
    Contact,
    **{part: lines if rule.required else st.just("") | lines for part, rule in PRIMARY_PARTS.items()}
    | {
        "state_or_region": lines,
        "country_code": st.sampled_from([*sorted(COUNTRIES_WITH_STATES), "CH", "fr"]),
        "phone": st.text("0123456789()-", min_size=1, max_size=19).map("+{}".format),
    },
)
contacts = alternates | primaries


def pick_contacts(kind: ContactKind) -> SearchStrategy[Contact]:
    """Contacts as accounts have them of this kind."""
    return primaries if kind is ContactKind.PRIMARY else alternates


def pick_wanted(kind: ContactKind) -> SearchStrategy[Contact]:
    """The same as rosters name them: a primary one may keep parts."""
    kept = st.sets(st.sampled_from(sorted(PRIMARY_PARTS)))
    keeping = st.builds(lambda one, parts: replace(one, **dict.fromkeys(parts, KEEP)), primaries, kept)
    return keeping if kind is ContactKind.PRIMARY else alternates


kinds = st.sampled_from(ContactKind)


def pick_observations(kind: ContactKind) -> SearchStrategy[Observation]:
    """What may be found of this kind."""
    return st.one_of(
        st.builds(Present, contact=pick_contacts(kind)),
        st.just(Absent()),
        st.builds(Unreadable, reason=names, denied=st.booleans()),
    )


observations = st.fixed_dictionaries({}, optional={kind: pick_observations(kind) for kind in ContactKind})
accounts = st.builds(
    Account,
    id=account_ids,
    name=names,
    state=st.sampled_from(AccountState),
    ou_path=st.lists(st.sampled_from("ABC"), max_size=4).map(tuple),
    parent_ids=st.just(("r-a1b2",)),
)
wanted = st.builds(Desired, contact=contacts, source=names)
conflicts = st.builds(Conflict, reason=names)
absent = st.builds(DesiredAbsent, source=names)


def pick_demands(kind: ContactKind) -> SearchStrategy[DesiredOrConflict]:
    """What a roster may ask of this kind."""
    given = st.builds(Desired, contact=pick_wanted(kind), source=names) | conflicts
    return given | absent if kind in ALTERNATE_KINDS else given


requirements = st.builds(
    Requirement,
    desired=st.fixed_dictionaries({}, optional={kind: pick_demands(kind) for kind in ContactKind}),
    halted=st.none() | st.just("audit mode"),
    blocked=st.none() | st.just("modes that disagree"),
    exempt=st.none() | names,
)
