"""`python -m localcloud.demo`: shows Rollcall at work on this machine, without an AWS account.

Exits 0 if every step showed what was expected, 1 if one differs, 2 if the local cloud could not be set up.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "lambdas"))

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from localcloud.slack.reading import render_message
from localcloud.story import chapters
from localcloud.story.cdk import CdkError
from localcloud.story.scene import Scene
from localcloud.story.seeds import give_contacts, make_new_organization
from localcloud.story.shell import CommandFailedError
from localcloud.story.stage import DemoStage
from localcloud.story.sweeps import SweepFailedError
from simulation.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.composition import LocalCloud
    from localcloud.story.scene import DemoStep

_SHOWN = "deleted"
_console = Console(highlight=False)
if not _console.is_terminal:
    _console.width = 120  # a log file has room


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; it writes summary.json, alerts.jsonl and report.html into the output directory."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="default: %(default)s")
    parser.add_argument("--verbose", action="store_true", help="print each alert in full")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(options.out.resolve(), verbose=options.verbose)
    except KeyboardInterrupt:
        _console.print("stopped")
        return 130
    except (CdkError, CommandFailedError, FileExistsError, FileNotFoundError, SweepFailedError) as error:
        _console.print(str(error), style="red", markup=False)
        return 2


def _run(out: Path, *, verbose: bool) -> int:
    started = time.monotonic()

    def show(what: str) -> None:
        _console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {what}")

    steps: list[DemoStep] = []
    organization = make_new_organization(SystemClock())
    stage = DemoStage(out, show, organization=organization)
    with stage.cloud as cloud:
        show(f"the local cloud answers on {cloud.endpoint}")
        roster = stage.prepare()
        give_contacts(organization, roster)
        chapters.prepare(stage)
        scene = Scene(stage, roster)
        first = stage.deploy()
        for step in chapters.play(scene, first):
            steps.append(step)
            _show(step, verbose=verbose)
        names = ("name", "expected", "observed", "seconds", "ok")
        summary = {"steps": [{name: getattr(step, name) for name in names} for step in steps]}
        (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        _console.print(_build_table(steps))
        _show_in_slack(cloud)
        page = stage.fetch_report()
        lost = cloud.bridge.lost
        stray = len(cloud.mail.list_messages()) - sum(len(step.alerts) for step in steps)
        if stray or lost:
            _console.print(f"[red]{stray} alerts that no step expected, undelivered: {lost}")
        show(f"alerts are in {cloud.mail.path}, the functions' logs in {out / 'logs'}")
        show(f"the report of the last sweep is {page}")
    return 0 if all(step.ok for step in steps) and not stray and not lost else 1


def _show(step: DemoStep, *, verbose: bool) -> None:
    for alert in step.alerts:
        who = [line.strip() for line in alert["message"].splitlines() if line.startswith("  Who")]
        for line in (alert["subject"], *who[:1]):
            _console.print(f"         {line}", style="yellow", markup=False)
        if verbose:
            _console.print(alert["message"], markup=False)


def _show_in_slack(cloud: LocalCloud) -> None:
    """One alert as a person sees it."""
    message = next((m for m in cloud.slack.list_messages() if _SHOWN in m.text), None)
    if message:
        _console.print(
            Panel(Text(render_message(message)), title="One of the alerts, in Slack", title_align="left")
        )


def _build_table(steps: list[DemoStep]) -> Table:
    table = Table("step", "expected", "observed", "seconds", "", title="Rollcall", show_lines=True)
    for number, step in enumerate(steps, start=1):
        verdict = "[green]ok[/]" if step.ok else "[red]differs[/]"
        row = f"{number}. {step.name}", step.expected, step.observed, f"{step.seconds:.2f}", verdict
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main())
