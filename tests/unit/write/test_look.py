"""What a look at a contact says of it: whether what is there is somebody's known doing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.contact.record import MESSAGES_LAST, SKEW
from rollcall.decide.intent import WriteState
from rollcall.model.contact import Contact
from rollcall.model.desired import Present, Unreadable
from rollcall.model.errors import SoonError
from rollcall.write.look import STALE, Look
from tests.support.record_samples import make_edit, make_known_write, make_record
from tests.support.samples import INTENT, NOW

if TYPE_CHECKING:
    from rollcall.contact.record import ContactRecord

RUN = "run-1"
FOUND = Present(contact=Contact(name="Mallory"))
#: What the run was to overwrite.
PLANNED = Present(contact=Contact(name="Somebody else"))
SECOND, TICK = timedelta(seconds=1), timedelta(microseconds=1)
EARLY, EVEN = NOW - SKEW - TICK, NOW - SKEW
MADE = [WriteState.WRITTEN, WriteState.UNCONFIRMED]


def explains(record: ContactRecord, *, besides: str = RUN) -> bool:
    """Whether the record explains what is there two minutes after the run began, which was now."""
    look = Look(at=NOW + timedelta(minutes=2), found=FOUND, record=record)
    return look.is_explained(PLANNED, since=NOW, besides=besides)


def test_a_record_of_nothing_explains_nothing() -> None:
    assert not explains(make_record(None))


class TestEdits:
    @pytest.mark.parametrize("at", [NOW, EVEN, NOW + SECOND])
    def test_one_since_the_run_began_explains_it(self, at: datetime) -> None:
        assert explains(make_record(None, edits=(make_edit(at=at, published="set"),)))

    def test_one_before_that_was_alerted_does_not(self) -> None:
        assert not explains(make_record(None, edits=(make_edit(at=EARLY, published="set"),)))

    def test_one_that_is_still_to_be_alerted_does_as_long_as_its_message_may_come(self) -> None:
        assert explains(make_record(None, edits=(make_edit(at=NOW - MESSAGES_LAST),)))
        assert not explains(make_record(None, edits=(make_edit(at=NOW - MESSAGES_LAST - TICK),)))

    def test_one_without_a_time_does(self) -> None:
        assert explains(make_record(None, edits=(make_edit(at=None, published="set"),)))

    @pytest.mark.parametrize(
        "at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)], ids=["late", "early"]
    )
    def test_no_time_that_an_event_may_state_is_too_early_or_late(self, at: datetime) -> None:
        edit = make_edit(2, at=at, published="set")
        assert explains(make_record(None, edits=(edit,), writes=(make_known_write(),))) == (at > NOW)

    def test_one_after_which_something_else_was_there_does_not(self) -> None:
        for found, explained in (("0" * 32, False), (compute_fingerprint(FOUND), True), (None, True)):
            edit = make_edit(at=NOW, published="kept-edited", found=found)
            assert explains(make_record(None, edits=(edit,))) == explained


class TestUndoneEdits:
    """After a write that put it right somebody else must have changed it, of whom no event came."""

    #: Its event led to the write, within the time by which clocks differ.
    EDIT = make_edit(1, at=NOW - SECOND, published="set")

    def test_one_whose_own_event_led_to_the_write(self) -> None:
        assert not explains(make_record(None, edits=(self.EDIT,), writes=(make_known_write(),)))

    def test_one_that_was_surely_before_a_write_for_another_reason(self) -> None:
        for later, undone in ((SKEW + TICK, True), (SKEW, False)):
            write = make_known_write(at=NOW + later, event_key="edit-2")
            record = make_record(None, edits=(replace(self.EDIT, at=NOW),), writes=(write,))
            assert explains(record) != undone

    def test_one_that_is_still_to_be_alerted(self) -> None:
        edit = replace(self.EDIT, published=None)
        assert not explains(make_record(None, edits=(edit,), writes=(make_known_write(),)))

    def test_not_if_nobody_knows_whether_the_write_was_made(self) -> None:
        for state in set(WriteState) - {WriteState.WRITTEN}:
            write = make_known_write(state=state)
            assert explains(make_record(None, edits=(self.EDIT,), writes=(write,)))

    def test_one_before_the_run_whose_write_in_it_may_not_have_been_made_explains_it(self) -> None:
        edit = replace(self.EDIT, at=NOW - timedelta(hours=1))
        for state, explained in ((WriteState.UNCONFIRMED, True), (WriteState.REFUSED, False)):
            assert (
                explains(make_record(None, edits=(edit,), writes=(make_known_write(state=state),)))
                == explained
            )


class TestWrites:
    @pytest.mark.parametrize("state", MADE)
    @pytest.mark.parametrize("at", [NOW, EVEN, NOW + SECOND])
    def test_what_one_since_the_run_began_was_to_leave(self, at: datetime, state: WriteState) -> None:
        write = make_known_write(at=at, state=state, left=compute_fingerprint(FOUND))
        assert explains(make_record(None, writes=(write,)))

    def test_what_one_before_was_to_leave_is_no_explanation(self) -> None:
        assert not explains(
            make_record(None, writes=(make_known_write(at=EARLY, left=compute_fingerprint(FOUND)),))
        )

    def test_what_it_was_not_to_leave_is_no_explanation(self) -> None:
        assert not explains(make_record(None, writes=(make_known_write(),)))

    @pytest.mark.parametrize("state", sorted(set(WriteState) - set(MADE)))
    def test_one_that_was_not_made_explains_nothing(self, state: WriteState) -> None:
        write = make_known_write(state=state, left=compute_fingerprint(FOUND))
        assert not explains(make_record(None, writes=(write,)))


def test_what_the_run_did_itself_does_not_count() -> None:
    own = replace(INTENT, signal=replace(INTENT.signal, event=replace(INTENT.signal.event, id=RUN)))
    write = make_known_write(event_id=RUN, left=compute_fingerprint(FOUND))
    for record in (make_record(own), make_record(None, writes=(write,))):
        assert not explains(record)
        assert explains(record, besides="run-2")


class TestCutOff:
    """A worker of the run wrote and was cut off: asked is what it overwrote, not what it left."""

    OWN = make_known_write(event_id=RUN, event_key=RUN, left=compute_fingerprint(FOUND), at=NOW + 60 * SECOND)

    def test_an_edit_explains_it_as_before_the_write(self) -> None:
        for found, explained in ((compute_fingerprint(PLANNED), True), ("0" * 32, False), (None, True)):
            edit = make_edit(at=NOW, published="set", found=found)
            assert explains(make_record(None, edits=(edit,), writes=(self.OWN,))) == explained

    def test_unless_another_write_followed_the_edit(self) -> None:
        edit = make_edit(1, at=NOW, published="set")
        assert not explains(make_record(None, edits=(edit,), writes=(make_known_write(), self.OWN)))

    def test_an_edit_before_a_write_of_the_run_explains_nothing_that_came_after_it(self) -> None:
        own = replace(self.OWN, left="0" * 32)
        edit = make_edit(at=NOW, published="set", found=compute_fingerprint(FOUND))
        assert not explains(make_record(None, edits=(edit,), writes=(own,)))


def test_an_open_intent_explains_it_whenever_it_was() -> None:
    assert explains(make_record(INTENT))


class TestShown:
    """A read may be older than a write of ours for some seconds; then the contact is looked at again."""

    @staticmethod
    def is_shown(after: timedelta, **more: Any) -> bool:
        """Whether it is taken for what is there so long after a write."""
        look = Look(at=NOW + after, found=FOUND, record=make_record(None, writes=(make_known_write(**more),)))
        try:
            look.check_fresh(besides=RUN)
        except SoonError:
            return False
        return True

    @pytest.mark.parametrize("state", MADE)
    def test_not_before_ten_seconds_are_over(self, state: WriteState) -> None:
        assert not self.is_shown(STALE, state=state)
        assert self.is_shown(STALE + TICK, state=state)

    def test_not_if_the_write_ended_while_it_was_read(self) -> None:
        assert not self.is_shown(-timedelta(minutes=1))

    def test_what_the_write_was_to_leave_is_what_is_there(self) -> None:
        assert self.is_shown(SECOND, left=compute_fingerprint(FOUND))

    @pytest.mark.parametrize("state", sorted(set(WriteState) - set(MADE)))
    def test_a_write_that_was_not_made_is_not_waited_for(self, state: WriteState) -> None:
        assert self.is_shown(SECOND, state=state)

    def test_nor_one_of_the_run_itself(self) -> None:
        assert self.is_shown(SECOND, event_id=RUN)

    def test_what_could_not_be_read_says_so_at_once(self) -> None:
        record = make_record(None, writes=(make_known_write(),))
        Look(at=NOW, found=Unreadable(reason="denied"), record=record).check_fresh(besides=RUN)
