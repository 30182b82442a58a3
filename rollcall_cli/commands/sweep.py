"""`rollcall sweep`: look at every account now."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.text import Text

from rollcall.sweep.run import Ending, Run, Trigger
from rollcall_cli.aws.composition import Composition
from rollcall_cli.status import summary
from rollcall_cli.status.hub import SWEEP, Hub, reach
from rollcall_cli.status.machine import start
from rollcall_cli.status.rows import rows
from rollcall_cli.status.watch import watch
from rollcall_cli.text.arguments import ConfigOption, ProfileOption
from rollcall_cli.text.problems import INTERRUPTED, CommandError
from rollcall_cli.text.progress import bars

_WAITS_FOR_A_PERSON = 2
_STATUS = {Ending.FAILED: 1, Ending.HELD: _WAITS_FOR_A_PERSON, Ending.PAUSED: _WAITS_FOR_A_PERSON}

WatchOption = Annotated[
    bool, typer.Option("--watch", metavar="", help="Wait until it ends, and show what came of it.")
]


def sweep(
    context: typer.Context,
    *,
    watch_it: WatchOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Start a sweep: every account is looked at, and what differs is set right, told or held.

    Needs the role rollcall-operator of the hub. A sweep that is under way goes first.

    Exit status: 0 started, or with --watch ended well; 2 it ended and waits for a person (a plan is held, or
    writes are paused); 1 it failed, or an error.
    """
    composition: Composition = context.obj
    hub = reach(composition, config=config, profile=profile)
    asked = {"trigger": str(Trigger.OPERATOR), "by": hub.caller, "plan": None}
    arn, name = start(hub, SWEEP, "operator", asked)
    composition.out.print(Text(f"Started {name}."), soft_wrap=True)
    if not watch_it:
        composition.out.print(Text("`rollcall status` shows how it goes."))
        return
    try:
        with _telling(composition) as tell:
            run = watch(hub, arn, name, tell=tell)
    except KeyboardInterrupt:
        raise CommandError(
            "interrupted", fix="the sweep goes on: `rollcall status` shows how", status=INTERRUPTED
        ) from None
    raise typer.Exit(_end(composition, hub, run))


@contextmanager
def _telling(composition: Composition) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, elsewhere a line for each step."""
    told = ""

    def tell(what: str, done: int, all_: int) -> None:
        nonlocal told
        if not composition.err.is_terminal and what != told:
            composition.err.print(Text(what), soft_wrap=True)
        told = what
        show(what, done, all_)

    with bars(composition.err, composition.clock, "begin") as show:
        yield tell


def _end(composition: Composition, hub: Hub, run: Run | None) -> int:
    last = hub.sweeps.find_last()
    if run is None:
        raise CommandError("the sweep failed before it began", fix="the logs of the function sweep say why")
    if last is None or last["run"] != run.id:
        # Nothing was looked at: it was superseded, or there was nothing new.
        composition.out.print(Text(f"Run {run.id} ended: {run.ending or Ending.FAILED}."))
        return _STATUS.get(run.ending or Ending.FAILED, 0)
    composition.out.print(Text(f"Run {run.id}"))
    for line in rows(summary.lines(last)):
        composition.out.print(line, soft_wrap=True)
    return _STATUS.get(Ending(last["ending"]), 0)
