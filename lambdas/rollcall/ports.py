"""What the core asks of the world. Adapters over AWS and the fakes of the tests both answer to these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.intent import Answer, Intent
    from rollcall.model.account import Account
    from rollcall.model.contact import Contact, ContactKind
    from rollcall.model.desired import Observation
    from rollcall.outcomes.notices import Notice
    from rollcall.outcomes.outcome import Incident


class Clock(Protocol):
    """Time, handed in so that tests can own it."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


class Pool(Protocol):
    """Several calls in flight."""

    def map_each(
        self, work: Callable[[_Item], _Done], items: Iterable[_Item], *, go_on: Callable[[], bool]
    ) -> list[_Done]:
        """Work on the items in their order, some at the same time, as long as `go_on` says so.

        The results are of the items that were begun, in their order. What `work` raises is raised.
        """


class Organization(Protocol):
    """AWS Organizations, read only."""

    def get_account(self, account_id: str, *, with_tags: bool, recent_names: bool = False) -> Account | None:
        """The account as it is now, None if the organization has no such account.

        `recent_names`: names of OUs may be some minutes old. RetryableError if AWS could not be asked.
        """

    def list_policies(self) -> Mapping[str, str]:
        """Names of all service control policies by their ids; RetryableError as above."""

    def find_unit(self, names: Sequence[str]) -> str | None:
        """Id of the OU at this path of names; RetryableError if AWS could not be asked."""

    def get_unit_path(self, ou_id: str) -> Sequence[str] | None:
        """Names from below the root to a unit, None if there is none; RetryableError as above."""

    def list_accounts_below(self, ou_id: str, *, most: int) -> Sequence[str]:
        """Ids of accounts below an OU, at most so many; empty if there is no such unit."""


class Guardrails(Protocol):
    """Memory of the policies that sweeps found under the guardrail's name; RetryableError as above."""

    def list_guardrails(self) -> frozenset[str]:
        """Their ids."""

    def add_guardrail(self, policy_id: str) -> None:
        """Remember one, also once it is renamed."""


class AccountApi(Protocol):
    """The contacts of the accounts of the organization."""

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""

    def put(self, account_id: str, kind: ContactKind, contact: Contact, *, intent: Intent) -> str:
        """Set a contact; returns the request id that CloudTrail will show, along with the intent's id.

        WriteRefusedError if AWS refuses for good, NotMadeError if it did not for now, UnansweredError if
        nobody knows whether it did; any other RetryableError if nothing was sent.
        """

    def delete(self, account_id: str, kind: ContactKind, *, intent: Intent) -> str:
        """Delete an alternate contact; returns and raises as `put`. AWS deletes no primary contact."""


class Ledger(Protocol):
    """The write-once record. RecordRefusedError from each if it was not taken.

    What is there already is read and compared: the same again is no error.
    """

    def record_intent(self, intent: Intent) -> None:
        """Record an intent, before anything is sent."""

    def load_intent(self, account_id: str, intent_id: str) -> Intent | None:
        """An intent as it was recorded, None if it never was: then nothing was sent. RetryableError."""

    def record_outcome(self, intent: Intent, answer: Answer, at: datetime) -> Answer:
        """Record how the write of an intent ended; returns what the ledger says, which is final."""

    def record_confirmation(
        self, account_id: str, intent_id: str, answer: Answer, *, by: str, at: datetime
    ) -> None:
        """Record what became known of an unconfirmed write, and by what."""

    def find_answer(self, account_id: str, intent_id: str) -> Answer | None:
        """What the ledger says of an intent that was ours, None if it knows no such intent."""


class OutcomeBus(Protocol):
    """Where outcomes and incidents go."""

    def publish(self, incident: Incident, at: datetime) -> None:
        """Publish outcomes, and the incident if somebody is to be alerted; RetryableError if not taken."""

    def write_opening(self, incident: Incident, at: datetime) -> str | None:
        """What `publish` would send of this incident, to be stored; None if nobody is to be alerted."""

    def publish_opening(self, opening: str) -> None:
        """Publish exactly this; RetryableError if not taken."""

    def publish_notice(self, notice: Notice, at: datetime) -> None:
        """Publish a notice; RetryableError if not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One receive of a queue message; `receives` counts from 1."""

    message_id: str
    receives: int = 1
    #: When the function that received it is stopped, None if nothing stops it.
    deadline: datetime | None = None
