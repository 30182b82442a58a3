"""The steps of a drill: what passed, what failed, and what is still awaited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.contact.record import KnownEdit, KnownWrite
from rollcall.decide.intent import WriteState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Conflict, Desired, DesiredAbsent, Present
from rollcall_cli.drill.edits import DrillEdit, Originals, choose_edits, is_left, make_values
from rollcall_cli.drill.timeline import EditFacts, MadeEdit, StepState, find_failed, is_over, make_steps

AT = datetime(2026, 10, 5, 9, 30, 0, 400_000, tzinfo=UTC)
SOC = Contact(name="SOC", title="Duty", email=" soc@example.com", phone="+1 206 555 0100")
WANTED = Desired(contact=SOC, source="contact soc (defaults)")
MADE = MadeEdit(
    edit=DrillEdit(kind=ContactKind.SECURITY, contact=None),
    request_id="r-1",
    incident_id="RC-0123456789ab",
    at=AT,
)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def known(published: str | None = None) -> KnownEdit:
    return KnownEdit(
        key="r-1", at=AT, principal="arn", root=False, published=published, published_at=later(6)
    )


def write(state: WriteState = WriteState.WRITTEN) -> KnownWrite:
    return KnownWrite(
        intent_id="20261005T093003Z-0123456789ab",
        state=state,
        at=later(4),
        event_key="r-1",
        event_id="e-1",
        incident_id="RC-0123456789ab",
        left=None,
    )


def states(**facts: Any) -> dict[str, tuple[str, float | None]]:
    return {step.name: (str(step.state), step.seconds) for step in make_steps(MADE, EditFacts(**facts))}


def test_what_is_not_seen_yet_is_awaited():
    found = states(channels={"sns": None})
    assert [name for name, (state, _) in found.items() if state == "waiting"] == [
        "CloudTrail",
        "queue",
        "restored",
        "alert on sns",
        "ledger",
    ]


def test_each_step_has_its_seconds_since_the_edit_and_never_less_than_none():
    found = states(
        record={},
        recorded_at=later(94),
        known=known("set"),
        known_at=later(9),
        write=write(),
        channels={"sns": later(-1), "slack": None},
        quiet=frozenset({"slack"}),
        ledger_at=later(3.96),
    )
    assert found == {
        "edit": ("passed", 0.0),
        "CloudTrail": ("passed", 94.0),
        "queue": ("passed", 2.6),  # as the intent says, whose id has whole seconds
        "restored": ("passed", 4.0),
        "alert on sns": ("passed", 0.0),
        "alert on slack": ("skipped", None),
        "ledger": ("passed", 4.0),
    }


@pytest.mark.parametrize(
    ("verdict", "state", "ledger"),
    [
        (None, "waiting", "waiting"),
        ("pending", "waiting", "waiting"),
        ("would-set", "failed", "skipped"),
        ("failed", "failed", "skipped"),
        ("backed-off", "failed", "skipped"),
        ("exempt", "failed", "skipped"),
        ("undone", "passed", "waiting"),
    ],
)
def test_what_rollcall_alerted_says_whether_it_was_restored(verdict, state, ledger):
    found = states(known=known(verdict), known_at=later(6))
    assert (found["restored"][0], found["ledger"][0]) == (state, ledger)


def test_a_write_that_is_not_confirmed_restored_nothing_yet():
    assert states(known=known("pending"), known_at=later(5), write=write(WriteState.UNCONFIRMED))[
        "restored"
    ] == (
        "waiting",
        None,
    )


def test_a_record_that_is_late_failed_only_if_its_event_did_not_arrive():
    nothing = make_steps(MADE, EditFacts())
    assert (failed := find_failed(nothing)) is not None
    assert failed.name == "CloudTrail"
    arrived = make_steps(
        MADE, EditFacts(known=known("set"), known_at=later(5), write=write(), ledger_at=later(4))
    )
    assert find_failed(arrived) is None
    assert not is_over(arrived)
    recorded = make_steps(MADE, EditFacts(record={}, recorded_at=later(1)))
    assert (failed := find_failed(recorded)) is not None
    assert (failed.name, failed.state) == ("queue", StepState.WAITING)


def test_the_security_contact_is_edited_and_the_least_harmful_deleted():
    desired = dict.fromkeys(ContactKind, WANTED)
    ((edited, deleted),) = choose_edits(desired, "0a1b")
    assert (edited.kind, deleted.kind) == (ContactKind.SECURITY, ContactKind.BILLING)
    assert edited.contact == make_values(SOC, "0a1b")
    assert deleted.contact is None


@pytest.mark.parametrize(
    ("managed", "rounds"),
    [
        ((), []),
        ((ContactKind.OPERATIONS,), [["OPERATIONS edited"], ["OPERATIONS deleted"]]),
        ((ContactKind.OPERATIONS, ContactKind.BILLING), [["OPERATIONS edited", "BILLING deleted"]]),
        ((ContactKind.SECURITY, ContactKind.OPERATIONS), [["SECURITY edited", "OPERATIONS deleted"]]),
    ],
)
def test_only_kinds_with_a_contact_in_the_roster_are_touched(managed, rounds):
    desired: dict[ContactKind, Any] = dict.fromkeys(managed, WANTED)
    desired |= {
        kind: DesiredAbsent(source="absent")
        if kind is ContactKind.BILLING
        else Conflict(reason="two entries")
        for kind in ContactKind
        if kind not in managed
    }
    found = choose_edits(desired, "x")
    assert [[f"{edit.kind} {edit.change}" for edit in edits] for edits in found] == rounds


def test_values_keep_the_mail_domain_of_the_roster_and_differ_for_each_drill():
    one, two = make_values(SOC, "0a1b"), make_values(SOC, "2c3d")
    assert one.email == "rollcall-drill@example.com"
    assert one != two
    assert one.phone == SOC.phone


def test_only_what_a_drill_left_is_undone():
    edits = tuple(
        map(
            str,
            [
                DrillEdit(kind=ContactKind.SECURITY, contact=SOC),
                DrillEdit(kind=ContactKind.BILLING, contact=None),
            ],
        )
    )
    assert is_left(Present(contact=SOC), ContactKind.SECURITY, edits)
    assert is_left(Absent(), ContactKind.BILLING, edits)
    assert not is_left(Absent(), ContactKind.SECURITY, edits)
    assert not is_left(Present(contact=SOC), ContactKind.BILLING, edits)
    assert not is_left(Present(contact=make_values(SOC, "x")), ContactKind.SECURITY, edits)


def test_originals_are_read_back_as_they_were():
    originals = Originals(
        account_id="222222222222",
        central=True,
        contacts={ContactKind.SECURITY: Present(contact=SOC), ContactKind.BILLING: Absent()},
        edits=("SECURITY:0123",),
    )
    assert Originals.from_document(originals.as_document()) == originals
