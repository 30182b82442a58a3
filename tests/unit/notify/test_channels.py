"""A channel that is down delays nobody and loses nothing; what it tells of one incident is in order."""

import json
import re
from collections import Counter, defaultdict
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.adapters.slack import HttpAnswer
from rollcall.adapters.sns import ChatTopic, SnsTopic
from rollcall.model.errors import RetryableError
from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import make_notice
from tests.functions.notice_samples import NOTICES
from tests.support.channels import Broadcast, FakeSlack
from tests.support.memory import Crash
from tests.support.world import KINDS, MALLORY, MEMBER, PRODUCTION, api_values

HOUR = 3600
SECURITY = {"AlternateContactType": "SECURITY"}


def timed_out():
    raise RetryableError("no answer: TimeoutError")


OUTAGES = {
    "time-outs": timed_out,
    "500": lambda: HttpAnswer(status=500, headers={}, body=b"rollup_error"),
    "429": lambda: HttpAnswer(status=429, headers={"retry-after": "30"}, body=b""),
    "HTML": lambda: HttpAnswer(status=200, headers={}, body=b"<html>a moment, please</html>"),
    "revoked": lambda: HttpAnswer(status=200, headers={}, body=b'{"ok": false, "error": "token_revoked"}'),
}


def with_slack(slack, *, minimum=Severity.INFO, down=None, seconds=HOUR):
    """A world with Slack as a second channel, which for so long answers as `down` does."""
    world = Broadcast().settle()
    end = world.clock.now().timestamp() + seconds
    slack.mood = lambda: down() if down and world.clock.now().timestamp() < end else None
    world.subscribe("slack", slack.channel(), minimum)
    return world


def an_hour_of_edits(world):
    """Too few of each contact for a standoff. Every third waits for the ledger first, and is told as open."""
    for number in range(9):
        account_id, kind = (MEMBER, PRODUCTION)[number % 2], {"AlternateContactType": KINDS[number // 2 % 3]}
        if number % 3 == 0:
            world.ledger.refuse(times=1)
        if number % 4 == 1:
            world.member(account_id).delete_alternate_contact(**kind)
        else:
            world.member(account_id).put_alternate_contact(**kind, **MALLORY)
        world.run(until=400)
    return world.run()


def steps_of(posts):
    """What was posted of each incident, in order: whether the message says that it is over."""
    found = defaultdict(list)
    for post in posts:
        text = json.dumps(post, ensure_ascii=False)
        incident = re.findall(r"RC-[0-9a-f]{12}", text)[0]
        found[incident].append("closed" if "*Status:* Resolved" in text else "open")
    return found


def in_the_topic(world):
    found = defaultdict(list)
    for alert in world.alerts:
        found[alert.incident_id].append(str(alert.stage))
    return found


def assert_told_in_order(posts, world):
    told, posted = in_the_topic(world), steps_of(posts)
    assert set(posted) == set(told)
    for incident, steps in posted.items():
        assert steps in (["open", "closed"], ["closed"]), steps
        assert told[incident][-1] == "closed"


@pytest.mark.parametrize("outage", OUTAGES)
def test_slack_is_down_for_an_hour(outage):
    undisturbed = an_hour_of_edits(Broadcast().settle())
    slack = FakeSlack()
    world = an_hour_of_edits(with_slack(slack, down=OUTAGES[outage]))
    # Contacts are right at the very same moments, and the topic tells the very same.
    assert undisturbed.state.restored == world.state.restored
    assert [alert.text for alert in world.alerts] == [alert.text for alert in undisturbed.alerts]
    assert {"open", "closed"} == {str(alert.stage) for alert in world.alerts}
    # Nothing was posted while it was down, and afterwards everything once and in order.
    assert slack.tries > len(slack.posts)
    assert_told_in_order(slack.posts, world)
    assert not world.subscriptions["slack"].dead
    assert not world.dead
    assert world.contacts()["SECURITY"] == api_values("soc")


class FakeSns:
    """SNS that answers no call for `seconds`."""

    def __init__(self, clock, *, seconds):
        self.published, self.end, self.clock = [], clock.now().timestamp() + seconds, clock

    def publish(self, **message):
        if self.clock.now().timestamp() < self.end:
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "Publish")
        self.published.append(message)


@pytest.mark.parametrize("make", [SnsTopic, ChatTopic], ids=["mail", "Amazon Q"])
def test_a_topic_is_down_for_an_hour_and_all_incidents_come_later(make):
    """The topic of mails, and that of Slack and Teams by Amazon Q."""
    undisturbed = an_hour_of_edits(Broadcast().settle())
    world = Broadcast().settle()
    sns = FakeSns(world.clock, seconds=HOUR)
    world.subscribe("other", make(client=sns, topic_arn="arn:aws:sns:us-east-1:333333333333:other"))
    an_hour_of_edits(world)
    assert undisturbed.state.restored == world.state.restored
    assert not world.subscriptions["other"].dead
    told = {incident for one in sns.published for incident in re.findall(r"RC-[0-9a-f]{12}", one["Message"])}
    assert told >= set(in_the_topic(world))


def test_on_a_good_day_slack_hears_what_the_topic_hears_and_in_threads():
    slack = FakeSlack()
    world = an_hour_of_edits(with_slack(slack))
    assert steps_of(slack.posts) == in_the_topic(world)
    assert slack.tries == len(slack.posts)
    threads = [post["thread_ts"] for post in slack.posts if "thread_ts" in post]
    begun = {post["ts"] for post in slack.posts if "thread_ts" not in post}
    assert threads
    assert set(threads) <= begun


def test_slack_asks_to_wait_and_is_not_asked_before():
    slack = FakeSlack()
    world = with_slack(slack, down=OUTAGES["429"], seconds=25)
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.run()
    assert slack.tries == 2  # at once, and after the 30 seconds that it asked for
    assert len(slack.posts) == 1


def test_a_channel_that_is_down_for_days_keeps_its_messages_as_dead_letters():
    slack = FakeSlack()
    world = with_slack(slack, down=timed_out, seconds=100 * HOUR)
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.run()
    assert len(world.subscriptions["slack"].dead) == 1
    assert len(world.alerts) == 1


@pytest.mark.parametrize("step", ["slack.after", "alerted.sent"])
def test_a_crash_is_at_most_one_message_more(step):
    slack = FakeSlack()
    world = with_slack(slack)
    faults = slack.faults if step == "slack.after" else world.subscriptions["slack"].faults
    world.ledger.refuse(times=1)
    faults.plan(step, Crash())
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.run()
    (steps,) = steps_of(slack.posts).values()
    assert sorted(Counter(steps).items()) in (
        [("closed", 1), ("open", 1)],
        [("closed", 1), ("open", 2)],
        [("closed", 2), ("open", 1)],
    )
    assert steps[-1] == "closed"
    assert steps == sorted(steps, reverse=True)


def test_what_is_delivered_twice_is_told_once():
    slack = FakeSlack()
    world = with_slack(slack)
    world.ledger.refuse(times=1)
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    events = []
    listener = world.bus.listener
    world.bus.listener = lambda event: (events.append(event), listener(event))
    world.run()
    for event in [*events, *reversed(events)]:
        listener(event)
    world.run()
    (steps,) = steps_of(slack.posts).values()
    assert steps == ["open", "closed"]


@pytest.mark.parametrize("minimum", list(Severity))
def test_a_channel_hears_only_what_is_loud_enough_and_every_end_of_it(minimum):
    slack = FakeSlack()
    world = an_hour_of_edits(with_slack(slack, minimum=minimum))
    loud = {alert.incident_id for alert in world.alerts if Severity[alert.attributes["severity"]] >= minimum}
    posted = steps_of(slack.posts)
    assert set(posted) == loud
    assert all(steps[-1] == "closed" for steps in posted.values())
    assert not world.subscriptions["slack"].dead


def test_no_update_that_adds_lines_is_lost_and_all_are_in_one_thread():
    slack = FakeSlack()
    world = with_slack(slack, down=timed_out, seconds=100)
    for update in range(4):
        facts = dict(NOTICES["bulk-edit"].facts) | {"accounts_count": 5 + update}
        one = make_notice(NoticeKind.BULK_EDIT, key="k", facts=facts, update=update)
        world.bus.publish_notice(one, world.clock.now())
        world.run(until=60)
    world.run()
    counts = [int(re.findall(r"contacts of ([0-9]+) accounts", post["text"])[0]) for post in slack.posts]
    assert sorted(counts) == [5, 6, 7, 8]
    assert all("thread_ts" in post for post in slack.posts[1:])
    assert [alert.subject.split("contacts of ")[1][0] for alert in world.alerts] == ["5", "6", "7", "8"]


@pytest.fixture(scope="module")
def told():
    """The events of two incidents: one that is opened and closed, one that is closed at once."""
    world = Broadcast().settle()
    events: list[dict[str, Any]] = []
    world.bus.listener = events.append
    world.ledger.refuse(times=1)
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.run()
    world.member(PRODUCTION).delete_alternate_contact(**SECURITY)
    world.run()
    assert [event["detail"]["stage"] for event in events] == ["open", "closed", "closed"]
    return events


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(0, 2), min_size=3, max_size=9).filter(lambda order: set(order) == {0, 1, 2}),
    crashes=st.lists(st.sampled_from(["slack.after", "alerted.sent"]), max_size=3),
    outages=st.lists(st.booleans(), max_size=6),
)
def test_in_any_order_each_incident_is_told_and_at_most_once_more_for_each_crash(
    told, order, crashes, outages
):
    slack = FakeSlack()
    world = with_slack(slack)
    subscription = world.subscriptions["slack"]
    moods = iter(outages)
    slack.mood = lambda: OUTAGES["500"]() if next(moods, False) else None
    for step in crashes:
        (slack.faults if step == "slack.after" else subscription.faults).plan(step, Crash())
    for number in order:
        subscription.take(told[number])
    world.run()
    posted = steps_of(slack.posts)
    assert set(posted) == {event["detail"]["incident_id"] for event in told}
    for steps in posted.values():
        assert steps[-1] == "closed"
        # Who was killed between an end and its note may open once more, and end it again.
        assert crashes or steps == sorted(steps, reverse=True)
    extra = sum(len(steps) - len(set(steps)) for steps in posted.values())
    assert extra <= len(crashes)
    assert not subscription.dead
