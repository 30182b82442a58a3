"""`rollcall setup`: what the management account has to grant, step by step."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.text import Text

from rollcall_cli.aws.caller import Position
from rollcall_cli.aws.composition import Composition
from rollcall_cli.setup import run
from rollcall_cli.setup.steps import Management, Report, State
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.problems import CommandError
from rollcall_config.configuration import load

UndoOption = Annotated[
    bool, typer.Option("--undo", metavar="", help="Remove what this command set up. Asks before it does.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", metavar="", help="Change nothing: show what would be done.")
]
YesOption = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask before --undo.")]

_STYLES = {
    State.ALREADY: "green",
    State.DONE: "green",
    State.WOULD: "yellow",
    State.LEFT: "yellow",
    State.FAILED: "red",
}


def setup(
    context: typer.Context,
    *,
    undo: UndoOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the hub what it needs of the organization: trusted access, delegated administrators.

    Needs credentials of the management account. Each step is shown with the AWS CLI command that does the
    same; what is there already is left as it is, so that it can be run again at any time.

    Exit status: 0 everything is as it should be, 1 a step failed or an error.
    """
    composition: Composition = context.obj
    aws = _management(composition, config, profile)
    if undo and not dry_run and not yes:
        _ask(composition, aws, as_json=as_json)
    reports = _shown(composition, (run.undo if undo else run.do)(aws, dry_run=dry_run), as_json=as_json)
    failed = any(report.state is State.FAILED for report in reports)
    if as_json:
        steps = [report.as_document() for report in reports]
        found = {"version": 1, "undo": undo, "dry_run": dry_run, "failed": failed, "steps": steps}
        typer.echo(json.dumps(found, indent=2))
    elif not failed:
        composition.out.print(Text(_end(undo=undo, dry_run=dry_run)), soft_wrap=True)
    raise typer.Exit(int(failed))


def _management(composition: Composition, config: str, profile: str | None) -> Management:
    settings = load(composition.root, config, today=composition.clock.now().date()).settings
    login = composition.login(settings, profile=profile)
    if login.position is not Position.MANAGEMENT:
        raise CommandError(
            f"these are credentials of the hub account {settings.hub}",
            fix="only the management account can grant what Rollcall needs: use credentials of account "
            f"{settings.management}, for example with --profile",
        )
    return Management(
        settings=settings,
        organizations=login.client("organizations"),
        cloudformation=login.client("cloudformation"),
        clock=composition.clock,
    )


def _ask(composition: Composition, aws: Management, *, as_json: bool) -> None:
    """Show what would be removed; typer.Exit if that is nothing or the answer is no."""
    if as_json:
        raise CommandError("with --json nobody can be asked", fix="add --yes, or --dry-run to look first")
    found = list(run.undo(aws, dry_run=True))
    removed = [report for report in found if report.state is State.WOULD]
    if not removed:
        _shown(composition, found, as_json=False)
        raise typer.Exit(int(any(report.state is State.FAILED for report in found)))
    composition.out.print(Text("This will be removed:"))
    for report in removed:
        composition.out.print(Text(f"  {report.title}\n    $ {report.command}"), soft_wrap=True)
    composition.out.print(Text("Until it is set up again, Rollcall reads and writes no contact of a member."))
    if not typer.confirm("Remove it?"):
        composition.out.print(Text("Nothing was changed."))
        raise typer.Exit


def _shown(composition: Composition, reports: Iterable[Report], *, as_json: bool) -> list[Report]:
    """Every report, each shown as soon as it is there."""
    shown = []
    for report in reports:
        shown.append(report)
        if as_json:
            continue
        state = Text(f"{report.state}: ", style=_STYLES[report.state])
        composition.out.print(Text.assemble(state, report.title), soft_wrap=True)
        if report.command:
            composition.out.print(Text(f"  $ {report.command}"), soft_wrap=True)
        composition.out.print(Text(f"  seen: {report.seen}"), soft_wrap=True)
        if report.fix:
            composition.out.print(Text.assemble("  ", ("fix: ", "bold"), report.fix), soft_wrap=True)
    return shown


def _end(*, undo: bool, dry_run: bool) -> str:
    if dry_run:
        return "Nothing was changed."
    if undo:
        return "The organization no longer gives the hub anything, except for what was left alone."
    return "The organization is ready. `rollcall doctor` looks at the rest."
