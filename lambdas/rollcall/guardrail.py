"""Whether an event about a policy may be about the guardrail: people are told of nobody else's policies."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollcall.errors import RetryableError
from rollcall.names import GUARDRAIL_NAME
from rollcall.outcomes import Outcome
from rollcall.plan import Verdict
from rollcall.signals import Cause
from rollcall.watch import BY_NAME

if TYPE_CHECKING:
    from rollcall.ports import Organization
    from rollcall.signals import Signal


def not_the_guardrail(signal: Signal, organization: Organization, *, in_use: bool) -> Outcome | None:
    """The outcome of an event about a policy that is not the guardrail, None for every other event.

    `in_use` is whether there is a guardrail at all. One that is not called so any more may have been renamed
    or deleted by this very event, and one that cannot be asked for may be gone: then people are told.
    """
    if signal.cause is not Cause.WATCHED or not BY_NAME[signal.event.name].guardrail_only:
        return None
    if in_use and (signal.policy_id is None or _may_be_it(signal.policy_id, organization)):
        return None
    return Outcome(verdict=Verdict.IGNORED, reason="not the guardrail of Rollcall")


def _may_be_it(policy_id: str, organization: Organization) -> bool:
    with suppress(RetryableError):
        return organization.guardrail_id(GUARDRAIL_NAME) in (None, policy_id)
    return True
