"""Follows the edits of a drill to their end, by what the hub and CloudTrail know of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.state.channels import ChannelMemoryTable
from rollcall.model.levels import Severity
from rollcall.outcomes.outcome import name_incident
from rollcall_cli.aws.hub import TABLE
from rollcall_cli.drill.timeline import (
    CLOUDTRAIL,
    EditFacts,
    StepState,
    is_over,
    make_steps,
)
from rollcall_cli.history.records import list_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from rollcall.contact.record import ContactRecord, KnownEdit
    from rollcall_cli.aws.hub import Hub
    from rollcall_cli.drill.account import EditedAccount
    from rollcall_cli.drill.timeline import DrillStep, MadeEdit
    from rollcall_config.settings import ChannelSettings

LEDGER: Final = "LedgerBucketName"
#: AWS takes two LookupEvents a second in an account, of everybody.
_POLL_SECONDS: Final = 3.0
#: How much the clock of this machine may differ from those of AWS.
_SKEW: Final = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class FollowedEdit:
    """An edit with what is known of it by now."""

    made: MadeEdit
    facts: EditFacts

    @property
    def steps(self) -> list[DrillStep]:
        """Its steps as they are now."""
        return make_steps(self.made, self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Reads with the credentials of the hub, and CloudTrail with those of the edits."""

    hub: Hub
    account: EditedAccount
    #: The least severity of each channel.
    channels: Mapping[str, Severity]
    #: Is given each step that ended.
    show: Callable[[MadeEdit, DrillStep], None]

    def follow(self, made: Sequence[MadeEdit], *, seconds: float) -> list[FollowedEdit]:
        """Look until every step ended, or for so many seconds."""
        quiet = frozenset(name for name, least in self.channels.items() if least > Severity.MEDIUM)
        blank = EditFacts(channels=dict.fromkeys(self.channels), quiet=quiet)
        followed = [FollowedEdit(made=one, facts=blank) for one in made]
        until = self.hub.clock.now() + timedelta(seconds=seconds)
        shown: set[tuple[str, str]] = set()
        while True:
            for one in followed:
                one.made, one.facts = self._look(one.made, one.facts)
                for step in one.steps:
                    key = (str(one.made.edit), step.name)
                    if is_over([step]) and key not in shown:
                        shown.add(key)
                        self.show(one.made, step)
            over = all(_is_settled(one.steps) for one in followed)
            if over or self.hub.clock.now() >= until:
                return followed
            self.hub.clock.sleep(_POLL_SECONDS)

    def _look(self, made: MadeEdit, facts: EditFacts) -> tuple[MadeEdit, EditFacts]:
        kind, now = made.edit.kind, self.hub.clock.now()
        record = self.hub.contacts.load(self.account.id, kind)
        known = self._find_edit(made, record)
        if known is not None:
            made = replace(made, incident_id=name_incident(known.key, self.account.id))
            facts = replace(facts, known=known, known_at=facts.known_at or now)
            write = next((one for one in record.writes if one.event_key == known.key), None)
            facts = replace(facts, write=write or facts.write)
        if facts.record is None:
            found = self._find_record(made)
            facts = replace(facts, record=found, recorded_at=now if found else None)
        if facts.write is not None and facts.ledger_at is None:
            facts = replace(facts, ledger_at=self._find_outcome(facts.write.intent_id))
        sent = {name: at or self._find_alert(name, made.incident_id) for name, at in facts.channels.items()}
        return made, replace(facts, channels=sent)

    def _find_edit(self, made: MadeEdit, record: ContactRecord) -> KnownEdit | None:
        """By its request ID, or if CloudTrail has another, by who made it and when."""
        since = made.at.replace(microsecond=0) - timedelta(seconds=1)
        same = [
            edit
            for edit in record.edits
            if edit.principal == self.account.principal and edit.at is not None and edit.at >= since
        ]
        return record.find_edit(made.request_id) or next(iter(same), None)

    def _find_record(self, made: MadeEdit) -> Mapping[str, Any] | None:
        name = "DeleteAlternateContact" if made.edit.contact is None else "PutAlternateContact"
        found = self.account.look_up(name, made.at - _SKEW)
        mine = [one for one in found if one.get("userIdentity", {}).get("arn") == self.account.principal]
        # Nobody knows whether both IDs are the same; a drill makes one edit of each kind.
        return next((one for one in mine if one.get("requestID") == made.request_id), next(iter(mine), None))

    def _find_outcome(self, intent_id: str) -> datetime | None:
        day = self.hub.clock.now().date()
        found = list_versions(
            self.hub.client("s3"),
            bucket=self.hub.outputs[LEDGER],
            account_id=self.account.id,
            days=(day - timedelta(days=1), day),
        )
        ours = (item for item in found if item["Key"].endswith(f"/{intent_id}/outcome.json"))
        return next((item["LastModified"] for item in ours), None)

    def _find_alert(self, channel: str, incident_id: str) -> datetime | None:
        memory = ChannelMemoryTable(
            client=self.hub.client("dynamodb"), table=self.hub.outputs[TABLE], channel=channel
        )
        record, at = memory.load(incident_id)
        # A try that failed has an item, too.
        return at if record.steps else None


def list_channels(settings: ChannelSettings) -> dict[str, Severity]:
    """The least severity of each channel that is deployed, by the name that its memory has."""
    named = (("chat", settings.chat), ("teams", settings.teams), ("slack", settings.slack))
    found = {name: Severity[one.min_severity] for name, one in named if one is not None}
    return {"sns": Severity[settings.sns_min_severity]} | found


def _is_settled(steps: Sequence[DrillStep]) -> bool:
    """Whether waiting longer shows nothing more."""
    failed = any(step.state is StepState.FAILED for step in steps)
    return all(is_over([step]) or (failed and step.name == CLOUDTRAIL) for step in steps)
