"""Runs of the sweep, plans pending approval and approvals, in the state table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.state.table import (
    TableAdapter,
    make_expiry,
    make_item,
    make_key,
    read_document,
    write_document,
)
from rollcall.sweep.approvals import COUNTED, WAITS, LapsedApproval, PassedPlan, PendingPlan
from rollcall.sweep.plan_alerts import AlertedPlan
from rollcall.sweep.run import LEASE_SECONDS, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

_PENDING: Final = "pending#"
_LAPSED: Final = make_key("sweep", "lapsed")
_PASSED: Final = "passed#"
_ALERTED: Final = "alerted#"
#: Long after the plan has expired, and its end was published.
_ALERTED_KEPT: Final = timedelta(days=30)
_ROLLED_BACK: Final = make_key("sweep", "left")
#: As long as a plan waits: the approver comes to look within that time.
_LAPSED_SHOWN: Final = WAITS
_CURRENT, _LAST = make_key("sweep", "current"), make_key("sweep", "last")
_UNREPORTED: Final = "unreported#"
#: Long after the next run, which reports it.
_UNREPORTED_KEPT: Final = timedelta(days=30)


class SweepTable(TableAdapter):
    """The port `Sweeps` over a boto3 DynamoDB client. All reads are consistent."""

    def save_pending(self, pending: PendingPlan) -> bool:
        """Remember a plan that waits, in place of an unapproved one of its roster; False if it did before."""
        new = self._table.try_write(
            "put_item",
            Item=make_item(_make_key(pending.plan), pending, at=pending.expires_at, kept=timedelta()),
            ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
            ExpressionAttributeValues={":now": make_expiry(pending.made_at)},
        )
        if new:
            for other in self._list_all():
                older = other.roster == pending.roster and other.plan != pending.plan
                # One that somebody approves, even now, is carried out: it is not taken away again.
                if older and other.approved_by is None:
                    self.forget_unapproved(other.plan)
        return new

    def find_pending(self, plan: str) -> PendingPlan | None:
        """The plan that waits under this digest, None if there is none."""
        item = self._table.get(_make_key(plan))
        return _read_pending(item) if item else None

    def list_pending(self, now: datetime) -> Sequence[PendingPlan]:
        """All plans that wait for approval and have not expired."""
        return [plan for plan in self._list_all() if plan.approved_by is None and plan.expires_at > now]

    def approve(self, plan: str, *, by: str, at: datetime) -> bool:
        """Remember who approved it, and give its run as long as it waited; False if it waits no more."""
        known = self._table.try_write(
            "update_item",
            Key=_make_key(plan),
            UpdateExpression="SET approved_by = :by, approved_at = :at, expires_at = :until",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={
                ":by": {"S": by},
                ":at": {"S": at.isoformat()},
                ":until": make_expiry(at, WAITS),
            },
        )
        if known:
            self._table.call("delete_item", Key=_LAPSED)
        return known

    def list_approved(self, now: datetime) -> Sequence[PendingPlan]:
        """Plans that somebody approved, that have not expired, and that no run has carried out to its end."""
        found = [plan for plan in self._list_all() if plan.expires_at > now]
        return [plan for plan in found if plan.approved_by is not None]

    def forget_applied(self, plan: str) -> None:
        """Forget a plan: a run got to its end."""
        self._table.call("delete_item", Key=_make_key(plan))

    def forget_unapproved(self, plan: str) -> None:
        """Forget a plan, unless somebody approved it."""
        unapproved = "attribute_not_exists(approved_by)"
        self._table.try_write("delete_item", Key=_make_key(plan), ConditionExpression=unapproved)

    def save_alerted(self, alerted: AlertedPlan, *, replaces: AlertedPlan | None = None) -> bool:
        """Remember it; if it `replaces` another state, only in place of exactly that. Whether it did."""
        key = make_key("sweep", _ALERTED + alerted.key)
        item = make_item(key, alerted, at=alerted.at, kept=_ALERTED_KEPT)
        if replaces is None:
            self._table.call("put_item", Item=item)
            return True
        known = {":known": write_document(replaces)}
        condition = {"ConditionExpression": "document = :known", "ExpressionAttributeValues": known}
        return self._table.try_write("put_item", Item=item, **condition)

    def list_alerted(self) -> Sequence[AlertedPlan]:
        """All that were alerted, for 30 days."""
        items = self._table.query("sweep", prefix=_ALERTED)
        return [read_document(AlertedPlan, item) for item in items]

    def forget_roster(self, roster: str, now: datetime) -> None:
        """Forget all plans for this roster: nothing is left of them. What passed is still counted."""
        self._forget(now, lambda known: known == roster)

    def forget_others(self, rosters: Collection[str], now: datetime) -> None:
        """Forget all plans but those for these rosters."""
        self._forget(now, lambda known: known not in rosters)

    def _forget(self, now: datetime, is_of: Callable[[str], bool]) -> None:
        for known in self._list_all():
            if is_of(known.roster):
                self.forget_applied(known.plan)
        for passed in self.list_passed(now):
            if passed.plan is not None and is_of(passed.plan.roster):
                self.save_passed(replace(passed, plan=None))

    def save_lapsed(self, lapsed: LapsedApproval) -> None:
        """Remember an approval that came to nothing, in place of an earlier one."""
        self._table.call("put_item", Item=make_item(_LAPSED, lapsed, at=lapsed.at, kept=_LAPSED_SHOWN))

    def find_lapsed(self, now: datetime) -> LapsedApproval | None:
        """The last one of the past seven days that no other approval has answered."""
        item = self._table.get(_LAPSED)
        lapsed = read_document(LapsedApproval, item) if item else None
        return lapsed if lapsed and lapsed.at + _LAPSED_SHOWN > now else None

    def save_rolled_back(self, roster: str | None, now: datetime) -> None:
        """Remember the deployed roster (digest) that a person rolled back; None forgets it."""
        if roster is None:
            self._table.call("delete_item", Key=_ROLLED_BACK)
        else:
            left = {"roster": {"S": roster}, "at": {"S": now.isoformat()}}
            self._table.call("put_item", Item=_ROLLED_BACK | left)

    def find_rolled_back(self) -> str | None:
        """That roster, None if nobody rolled back."""
        item = self._table.get(_ROLLED_BACK)
        return item["roster"]["S"] if item else None

    def save_passed(self, passed: PassedPlan) -> None:
        """Remember it in place of what was known of its run."""
        key = make_key("sweep", _PASSED + passed.run)
        self._table.call("put_item", Item=make_item(key, passed, at=passed.at, kept=COUNTED))

    def list_passed(self, now: datetime) -> Sequence[PassedPlan]:
        """Those of the past seven days."""
        items = self._table.query("sweep", prefix=_PASSED)
        found = [read_document(PassedPlan, item) for item in items]
        return [passed for passed in found if passed.at > now - COUNTED]

    def _list_all(self) -> list[PendingPlan]:
        return [_read_pending(item) for item in self._table.query("sweep", prefix=_PENDING)]

    def acquire(self, run: Run, now: datetime) -> bool:
        """Whether this run is the one that goes on now; the same execution gets it again."""
        free = "attribute_not_exists(pk) OR execution = :execution OR lease_until <= :now"
        return self._take(run, now, free, {":now": make_expiry(now)})

    def save_progress(self, run: Run, now: datetime) -> bool:
        """Remember where the run is, and stay the one that goes on; False if another took over."""
        return self._take(run, now, "execution = :execution", {})

    def find_current(self, now: datetime) -> Run | None:
        """The run that is under way, None if there is none or its worker is long gone."""
        item = self._table.get(_CURRENT)
        if item is None or int(item["lease_until"]["N"]) <= int(now.timestamp()):
            return None
        return read_document(Run, item)

    def finish(self, run: Run, summary: Mapping[str, Any], now: datetime) -> None:
        """Remember the summary as the last, then let another run begin; cut off between the two, again."""
        text = json.dumps(dict(summary), sort_keys=True)
        ended = {"document": {"S": text}, "ended_at": {"S": now.isoformat()}}
        self._table.call("put_item", Item=_LAST | ended)
        self._table.try_write(
            "delete_item",
            Key=_CURRENT,
            ConditionExpression="execution = :execution",
            ExpressionAttributeValues={":execution": {"S": run.execution}},
        )

    def find_last(self) -> Mapping[str, Any] | None:
        """Summary of the last run that was finished, None before the first."""
        item = self._table.get(_LAST)
        if item is None:
            return None
        summary: Mapping[str, Any] = json.loads(item["document"]["S"])
        return summary

    def save_unreported(self, run: Run, now: datetime) -> None:
        """Remember that people are still to be alerted of what this run does."""
        key = make_key("sweep", _UNREPORTED + run.id)
        self._table.call("put_item", Item=make_item(key, run, at=now, kept=_UNREPORTED_KEPT))

    def list_unreported(self) -> Mapping[str, str]:
        """Those runs as JSON by their ids, in the order of these."""
        items = self._table.query("sweep", prefix=_UNREPORTED)
        return {item["sk"]["S"].removeprefix(_UNREPORTED): item["document"]["S"] for item in items}

    def forget_unreported(self, run_id: str) -> None:
        """People are alerted of what this run did."""
        self._table.call("delete_item", Key=make_key("sweep", _UNREPORTED + run_id))

    def _take(self, run: Run, now: datetime, condition: str, values: Mapping[str, Any]) -> bool:
        item = _CURRENT | {
            "execution": {"S": run.execution},
            "lease_until": make_expiry(now, timedelta(seconds=LEASE_SECONDS)),
            "document": write_document(run),
        }
        return self._table.try_write(
            "put_item",
            Item=item,
            ConditionExpression=condition,
            ExpressionAttributeValues={":execution": {"S": run.execution}, **values},
        )


def _make_key(plan: str) -> dict[str, Any]:
    return make_key("sweep", _PENDING + plan)


def _read_pending(item: Mapping[str, Any]) -> PendingPlan:
    # Who approved it stands beside the document: it is added to an item that is there.
    approved = {name: item.get(name, {}).get("S") for name in ("approved_by", "approved_at")}
    pending = PendingPlan.from_document(json.loads(item["document"]["S"]) | approved)
    return replace(pending, expires_at=pending.approved_at + WAITS) if pending.approved_at else pending
