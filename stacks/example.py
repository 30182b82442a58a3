"""The shipped example of a configuration: it can be synthesized, and deployed to the local cloud only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aws_cdk import CfnRule, CfnRuleAssertion, Fn

from rollcall_config.configuration import EXAMPLE, VARIABLE

if TYPE_CHECKING:
    from aws_cdk import Stack

_FIX: Final = f"`rollcall init` proposes a configuration of your own, {VARIABLE} names its directory"
WARNING: Final = f"{EXAMPLE} is an example, which AWS refuses to deploy: {_FIX}"
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


def refuse_deployment(stack: Stack) -> None:
    """Add a rule that no deployment fulfils, unless AWS's endpoint is on this machine."""
    if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in _LOOPBACK:
        return
    never = CfnRuleAssertion(
        assert_=Fn.condition_equals("the example", "a configuration of your own"),
        assert_description=f"{EXAMPLE} cannot be deployed: {_FIX}",
    )
    CfnRule(stack, "ExampleConfiguration", assertions=[never])
