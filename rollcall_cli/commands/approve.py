"""`rollcall approve DIGEST`: apply exactly the plan that is pending approval."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
import re
from functools import partial
from typing import Annotated

import typer
from rich.text import Text

from rollcall.sweep.plan_alerts import find_ended
from rollcall_cli.aws.composition import get_composition
from rollcall_cli.aws.hub import connect_to_hub
from rollcall_cli.status import plans
from rollcall_cli.status.executions import run_command
from rollcall_cli.status.plan_values import (
    build_values_document,
    check_values,
    choose_masks,
    list_values,
    read_values,
)
from rollcall_cli.status.rollback import plan_rollback
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.formatting import count, format_rows
from rollcall_cli.text.problems import CommandError


def _check_digest(value: str | None) -> str | None:
    if value is None:
        return None
    if len(value) < plans.FEWEST_DIGITS or not re.fullmatch(r"[0-9a-f]{1,64}", value.lower(), re.ASCII):
        raise typer.BadParameter(f"give at least {plans.FEWEST_DIGITS} digits of the digest of a plan")
    return value


DigestArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="DIGEST",
        help="Digest of the plan, at least 8 digits, from the alert or `rollcall status`.",
        callback=_check_digest,
        show_default=False,
    ),
]
BackOption = Annotated[
    str | None,
    typer.Option(
        "--back-to",
        metavar="DIGEST",
        help="Roll back to this roster, which was approved before: plan it without a sweep, then ask.",
        callback=_check_digest,
        show_default=False,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask for confirmation.")]


def approve(
    context: typer.Context,
    digest: DigestArgument = None,
    *,
    back_to: BackOption = None,
    yes: YesOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a pending plan: exactly that plan is applied, and its roster is enforced from now on.

    Needs the role rollcall-operator of the hub. Shows what the stored plan would write, and refuses one that
    differs from its digest. Each contact is read again before its write, and is not changed if it differs
    from the plan. Repeat the command to finish an interrupted approval.

    --back-to plans a roster that was approved before from what the last sweep observed, and asks the same.
    The deployed roster is then pending approval until another one is deployed.

    Exit status: 0 approved, 1 declined or an error.
    """
    composition = get_composition(context)
    if as_json and not yes:
        raise CommandError("--json cannot ask for confirmation", fix="add --yes")
    if digest is None and back_to is None:
        raise typer.BadParameter("give the digest of a plan, or --back-to with that of a roster")
    if digest is not None and back_to is not None:
        raise typer.BadParameter(
            "DIGEST approves a plan that is pending, --back-to plans a roster that was approved before: give "
            "one of the two"
        )
    hub = connect_to_hub(composition, config=config, profile=profile)
    now = hub.clock.now()
    if back_to is not None:
        digest = plan_rollback(hub, back_to)
        now = hub.clock.now()
    # Approved plans, too: the same command finishes an interrupted approval.
    waiting = [*hub.sweeps.list_pending(now), *hub.sweeps.list_approved(now)]
    plan = plans.find_plan(waiting, str(digest), find_ended=partial(find_ended, hub.sweeps))
    values = read_values(hub, plan, approved=hub.read_controls().approved)
    check_values(plan, values)
    rows = [
        *plans.describe_plan(plan, now),
        *list_values(values, masks=choose_masks(composition.out), most=None),
        *plans.describe_approval(plan, now),
    ]
    for line in () if as_json else format_rows(rows):
        composition.out.print(line, soft_wrap=True)
    if not yes and not typer.confirm("Approve this plan?"):
        composition.out.print(Text("Nothing changed."))
        raise typer.Exit(1)
    answer = run_command(hub, "approve", plan=plan.plan)
    if as_json:
        found = {"version": 1} | plans.build_plan_document(plan) | build_values_document(values)
        typer.echo(json.dumps(found | {"paused": bool(answer.get("paused"))}, indent=2))
        return
    composition.out.print(
        Text(f"Approved. Roster {plan.roster} is in force. An alert was sent."), soft_wrap=True
    )
    if answer.get("paused"):
        text = "Writes are paused: the first sweep after `rollcall unpause` applies the plan."
    elif plan.changes:
        text = f"{count(plan.changes, 'contact')} to change: `rollcall status` shows the progress."
    else:
        text = "No contact has to change now. Later edits of contacts are restored."
    composition.out.print(Text(text), soft_wrap=True)
