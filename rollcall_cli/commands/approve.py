"""`rollcall approve DIGEST`: carry out exactly the plan that waits."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import re
from typing import Annotated

import typer
from rich.text import Text

from rollcall_cli.aws.composition import composition_of
from rollcall_cli.status import held
from rollcall_cli.status.hub import reach
from rollcall_cli.status.machine import command
from rollcall_cli.status.rows import rows
from rollcall_cli.status.words import count
from rollcall_cli.text.arguments import ConfigOption, ProfileOption


def _digest(value: str) -> str:
    if len(value) < held.FEWEST_DIGITS or not re.fullmatch(r"[0-9a-f]{1,64}", value.lower(), re.ASCII):
        raise typer.BadParameter(f"a plan is named by at least {held.FEWEST_DIGITS} digits of its digest")
    return value


DigestArgument = Annotated[
    str,
    typer.Argument(
        metavar="DIGEST",
        help="Digest of the plan, or its first 8 digits or more, from the alert or `rollcall status`.",
        callback=_digest,
        show_default=False,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")]


def approve(
    context: typer.Context,
    digest: DigestArgument,
    *,
    yes: YesOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Approve a plan that waits: exactly that plan is carried out, and its roster is the one enforced.

    Needs the role rollcall-operator of the hub. Each contact is read again, and left alone if it is not as it
    was when the plan was made. The same command again finishes an approval that was cut off.

    Exit status: 0 approved, or the answer was no, 1 an error.
    """
    composition = composition_of(context)
    hub = reach(composition, config=config, profile=profile)
    now = hub.clock.now()
    # One that somebody approved, too: an approval that was cut off is finished by the same command.
    plan = held.named([*hub.sweeps.list_pending(now), *hub.sweeps.list_approved(now)], digest)
    for line in rows([*held.lines(plan, now), *held.approval(plan, now)]):
        composition.out.print(line, soft_wrap=True)
    if not yes and not typer.confirm("Approve it?"):
        composition.out.print(Text("Nothing was changed."))
        raise typer.Exit
    answer = command(hub, "approve", plan=plan.plan)
    composition.out.print(
        Text(f"Approved. Roster {plan.roster} is in force. Everybody was told."), soft_wrap=True
    )
    if answer.get("paused"):
        text = "Writes are paused: the plan is carried out by the first sweep after `rollcall unpause`."
    elif plan.changes:
        text = f"{count(plan.changes, 'contact')} to change: `rollcall status` shows how it goes."
    else:
        text = "Nothing is to be written now. From now on, contacts that somebody changes are put back."
    composition.out.print(Text(text), soft_wrap=True)
