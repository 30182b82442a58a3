"""Which roster is enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.checks.facts import Seen, Unseen
from cli.checks.model import Finding, failed, passed, unknown

if TYPE_CHECKING:
    from cli.checks.facts import Facts

_SHORT = 12
_APPROVE = "approve the candidate with rollcall.approve.approve_candidate"


def roster(facts: Facts) -> Finding:
    """The deployed candidate is the approved roster, and nothing is paused."""
    if isinstance(facts.control, Unseen):
        return unknown(facts.control)
    control = facts.control.value
    outputs = facts.hub.value.outputs if isinstance(facts.hub, Seen) and facts.hub.value else {}
    candidate = outputs.get("CandidateDigest", facts.candidate)
    if control.paused:
        return failed("writes are paused", fix=f"`{_resume(outputs.get('StateTableName', 'STATE_TABLE'))}`")
    if control.approved is None:
        return failed("no roster has been approved: nothing is enforced", fix=_APPROVE)
    if control.approved != candidate:
        return failed(
            f"approved is {control.approved[:_SHORT]}, deployed {candidate[:_SHORT]}: the approved one is "
            "enforced",
            fix=_APPROVE,
        )
    if candidate != facts.candidate:
        return passed(
            f"approved and deployed are {candidate[:_SHORT]}; the roster in this directory is another one"
        )
    return passed(f"approved and deployed are {candidate[:_SHORT]}")


def _resume(table: str) -> str:
    key = '\'{"pk":{"S":"control"},"sk":{"S":"control"}}\''
    return f"aws dynamodb update-item --table-name {table} --key {key} --update-expression 'REMOVE paused'"
