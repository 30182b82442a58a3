"""Groups of alerts in the table: all of a change or nothing, and the memory of the tests answers alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.adapters.state.groups import GroupItems
from rollcall.grouping.model import MOST_ACCOUNTS, MOST_ALERTS, GroupKind, Watch
from rollcall.model.errors import RetryableError
from tests.support.group_samples import NAME, make_group, make_key, make_line, make_window
from tests.support.memory import Faults, MemoryState
from tests.support.moto_aws import TABLE
from tests.support.samples import NOW

KINDS = st.sampled_from((GroupKind.PRINCIPAL, GroupKind.REST))
keys = st.builds(lambda kind, id_: make_key(kind, id_=f"{kind}-{id_}"), KINDS, st.integers(1, 2))
versions = st.integers(0, 2)
lines = st.builds(
    lambda number, left, verdict: make_line(number, left=left, verdict=verdict),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from(("set", "would-set")),
)
windows = st.builds(
    lambda kind, version, recent: make_window(kind, version=version, recent=tuple(recent)),
    KINDS,
    versions,
    st.lists(lines, max_size=2),
)
groups = st.builds(
    lambda key, version, ended: make_group(key, version=version, ended=ended), keys, versions, st.booleans()
)
messages = st.sampled_from(("message-1", "message-2"))
watches = st.builds(
    lambda message, key, only: Watch(message_id=message, key=key, only=only), messages, keys, st.booleans()
)
alerts = st.sampled_from(("RC-1", "RC-2"))
unique_lines = st.lists(lines, max_size=2, unique_by=lambda line: line.incident_id)
OPERATIONS = st.one_of(
    st.tuples(st.just("load_known"), alerts, KINDS),
    st.tuples(
        st.just("save_windows"),
        st.lists(windows, max_size=2, unique_by=lambda one: one.kind),
        st.none() | alerts,
    ),
    st.tuples(st.just("open_group"), windows, groups, unique_lines),
    st.tuples(st.just("add_line"), keys, lines),
    st.tuples(st.just("load_group"), keys),
    st.tuples(st.just("save_group"), groups),
    st.tuples(st.just("mark_sent"), keys, unique_lines),
    st.tuples(st.just("schedule"), watches),
    st.tuples(st.just("find_scheduled"), messages),
    st.tuples(st.just("list_open")),
)


def perform(groups: Any, now: Any, name: str, *given: Any) -> object:  # noqa: PLR0911  # one case for each
    match name, given:
        case "load_known", (alert, kind):
            known = groups.load_known(alert, [(kind, NAME)], at=now)
            return known, [window.version for window in known.windows]
        case "save_windows", (some, admitted):
            return groups.save_windows(some, admitted=admitted, at=now) if some or admitted else None
        case "open_group", (window, group, some):
            return groups.open_group(window, group, some, at=now)
        case "add_line", (key, line):
            return groups.add_line(key, line, at=now)
        case "load_group", (key,):
            state = groups.load_group(key)
            by_id = [sorted(part, key=lambda line: line.incident_id) for part in (state.unsent, state.left)]
            return state.group, state.group and state.group.version, by_id
        case "mark_sent", (key, some):
            return groups.mark_sent(key, some, at=now)
        case (("save_group" | "schedule"), (one,)):
            return getattr(groups, name)(one, at=now)
        case "list_open", ():
            return sorted(key.id for key in groups.list_open())
        case _:
            return getattr(groups, name)(*given)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=st.lists(st.tuples(OPERATIONS, st.sampled_from((0, 1, 700))), min_size=1, max_size=25))
def test_the_groups_in_memory_are_those_in_the_table(dynamodb, table, operations):
    stored, kept, now = GroupItems(client=dynamodb, table=table()), MemoryState(Faults()), NOW
    for operation, seconds in operations:
        now += timedelta(seconds=seconds)
        assert perform(stored, now, *operation) == perform(kept, now, *operation), operation


def test_the_largest_group_is_opened_in_one_transaction(state, items):
    lines = [make_line(number) for number in range(MOST_ACCOUNTS)]
    window = make_window(group=make_key(), opened_at=NOW)
    assert state.open_group(window, make_group(), lines, at=NOW)
    found = state.load_group(make_key())
    assert {line.incident_id for line in found.unsent} == {line.incident_id for line in lines}
    assert state.load_known("RC-7", [(GroupKind.PRINCIPAL, NAME)], at=NOW).windows == [window]
    added = [item for (pk, _), item in items().items() if pk not in ("approval", "roster")]
    assert len(added) == 2 + 2 * MOST_ACCOUNTS
    assert {int(item["expires_at"]["N"]) for item in added} == {int(NOW.timestamp()) + 30 * 86_400}


@pytest.mark.parametrize(
    "principal", ["arn:aws:iam::222222222222:user/eve", "\ud800", "x" * 9000, "名前" * 900]
)
def test_a_line_holds_whatever_principal_an_event_names(state, principal):
    actor = {**make_line(1).actor, "principal": principal}
    state.add_line(make_key(), make_line(1, actor=actor), at=NOW)
    assert state.load_group(make_key()).unsent[0].principal == principal


def test_a_window_that_another_worker_stored_is_not_overwritten(state):
    old = make_window()
    assert state.save_windows([replace(old, recent=(make_line(1),))], admitted=None, at=NOW)
    assert not state.save_windows([replace(old, recent=(make_line(2),))], admitted="RC-2", at=NOW)
    known = state.load_known("RC-2", [(old.kind, old.name)], at=NOW)
    assert [line.incident_id for line in known.windows[0].recent] == ["RC-1"]
    assert not known.admitted


def test_as_many_alerts_leave_by_themselves_as_may_and_one_of_them_twice(state):
    for number in range(MOST_ALERTS):
        assert state.save_windows([], admitted=f"RC-{number}", at=NOW)
    assert not state.save_windows([], admitted="RC-one-too-many", at=NOW)
    assert state.save_windows([], admitted="RC-3", at=NOW)
    assert state.load_known("RC-3", [], at=NOW).admitted
    assert state.load_known("RC-one-too-many", [], at=NOW).full
    assert state.save_windows([], admitted="RC-one-too-many", at=NOW + timedelta(minutes=10))


def test_a_line_that_says_something_else_by_now_is_still_unsent(state):
    left = make_line(1, left=True, verdict="would-set")
    state.add_line(make_key(), left, at=NOW)
    state.add_line(make_key(), make_line(1), at=NOW)
    state.mark_sent(make_key(), [left], at=NOW)
    assert [line.verdict for line in state.load_group(make_key()).unsent] == ["set"]


def test_a_line_that_another_worker_changed_keeps_no_other_from_being_sent(state):
    sent = [make_line(1), make_line(2), make_line(3)]
    for line in (sent[0], replace(sent[1], verdict="would-set", left=True), sent[2]):
        state.add_line(make_key(), line, at=NOW)
    state.mark_sent(make_key(), sent, at=NOW)
    assert [line.verdict for line in state.load_group(make_key()).unsent] == ["would-set"]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("batch_get_item", lambda state: state.load_known("RC-1", [], at=NOW)),
        ("transact_write_items", lambda state: state.save_windows([make_window()], admitted=None, at=NOW)),
        ("transact_write_items", lambda state: state.add_line(make_key(), make_line(1), at=NOW)),
        ("put_item", lambda state: state.save_group(make_group(), at=NOW)),
        ("put_item", lambda state: state.schedule(Watch(message_id="m", key=make_key(), only=True), at=NOW)),
        ("query", lambda state: state.find_scheduled("m-1")),
        ("query", lambda state: state.list_open()),
    ],
)
def test_a_table_that_refuses_leaves_the_message_to_the_queue(state, dynamodb, monkeypatch, operation, call):
    def refuse(**_: object) -> None:
        error: Any = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "secret"}}
        raise ClientError(error, operation)

    monkeypatch.setattr(dynamodb, operation, refuse)
    with pytest.raises(RetryableError, match="ProvisionedThroughputExceededException") as raised:
        call(state)
    assert "secret" not in str(raised.value)


def test_a_line_at_which_another_worker_is_is_not_taken(state, dynamodb, monkeypatch):
    def cancel(**_: object) -> None:
        error: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
        }
        raise ClientError(error, "TransactWriteItems")

    for number in range(2):
        assert state.add_line(make_key(), make_line(number, left=bool(number)), at=NOW)
    monkeypatch.setattr(dynamodb, "transact_write_items", cancel)
    assert not state.add_line(make_key(), make_line(2), at=NOW)
    lines = state.load_group(make_key()).unsent
    state.mark_sent(make_key(), lines, at=NOW)
    assert state.load_group(make_key()).unsent == lines


def test_what_was_not_all_read_is_not_counted_in(state, dynamodb, monkeypatch):
    left: Any = {"Responses": {TABLE: []}, "UnprocessedKeys": {TABLE: {"Keys": [{"pk": {"S": "alerts"}}]}}}
    monkeypatch.setattr(dynamodb, "batch_get_item", lambda **_: left)
    with pytest.raises(RetryableError, match="too busy"):
        state.load_known("RC-1", [], at=NOW)
