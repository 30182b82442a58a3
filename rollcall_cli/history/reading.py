"""What happened, read from the ledger and the records of contacts: S3 is read side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rollcall.adapters.system import ThreadPool
from rollcall.contact.edits import is_open, list_edits
from rollcall.model.account import is_account_id
from rollcall.model.contact import ContactKind
from rollcall.outcomes.outcome import make_incident_id
from rollcall_cli.history import records
from rollcall_cli.history.entries import LedgerContext, build_entries
from rollcall_cli.text.progress import show_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from rich.console import Console

    from rollcall.adapters.state.contacts import ContactItems
    from rollcall.contact.edits import EditResult
    from rollcall.contact.record import ContactRecord
    from rollcall.decide.intent import WriteState
    from rollcall.ports import Clock
    from rollcall_cli.history.entries import LedgerEntry
    from rollcall_cli.history.records import StoredVersion

#: Reads in flight: as many connections as an SDK client keeps.
THREADS: Final = 10
_ALWAYS: Final = datetime(2020, 1, 1, tzinfo=UTC)
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of one account, or of the organization (`account_id` is None)."""

    now: datetime
    account_id: str | None
    #: None for all times.
    since: datetime | None
    incident_id: str | None
    #: Each with its account.
    writes: Sequence[tuple[str, LedgerEntry]]
    #: Also those that led to a write.
    edits: Sequence[EditResult]
    #: Contacts that are left changed, or whose write is not finished.
    open: Sequence[ContactRecord]
    #: What the files of the incident's messages list.
    lines: Sequence[Mapping[str, Any]]
    #: What operators commanded; only of the organization.
    commands: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReader:
    """Reads with the clients of the hub; ClientError and RetryableError if AWS does not answer."""

    s3: Any
    bucket: str
    contacts: ContactItems
    clock: Clock
    #: For the progress of long work.
    console: Console
    #: How long an object must be locked from its write on.
    retention: timedelta
    #: Region of the hub.
    region: str

    def read_account(self, account_id: str, *, since: datetime | None, verify: bool) -> History:
        """Return what is known of one account; to `verify`, also what the ledger lacks."""
        # Before the objects: what a record says of a write is in the ledger by then.
        found = [self.contacts.load(account_id, kind) for kind in ContactKind]
        writes = self._read_writes([account_id], since, known=found if verify else ())
        return self._build(found, writes, account_id, since)

    def read_open(self) -> History:
        """Return what is not over, which the ledger has no part in."""
        return self._build(self.contacts.list_edited(), (), None, None)

    def read_organization(self, *, since: datetime | None, verify: bool) -> History:
        """Return what is known of all accounts; to `verify`, the records of every contact are read."""
        found = self.contacts.list_edited()
        accounts = records.list_ledger_accounts(self.s3, bucket=self.bucket)
        if verify:
            keys = [(account_id, kind) for account_id in accounts for kind in ContactKind]
            known = self._map("contacts", lambda key: self.contacts.load(*key), keys)
            kept = {(record.account_id, record.kind): record for record in (*found, *known)}
            found = [kept[key] for key in sorted(kept)]
            accounts = sorted({*accounts, *(account_id for account_id, _ in kept)})
        writes = self._read_writes(accounts, since, known=found if verify else ())
        return replace(self._build(found, writes, None, since), commands=self._read_commands(since))

    def read_incident(self, incident_id: str) -> History:
        """Return what is known of one incident, and of those that its messages list."""
        files = records.list_alert_files(self.s3, bucket=self.bucket, incident_id=incident_id)
        bodies = [records.read_version(self.s3, item, bucket=self.bucket) for item in files]
        every = [line for item in bodies if item for line in records.parse_alert_lines(item)]
        # A contact that is left changed is in the file of each later message, too.
        lines = list({(line["incident_id"], *map(str, line["kinds"])): line for line in every}.values())
        ids = {incident_id, *(line["incident_id"] for line in lines)}
        found = self.contacts.list_edited()
        # An event on an OU has no account ID.
        named = {line["account_id"] for line in lines if is_account_id(line["account_id"])}
        edits = list_edits(found, since=_ALWAYS, now=self.clock.now())
        named |= {edit.account_id for edit in edits if edit.incident_id in ids}
        accounts = sorted(named) or records.list_ledger_accounts(self.s3, bucket=self.bucket)
        writes = [item for item in self._read_writes(accounts, None) if find_incident(item[1]) in ids]
        known = self._build(found, writes, None, None)
        edits = [edit for edit in known.edits if edit.incident_id in ids]
        contacts = {(edit.account_id, edit.kind) for edit in edits}
        return History(
            now=known.now,
            account_id=None,
            since=None,
            incident_id=incident_id,
            writes=writes,
            edits=edits,
            open=[record for record in known.open if (record.account_id, record.kind) in contacts],
            lines=lines,
        )

    def _build(
        self,
        found: Sequence[ContactRecord],
        writes: Sequence[tuple[str, LedgerEntry]],
        account_id: str | None,
        since: datetime | None,
    ) -> History:
        now = self.clock.now()
        return History(
            now=now,
            account_id=account_id,
            since=since,
            incident_id=None,
            writes=writes,
            edits=list_edits(found, since=since or _ALWAYS, now=now),
            open=[record for record in found if is_open(record, now)],
            lines=(),
        )

    def _read_commands(self, since: datetime | None) -> list[Mapping[str, Any]]:
        listed = records.list_commands(self.s3, bucket=self.bucket)
        items = [item for item in listed if since is None or item["LastModified"] >= since]
        found = self._map(
            "commands", lambda item: records.read_version(self.s3, item, bucket=self.bucket), items
        )
        return records.parse_commands(version for version in found if version is not None)

    def _read_writes(
        self, accounts: Sequence[str], since: datetime | None, *, known: Sequence[ContactRecord] = ()
    ) -> list[tuple[str, LedgerEntry]]:
        """Return the writes of these accounts, the oldest first; those in `known` are expected."""
        days = (since.date(), self.clock.now().date()) if since else None

        def list_one(account_id: str) -> Sequence[Mapping[str, Any]]:
            return records.list_versions(self.s3, bucket=self.bucket, account_id=account_id, days=days)

        def read(item: Mapping[str, Any]) -> StoredVersion | None:
            return records.read_version(self.s3, item, bucket=self.bucket)

        listed = self._map("accounts", list_one, accounts)
        bodies = iter(self._map("records", read, [item for items in listed for item in items]))
        states: dict[str, dict[str, WriteState]] = {account_id: {} for account_id in accounts}
        for record in known:
            states[record.account_id] |= {write.intent_id: write.state for write in record.writes}
        writes: list[tuple[str, LedgerEntry]] = []
        for account_id, items in zip(accounts, listed, strict=True):
            context = LedgerContext(
                known=states[account_id],
                retention=self.retention,
                now=self.clock.now(),
                region=self.region,
            )
            versions = [version for version in (next(bodies) for _ in items) if version is not None]
            writes += [(account_id, entry) for entry in build_entries(versions, context)]
        return sorted(
            (item for item in writes if since is None or _is_since(item[1], since)),
            key=lambda item: (item[1].id, item[0]),
        )

    def _map(self, what: str, work: Callable[[_Item], _Done], items: Sequence[_Item]) -> list[_Done]:
        """Work on the items side by side, and show how far it is."""
        done, stopped = 0, False
        with show_bar(self.console, self.clock, f"reading {what}") as update:

            def do(item: _Item) -> _Done:
                nonlocal done
                result = work(item)
                done += 1  # a lost one only makes the bar late
                update(done, len(items))
                return result

            try:
                return ThreadPool(threads=THREADS).map_each(do, items, go_on=lambda: not stopped)
            finally:
                stopped = True  # Ctrl-C ends it: no thread takes another item


def find_incident(entry: LedgerEntry) -> str | None:
    """Return the ID of the incident that led to a write, None if its intent cannot be read."""
    signal = entry.intent and entry.intent.signal
    return make_incident_id(event=signal.event, signal=signal) if signal else None


def _is_since(entry: LedgerEntry, since: datetime) -> bool:
    return entry.intent is None or entry.intent.opened_at >= since
