"""Notices: every kind can be told, a missing fact loses none, nobody's names can spoil one."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.grouping.messages import make_group_notice
from rollcall.grouping.model import Sending
from rollcall.model.errors import MalformedEventError
from rollcall.model.levels import Severity
from rollcall.notify.message import fill_words, split_message
from rollcall.notify.notifier import read_event
from rollcall.notify.topics import SUBJECT_LENGTH, render_plain_text
from rollcall.outcomes.notice_kinds import NOTICES as WORDS
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import build_notice_document
from tests.functions.notice_samples import NOTICES
from tests.support.cases import check_each
from tests.support.group_samples import make_group, make_line
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


@check_each("name", NOTICES)
@check_each("severity", list(Severity))
def test_every_notice_can_be_told_as_loud_as_its_publisher_says(name, severity):
    alert = render_plain_text(message(replace(NOTICES[name], severity=severity)))
    assert_sound(alert)
    assert alert.subject.startswith(f"[{severity.name}] ")
    assert alert.attributes["severity"] == severity.name
    assert alert.attributes["cause"] == NOTICES[name].kind
    assert "unknown" not in alert.text


@check_each("name", NOTICES)
def test_a_notice_is_told_whatever_fact_is_missing(name):
    notice = NOTICES[name]
    for missing in notice.facts:
        kept = {key: value for key, value in notice.facts.items() if key != missing}
        assert_sound(render_plain_text(message(replace(notice, facts=kept))))
        assert_sound(render_plain_text(message(replace(notice, facts=kept | {missing: None}))))
    assert_sound(render_plain_text(message(replace(notice, facts={}))))


def find_status(text: str) -> str:
    [status] = [line for line in text.splitlines() if line.startswith("Status: ")]
    return status.removeprefix("Status: ")


def test_bulk_edits_say_first_whether_contacts_are_left_changed():
    begun = render_plain_text(message(NOTICES["bulk-edit"]))
    assert find_status(begun.text) == "Open: none left changed"
    assert begun.subject.endswith("none left changed")
    goes_on = render_plain_text(message(NOTICES["bulk-edit-goes-on"])).text
    assert find_status(goes_on) == "Open: 1 left changed (exempt)"
    assert "Account 13 (000000000013) SECURITY" in goes_on


MIXED = "Open: 1 left changed, 1 more (exempt)"


def test_no_all_clear_is_given_while_a_contact_is_left_changed():
    assert find_status(render_plain_text(message(NOTICES["bulk-edit-ended"])).text) == "Resolved"
    assert find_status(render_plain_text(message(NOTICES["many-alerts"])).text) == MIXED
    left = message(NOTICES["bulk-edit-ended-not-right"])
    assert find_status(render_plain_text(left).text) == MIXED
    assert left.severity is Severity.HIGH
    assert message(NOTICES["bulk-edit-ended"]).severity is Severity.INFO
    alone = message(NOTICES["bulk-edit-ended-left-alone"])
    assert find_status(render_plain_text(alone).text) == "Resolved"
    assert "2 contacts left changed (exempt, not active)" in alone.headline
    assert alone.severity is Severity.INFO


def test_of_one_account_people_read_the_singular():
    notice = NOTICES["contacts-set"]
    one = message(replace(notice, facts={**notice.facts, "accounts_count": 1}))
    assert "contacts of 1 account set to" in one.headline
    many = message(replace(notice, facts={**notice.facts, "accounts_count": 11}))
    assert "contacts of 11 accounts set to" in many.headline
    assert fill_words("{who}: {n} edits", {"who": "role/1 accounts", "n": 1}) == "role/1 accounts: 1 edit"
    assert fill_words("{n} more alerts", {"n": 1}) == "1 more alert"


@pytest.mark.parametrize(("people", "named"), [(199, []), (200, ["principals_count"])])
def test_a_group_that_remembers_as_many_names_as_it_can_says_that_there_may_be_more(people, named):
    group = make_group()
    for number in range(people):
        actor = make_line(number).actor
        group = group.count(make_line(number, actor={**actor, "principal": f"role/{number}"}))
    facts = make_group_notice(group, [], []).facts
    assert (facts["principals_count"], facts["at_least"]) == (people, named)
    everywhere = replace(group, accounts=tuple(f"{number:012d}" for number in range(5000)))
    assert {"accounts_count", "restored_count"} <= set(
        make_group_notice(everywhere, [], []).facts["at_least"]
    )


def test_what_a_group_could_not_remember_is_not_hidden():
    least = ["accounts_count", "principals_count", "programs"]
    facts = {**NOTICES["bulk-edit-from-one-address"].facts, "accounts_count": 5000, "principals_count": 200}
    notice = replace(NOTICES["bulk-edit-from-one-address"], facts={**facts, "at_least": least})
    text = " ".join(render_plain_text(message(notice)).text.split())
    assert "contacts of at least 5000 accounts" in text
    assert "Who: at least 200 principals, see below" in text
    assert "- and at least 19" in text
    assert "and maybe others" in text
    assert build_notice_document(notice, at=NOW)["title"].startswith("Rollcall: bulk edit, at least 5000 acc")
    exact = render_plain_text(message(replace(notice, facts={**facts, "at_least": []}))).text
    assert "at least" not in exact
    assert "maybe" not in exact


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("bulk-edit-goes-on", "Rollcall: bulk edit, 12 accounts, 1 left by decision"),
        ("repeated-edits", "Rollcall: repeated edits, 222222222222 SECURITY"),
        ("sweep-failed", "Rollcall: sweep failed"),
        ("sweep-held", "Rollcall: plan pending approval"),
        ("roster-approved", "Rollcall: roster approved"),
        ("roster-approved-drift", "Rollcall: deletes approved"),
    ],
)
def test_a_title_for_programs_says_where_and_names_nobody(name, title):
    assert build_notice_document(NOTICES[name], at=NOW)["title"] == title


def test_each_line_names_account_contact_principal_and_result():
    text = render_plain_text(message(NOTICES["bulk-edit-goes-on"])).text
    for line in NOTICES["bulk-edit-goes-on"].facts["lines"]:
        whose = f"{line['account']['name']} ({line['account']['id']}) {line['kinds'][0]} {line['done']}"
        [found] = [one for one in text.splitlines() if whose in one]
        assert line["principal"] in found
        assert "restored" in found
    assert "BILLING deleted" in text


def test_a_message_of_many_lines_goes_on_in_parts_and_loses_none():
    lines = [make_line(number, number) for number in range(1, 101)]
    sending = Sending(lines={}, until=NOW)
    whole = message(make_group_notice(make_group().take(lines, sending), lines, []))
    parts = split_message(whole, 2000)
    assert len(parts) > 5
    assert [item for part in parts for section in part.sections for item in section.items] == [
        item for section in whole.sections for item in section.items
    ]
    assert all(sum(len(item) for one in part.sections for item in one.items) <= 2000 for part in parts)
    assert [bool(part.next_steps) for part in parts] == [True] + [False] * (len(parts) - 1)
    assert "(2 of " in parts[1].headline


@check_each("name", NOTICES)
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


@check_each("key", WORDS)
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


def test_a_contact_that_was_wrong_for_no_time_says_nothing_of_it():
    notice = NOTICES["repeated-edits"]
    assert "\nWrong for: " in render_plain_text(message(notice)).text
    right = replace(notice, facts={**notice.facts, "wrong_seconds": 0})
    assert "Wrong for" not in render_plain_text(message(right)).text
