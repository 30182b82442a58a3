"""`rollcall setup`: grant the hub what it needs, step by step, in the management account."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.text import Text

from rollcall_cli.aws.composition import Composition, Position
from rollcall_cli.setup import run
from rollcall_cli.setup.steps import ManagementClients, StepReport, StepResult
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.problems import CommandError
from rollcall_config.configuration import load

UndoOption = Annotated[
    bool, typer.Option("--undo", metavar="", help="Remove what this command set up, after confirmation.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", metavar="", help="Show the changes without making them.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", metavar="", help="Do not ask for confirmation with --undo.")
]

_STYLES = {
    StepResult.ALREADY: "green",
    StepResult.DONE: "green",
    StepResult.WOULD: "yellow",
    StepResult.KEPT: "yellow",
    StepResult.FAILED: "red",
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
    """Grant the hub what it needs: trusted access and delegated administrators.

    Needs credentials of the management account. Each step is shown with the equivalent AWS CLI command.
    Completed steps are skipped, so the command can be repeated at any time.

    Exit status: 0 every step is completed, 1 a step failed, --undo was declined, or an error.
    """
    composition: Composition = context.obj
    aws = _connect(composition, config, profile)
    if undo and not dry_run and not yes:
        _ask(composition, aws, as_json=as_json)
    reports = _show(composition, (run.undo if undo else run.set_up)(aws, dry_run=dry_run), as_json=as_json)
    failed = any(report.state is StepResult.FAILED for report in reports)
    if as_json:
        steps = [report.as_document() for report in reports]
        found = {"version": 1, "undo": undo, "dry_run": dry_run, "failed": failed, "steps": steps}
        typer.echo(json.dumps(found, indent=2))
    elif not failed:
        composition.out.print(Text(_format_end(undo=undo, dry_run=dry_run)), soft_wrap=True)
    raise typer.Exit(int(failed))


def _connect(composition: Composition, config: str, profile: str | None) -> ManagementClients:
    settings = load(composition.root, config, today=composition.clock.now().date()).settings
    login = composition.log_in(settings, profile=profile)
    if login.position is not Position.MANAGEMENT:
        raise CommandError(
            f"these are credentials of the hub account {settings.hub}",
            fix=f"use credentials of the management account {settings.management} (--profile NAME): "
            "only it can grant what Rollcall needs",
        )
    return ManagementClients(
        settings=settings,
        organizations=login.client("organizations"),
        cloudformation=login.client("cloudformation"),
        clock=composition.clock,
    )


def _ask(composition: Composition, aws: ManagementClients, *, as_json: bool) -> None:
    """Show what would be removed and ask; typer.Exit if nothing is, or if the answer is no."""
    if as_json:
        raise CommandError(
            "--undo --json cannot ask for confirmation", fix="add --yes, or --dry-run to preview"
        )
    found = list(run.undo(aws, dry_run=True))
    removed = [report for report in found if report.state is StepResult.WOULD]
    if not removed:
        _show(composition, found, as_json=False)
        raise typer.Exit(int(any(report.state is StepResult.FAILED for report in found)))
    composition.out.print(Text("To be removed:"))
    for report in removed:
        composition.out.print(Text(f"  {report.title}\n    $ {report.command}"), soft_wrap=True)
    composition.out.print(
        Text("Until it is set up again, Rollcall cannot read or write contacts of member accounts.")
    )
    if not typer.confirm("Remove all of this?"):
        composition.out.print(Text("Nothing changed."))
        raise typer.Exit(1)


def _show(composition: Composition, reports: Iterable[StepReport], *, as_json: bool) -> list[StepReport]:
    """Show each report as soon as it arrives; returns all."""
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


def _format_end(*, undo: bool, dry_run: bool) -> str:
    if dry_run:
        return "Nothing changed."
    if undo:
        return "Removed. Steps marked as kept are still in place."
    return "The organization is ready. `rollcall doctor` checks the rest."
