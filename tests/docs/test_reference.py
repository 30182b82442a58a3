"""docs/reference is what the code gives, and its descriptions name all that there is."""

import re
from pathlib import Path
from typing import Any

import pytest

from rollcall.events.parse import READERS
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.verdicts import Verdict
from tests.support.cases import check_each
from tests.support.golden_incidents import DOCUMENTS as BUILT
from tools.descriptions import CAUSES, FIELDS, NOTICES, STATE, VERDICTS
from tools.reference import DIRECTORY, pages

ADAPTERS = Path(__file__).parents[2] / "lambdas" / "rollcall" / "adapters"
STORED = sorted(path.name for path in DIRECTORY.iterdir())
DOCUMENTS = {name: document for name, document in BUILT.items() if document}


@pytest.fixture(name="given", scope="module")
def given_by_the_code():
    return pages()


def test_every_page_is_generated(given):
    # tests/stacks/test_people_permissions.py holds that of permissions to what commands call.
    assert set(STORED) == {*given, "permissions.md"}


@pytest.mark.parametrize("name", [name for name in STORED if name != "permissions.md"])
def test_a_page_is_what_the_code_gives(name, given):
    assert (DIRECTORY / name).read_text(encoding="utf-8") == given[name], "run `make reference`"


def test_descriptions_name_every_verdict_notice_and_cause():
    assert set(VERDICTS) == set(Verdict)
    assert set(NOTICES) == set(NoticeKind)
    assert {cause for cause, _ in READERS.values()} <= set(CAUSES)


def test_the_configuration_page_has_sections_within_sections(given):
    page = given["configuration.md"]
    for key in ("alerts.addresses", "channels.slack.secret", "contacts.*.email", "overrides[].tag"):
        assert f"| `{key}` | " in page
    assert "| `sweep.schedule` | `rate(1 day)` | " in page
    assert not re.search(r"\|  \|", page)  # each key says what is allowed


def test_every_field_of_an_event_has_a_description_and_every_description_a_field():
    found: dict[str, Any] = {}
    for document in DOCUMENTS.values():
        outcomes = document.get("outcomes", [])
        for part in (document, document.get("actor") or {}, *outcomes):
            found |= part
    described = {name for fields in FIELDS.values() for name in fields}
    assert len(found) >= 30
    assert described - set(found) == {"parent_incident_id"}  # of outcomes that have no alert of their own
    assert set(found) - described == set()


@check_each("name", sorted(name for name, one in DOCUMENTS.items() if "facts" in one))
def test_every_fact_of_a_notice_is_described(name):
    notice = DOCUMENTS[name]
    assert set(notice["facts"]) <= set(re.findall(r"\w+", NOTICES[notice["notice"]]))


def test_every_kind_of_item_of_the_state_table_is_described():
    written = re.compile(r'(?:make_key\(f?|_PK: Final = |return f)"([a-z]+#?)["{]')
    texts = [path.read_text(encoding="utf-8") for path in ADAPTERS.rglob("*.py")]
    assert set(STATE) == {name for text in texts for name in written.findall(text)}
