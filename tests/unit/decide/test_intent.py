"""Intents: what is stored of them, and from when on others may finish one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.intent import GRACE, LEAST_LEFT, WORK, Answer, Intent, OpenIntent, WriteState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Present
from tests.support.samples import SIGNAL
from tests.support.strategies import contacts, wanted

NOW = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)


answers = st.builds(
    Answer,
    state=st.sampled_from(WriteState),
    reason=st.text(max_size=5),
    request_id=st.none() | st.just("r-9"),
)


@given(
    wanted=wanted,
    found=st.just(Absent()) | st.builds(Present, contact=contacts),
    answer=st.none() | answers,
)
def test_an_intent_and_its_lock_survive_their_documents(wanted, found, answer):
    intent = Intent(
        id="i-1",
        opened_at=NOW,
        until=NOW + timedelta(seconds=90),
        roster_digest="d",
        signal=SIGNAL,
        kind=ContactKind.SECURITY,
        found=found,
        wanted=wanted,
    )
    lock = replace(intent.lock, answer=answer)
    assert Intent.from_document(intent.as_document()) == intent
    assert OpenIntent.from_document(lock.as_document()) == lock
    assert not lock.is_expired(NOW + timedelta(seconds=89))
    assert lock.is_expired(NOW + timedelta(seconds=90))
    # The answer of a call that is sent at the last moment is still seen by its worker.
    assert NOW + timedelta(seconds=60) - intent.send_before == LEAST_LEFT


def test_a_message_that_waits_for_a_killed_worker_uses_up_few_of_its_receives():
    opened = NOW
    lock = OpenIntent(id="i", opened_at=opened, until=opened + WORK + GRACE, roster_digest="d", event_id="e")
    now, receives = opened, 0
    while not lock.is_expired(now):
        now += timedelta(seconds=lock.count_wait(now) or 2)
        receives += 1
    # Three workers killed in a row leave most of the sixty.
    assert 3 * receives < 40
    assert lock.count_wait(opened + timedelta(seconds=5)) is None, "a write under way takes a few seconds"
    assert now - lock.until < timedelta(seconds=30)
