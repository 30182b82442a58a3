"""`rollcall pause` and `rollcall unpause`: stop or resume all writes within seconds."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.control.commands import LONGEST_REASON
from rollcall_cli.aws.composition import Composition, get_composition
from rollcall_cli.aws.hub import connect_to_hub
from rollcall_cli.status.executions import run_command
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption


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
    as_json: JsonOption = False,
) -> None:
    """Stop all writes of contacts within seconds. Differences are still found and alerted.

    Needs the role rollcall-operator of the hub. A sweep that is applying a plan stops within one batch.

    Exit status: 0 paused, 1 an error.
    """
    composition = get_composition(context)
    run_command(connect_to_hub(composition, config=config, profile=profile), "pause", reason=reason)
    text = "Paused: nothing is written until `rollcall unpause`. An alert was sent."
    _show(composition, text, {"paused": True, "reason": reason}, as_json=as_json)


def unpause(
    context: typer.Context,
    *,
    reason: ReasonOption,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resume writes after a pause.

    Needs the role rollcall-operator of the hub. The next sweep corrects what was found during the pause.

    Exit status: 0 resumed, 1 an error.
    """
    composition = get_composition(context)
    run_command(connect_to_hub(composition, config=config, profile=profile), "unpause", reason=reason)
    text = "Resumed. An alert was sent. `rollcall sweep` corrects what was found during the pause."
    _show(composition, text, {"paused": False, "reason": reason}, as_json=as_json)


def _show(composition: Composition, text: str, found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"version": 1} | found, indent=2))
    else:
        composition.out.print(Text(text), soft_wrap=True)
