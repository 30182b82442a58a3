"""`rollcall pause` and `rollcall unpause`: stop or resume all writes within seconds."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
import re
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.control.commands import LONGEST_PAUSE, LONGEST_REASON, SHORTEST_PAUSE
from rollcall_cli.aws.composition import Composition, get_composition
from rollcall_cli.aws.hub import connect_to_hub
from rollcall_cli.status.executions import run_command
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.formatting import format_time


def _check_reason(value: str) -> str:
    if not value.strip() or len(value) > LONGEST_REASON or not value.isprintable():
        raise typer.BadParameter(f"a reason is one line of 1 to {LONGEST_REASON} characters")
    return value


_UNITS = {"m": 1, "h": 60, "d": 24 * 60}


def _read_minutes(value: str) -> int:
    found = re.fullmatch(r"(\d{1,5})([mhd])", value, re.ASCII)
    minutes = int(found[1]) * _UNITS[found[2]] if found else 0
    if not SHORTEST_PAUSE <= minutes <= LONGEST_PAUSE:
        raise typer.BadParameter("a pause lasts from 15 minutes to 7 days, for example 30m, 4h or 2d")
    return minutes


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


LengthOption = Annotated[
    int,
    typer.Option(
        "--for", metavar="TIME", parser=_read_minutes, help="How long: 30m, 4h or 2d, at most seven days."
    ),
]
ReplaceOption = Annotated[bool, typer.Option("--replace", metavar="", help="Replace the current pause.")]


def pause(
    context: typer.Context,
    *,
    reason: ReasonOption,
    length: LengthOption = "4h",  # type: ignore[assignment]  # typer parses it, too
    replace: ReplaceOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop all writes of contacts within seconds. Differences are still found and alerted.

    Needs the role rollcall-operator of the hub. A sweep that is applying a plan stops within one batch.
    The pause ends by itself. A pause that goes on is not replaced without --replace.

    Exit status: 0 paused, 1 an error.
    """
    composition = get_composition(context)
    hub = connect_to_hub(composition, config=config, profile=profile)
    more = {"minutes": length, "replace": replace}
    until = datetime.fromisoformat(str(run_command(hub, "pause", reason=reason, more=more)["until"]))
    text = f"Paused until {format_time(until)}, or until `rollcall unpause`. An alert was sent."
    found = {"paused": True, "until": until.isoformat(), "reason": reason}
    _show(composition, text, found, as_json=as_json)


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
    hub = connect_to_hub(composition, config=config, profile=profile)
    was_paused = run_command(hub, "unpause", reason=reason).get("was_paused", True)
    text = "Resumed. An alert was sent. `rollcall sweep` corrects what was found during the pause."
    found = {"paused": False, "was_paused": was_paused, "reason": reason}
    _show(composition, text if was_paused else "Nothing was paused.", found, as_json=as_json)


def _show(composition: Composition, text: str, found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"version": 1} | found, indent=2))
    else:
        composition.out.print(Text(text), soft_wrap=True)
