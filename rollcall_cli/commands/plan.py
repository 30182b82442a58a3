"""`rollcall plan`: what the roster would change, before anything does."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from pathlib import Path
from typing import Annotated

import typer

from rollcall_cli.aws.composition import Composition
from rollcall_cli.plan.document import document
from rollcall_cli.plan.make import Order, make
from rollcall_cli.plan.scope import Scope
from rollcall_cli.plan.view import view
from rollcall_cli.text.arguments import ConfigOption, DetailsOption, JsonOption, ProfileOption, account_id


def _accounts(values: list[str] | None) -> list[str] | None:
    return [account_id(value) for value in values or ()]


OuOption = Annotated[
    str | None,
    typer.Option(
        "--ou",
        metavar="PATH",
        help="Only accounts below this unit: names below the root, as in Workloads/Production, or an id.",
        show_default=False,
    ),
]
AccountOption = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Only this account; may be given more than once.",
        callback=_accounts,
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Also write plan and contacts in full to this file, even if the command is cut off.",
        show_default=False,
    ),
]
ResumeOption = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="FILE",
        help="Go on with what --out wrote when the command was cut off, and write it again.",
        show_default=False,
    ),
]


def plan(  # noqa: PLR0913  # one parameter for each option
    context: typer.Context,
    *,
    ou: OuOption = None,
    account: AccountOption = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    show_details: DetailsOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the roster in the directory would change, contact by contact. Nothing is changed.

    Reads with credentials of the hub (the role rollcall-reader may) or the management account, at half of
    the quota, and not beside a sweep. On a terminal contacts are shown in full; elsewhere they are masked,
    because that may be a log.

    Exit status: 0 nothing to change, 2 changes, 1 an error, or it cannot be told what would change.
    """
    composition: Composition = context.obj
    scope = Scope(ou=ou, accounts=tuple(account or ()))
    if resume is not None and not scope.whole:
        raise typer.BadParameter("the file says which accounts", param_hint="--ou, --account")
    order = Order(
        scope=scope,
        config=config,
        profile=profile,
        out=_file(composition, out or resume),
        resume=_file(composition, resume),
    )
    found = make(composition, order)
    if as_json:
        typer.echo(json.dumps(document(found, details=show_details), indent=2))
    else:
        details = show_details or composition.out.is_terminal
        for line in view(found, details=details):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(int(found.status))


def _file(composition: Composition, path: Path | None) -> Path | None:
    return path and composition.root / path
