"""How much a sweep may change, and the name of what it would."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.plan import Change, Plan, PlannedChange
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, DesiredAbsent, Present
from rollcall.sweep.stored_plan import PART_CHANGES, PlanBuilder, PlanDigest, compute_change_digest
from tests.support.strategies import account_ids, accounts, contacts, kinds, wanted

absent = st.builds(DesiredAbsent, source=st.just("absent (defaults)"))
founds = st.one_of(st.builds(Present, contact=contacts), st.just(Absent()))
planned = st.builds(
    PlannedChange, account_id=account_ids, kind=kinds, found=founds, wanted=st.one_of(wanted, absent)
)
changes = st.builds(Change, kind=kinds, found=founds, wanted=st.one_of(wanted, absent))
plans = st.builds(Plan, changes=st.lists(changes, max_size=3).map(tuple), findings=st.just(()))


@given(st.lists(planned, max_size=5), st.sampled_from(["", "cd" * 32]))
def test_the_digest_is_that_of_the_whole_document_however_it_is_taken(items, weakened):
    digest = PlanDigest("ab" * 32)
    for item in items:
        digest.add(item)
    changed = [item.as_document() for item in items]
    document = {"roster": "ab" * 32, "weakened": weakened, "changes": changed}
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert digest.compute(weakened) == hashlib.sha256(canonical.encode()).hexdigest()


@given(planned, planned)
def test_two_changes_share_a_name_only_if_they_are_the_same(one, other):
    same = one.as_document() == other.as_document()
    assert (compute_change_digest(one) == compute_change_digest(other)) is same


@given(st.lists(st.tuples(accounts, plans), max_size=12), st.data())
def test_a_draft_counts_what_it_stores_and_only_what_nobody_approved_against_the_limits(entries, data):
    parts: dict[int, list[PlannedChange]] = {}
    everything = [(account, change) for account, plan in entries for change in plan.changes]
    names = [
        compute_change_digest(
            PlannedChange(account_id=account.id, kind=change.kind, found=change.found, wanted=change.wanted)
        )
        for account, change in everything
    ]
    granted = frozenset(data.draw(st.lists(st.sampled_from(names), max_size=4))) if names else frozenset()
    draft = PlanBuilder(
        roster="ab" * 32, write=lambda part, found: parts.update({part: list(found)}), granted=granted
    )
    for account, plan in entries:
        draft.add(account, plan)
    reference = draft.finish(against=None, weakenings=())
    stored = [change for part in sorted(parts) for change in parts[part]]
    assert (reference.changes, reference.parts) == (len(stored), len(parts)) == (len(everything), len(parts))
    assert draft.changed == sum(bool(plan.changes) for _, plan in entries)
    assert draft.active == sum(account.active for account, _ in entries)
    new = [
        [item for item in map(_planned(account), plan.changes) if compute_change_digest(item) not in granted]
        for account, plan in entries
    ]
    assert draft.new_deletes == sum(
        any(isinstance(item.wanted, DesiredAbsent) for item in items) for items in new
    )
    assert draft.deletes == sum(isinstance(change.wanted, DesiredAbsent) for change in stored)


def _planned(account):
    return lambda change: PlannedChange(
        account_id=account.id, kind=change.kind, found=change.found, wanted=change.wanted
    )


def test_a_plan_is_stored_in_parts_of_so_many_changes():
    parts: dict[int, int] = {}
    draft = PlanBuilder(roster="ab" * 32, write=lambda part, found: parts.update({part: len(found)}))
    change = Change(kind=ContactKind.SECURITY, found=Absent(), wanted=DesiredAbsent(source="x"))
    for number in range(PART_CHANGES + 1):
        account = Account(
            id=f"{number:012}", name="A", state=AccountState.ACTIVE, ou_path=(), parent_ids=("r-ab12",)
        )
        draft.add(account, Plan(changes=(change,), findings=()))
    assert draft.finish(against=None, weakenings=()).parts == 2
    assert parts == {0: PART_CHANGES, 1: 1}
