"""Whether a message is sent on a channel: once, in order, loud enough, and never without its end."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.model.errors import WaitError
from rollcall.model.levels import Severity
from rollcall.notify.notifier import ChannelRecord, Decision, decide
from rollcall.outcomes.outcome import Stage
from tests.support.cases import check_each
from tests.support.samples import NOW, message

OPEN, CLOSED = message("open"), message("closed", opened=True)
CLOSES_ONLY = message("closed", severity=Severity.INFO, opened=True, closes_only=True)
WROTE, WROTE_MORE = (message("closed", content=letter * 12) for letter in "ab")
FIRST, SECOND, THIRD = (message("open", update=number) for number in range(3))
SEND, DROP, WITHHOLD = Decision


def told(*messages, **more):
    return ChannelRecord(steps=frozenset(one.step for one in messages), **more)


def decided(one, before=ChannelRecord(), *, minimum=Severity.INFO, age=timedelta(0)):  # noqa: B008  # it is frozen
    return decide(one, before, minimum=minimum, age=age)


@pytest.mark.parametrize("one", [OPEN, CLOSED, WROTE, FIRST, SECOND], ids=lambda one: one.step)
def test_what_is_news_is_sent_once(one):
    assert decided(one) is SEND
    assert decided(one, told(one)) is DROP


def test_an_opening_and_its_closing_are_two_messages():
    assert decided(CLOSED, told(OPEN)) is SEND
    assert decided(OPEN, told(OPEN, CLOSED)) is DROP


@pytest.mark.parametrize("closing", [CLOSED, WROTE], ids=lambda one: one.step)
def test_an_opening_that_comes_after_its_closing_is_not_sent(closing):
    assert decided(OPEN, told(closing)) is DROP


class TestWrong:
    """What went wrong since an incident was closed is alerted once, and nothing that is older."""

    SINCE = NOW + timedelta(minutes=15)
    WORSE = replace(CLOSED, wrong=frozenset({"SECURITY/blocked"}), decided_at=SINCE)

    @pytest.mark.parametrize("closing", [CLOSED, WROTE], ids=lambda one: one.step)
    def test_is_sent_after_a_closing(self, closing):
        assert decided(self.WORSE, told(closing, newest=NOW)) is SEND

    def test_is_sent_beside_the_same_write(self):
        assert decided(replace(self.WORSE, content=WROTE.content), told(WROTE, newest=NOW)) is SEND

    def test_is_not_sent_again(self):
        before = ChannelRecord(steps=frozenset({"closed#", "wrong#SECURITY/blocked"}), newest=NOW)
        assert decided(self.WORSE, before) is DROP
        more = replace(self.WORSE, wrong=self.WORSE.wrong | {"BILLING/blocked"})
        assert decided(more, before) is SEND

    def test_is_not_sent_after_something_newer(self):
        assert decided(self.WORSE, told(WROTE, newest=self.SINCE)) is DROP


class TestClosesOnly:
    def test_a_closing_waits_until_its_opening_was_sent(self):
        with pytest.raises(WaitError, match="opening of this incident is still under way"):
            decided(CLOSES_ONLY)
        assert decided(CLOSES_ONLY, told(OPEN)) is SEND

    def test_a_closing_whose_opening_does_not_come_within_ten_minutes_is_sent(self):
        with pytest.raises(WaitError):
            decided(CLOSES_ONLY, age=timedelta(minutes=10, seconds=-1))
        assert decided(CLOSES_ONLY, age=timedelta(minutes=10)) is SEND

    def test_after_a_full_closing_there_is_nothing_to_close_and_nothing_to_wait_for(self):
        assert decided(CLOSES_ONLY, told(WROTE)) is DROP

    def test_whoever_was_not_told_of_the_opening_is_not_told_of_the_end(self):
        assert decided(CLOSES_ONLY, ChannelRecord(withheld=True)) is DROP


class TestContent:
    def test_what_was_written_since_the_first_closing_is_news(self):
        assert decided(WROTE, told(CLOSED)) is SEND
        assert decided(WROTE_MORE, told(CLOSED, WROTE)) is SEND

    def test_a_closing_without_content_is_no_news_after_one_with_it(self):
        assert decided(CLOSED, told(WROTE)) is DROP


class TestUpdates:
    def test_each_update_is_news(self):
        assert decided(SECOND, told(FIRST)) is SEND
        assert decided(THIRD, told(FIRST, SECOND)) is SEND

    def test_what_a_later_update_has_said_is_not_said_again(self):
        assert decided(FIRST, told(SECOND)) is DROP
        assert decided(SECOND, told(FIRST, THIRD)) is DROP


class TestMinimum:
    @check_each("minimum", list(Severity))
    @check_each("severity", list(Severity))
    def test_what_is_too_quiet_for_a_channel_is_not_sent_there(self, severity, minimum):
        expected = SEND if severity >= minimum else DROP
        for closed in (message("closed", severity=severity), message("closed", severity=severity, update=0)):
            assert decided(closed, minimum=minimum) is expected

    def test_a_quiet_opening_is_remembered_so_that_nobody_waits_for_it(self):
        assert decided(OPEN, minimum=Severity.HIGH) is WITHHOLD
        withheld = ChannelRecord(withheld=True)
        assert decided(CLOSED, withheld, minimum=Severity.HIGH) is DROP
        loud = message("closed", severity=Severity.HIGH, opened=True)
        assert decided(loud, withheld, minimum=Severity.HIGH) is SEND

    def test_a_quiet_end_is_told_where_the_beginning_was(self):
        quiet = message("closed", severity=Severity.INFO, opened=True)
        assert decided(quiet, told(OPEN), minimum=Severity.MEDIUM) is SEND
        with pytest.raises(WaitError):
            decided(quiet, minimum=Severity.MEDIUM)

    @check_each("minimum", [Severity.INFO, Severity.HIGH])
    def test_the_end_of_a_notice_waits_for_its_beginning_however_quiet_it_is(self, minimum):
        begun = message("open", severity=Severity.HIGH, update=0)
        ended = message("closed", severity=Severity.INFO, update=1, opened=True, closes_only=True)
        with pytest.raises(WaitError):
            decided(ended, minimum=minimum)
        assert decided(ended, told(begun), minimum=minimum) is SEND
        assert decided(ended, age=timedelta(minutes=10), minimum=minimum) is SEND
        assert decided(begun, told(ended), minimum=minimum) is DROP
        quiet = message("open", severity=Severity.INFO, update=0)
        assert decided(quiet, minimum=Severity.HIGH) is WITHHOLD
        assert decided(ended, ChannelRecord(withheld=True), minimum=minimum) is DROP
        # A louder update was shown after all.
        assert decided(ended, told(begun, withheld=True), minimum=minimum) is SEND

    def test_a_quiet_end_of_a_notice_is_sent_where_an_earlier_message_was(self):
        ended = message("closed", severity=Severity.INFO, update=1)
        assert decided(ended, told(FIRST), minimum=Severity.HIGH) is SEND
        assert decided(ended, minimum=Severity.HIGH) is DROP
        goes_on = message("open", severity=Severity.INFO, update=1)
        assert decided(goes_on, told(FIRST), minimum=Severity.HIGH) is DROP


messages = st.builds(
    lambda stage, content, severity, opened, closes_only: message(
        stage,
        content=content if stage == "closed" else "",
        severity=severity,
        opened=stage == "closed" and (opened or closes_only),
        closes_only=stage == "closed" and closes_only,
    ),
    st.sampled_from(["open", "closed"]),
    st.sampled_from(["", "aaaaaaaaaaaa"]),
    st.sampled_from([Severity.INFO, Severity.HIGH]),
    st.booleans(),
    st.booleans(),
) | st.builds(lambda number: message("open", update=number), st.integers(0, 3))


@given(deliveries=st.lists(messages, max_size=12), minimum=st.sampled_from([Severity.INFO, Severity.HIGH]))
def test_in_any_order_nothing_is_sent_twice_and_nothing_opens_after_its_end(deliveries, minimum):
    sent, before = [], ChannelRecord()
    for one in deliveries:
        try:
            decision = decided(one, before, minimum=minimum)
        except WaitError:
            continue
        if decision is SEND:
            sent.append(one)
            before = ChannelRecord(steps=before.steps | {one.step}, withheld=before.withheld)
        elif decision is WITHHOLD:
            before = ChannelRecord(steps=before.steps, withheld=True)
    assert len({one.step for one in sent}) == len(sent)
    updates = [one.update for one in sent if one.update is not None]
    assert updates == sorted(updates)
    stages = [one.stage for one in sent if one.update is None]
    assert Stage.OPEN not in stages[1:] or stages.index(Stage.OPEN) == 0
    for one in sent:
        assert one.severity >= minimum or one.opened
