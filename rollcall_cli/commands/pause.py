"""`rollcall pause` and `rollcall unpause`: all writes stop, or go on, within seconds."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
from typing import Annotated

import typer
from rich.text import Text

from rollcall.control import LONGEST_REASON
from rollcall_cli.aws.composition import composition_of
from rollcall_cli.status.hub import reach
from rollcall_cli.status.machine import command
from rollcall_cli.text.arguments import ConfigOption, ProfileOption


def _reason(value: str) -> str:
    if not value.strip() or len(value) > LONGEST_REASON or not value.isprintable():
        raise typer.BadParameter(f"a reason is one line of at most {LONGEST_REASON} characters")
    return value


ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why: it is told to everybody, with your name.",
        callback=_reason,
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
    """Stop all writes of contacts within seconds. Differences are still found and told.

    Needs the role rollcall-operator of the hub. A sweep that is applying a plan stops within one batch.

    Exit status: 0 paused, 1 an error.
    """
    composition = composition_of(context)
    command(reach(composition, config=config, profile=profile), "pause", reason=reason)
    composition.out.print(Text("Paused: nothing is written until `rollcall unpause`. Everybody was told."))


def unpause(
    context: typer.Context,
    *,
    reason: ReasonOption,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Let writes go on after a pause.

    Needs the role rollcall-operator of the hub. The next sweep sets right what was found
    in the meantime.

    Exit status: 0 writes go on, 1 an error.
    """
    composition = composition_of(context)
    command(reach(composition, config=config, profile=profile), "unpause", reason=reason)
    text = "Writes go on. Everybody was told. `rollcall sweep` sets right what was found in the meantime."
    composition.out.print(Text(text), soft_wrap=True)
