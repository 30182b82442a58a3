"""Tell what came of an event on an account, and only then forget the intents that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.outcomes import Incident, incident_id
from rollcall.signals import Ignored, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.account import Account
    from rollcall.act import Acted
    from rollcall.ports import Ports


def incident_of(signal: Signal | Ignored, account: Account | None, acted: Sequence[Acted]) -> Incident:
    """The incident that gathers what was done because of one event."""
    known = signal if isinstance(signal, Signal) else None
    return Incident(
        id=incident_id(event=signal.event, signal=known),
        event=signal.event,
        signal=known,
        account=account,
        outcomes=tuple(item.outcome for item in acted),
    )


def forget(acted: Sequence[Acted], ports: Ports) -> None:
    """Close the intents whose outcomes were published: a crash before this tells twice, never not at all."""
    for item in acted:
        if item.intent is not None:
            ports.state.close_intent(item.intent, claimable=item.claimable, at=ports.clock.now())
