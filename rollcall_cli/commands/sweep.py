"""`rollcall sweep`: check every account now."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.sweep.run import Ending, Run
from rollcall_cli.aws.composition import Composition
from rollcall_cli.aws.hub import SWEEP, Hub, connect_to_hub
from rollcall_cli.status import runs
from rollcall_cli.status.executions import make_execution_arn, run_command
from rollcall_cli.status.runs import follow
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.formatting import format_rows
from rollcall_cli.text.problems import INTERRUPTED, CommandError
from rollcall_cli.text.progress import show_bars

_NEEDS_A_PERSON = 2
_STATUS = {
    Ending.FAILED: 1,
    Ending.ALTERED: 1,
    Ending.PENDING: _NEEDS_A_PERSON,
    Ending.PAUSED: _NEEDS_A_PERSON,
}

FollowOption = Annotated[
    bool, typer.Option("--follow", metavar="", help="Wait until it ends, and show the result.")
]


def sweep(
    context: typer.Context,
    *,
    follow_it: FollowOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start a sweep: it checks every account, and corrects, alerts or asks for approval of what differs.

    Needs the role rollcall-operator of the hub. A running sweep finishes first.

    Exit status: 0 started, or with --follow succeeded; 2 it ended and needs a person (a plan is pending
    approval, or writes are paused); 1 it failed, or an error.
    """
    composition: Composition = context.obj
    hub = connect_to_hub(composition, config=config, profile=profile)
    name = str(run_command(hub, "sweep")["execution"])
    if not as_json:
        composition.out.print(Text(f"Started {name}."), soft_wrap=True)
    if not follow_it:
        if as_json:
            _print_json(name, None)
        else:
            composition.out.print(Text("`rollcall status` shows the progress."))
        return
    try:
        with _show_progress(composition) as update:
            run = follow(hub, make_execution_arn(hub.outputs[SWEEP], name), name, update=update)
    except KeyboardInterrupt:
        raise CommandError(
            "interrupted", fix="the sweep continues: `rollcall status` shows the progress", status=INTERRUPTED
        ) from None
    raise typer.Exit(_show_end(composition, hub, run, name=name, as_json=as_json))


@contextmanager
def _show_progress(composition: Composition) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal, and a line for each step elsewhere."""
    shown = ""

    def update(what: str, done: int, all_: int) -> None:
        nonlocal shown
        if not composition.err.is_terminal and what != shown:
            composition.err.print(Text(what), soft_wrap=True)
        shown = what
        show(what, done, all_)

    with show_bars(composition.err, composition.clock, "starting") as show:
        yield update


def _show_end(composition: Composition, hub: Hub, run: Run | None, *, name: str, as_json: bool) -> int:
    if run is None:
        raise CommandError(
            "the sweep failed before it began", fix="the logs of the function sweep show the cause"
        )
    last = hub.sweeps.find_last()
    ending = run.ending or Ending.FAILED
    if last is not None and last["run"] == run.id:
        ending = Ending(last["ending"])
        lines = [Text(f"Run {run.id}"), *format_rows(runs.summarise_run(last))]
    else:  # no account was read: it was superseded, or there was nothing new
        last = None
        lines = [Text(f"Run {run.id} ended: {ending}.")]
    if as_json:
        _print_json(name, {"id": run.id, "ending": ending, "summary": last})
    else:
        for line in lines:
            composition.out.print(line, soft_wrap=True)
    return _STATUS.get(ending, 0)


def _print_json(execution: str, run: dict[str, Any] | None) -> None:
    typer.echo(json.dumps({"version": 1, "execution": execution, "run": run}, indent=2))
