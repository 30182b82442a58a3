"""CreateAccount, which is asynchronous."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulation.caller import Caller
from simulation.errors import ApiError
from simulation.organization import SimulatedOrganization
from simulation.organizations_reads import add_tags
from simulation.paging import page
from simulation.service_events import Background, ServiceEvent, build_joined


@dataclass(slots=True, kw_only=True)
class Creation:
    """One request to create an account; mutable until it ends as SUCCEEDED or FAILED."""

    id: str
    name: str
    email: str
    tags: dict[str, str]
    requested_at: datetime
    due: datetime
    account_id: str | None = None
    failure: str | None = None
    ended: bool = False

    def status(self) -> dict[str, Any]:
        """The present CreateAccountStatus structure."""
        state = "FAILED" if self.failure else "SUCCEEDED" if self.ended else "IN_PROGRESS"
        members = {
            "Id": self.id,
            "AccountName": self.name,
            "State": state,
            "RequestedTimestamp": self.requested_at,
            "CompletedTimestamp": self.due if self.ended else None,
            "AccountId": self.account_id,
            "FailureReason": self.failure,
        }
        return {name: value for name, value in members.items() if value is not None}


class AccountFactory:
    """Creates accounts `seconds` after they were asked for, first come first served."""

    def __init__(self, organization: SimulatedOrganization, background: Background, seconds: float) -> None:
        self._organization = organization
        self._background = background
        self._seconds = seconds
        self._requests: dict[str, Creation] = {}

    def start(self, params: Mapping[str, Any], _: Caller) -> dict[str, Any]:
        """Answer CreateAccount: IN_PROGRESS, without an account id."""
        now = self._organization.clock.now()
        creation = Creation(
            id=f"car-{self._organization.ids.make_suffix(32)}",
            name=params["AccountName"],
            email=params["Email"],
            tags=add_tags({}, params.get("Tags", ())),
            requested_at=now,
            due=now + timedelta(seconds=self._seconds),
        )
        self._requests[creation.id] = creation
        self._background.schedule(creation.due, lambda _: self._finish(creation))
        return {"CreateAccountStatus": creation.status()}

    def describe(self, params: Mapping[str, Any], _: Caller) -> dict[str, Any]:
        """Answer DescribeCreateAccountStatus; raises CreateAccountStatusNotFoundException."""
        creation = self._requests.get(params["CreateAccountRequestId"])
        if creation is None:
            message = "You specified a create account request that doesn't exist."
            raise ApiError("CreateAccountStatusNotFoundException", message)
        return {"CreateAccountStatus": creation.status()}

    def list_all(self, params: Mapping[str, Any], _: Caller) -> dict[str, Any]:
        """Answer ListCreateAccountStatus."""
        states = params.get("States") or ("IN_PROGRESS", "SUCCEEDED", "FAILED")
        known = {key: one.status() for key, one in self._requests.items() if one.status()["State"] in states}
        return page(known, params, "CreateAccountStatuses", lambda item: known[item])

    def _finish(self, creation: Creation) -> list[ServiceEvent]:
        """The account appears in the root, with management's primary contact in its own name, no others."""
        creation.ended = True
        if creation.email.lower() in self._organization.emails:
            creation.failure = "EMAIL_ALREADY_EXISTS"
        else:
            account = self._organization.add_account(name=creation.name, email=creation.email)
            account.created_at = account.joined_at = creation.due
            account.tags.update(creation.tags)
            creation.account_id = account.id
        details = {"CreateAccountStatus": creation.status()}
        events = [ServiceEvent(name="CreateAccountResult", at=creation.due, details=details)]
        if creation.account_id:
            events.append(build_joined(creation.account_id, "Created", creation.due))
        return events
