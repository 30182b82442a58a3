"""Which policy documents IAM and AWS Organizations refuse as malformed."""

import pytest

from rollcall_policies import find_malformed
from tests.support.cases import check_each

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


@pytest.mark.parametrize(
    "statement",
    [
        ALLOW,
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "*", "Sid": "x"},
        ALLOW | {"Resource": "arn:aws:s3:::b/${aws:username}/*"},
        ALLOW | {"Action": "*:*", "Condition": {"Bool": {"aws:SecureTransport": True}}},
        ALLOW | {"Condition": {"ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": "o-x/*"}}},
    ],
)
def test_what_is_well_formed(statement):
    assert find_malformed({"Version": "2012-10-17", "Statement": statement}) is None
    assert find_malformed({"Statement": [statement, ALLOW]}) is None


@check_each(
    ("statement", "problem"),
    [
        (ALLOW | {"Action": "PutAlternateContact"}, "must be prefaced by a vendor"),
        (ALLOW | {"Action": ["s3:Get", "account PutAlternateContact"]}, "must be prefaced by a vendor"),
        (ALLOW | {"Resource": "account/*"}, "must be in ARN format"),
        (ALLOW | {"Effect": "Permit"}, "Syntax errors"),
        (ALLOW | {"Verb": "x"}, "Syntax errors"),
        (ALLOW | {"NotAction": "s3:*"}, "must contain actions"),
        (ALLOW | {"Action": []}, "must contain actions"),
        ({"Effect": "Allow", "Action": "s3:*"}, "must contain resources"),
        (ALLOW | {"Resource": []}, "must contain resources"),
        (ALLOW | {"Sid": "read the bucket"}, "must be alpha-numeric"),
        (ALLOW | {"Sid": "read-the-bucket"}, "must be alpha-numeric"),
        (ALLOW | {"Principal": "*"}, "should not specify a principal"),
        (ALLOW | {"Condition": {"StringMatches": {"a:b": "c"}}}, "Invalid Condition type"),
        (ALLOW | {"Condition": {"StringEquals": "x"}}, "Syntax errors"),
        (ALLOW | {"Condition": {"StringEquals": {"a:b": None}}}, "Syntax errors"),
        (ALLOW | {"Condition": {"StringEquals": {"a:b": ["c", {"d": "e"}]}}}, "Syntax errors"),
        (ALLOW | {"Effect": ["Allow"]}, "Syntax errors"),
        ("x", "Syntax errors"),
    ],
)
def test_what_is_malformed(statement, problem):
    assert problem in str(find_malformed({"Version": "2012-10-17", "Statement": [ALLOW, statement]}))


def test_no_two_statements_of_a_document_have_one_sid():
    once, twice = ALLOW | {"Sid": "Read"}, ALLOW | {"Sid": "Read", "Effect": "Deny"}
    assert find_malformed({"Statement": [once, ALLOW, ALLOW | {"Sid": ""}, ALLOW | {"Sid": ""}]}) is None
    assert "must be unique" in str(find_malformed({"Statement": [once, ALLOW, twice]}))


@pytest.mark.parametrize(
    "document",
    [
        *(None, [], {}, {"Statement": []}, {"Version": "2020", "Statement": ALLOW}),
        {"Version": ["2012-10-17"], "Statement": ALLOW},
        {"Statement": ALLOW, "Comment": "x"},
    ],
)
def test_what_is_no_policy(document):
    assert find_malformed(document) == "Syntax errors in policy."


def test_policies_of_roles_and_resources_name_principals():
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    assert find_malformed({"Statement": trust | {"Sid": "a service's own: x"}}, principal=True) is None
    assert "Missing" in str(find_malformed({"Statement": ALLOW}, principal=True))


@check_each(
    "named",
    ["111111111111", None, ["*"], {}, {"AWS": []}, {"AWS": None}, {"Aws": "*"}, {"AWS": [{"a": "b"}]}],
)
def test_a_principal_is_everybody_or_names_by_their_kinds(named):
    for element in ("Principal", "NotPrincipal"):
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", element: named}
        assert "Invalid principal" in str(find_malformed({"Statement": trust}, principal=True))
