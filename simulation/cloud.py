"""The services, their CloudTrail events and the boto3-shaped clients in one object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulation.account_api import AccountService
from simulation.caller import Caller
from simulation.clock import Clock
from simulation.organization import Organization
from simulation.organizations_api import OrganizationsService

Listener = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A successful answer: `body` in API spelling (timestamps are datetime) and the request's id."""

    body: dict[str, Any]
    request_id: str


class SimulatedCloud:
    """One organization in the cloud; `call` may be used from several threads."""

    def __init__(
        self,
        organization: Organization,
        clock: Clock,
        *,
        spelling: Literal["camel", "pascal"] = "camel",
        redact: bool = False,
        delivery_delay: float = 0.0,
        copies_to_target: bool = False,
        account_creation_seconds: float = 0.0,
        propagation_seconds: float = 0.0,
        region: str = "us-east-1",
        seed: int = 0,
    ) -> None:
        self.organization = organization
        self.account = AccountService(organization, propagation_seconds=propagation_seconds)
        self.organizations = OrganizationsService(
            organization, account_creation_seconds=account_creation_seconds
        )

    def subscribe(self, listener: Listener) -> None:
        """Give `listener(account_id, event)` every event, with the account on whose default bus it lands."""
        raise NotImplementedError

    def call(self, service: str, operation: str, params: Mapping[str, Any], caller: Caller) -> Response:
        """Answer one request; raises ApiError (with its request_id), NotImplementedError if not modelled."""
        raise NotImplementedError

    def pump(self) -> int:
        """Finish and deliver what has become due; the number of events delivered."""
        raise NotImplementedError

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass on the clock, delivering everything at its moment; the number of events."""
        raise NotImplementedError

    def client(self, service: str, caller: Caller) -> Any:
        """A boto3-shaped client of `service` ("account" or "organizations") for this caller."""
        raise NotImplementedError
