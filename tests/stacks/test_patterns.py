"""The matcher agrees with AWS's Event Ruler on what it knows, and refuses the rest."""

from __future__ import annotations

import pytest

from tests.stacks.patterns import matches


@pytest.mark.parametrize(
    ("pattern", "detail", "expected"),
    [
        pytest.param({"a": ["x"]}, {"a": "x"}, True, id="exact"),
        pytest.param({"a": ["x"]}, {"a": "y"}, False, id="exact, other value"),
        pytest.param({"a": ["x"]}, {"a": ["y", "x"]}, True, id="any element of an array"),
        pytest.param({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True, id="nested"),
        pytest.param({"a": {"b": ["x"]}}, {}, False, id="nested, parent absent"),
        pytest.param({"a": [None]}, {"a": None}, True, id="null"),
        pytest.param({"a": [None]}, {}, False, id="null is not absent"),
        pytest.param({"a": [True]}, {"a": 1}, False, id="true is not 1"),
        pytest.param({"a": [1]}, {"a": 1.0}, True, id="1 is 1.0"),
        pytest.param({"a": ["1"]}, {"a": 1}, False, id="text is no number"),
        pytest.param({"a": [{"prefix": "us-"}]}, {"a": "us-east-1"}, True, id="prefix"),
        pytest.param({"a": [{"prefix": "us-"}]}, {"a": "eu-west-1"}, False, id="prefix, other value"),
        pytest.param({"a": [{"prefix": ""}]}, {}, False, id="prefix, absent"),
        pytest.param({"a": [{"exists": True}]}, {"a": None}, True, id="null exists"),
        pytest.param({"a": [{"exists": True}]}, {}, False, id="exists, absent"),
        pytest.param({"a": [{"exists": True}]}, {"a": {"b": 1}}, False, id="exists, an object is no leaf"),
        pytest.param({"a": [{"exists": False}]}, {"a": 1}, False, id="exists false, present"),
        pytest.param({"p": {"a": [{"exists": False}]}}, {}, True, id="exists false, parent absent"),
        pytest.param({"a": ["x", {"exists": False}]}, {}, True, id="a value or absent"),
        pytest.param({"a": [{"anything-but": "x"}]}, {"a": "y"}, True, id="anything-but"),
        pytest.param({"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}, False, id="anything-but, listed"),
        pytest.param({"a": [{"anything-but": ["x"]}]}, {"a": ["x", "y"]}, True, id="anything-but, one other"),
        pytest.param({"a": [{"anything-but": "x"}]}, {}, False, id="anything-but, absent"),
        pytest.param({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True, id="$or"),
        pytest.param({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "q"}, False, id="$or, neither"),
        pytest.param(
            {"c": ["1"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"c": "2", "b": "y"}, False, id="$or, and"
        ),
        pytest.param(
            {"l": {"a": ["1"], "b": ["2"]}}, {"l": [{"a": "1"}, {"b": "2"}]}, False, id="not across elements"
        ),
        pytest.param(
            {"l": {"a": ["1"], "b": ["2"]}}, {"l": [{}, {"a": "1", "b": "2"}]}, True, id="one element"
        ),
    ],
)
def test_it_matches_as_event_ruler_does(pattern: dict, detail: dict, *, expected: bool) -> None:
    assert matches({"detail": pattern}, {"detail": detail}) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"a": "x"},
        {"a": []},
        {"a": {}},
        {"a": [{"bogus": "x"}]},
        {"a": ["x", {"bogus": "x"}]},
        {"a": [{"prefix": 1}]},
        {"a": [{"exists": "true"}]},
        {"a": [{"prefix": "x", "suffix": "y"}]},
    ],
)
def test_what_event_bridge_refuses_is_refused(pattern: dict) -> None:
    with pytest.raises(ValueError, match=r"."):
        matches({"detail": pattern}, {"detail": {"a": "x"}})
