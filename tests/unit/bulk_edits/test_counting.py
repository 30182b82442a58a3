"""Counting edits, pure: what order, delay and repetition do not change, and when people are told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.bulk_edits.counting import (
    accepts,
    change_verdict,
    count_edit,
    find_countable,
    find_end,
    is_due,
    join_edit,
    mark_alerted,
)
from rollcall.bulk_edits.detector import find_parent_incident, make_bulk_notice
from rollcall.bulk_edits.model import (
    PRINCIPALS,
    PRINCIPALS_NAMED,
    QUIET,
    UPDATE_EVERY,
    Bulk,
    By,
    EditWindow,
    GroupedIncident,
    get_threshold,
)
from rollcall.model.edit_limits import BulkLimits
from rollcall.outcomes.verdicts import Verdict
from tests.support.bulk_samples import LIMITS, NOBODY, START, counted_all, edit
from tests.support.samples import INCIDENT, OUTCOME, SIGNAL

if TYPE_CHECKING:
    from rollcall.outcomes.notices import Notice


def opened(accounts: int = 5) -> Bulk:
    bulk = counted_all([edit(number, number) for number in range(accounts)]).bulk
    assert bulk is not None
    return bulk


def notice_of(bulk: Bulk, *, by: By = By.ACTOR, last: bool = False) -> Notice:
    return make_bulk_notice(by, bulk, last=last, window=LIMITS.window)


def after(bulk: Bulk, seconds: float, *, last: bool = False) -> Bulk:
    return mark_alerted(bulk, START + timedelta(seconds=seconds), last=last)


@pytest.mark.parametrize("by", [By.ACTOR, By.ADDRESS, By.ORGANIZATION])
def test_the_number_makes_a_bulk_and_one_less_does_not(by):
    edits = [edit(number, number) for number in range(get_threshold(LIMITS, by))]
    nobody = replace(NOBODY, by=by)
    assert counted_all(edits[:-1], nobody).bulk is None
    bulk = counted_all(edits, nobody).bulk
    assert bulk is not None
    assert (bulk.accounts, sum(bulk.became.values())) == (len(edits), len(edits))


@given(
    numbers=st.lists(st.integers(0, 8), min_size=1, max_size=20),
    seconds=st.lists(st.integers(0, 600), min_size=20, max_size=20),
    random=st.randoms(use_true_random=False),
)
def test_order_and_repetition_change_no_number_of_accounts(numbers, seconds, random):
    edits = [edit(number, second) for number, second in zip(numbers, seconds, strict=False)]
    shuffled = [*edits, *edits]
    random.shuffle(shuffled)
    accounts = len(set(numbers))
    bulk = counted_all(shuffled).bulk
    if accounts < LIMITS.accounts:
        assert bulk is None
    else:
        assert bulk is not None
        assert bulk.accounts == accounts
        assert bulk.first_at >= min(one.at for one in edits)
        assert bulk.last_at == max(one.at for one in edits)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 90_000)), max_size=60))
def test_a_tally_never_holds_more_than_the_window_and_fits_an_item(happened):
    tally = NOBODY
    for number, second in happened:
        tally = counted_all([edit(number, second)], tally)
        assert len(tally.recent) <= LIMITS.accounts
        if tally.bulk is None:
            assert tally.recent[-1].at - tally.recent[0].at <= LIMITS.window
        assert len(json.dumps(tally.as_document())) < 10_000
        document = json.loads(json.dumps(tally.as_document()))
        assert EditWindow.from_document(document, by=tally.by, name=tally.name, version=1) == tally


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [(-600, True), (-601, False), (0, True), (4, True), (604, True), (605, False)],
)
def test_a_bulk_takes_what_happened_within_a_window_of_it(seconds, taken):
    assert accepts(opened(), edit(9, seconds), LIMITS) is taken


def test_what_comes_too_late_for_a_bulk_is_not_counted_and_leaves_it_alone():
    tally = replace(NOBODY, bulk=opened())
    assert count_edit(tally, edit(9, -700), START, LIMITS) == tally


def test_what_happens_long_after_a_bulk_begins_anew():
    tally = count_edit(replace(NOBODY, bulk=opened(), recent=(edit(1),)), edit(9, 700), START, LIMITS)
    assert tally.bulk is None
    assert [one.account_id for one in tally.recent] == [edit(9).account_id]


def test_the_latest_edit_of_an_account_is_the_one_that_counts():
    tally = counted_all([edit(1, 0), edit(1, 500), edit(1, 200)])
    assert [one.at for one in tally.recent] == [edit(1, 500).at]


def test_a_bulk_is_told_at_once_then_when_it_has_doubled_and_ten_minutes_have_gone():
    bulk = opened()
    assert is_due(bulk, START)
    bulk = after(bulk, 0)
    assert not is_due(bulk, START + UPDATE_EVERY)
    doubled = replace(bulk, accounts=10)
    assert not is_due(doubled, START + UPDATE_EVERY - timedelta(seconds=1))
    assert is_due(doubled, START + UPDATE_EVERY)


def test_the_last_message_comes_when_it_is_quiet_and_the_next_not_before_ten_minutes():
    assert find_end(None) is None
    assert find_end(opened()) is None  # the first was not told yet
    bulk = after(opened(), 0)
    assert find_end(bulk) == START + QUIET
    bulk = after(bulk, 180, last=True)
    assert find_end(bulk) is None
    again = join_edit(bulk, edit(9, 200), START + timedelta(seconds=200), known=())
    assert find_end(again) == START + timedelta(seconds=180) + UPDATE_EVERY


def test_what_became_of_an_edit_is_corrected():
    bulk = join_edit(opened(), edit(9, 5, "pending"), START, known=())
    assert bulk.became == {"set": 5, "pending": 1}
    assert change_verdict(bulk, before="pending", after="failed").became == {"set": 5, "failed": 1}


def test_messages_of_one_bulk_have_one_incident_id_and_counted_updates():
    bulk = opened()
    first, second = notice_of(bulk), notice_of(after(bulk, 0), last=True)
    grouped = GroupedIncident(incident_id="RC-1", by=By.ACTOR, name="mary", bulk=bulk.key, verdict="set")
    assert first.incident_id == second.incident_id == find_parent_incident(grouped)
    assert (first.update, second.update) == (0, 1)
    assert first.facts["quiet_since"] is None
    assert second.facts["quiet_since"] == "2026-10-05T09:00:04Z"


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 10), (600, 10), (601, 11), (3600, 60)])
def test_the_minutes_that_people_read_hold_all_edits(seconds, minutes):
    bulk = replace(opened(), first_at=START, last_at=START + timedelta(seconds=seconds))
    assert notice_of(bulk).facts["window_minutes"] == minutes


@pytest.mark.parametrize(
    ("by", "actor", "address"),
    [(By.ACTOR, True, True), (By.ADDRESS, False, True), (By.ORGANIZATION, False, False)],
)
def test_a_message_names_what_the_edits_have_in_common_and_nothing_else(by, actor, address):
    facts = notice_of(opened(), by=by).facts
    assert (facts["actor"] is not None, facts["source_ip"] is not None) == (actor, address)


def arn(account: int) -> str:
    return f"arn:aws:sts::{account:012}:assumed-role/OrganizationAccountAccessRole/mary"


def test_a_message_names_the_principals_with_most_edits_first():
    seen = [(0, 0), (1, 1), (1, 2), (2, 3), (3, 4), (4, 5), (2, 6), (2, 7)]
    bulk = counted_all([edit(account, second, principal=arn(account)) for account, second in seen]).bulk
    assert bulk is not None
    facts = notice_of(bulk).facts
    # Before it was a bulk only the latest edit of an account was known.
    edits = [(item["principal"], item["edits"]) for item in facts["principals"]]
    assert edits == [(arn(2), 3), (arn(0), 1), (arn(1), 1), (arn(3), 1), (arn(4), 1)]
    assert facts["principals_count"] == 5


def test_however_many_principals_there_are_a_message_names_some_and_counts_all():
    many = PRINCIPALS + 30
    twice = [edit(number, number + 500, principal=arn(number)) for number in range(many)]
    bulk = counted_all([*(edit(n, n, principal=arn(n)) for n in range(many)), *twice]).bulk
    assert bulk is not None
    facts = notice_of(bulk).facts
    assert len(bulk.principals) == PRINCIPALS
    assert len(facts["principals"]) == PRINCIPALS_NAMED
    assert (facts["principals_count"], facts["accounts_count"]) == (many, many)


def test_one_principal_in_all_accounts_is_one():
    bulk = counted_all([edit(number, number) for number in range(60)]).bulk
    assert bulk is not None
    assert bulk.principals == {SIGNAL.actor.principal: 60}
    assert bulk.principals_count == 1


@pytest.mark.parametrize("by", [By.ACTOR, By.ADDRESS, By.ORGANIZATION])
@given(accounts=st.integers(2, 39), more=st.integers(1, 10))
def test_the_numbers_that_are_set_are_those_that_count(by, accounts, more):
    limits = BulkLimits(accounts=accounts, organization_accounts=min(accounts + more, 40))
    edits = [edit(number, number) for number in range(get_threshold(limits, by))]
    nobody = replace(NOBODY, by=by)
    assert counted_all(edits[:-1], nobody, limits).bulk is None
    assert counted_all(edits, nobody, limits).bulk is not None


@pytest.mark.parametrize(("minutes", "bulk"), [(1, False), (2, False), (3, True), (60, True)])
def test_the_window_that_is_set_is_the_one_that_counts(minutes, bulk):
    edits = [edit(number, number * 40) for number in range(5)]
    limits = BulkLimits(window=timedelta(minutes=minutes))
    tally = counted_all(edits, NOBODY, limits)
    assert (tally.bulk is not None) is bulk
    if tally.bulk is not None:
        assert make_bulk_notice(By.ACTOR, tally.bulk, last=False, window=limits.window).facts[
            "window_minutes"
        ] == max(minutes, 3)


def test_our_own_role_counts_only_if_it_wrote_what_nobody_recorded():
    role = SIGNAL.actor.role_arn
    assert role is not None
    for verdict, mine, others in (
        (Verdict.SET, None, Verdict.SET),
        (Verdict.UNRECORDED_WRITE, Verdict.UNRECORDED_WRITE, Verdict.UNRECORDED_WRITE),
    ):
        edited = replace(INCIDENT, outcomes=(replace(OUTCOME, verdict=verdict),))
        assert find_countable(edited, writer_roles={role}, alerted=True) is mine
        assert find_countable(edited, writer_roles=set(), alerted=True) is others
