"""Notices: every kind can be told, a missing fact loses none, nobody's names can spoil one."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.model.errors import MalformedEventError
from rollcall.model.levels import Severity
from rollcall.notify.notifier import read_event
from rollcall.notify.plain_text import SUBJECT_LENGTH, render_plain_text
from rollcall.outcomes.notice_kinds import NOTICES as WORDS
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import build_notice_document
from tests.functions.notice_samples import NOTICES
from tests.support.samples import LINKS, NOW, leaks

HOSTILE = "Pay\u202ements\n\x1b[2J{plan} *bold* <!channel> `" + "x" * 3000


def message(notice):
    return read_event({"detail": build_notice_document(notice, at=NOW)}, LINKS)


def assert_sound(alert):
    assert 1 <= len(alert.subject) <= SUBJECT_LENGTH
    assert all(" " <= character <= "~" for character in alert.subject)
    assert all(line.isprintable() for line in alert.text.split("\n"))
    assert alert.incident_id in alert.text
    assert all(isinstance(value, str) and value for value in alert.attributes.values())
    assert len(alert.text.encode()) < 100_000
    assert leaks(alert.subject + alert.text) == []


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.parametrize("severity", list(Severity))
def test_every_notice_can_be_told_as_loud_as_its_publisher_says(name, severity):
    alert = render_plain_text(message(replace(NOTICES[name], severity=severity)))
    assert_sound(alert)
    assert alert.subject.startswith(f"[{severity.name}] ")
    assert alert.attributes["severity"] == severity.name
    assert alert.attributes["cause"] == NOTICES[name].kind
    assert "unknown" not in alert.text


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_is_told_whatever_fact_is_missing(name):
    notice = NOTICES[name]
    for missing in notice.facts:
        kept = {key: value for key, value in notice.facts.items() if key != missing}
        assert_sound(render_plain_text(message(replace(notice, facts=kept))))
        assert_sound(render_plain_text(message(replace(notice, facts=kept | {missing: None}))))
    assert_sound(render_plain_text(message(replace(notice, facts={}))))


@pytest.mark.parametrize(
    ("became", "said"),
    [
        ({"set": 5, "pending": 2}, "Rollcall puts the contacts back"),
        ({"set": 5, "denied": 2}, "Rollcall puts the contacts back"),
        ({"denied": 5}, "AWS refused all of it, and no contact was changed"),
        ({"set": 4, "would-set": 1}, "contacts are NOT put back"),
        ({"failed": 5}, "contacts are NOT put back, the outcome says why"),
        ({"exempt": 4, "unreadable": 1, "denied": 1}, "contacts are NOT put back, the outcome says why"),
        ({"set": 4, "blocked": 1}, "Rollcall puts contacts back, but not all"),
        ({"unrecorded-write": 5}, "Rollcall puts the contacts back"),
    ],
)
def test_a_bulk_says_first_whether_the_contacts_are_put_back(became, said):
    facts = dict(NOTICES["bulk-edit"].facts) | {"became": became}
    text = render_plain_text(message(replace(NOTICES["bulk-edit"], facts=facts))).text
    [over] = [line for line in text.splitlines() if line.startswith("  Over ")]
    assert said in over


@pytest.mark.parametrize("became", [{"denied": 5}, {"set": 4, "undone": 1, "denied": 3}])
def test_a_bulk_that_left_nothing_changed_is_over(became):
    facts = dict(NOTICES["bulk-edit-ended"].facts) | {"became": became}
    assert "Over       yes" in render_plain_text(message(replace(NOTICES["bulk-edit"], facts=facts))).text


@pytest.mark.parametrize("count", [None, 312])
def test_principals_that_are_not_listed_are_counted_as_far_as_that_is_known(count):
    facts = dict(NOTICES["bulk-edit-goes-on"].facts) | {"principals_count": count}
    text = render_plain_text(message(replace(NOTICES["bulk-edit"], facts=facts))).text
    assert ("and 307 more" in text) is (count is not None)
    assert "None" not in text


@pytest.mark.parametrize("name", NOTICES)
def test_no_fact_breaks_a_line_or_fills_a_template(name):
    notice = NOTICES[name]
    honest = render_plain_text(message(notice))
    for fact in notice.facts:
        if isinstance(notice.facts[fact], str):
            alert = render_plain_text(message(replace(notice, facts={**notice.facts, fact: HOSTILE})))
            assert_sound(alert)
            assert abs(alert.text.count("\n") - honest.text.count("\n")) <= 12
            assert "{plan}" in alert.text or r"\u{202e}" not in alert.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(NOTICES)), data=st.data())
def test_whatever_the_facts_are_a_notice_is_told_or_malformed(name, data):
    notice = NOTICES[name]
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(notice.facts)), json_values, max_size=4))
    try:
        alert = render_plain_text(message(replace(notice, facts=notice.facts | changed)))
    except MalformedEventError:
        return
    assert len(alert.subject) <= SUBJECT_LENGTH
    assert all(line.isprintable() for line in alert.text.split("\n"))


def test_a_follow_up_is_another_message_of_the_same_incident():
    first, later = message(NOTICES["bulk-edit"]), message(NOTICES["bulk-edit-goes-on"])
    assert first.incident_id == later.incident_id
    assert first.step < later.step


@pytest.mark.parametrize("key", WORDS)
def test_every_text_says_what_to_do_and_where_the_runbook_is(key):
    words = WORDS[key]
    assert words.headline
    assert all(words.next_steps)
    kind = key.partition("/")[0]
    # A digest leads to the section of what it sums up.
    assert words.runbook == ("contact-set-by-others" if kind == NoticeKind.CONTACTS_SET else kind)
    assert not words.waits or "Nothing." not in words.next_steps


def test_there_are_words_for_every_kind():
    assert {key.partition("/")[0] for key in WORDS} == set(NoticeKind)


MALFORMED = [
    {"version": 2},
    {"notice": "party"},
    {"notice": None},
    {"severity": "LOUD"},
    {"facts": None},
    {"facts": "text"},
    {"update": "x"},
]


@pytest.mark.parametrize("changes", MALFORMED, ids=json.dumps)
def test_what_is_no_notice_is_malformed(changes):
    document = build_notice_document(NOTICES["paused"], at=NOW) | changes
    with pytest.raises(MalformedEventError):
        read_event({"detail": document}, LINKS)
