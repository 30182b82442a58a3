"""What the core asks of the world. Adapters over AWS and the fakes of the tests both answer to these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.decide.intent import Intent
    from rollcall.model.account import Account
    from rollcall.model.contact import Contact, ContactKind
    from rollcall.model.desired import Observation
    from rollcall.outcomes.notices import Notice
    from rollcall.outcomes.outcome import Incident, Outcome


class Clock(Protocol):
    """Time, handed in so that tests can own it."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Organization(Protocol):
    """AWS Organizations, read only."""

    def get_account(self, account_id: str, *, with_tags: bool) -> Account | None:
        """The account as it is now, None if the organization has no such account.

        RetryableError if AWS could not be asked.
        """

    def find_guardrail(self, name: str) -> str | None:
        """Id of the service control policy of this name, None without one; RetryableError as above."""

    def find_unit(self, names: Sequence[str]) -> str | None:
        """Id of the OU at this path of names; RetryableError if AWS could not be asked."""

    def get_unit_path(self, ou_id: str) -> Sequence[str] | None:
        """Names from below the root to a unit, None if there is none; RetryableError as above."""

    def list_accounts_below(self, ou_id: str, *, most: int) -> Sequence[str]:
        """Ids of accounts below an OU, at most so many; empty if there is no such unit."""


class AccountApi(Protocol):
    """The alternate contacts of the accounts of the organization."""

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""

    def put(self, account_id: str, kind: ContactKind, contact: Contact) -> str:
        """Set a contact; returns the request id that CloudTrail will show.

        WriteRefusedError if AWS refuses for good; RetryableError if it is unknown whether it was written.
        """

    def delete(self, account_id: str, kind: ContactKind) -> str:
        """Delete a contact; returns and raises as `put`."""


class Ledger(Protocol):
    """The write-once record."""

    def record_intent(self, intent: Intent) -> None:
        """Record an intent; RecordRefusedError if it was not taken."""

    def record_outcome(self, intent: Intent, outcome: Outcome, at: datetime) -> None:
        """Record the outcome of an intent, once; RecordRefusedError if it was not taken."""


class OutcomeBus(Protocol):
    """Where outcomes and incidents go."""

    def publish(self, incident: Incident, at: datetime) -> None:
        """Publish the outcomes, and the incident if somebody is to be told; RetryableError if not taken."""

    def publish_notice(self, notice: Notice, at: datetime) -> None:
        """Publish a notice; RetryableError if not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One receive of a queue message; `receives` counts from 1."""

    message_id: str
    receives: int = 1
