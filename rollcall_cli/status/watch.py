"""Watch a sweep until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollcall.sweep.run import Run, Step
from rollcall_cli.status.machine import Execution, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall_cli.status.hub import Hub

#: Seconds between two looks: a step takes minutes.
_EVERY: Final = 5.0
_COUNTED: Final = frozenset({Step.OBSERVE, Step.APPLY})


def watch(hub: Hub, arn: str, name: str, *, tell: Callable[[str, int, int], None]) -> Run | None:
    """Wait for the end of an execution; the run as it was then, None if it never got so far.

    `tell` is given what is being done, how much of it is done, of how many (0 if that is not counted).
    """
    run: Run | None = None
    while True:
        found = look(hub, arn)
        if not found.running:
            return _ended(found, run)
        current = hub.sweeps.find_current(hub.clock.now())
        if current is not None and current.execution != name:
            tell(f"waits for the run {current.id}", 0, 0)
        elif current is not None:
            run = current
            tell(*progress_of(current))
        hub.clock.sleep(_EVERY)


def progress_of(run: Run) -> tuple[str, int, int]:
    """What a run does now, how much of it is done, of how many (0 if that is not counted)."""
    if run.next not in _COUNTED:
        return str(run.next), 0, 0
    total = run.plan.changes if run.next is Step.APPLY and run.plan else run.accounts
    return str(run.next), run.cursor, total


def _ended(found: Execution, last: Run | None) -> Run | None:
    if found.status == "SUCCEEDED":
        return Run.from_document(found.output)
    # A machine that failed hands nothing on: what was seen of the run last names it.
    return last
