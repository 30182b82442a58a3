"""docs/operations.md: every alert and every alarm has its section, and every section what people look for."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from notify.compose import load_runbook
from rollcall.events.monitored import BY_NAME
from rollcall.notify.block_kit import render_block_kit
from rollcall.notify.notifier import read_event
from rollcall.notify.topics import render_chat, render_plain_text
from rollcall.notify.words import (
    ARRANGED_WORDS,
    AUTHORISED,
    CLOSED_OTHERWISE,
    CLOSING,
    WORDS,
    describe_monitored,
)
from rollcall.outcomes.notice_kinds import NOTICES as NOTICE_WORDS
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.severity import find_severity
from rollcall.outcomes.verdicts import Verdict
from stacks.asset import RUNBOOK, read_runbook, stage
from tests.functions.block_kit_rules import assert_block_kit, assert_notification
from tests.support.cases import check_each
from tests.support.golden_incidents import DOCUMENTS
from tests.support.rendering import HAPPENINGS, signal_of
from tests.support.samples import LINKS, MANAGEMENT

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
LABELS = ("Means", "Check", "Do", "Silence")


def slug(heading):
    """The anchor that GitHub, and most others, give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


SECTIONS = {
    slug(heading): text
    for heading, text in re.findall(r"^### ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", PAGE, re.DOTALL | re.MULTILINE)
}
ANCHORS = {slug(heading) for heading in re.findall(r"^#+ ([^\n]+)$", PAGE, re.MULTILINE)}
ALL_WORDS: list[Any] = [
    *WORDS.values(),
    *ARRANGED_WORDS.values(),
    *CLOSING.values(),
    CLOSED_OTHERWISE,
    AUTHORISED,
    *map(describe_monitored, BY_NAME),
    *NOTICE_WORDS.values(),
]
LINKED = {words.runbook for words in ALL_WORDS}


@check_each("anchor", sorted(LINKED))
def test_every_alert_has_its_section(anchor):
    assert anchor in SECTIONS


@check_each("anchor", sorted(SECTIONS))
def test_every_section_says_what_it_means_and_what_to_do(anchor):
    said = dict(re.findall(r"^\* \*\*(\w+):\*\* (\S.*)$", SECTIONS[anchor], re.MULTILINE))
    assert list(said) == [label for label in LABELS if label in said]
    assert {"Means", "Do"} <= set(said)
    assert all(len(text) >= 6 for text in said.values())


def test_no_section_is_about_an_alert_that_is_none():
    assert {anchor for anchor in SECTIONS if not anchor.startswith("alarm-")} == LINKED


def test_every_link_within_the_page_leads_somewhere():
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= ANCHORS


@check_each("name", DOCUMENTS)
def test_every_message_links_to_its_section(name):
    first = read_event({"detail": DOCUMENTS[name]}, LINKS).links[0]
    page, _, anchor = first.target.partition("#")
    assert (first.label, page) == ("Runbook", LINKS.runbook)
    assert anchor in SECTIONS


def test_every_cause_with_every_verdict_has_words_next_steps_and_a_section():
    for cause, event_name, authorised in HAPPENINGS:
        for verdict in Verdict:
            loud = find_severity(
                signal_of(cause, event_name),
                Outcome(verdict=verdict, reason="", authorised=authorised),
                management_account=MANAGEMENT,
            )
            if loud is None:
                continue
            words = ARRANGED_WORDS[str(verdict)]
            assert words.next_step
            assert words.did
            assert words.runbook in SECTIONS


@check_each("name", DOCUMENTS)
def test_without_an_address_every_message_quotes_its_section(name):
    links = replace(LINKS, runbook="docs/operations.md", sections=read_runbook())
    message = read_event({"detail": DOCUMENTS[name]}, links)
    anchor = message.links[0].target.partition("#")[2]
    said = re.findall(r"^\* \*\*(\w+):\*\*", SECTIONS[anchor], re.MULTILINE)
    assert message.sections[-1].title == "Runbook"
    assert [fact.label for fact in message.sections[-1].facts] == said
    text = render_plain_text(message).text
    for fact in message.sections[-1].facts:
        assert len(fact.value) < 450  # what Slack shows of a line
        assert f"\n{fact.label}: {fact.value}\n" in text
        assert not set("`*[") & set(fact.value)
    assert_block_kit(render_block_kit(message, quotes=True))
    assert_notification(render_chat(message))
    assert read_event({"detail": DOCUMENTS[name]}, LINKS).sections == message.sections[:-1]


def test_functions_get_the_sections_only_where_nobody_reads_them_on_the_web(tmp_path):
    quoted = stage(candidate={}, target=tmp_path / "quoted", runbook=True)
    assert load_runbook(quoted / RUNBOOK) == read_runbook()
    assert set(read_runbook()) == LINKED
    linked = stage(candidate={}, target=tmp_path / "linked")
    assert load_runbook(linked / RUNBOOK) == {}
