"""State machines of the hub: start an execution and wait for its result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.timing import attempts
from rollcall_cli.aws.hub import CONTROLS
from rollcall_cli.text.problems import INTERRUPTED, CommandError, CommandRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall_cli.aws.hub import Hub

#: Seconds between reads of an execution: two minutes in all.
_WAITS: Final = (0.5, 0.5, 1.0, 1.0, 2.0, *(5.0,) * 23)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineExecution:
    """An execution of a state machine."""

    status: str
    #: Empty until it has succeeded.
    output: Mapping[str, Any]

    @property
    def running(self) -> bool:
        """Whether it is still running."""
        return self.status in {"RUNNING", "PENDING_REDRIVE"}


def _start_execution(hub: Hub, operation: str, document: Mapping[str, Any]) -> str:
    """Start an execution of the control machine with a proof of the caller; returns its ARN."""
    now, machine = hub.clock.now(), hub.outputs[CONTROLS]
    who = hashlib.sha256(f"{hub.caller}/{now.isoformat()}".encode()).hexdigest()[:6]
    name = f"{operation}-{now:%Y%m%dT%H%M%SZ}-{who}"
    arn = make_execution_arn(machine, name)
    text = json.dumps({**document, "proof": hub.sign(document, arn)}, sort_keys=True)
    try:
        hub.client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=text)
    except ClientError as error:
        # A retry after a lost answer: no other execution has this name.
        if get_code(error) != "ExecutionAlreadyExists":
            raise
    except KeyboardInterrupt:
        raise _report_interruption(name, "may have started") from None
    return arn


def make_execution_arn(machine: str, name: str) -> str:
    """Return the ARN of an execution of the state machine of this ARN."""
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def describe_execution(hub: Hub, arn: str) -> MachineExecution:
    """Return an execution as it is now."""
    found = hub.client("stepfunctions").describe_execution(executionArn=arn)
    return MachineExecution(status=str(found["status"]), output=json.loads(found.get("output") or "{}"))


def run_command(
    hub: Hub,
    operation: str,
    *,
    reason: str = "",
    plan: str | None = None,
    contact: tuple[str, str] | None = None,
    more: Mapping[str, int | str] | None = None,
) -> Mapping[str, Any]:
    """Run a command of an operator in the hub; CommandError if it refuses or fails.

    `contact` is an account ID and a kind, `more` are arguments of this operation alone. It goes through a
    state machine and not to the table, so that AWS records who started it, and the ledger who asked for what.
    """
    account, kind = contact or (None, None)
    document = {
        "operation": operation,
        "reason": reason,
        "plan": plan,
        "account": account,
        "kind": kind,
        **(more or {}),
    }
    arn = _start_execution(hub, operation, document)
    name = arn.rpartition(":")[2]
    try:
        for _ in attempts(hub.clock, _WAITS):
            found = describe_execution(hub, arn)
            if not found.running:
                return _check_result(found, name)
    except KeyboardInterrupt:
        raise _report_interruption(name, "continues") from None
    raise CommandError(
        f"the execution {name} is still running: its result is not known yet",
        fix="`rollcall status` shows the result",
    )


def _report_interruption(name: str, state: str) -> CommandError:
    fix = f"the execution {name} {state}: `rollcall status` shows the result"
    return CommandError("interrupted", fix=fix, status=INTERRUPTED)


def _check_result(found: MachineExecution, name: str) -> Mapping[str, Any]:
    if found.status != "SUCCEEDED":
        raise CommandError(
            f"the command failed: the execution {name} ended as {found.status}",
            fix="`rollcall status` shows what is in force; the logs of the function control show the cause",
        )
    if "refused" in found.output:
        raise CommandRefusedError(f"refused: {found.output['refused']}", fix=found.output["fix"])
    return found.output
