"""The matcher agrees with EventBridge: its operators, its treatment of arrays, and what it refuses.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import pytest

from tests.stacks.patterns import matches
from tests.support.cases import check_each

#: Pattern and detail, both below "detail".
MATCHED = {
    "one of the values": ({"name": ["Put", "Delete"]}, {"name": "Delete"}),
    "one element of an array in the event": ({"name": ["Put"]}, {"name": ["Get", "Put"]}),
    "a value inside of an object": ({"user": {"type": ["Root"]}}, {"user": {"type": "Root"}}),
    "null": ({"reply": [None]}, {"reply": None}),
    "an empty text": ({"reply": [""]}, {"reply": ""}),
    "true": ({"read": [True]}, {"read": True}),
    "a number, however it is written": ({"count": [7]}, {"count": 7.0}),
    "prefix": ({"region": [{"prefix": "cn-"}]}, {"region": "cn-north-1"}),
    "prefix in any case": ({"region": [{"prefix": {"equals-ignore-case": "CN-"}}]}, {"region": "cn-north-1"}),
    "suffix": ({"host": [{"suffix": ".com"}]}, {"host": "amazonaws.com"}),
    "suffix in any case": ({"host": [{"suffix": {"equals-ignore-case": ".COM"}}]}, {"host": "amazonaws.com"}),
    "any case": ({"kind": [{"equals-ignore-case": "SECURITY"}]}, {"kind": "Security"}),
    "exists": ({"error": [{"exists": True}]}, {"error": "AccessDenied"}),
    "exists inside of an object": ({"user": {"arn": [{"exists": True}]}}, {"user": {"arn": "arn"}}),
    "null exists": ({"error": [{"exists": True}]}, {"error": None}),
    "exists not": ({"error": [{"exists": False}]}, {"name": "Put"}),
    "exists not, and neither does what it is in": ({"user": {"arn": [{"exists": False}]}}, {"name": "Put"}),
    "a value, or it exists not": ({"error": ["Throttled", {"exists": False}]}, {}),
    "anything but a text": ({"name": [{"anything-but": "Put"}]}, {"name": "Get"}),
    "anything but some texts": ({"name": [{"anything-but": ["Put", "Get"]}]}, {"name": "Delete"}),
    "anything but, or nothing where it would be": (
        {"user": {"arn": [{"anything-but": ["arn"]}, {"exists": False}]}},
        {"user": {"type": "Root"}},
    ),
    "anything but, or nothing that it would be in": (
        {"user": {"issuer": {"arn": [{"anything-but": ["arn"]}, {"exists": False}]}}},
        {"name": "Put"},
    ),
    "anything but a number": ({"count": [{"anything-but": [7]}]}, {"count": 8}),
    "anything but, and one element is": ({"name": [{"anything-but": ["Put"]}]}, {"name": ["Put", "Get"]}),
    "anything but a prefix": ({"name": [{"anything-but": {"prefix": "Put"}}]}, {"name": "OutPut"}),
    "wildcards": ({"arn": [{"wildcard": "arn:*:user/*"}]}, {"arn": "arn:aws:iam::1:user/mary"}),
    "an escaped wildcard": ({"arn": [{"wildcard": "a\\*"}]}, {"arn": "a*"}),
    "a wildcard over two lines": ({"text": [{"wildcard": "first*last"}]}, {"text": "first\nlast"}),
    "a range with its end": ({"count": [{"numeric": [">", 1, "<=", 9]}]}, {"count": 9}),
    "a number as another form of it": ({"count": [{"numeric": ["=", 1.5e3]}]}, {"count": 1500}),
    "an address in its block": ({"ip": [{"cidr": "192.0.2.0/25"}]}, {"ip": "192.0.2.100"}),
    "a v6 address in its block": ({"ip": [{"cidr": "2001:db8:1::/48"}]}, {"ip": "2001:db8:1::7"}),
    "one of two fields": ({"$or": [{"name": ["Put"]}, {"kind": ["BILLING"]}]}, {"kind": "BILLING"}),
    "one of two fields inside of an object": (
        {"user": {"$or": [{"type": ["Root"]}, {"arn": [{"prefix": "arn:"}]}]}},
        {"user": {"arn": "arn:aws"}},
    ),
    "both fields in one element": (
        {"tags": {"key": ["scope"], "value": ["pci"]}},
        {"tags": [{"key": "env", "value": "dev"}, {"key": "scope", "value": "pci"}]},
    ),
}

NOT_MATCHED = {
    "another value": ({"name": ["Put"]}, {"name": "Get"}),
    "null is more than nothing": ({"reply": [None]}, {}),
    "true is not 1": ({"read": [True]}, {"read": 1}),
    "a text is no number": ({"count": ["7"]}, {"count": 7}),
    "another prefix": ({"region": [{"prefix": "cn-"}]}, {"region": "us-east-1"}),
    "nothing begins with nothing": ({"region": [{"prefix": ""}]}, {}),
    "exists, and it is not there": ({"error": [{"exists": True}]}, {"name": "Put"}),
    "exists, and it is an object": ({"user": [{"exists": True}]}, {"user": {"type": "Root"}}),
    "exists not, and it is there": ({"error": [{"exists": False}]}, {"error": "Throttled"}),
    "anything but this text": ({"name": [{"anything-but": "Put"}]}, {"name": "Put"}),
    "anything but, and it is not there": ({"name": [{"anything-but": "Put"}]}, {}),
    "anything but, or nothing, and it is there": (
        {"user": {"arn": [{"anything-but": ["arn"]}, {"exists": False}]}},
        {"user": {"arn": "arn"}},
    ),
    "anything but this prefix": ({"name": [{"anything-but": {"prefix": "Put"}}]}, {"name": "PutName"}),
    "anything but these prefixes": (
        {"name": [{"anything-but": {"prefix": ["Put", "Get"]}}]},
        {"name": "GetX"},
    ),
    "anything but this suffix": ({"name": [{"anything-but": {"suffix": "Name"}}]}, {"name": "PutName"}),
    "anything but this in any case": (
        {"kind": [{"anything-but": {"equals-ignore-case": "BILLING"}}]},
        {"kind": "billing"},
    ),
    "anything but these in any case": (
        {"kind": [{"anything-but": {"equals-ignore-case": ["BILLING", "SECURITY"]}}]},
        {"kind": "security"},
    ),
    "anything but this wildcard": ({"arn": [{"anything-but": {"wildcard": "*/mary"}}]}, {"arn": "user/mary"}),
    "out of the range": ({"count": [{"numeric": ["<", 3]}]}, {"count": 4}),
    "a number as text": ({"count": [{"numeric": ["=", 3]}]}, {"count": "3"}),
    "neither of two fields": ({"$or": [{"name": ["Put"]}, {"kind": ["BILLING"]}]}, {"name": "Get"}),
    "one of two fields, and not the third": (
        {"read": [True], "$or": [{"name": ["Put"]}, {"kind": ["BILLING"]}]},
        {"read": False, "kind": "BILLING"},
    ),
    "two fields in different elements": (
        {"tags": {"key": ["scope"], "value": ["pci"]}},
        {"tags": [{"key": "scope", "value": "none"}, {"key": "env", "value": "pci"}]},
    ),
}

REFUSED = {
    "an operator that there is not": {"name": [{"contains": "Put"}]},
    "it beside a good value": {"name": ["Put", {"contains": "Put"}]},
    "a comparison that there is not": {"count": [{"numeric": ["<>", 3]}]},
    "a value without a list": {"name": "Put"},
    "an empty list": {"name": []},
    "an empty object": {"user": {}},
    "two wildcards in a row": {"arn": [{"wildcard": "role/**"}]},
    "a prefix that is a number": {"region": [{"prefix": 7}]},
    "exists in words": {"error": [{"exists": "no"}]},
    "two operators in one": {"name": [{"prefix": "Put", "suffix": "Name"}]},
}


@check_each("name", MATCHED)
def test_it_matches(name: str) -> None:
    pattern, detail = MATCHED[name]
    assert matches({"detail": pattern}, {"detail": detail})


@check_each("name", NOT_MATCHED)
def test_it_does_not_match(name: str) -> None:
    pattern, detail = NOT_MATCHED[name]
    assert not matches({"detail": pattern}, {"detail": detail})


@check_each("name", REFUSED)
def test_what_event_bridge_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        matches({"detail": REFUSED[name]}, {"detail": {}})
