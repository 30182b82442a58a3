"""One alert of each kind, as people get it, in `golden/`: its text, and for chat and Slack one of each shape.

After an intended change of the words write the files anew, and read the difference before it is committed:

    ROLLCALL_GOLDEN=write .venv/bin/python -m pytest tests/functions/test_golden_alerts.py
"""

import json
import os
import re
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from rollcall.events.monitored import BY_NAME
from rollcall.events.signal import ARRIVAL, TAMPERING, Cause
from rollcall.notify.block_kit import render_block_kit
from rollcall.notify.notices import pick_variant
from rollcall.notify.notifier import read_event
from rollcall.notify.topics import render_chat, render_plain_text
from rollcall.notify.words import ARRANGED_WORDS, WORDS
from rollcall.outcomes.notice_kinds import NOTICES as NOTICE_WORDS
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.verdicts import Verdict
from tests.functions.block_kit_rules import assert_block_kit, assert_notification
from tests.functions.notice_samples import NOTICES
from tests.support.cases import check_each
from tests.support.golden_incidents import (
    DOCUMENTS,
    INCIDENTS,
)
from tests.support.samples import (
    LINKS,
    alert_leaks,
)

GOLDEN = Path(__file__).parent / "golden"


def as_text(message):
    alert = render_plain_text(message)
    return f"Subject: {alert.subject}\n\n{alert.text}"


def as_json(document):
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


#: Chat and Slack arrange the same words: these have every arrangement that there is.
SHAPES = (
    "created-set",
    "edited-audit",
    "edited-restored",
    "edited-right-by-now",
    "notice-bulk-edit-goes-on",
    "notice-paused",
    "notice-sweep-held",
    "notice-unpaused",
    "primary-restored",
    "monitored-CloseAccount",
)
#: Directory and ending of each way to show a message, what shows it, and which alerts are written down.
WAYS = {
    "text": ("txt", as_text, tuple(DOCUMENTS)),
    "chat": ("json", lambda message: as_json(render_chat(message)), SHAPES),
    "slack": ("json", lambda message: as_json(render_block_kit(message, quotes=message.opened)), SHAPES),
}
WRITTEN = [(way, name) for way, (_, _, names) in WAYS.items() for name in names]


@check_each(("way", "name"), WRITTEN)
def test_an_alert_reads_as_it_is_written_down(way, name):
    ending, shown, _ = WAYS[way]
    text = shown(read_event({"detail": DOCUMENTS[name]}, LINKS))
    path = GOLDEN / way / f"{name}.{ending}"
    if os.environ.get("ROLLCALL_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@check_each("name", DOCUMENTS)
def test_the_first_line_alone_tells_severity_status_and_account(name):
    document: Any = DOCUMENTS[name]
    account = document.get("account") or document.get("facts", {}).get("account")
    alert = render_plain_text(read_event({"detail": document}, LINKS))
    first, _, rest = alert.text.partition("\n")
    for line in (alert.subject, first):
        assert re.match(rf"\[{document['severity']}\] (Open|Resolved|Reported): \w", line)
        if account:
            named = f"{account['name']} ({account['id']})" if account.get("name") else account["id"]
            assert named in line
    assert re.search(r"^Status: (Open|Resolved|Reported)\b", rest, re.MULTILINE)


@check_each("name", DOCUMENTS)
def test_every_alert_is_one_that_slack_and_amazon_q_take(name):
    message = read_event({"detail": DOCUMENTS[name]}, LINKS)
    assert_notification(render_chat(message))
    for quotes in (True, False):
        assert_block_kit(render_block_kit(message, quotes=quotes))


@check_each("way", WAYS)
@check_each("name", DOCUMENTS)
def test_no_alert_shows_a_contact_in_full(name, way):
    _, shown, _ = WAYS[way]
    assert alert_leaks(shown(read_event({"detail": DOCUMENTS[name]}, LINKS))) == []


@pytest.mark.parametrize("way", WAYS)
def test_every_file_is_of_an_alert(way):
    _, _, names = WAYS[way]
    assert {path.stem for path in (GOLDEN / way).iterdir()} == set(names)


def test_every_arrangement_of_a_slack_message_is_written_down():
    def shape(name):
        blocks = render_block_kit(read_event({"detail": DOCUMENTS[name]}, LINKS), quotes=False)["blocks"]
        return tuple(kind for kind, _ in groupby(block["type"] for block in blocks))

    assert set(map(shape, SHAPES)) == set(map(shape, DOCUMENTS))


def test_every_notice_and_every_way_to_tell_it_is_there():
    assert {one.kind for one in NOTICES.values()} == set(NoticeKind)
    assert {pick_variant(one.kind, one.facts) for one in NOTICES.values()} == set(NOTICE_WORDS)


def test_every_cause_every_verdict_and_every_word_is_there():
    incidents = INCIDENTS.values()
    assert {one.signal.cause for one in incidents} == set(Cause)
    assert {outcome.verdict for one in incidents for outcome in one.outcomes} >= set(map(Verdict, WORDS))
    arranged = [one for one in incidents if one.signal.cause not in {*TAMPERING, Cause.MONITORED}]
    changed = {verdict for verdict, words in ARRANGED_WORDS.items() if words != WORDS[verdict]}
    assert {outcome.verdict for one in arranged for outcome in one.outcomes} >= changed
    assert {one.signal.cause for one in arranged} >= ARRIVAL
    names = {one.event.name for one in incidents}
    texts = {(watch.next_step, watch.severity) for watch in BY_NAME.values()}
    assert {(BY_NAME[name].next_step, BY_NAME[name].severity) for name in names if name in BY_NAME} == texts
