"""Runs of the sweep in the state table: which one goes on, and what the last one found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.dynamodb_table import expiry, key_of
from rollcall.adapters.held_items import HeldItems
from rollcall.sweep.run import LEASE_SECONDS, Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_CURRENT, _LAST = key_of("sweep", "current"), key_of("sweep", "last")


class SweepTable(HeldItems):
    """The port `Sweeps` over a boto3 DynamoDB client. All reads are consistent."""

    def acquire(self, run: Run, now: datetime) -> bool:
        """Whether this run is the one that goes on now; the same execution gets it again."""
        free = "attribute_not_exists(pk) OR execution = :execution OR lease_until <= :now"
        return self._take(run, now, free, {":now": expiry(now, 0)})

    def progress(self, run: Run, now: datetime) -> bool:
        """Remember where the run is, and stay the one that goes on; False if another took over."""
        return self._take(run, now, "execution = :execution", {})

    def current(self, now: datetime) -> Run | None:
        """The run that is under way, None if there is none or its worker is long gone."""
        item = self._table.get(_CURRENT)
        if item is None or int(item["lease_until"]["N"]) <= int(now.timestamp()):
            return None
        return Run.from_document(json.loads(item["document"]["S"]))

    def finish(self, run: Run, summary: Mapping[str, Any], now: datetime) -> None:
        """Remember the summary as the last, then let another run begin; cut off between the two, again."""
        text = json.dumps(dict(summary), sort_keys=True)
        ended = {"document": {"S": text}, "ended_at": {"S": now.isoformat()}}
        self._table.call("put_item", Item=_LAST | ended)
        self._table.conditionally(
            "delete_item",
            Key=_CURRENT,
            ConditionExpression="execution = :execution",
            ExpressionAttributeValues={":execution": {"S": run.execution}},
        )

    def last(self) -> Mapping[str, Any] | None:
        """Summary of the last run that was finished, None before the first."""
        item = self._table.get(_LAST)
        if item is None:
            return None
        summary: Mapping[str, Any] = json.loads(item["document"]["S"])
        return summary

    def _take(self, run: Run, now: datetime, condition: str, values: Mapping[str, Any]) -> bool:
        item = _CURRENT | {
            "execution": {"S": run.execution},
            "lease_until": expiry(now, LEASE_SECONDS),
            "document": {"S": json.dumps(run.as_document(), sort_keys=True)},
        }
        return self._table.conditionally(
            "put_item",
            Item=item,
            ConditionExpression=condition,
            ExpressionAttributeValues={":execution": {"S": run.execution}, **values},
        )
