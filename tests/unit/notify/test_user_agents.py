"""User agents as people read them: the program, and never more than a few words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollcall.notify.words import name_program
from tests.support.cases import check_each

TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.15.0-alpha20260204 (+https://www.terraform.io) "
    "terraform-provider-aws/6.32.1 (+https://registry.terraform.io/providers/hashicorp/aws) "
    "aws-sdk-go-v2/1.41.1 ua/2.1 os/macos lang/go#1.25.7 md/GOOS#darwin api/account#1.41.6 m/v,w"
)
CLI = (
    "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.13.7 "
    "md/pyimpl#CPython exec-env/CloudShell m/E,b md/command#account.put-alternate-contact"
)
BOTO3 = "Boto3/1.44.2 md/Botocore#1.44.2 ua/2.1 os/linux lang/python#3.13.7 exec-env/AWS_Lambda_python3.13"
CONSOLE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.14; rv:68.0) Gecko/20100101 Firefox/68.0, aws-internal/3 "
    "aws-sdk-java/1.11.820 Linux/4.9.217 OpenJDK_64-Bit_Server_VM/25.252-b09 java/1.8.0_252"
)


@check_each(
    ("user_agent", "shown"),
    [
        (TERRAFORM, "Terraform 1.15.0"),
        (CLI, "AWS CLI 2.31.0 in CloudShell"),
        (BOTO3, "Boto3 1.44.2 in AWS_Lambda_python3.13"),
        (CONSOLE, "browser"),
        ("[Mozilla/5.0 (X11; Linux x86_64)]", "browser"),
        ("[aws-cli/1.16.96 Python/2.7.10 Darwin/16.7.0 botocore/1.12.86]", "AWS CLI 1.16.96"),
        ("Botocore/1.12.86 Python/3.11", "AWS SDK for Python 1.12.86"),
        ("aws-sdk-go/1.44.1 (go1.19; linux; amd64)", "AWS SDK for Go 1.44.1"),
        ("aws-sdk-go-v2/1.41.1 ua/2.1 os/linux", "AWS SDK for Go 1.41.1"),
        ("aws-sdk-java/2.20.1 Linux/5.4", "AWS SDK for Java 2.20.1"),
        ("aws-sdk-js/3.621.0 ua/2.0 os/linux", "AWS SDK for JavaScript 3.621.0"),
        ("aws-sdk-rust/1.3.8 os/linux lang/rust/1.83.0", "AWS SDK for Rust 1.3.8"),
        ("AWSPowerShell.Common/4.1.500 ua/2.0", "AWS Tools for PowerShell 4.1.500"),
        ("AWS Internal", "AWS Internal"),
        ("organizations.amazonaws.com", "organizations.amazonaws.com"),
        ("curl/8.6.0", "curl/8.6.0"),
        ("unknown", "unknown"),
        ("not-terraform/9.9", "not-terraform/9.9"),
        ("x" * 61, "another program"),
        ("c7n/0.9.53 md/Botocore/1.44.2 ua/2.1", "c7n/0.9.53, AWS SDK for Python 1.44.2"),
        ("confirm at https://rollcall.evil.example/RC", "confirm"),
        ("https://rollcall.evil.example/RC", "another program"),
        ("rollcall.evil.example/1", "another program"),
    ],
)
def test_a_user_agent_is_the_program_behind_the_call(user_agent, shown):
    assert name_program(user_agent) == shown


@given(
    st.text() | st.from_regex(r"\A(Terraform|aws-cli|Boto3)/\d+(\.\d+){0,40} exec-env/\w+", fullmatch=False)
)
def test_whatever_somebody_says_of_himself_it_is_short(user_agent):
    assert len(name_program(user_agent)) <= 175
