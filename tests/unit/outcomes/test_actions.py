"""What a receiver of alerts does: open an incident, update it, resolve it. By its id, and by nothing else."""

from __future__ import annotations

import pytest

from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import build_notice_document, make_notice
from simulation.errors import ApiError
from tests.support.cases import check_each
from tests.support.golden_incidents import DOCUMENTS
from tests.support.roster_worlds import tamper
from tests.support.samples import NOW
from tests.support.world import World


def told(world):
    return [(one["incident_id"], one["action"]) for one in world.bus.incidents]


def test_an_edit_that_is_restored_at_once_opens_an_incident():
    world = World().settle()
    tamper(world)
    world.drain()
    ((_, action),) = told(world)
    assert action == "open"


@pytest.mark.parametrize(("fails", "last"), [(False, "resolve"), (True, "update")])
def test_an_incident_that_was_opened_is_resolved_only_if_nothing_is_left(fails, last):
    world = World().settle()
    busy = ApiError("TooManyRequestsException", "Too many requests", 429)
    for _ in range(12):
        world.cloud.account.fail_next("GetAlternateContact", busy)
    tamper(world)
    if fails:
        world.cloud.account.fail_next("PutAlternateContact", ApiError("ValidationException", "invalid", 400))
    world.drain()
    (first, *_, end) = told(world)
    assert (first[1], end[1]) == ("open", last)
    assert first[0] == end[0]


@pytest.mark.parametrize(
    ("kind", "facts", "update", "action"),
    [
        (NoticeKind.PAUSED, {}, 0, "open"),
        (NoticeKind.PAUSED, {}, 2, "update"),
        (NoticeKind.PAUSED, {"stage": "reminded"}, 1, "update"),
        (NoticeKind.PAUSED, {"stage": "ended"}, 2, "resolve"),
        (NoticeKind.UNPAUSED, {}, 2, "resolve"),
        (NoticeKind.PLAN_ENDED, {}, 1, "resolve"),
        (NoticeKind.BULK_EDIT, {"ended": False}, 1, "update"),
        (NoticeKind.BULK_EDIT, {"ended": True, "left_count": 0}, 3, "resolve"),
        (NoticeKind.BULK_EDIT, {"ended": True, "left_count": 1}, 3, "update"),
    ],
)
def test_a_notice_is_resolved_when_its_incident_ends(kind, facts, update, action):
    notice = make_notice(kind, key="a", facts=facts, update=update)
    assert build_notice_document(notice, at=NOW)["action"] == action


def test_pause_and_its_end_are_one_incident():
    begun, ended = (make_notice(kind, key="a", facts={}) for kind in (NoticeKind.PAUSED, NoticeKind.UNPAUSED))
    assert begun.incident_id == ended.incident_id


@check_each("name", DOCUMENTS)
def test_a_title_is_one_line_that_names_nobody(name):
    document = DOCUMENTS[name]
    assert document is not None
    title = document["title"]
    assert title.isascii()
    assert title.isprintable()
    assert len(title) <= 256
    assert not {"@", '"', "\\"} & set(title)
    if "account" in document:
        assert title.startswith(f"{document['account']['id']} ")
