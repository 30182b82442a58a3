"""Good rosters compile to what the core reads, and no text breaks the reader."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.model.contact import EMAIL, KEEP, PRIMARY_PARTS, Contact
from rollcall.model.roster import Roster, TagChoice, read_selector
from rollcall_config.document import ConfigError
from rollcall_config.json_schema import make_schemas
from rollcall_config.roster_compile import read_roster
from rollcall_config.roster_model import RosterFile
from tests.stacks.configs import CONTACTS

SCHEMA = jsonschema.Draft202012Validator(json.loads(make_schemas()["contacts.schema.json"]))
_TEXT = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="{}"),
    min_size=1,
    max_size=20,
)
_NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True)
_CONTACT = st.fixed_dictionaries(
    {
        "name": _TEXT,
        "title": _TEXT,
        "email": st.from_regex(EMAIL, fullmatch=True).filter(lambda text: len(text) <= 254),
        "phone": st.from_regex(r"[0-9()+-][0-9()+ -]{0,20}[0-9()+-]", fullmatch=True),
    }
)
_PHONE = st.from_regex(r"[+][0-9()-][0-9()+ -]{0,16}[0-9()-]", fullmatch=True).filter(
    lambda text: "+" not in text[1:]
)
_WORDS = st.sampled_from(["keep", "absent"])
_PRIMARY = st.fixed_dictionaries(
    {
        rule.member: (
            _PHONE
            if part == "phone"
            else st.sampled_from(["FR", "fr", "US"])
            if part == "country_code"
            else _TEXT
        )
        | st.just("keep")
        for part, rule in PRIMARY_PARTS.items()
        if rule.required or part == "state_or_region"
    },
    optional={
        rule.member: _TEXT | _WORDS
        for part, rule in PRIMARY_PARTS.items()
        if not rule.required and part != "state_or_region"
    },
)
_KIND = st.sampled_from(["security", "operations", "billing"])
_DAYS = st.dates(min_value=date(2000, 1, 1)).map(date.isoformat)
_IDS = st.integers(10**11, 10**12 - 1).map(str)
_PATHS = st.lists(st.text(alphabet="abAB01._", min_size=1, max_size=5), min_size=1, max_size=5).map("/".join)


def choices(names: list[str]) -> Any:
    """By the value of a tag."""
    key = {"tag": st.text(alphabet="aB:/ ", min_size=1, max_size=4)}
    return st.fixed_dictionaries(key, optional={"default": st.sampled_from(names)})


@st.composite
def rosters(draw: st.DrawFn) -> dict[str, Any]:
    names = [name for name in draw(_NAMES) if name != "absent"] or ["soc"]
    reviewed = st.fixed_dictionaries({}, optional={"review_by": _DAYS})
    primary = {f"{name}-primary": draw(_PRIMARY) | draw(reviewed) for name in names}
    alternate = st.dictionaries(_KIND, st.sampled_from([*names, "absent"]) | choices(names), min_size=1)
    of_form = sorted(primary)
    kinds: Any = alternate | st.builds(dict, primary=st.sampled_from(of_form) | choices(of_form))
    mode = st.sampled_from(["audit", "enforce"])
    # Overrides that share no account, no tag and no unit cannot disagree.
    accounts = draw(st.lists(_IDS, max_size=6, unique=True))
    tags = draw(st.lists(st.text(alphabet="abc:", min_size=1, max_size=4), max_size=2, unique=True))
    paths = draw(st.lists(_PATHS, max_size=3, unique=True))
    selectors: list[dict[str, Any]] = [{"ou": path} for path in paths]
    selectors += [{"tag": {key: draw(st.text(alphabet="xyz ", max_size=4))}} for key in tags]
    selectors += [{"accounts": [account]} for account in accounts[:3]]
    said: Any = kinds | st.builds(dict, mode=mode) | kinds.map(lambda named: named | {"mode": "audit"})
    limit = st.integers(0, 9999) | st.integers(0, 100).map("{}%".format)
    limits: Any = st.fixed_dictionaries({}, optional={"limits": st.builds(dict, max_changed_accounts=limit)})
    until = st.fixed_dictionaries({}, optional={"until": _DAYS})
    roster = {
        "version": 1,
        "mode": draw(mode),
        "contacts": {name: draw(_CONTACT) | draw(reviewed) for name in names} | primary,
        "defaults": draw(kinds),
        "overrides": [selector | draw(said) for selector in selectors],
        "exempt": [{"accounts": [account], "reason": draw(_TEXT)} | draw(until) for account in accounts[2:]],
        "authorised_changers": [f"arn:aws:iam::{account}:role/{draw(_NAMES)[0]}" for account in accounts],
    }
    return roster | draw(limits)


def read(text: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "contacts.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        return dict(read_roster(path, file="contacts.yaml").compiled)


def without_absent(kinds: dict[str, Any]) -> dict[str, Any]:
    """As the compiled document has it."""
    found = {
        kind.upper(): kinds[kind]
        for kind in ("security", "operations", "billing", "primary")
        if kind in kinds
    }
    return {
        kind: TagChoice(key=said["tag"], default=said.get("default"))
        if isinstance(said, dict)
        else None
        if said == "absent"
        else said
        for kind, said in found.items()
    }


def compiled_primary(contact: dict[str, str]) -> dict[str, str]:
    """As the compiled document has it."""
    given = {part: contact.get(rule.member, "keep") for part, rule in PRIMARY_PARTS.items()}
    given |= {} if given["country_code"] == "keep" else {"country_code": given["country_code"].upper()}
    return {part: KEEP if text == "keep" else text for part, text in given.items() if text != "absent"}


@given(roster=rosters())
@settings(max_examples=40, deadline=None)
def test_every_good_roster_compiles_to_what_the_core_reads_and_no_editor_marks_it(
    roster: dict[str, Any],
) -> None:
    SCHEMA.validate(roster)
    document = read(yaml.safe_dump(roster, allow_unicode=True))
    compiled = Roster.from_document(document)
    assert document["contacts"] == {
        name: (compiled_primary(contact) if "FullName" in contact else contact)
        | {"review_by": contact.get("review_by")}
        for name, contact in roster["contacts"].items()
    }
    # What is kept differs from nothing, and what is absent from everything.
    for name in (name for name, contact in roster["contacts"].items() if "FullName" in contact):
        found = Contact(**dict.fromkeys(PRIMARY_PARTS, "x"))
        kept = compiled.contacts[name].keep_from(found)
        assert [part for part in PRIMARY_PARTS if kept.get(part) == ""] == [
            part
            for part, rule in PRIMARY_PARTS.items()
            if roster["contacts"][name].get(rule.member) == "absent"
        ]
    assert compiled.mode == roster["mode"]
    assert compiled.defaults == without_absent(roster["defaults"])
    said = [(read_selector(one), without_absent(one), one.get("mode")) for one in roster["overrides"]]
    read_back = [(one.selector, one.kinds, one.mode) for one in compiled.overrides]
    assert len(said) == len(read_back)
    assert all(one in read_back for one in said)
    exempt = {account for one in roster["exempt"] for account in one["accounts"]}
    assert {account for one in compiled.exemptions for account in one.accounts} == exempt
    assert compiled.authorised_changers == set(roster["authorised_changers"])


@given(roster=rosters(), random=st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_anything_means_nothing(roster: dict[str, Any], random: Any) -> None:
    document = read(yaml.safe_dump(roster, allow_unicode=True))
    for key in ("overrides", "exempt", "authorised_changers"):
        random.shuffle(roster[key])
    roster["contacts"] = dict(random.sample(list(roster["contacts"].items()), len(roster["contacts"])))
    again = read(yaml.safe_dump(roster, allow_unicode=True, sort_keys=False))
    assert json.dumps(again) == json.dumps(document)


def faults(text: str) -> list[str]:
    try:
        read(text)
    except ConfigError as error:
        return [str(fault) for fault in error.problems] or ["an error without a fault"]
    return []


_LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(max_size=8))
_ANY = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(RosterFile.model_fields)), value=_ANY)
@settings(max_examples=80, deadline=None)
def test_data_of_any_shape_is_refused_in_words(key: str, value: Any) -> None:
    data = yaml.safe_load(CONTACTS) | {key: value}
    told = faults(yaml.safe_dump(data, allow_unicode=True))
    assert all(line.startswith("contacts.yaml:") for line in told)


@given(at=st.integers(min_value=0, max_value=len(CONTACTS)), junk=st.text(max_size=5))
@settings(max_examples=80, deadline=None)
def test_text_of_any_kind_is_refused_in_words(at: int, junk: str) -> None:
    told = faults(CONTACTS[:at] + junk + CONTACTS[at:])
    assert all(line.startswith("contacts.yaml:") for line in told)
