"""What validates is what AWS takes, and no text breaks the reader."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError, create_model

from rollcall.roster import Roster
from stacks import values
from stacks.faults import ConfigError
from stacks.roster_source import read_roster
from stacks.validation import Strict
from tests.stacks.configs import CONTACTS

_MODEL = botocore.session.get_session().get_service_model("account")
#: Our type, and AWS's shape of the same value.
SHAPES = {
    "EmailAddress": values.Email,
    "Name": values.PersonName,
    "PhoneNumber": values.Phone,
    "Title": values.Title,
}

_ALMOST = st.one_of(
    st.text(max_size=70),
    st.text(alphabet="0123456789+-() \tx٣", max_size=30),  # the last one is a digit to Python, not to AWS
    st.from_regex(values.EMAIL, fullmatch=True),
    st.from_regex(values.PHONE, fullmatch=True),
    st.builds("{}@{}.{}".format, st.text(max_size=5), st.text(max_size=5), st.text(max_size=3)),
    st.text(alphabet="aé_'@.+ ", max_size=260),
    st.integers(min_value=0, max_value=300).map(lambda length: "a" * length),
)


def holder(annotation: Any) -> type[Strict]:
    return create_model("Holder", __base__=Strict, value=(annotation, ...))


HOLDERS = {shape: holder(annotation) for shape, annotation in SHAPES.items()}
ACCOUNT = holder(values.AccountId)


def validates(model: type[Strict], value: str) -> bool:
    try:
        model.model_validate({"value": value})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("shape", SHAPES)
@given(value=_ALMOST)
@settings(max_examples=300, deadline=None)
def test_a_value_validates_exactly_if_the_account_api_takes_it_as_it_is(shape: str, value: str) -> None:
    rule = _MODEL.shape_for(shape).metadata
    taken = rule["min"] <= len(value) <= rule["max"] and (
        "pattern" not in rule or re.fullmatch(rule["pattern"], value, re.ASCII) is not None
    )
    # Space around a value is ours to refuse: AWS trims some values and keeps others.
    assert validates(HOLDERS[shape], value) is (taken and value == value.strip())


@given(value=st.one_of(st.text(max_size=14), st.from_regex(r"[0-9]{11,13}", fullmatch=True)))
def test_an_account_id_that_validates_is_one_for_aws(value: str) -> None:
    pattern = _MODEL.shape_for("AccountId").metadata["pattern"]
    if validates(ACCOUNT, value):
        assert re.fullmatch(pattern, value, re.ASCII)


_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
_NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True)
_CONTACT = st.fixed_dictionaries(
    {
        "name": _TEXT,
        "title": _TEXT,
        "email": st.from_regex(values.EMAIL, fullmatch=True).filter(lambda text: len(text) <= 254),
        "phone": st.from_regex(r"[0-9()+-][0-9()+ -]{0,20}[0-9()+-]", fullmatch=True),
    }
)
_KIND = st.sampled_from(["security", "operations", "billing"])


@st.composite
def rosters(draw: st.DrawFn) -> dict[str, Any]:
    names = [name for name in draw(_NAMES) if name != "absent"] or ["soc"]
    kinds = st.dictionaries(_KIND, st.sampled_from(names), min_size=1)
    segment = st.text(alphabet="abAB01.-_", min_size=1, max_size=5)
    paths = st.lists(st.lists(segment, min_size=1, max_size=5).map("/".join), max_size=4, unique=True)
    accounts = st.lists(st.from_regex(r"[1-9][0-9]{11}", fullmatch=True), max_size=4, unique=True)
    return {
        "version": 1,
        "mode": draw(st.sampled_from(["audit", "enforce"])),
        "contacts": {name: draw(_CONTACT) for name in names},
        "defaults": draw(kinds),
        "overrides": [{"ou": path} | draw(kinds) for path in draw(paths)],
        "exempt": [{"accounts": [account], "reason": draw(_TEXT)} for account in draw(accounts)],
    }


def read(text: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "contacts.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        return read_roster(path, file="contacts.yaml")


@given(roster=rosters())
@settings(max_examples=60, deadline=None)
def test_every_good_roster_compiles_to_what_the_core_reads(roster: dict[str, Any]) -> None:
    document = read(yaml.safe_dump(roster, allow_unicode=True))
    compiled = Roster.from_document(document)
    assert document["contacts"] == roster["contacts"]
    assert compiled.mode == roster["mode"]
    assert {str(kind).lower(): name for kind, name in compiled.defaults.items()} == roster["defaults"]
    assert {"/".join(one.ou) for one in compiled.overrides} == {one["ou"] for one in roster["overrides"]}
    assert set(compiled.exempt) == {account for one in roster["exempt"] for account in one["accounts"]}


def faults(text: str) -> list[str]:
    try:
        read(text)
    except ConfigError as error:
        return [str(fault) for fault in error.faults] or ["an error without a fault"]
    return []


_LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(max_size=8))
_ANY = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from(["version", "mode", "contacts", "defaults", "overrides", "exempt"]), value=_ANY)
@settings(max_examples=150, deadline=None)
def test_data_of_any_shape_is_refused_in_words(key: str, value: Any) -> None:
    data = yaml.safe_load(CONTACTS) | {key: value}
    told = faults(yaml.safe_dump(data, allow_unicode=True))
    assert all(line.startswith("contacts.yaml:") for line in told)


@given(at=st.integers(min_value=0, max_value=len(CONTACTS)), junk=st.text(max_size=5))
@settings(max_examples=150, deadline=None)
def test_text_of_any_kind_is_refused_in_words(at: int, junk: str) -> None:
    told = faults(CONTACTS[:at] + junk + CONTACTS[at:])
    assert all(line.startswith("contacts.yaml:") for line in told)
