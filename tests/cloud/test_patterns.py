"""EventBridge's matching: what matches, what does not, and which patterns AWS refuses."""

import json

import pytest

from localcloud.events.operators import InvalidPatternError
from localcloud.events.patterns import compile_pattern

MATCHING = [
    ("a listed value", {"a": ["x", "y"]}, {"a": "y"}, True),
    ("another value", {"a": ["x"]}, {"a": "y"}, False),
    ("any element of an array", {"a": ["x"]}, {"a": ["y", "x"]}, True),
    ("an element of a nested array", {"a": ["x"]}, {"a": [["y"], ["x"]]}, True),
    ("a nested field", {"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
    ("a nested field of no object", {"a": {"b": ["x"]}}, {"a": "x"}, False),
    ("all fields", {"a": ["x"], "b": ["y"]}, {"a": "x", "b": "z"}, False),
    ("null", {"a": [None]}, {"a": None}, True),
    ("null is not absent", {"a": [None]}, {}, False),
    ("the empty string", {"a": [""]}, {"a": ""}, True),
    ("true", {"a": [True]}, {"a": True}, True),
    ("true is not 1", {"a": [True]}, {"a": 1}, False),
    ("a string is not a number", {"a": ["1"]}, {"a": 1}, False),
    ("1 is 1.0", {"a": [1]}, {"a": 1.0}, True),
    ("prefix", {"a": [{"prefix": "us-"}]}, {"a": "us-east-1"}, True),
    ("prefix of something else", {"a": [{"prefix": "us-"}]}, {"a": "eu-us-"}, False),
    ("the empty prefix of nothing", {"a": [{"prefix": ""}]}, {}, False),
    ("prefix of a number", {"a": [{"prefix": "1"}]}, {"a": 12}, False),
    ("prefix in any case", {"a": [{"prefix": {"equals-ignore-case": "US-"}}]}, {"a": "us-east-1"}, True),
    ("suffix", {"a": [{"suffix": ".co"}]}, {"a": "x.co"}, True),
    ("suffix in any case", {"a": [{"suffix": {"equals-ignore-case": ".CO"}}]}, {"a": "x.co"}, True),
    ("any case", {"a": [{"equals-ignore-case": "ABC"}]}, {"a": "abc"}, True),
    ("any case of more", {"a": [{"equals-ignore-case": "ABC"}]}, {"a": "abcd"}, False),
    ("exists", {"a": [{"exists": True}]}, {"a": 1}, True),
    ("exists, absent", {"a": [{"exists": True}]}, {"b": 1}, False),
    ("exists, null", {"a": [{"exists": True}]}, {"a": None}, True),
    ("exists looks at leaves only", {"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
    ("exists, nested", {"p": {"a": [{"exists": True}]}}, {"p": {"a": 1}}, True),
    ("exists not", {"a": [{"exists": False}]}, {"b": 1}, True),
    ("exists not, present", {"a": [{"exists": False}]}, {"a": 1}, False),
    ("exists not, without its parent", {"p": {"a": [{"exists": False}]}}, {"b": 1}, True),
    ("exists not, in one element", {"l": {"a": [{"exists": False}]}}, {"l": [{"a": 1}, {"b": 1}]}, False),
    ("exists not or a value", {"a": ["x", {"exists": False}]}, {}, True),
    ("anything but", {"a": [{"anything-but": "x"}]}, {"a": "y"}, True),
    ("anything but, that", {"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
    ("anything but a list", {"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}, False),
    ("anything but numbers", {"a": [{"anything-but": [1, 2.5]}]}, {"a": 2}, True),
    ("anything but, absent", {"a": [{"anything-but": "x"}]}, {}, False),
    ("anything but, one other element", {"a": [{"anything-but": ["x"]}]}, {"a": ["x", "y"]}, True),
    ("anything but a prefix", {"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
    ("anything but prefixes", {"a": [{"anything-but": {"prefix": ["x", "y"]}}]}, {"a": "yz"}, False),
    ("anything but a suffix", {"a": [{"anything-but": {"suffix": "x"}}]}, {"a": "xy"}, True),
    (
        "anything but any case",
        {"a": [{"anything-but": {"equals-ignore-case": ["X", "Y"]}}]},
        {"a": "y"},
        False,
    ),
    ("anything but a wildcard", {"a": [{"anything-but": {"wildcard": "*/x"}}]}, {"a": "lib/x"}, False),
    ("wildcard", {"a": [{"wildcard": "arn:*:role/*"}]}, {"a": "arn:aws:iam::1:role/x"}, True),
    ("wildcard of the whole", {"a": [{"wildcard": "a*b"}]}, {"a": "a-b-c"}, False),
    ("an escaped wildcard", {"a": [{"wildcard": "a\\*b"}]}, {"a": "axb"}, False),
    ("an escaped wildcard, itself", {"a": [{"wildcard": "a\\*b"}]}, {"a": "a*b"}, True),
    ("wildcard over lines", {"a": [{"wildcard": "a*b"}]}, {"a": "a\nb"}, True),
    ("a range", {"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}, True),
    ("outside of a range", {"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 0}, False),
    ("a number", {"a": [{"numeric": ["=", 3.0e2]}]}, {"a": 300}, True),
    ("a number in a string", {"a": [{"numeric": ["=", 5]}]}, {"a": "5"}, False),
    ("true is no number", {"a": [{"numeric": ["=", 1]}]}, {"a": True}, False),
    ("an address in a block", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.7"}, True),
    ("an address outside", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.1.7"}, False),
    ("no address", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "ten"}, False),
    ("a v6 address", {"a": [{"cidr": "2001:db8::/32"}]}, {"a": "2001:db8::1"}, True),
    ("or", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True),
    ("neither", {"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "y"}, False),
    ("or, and", {"c": ["1"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"c": "2", "b": "y"}, False),
    ("or, nested", {"p": {"$or": [{"a": ["x"]}, {"b": ["y"]}]}}, {"p": {"b": "y"}}, True),
    (
        "fields of different elements",
        {"l": {"a": ["1"], "b": ["2"]}},
        {"l": [{"a": "1", "b": "9"}, {"a": "8", "b": "2"}]},
        False,
    ),
    (
        "fields of one element",
        {"l": {"a": ["1"], "b": ["2"]}},
        {"l": [{"a": "3", "b": "4"}, {"a": "1", "b": "2"}]},
        True,
    ),
]

REFUSED = [
    ("an unknown operator", {"a": [{"bogus": "x"}]}),
    ("an unknown comparison", {"a": [{"numeric": ["!", 5]}]}),
    ("half a comparison", {"a": [{"numeric": ["=", 5, "<"]}]}),
    ("a range upside down", {"a": [{"numeric": [">", 5, "<", 1]}]}),
    ("a value outside of a list", {"a": "x"}),
    ("an empty list", {"a": []}),
    ("an empty object", {"a": {}}),
    ("an empty pattern", {}),
    ("a list in a list", {"a": [["x"]]}),
    ("consecutive wildcards", {"a": [{"wildcard": "a**b"}]}),
    ("an unknown escape", {"a": [{"wildcard": "a\\nb"}]}),
    ("prefix of a number", {"a": [{"prefix": 1}]}),
    ("exists as a string", {"a": [{"exists": "true"}]}),
    ("two operators in one", {"a": [{"prefix": "x", "suffix": "y"}]}),
    ("anything but strings and numbers", {"a": [{"anything-but": ["x", 1]}]}),
    ("anything but true", {"a": [{"anything-but": True}]}),
    ("anything but an operator of numbers", {"a": [{"anything-but": {"numeric": ["=", 1]}}]}),
    ("no block", {"a": [{"cidr": "10.0.0.0/99"}]}),
    ("one alternative", {"$or": [{"a": ["x"]}]}),
]


@pytest.mark.parametrize(("pattern", "detail", "matches"), [pytest.param(*c[1:], id=c[0]) for c in MATCHING])
def test_matching(pattern, detail, matches):
    assert compile_pattern(json.dumps({"detail": pattern}))({"detail": detail}) is matches


@pytest.mark.parametrize("pattern", [pytest.param(pattern, id=name) for name, pattern in REFUSED])
def test_refused_patterns(pattern):
    with pytest.raises(InvalidPatternError):
        compile_pattern(json.dumps(pattern))


def test_what_is_not_json_is_refused():
    with pytest.raises(InvalidPatternError):
        compile_pattern("{")
