"""How far a long command is: a bar with rate and time left, for a person at a terminal only."""

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
    """Steps a second, once that can be told."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


@contextmanager
def bar(console: Console, clock: Clock, what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields what is to be told how many steps are done, of how many."""
    with bars(console, clock, what) as tell:
        yield lambda done, all_: tell(what, done, all_)


@contextmanager
def bars(console: Console, clock: Clock, what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Yields what is to be told what is done now, how many steps, of how many (0: nobody counts them)."""
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

        def tell(now: str, done: int, all_: int) -> None:
            # What was done in one step says nothing of the speed of the next.
            if progress.tasks[0].description != now:
                progress.reset(task, description=now)
            progress.update(task, completed=done, total=all_ or None)

        yield tell
