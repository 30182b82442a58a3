"""From an incident to the edit that is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rollcall.bulk.records import Edit

if TYPE_CHECKING:
    from rollcall.outcomes import Incident
    from rollcall.plan import Verdict
    from rollcall.signals import Signal

#: Characters of who made an edit: a tally of many fits its item, whatever callers say of themselves.
_LONGEST: Final = 512


def edit_of(incident: Incident, signal: Signal, verdict: Verdict, now: datetime) -> Edit:
    """The edit that an incident tells of, and that ended with this verdict."""
    account = incident.account
    place = {
        "id": signal.account_id,
        "name": account.name if account else None,
        "ou": "/".join(account.ou_path) if account else None,
    }
    return Edit(
        incident_id=incident.id,
        account_id=signal.account_id,
        at=_time(signal, now),
        verdict=str(verdict),
        place=place,
        actor={name: _cut(value) for name, value in signal.actor.as_document().items()},
    )


def _cut(value: object) -> object:
    return value[:_LONGEST] if isinstance(value, str) else value


def _time(signal: Signal, now: datetime) -> datetime:
    """When it happened; now if the event does not tell, or tells of the future."""
    try:
        then = datetime.fromisoformat(signal.event.time)
    except ValueError:
        return now
    return min(then if then.tzinfo else then.replace(tzinfo=UTC), now)
