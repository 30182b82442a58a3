"""How many accounts a change of the roster may concern without a person."""

from __future__ import annotations

import pytest

from rollcall.decide.weakening import compute_limit, is_limit_raised
from tests.support.cases import check_each


@check_each(
    ("limit", "active", "most"),
    [
        (None, 0, 0),
        (None, 1, 0),
        (None, 2, 1),
        (None, 3, 2),
        (None, 29, 2),
        (None, 30, 3),
        (None, 10_000, 1_000),
        (25, 3, 25),
        (0, 10_000, 0),
        ("5%", 100, 5),
        ("5%", 119, 5),
        ("5%", 19, 0),
        ("100%", 7, 7),
        ("0%", 7, 0),
    ],
)
def test_a_limit_is_a_number_a_share_rounded_down_or_a_tenth_and_at_least_two_never_all(limit, active, most):
    assert compute_limit(limit, active=active) == most


@pytest.mark.parametrize("limit", ["", "five", "%", "5 per cent", "default"])
def test_what_is_no_limit_is_refused(limit):
    with pytest.raises(ValueError, match=r"limit|invalid literal"):
        compute_limit(limit, active=100)


@check_each(
    ("before", "after", "active", "raised"),
    [
        (5, 6, 100, True),
        (5, 5, 100, False),
        (6, 5, 100, False),
        ("5%", "6%", 10, True),  # the same today, and more once the organization has grown
        ("6%", "5%", 10, False),
        (5, "10%", 20, True),
        ("10%", 5, 10_000, False),
        ("10%", 500, 100, True),
        (None, "10%", 100, False),
        ("10%", None, 100, False),
        ("10%", None, 6, True),
        (None, "100%", 6, True),
        (2, None, 6, True),
        (None, 2, 6, False),
    ],
)
def test_a_limit_is_raised_if_it_allows_more_now_or_later(before, after, active, raised):
    assert is_limit_raised(after, before=before, active=active) is raised
