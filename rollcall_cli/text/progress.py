"""Progress of a long command: a bar with rate and time left, on a terminal only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import Task

    from rollcall.ports import Clock


class _Rate(ProgressColumn):
    """Steps per second, once there are enough to calculate it."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


@contextmanager
def show_bar(console: Console, clock: Clock, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show one bar; yields a function that takes how many steps are done, of how many."""
    with show_bars(console, clock, what) as update:
        yield lambda done, all_: update(what, done, all_)


@contextmanager
def show_bars(console: Console, clock: Clock, what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar that is renamed; yields a function that takes a name, steps done, and of how many.

    Of zero steps: the number is not known.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    progress = Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        get_time=lambda: clock.now().timestamp(),
    )
    with progress:
        task = progress.add_task(what, total=None)

        def update(now: str, done: int, all_: int) -> None:
            # The speed of one step says nothing about the next.
            if progress.tasks[0].description != now:
                progress.reset(task, description=now)
            progress.update(task, completed=done, total=all_ or None)

        yield update
