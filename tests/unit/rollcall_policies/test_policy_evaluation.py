"""The evaluator of policies against the IAM user guide's rules, one table row each."""

from dataclasses import replace
from typing import Any

import pytest

from rollcall_policies import Access, AccessRequest, decide
from tests.support.cases import check_each

ROLE = "arn:aws:iam::222222222222:role/Dev"
STANDALONE = "arn:aws:account::222222222222:account"
CENTRAL = "arn:aws:account::111111111111:account/o-exampleorgid/222222222222"
CONTEXT = {
    "aws:PrincipalArn": [ROLE],
    "account:AlternateContactTypes": ["SECURITY", "BILLING"],
    "account:AccountResourceOrgPaths": ["o-x/r-y/ou-z/ou-w/"],
    "aws:Empty": [],
}
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def answer(
    *statements,
    action="account:PutAlternateContact",
    resource=STANDALONE,
    context=CONTEXT,
    principal=None,
    complete=True,
):
    request = AccessRequest(
        action=action, resource=resource, context=context, principal=principal, complete=complete
    )
    return decide([{"Version": "2012-10-17", "Statement": list(statements)}], request)


def access(*statements, **request):
    return answer(*statements, **request).access


def deny(**elements):
    return {"Effect": "Deny", "Action": "account:*", "Resource": "*"} | elements


def holds(condition):
    return access(deny(Condition=condition)) is Access.DENIED


def test_deny_wins_wherever_it_stands_and_silence_is_neither():
    assert access(ALLOW) is Access.ALLOWED
    assert access(ALLOW, deny()) is access(deny(), ALLOW) is Access.DENIED
    request = AccessRequest(action="account:X", resource="*", context={})
    documents = [{"Statement": ALLOW}, {"Statement": deny()}]
    assert decide(documents, request).access is decide(documents[::-1], request).access is Access.DENIED
    assert access(deny(Action="iam:*")) is access() is Access.NOT_ALLOWED
    assert decide([], request).access is Access.NOT_ALLOWED


def test_the_deciding_statement_is_named():
    assert answer(ALLOW, deny(Sid="Guard")).statement["Sid"] == "Guard"
    assert answer(ALLOW | {"Sid": "All"}).statement["Sid"] == "All"
    assert answer(deny(Action="iam:*")).statement is None


@check_each(
    ("elements", "denied"),
    [
        ({"Action": "account:PutAlternateContact"}, True),
        ({"Action": "ACCOUNT:putalternatecontact"}, True),
        ({"Action": ["iam:*", "account:Put*"]}, True),
        ({"Action": "account:?utAlternateContact"}, True),
        ({"Action": "account:Put"}, False),
        ({"Action": "account:[P]utAlternateContact"}, False),
        ({"Resource": STANDALONE}, True),
        ({"Resource": "arn:aws:account::*:account"}, True),
        ({"Resource": "arn:aws:account::*:account/*"}, False),
        ({"Resource": "arn:aws:account::2*"}, True),  # other than in ArnLike a last * reaches over colons
        ({"Resource": [CENTRAL, "arn:aws:account::2*:account"]}, True),
        ({"Resource": "arn:aws:account::222222222222:ACCOUNT"}, False),
    ],
)
def test_action_and_resource_match_by_wildcards(elements, denied):
    assert (access(deny(**elements)) is Access.DENIED) == denied


@pytest.mark.parametrize(
    ("elements", "denied"),
    [
        ({"NotAction": "account:Get*"}, True),
        ({"NotAction": ["iam:*", "account:Put*"]}, False),
        ({"NotResource": "arn:aws:account::1*"}, True),
        ({"NotResource": ["arn:aws:s3:::*", STANDALONE]}, False),
        ({"NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}, True),
    ],
)
def test_the_opposites_match_everything_else(elements, denied):
    statement = {key: value for key, value in deny(**elements).items() if f"Not{key}" not in elements}
    assert (access(statement) is Access.DENIED) == denied


def test_a_pattern_for_one_mode_leaves_the_other_alone():
    standalone = deny(Resource="arn:aws:account::*:account")
    assert access(standalone, resource=STANDALONE) is Access.DENIED
    assert access(standalone, resource=CENTRAL) is Access.NOT_ALLOWED
    assert access(deny(Resource="arn:aws:account::*:account/o-*"), resource=CENTRAL) is Access.DENIED


@check_each(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "aws:PrincipalArn", ROLE, True),
        ("StringEquals", "AWS:principalARN", ROLE, True),
        ("StringEquals", "aws:PrincipalArn", ["x", ROLE], True),
        ("StringEquals", "aws:PrincipalArn", ROLE.upper(), False),
        ("StringEquals", "aws:PrincipalArn", "arn:*", False),
        ("StringEqualsIgnoreCase", "aws:PrincipalArn", ROLE.upper(), True),
        ("StringNotEqualsIgnoreCase", "aws:PrincipalArn", ROLE.upper(), False),
        ("StringLike", "aws:PrincipalArn", "arn:*:role/?ev", True),
        ("StringNotEquals", "aws:PrincipalArn", ROLE, False),
        ("StringNotEquals", "aws:PrincipalArn", ["x", ROLE], False),
        ("StringNotEquals", "aws:PrincipalArn", ["x", "y"], True),
        ("StringNotLike", "aws:PrincipalArn", "*role/Dev", False),
        ("StringNotLike", "aws:PrincipalArn", "*role/Ops", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*:role/Dev", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*role/Dev", False),
        ("ArnLike", "aws:PrincipalArn", "*", False),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/D*", True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/break-glass*", True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Dev", False),
        ("ArnNotEquals", "aws:PrincipalArn", ROLE, False),
        ("Null", "aws:PrincipalArn", "false", True),
        ("Null", "aws:PrincipalArn", "true", False),
        ("Null", "aws:Empty", "true", True),
        ("Null", "aws:Empty", False, False),
        ("StringEquals", "aws:Empty", "x", False),
        ("StringNotEquals", "aws:Empty", "x", True),
        ("StringEqualsIfExists", "aws:Empty", "x", True),
        ("StringEqualsIfExists", "aws:PrincipalArn", "x", False),
        ("ForAnyValue:StringEquals", "account:AlternateContactTypes", ["SECURITY"], True),
        ("ForAnyValue:StringEquals", "account:AlternateContactTypes", ["OPERATIONS"], False),
        ("ForAllValues:StringEquals", "account:AlternateContactTypes", ["SECURITY"], False),
        ("ForAllValues:StringEquals", "account:AlternateContactTypes", ["BILLING", "SECURITY"], True),
        ("ForAnyValue:StringNotEquals", "account:AlternateContactTypes", ["SECURITY"], True),
        ("ForAllValues:StringNotEquals", "account:AlternateContactTypes", ["SECURITY"], False),
        ("ForAnyValue:StringLike", "account:AccountResourceOrgPaths", ["o-x/r-y/ou-z/*"], True),
        ("ForAnyValue:StringLike", "account:AccountResourceOrgPaths", ["o-x/r-y/ou-q/*"], False),
        ("ForAnyValue:StringEquals", "aws:Empty", ["x"], False),
        ("ForAnyValue:StringNotEquals", "aws:Empty", ["x"], False),
        ("ForAllValues:StringEquals", "aws:Empty", ["x"], True),
        ("ForAnyValue:StringEqualsIfExists", "aws:Empty", ["x"], True),
    ],
)
def test_conditions(operator, key, wanted, expected):
    assert holds({operator: {key: wanted}}) is expected


def test_booleans_compare_without_case():
    context = {"aws:MultiFactorAuthPresent": ["true"]}
    statement = deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": True}})
    assert access(statement, context=context) is Access.DENIED
    assert access(statement, context={"aws:MultiFactorAuthPresent": ["False"]}) is Access.NOT_ALLOWED


def test_all_conditions_of_a_statement_must_hold():
    good, bad = {"aws:PrincipalArn": ROLE}, {"aws:PrincipalArn": "x"}
    assert holds({"StringEquals": good, "ArnLike": good})
    assert not holds({"StringEquals": good, "ArnLike": bad})
    assert not holds({"StringEquals": good | {"account:AlternateContactTypes": "OPERATIONS"}})


@pytest.mark.parametrize(
    "operator",
    ["BinaryEquals", "BoolNot", "StringMatches", "ForNoValue:StringLike"],
)
def test_an_operator_that_is_not_modelled_is_unknown(operator):
    statement = deny(Condition={operator: {"aws:PrincipalArn": "x"}})
    unknown = answer(ALLOW, statement)
    assert (unknown.access, unknown.statement) == (Access.UNKNOWN, statement)
    assert unknown.reason == f"condition operator {operator}"


@check_each(
    ("operator", "wanted", "value", "expected"),
    [
        ("NumericEquals", "12", "12.0", True),
        ("NumericLessThan", 1.2, "1.3", False),
        ("NumericLessThanEquals", "1.3", "1.3", True),
        ("NumericGreaterThan", "100", "99", False),
        ("NumericNotEquals", "5", "6", True),
        ("NumericLessThan", "5", "many", None),
        ("DateLessThan", "2026-12-01T00:00:00Z", "2026-11-30T23:59:59Z", True),
        ("DateGreaterThan", "2026-12-01", "1764547200", False),
        ("DateNotEquals", "2026-12-01", "2026-12-01T00:00:00Z", False),
        ("DateEquals", "soon", "2026-12-01T00:00:00Z", None),
        ("IpAddress", ["10.0.0.0/8", "192.0.2.0/24"], "192.0.2.7", True),
        ("IpAddress", "192.0.2.7", "192.0.2.8", False),
        ("NotIpAddress", ["10.0.0.0/8", "192.0.2.0/24"], "192.0.2.7", False),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", True),
    ],
)
def test_numbers_dates_and_addresses(operator, wanted, value, expected):
    """Each as IAM documents it; what is no number, date or address is unclear."""
    found = access(deny(Condition={operator: {"a:Key": wanted}}), context={"a:Key": [value]})
    assert found is {True: Access.DENIED, False: Access.NOT_ALLOWED, None: Access.UNKNOWN}[expected]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", True),
        ("arn:aws:s3:::b/${AWS:UserName}/x", True),
        ("arn:aws:s3:::b/${aws:Empty}/*", False),
        ("arn:aws:s3:::b/${aws:Empty, 'mary'}/*", True),
        ("arn:aws:s3:::${b}/*", None),
        ("arn:aws:s3:::b/mar${?}/x", False),
        ("arn:aws:s3:::b/${aws:star}/x", False),
    ],
)
def test_variables_stand_for_the_values_of_the_request(pattern, expected):
    """IAM user guide, "IAM policy elements: Variables and tags". A wildcard in a value is no wildcard."""
    context = {"aws:username": ["mary"], "aws:Empty": [], "aws:star": ["*"]}
    statement = deny(Resource=pattern)
    found = access(statement, resource="arn:aws:s3:::b/mary/x", context=context)
    assert found is {True: Access.DENIED, False: Access.NOT_ALLOWED, None: Access.UNKNOWN}[expected]


def test_tags_that_a_request_does_not_have_are_none():
    """An entry that ends in a slash says that all others of the family are known to be absent."""
    statement = deny(Condition={"StringEquals": {"aws:RequestTag/team": "x"}})
    assert access(statement, context={}, complete=False) is Access.UNKNOWN
    assert access(statement, context={"aws:RequestTag/": []}, complete=False) is Access.NOT_ALLOWED


@check_each(
    ("elements", "expected"),
    [
        ({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, Access.UNKNOWN),
        ({"Condition": {"Null": {"aws:SourceVpc": "true"}}}, Access.UNKNOWN),
        (
            {"Condition": {"StringEquals": {"aws:SourceVpc": "v", "aws:PrincipalArn": "x"}}},
            Access.ALLOWED,
        ),
        ({"Condition": {"StringEquals": {"aws:Empty": "x"}}}, Access.ALLOWED),
        ({"Condition": {"StringLike": {"aws:PrincipalArn": "${aws:userid}"}}}, Access.UNKNOWN),
        ({"Resource": "arn:aws:account::${aws:PrincipalAccount}:account"}, Access.UNKNOWN),
        ({"Resource": ["arn:aws:account::${aws:PrincipalAccount}:account", STANDALONE]}, Access.DENIED),
        ({"Resource": ["arn:${x}", STANDALONE], "Action": "iam:*"}, Access.ALLOWED),
    ],
)
def test_a_statement_is_unknown_only_if_what_is_not_known_decides(elements, expected):
    assert access(ALLOW, deny(**elements), complete=False) is expected


def test_of_answers_that_are_not_known_the_certain_ones_win():
    maybe = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}
    assert access(deny(**maybe), deny(), complete=False) is Access.DENIED
    assert access(ALLOW | maybe, ALLOW, complete=False) is Access.ALLOWED
    assert access(ALLOW | maybe, complete=False) is Access.UNKNOWN
    assert access(ALLOW | maybe, deny(**maybe), complete=False) is Access.UNKNOWN
    assert access(ALLOW | maybe) is Access.NOT_ALLOWED  # complete: the request has no such key


HUB_ROLE = "arn:aws:iam::333333333333:role/rollcall-reconcile"


@check_each(
    ("named", "principal", "expected"),
    [
        ("*", HUB_ROLE, True),
        ({"AWS": "*"}, HUB_ROLE, True),
        ({"AWS": HUB_ROLE}, HUB_ROLE, True),
        ({"AWS": ["x", "333333333333"]}, HUB_ROLE, True),
        ({"AWS": "arn:aws:iam::333333333333:root"}, HUB_ROLE, True),
        ({"AWS": "arn:aws-cn:iam::333333333333:root"}, "333333333333", True),
        ({"AWS": "arn:aws:iam::222222222222:root"}, HUB_ROLE, False),
        ({"AWS": f"{HUB_ROLE}*"}, HUB_ROLE, False),  # wildcards are for whole principals only
        ({"Service": "events.amazonaws.com"}, "events.amazonaws.com", True),
        ({"Service": "events.amazonaws.com"}, HUB_ROLE, False),
        ({"Service": "sns.amazonaws.com"}, "events.amazonaws.com", False),
    ],
)
def test_resource_and_trust_policies_name_principals(named, principal, expected):
    statement = {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"}
    found = access(statement, action="sts:AssumeRole", resource=None, principal=principal)
    assert found is (Access.ALLOWED if expected else Access.NOT_ALLOWED)


def test_a_resource_policy_without_a_principal_applies_to_nobody():
    assert access(ALLOW, principal=HUB_ROLE) is Access.NOT_ALLOWED


@pytest.mark.parametrize(
    ("others", "spared"),
    [
        ([], False),
        (["333333333333"], True),
        (["arn:aws:iam::333333333333:root"], True),
        (["222222222222"], False),
    ],
)
def test_a_role_is_spared_only_together_with_its_account(others, spared):
    named = deny(NotPrincipal={"AWS": [HUB_ROLE, *others]})
    assert access(named, principal=HUB_ROLE) is (Access.NOT_ALLOWED if spared else Access.DENIED)
    assert access(named, principal=f"{HUB_ROLE}-2") is Access.DENIED
    service = deny(NotPrincipal={"Service": "sns.amazonaws.com"})
    assert access(service, principal="sns.amazonaws.com") is Access.NOT_ALLOWED


@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17", None])
def test_variables_are_literal_text_in_older_documents(version):
    document = {"Version": version} if version else {}
    request = AccessRequest(action="s3:GetObject", resource="arn:aws:s3:::b/x", context={"aws:a": ["x"]})
    named = {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:a}"}
    compared = ALLOW | {"Condition": {"StringEquals": {"aws:a": "${aws:a}"}}}
    expected = Access.ALLOWED if version == "2012-10-17" else Access.NOT_ALLOWED
    for statement in (named, compared):
        assert decide([document | {"Statement": statement}], request).access is expected
    literal = replace(request, resource="arn:aws:s3:::b/${aws:a}")
    assert (decide([document | {"Statement": named}], literal).access is Access.ALLOWED) is (
        version != "2012-10-17"
    )


#: One deny statement each, on which three evaluators once disagreed.
ARN = {"ArnLike": {"aws:PrincipalArn": "arn:aws:*role/rollcall"}}
EDGES: dict[str, tuple[dict[str, Any], bool]] = {
    "a wildcard of ArnLike ends at a colon": ({"Action": "account:*", "Condition": ARN}, False),
    "ForAnyValue does not hold without the key": (
        {"Action": "account:*", "Condition": {"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}},
        False,
    ),
    "NotAction": ({"NotAction": "iam:*"}, True),
    "NotResource that names the resource": (
        {"Action": "account:*", "NotResource": "arn:aws:account::*:account/o-*/*"},
        False,
    ),
    "StringEqualsIgnoreCase": (
        {"Action": "account:*", "Condition": {"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "O-X"}}},
        True,
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_edge_cases(name):
    elements, denied = EDGES[name]
    statement = {"Effect": "Deny"} | elements | ({} if "NotResource" in elements else {"Resource": "*"})
    context = {"aws:PrincipalArn": ["arn:aws:iam::333333333333:role/rollcall"], "aws:PrincipalOrgID": ["o-x"]}
    found = access(ALLOW, statement, resource=CENTRAL, context=context)
    assert found is (Access.DENIED if denied else Access.ALLOWED)
