"""What the sweep asks of the world, beside what a reconciliation asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rollcall.sweep.plan_alerts import PlanMemory
from rollcall.sweep.stored_plan import PlanFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from rollcall.contact.record import ContactMemory
    from rollcall.decide.plan import ChangeResult, ObservedAccount, PlannedChange
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.ports import Clock, Guardrails, Organization, OutcomeBus, Pool
    from rollcall.publish.incidents import IncidentPublisher
    from rollcall.rosters.orphaned import Matches
    from rollcall.sweep.run import Run
    from rollcall.timing import Paces
    from rollcall.write.apply_change import Writer


class AccountListing(Protocol):
    """All accounts of the organization."""

    def list_accounts(self) -> Iterator[Account]:
        """Every account once with its place, without tags, as they are listed; RetryableError."""

    def read_tags(self, account_id: str) -> Mapping[str, str]:
        """The tags of an account; RetryableError."""

    @property
    def reads(self) -> int:
        """How many calls to AWS Organizations were made."""


class ContactReader(Protocol):
    """The contacts of members, to be read."""

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""


class MemberReader(Protocol):
    """The contacts of members, asked with a role in each."""

    def read(self, account_id: str, kinds: Sequence[ContactKind]) -> Mapping[ContactKind, Observation]:
        """What is there now, present or absent; RoleReadError, or any other, if it cannot be read."""


class Runs(PlanFiles, Protocol):
    """What runs store beside the state table. RetryableError from each."""

    def write_accounts(self, run_id: str, accounts: Sequence[Account]) -> None:
        """Store the accounts that a run looks at."""

    def write_observed(self, run_id: str, part: str, records: Sequence[ObservedAccount]) -> None:
        """Store one part of what was observed; the same part again replaces it."""

    def read_observed(self, run_id: str) -> Sequence[ObservedAccount]:
        """The accounts of all slices in the order of their ids, then those of other parts."""

    def write_planned(self, run_id: str, roster: str, part: int, changes: Sequence[PlannedChange]) -> None:
        """Store one part of the plan for a roster (digest)."""

    def write_roster(self, run_id: str, digest: str, document: Mapping[str, Any]) -> None:
        """Store the compiled roster of a plan that waits, for who is to read the plan."""

    def write_results(self, run_id: str, cursor: int, results: Sequence[ChangeResult]) -> None:
        """Store what became of the changes from this cursor on."""

    def read_results(self, run_id: str) -> Iterator[Sequence[ChangeResult]]:
        """All of them in the order of the plan."""

    def read_trend(self) -> Sequence[Mapping[str, Any]]:
        """The trend of the last report, empty before the first."""

    def write_trend(self, trend: Sequence[Mapping[str, Any]]) -> None:
        """Remember the trend for the next report."""

    def write_report(self, run_id: str, name: str, body: bytes, *, content_type: str) -> None:
        """Store a file of the report."""


class Sweeps(PlanMemory, Protocol):
    """Memory of runs in the state table. RetryableError from each."""

    def acquire(self, run: Run, now: datetime) -> bool:
        """Whether this run is the one that goes on now; the same execution gets it again."""

    def save_progress(self, run: Run, now: datetime) -> bool:
        """Remember where the run is, and stay the one that goes on; False if another took over."""

    def find_current(self, now: datetime) -> Run | None:
        """The run that is under way, None if there is none or its worker is long gone."""

    def finish(self, run: Run, summary: Mapping[str, Any], now: datetime) -> None:
        """The run is over: remember its summary (no contact details) as the last, let another begin."""

    def find_last(self) -> Mapping[str, Any] | None:
        """Summary of the last run that was finished, None before the first."""

    def save_unreported(self, run: Run, now: datetime) -> None:
        """Remember, before it writes, that people are still to be alerted of what this run does."""

    def list_unreported(self) -> Mapping[str, str]:
        """Those runs as JSON by their ids, in the order of these: one may be damaged."""

    def forget_unreported(self, run_id: str) -> None:
        """People are alerted of what this run did."""


class SweepMachine(Protocol):
    """The state machine that runs sweeps."""

    def start(self, name: str, asked: Mapping[str, Any]) -> None:
        """Start an execution with this name and input, one for each name; RetryableError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRoles:
    """The way through the members' own roles, with a wider pool than that of central reads.

    `hub` is the account of the sweep, which has no such role.
    """

    reader: MemberReader
    pool: Pool
    hub: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPorts:
    """All collaborators of the steps that write no contact, chosen in one place."""

    accounts: AccountListing
    contacts: ContactReader
    records: ContactMemory
    matches: Matches
    runs: Runs
    sweeps: Sweeps
    bus: OutcomeBus
    pool: Pool
    paces: Paces
    clock: Clock
    #: None if the members have no such role.
    roles: MemberRoles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyPorts:
    """All collaborators of the steps that write contacts, chosen in one place."""

    organization: Organization
    matches: Matches
    #: None if no guardrail is in use.
    guardrails: Guardrails | None
    writer: Writer
    publisher: IncidentPublisher
