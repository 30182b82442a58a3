"""The record of one contact: what each change makes of it, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.record import (
    REMEMBERED,
    SKEW,
    Call,
    ContactRecord,
    add_edit,
    drop_intent,
    end_intent,
    mark_published,
    release_intent,
    update_record,
)
from rollcall.contact.repeated_edits import RepeatedEdits
from rollcall.decide.intent import Answer, WriteState
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError
from simulation.clock import VirtualClock
from tests.support.cases import check_each
from tests.support.memory import Faults, MemoryState
from tests.support.record_samples import (
    answers,
    edits,
    make_edit,
    make_known_write,
    make_record,
    named,
    records,
    writes,
)
from tests.support.samples import DIGEST, INTENT, MEMBER, NOW, another

#: Of a sweep.
RUN = "run-1"
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
KNOWN_STATES = [WriteState.WRITTEN, WriteState.REFUSED, WriteState.NOT_SENT]
UNKNOWN = make_known_write(state=WriteState.UNCONFIRMED, request_id=None)


def _make_release(known):
    intent_id, answer = known
    return lambda record: release_intent(record, intent_id=intent_id, answer=answer, at=NOW)


intent_ids = named.map(lambda known: known[1])
#: A change is a function of a record: the same twice changes nothing.
changes = st.one_of(
    edits.map(lambda edit: lambda record: add_edit(record, edit)),
    st.tuples(st.integers(0, 12), st.sampled_from(("set", "backed-off"))).map(
        lambda known: lambda record: mark_published(record, f"edit-{known[0]}", known[1], NOW)
    ),
    writes.map(lambda write: lambda record: end_intent(record, write)),
    intent_ids.map(lambda intent_id: lambda record: drop_intent(record, intent_id)),
    st.tuples(intent_ids, answers).map(_make_release),
)


class TestEveryChange:
    @given(record=records, steps=st.lists(changes, min_size=1, max_size=30))
    def test_a_second_time_changes_nothing_and_nothing_grows(self, record, steps):
        for change in steps:
            record = change(record)
            assert change(record) == record
            for remembered, key in ((record.edits, "key"), (record.writes, "intent_id")):
                assert len(remembered) <= REMEMBERED
                assert len({getattr(one, key) for one in remembered}) == len(remembered)

    @given(record=records, steps=st.lists(changes, max_size=10))
    def test_whose_contact_it_is_and_what_else_is_known_stays(self, record, steps):
        before = record
        for change in steps:
            record = change(record)
        kept = ("account_id", "kind", "version", "repeated", "drift")
        assert [getattr(record, name) for name in kept] == [getattr(before, name) for name in kept]

    @given(record=records, steps=st.lists(changes, max_size=10))
    def test_what_is_stored_is_what_comes_back(self, record, steps):
        for change in steps:
            record = change(record)
        assert ContactRecord.from_document(record.as_document()) == record


class TestEdits:
    def test_a_copy_of_an_event_is_the_same_edit_whatever_it_says(self):
        record = add_edit(make_record(None), make_edit(1))
        record = mark_published(record, "edit-1", "set", NOW, "0" * 32)
        copy = make_edit(1, principal="somebody else", at=None)
        assert add_edit(record, copy) == record
        assert [(edit.published, edit.found) for edit in record.edits] == [("set", "0" * 32)]

    def test_of_nine_edits_the_first_that_was_published_goes(self):
        record = make_record(None)
        for number in range(1, 9):
            record = add_edit(record, make_edit(number))
        for key in ("edit-5", "edit-3"):
            record = mark_published(record, key, "set", NOW)
        record = add_edit(record, make_edit(9))
        assert [edit.key for edit in record.edits] == [f"edit-{n}" for n in (1, 2, 4, 5, 6, 7, 8, 9)]

    def test_of_nine_edits_that_nobody_was_alerted_of_the_oldest_goes(self):
        record = make_record(None)
        for number in range(1, 10):
            record = add_edit(record, make_edit(number))
        assert [edit.key for edit in record.edits] == [f"edit-{number}" for number in range(2, 10)]

    def test_an_edit_that_was_pushed_out_is_not_known_as_published(self):
        """Its own message then alerts it: twice rather than never."""
        record = make_record(None, edits=tuple(map(make_edit, range(8))))
        record = mark_published(add_edit(record, make_edit(9)), "edit-0", "set", NOW)
        assert record.find_edit("edit-0") is None

    def test_only_the_edit_of_this_event_is_marked(self):
        record = make_record(None, edits=(make_edit(1), make_edit(2)))
        marked = mark_published(record, "edit-2", "backed-off", NOW)
        assert [edit.published for edit in marked.edits] == [None, "backed-off"]
        assert [edit.published for edit in mark_published(marked, "edit-2", "set", NOW).edits] == [
            None,
            "set",
        ]


class TestEndIntent:
    def test_the_intent_is_closed_and_its_write_remembered(self):
        record = end_intent(make_record(), make_known_write())
        assert (record.intent, record.writes) == (None, (make_known_write(),))

    def test_another_intent_stays_open(self):
        """A worker that lost its intent still says how its write ended."""
        record = end_intent(make_record(another()), make_known_write())
        assert (record.intent, record.writes) == (another().lock, (make_known_write(),))

    @check_each("late", list(WriteState))
    @check_each("known", KNOWN_STATES)
    def test_what_is_known_stays(self, known, late):
        record = end_intent(make_record(), make_known_write(state=known))
        record = end_intent(record, make_known_write(state=late, request_id="request-2"))
        assert record.writes == (make_known_write(state=known),)

    @pytest.mark.parametrize("late", KNOWN_STATES)
    def test_what_nobody_knew_may_be_known_later(self, late):
        record = end_intent(end_intent(make_record(), UNKNOWN), make_known_write(state=late))
        assert record.writes == (make_known_write(state=late),)

    @given(ends=st.lists(writes, min_size=1, max_size=20))
    def test_no_known_end_ever_becomes_another(self, ends):
        record = make_record(None)
        known: dict[str, WriteState] = {}
        for write in ends:
            record = end_intent(record, write)
            for intent_id, state in known.items():
                found = record.find_write(intent_id)
                assert found is not None
                assert found.state is state
            if write.state is not WriteState.UNCONFIRMED:
                known.setdefault(write.intent_id, write.state)

    def test_of_nine_writes_the_first_goes_whatever_the_clocks_of_their_workers_said(self):
        record = make_record(None)
        for number in range(1, 10):
            record = end_intent(record, make_known_write(f"intent-{number}", at=NOW - number * SECOND))
            assert not record.is_written_after(f"intent-{number}")
        assert record.is_written_after("intent-8")
        assert [write.intent_id for write in record.writes] == [f"intent-{number}" for number in range(2, 10)]


class TestOpenIntent:
    def test_its_worker_gives_it_up_to_others_with_what_it_knows(self):
        answer = Answer(state=WriteState.WRITTEN, reason="set", request_id="request-1")
        assert not INTENT.lock.is_expired(NOW)
        released = release_intent(make_record(), intent_id=INTENT.id, answer=answer, at=NOW).intent
        assert released is not None
        assert released.is_expired(NOW)
        assert replace(released, until=INTENT.until, answer=None) == INTENT.lock
        assert released.answer == answer

    def test_it_is_dropped_without_a_trace(self):
        record = make_record(edits=(make_edit(),))
        assert drop_intent(record, INTENT.id) == replace(record, intent=None)

    def test_nobody_releases_or_drops_anothers(self):
        record, answer = make_record(another()), Answer(state=WriteState.NOT_SENT, reason="")
        assert (
            release_intent(record, intent_id=INTENT.id, answer=answer, at=NOW)
            == drop_intent(record, INTENT.id)
            == record
        )
        nothing = make_record(None)
        assert (
            release_intent(nothing, intent_id=INTENT.id, answer=answer, at=NOW)
            == drop_intent(nothing, INTENT.id)
            == nothing
        )

    @pytest.mark.parametrize(
        ("more", "pending"),
        [
            ({}, False),
            ({"edits": (make_edit(),), "writes": (make_known_write(),)}, False),
            ({"repeated": RepeatedEdits(alerted_at=NOW)}, False),
            ({"intent": INTENT.lock}, True),
            ({"drift": KnownDrift(found=None, at=NOW)}, True),
            ({"repeated": RepeatedEdits(opened_at=NOW)}, True),
        ],
        ids=["nothing", "edits and writes", "few reverts", "an intent", "drift", "repeated edits"],
    )
    def test_somebody_has_to_come_back_to_what_is_open(self, more, pending):
        assert replace(make_record(None), **more).is_pending == pending


class TestJudgeCall:
    @check_each(
        ("state", "ours", "key", "call"),
        [
            # AWS answered.
            (WriteState.WRITTEN, "request-1", "request-1", Call.OURS),
            (WriteState.REFUSED, "request-1", "request-1", Call.OURS),
            # One intent has one call: a second one was made by somebody else.
            (WriteState.WRITTEN, "request-1", "request-2", Call.FOREIGN),
            (WriteState.REFUSED, "request-1", "request-2", Call.FOREIGN),
            # Nothing was sent, so that whatever came was not ours.
            (WriteState.NOT_SENT, None, "request-1", Call.FOREIGN),
            # Nobody saw the answer: the first call that comes is it.
            (WriteState.UNCONFIRMED, None, "request-1", Call.CONFIRMS),
            # An answer that did not say whether it was made, as 500: only its own event does.
            (WriteState.UNCONFIRMED, "request-1", "request-1", Call.CONFIRMS),
            (WriteState.UNCONFIRMED, "request-1", "request-2", Call.FOREIGN),
        ],
    )
    def test_of_an_intent_that_is_over(self, state, ours, key, call):
        record = make_record(None, writes=(make_known_write(state=state, request_id=ours),))
        assert record.judge_call(INTENT.id, key) is call

    def test_of_one_that_is_not_over(self):
        record = make_record(writes=(make_known_write(another().id),))
        assert record.judge_call(INTENT.id, "request-1") is Call.UNDER_WAY
        assert record.judge_call(another().id, "request-1") is Call.OURS

    def test_of_one_that_the_record_does_not_know(self):
        for record in (make_record(None), make_record(another())):
            assert record.judge_call(INTENT.id, "request-1") is Call.UNKNOWN

    @pytest.mark.parametrize("denied", [False, True])
    def test_one_event_confirms_and_a_second_does_not(self, denied):
        record = make_record(None, writes=(UNKNOWN,))
        state = WriteState.REFUSED if denied else WriteState.WRITTEN
        record = end_intent(record, make_known_write(state=state, request_id="request-1"))
        assert record.judge_call(INTENT.id, "request-1") is Call.OURS
        assert record.judge_call(INTENT.id, "request-2") is Call.FOREIGN

    @given(record=records, intent_id=intent_ids)
    def test_only_a_call_that_the_record_knows_is_ours(self, record, intent_id):
        call = record.judge_call(intent_id, "request-3")
        assert call in (Call.UNDER_WAY, Call.CONFIRMS, Call.FOREIGN, Call.UNKNOWN)


class TestTimes:
    """CloudTrail cuts times to seconds and clocks differ: nothing is taken for earlier that may be later."""

    EARLY, EVEN = NOW - SKEW - TICK, NOW - SKEW

    @pytest.mark.parametrize(
        ("written_at", "edited_at", "undone"),
        [
            (NOW, NOW, True),
            (NOW + SECOND, NOW, True),
            (EVEN, NOW, True),
            (EARLY, NOW, False),
            (EARLY, None, True),
        ],
        ids=["same", "later", "just in the skew", "earlier", "no time"],
    )
    def test_a_write_undid_what_was_done_before_it(self, written_at, edited_at, undone):
        write = make_known_write(at=written_at)
        record = make_record(None, writes=(write,), edits=(make_edit(1, at=edited_at),))
        assert record.find_undoing(edited_at) == (write if undone else None)
        beside = record.list_beside("edit-2")
        assert [edit.key for edit in beside] == ([] if undone else ["edit-1"])

    @pytest.mark.parametrize(("written_at", "beside"), [(NOW + 9 * SECOND, True), (NOW + 4 * SECOND, False)])
    def test_edits_are_beside_each_other_unless_a_write_came_between(self, written_at, beside):
        last = make_known_write("intent-2", at=NOW + 60 * SECOND)
        record = make_record(
            None,
            writes=(make_known_write(at=written_at), last),
            edits=(make_edit(1), make_edit(2, at=NOW + 8 * SECOND)),
        )
        for key, other in (("edit-1", "edit-2"), ("edit-2", "edit-1")):
            assert [edit.key for edit in record.list_beside(key)] == [other] * beside

    @pytest.mark.parametrize("state", [WriteState.REFUSED, WriteState.NOT_SENT])
    def test_what_was_not_written_undid_nothing(self, state):
        write = make_known_write(state=state)
        record = make_record(None, writes=(write,), edits=(make_edit(1),))
        assert record.find_undoing(NOW) is None
        assert len(record.list_beside("edit-2")) == 1

    def test_of_several_the_surest_undid_it(self):
        sure = make_known_write("intent-2", at=NOW + SECOND)
        for both in ((UNKNOWN, sure), (sure, UNKNOWN)):
            assert make_record(None, writes=both).find_undoing(NOW) == sure
        assert make_record(None, writes=(UNKNOWN,)).find_undoing(NOW) == UNKNOWN

    def test_an_edit_is_not_beside_itself(self):
        record = make_record(None, edits=(make_edit(1), make_edit(2)))
        assert [edit.key for edit in record.list_beside("edit-1")] == ["edit-2"]

    @pytest.mark.parametrize(
        "at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)], ids=str
    )
    def test_no_time_that_an_event_may_state_is_too_early_or_late(self, at):
        record = make_record(None, edits=(make_edit(at=at, published="set"),), writes=(make_known_write(),))
        undone = at < NOW
        assert (record.find_undoing(at) is not None, not record.list_beside("edit-2")) == (undone, undone)


class TestUpdateRecord:
    @pytest.fixture
    def state(self):
        return MemoryState(Faults(), approved=DIGEST)

    @staticmethod
    def load(state):
        return state.read(MEMBER, ContactKind.SECURITY)

    def add(self, state, number, record=None):
        return update_record(
            state,
            record or self.load(state),
            lambda known: add_edit(known, make_edit(number)),
            clock=VirtualClock(),
        )

    def test_what_is_stored_is_returned_with_its_version(self, state):
        for version in (1, 2):
            record = self.add(state, version)
            assert (record, record.version) == (self.load(state), version)

    def test_what_changes_nothing_is_not_stored(self, state):
        self.add(state, 1)
        state.faults.plan("state.save", RetryableError("no call is expected"))
        assert self.add(state, 1).version == 1

    @pytest.mark.parametrize("others", [1, 5])
    def test_what_others_stored_meanwhile_stays(self, state, others):
        old = self.load(state)
        for number in range(others):
            other = make_edit(100 + number)
            state.faults.then(
                "state.save", lambda other=other: state.store(add_edit(self.load(state), other))
            )
        self.add(state, 1, old)
        assert {edit.key for edit in self.load(state).edits} == {
            "edit-1",
            *(f"edit-{100 + number}" for number in range(others)),
        }

    def test_a_change_that_somebody_else_made_is_made_once(self, state):
        old = self.load(state)
        self.add(state, 1)
        assert self.add(state, 1, old).version == 1

    def test_whoever_never_gets_a_turn_comes_back(self, state):
        for _ in range(20):
            state.faults.then("state.save", lambda: state.store(self.load(state)))
        with pytest.raises(RetryableError, match="other workers"):
            self.add(state, 1)
        assert self.load(state).find_edit("edit-1") is None
