"""Which incidents are edits that count, and which are over with what was told before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rollcall.plan import Verdict
from rollcall.severity import is_told
from rollcall.signals import TAMPERING

if TYPE_CHECKING:
    from collections.abc import Collection

    from rollcall.outcomes import Incident

#: A contact that is right, or will be by itself.
_RIGHT: Final = frozenset({Verdict.SET, Verdict.UNDONE, Verdict.COMPLIANT, Verdict.SPACED})


def counts_as(incident: Incident, *, writer_roles: Collection[str], told: bool) -> Verdict | None:
    """The verdict under which an edit counts towards a bulk, None if it does not.

    Every edit counts that people are told of: also one that AWS refused, that is left in audit mode or
    that nobody can read. What waits counts if it is `told`, or if the contact is known to differ.
    Authorised changers do not count, and our own role only if it wrote what nobody recorded.
    """
    signal = incident.signal
    if signal is None or signal.cause not in TAMPERING:
        return None
    verdicts = [
        outcome.verdict
        for outcome in incident.outcomes
        if not outcome.authorised
        and (outcome.verdict is Verdict.SPACED or is_told(signal, outcome.verdict, authorised=False))
        and (outcome.verdict is not Verdict.PENDING or told or outcome.found is not None)
    ]
    if Verdict.UNRECORDED_WRITE in verdicts:
        return Verdict.UNRECORDED_WRITE
    if not verdicts or signal.actor.role_arn in writer_roles:
        return None
    return verdicts[-1]


def put_right(incident: Incident) -> bool:
    """Whether nothing is left to do: in a standoff people know of that already."""
    return all(outcome.verdict in _RIGHT for outcome in incident.outcomes)
