"""`rollcall status`: how Rollcall is."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json

import typer

from rollcall_cli.aws.composition import composition_of
from rollcall_cli.status.hub import reach
from rollcall_cli.status.standing import document, standing
from rollcall_cli.status.view import view
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption

_CONCERNS = 2


def status(
    context: typer.Context,
    *,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the last sweep and its coverage, what waits for a person, and what was given up.

    Needs the role rollcall-reader of the hub, and changes nothing. Messages in dead-letter queues are looked
    at, and are there again after ten seconds.

    Exit status: 0 all is well, 2 something is for a person to look at, 1 an error.
    """
    composition = composition_of(context)
    found = standing(reach(composition, config=config, profile=profile))
    if as_json:
        typer.echo(json.dumps(document(found), indent=2))
    else:
        for line in view(found):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(_CONCERNS if found.concerns else 0)
