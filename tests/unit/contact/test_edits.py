"""What became of remembered edits: until when each contact was wrong, and whether it still is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from rollcall.contact.edits import EditResult, is_open, list_edits
from rollcall.contact.known_drift import REMEMBERED, KnownDrift
from rollcall.decide.intent import WriteState
from rollcall.outcomes.outcome import make_incident_id
from rollcall.outcomes.verdicts import Verdict
from tests.support.record_samples import make_edit, make_known_write, make_record, records
from tests.support.samples import INTENT, NOW, SIGNAL

MINUTE = timedelta(minutes=1)
LATER = NOW + 10 * MINUTE
DRIFT = KnownDrift(found="0" * 32, at=NOW)


def judge(*edits, **more) -> list[EditResult]:
    return list_edits([make_record(None, edits=edits, **more)], since=NOW - MINUTE, now=LATER)


def test_an_edit_was_wrong_until_the_write_that_undid_it() -> None:
    (found,) = judge(make_edit(published="set"), writes=(make_known_write(at=NOW + timedelta(seconds=4)),))
    assert (found.open, found.measure_wrong(LATER)) == (False, timedelta(seconds=4))


@pytest.mark.parametrize(("after", "wrong"), [(4, 4), (400, 0)])
def test_an_edit_of_kept_values_was_wrong_until_a_write_before_its_alert(after: int, wrong: int) -> None:
    edit = make_edit(published="kept-edited", published_at=NOW + timedelta(seconds=20))
    (found,) = judge(edit, writes=(make_known_write(at=NOW + timedelta(seconds=after)),))
    assert (found.open, found.measure_wrong(LATER)) == (False, timedelta(seconds=wrong))


def test_two_edits_before_one_write_end_with_it() -> None:
    found = judge(
        make_edit(1, published="undone"),
        make_edit(2, at=NOW + MINUTE, published="set"),
        writes=(make_known_write(at=NOW + 2 * MINUTE),),
    )
    assert [edit.measure_wrong(LATER) for edit in found] == [2 * MINUTE, MINUTE]


@pytest.mark.parametrize("verdict", ["would-set", "exempt", "failed", "blocked", "backed-off"])
def test_an_edit_that_was_left_is_open_and_wrong_so_far(verdict: str) -> None:
    (found,) = judge(make_edit(published=verdict, published_at=NOW), drift=DRIFT)
    assert (found.open, found.ended_at, found.measure_wrong(LATER)) == (True, None, 10 * MINUTE)


def test_an_edit_that_nothing_was_published_of_is_open() -> None:
    (found,) = judge(make_edit())
    assert found.open


def test_drift_that_is_gone_without_a_write_ended_at_an_unknown_time() -> None:
    (found,) = judge(make_edit(published="would-set", published_at=NOW))
    assert (found.open, found.measure_wrong(LATER)) == (False, None)


def test_a_write_that_aws_refused_ends_nothing() -> None:
    refused = make_known_write(state=WriteState.REFUSED, at=NOW + MINUTE)
    (found,) = judge(make_edit(published="failed", published_at=NOW + MINUTE), writes=(refused,), drift=DRIFT)
    assert found.open


@pytest.mark.parametrize(
    ("verdict", "wrong"), [(Verdict.SET_BY_OTHERS, timedelta()), (Verdict.CHANGED_BACK, MINUTE)]
)
def test_what_others_set_right_was_wrong_until_it_was_seen(verdict: Verdict, wrong: timedelta) -> None:
    (found,) = judge(make_edit(published=str(verdict), published_at=NOW + MINUTE))
    assert (found.open, found.measure_wrong(LATER)) == (False, wrong)


def test_an_edit_before_the_time_counts_only_if_it_is_open_or_was_published_since() -> None:
    old = NOW - 2 * MINUTE
    assert judge(make_edit(at=old, published="would-set", published_at=old)) == []
    assert len(judge(make_edit(at=old, published="would-set", published_at=NOW))) == 1
    left = judge(make_edit(at=old, published="would-set", published_at=old), drift=DRIFT)
    assert [edit.open for edit in left] == [True]


def test_an_edit_has_the_incident_id_of_its_alert() -> None:
    (found,) = judge(make_edit(key=SIGNAL.event.key))
    assert found.incident_id == make_incident_id(event=SIGNAL.event, signal=SIGNAL)


def test_a_contact_is_open_while_drift_is_remembered_or_a_write_is_under_way() -> None:
    assert is_open(make_record(INTENT), NOW)
    assert is_open(make_record(None, drift=DRIFT), NOW)
    assert not is_open(make_record(None, drift=DRIFT), NOW + REMEMBERED)


@given(record=records)
def test_no_time_is_negative_and_nothing_open_has_an_end(record) -> None:
    for edit in list_edits([record], since=NOW, now=LATER):
        wrong = edit.measure_wrong(LATER)
        assert wrong is None or wrong >= timedelta()
        assert not (edit.open and edit.ended_at)
