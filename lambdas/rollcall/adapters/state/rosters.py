"""Approved rosters, the pause, and what entries of rosters and names led to, in the state table."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.state.table import TableAdapter, make_error, make_key, read_document, write_document
from rollcall.adapters.system import SystemClock
from rollcall.control.pauses import Pause, PauseStage
from rollcall.decide.resolve import Enforcement, RegisteredDrill
from rollcall.model.errors import RetryableError
from rollcall.outcomes.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.ports import Clock

#: The approved roster; the pause and the last drill. Each has its partition: a role that may write one need
#: not be able to write the other.
APPROVAL, CONTROL = make_key("approval", "approval"), make_key("control", "control")
#: The notice of the last approval, as long as it is not known to be published.
_NOTICE: Final = "approved_notice"
_PAUSE_TEXTS = ("by", "user_id", "execution", "reason", "incident")


def is_paused(item: Mapping[str, Any], now: datetime) -> bool:
    """Whether the control item pauses writes at this time. A pause without an end does not end."""
    until = item.get("paused_until", {}).get("N")
    over = until is not None and int(until) <= now.timestamp()
    return bool(item.get("paused", {}).get("BOOL", False)) and not over


class ControlItems(TableAdapter):
    """The ports `RosterMemory` and `PauseMemory`: an intent is checked against both in one transaction."""

    def __init__(self, *, client: Any, table: str, clock: Clock | None = None) -> None:
        super().__init__(client=client, table=table)
        self._clock = clock or SystemClock()

    def get_enforcement(self) -> Enforcement:
        """The pause, the approved digest and the last drill."""
        approval, control = (item or {} for item in self._table.get_each([APPROVAL, CONTROL]))
        return Enforcement(
            approved=approval.get("approved", {}).get("S"),
            paused=is_paused(control, self._clock.now()),
            drill=read_document(RegisteredDrill, control, "drill") if "drill" in control else None,
        )

    def save_drill(self, drill: RegisteredDrill) -> bool:
        """Store it, unless a later one is there."""
        return self._table.try_write(
            "update_item",
            Key=CONTROL,
            UpdateExpression="SET drill = :drill, drill_at = :at",
            ConditionExpression="attribute_not_exists(drill_at) OR drill_at <= :at",
            ExpressionAttributeValues={
                ":drill": write_document(drill),
                ":at": {"N": str(drill.started_at.timestamp())},
            },
        )

    def load_roster(self, digest: str) -> Mapping[str, Any]:
        """The roster document approved under this digest; RetryableError if it is not there."""
        item = self._table.get(make_key("roster", digest))
        if item is None:
            raise RetryableError("the approved roster is not in the state table")
        document: Mapping[str, Any] = json.loads(gzip.decompress(item["document"]["B"]))
        return document

    def is_known(self, digest: str) -> bool:
        """Whether a roster was approved under this digest."""
        return self._table.get(make_key("roster", digest)) is not None

    def list_known(self, prefix: str) -> list[str]:
        """Digests of approved rosters that begin so."""
        return [item["sk"]["S"] for item in self._table.query("roster", prefix=prefix)]

    def approve(
        self,
        *,
        digest: str,
        document: Mapping[str, Any],
        by: str,
        at: datetime,
        before: str | None,
        notice: Notice | None = None,
    ) -> None:
        """Store the document under its digest and name it as approved, both or neither.

        RetryableError unless `before` is approved now, and the notice of its approval forgotten; in a pause
        also if it is approved automatically.
        """
        packed = gzip.compress(json.dumps(document, sort_keys=True).encode(), mtime=0)
        texts = {"by": by, "at": at.isoformat()}
        texts |= {name: (notice and notice.facts[name]) or "" for name in ("user_id", "execution")}
        record = {f"approved_{name}": {"S": text} for name, text in texts.items()}
        roster = make_key("roster", digest) | record | {"document": {"B": packed}}
        values = {"approved": {"S": digest}} | record
        if notice is not None:
            values[_NOTICE] = write_document(notice)
        known = "attribute_not_exists(approved)" if before is None else "approved = :before"
        approval = {
            "Key": APPROVAL,
            "ConditionExpression": f"{known} AND attribute_not_exists({_NOTICE})",
            "UpdateExpression": "SET " + ", ".join(f"{name} = :{name}" for name in sorted(values)),
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
            | ({} if before is None else {":before": {"S": before}}),
        }
        automatic = notice is not None and notice.facts.get("automatic")
        checks = [check_unpaused(at)] if automatic else []
        try:
            self._table.transact(*checks, ("Put", {"Item": roster}), ("Update", approval))
        except AWS_ERRORS as error:
            raise make_error("the approval", error) from None

    def find_notice(self) -> Notice | None:
        """The notice of the last approval, None once it is published."""
        item = self._table.get(APPROVAL) or {}
        return read_document(Notice, item, _NOTICE) if _NOTICE in item else None

    def forget_notice(self, notice: Notice) -> None:
        """It is published; another one stays."""
        self._table.try_write(
            "update_item",
            Key=APPROVAL,
            UpdateExpression=f"REMOVE {_NOTICE}",
            ConditionExpression=f"{_NOTICE} = :published",
            ExpressionAttributeValues={":published": write_document(notice)},
        )

    def load_pause(self) -> Pause | None:
        """What the control item says about the last pause."""
        item = self._table.get(CONTROL) or {}
        if "paused_execution" not in item:
            return None
        texts = {name: item[f"paused_{name}"]["S"] for name in _PAUSE_TEXTS}
        return Pause(
            stage=PauseStage(item["paused_stage"]["S"]),
            started_at=datetime.fromisoformat(item["paused_at"]["S"]),
            until=datetime.fromtimestamp(int(item["paused_until"]["N"]), UTC),
            alerted_at=datetime.fromisoformat(item["paused_alerted_at"]["S"]),
            update=int(item["paused_update"]["N"]),
            **texts,
        )

    def save_pause(self, pause: Pause, *, before: Pause | None) -> bool:
        """Stop all writes, or let them go on; intents are checked against `paused` and `paused_until`."""
        values = {
            "paused": {"BOOL": pause.is_open},
            "paused_stage": {"S": str(pause.stage)},
            "paused_at": {"S": pause.started_at.isoformat()},
            "paused_until": {"N": str(int(pause.until.timestamp()))},
            "paused_alerted_at": {"S": pause.alerted_at.isoformat()},
            "paused_update": {"N": str(pause.update)},
            **{f"paused_{name}": {"S": getattr(pause, name)} for name in _PAUSE_TEXTS},
        }
        condition = "attribute_not_exists(paused_execution)"
        given = {f":{name}": value for name, value in values.items()}
        if before is not None:
            condition = "paused_execution = :known AND paused_update = :last"
            given |= {":known": {"S": before.execution}, ":last": {"N": str(before.update)}}
        return self._table.try_write(
            "update_item",
            Key=CONTROL,
            ConditionExpression=condition,
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
            ExpressionAttributeValues=given,
        )


def check_unpaused(at: datetime) -> tuple[str, dict[str, Any]]:
    """A check that cancels its transaction while writes are paused."""
    values = {":no": {"BOOL": False}, ":now": {"N": str(int(at.timestamp()))}}
    return "ConditionCheck", {
        "Key": CONTROL,
        "ConditionExpression": "attribute_not_exists(paused) OR paused = :no OR paused_until <= :now",
        "ExpressionAttributeValues": values,
    }


class MatchTable(TableAdapter):
    """The ports `Matches` and `Guardrails` over a boto3 DynamoDB client."""

    def list_units(self) -> Mapping[str, frozenset[str]]:
        """Ids of the OUs that each path of names has led to."""
        found: dict[str, set[str]] = defaultdict(set)
        for item in self._table.query("units"):
            found[item["path"]["S"]].add(item["ou_id"]["S"])
        return {path: frozenset(ids) for path, ids in found.items()}

    def add_unit(self, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""
        item = _make_unit_key(path, ou_id) | {"path": {"S": path}, "ou_id": {"S": ou_id}}
        self._table.call("put_item", Item=item)

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Forget that the path led to this unit."""
        self._table.call("delete_item", Key=_make_unit_key(path, ou_id))

    def list_guardrails(self) -> frozenset[str]:
        """Ids of the policies that were found under the guardrail's name."""
        return frozenset(item["sk"]["S"] for item in self._table.query("guardrail"))

    def add_guardrail(self, policy_id: str) -> None:
        """Remember that this policy was."""
        self._table.call("put_item", Item=make_key("guardrail", policy_id))

    def is_tagged(self, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""
        return self._table.get(make_key(_make_tag_partition(tag), account_id)) is not None

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        """Whether any other account did."""
        found = self._table.query(_make_tag_partition(tag), limit=2)
        return any(item["sk"]["S"] != account_id for item in found)

    def list_tagged(self, tag: str) -> frozenset[str]:
        """All accounts that did."""
        return frozenset(item["sk"]["S"] for item in self._table.query(_make_tag_partition(tag)))

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""
        key = make_key(_make_tag_partition(tag), account_id)
        if carries:
            self._table.call("put_item", Item=key | {"tag": {"S": tag}})
        else:
            self._table.call("delete_item", Key=key)


def _make_unit_key(path: str, ou_id: str) -> dict[str, Any]:
    return make_key("units", f"{ou_id}#{_shorten(path)}")


def _make_tag_partition(tag: str) -> str:
    return f"tagged#{_shorten(tag)}"


def _shorten(text: str) -> str:
    """Names and tags may be longer than DynamoDB's keys: 1,024 bytes to sort by, 2,048 to find by."""
    return hashlib.sha256(text.encode()).hexdigest()
