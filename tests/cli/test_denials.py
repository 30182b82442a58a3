"""Every text that the Account API is known to refuse with leads the doctor to the right line."""

from __future__ import annotations

import json

import pytest

from simulation.errors import ApiError
from tests.cli.desk import HUB

# The cases of AccessDeniedException: live captures of September 2026, and AWS's wording for policies.
TEXTS = {
    "Your organization must first enable trusted access with AWS Account Management.": (
        "trusted-access",
        "fail",
        "enable-aws-service-access",
    ),
    "The management account can only be managed using the standalone context from the management account.": (
        "organization",
        "fail",
        "organization.yaml",
    ),
    "You specified an invalid Alternate Contact type.": ("probe", "fail", "upgrade Rollcall"),
    "because no session policy allows the account:GetAlternateContact action": (
        "probe",
        "unknown",
        "allow it on",
    ),
    "because no identity-based policy allows the account:GetAlternateContact action": (
        "probe",
        "unknown",
        "allow it on",
    ),
    "with an explicit deny in an identity-based policy": ("probe", "unknown", "allow it on"),
    "with an explicit deny in a service control policy": ("probe", "unknown", "exempt"),
    "because no service control policy allows the account:GetAlternateContact action": (
        "probe",
        "unknown",
        "exempt",
    ),
    "": ("probe", "fail", f"--account-id {HUB}"),
}


def doctor(world, code, message, status):
    error = ApiError(code, message, status)
    world.cloud.account.fail_next("GetAlternateContact", error, times=9)
    return world.doctor()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_leads_to_its_line(world, text):
    name, result, fix = TEXTS[text]
    message = f"User: arn:aws:iam::{HUB}:role/x is not authorized to perform: account:GetAlternateContact"
    checks = doctor(world, "AccessDeniedException", f"{message} ({text})" if text else message, 403)
    wrong = {key: check for key, check in checks.items() if check["result"] != "pass"}
    named = {key for key, check in wrong.items() if not check["follows_from"]}
    assert named == {name}, json.dumps(wrong, indent=1)
    assert wrong[name]["result"] == result
    assert fix in wrong[name]["fix"]


def test_no_contact_is_an_answer(world):
    checks = doctor(world, "ResourceNotFoundException", "No contact of the inputted type found.", 404)
    assert checks["probe"]["result"] == "pass"


@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 429), ("InternalServerException", 500), ("ValidationException", 400)],
)
def test_what_says_nothing_about_prerequisites_is_unknown(world, code, status):
    checks = doctor(world, code, "mallory@evil.example", status)
    assert {key for key, check in checks.items() if check["result"] != "pass"} == {"probe"}
    assert checks["probe"]["result"] == "unknown"
    assert code in checks["probe"]["seen"]
    assert "mallory" not in json.dumps(checks)
