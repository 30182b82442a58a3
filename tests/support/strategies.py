"""Hypothesis strategies from AWS's documented grammars."""

from __future__ import annotations

from hypothesis import strategies as st

from rollcall.decide.resolve import Requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Conflict, Desired, DesiredAbsent, Present, Unreadable

account_ids = st.from_regex(r"[0-9]{12}", fullmatch=True)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)
emails = st.from_regex(
    r"[\w+=.#|!&-]{1,20}@[\w.-]{1,20}\.[\w]{1,8}", fullmatch=True, alphabet=st.characters(codec="ascii")
)
phones = st.text("0123456789 ()+-", min_size=1, max_size=25)
contacts = st.builds(Contact, name=names, title=names, email=emails, phone=phones)
kinds = st.sampled_from(ContactKind)
observations = st.one_of(
    st.builds(Present, contact=contacts),
    st.just(Absent()),
    st.builds(Unreadable, reason=names, denied=st.booleans()),
)
accounts = st.builds(
    Account,
    id=account_ids,
    name=names,
    state=st.sampled_from(AccountState),
    ou_path=st.lists(st.sampled_from("ABC"), max_size=4).map(tuple),
    parent_ids=st.just(("r-a1b2",)),
)
wanted = st.builds(Desired, contact=contacts, source=names)
demands = st.one_of(wanted, st.builds(DesiredAbsent, source=names), st.builds(Conflict, reason=names))
requirements = st.builds(
    Requirement,
    desired=st.dictionaries(kinds, demands),
    halted=st.none() | st.just("audit mode"),
    blocked=st.none() | st.just("modes that disagree"),
    exempt=st.none() | names,
)
