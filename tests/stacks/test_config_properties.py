"""What validates is what AWS takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, ValidationError, create_model

from rollcall.model.contact import COUNTRIES_WITH_STATES, EMAIL, PHONE, PRIMARY_PARTS
from rollcall.model.display import is_unseen
from rollcall_config import contact_values, values
from rollcall_config.contact_values import COUNTRIES, PLACEHOLDERS, check_primary
from rollcall_config.validation import Strict
from simulation.account_api import AccountService
from simulation.caller import Caller
from simulation.clock import VirtualClock
from simulation.errors import ApiError
from simulation.seeds import make_example_organization
from tests.support.cases import check_each

_MODEL = botocore.session.get_session().get_service_model("account")
#: Our type, and AWS's shape of the same value.
SHAPES = {
    "EmailAddress": contact_values.Email,
    "Name": contact_values.PersonName,
    "PhoneNumber": contact_values.Phone,
    "Title": contact_values.Title,
}

_ALMOST = st.one_of(
    st.text(max_size=70),
    st.text(alphabet="0123456789+-() \tx٣", max_size=30),  # the last one is a digit to Python, not to AWS
    st.from_regex(EMAIL, fullmatch=True),
    st.from_regex(PHONE, fullmatch=True),
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


def taken_by_the_simulation(shape: str, value: str) -> bool:
    """Whether the simulation's Account API sets a contact with this value."""
    organization = make_example_organization(VirtualClock(datetime(2026, 10, 5, tzinfo=UTC)))
    hub = Caller(account_id="333333333333", arn="arn:aws:sts::333333333333:assumed-role/rollcall-reconcile/x")
    good = {"Name": "A", "Title": "B", "EmailAddress": "c@example.com", "PhoneNumber": "1"}
    request = {"AccountId": "222222222222", "AlternateContactType": "SECURITY"} | good | {shape: value}
    try:
        AccountService(organization).call("PutAlternateContact", request, hub)
    except ApiError as error:
        if error.code != "ValidationException":
            raise
        return False
    return True


@pytest.mark.parametrize("shape", SHAPES)
@given(value=_ALMOST)
@settings(max_examples=150, deadline=None)
def test_a_value_validates_exactly_if_the_account_api_takes_it_as_it_is(shape: str, value: str) -> None:
    rule = _MODEL.shape_for(shape).metadata
    taken = rule["min"] <= len(value) <= rule["max"] and (
        "pattern" not in rule or re.fullmatch(rule["pattern"], value, re.ASCII) is not None
    )
    assert taken_by_the_simulation(shape, value) is taken
    # Space around a value is ours to refuse: AWS trims some values and keeps others. So are braces, which
    # are for placeholders, and what cannot be seen.
    ours = value != value.strip() or "{" in value or "}" in value or is_unseen(value)
    assert validates(HOLDERS[shape], value) is (taken and not ours)


_MEMBERS: Any = _MODEL.shape_for("ContactInformation").members  # type: ignore[attr-defined]  # a structure
_PRIMARY = {
    part: holder(Annotated[str, AfterValidator(partial(check_primary, part))]) for part in PRIMARY_PARTS
}


@pytest.mark.parametrize("part", _PRIMARY)
@given(
    value=_ALMOST | st.text(alphabet="aADEdeUSfrFRxX", min_size=2, max_size=2) | st.just("+1 206-555-0100")
)
@settings(max_examples=100, deadline=None)
def test_a_part_of_a_primary_contact_validates_exactly_if_the_account_api_takes_it(
    part: str, value: str
) -> None:
    rule = _MEMBERS[PRIMARY_PARTS[part].member].metadata
    taken = rule["min"] <= len(value) <= rule["max"] and (
        "pattern" not in rule or re.fullmatch(rule["pattern"], value, re.ASCII) is not None
    )
    ours = value != value.strip() or "{" in value or "}" in value or is_unseen(value)
    if part == "country_code":
        ours = value.upper() not in COUNTRIES
    assert validates(_PRIMARY[part], value) is (taken and not ours)


@check_each("part", _PRIMARY)
def test_the_words_of_a_part(part: str) -> None:
    assert validates(_PRIMARY[part], "keep")
    assert validates(_PRIMARY[part], "absent") is not PRIMARY_PARTS[part].required


def test_the_countries_are_those_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert COUNTRIES_WITH_STATES < COUNTRIES
    assert COUNTRIES.isdisjoint({"UK", "EU", "XX", "SU"})


_FIXED = st.text(alphabet="ab1 +@.-é", max_size=45)


@pytest.mark.parametrize("shape", SHAPES)
@given(before=_FIXED, placeholder=st.sampled_from(sorted(PLACEHOLDERS)), after=_FIXED)
@settings(max_examples=100, deadline=None)
def test_a_value_with_a_placeholder_validates_if_some_account_fits_it(
    shape: str, before: str, placeholder: str, after: str
) -> None:
    smallest = {"{account_id}": "000000000000", "{account_name}": "0"}[placeholder]
    filled = f"{before}{smallest}{after}"
    fits = filled == filled.strip() and taken_by_the_simulation(shape, filled)
    assert validates(HOLDERS[shape], f"{before}{placeholder}{after}") is fits


@given(value=st.one_of(st.text(max_size=14), st.from_regex(r"[0-9]{11,13}", fullmatch=True)))
def test_an_account_id_that_validates_is_one_for_aws(value: str) -> None:
    pattern = _MODEL.shape_for("AccountId").metadata["pattern"]
    if validates(ACCOUNT, value):
        assert re.fullmatch(pattern, value, re.ASCII)
