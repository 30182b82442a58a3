"""Virtual time: many tasks, one at a time, each asleep until its moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Callable

#: The first moment of each story, in seconds since 1970: 2026-10-05T00:00:00Z.
START: Final = 1_791_158_400.0


class Killed(BaseException):
    """The process of this task ended, whatever it was doing."""


@dataclass(eq=False, slots=True)
class Process:
    """What dies together: the tasks of one invocation of a function.

    `skew` is how far its clock is off, in seconds. `sites` counts its calls by what they call.
    """

    label: str
    skew: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    sites: dict[str, int] = field(default_factory=dict)
    dead: bool = False


@dataclass(eq=False, slots=True)
class Task:
    """One thread of a process. `turn` numbers its sleeps: those that something else ended are over."""

    process: Process
    thread: greenlet
    turn: int = 0
    done: bool = False
    waiting: list[Task] = field(default_factory=list)


class Scheduler:
    """Runs tasks and timers in the order of their moments; of equal ones the first that was asked for."""

    def __init__(self) -> None:
        self.now = START
        self._order = count()
        self._heap: list[tuple[float, int, Task | None, int, Callable[[], object] | None]] = []
        self._hub = getcurrent()
        self._current: Task | None = None

    @property
    def process(self) -> Process:
        """The process that runs now."""
        if self._current is None:
            raise RuntimeError("no task runs")
        return self._current.process

    def at(self, moment: float, work: Callable[[], object]) -> None:
        """Do this at that moment, outside of all tasks; it must not sleep."""
        heappush(self._heap, (max(moment, self.now), next(self._order), None, 0, work))

    def spawn(self, process: Process, work: Callable[[], Any]) -> Task:
        """Begin a task of the process now."""

        def run() -> None:
            try:
                work()
            except Killed:
                pass
            finally:
                task.done = True
                for waiter in task.waiting:
                    self._wake(waiter)

        task = Task(process=process, thread=greenlet(run, parent=self._hub))
        process.tasks.append(task)
        self._wake(task)
        return task

    def sleep(self, seconds: float) -> None:
        """Let others run until so many seconds have passed."""
        if self.process.dead:
            raise Killed  # whatever it still wants to do
        wake = self.now + seconds
        if not self._heap or self._heap[0][0] > wake:
            self.now = wake
            return
        self._suspend(wake)

    def join(self, task: Task) -> None:
        """Wait until another task has ended."""
        if not task.done and self._current is not None:
            task.waiting.append(self._current)
            self._suspend(None)

    def kill(self, process: Process) -> None:
        """End the process. Called by one of its own tasks, it does not return."""
        process.dead = True
        mine = None
        for task in process.tasks:
            if task is self._current:
                mine = task
            elif not task.done:
                self._end(task)
        if mine is not None:
            raise Killed

    def run(self, until: float) -> None:
        """Run until this moment, or until nothing is left to do."""
        while self._heap and self._heap[0][0] <= until:
            moment, _, task, turn, work = heappop(self._heap)
            if task is None:
                self.now = max(self.now, moment)
                if work is not None:
                    work()
            elif not task.done and task.turn == turn:
                self.now = max(self.now, moment)
                self._resume(task)
        self.now = max(self.now, until)

    def _wake(self, task: Task) -> None:
        if not task.done:
            task.turn += 1
            heappush(self._heap, (self.now, next(self._order), task, task.turn, None))

    def _suspend(self, wake: float | None) -> None:
        task = self._current
        if task is None:
            raise RuntimeError("only a task can sleep")
        task.turn += 1
        if wake is not None:
            heappush(self._heap, (wake, next(self._order), task, task.turn, None))
        self._hub.switch()

    def _resume(self, task: Task) -> None:
        self._current = task
        try:
            task.thread.switch()
        finally:
            self._current = None

    def _end(self, task: Task) -> None:
        """Throw `Killed` into a task that sleeps, and come back here."""
        if not task.thread:  # it has not begun
            task.done = True
            return
        before, self._current = self._current, task
        hub, self._hub = self._hub, getcurrent()
        task.thread.parent = getcurrent()
        try:
            task.thread.throw(Killed)
        finally:
            self._hub, self._current = hub, before
        task.done = True
