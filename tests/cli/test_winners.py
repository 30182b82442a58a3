"""The entry that is marked as the winner is the one that the core went by, for any roster and account."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.resolve import fill_placeholders
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALTERNATE_KINDS, ContactKind
from rollcall.model.desired import Conflict, Desired, DesiredAbsent
from rollcall.model.roster import Mode, Roster
from rollcall_cli.aws.contacts import Reach
from rollcall_cli.explain.explanation import explain_account, find_winners
from tests.support.organizations import PRIMARY_CONTACTS
from tests.support.world import ROSTER

names = dict.fromkeys(map(str, ALTERNATE_KINDS), st.sampled_from(["soc", "platform", None]))
names[ContactKind.PRIMARY] = st.sampled_from(["headquarters", "branch"])
kinds = st.fixed_dictionaries({}, optional=names)
selectors = st.one_of(
    st.builds(lambda ids: {"accounts": ids}, st.just(["222222222222"]) | st.just(["444455556666"])),
    st.builds(lambda key: {"tag": {key: "x"}}, st.sampled_from("ab")),
    st.builds(lambda path: {"ou": path}, st.sampled_from(["A", "A/B", "C", "ou-a1b2-00000001"])),
)
overrides = st.lists(
    st.builds(
        lambda selector, kinds, mode: {**selector, "kinds": kinds, "mode": mode},
        selectors,
        kinds,
        st.sampled_from(["audit", "enforce", None]),
    ),
    max_size=6,
)
accounts = st.builds(
    Account,
    id=st.just("222222222222"),
    name=st.just("Payments"),
    state=st.just(AccountState.ACTIVE),
    ou_path=st.sampled_from([(), ("A",), ("A", "B")]),
    parent_ids=st.just(("r-a1b2", "ou-a1b2-00000001")),
    tags=st.dictionaries(st.sampled_from("ab"), st.just("x")),
)


@given(accounts, kinds, overrides)
def test_the_marked_entry_is_the_one_that_decides(account, defaults, overrides):
    given_roster = {"defaults": defaults, "overrides": overrides, "exempt": []}
    roster = Roster.from_document(ROSTER | given_roster | {"contacts": ROSTER["contacts"] | PRIMARY_CONTACTS})
    found = explain_account(
        roster=roster,
        account=account,
        observations=None,
        today=date(2026, 11, 21),
        reach=Reach.HUB,
    )
    for kind in found.kinds:
        won = find_winners(kind.candidates)
        match kind.desired:
            case Desired(contact=contact, source=source):
                assert contact == fill_placeholders(roster.contacts[won[0].value], account)
                assert won[0].source in source
            case DesiredAbsent(source=source):
                assert won[0].value is None
                assert won[0].source in source
            case Conflict(reason=reason):
                assert not won
                assert "disagree" in reason
            case None:
                assert not kind.candidates
    mode = find_winners(found.modes)
    assert (found.requirement.blocked is None) is bool(mode)
    assert (found.requirement.halted == "audit mode") is bool(mode and mode[0].value is Mode.AUDIT)
