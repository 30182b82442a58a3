"""Work that Organizations does after a call was answered, and its service events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Literal

from simulation.accounts import OrganizationalUnit, SimulatedAccount
from simulation.clock import format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """An "AWS Service Event via CloudTrail" of the management account; `details` in API spelling."""

    name: str
    at: datetime
    details: Mapping[str, Any]
    source: str = "organizations.amazonaws.com"


def build_managed(
    name: Literal["CreateManagedAccount", "UpdateManagedAccount"],
    account: SimulatedAccount,
    unit: OrganizationalUnit,
    at: datetime,
) -> ServiceEvent:
    """A lifecycle event of AWS Control Tower, in the management account.

    Source: Control Tower user guide, "Lifecycle events in AWS Control Tower".
    """
    done = "created" if name.startswith("Create") else "updated"
    status = {
        "OrganizationalUnit": {"OrganizationalUnitName": unit.name, "OrganizationalUnitId": unit.id},
        "Account": {"AccountName": account.name, "AccountId": account.id},
        "State": "SUCCEEDED",
        "Message": f"AWS Control Tower successfully {done} a managed account.",
        "RequestedTimestamp": f"{at:%Y-%m-%dT%H:%M:%S+0000}",
        "CompletedTimestamp": f"{at:%Y-%m-%dT%H:%M:%S+0000}",
    }
    details = {f"{name}Status": status}
    return ServiceEvent(name=name, at=at, details=details, source="controltower.amazonaws.com")


def build_joined(account_id: str, how: Literal["Created", "Invited"], at: datetime) -> ServiceEvent:
    """AccountJoinedOrganization. Published in May 2026 without its JSON: position and value case are a guess.

    The API reference names the same values in capitals.
    """
    details = {"AccountId": account_id, "JoinedMethod": how, "JoinedTime": format_time(at)}
    return ServiceEvent(name="AccountJoinedOrganization", at=at, details=details)


def build_departed(account_id: str, how: Literal["Left", "Removed"], at: datetime) -> ServiceEvent:
    """AccountDepartedOrganization; a guess as `joined` is.

    AWS's documents disagree on departedMethod and departureMethod.
    """
    details = {"AccountId": account_id, "DepartedMethod": how, "DepartedTime": format_time(at)}
    return ServiceEvent(name="AccountDepartedOrganization", at=at, details=details)


Work = Callable[[datetime], list[ServiceEvent]]


class Background:
    """Work that is due at a later moment, or right after the call that asked for it."""

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, Work]] = []
        self._queued = 0

    def schedule(self, due: datetime, work: Work) -> None:
        """Do `work(due)` when its time has come; work of one moment is done in the order of asking."""
        self._queued += 1
        heappush(self._queue, (due, self._queued, work))

    def announce(self, event: ServiceEvent) -> None:
        """Send a service event after the event of the call that caused it."""
        self.schedule(event.at, lambda _: [event])

    def find_next_due(self) -> datetime | None:
        """When the next work is due; None when there is none."""
        return self._queue[0][0] if self._queue else None

    def finish_due(self, now: datetime) -> list[ServiceEvent]:
        """Do all work that is due; returns the service events to send."""
        events = []
        while self._queue and self._queue[0][0] <= now:
            due, _, work = heappop(self._queue)
            events += work(due)
        return events
