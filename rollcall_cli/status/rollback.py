"""Plans a rollback to a roster that was approved before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.adapters.state.rosters import ControlItems
from rollcall.sweep.run import Ending
from rollcall_cli.aws.hub import SWEEP, TABLE
from rollcall_cli.status.executions import make_execution_arn, run_command
from rollcall_cli.status.runs import follow
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from rollcall_cli.aws.hub import Hub


def plan_rollback(hub: Hub, digits: str) -> str:
    """Start the run that plans the roster whose digest begins with `digits`; return the digest of the plan.

    CommandError if not exactly one roster that was approved has such a digest, or no sweep observed anything.
    """
    rosters = ControlItems(client=hub.client("dynamodb"), table=hub.outputs[TABLE])
    found = rosters.list_known(digits.lower())
    if len(found) != 1:
        problem = "no approved roster has" if not found else f"{len(found)} approved rosters have"
        raise CommandError(
            f"{problem} a digest that begins with {digits}",
            fix="take the digest from the alert of its approval, `rollcall status` or the ledger",
        )
    name = str(run_command(hub, "rollback", plan=found[0])["execution"])
    run = follow(
        hub, make_execution_arn(hub.outputs[SWEEP], name), name, update=lambda _what, _done, _all: None
    )
    if run is None or run.ending is not Ending.PENDING:
        ending = Ending.FAILED if run is None else run.ending
        raise CommandError(
            f"the roster was not planned: its run ended as {ending}",
            fix="`rollcall sweep --follow` observes the organization; then repeat the command",
        )
    return run.pending[-1]
