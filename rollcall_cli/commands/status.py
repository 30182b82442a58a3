"""`rollcall status`: the state of Rollcall, and what needs a person."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json

import typer

from rollcall_cli.aws.composition import get_composition
from rollcall_cli.aws.hub import connect_to_hub
from rollcall_cli.status.overview import build_document, read_overview
from rollcall_cli.status.plan_values import choose_masks
from rollcall_cli.status.view import render
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption

_CONCERNS = 2


def status(
    context: typer.Context,
    *,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the last sweep and its coverage, plans pending approval, and dead-letter queues.

    Needs the role rollcall-reader of the hub, and changes nothing. Messages in dead-letter queues are hidden
    for ten seconds while they are read.

    Exit status: 0 no problems found, 2 something needs a person, 1 an error.
    """
    composition = get_composition(context)
    found = read_overview(connect_to_hub(composition, config=config, profile=profile))
    if as_json:
        typer.echo(json.dumps(build_document(found), indent=2))
    else:
        for line in render(found, masks=choose_masks(composition.out)):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(_CONCERNS if found.concerns else 0)
