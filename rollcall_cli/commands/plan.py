"""`rollcall plan`: preview what the roster would change."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rollcall.model.display import Masks
from rollcall_cli.aws.composition import Composition
from rollcall_cli.plan.make import PlanRequest, make_plan
from rollcall_cli.plan.markdown import render_markdown
from rollcall_cli.plan.store import PlanScope
from rollcall_cli.plan.view import build_document, render
from rollcall_cli.status.plan_values import choose_masks
from rollcall_cli.text.arguments import (
    ConfigOption,
    DetailsOption,
    JsonOption,
    ProfileOption,
    check_account_id,
)


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def _check_accounts(values: list[str] | None) -> list[str] | None:
    return [check_account_id(value) for value in values or ()]


OuOption = Annotated[
    str | None,
    typer.Option(
        "--ou",
        metavar="PATH",
        help="Only accounts below this OU: names below the root (Workloads/Production), or an OU ID.",
        show_default=False,
    ),
]
AccountOption = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="ID",
        help="Only this account. Can be repeated.",
        callback=_check_accounts,
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="Also write the plan, with contacts in full, to this file, even if interrupted.",
        show_default=False,
    ),
]
ResumeOption = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="FILE",
        help="Continue from a file that --out wrote before an interruption, and update it.",
        show_default=False,
    ),
]


FreshOption = Annotated[
    bool,
    typer.Option(
        "--fresh", metavar="", help="Read every account now, at half of the quota. Default: the last sweep's."
    ),
]
FormatOption = Annotated[
    PlanFormat, typer.Option("--format", help="text, json, or markdown for a pull request.")
]


def plan(  # noqa: PLR0913  # one parameter for each option
    context: typer.Context,
    *,
    ou: OuOption = None,
    account: AccountOption = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    fresh: FreshOption = False,
    show_details: DetailsOption = False,
    form: FormatOption = PlanFormat.TEXT,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the roster in the directory would change, grouped by what changes. Nothing changes.

    Compares with what the last sweep observed, which takes seconds; needs the role rollcall-reader of the
    hub. With --fresh, also with credentials of the management account, it reads every account at half of the
    quota, and not while a sweep is running. Contacts of the roster are shown in full. Others are in full on a
    terminal, and masked elsewhere, because that can be a log.

    Exit status: 0 nothing to change, 2 changes, 1 an error, or a contact is blocked, unreadable or
    unreachable. The management account's own contacts are no error with --fresh and other credentials, or
    with management_role: false.
    """
    composition: Composition = context.obj
    scope = PlanScope(ou=ou, accounts=tuple(account or ()))
    if resume is not None and not scope.whole:
        raise typer.BadParameter("the file of --resume defines the accounts", param_hint="--ou, --account")
    if as_json and form is PlanFormat.MARKDOWN:
        raise typer.BadParameter("choose one of the two", param_hint="--json, --format")
    order = PlanRequest(
        scope=scope,
        config=config,
        profile=profile,
        out=_resolve_file(composition, out or resume),
        resume=_resolve_file(composition, resume),
        fresh=fresh,
    )
    found = make_plan(composition, order)
    masks = Masks.NOTHING if show_details else choose_masks(composition.out)
    if as_json or form is PlanFormat.JSON:
        typer.echo(json.dumps(build_document(found, masks=masks), indent=2))
    elif form is PlanFormat.MARKDOWN:
        typer.echo("\n".join(render_markdown(found, masks=masks)))
    else:
        for line in render(found, masks=masks):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(int(found.status))


def _resolve_file(composition: Composition, path: Path | None) -> Path | None:
    return path and composition.root / path
