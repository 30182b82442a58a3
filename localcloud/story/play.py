"""Plays the whole demo, prints it, and writes summary.json, alerts.jsonl and report.html."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
from localcloud.story.variants import write_configurations
from simulation.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from localcloud.composition import LocalCloud
    from localcloud.story.progress import Progress
    from localcloud.story.scene import DemoStep

_IN_SLACK = "deleted"


def play_demo(out: Path, *, console: Console, progress: Progress, verbose: bool) -> int:
    """Return 0 if every step showed what was expected, 1 if one differs, 2 if the cloud failed to start."""
    try:
        return _play(out, console=console, progress=progress, verbose=verbose)
    except (CdkError, CommandFailedError, FileExistsError, FileNotFoundError, SweepFailedError) as error:
        console.print(str(error), style="red", markup=False)
        return 2


def _play(out: Path, *, console: Console, progress: Progress, verbose: bool) -> int:
    steps: list[DemoStep] = []
    organization = make_new_organization(SystemClock())
    stage = DemoStage(out, progress.show, organization=organization)
    with stage.cloud as cloud:
        progress.show(f"the local cloud answers on {cloud.endpoint}")
        roster = stage.prepare(*write_configurations(out).values())
        give_contacts(organization, roster)
        scene = Scene(stage, roster)
        first = stage.deploy()
        for step in chapters.play(scene, first):
            steps.append(step)
            _show_alerts(step, console, verbose=verbose)
        names = ("name", "expected", "observed", "seconds", "ok")
        summary = {"steps": [{name: getattr(step, name) for name in names} for step in steps]}
        (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
        console.print(_build_table(steps))
        _show_in_slack(cloud, console)
        page = stage.fetch_report()
        lost = cloud.bridge.lost
        stray = len(cloud.mail.list_messages()) - sum(len(step.alerts) for step in steps)
        if stray or lost:
            console.print(f"[red]{stray} alerts that no step expected, undelivered: {lost}")
        progress.show("stopping the local cloud")
    console.print(
        f"Alerts: {cloud.mail.path}\nLogs of the functions: {out / 'logs'}\nReport of the last sweep: {page}"
    )
    return 0 if all(step.ok for step in steps) and not stray and not lost else 1


def _show_alerts(step: DemoStep, console: Console, *, verbose: bool) -> None:
    for alert in step.alerts:
        who = [line for line in alert["message"].splitlines() if line.startswith("Who: ")]
        for line in (alert["subject"], *who[:1]):
            console.print(f"         {line}", style="yellow", markup=False)
        if verbose:
            console.print(alert["message"], markup=False)


def _show_in_slack(cloud: LocalCloud, console: Console) -> None:
    """One alert as a person sees it."""
    message = next((m for m in cloud.slack.list_messages() if _IN_SLACK in m.text), None)
    if message:
        console.print(
            Panel(Text(render_message(message)), title="One of the alerts, in Slack", title_align="left")
        )


def _build_table(steps: list[DemoStep]) -> Table:
    table = Table("step", "expected", "observed", "seconds", "", title="Rollcall", show_lines=True)
    for number, step in enumerate(steps, start=1):
        verdict = "[green]ok[/]" if step.ok else "[red]differs[/]"
        row = f"{number}. {step.name}", step.expected, step.observed, f"{step.seconds:.2f}", verdict
        table.add_row(*row)
    return table
