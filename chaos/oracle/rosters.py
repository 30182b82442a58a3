"""What comes into force: rosters by whom, over which others; plans that wait; and who hears of both."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any, Final

from chaos.oracle.calls import find_contact, read_values
from chaos.scheduler import START
from chaos.setting import DAY, LEDGER
from chaos.wants import compute_digest, find_weakened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.oracle.evidence import Evidence, Violation
    from chaos.setting import Control, Published

    #: Parts of commands in the ledger by command and part: when each was put, and what it says.
    _Parts = Mapping[tuple[str, str], tuple[float, Mapping[str, Any]]]

_KEY: Final = re.compile(r"ledger/commands/([^/]+)/(\w+)\.json")
#: A gate compares with what is approved when its step begins, and alerts the plan within this time.
_COMPARED_BEFORE: Final = 300.0
#: A gate plans with what its run read within this time before, and the rest is restored within that time.
_OBSERVED_BEFORE: Final = 300.0
_RESTORED_WITHIN: Final = 1800.0
#: A plan that was approved is carried out within this time.
_SOON: Final = 3600.0


@dataclass(frozen=True, slots=True)
class _Approval:
    """What a person approved: the plan of a roster, and when the ledger had it."""

    time: float
    command: str
    plan: str
    roster: str


def find_violations(evidence: Evidence) -> Iterator[Violation]:
    """All of this kind."""
    parts = _read_parts(evidence)
    approvals = [
        _Approval(time, command, document["answer"]["plan"], document["answer"]["roster"])
        for (command, part), (time, document) in parts.items()
        if part == "approval" and "answer" in document
    ]
    for before, after in pairwise(evidence.control):
        if before.approved is not None and before.approved != after.approved:
            yield from _judge_change(evidence, before, after, approvals)
    yield from _find_denied(evidence, parts, approvals)
    yield from _find_vanished(evidence, parts)
    yield from _find_wrong_ends(evidence, parts, approvals)
    yield from _find_held_back(evidence)
    yield from _find_unasked_deletes(evidence, approvals)


def _read_parts(evidence: Evidence) -> _Parts:
    """What the ledger has of commands: by command and part."""
    found: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = {}
    for stored in evidence.world.cloud.buckets.puts:
        match = _KEY.fullmatch(stored.key) if stored.bucket == LEDGER else None
        if match is not None:
            found.setdefault((match[1], match[2]), (stored.time, json.loads(stored.body)))
    return found


def _judge_change(
    evidence: Evidence, before: Control, after: Control, approvals: Sequence[_Approval]
) -> Iterator[Violation]:
    """Another roster is in force: of itself only if it weakens nothing, else as a person saw it; alerted."""
    # Since it was in force the last time: what was approved then is over.
    earlier = [item.time for item in evidence.control if item.time <= before.time]
    since = max(
        (time for time in earlier if evidence.find_control(time).approved == after.approved), default=0
    )
    asked = [one for one in approvals if one.roster == after.approved and since <= one.time <= after.time]
    rosters = {compute_digest(roster): roster for roster in evidence.story.rosters}
    weakened = find_weakened(
        rosters[str(before.approved)], rosters[str(after.approved)], evidence.story.accounts
    )
    if weakened is not None and not asked:
        yield evidence.find_violation("weakened-unasked", after.time, weakened)
    if asked and not any(before.approved in _list_compared(evidence, one.plan) for one in asked):
        text = f"plan {asked[-1].plan[:12]} was compared with another roster"
        yield evidence.find_violation("approved-over-another", after.time, text)
    alerted = [
        item
        for item in evidence.notices
        if item.document["notice"] == "roster-approved"
        and item.document["facts"]["roster"] == after.approved
        and item.time >= after.time
    ]
    if not alerted:
        yield evidence.find_violation("roster-not-alerted", after.time, str(after.approved))


def _list_compared(evidence: Evidence, plan: str) -> set[str | None]:
    """The rosters that the plan may have been compared with when it was made."""
    found: set[str | None] = set()
    for item in evidence.notices:
        if item.document["notice"] == "sweep-held" and item.document["facts"]["plan"] == plan:
            found.add(evidence.find_control(item.time - _COMPARED_BEFORE).approved)
            found |= {
                control.approved
                for control in evidence.control
                if item.time - _COMPARED_BEFORE <= control.time <= item.time
            }
    return found


def _find_denied(
    evidence: Evidence,
    parts: _Parts,
    approvals: Sequence[_Approval],
) -> Iterator[Violation]:
    """An approval that was begun, and whose roster is in force, is not answered as refused."""
    for one in approvals:
        time, result = parts.get((one.command, "result"), (0.0, {}))
        ended = any(
            item.document["facts"].get("plan") == one.plan
            and item.document["facts"].get("ending") not in (None, "approved")
            for item in evidence.notices
        )
        if "refused" in result and evidence.find_control(time).approved == one.roster and not ended:
            yield evidence.find_violation("approval-denied", time, f"{one.command}: {result['refused']}")


def _find_vanished(evidence: Evidence, parts: _Parts) -> Iterator[Violation]:
    """A plan that a person approved is carried out, or that person learns why not."""
    # Whose command was given up after all its tries knows, and gives it again.
    done = {command for (command, _), (_, document) in parts.items() if document.get("done")}
    ends = ("sweep-applied", "approval-lapsed", "sweep-failed")
    for item in evidence.notices:
        facts = item.document["facts"]
        if (
            item.document["notice"] != "roster-approved"
            or facts["automatic"]
            or not facts["changes"]
            or facts["execution"] not in done
        ):
            continue
        in_force = (one.time for one in evidence.control if one.approved == facts["roster"])
        began = min(item.time, next(in_force, item.time))
        after = [
            other
            for other in evidence.notices
            # Of two people who approve the same plan the first may have had it carried out already; and the
            # bus may take the notice long after the approval.
            if began < other.time < item.time + _SOON
            or (other.time <= item.time and other.document["facts"].get("plan") == facts["plan"])
        ]
        if not any(other.document["notice"] in ends for other in after):
            text = f"plan {facts['plan'][:12]} was approved, and nothing came of it"
            yield evidence.find_violation("approved-plan-vanished", item.time, text)


def _find_wrong_ends(
    evidence: Evidence, parts: _Parts, approvals: Sequence[_Approval]
) -> Iterator[Violation]:
    """The alert about a plan is ended once its plan does not wait any more, and not before."""
    by_incident: dict[str, list[Published]] = {}
    for item in evidence.notices:
        if item.document["notice"] in ("sweep-held", "plan-ended"):
            by_incident.setdefault(item.document["incident_id"], []).append(item)
    # The newest alert about a plan goes on for as long as sweeps find it to wait.
    newest = {items[0].document["facts"]["plan"]: id_ for id_, items in by_incident.items()}
    final, pending = evidence.story_end + DAY, evidence.world.runs["final"]["pending"]
    for plan in set(pending) - newest.keys():
        yield evidence.find_violation("waiting-plan-not-alerted", final, plan)
    for id_, items in by_incident.items():
        first, plan = items[0], items[0].document["facts"]["plan"]
        text, waits = f"{id_} of plan {plan[:12]}", plan in pending and newest[plan] == id_
        # One to roll back waits until it expires, whatever sweeps find.
        may_wait = waits or first.document["facts"].get("rollback", False)
        # One of a plan that expired may be finished, when it is tried again, as that of the same plan anew.
        results = {
            one: parts.get((one.command, "result"), (inf, {})) for one in approvals if one.plan == plan
        }
        approved = [one for one in results if results[one][0] >= first.time]
        last, ends = items[-1], [item for item in items if item.document["notice"] == "plan-ended"]
        if last not in ends and (not may_wait or any(one.time > final for one in approved)):
            yield evidence.find_violation("pending-alert-never-ended", last.time, text)
        for end in ends:
            facts = end.document["facts"]
            if first is end or facts != ends[0].document["facts"]:
                yield evidence.find_violation("pending-alert-ended-differently", end.time, text)
            done = newest[plan] == id_ and any("done" in results[one][1] for one in approved)
            early = (waits and end.time < final) or (done and facts["ending"] != "approved")
            if early or not _has_ended(evidence, first, end, [one.time for one in approved]):
                yield evidence.find_violation("pending-alert-ended-wrong", end.time, f"{text}: {facts}")


def _has_ended(evidence: Evidence, first: Published, end: Published, approved: Sequence[float]) -> bool:
    """Whether the plan that was alerted first, and approved at these times, ended as the notice says."""
    facts = end.document["facts"]
    expires_at = datetime.fromisoformat(first.document["facts"]["expires_at"]).timestamp()
    match facts["ending"]:
        case "approved":
            # In force since: another roster may be approved meanwhile, and this approval be refused.
            return any(
                evidence.find_control(time).approved == facts["roster"]
                for approval in approved
                for time in _list_moments(evidence, approval, end.time)
            )
        case "expired":
            return expires_at <= end.time + evidence.story.skew
        case "lapsed":
            return expires_at <= end.time + evidence.story.skew and bool(approved)
        case "superseded" | "renewed":
            same = facts["newer"] == facts["plan"]
            return same is (facts["ending"] == "renewed") and any(
                item.document["notice"] == "sweep-held" and item.document["facts"]["plan"] == facts["newer"]
                for item in evidence.notices
                if item.document["incident_id"] != end.document["incident_id"]
            )
        case "replaced":
            # Then or before: the notice may be late, and the roster be deployed again meanwhile.
            return any(
                facts["roster"]
                not in {evidence.find_control(time).approved, compute_digest(evidence.find_deployed(time))}
                for time in _list_moments(evidence, expires_at - 7 * DAY, end.time)
            )
    return True


def _list_moments(evidence: Evidence, since: float, until: float) -> list[float]:
    """Its end, and when a roster was deployed or came into force in it; none if it ends before it begins."""
    deployed = [START + action.at for action, _ in evidence.world.people if action.do == "deploy"]
    times = (until, *deployed, *(item.time for item in evidence.control))
    return [time for time in times if since <= time <= until]


def _find_held_back(evidence: Evidence) -> Iterator[Violation]:
    """Deletes that wait for a person keep no other contact from being restored."""
    if evidence.world.faults.fired:
        return
    for item in evidence.notices:
        document, control = item.document, evidence.find_control(item.time)
        if document["notice"] != "sweep-held" or document["facts"]["roster"] != control.approved:
            continue
        start, end = item.time - _OBSERVED_BEFORE, item.time + _RESTORED_WITHIN
        for contact, changes in evidence.account.history.items():
            want, found = (
                evidence.find_want(control.approved, contact, item.time),
                evidence.account.read(*contact, item.time),
            )
            closed = evidence.find_closing(contact[0]) is not None
            touched = any(start <= change.time <= end for change in changes)
            if closed or touched or want is None or want.values is None:
                continue
            if want.managed and want.enforced and not want.fits(found):
                text = f"{contact[0]} {contact[1]} stays wrong while deletes wait"
                yield evidence.find_violation("restore-held-back", item.time, text)


def _find_unasked_deletes(evidence: Evidence, approvals: Sequence[_Approval]) -> Iterator[Violation]:
    """A sweep deletes contacts of several accounts only if a person approved that."""
    deleted: dict[str, dict[str, float]] = {}
    for call in evidence.own_calls:
        if call.function == "apply" and read_values(call) is None:
            sweep = call.process.partition(":")[2].partition(".")[0]
            deleted.setdefault(sweep, {}).setdefault(find_contact(evidence, call)[0], call.sent_at)
    for sweep, accounts in deleted.items():
        time = min(accounts.values())
        if len(accounts) > 1 and not any(one.time <= time for one in approvals):
            text = f"{sweep} deletes contacts of {len(accounts)} accounts"
            yield evidence.find_violation("deletes-unasked", time, text)
