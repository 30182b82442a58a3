"""A drill at the terminal and as JSON: a timeline of each edit, and what failed. No personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from rollcall_cli.drill.timeline import StepState, describe_time
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_cli.drill.run import DrillResult
    from rollcall_cli.drill.timeline import DrillStep

_STYLES = {StepState.PASSED: "green", StepState.FAILED: "red", StepState.WAITING: "red"}


def render(result: DrillResult) -> Iterator[Text]:
    """Yield the lines."""
    place = "centrally" if result.central else "in the account"
    yield Text(f"Drill of {result.account_id}, edits made {place}")
    for made, steps in result.edits:
        yield Text(f"{made.edit.kind} {made.edit.change}, incident {made.incident_id}")
        for step in steps:
            detail = f"  {step.detail}" if step.detail else ""
            style = _STYLES.get(step.state, "dim")
            yield Text.assemble(f"  {step.name:16} ", (f"{describe_time(step):>16}", style), clean(detail))
    for kind in result.restored:
        yield Text(f"The drill itself restored the {kind} contact.")
    if result.failure is None:
        yield Text.assemble(("Passed", "green"), ": every step was seen.")
        return
    yield Text.assemble(
        ("Failed", "red"),
        f": {result.failure.step}: {clean(result.failure.reason)}",
        f"\nfix: {result.failure.fix}",
    )


def build_document(result: DrillResult) -> Mapping[str, Any]:
    """The JSON form, version 1, without personal data."""
    failure = result.failure
    return {
        "version": 1,
        "account_id": result.account_id,
        "central": result.central,
        "passed": failure is None,
        "failed": failure and {"step": failure.step, "reason": failure.reason, "fix": failure.fix},
        "restored_by_drill": [str(kind) for kind in result.restored],
        "edits": [
            {
                "kind": str(made.edit.kind),
                "change": made.edit.change,
                "incident_id": made.incident_id,
                "request_id": made.request_id,
                "steps": _list_steps(steps),
            }
            for made, steps in result.edits
        ],
        "questions": list(result.questions),
    }


def _list_steps(steps: Sequence[DrillStep]) -> list[dict[str, Any]]:
    return [
        {"step": step.name, "state": str(step.state), "seconds": step.seconds, "detail": step.detail}
        for step in steps
    ]
