"""The policy evaluator against the IAM user guide's rules, one table row each."""

import pytest

from simulation.scp import decide, require_modelled

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


def verdict(*statements, action="account:PutAlternateContact", resource=STANDALONE):
    return decide([{"Statement": list(statements)}], action=action, resource=resource, context=CONTEXT)


def deny(**elements):
    return {"Effect": "Deny", "Action": "account:*", "Resource": "*"} | elements


def holds(condition):
    return verdict(deny(Condition=condition)) is False


def test_deny_wins_wherever_it_stands_and_silence_is_neither():
    assert verdict(ALLOW) is True
    assert verdict(ALLOW, deny()) is False
    assert verdict(deny(), ALLOW) is False
    assert (
        decide([{"Statement": ALLOW}, {"Statement": deny()}], action="account:X", resource="*", context={})
        is False
    )
    assert (
        decide([{"Statement": deny()}, {"Statement": ALLOW}], action="account:X", resource="*", context={})
        is False
    )
    assert verdict(deny(Action="iam:*")) is None
    assert decide([], action="account:X", resource="*", context={}) is None


@pytest.mark.parametrize(
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
        ({"Resource": [CENTRAL, "arn:aws:account::2*:account"]}, True),
        ({"Resource": "arn:aws:account::222222222222:ACCOUNT"}, False),
    ],
)
def test_action_and_resource_match_by_wildcards(elements, denied):
    assert (verdict(deny(**elements)) is False) == denied


@pytest.mark.parametrize(
    ("elements", "denied"),
    [
        ({"NotAction": "account:Get*"}, True),
        ({"NotAction": ["iam:*", "account:Put*"]}, False),
        ({"NotResource": "arn:aws:account::1*"}, True),
        ({"NotResource": ["arn:aws:s3:::*", STANDALONE]}, False),
    ],
)
def test_the_opposites_match_everything_else(elements, denied):
    statement = {key: value for key, value in deny(**elements).items() if f"Not{key}" not in elements}
    assert (verdict(statement) is False) == denied


def test_a_pattern_for_one_mode_leaves_the_other_alone():
    standalone = deny(Resource="arn:aws:account::*:account")
    assert verdict(standalone, resource=STANDALONE) is False
    assert verdict(standalone, resource=CENTRAL) is None
    assert verdict(deny(Resource="arn:aws:account::*:account/o-*"), resource=CENTRAL) is False


@pytest.mark.parametrize(
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
    assert decide([{"Statement": statement}], action="account:X", resource="*", context=context) is False
    context = {"aws:MultiFactorAuthPresent": ["false"]}
    assert decide([{"Statement": statement}], action="account:X", resource="*", context=context) is None


def test_all_conditions_of_a_statement_must_hold():
    good, bad = {"aws:PrincipalArn": ROLE}, {"aws:PrincipalArn": "x"}
    assert holds({"StringEquals": good, "ArnLike": good})
    assert not holds({"StringEquals": good, "ArnLike": bad})
    assert not holds({"StringEquals": good | {"account:AlternateContactTypes": "OPERATIONS"}})


@pytest.mark.parametrize(
    "operator",
    ["NumericEquals", "DateLessThan", "IpAddress", "BoolNot", "StringMatches", "ForNoValue:StringLike"],
)
def test_an_unknown_operator_is_an_error_and_no_guess(operator):
    condition = {operator: {"aws:PrincipalArn": "x"}}
    with pytest.raises(NotImplementedError, match=operator):
        holds(condition)
    with pytest.raises(NotImplementedError, match=operator):
        require_modelled({"Statement": deny(Condition=condition)}, CONTEXT)


def test_unknown_keys_and_variables_are_found_before_they_are_guessed_at():
    def ask(key, value="x"):
        require_modelled({"Statement": [deny(Condition={"StringLike": {key: value}})]}, {*CONTEXT, "a:Tags/"})

    ask("AWS:PRINCIPALARN")
    ask("a:tags/Team")
    require_modelled({"Statement": ALLOW}, ())
    with pytest.raises(NotImplementedError, match="aws:RequestedRegion"):
        ask("aws:RequestedRegion")
    with pytest.raises(NotImplementedError, match="a:Other/Team"):
        ask("a:Other/Team")
    with pytest.raises(NotImplementedError, match="variable"):
        ask("aws:PrincipalArn", ["y", "arn:aws:iam::${aws:PrincipalAccount}:role/x"])
