"""The outputs of the hub's stack: where everything is that a command works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

STACK: Final = "RollcallHub"


def described(client: Any) -> Mapping[str, Any] | None:
    """The stack as CloudFormation describes it, None if it is not deployed. `client` is CloudFormation's."""
    try:
        found: Mapping[str, Any] = client.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if get_code(error) == "ValidationError":  # AWS's word for a stack that is not there
            return None
        raise
    return found


def outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Outputs of a described stack by name."""
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}


def outputs(client: Any) -> Mapping[str, str] | None:
    """Outputs of the stack by name, None if it is not deployed."""
    found = described(client)
    return None if found is None else outputs_of(found)


def output(client: Any, name: str) -> str:
    """One output; CommandError if the stack, or this part of it, is not deployed."""
    found = outputs(client)
    if found is None:
        raise CommandError(
            f"there is no stack {STACK} in the account of these credentials",
            fix="use credentials of the hub; docs/deploying.md says how the stack gets there",
        )
    if name not in found:
        raise CommandError(
            f"the stack {STACK} has no output {name}: it is of another release than this command",
            fix="deploy the stack again from the sources of this command",
        )
    return found[name]
