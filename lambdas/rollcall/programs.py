"""What made a call, by its user agent: a few words in place of a line of libraries and versions.

A user agent is what the caller says of itself, and whoever lies about it is believed. All of it is in the
outcome events and the ledger.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 60
_CUT: Final = "..."
_VERSION: Final = r"/v?(\d{1,5}(?:\.\d{1,8}){0,3})"


def _product(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){name}{_VERSION}", re.ASCII | re.IGNORECASE)


#: The first that is found names the program: what is built upon another comes before it. Terraform's user
#: agent names its provider and the SDK as well, the AWS CLI's names botocore and Python.
_PROGRAMS: Final = (
    ("Terraform", _product("Terraform")),
    ("OpenTofu", _product("OpenTofu")),
    ("Pulumi", _product("Pulumi")),
    ("AWS CLI", _product("aws-cli")),
    ("AWS Tools for PowerShell", _product("AWSPowerShell[.A-Za-z]*")),
    ("Boto3", _product("Boto3")),
    ("AWS SDK for Python", _product("Botocore")),
    ("AWS SDK for Go", _product("aws-sdk-go(?:-v2)?")),
    ("AWS SDK for Java", _product("aws-sdk-java")),
    ("AWS SDK for JavaScript", _product("aws-sdk-(?:js|nodejs)")),
    ("AWS SDK for .NET", _product("aws-sdk-dotnet[a-z0-9-]*")),
    ("AWS SDK for Ruby", _product("aws-sdk-ruby[0-9]*")),
    ("AWS SDK for PHP", _product("aws-sdk-php")),
    ("AWS SDK for Rust", _product("aws-sdk-rust")),
)
_BROWSER: Final = "browser"
#: `exec-env/CloudShell`: the program ran inside this service of AWS.
_INSIDE: Final = re.compile(r"\bexec-env/([A-Za-z0-9_.-]{1,40})", re.ASCII)


def program(user_agent: str) -> str:
    """A program with its version, `browser`, or the beginning of what is known as neither."""
    text = user_agent.strip().removeprefix("[").removesuffix("]")
    # A browser in front of the console's own back end, which is written in Java, is a browser.
    if text.lower().startswith("mozilla/"):
        return _BROWSER
    for name, pattern in _PROGRAMS:
        if found := pattern.search(text):
            inside = _INSIDE.search(text)
            return f"{name} {found[1]}" + (f" in {inside[1]}" if inside else "")
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT
