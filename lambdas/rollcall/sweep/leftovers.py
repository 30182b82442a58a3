"""Intents that no message comes back for: a sweep finishes them, whoever left them open."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.errors import RetryableError
from rollcall.recover import recover
from rollcall.telling import count_reverts, forget, gathered_by, incident_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.account import Account
    from rollcall.ports import Delivery, Ports


def finish_leftovers(delivery: Delivery, ports: Ports, *, go_on: Callable[[], bool]) -> int:
    """Finish open intents whose workers are long gone; returns of how many accounts.

    An account that AWS is too busy for is left to the next sweep. RetryableError if the open intents could
    not be listed.
    """
    stale = ports.state.stale_intents(ports.clock.now())
    accounts = sorted({intent.signal.account_id for intent in stale})
    done = 0
    for account_id in accounts:
        if not go_on():
            break
        with suppress(RetryableError):
            _finish(account_id, delivery, ports)
            done += 1
    return done


def _finish(account_id: str, delivery: Delivery, ports: Ports) -> None:
    for signal, acted in recover(account_id, delivery, ports):
        incident = incident_of(signal, _known(account_id, ports), [acted])
        count_reverts(signal, [acted], ports)
        incident = replace(
            incident,
            opened=ports.state.opened(incident.id),
            gathered_by=gathered_by(incident.id, ports),
        )
        ports.bus.publish(incident, ports.clock.now())
        forget([acted], ports)


def _known(account_id: str, ports: Ports) -> Account | None:
    """The account for a message to people: its name and place are worth a question, not a failure."""
    with suppress(RetryableError):
        return ports.organization.account(account_id, with_tags=False)
    return None
