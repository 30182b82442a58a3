"""Who acts when no event does: the sweep itself, in the same words as the actor of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.actor import UNKNOWN, Actor
from rollcall.signals import Cause, EventReference, Signal

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.sweep.run import Run

SWEEP = Actor(
    principal="rollcall sweep",
    kind="sweep",
    account_id=UNKNOWN,
    role_arn=None,
    mfa=None,
    source_ip=UNKNOWN,
    user_agent=UNKNOWN,
)


def swept(account_id: str, run: Run, now: datetime) -> Signal:
    """The reason why a run looks at an account. One account is one incident in one run."""
    event = EventReference(id=run.id, name="Sweep", time=now.isoformat(), request_id=None)
    return Signal(account_id=account_id, cause=Cause.SWEPT, event=event, actor=SWEEP)


def owner(run: Run) -> str:
    """Who owns the intents of a run: only a later worker of the same execution knows the earlier one gone."""
    return f"sweep/{run.execution}"
