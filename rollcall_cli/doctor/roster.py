"""Which roster is enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall_cli.doctor.facts import Seen, Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown

if TYPE_CHECKING:
    from rollcall_cli.doctor.facts import Facts

_SHORT = 12
_APPROVE = (
    "`rollcall status` shows the plan that waits, `rollcall approve DIGEST` approves it; `rollcall sweep` "
    "makes a new one"
)
_UNPAUSE = "`rollcall unpause --reason '...'`, when what it was paused for is over"


def roster(facts: Facts) -> Finding:
    """The deployed candidate is the approved roster, and nothing is paused."""
    if isinstance(facts.control, Unseen):
        return unknown(facts.control)
    control = facts.control.value
    outputs = facts.hub.value.outputs if isinstance(facts.hub, Seen) and facts.hub.value else {}
    candidate = outputs.get("CandidateDigest", facts.candidate)
    if control.paused:
        return failed("writes are paused", fix=_UNPAUSE)
    if control.approved != candidate:
        return _not_approved(control.approved, candidate, facts)
    if candidate != facts.candidate:
        return passed(
            f"approved and deployed are {candidate[:_SHORT]}; the roster in this directory is another one"
        )
    return passed(f"approved and deployed are {candidate[:_SHORT]}")


def _not_approved(approved: str | None, candidate: str, facts: Facts) -> Finding:
    if approved is not None:
        seen = f"approved is {approved[:_SHORT]}, deployed {candidate[:_SHORT]}: the approved one is enforced"
        return failed(seen, fix=_APPROVE)
    if candidate == facts.candidate and not facts.enforces:
        seen = f"{candidate[:_SHORT]} is deployed, in audit mode: nothing is written, or waits for approval"
        return passed(seen)
    return failed("no roster has been approved: nothing is enforced", fix=_APPROVE)
