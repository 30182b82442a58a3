"""What the core asks of the world. Adapters over AWS and the fakes of the tests both answer to these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rollcall.bulk_edits.model import BulkMemory
from rollcall.publish.known_drift import KnownDriftMemory
from rollcall.repeated_edits.rules import RepeatedEditMemory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.enforcement import Enforcement
    from rollcall.decide.intent import Intent
    from rollcall.model.account import Account
    from rollcall.model.contact import Contact, ContactKind
    from rollcall.model.desired import Observation
    from rollcall.outcomes.notices import Notice
    from rollcall.outcomes.outcome import Incident, Outcome
    from rollcall.rosters.orphaned import Matches


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
        """Id of the organizational unit at this path of names; RetryableError if AWS could not be asked."""

    def get_unit_path(self, ou_id: str) -> Sequence[str] | None:
        """Names from below the root to a unit, None if there is none; RetryableError as above."""

    def list_accounts_below(self, ou_id: str, *, most: int) -> Sequence[str]:
        """Ids of accounts below an organizational unit, at most so many; empty if there is no such unit."""


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


class State(BulkMemory, RepeatedEditMemory, KnownDriftMemory, Protocol):
    """Operational memory."""

    def get_enforcement(self) -> Enforcement:
        """The pause and the approved digest, read consistently."""

    def load_roster(self, digest: str) -> Mapping[str, Any]:
        """The roster document that was approved under this digest."""

    def list_open_intents(self, account_id: str) -> Sequence[Intent]:
        """Intents of the account whose outcome is not yet recorded."""

    def list_stale_intents(self, now: datetime) -> Sequence[Intent]:
        """Intents of any account that are open for longer than their lease: their workers are gone."""

    def open_intent(self, intent: Intent) -> None:
        """Record an intent, if the roster is still approved and writes are not paused.

        IntentBusyError, WritesHaltedError or RecordRefusedError; nothing may be written after any of them.
        """

    def record_request(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the write and its request id, so that its event is known as an own write."""

    def close_intent(self, intent: Intent, *, claimable: bool, at: datetime) -> None:
        """Forget an intent whose outcome is recorded.

        If `claimable`, its worker may have written without storing the request id: one event of
        the writer role on this contact may still claim it.
        """

    def is_own_write(self, request_id: str) -> bool:
        """Whether a write of ours had this request id."""

    def claim_write(self, account_id: str, kind: ContactKind, *, event_key: str, at: datetime) -> bool:
        """Whether a write of ours without a known request id waits for this call's event.

        One write answers to one call, however often its event is delivered, and never to the call that it
        undid.
        """

    def remember_call(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the request id of a call that AWS refused."""

    def mark_opened(self, incident_id: str, *, at: datetime) -> None:
        """Remember that people were told of an incident that is not over."""

    def is_opened(self, incident_id: str) -> bool:
        """Whether they were."""

    def mark_restored(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this contact was written now."""

    def get_restored_at(self, account_id: str, kind: ContactKind) -> datetime | None:
        """When we last wrote this contact, None if not within a day."""

    def get_restored_for(self, account_id: str, kind: ContactKind) -> str | None:
        """The id of the event or run that led to that write, None if there was none within a day."""

    def set_paused(self, *, paused: bool, by: str, reason: str, at: datetime) -> None:
        """Stop all writes, or let them go on."""

    def approve(self, *, digest: str, document: Mapping[str, Any], by: str, at: datetime) -> None:
        """Make this roster the one that is enforced."""


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
class Ports:
    """All collaborators of a reconciliation, chosen in one place."""

    organization: Organization
    accounts: AccountApi
    state: State
    ledger: Ledger
    bus: OutcomeBus
    matches: Matches
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One receive of a queue message; `receives` counts from 1."""

    message_id: str
    receives: int = 1
