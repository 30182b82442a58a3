"""State machines of the hub: start an execution, and wait for what comes of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall_cli.status.hub import CONTROLS
from rollcall_cli.text.problems import INTERRUPTED, CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall_cli.status.hub import Hub

#: Seconds between looks at an execution that takes its time: two minutes in all.
_WAITS: Final = (0.5, 0.5, 1.0, 1.0, 2.0, *(5.0,) * 23)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution, as it is when somebody looks. `output` is empty until it has succeeded."""

    status: str
    output: Mapping[str, Any]

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.status in {"RUNNING", "PENDING_REDRIVE"}


def start(hub: Hub, machine: str, operation: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """Start an execution of the machine of this output; its ARN and its name."""
    now = hub.clock.now()
    who = hashlib.sha256(f"{hub.caller}/{now.isoformat()}".encode()).hexdigest()[:6]
    name, arn = f"{operation}-{now:%Y%m%dT%H%M%SZ}-{who}", hub.outputs[machine]
    text = json.dumps(dict(document), sort_keys=True)
    try:
        hub.client("stepfunctions").start_execution(stateMachineArn=arn, name=name, input=text)
    except ClientError as error:
        # Tried again after an answer that was lost, and over already: no other has this name.
        if get_code(error) != "ExecutionAlreadyExists":
            raise
    except KeyboardInterrupt:
        raise _interrupted(name, "may have been started") from None
    return f"{arn.replace(':stateMachine:', ':execution:')}:{name}", name


def look(hub: Hub, arn: str) -> Execution:
    """An execution as it is now."""
    found = hub.client("stepfunctions").describe_execution(executionArn=arn)
    return Execution(status=str(found["status"]), output=json.loads(found.get("output") or "{}"))


def command(
    hub: Hub,
    operation: str,
    *,
    reason: str = "",
    plan: str | None = None,
    contact: tuple[str, str] | None = None,
) -> Mapping[str, Any]:
    """Have Rollcall do what an operator commands; CommandError if it refuses or fails.

    `contact` is an account's id and a kind.

    The machine and not the table: AWS records who started it, and nobody pauses in silence.
    """
    account, kind = contact or (None, None)
    document = {
        "operation": operation,
        "by": hub.caller,
        "reason": reason,
        "plan": plan,
        "account": account,
        "kind": kind,
    }
    arn, name = start(hub, CONTROLS, operation, document)
    try:
        for seconds in _WAITS:
            found = look(hub, arn)
            if not found.running:
                return _done(found, name)
            hub.clock.sleep(seconds)
    except KeyboardInterrupt:
        raise _interrupted(name, "goes on") from None
    raise CommandError(
        f"it is not known yet whether that was done: the execution {name} still runs",
        fix="`rollcall status` shows what came of it",
    )


def _interrupted(name: str, state: str) -> CommandError:
    fix = f"the execution {name} {state} all the same: `rollcall status` shows what came of it"
    return CommandError("interrupted", fix=fix, status=INTERRUPTED)


def _done(found: Execution, name: str) -> Mapping[str, Any]:
    if found.status != "SUCCEEDED":
        raise CommandError(
            f"Rollcall could not do that: the execution {name} ended as {found.status}",
            fix="`rollcall status` shows what is in force; the logs of the function control say why",
        )
    if "refused" in found.output:
        raise CommandError(
            f"refused: {found.output['refused']}", fix="`rollcall status` shows what waits and what goes on"
        )
    return found.output
