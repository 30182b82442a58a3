"""Runs of the sweep: follow one until it ends, and summarise what it found and did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.outcomes.verdicts import OUT_OF_SCOPE, RIGHT
from rollcall.report.summary import format_percent
from rollcall.sweep.run import Run, Step
from rollcall_cli.status.executions import MachineExecution, describe_execution
from rollcall_cli.text.formatting import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rollcall_cli.aws.hub import Hub


def count_coverage(summary: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many contacts were compliant at the end, and how many the roster manages."""
    contacts: Mapping[str, int] = summary["contacts"]
    managed = sum(number for name, number in contacts.items() if name not in OUT_OF_SCOPE)
    return sum(contacts.get(name, 0) for name in RIGHT), managed


def summarise_run(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield label and text."""
    compliant, managed = count_coverage(summary)
    ended = f"{summary['ended_at'][:16].replace('T', ' ')}Z"
    share = format_percent(compliant / managed) if managed else ""
    yield "ended", f"{summary['ending'].replace('-', ' ')}, {ended}"
    by = f" by {summary['by']}" if summary["by"] else ""
    yield "started", f"{summary['trigger']}{by}"
    yield "accounts", f"{summary['accounts']}, {summary['active']} active"
    # As of the end of this run: later changes are not in any sweep yet.
    seen = f"{compliant} of {managed} contacts ({share}) were compliant at {ended}"
    yield "coverage", seen if managed else "no contact was counted"
    found = {name: number for name, number in summary["contacts"].items() if number}
    yield "contacts", ", ".join(f"{number} {name}" for name, number in found.items()) or "none"
    if summary["drift"]:
        yield "drift", f"{count(summary['drift'], 'change')} found by the sweep only"
        yield "suspect", f"forwarders of {', '.join(summary['suspects'])}: `rollcall doctor`"
    if summary["lost_roles"]:
        yield "roles", f"no longer usable in {', '.join(summary['lost_roles'])}: `rollcall doctor`"
    for plan in summary["pending"]:
        yield "pending", f"plan {plan}"
    for step, reason in summary["failed"].items():
        yield "failed", f"{step}: {reason}"


#: Seconds between reads: a step takes minutes.
_EVERY: Final = 5.0
_COUNTED: Final = frozenset({Step.OBSERVE, Step.APPLY})
#: What a run does now.
STEPS: Final = {
    Step.WAIT: "waiting for another run",
    Step.PREPARE: "listing accounts",
    Step.OBSERVE: "reading contacts",
    Step.GATE: "comparing the changes with the limits",
    Step.APPROVE: "putting the roster into force",
    Step.SETTLE: "waiting for events that are late",
    Step.APPLY: "setting contacts",
    Step.REPORT: "writing the report",
    Step.END: "ending",
}


def follow(hub: Hub, arn: str, name: str, *, update: Callable[[str, int, int], None]) -> Run | None:
    """Wait for the end of an execution; returns its run, None if it failed before the run began.

    `update` gets the current step, how much of it is done, and of how many (0 if that is not counted).
    """
    run: Run | None = None
    while True:
        found = describe_execution(hub, arn)
        if not found.running:
            return _parse_end(found, run)
        current = hub.sweeps.find_current(hub.clock.now())
        if current is not None and current.execution != name:
            update(f"waiting for the run {current.id}", 0, 0)
        elif current is not None:
            run = current
            update(*measure_progress(current))
        hub.clock.sleep(_EVERY)


def measure_progress(run: Run) -> tuple[str, int, int]:
    """Return the current step of a run, how much of it is done, and of how many (0: not counted)."""
    step = STEPS[run.next]
    if run.next not in _COUNTED:
        return step, 0, 0
    total = run.plan.changes if run.next is Step.APPLY and run.plan else run.accounts
    return step, run.cursor, total


def _parse_end(found: MachineExecution, last: Run | None) -> Run | None:
    if found.status == "SUCCEEDED":
        return Run.from_document(found.output)
    # A machine that failed has no output: the run that was read last names it.
    return last
