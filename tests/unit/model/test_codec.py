"""Every class that is stored survives its document."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.intent import Intent
from rollcall.decide.plan import ChangeResult, ObservedAccount, PlannedChange
from rollcall.events.actor import Actor
from rollcall.events.signal import EventReference, Signal
from rollcall.model.account import Account
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present, Unreadable
from rollcall.sweep.approvals import LapsedApproval, PendingPlan
from rollcall.sweep.run import PlanReference, Run
from tests.support.cases import check_each

STORED = [
    Account, Actor, ChangeResult, Contact, Desired, DesiredAbsent, EventReference, Intent, LapsedApproval,
    ObservedAccount, PendingPlan, PlannedChange, PlanReference, Present, Run, Signal, Unreadable,
]  # fmt: skip
#: What types alone do not say: JSON has no NaN, and a summary is JSON already.
SPECIAL = {
    "rates": st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)),
    "summary": st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.integers())),
}


def _build(cls):
    names = {field.name for field in fields(cls)}
    return st.builds(cls, **{name: SPECIAL.get(name, ...) for name in names})


@pytest.mark.parametrize("cls", STORED)
@given(data=st.data())
def test_what_is_stored_is_read_back(cls, data):
    value = data.draw(_build(cls))
    assert cls.from_document(json.loads(json.dumps(value.as_document()))) == value


CHANGE = PlannedChange(
    account_id="222222222222", kind=ContactKind.SECURITY, found=Absent(), wanted=DesiredAbsent(source="x")
).as_document()


@check_each(
    ("changes", "error"),
    [
        ({"account_id": 5}, TypeError),
        ({"kind": "FINANCE"}, ValueError),
        ({"found": {"state": "unreadable", "reason": "denied"}}, ValueError),
        ({"found": {"state": "present"}}, KeyError),
        ({"found": {}}, KeyError),
        ({"found": []}, TypeError),
        ({"found": None}, TypeError),
        ({"wanted": {"state": "absent", "source": None}}, TypeError),
    ],
)
def test_a_document_of_something_else_is_refused(changes, error):
    with pytest.raises(error):
        PlannedChange.from_document(CHANGE | changes)
