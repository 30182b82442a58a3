"""A planned change beside what is found later: whether it still fits, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.act import Acted
from rollcall.observation import Present
from rollcall.outcomes import Outcome
from rollcall.plan import Verdict
from rollcall.sweep.records import Result, target_document

if TYPE_CHECKING:
    from rollcall.demands import Target
    from rollcall.observation import Observation
    from rollcall.sweep.records import PlannedChange


def outcome_of(planned: PlannedChange, verdict: Verdict, reason: str) -> Outcome:
    """What became of a planned change."""
    return Outcome(
        verdict=verdict, reason=reason, kind=planned.kind, found=planned.found, wanted=planned.wanted
    )


def skipped(planned: PlannedChange, reason: str) -> Acted:
    """Nothing was done, for this reason."""
    return Acted(outcome=outcome_of(planned, Verdict.SKIPPED, reason))


def result_of(planned: PlannedChange, outcome: Outcome) -> Result:
    """The same, as the run stores it."""
    return Result(
        account_id=planned.account_id,
        kind=planned.kind,
        verdict=outcome.verdict,
        reason=outcome.reason,
        intent_id=outcome.intent_id,
        verified=outcome.verified,
    )


def same_observation(found: Observation, planned: Observation) -> bool:
    """Whether what is there is still what was there when the plan was made."""
    if isinstance(found, Present) and isinstance(planned, Present):
        return found.contact.same_as(planned.contact)
    return type(found) is type(planned)


def same_target(wanted: Target, planned: Target) -> bool:
    """The same values; which entry of the roster they come from does not matter."""
    return bool(target_document(wanted)["contact"] == target_document(planned)["contact"])
