"""`rollcall pause` and `rollcall unpause`: stop or resume all writes within seconds."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
from typing import Annotated

import typer
from rich.text import Text

from rollcall.control import LONGEST_REASON
from rollcall_cli.aws.composition import get_composition
from rollcall_cli.aws.hub import connect_to_hub
from rollcall_cli.status.executions import run_command
from rollcall_cli.text.arguments import ConfigOption, ProfileOption


def _check_reason(value: str) -> str:
    if not value.strip() or len(value) > LONGEST_REASON or not value.isprintable():
        raise typer.BadParameter(f"a reason is one line of at most {LONGEST_REASON} characters")
    return value


ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="The reason. The alert shows it with your name.",
        callback=_check_reason,
        show_default=False,
    ),
]


def pause(
    context: typer.Context,
    *,
    reason: ReasonOption,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Stop all writes of contacts within seconds. Differences are still found and alerted.

    Needs the role rollcall-operator of the hub. A sweep that is applying a plan stops within one batch.

    Exit status: 0 paused, 1 an error.
    """
    composition = get_composition(context)
    run_command(connect_to_hub(composition, config=config, profile=profile), "pause", reason=reason)
    composition.out.print(Text("Paused: nothing is written until `rollcall unpause`. An alert was sent."))


def unpause(
    context: typer.Context,
    *,
    reason: ReasonOption,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Resume writes after a pause.

    Needs the role rollcall-operator of the hub. The next sweep corrects what was found during the pause.

    Exit status: 0 resumed, 1 an error.
    """
    composition = get_composition(context)
    run_command(connect_to_hub(composition, config=config, profile=profile), "unpause", reason=reason)
    text = "Resumed. An alert was sent. `rollcall sweep` corrects what was found during the pause."
    composition.out.print(Text(text), soft_wrap=True)
