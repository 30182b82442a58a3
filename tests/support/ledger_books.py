"""What several tests of one subject share: history."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rollcall.adapters.ledger import LedgerBucket
from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.record import end_intent
from rollcall.decide.intent import Answer, WriteState, make_intent_id
from rollcall.events.signal import Cause
from rollcall.model.contact import ContactKind
from rollcall.write.apply_change import make_write
from tests.cli.desk import HUB, PAYMENTS
from tests.cli.world import TABLE
from tests.support import samples
from tests.support.state_table import WholeStateTable

if TYPE_CHECKING:
    from rollcall.contact.record import KnownEdit
    from rollcall.decide.intent import Intent
    from rollcall.events.actor import Actor
    from tests.cli.world import World


BUCKET = "rollcall-ledger"


LOCK = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}}


#: S3 of the tests knows the time of this machine only.
NOW = datetime.now(UTC).replace(microsecond=0)


WRITTEN = Answer(state=WriteState.WRITTEN, reason="set the contact of the roster", request_id="r-1")
UNCONFIRMED = Answer(state=WriteState.UNCONFIRMED, reason="no answer was seen")


OPENED = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)


class Books:
    """A ledger and a state table as the functions leave them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.s3 = world.client("s3", HUB)
        self.s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        self.s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=LOCK)
        assert world.deployed.outputs is not None
        world.deployed.outputs["LedgerBucketName"] = BUCKET
        self.ledger = LedgerBucket(client=self.s3, bucket=BUCKET)
        self.state = WholeStateTable(client=world.client("dynamodb", HUB), table=TABLE)

    def write(
        self,
        minutes: int = 0,
        *,
        account: str = PAYMENTS,
        kind: ContactKind = ContactKind.SECURITY,
        cause: Cause = Cause.CONTACT_EDITED,
        actor: Actor = samples.INTENT.signal.actor,
        outcome: bool = True,
        answer: Answer = WRITTEN,
    ) -> Intent:
        """One write with its records."""
        sample, at = samples.INTENT, OPENED + timedelta(minutes=minutes)
        event = sample.signal.event
        if minutes or account != PAYMENTS:
            event = replace(
                event,
                id=cause if cause is Cause.SWEPT else f"event-{minutes}",
                request_id=None,
                time=f"{at:%Y-%m-%dT%H:%M:%SZ}",
            )
        signal = replace(sample.signal, account_id=account, kind=kind, cause=cause, actor=actor, event=event)
        name = make_intent_id(signal=signal, kind=kind, owner="m-1", opened_at=at)
        intent = replace(sample, id=name, signal=signal, kind=kind, opened_at=at)
        self.ledger.record_intent(intent)
        if outcome:
            self.end(intent, answer)
        return intent

    def end(self, intent: Intent, answer: Answer = WRITTEN) -> None:
        """Record how it ended: in the ledger first, as the functions do."""
        at = intent.opened_at + timedelta(seconds=1)
        self.ledger.record_outcome(intent, answer, at)
        self.remember(intent, answer)

    def confirm(self, intent: Intent, answer: Answer = WRITTEN) -> None:
        """Record what became known of it."""
        at = intent.opened_at + timedelta(minutes=5)
        self.ledger.record_confirmation(intent.signal.account_id, intent.id, answer, by="CloudTrail", at=at)
        self.remember(intent, answer)

    def remember(self, intent: Intent, answer: Answer) -> None:
        """Let the contact's record have the write."""
        at = intent.opened_at + timedelta(seconds=1)
        record = self.state.load(intent.signal.account_id, intent.kind)
        assert self.state.save(end_intent(record, make_write(intent, answer, at=at)), at=NOW)

    def edit(
        self, account: str, *edits: KnownEdit, kind: ContactKind = ContactKind.SECURITY, left: bool
    ) -> None:
        """Let a contact's record remember edits, and whether the contact is left changed."""
        drift = KnownDrift(found="0" * 32, at=edits[-1].at or OPENED) if left else None
        record = self.state.load(account, kind)
        assert self.state.save(replace(record, edits=(*record.edits, *edits), drift=drift), at=NOW)

    def later(self, **passed: int) -> None:
        """Look that long after now, whatever the date of this machine: the clock of the world has its own."""
        self.world.clock._now = datetime.now(UTC) + timedelta(**passed)

    def key(self, intent: Intent, record: str) -> str:
        return f"ledger/{intent.signal.account_id}/{intent.opened_at:%Y/%m/%d}/{intent.id}/{record}.json"

    def replace(self, intent: Intent, record: str, document: dict[str, Any]) -> None:
        """Put another record in the place of one, as if it had always stood there."""
        key = self.key(intent, record)
        self.purge(key)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())

    def lock(self, intent: Intent, *, mode: str, days: int) -> datetime:
        """Lock the intent from now on, for longer or, as only the bypass allows, shorter; until when."""
        until = datetime.now(UTC) + timedelta(days=days)
        self.s3.put_object_retention(
            Bucket=BUCKET,
            Key=self.key(intent, "intent"),
            Retention={"Mode": mode, "RetainUntilDate": until},
            BypassGovernanceRetention=True,
        )
        return until

    def purge(self, key: str) -> None:
        """Delete every version, as somebody with s3:BypassGovernanceRetention can."""
        for item in self.s3.list_object_versions(Bucket=BUCKET, Prefix=key).get("Versions", []):
            self.s3.delete_object(
                Bucket=BUCKET, Key=key, VersionId=item["VersionId"], BypassGovernanceRetention=True
            )

    def verify(self) -> tuple[int, dict[str, list[str]]]:
        """Exit status, and errors by intent."""
        result = self.world.run("history", PAYMENTS, "--verify", "--json")
        assert result.stdout, result.stderr
        writes = json.loads(result.stdout)["writes"]
        return result.exit_code, {write["id"]: write["errors"] for write in writes}
