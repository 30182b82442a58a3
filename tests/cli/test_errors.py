"""Errors are words that name the fix, exit status 1, and never a traceback."""

from __future__ import annotations

import pytest
from botocore import exceptions as aws

from rollcall_cli.aws.composition import build_composition
from rollcall_cli.text.problems import CommandError
from tests.cli.desk import CONTACTS, HUB, MANAGEMENT, PAYMENTS, RIGHT
from tests.support.command_errors import refused


def words(result) -> str:
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert not result.stdout
    return result.stderr


@pytest.mark.parametrize(
    ("service", "error", "problem", "fix"),
    [
        ("sts", aws.NoCredentialsError(), "no AWS credentials found", "aws sso login"),
        (
            "sts",
            aws.PartialCredentialsError(provider="env", cred_var="x"),
            "no AWS credentials found",
            "--profile",
        ),
        ("sts", refused("ExpiredToken", 403), "the AWS credentials have expired", "log in again"),
        (
            "organizations",
            refused("ExpiredTokenException"),
            "the AWS credentials have expired",
            "log in again",
        ),
        ("account", refused("ExpiredTokenException"), "the AWS credentials have expired", "log in again"),
        ("sts", aws.UnauthorizedSSOTokenError(), "the AWS login has expired", "log in again"),
        (
            "sts",
            aws.TokenRetrievalError(provider="sso", error_msg="x"),
            "the AWS login has expired",
            "log in again",
        ),
        (
            "sts",
            refused("InvalidClientTokenId", 403),
            "rejects the credentials",
            "a clock that is minutes off",
        ),
        ("sts", refused("AccessDenied", 403), "not allowed to call Call", "use another --profile"),
        ("sts", refused("OptInRequired", 403), "AWS answered Call with OptInRequired", "look up this code"),
        ("sts", aws.EndpointConnectionError(endpoint_url="x"), "cannot be reached", "the network"),
        (
            "sts",
            aws.CredentialRetrievalError(provider="x", error_msg="y"),
            "the program that provides the AWS credentials failed",
            "credential_process",
        ),
        (
            "organizations",
            refused("AccessDeniedException"),
            "not allowed to call organizations:DescribeAccount",
            "allow organizations:DescribeAccount",
        ),
        (
            "organizations",
            refused("AWSOrganizationsNotInUseException"),
            "does not belong to an organization",
            "use credentials of the hub",
        ),
    ],
)
def test_what_is_wrong_and_its_fix(desk, service, error, problem, fix):
    desk.failures[service] = [error]
    text = words(desk.run("explain", PAYMENTS))
    first, second = text.splitlines()
    assert first.startswith("error: ")
    assert problem in first
    assert second.startswith("fix: ")
    assert fix in second


def test_credentials_of_a_member_are_the_wrong_ones(desk):
    desk.caller = PAYMENTS
    text = words(desk.run("explain", PAYMENTS))
    assert f"these are credentials of account {PAYMENTS}" in text
    assert f"hub account {HUB} or of the management account {MANAGEMENT}" in text
    assert [name for name, _ in desk.calls] == ["get_caller_identity"]


def test_an_account_of_nobody(desk):
    text = words(desk.run("explain", "999999999999"))
    assert "account 999999999999 is not in the organization o-exampleorgid" in text


def test_an_undelegated_hub_may_not_read_the_organization(desk):
    desk.organization.delegated_administrators.clear()
    assert "the hub account must also be a delegated administrator" in words(desk.run("validate", "--live"))


def test_busy_answers_are_tried_again(desk):
    desk.has(PAYMENTS, **RIGHT)
    busy = refused("TooManyRequestsException", 429)
    desk.failures = {"account": [busy, busy], "organizations": [busy], "sts": [refused("Throttling")]}
    start = desk.clock.now()
    assert desk.run("explain", PAYMENTS).exit_code == 0
    assert (desk.clock.now() - start).total_seconds() == 1 + 1 + 1 + 2


@pytest.mark.parametrize("service", ["sts", "organizations", "account"])
def test_and_not_for_ever(desk, service):
    desk.failures[service] = [refused("TooManyRequestsException", 429)] * 50
    start = desk.clock.now()
    text = words(desk.run("explain", PAYMENTS))
    assert "TooManyRequestsException, 5 times in a row" in text
    assert "wait a minute" in text
    assert (desk.clock.now() - start).total_seconds() == 15


@pytest.mark.parametrize(
    "error", [aws.ReadTimeoutError(endpoint_url="x"), aws.SSLError(endpoint_url="x", error=OSError("y"))]
)
def test_answers_that_never_come_are_the_networks_and_not_the_quotas(desk, error):
    desk.failures["sts"] = [error] * 50
    text = words(desk.run("explain", PAYMENTS))
    assert f"AWS did not answer sts:GetCallerIdentity ({type(error).__name__}), 5 times in a row" in text
    assert "check network and proxy (set AWS_CA_BUNDLE if it has its own certificate)" in text
    assert "quota" not in text


def test_what_aws_was_too_busy_for_is_asked_again(desk):
    desk.failures["organizations"] = [refused("TooManyRequestsException", 429)]
    assert desk.run("validate", "--live").exit_code == 0
    assert [name for name, _ in desk.calls].count("describe_organization") == 2


def test_what_the_core_cannot_read_is_told(desk):
    desk.failures["organizations"] = [refused("SomethingNewException")]
    assert "error: the account could not be looked up: SomethingNewException" in words(
        desk.run("explain", PAYMENTS)
    )


@pytest.mark.parametrize(
    "arguments", [["report", "--format", "pdf"], ["init", "--region", "mars"]], ids=["format", "region"]
)
def test_a_value_that_is_none_of_a_list_is_named_without_an_error_of_the_library(desk, arguments):
    text = words(desk.run(*arguments))
    assert "is not one of" in text
    assert "Value error" not in text


def test_an_empty_reason_is_told_how_long_one_is(desk):
    assert "one line of 1 to 500 characters" in words(desk.run("pause", "--reason", ""))


def test_ctrl_c_ends_quietly(desk):
    desk.failures["organizations"] = [KeyboardInterrupt()]
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 130
    assert result.stderr == "error: interrupted\nfix: nothing was changed\n"


def test_errors_of_the_configuration_are_shown(desk):
    desk.write(contacts=CONTACTS.replace("mode: enforce", "mode: enforced"))
    text = words(desk.run("explain", PAYMENTS))
    assert "config/contacts.yaml:2: mode:" in text
    assert "`rollcall validate`" in text


def test_a_defect_is_words_too_and_hides_what_it_saw(desk):
    desk.failures["account"] = [ValueError("mallory@evil.example")]
    text = words(desk.run("explain", PAYMENTS))
    assert "unexpected ValueError" in text
    assert "mallory" not in text


def test_an_error_of_this_machine_is_told_by_its_own_words(desk):
    desk.failures["account"] = [OSError(28, "No space left on device", "plan.json")]
    text = words(desk.run("explain", PAYMENTS))
    assert text == "error: plan.json: No space left on device\nfix: fix that, then run the command again\n"


def test_a_defect_shows_where_it_is_if_asked_to(desk, monkeypatch):
    monkeypatch.setenv("ROLLCALL_TRACEBACK", "1")
    desk.failures["account"] = [ValueError("here")]
    assert isinstance(desk.run("explain", PAYMENTS).exception, ValueError)


def test_a_profile_that_does_not_exist(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="no AWS profile 'nope' on this") as error:
        build_composition().clients("sts", region="us-east-1", profile="nope")
    assert "aws configure list-profiles" in error.value.fix


def test_real_clients_are_of_the_region_and_leave_retries_to_the_command(monkeypatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLEEX")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    client = build_composition().clients("account", region="us-gov-west-1", profile=None)
    assert client.meta.region_name == "us-gov-west-1"
    assert client.meta.config.retries["total_max_attempts"] == 1


def test_an_endpoint_that_is_no_url_is_no_defect_of_rollcall(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with pytest.raises(CommandError, match="the AWS SDK cannot be set up") as raised:
        build_composition().clients("account", region="eu-west-1", profile=None)
    assert "AWS_ENDPOINT_URL" in raised.value.fix


def test_an_sdk_that_cannot_be_set_up_is_told(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile odd]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = nobody\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(CommandError, match="the AWS SDK cannot be set up: InvalidConfigError"):
        build_composition().clients("sts", region="us-east-1", profile="odd")
