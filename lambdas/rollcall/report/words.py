"""The words of the page's head: what started the run, how it ended, and which roster it compares with."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan import ReadBy
from rollcall.model.roster import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What started a run, by its trigger.
STARTED_BY: Final = {
    "schedule": "the schedule",
    "roster": "a deployment of the roster",
    "operator": "an operator",
    "approval": "an approval",
    "rollback": "a person who wants to roll back",
}
#: How it ended.
ENDED: Final = {
    "finished": "finished",
    "pending-approval": "finished, a plan is pending approval",
    "paused": "writes were paused",
    "superseded": "stopped, another roster or run took over",
    "altered": "stopped, the stored plan was altered",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFact:
    """A roster that the run had to do with: its digest (hex), and where it stands at the end of the run."""

    term: str
    digest: str
    standing: str


def format_percent(share: float) -> str:
    """A share with one decimal, cut and not rounded: 100.0 % is said only of all."""
    # Without the small bit 57 of 100 were 56.9 %, as 0.57 * 1000 is a little less than 570.
    return f"{math.floor(share * 1000 + 1e-6) / 10:.1f} %"


def describe_reads(report: Mapping[str, Any]) -> str:
    """How accounts were read, if roles in them were asked; empty if none was."""
    by_role, centrally = (report["run"]["read_by"][way] for way in (ReadBy.ROLE, ReadBy.CENTRAL))
    failures = Counter(account["role_failure"] for account in report["accounts"] if account["role_failure"])
    if not by_role and not failures:
        return ""
    why = ", ".join(f"{reason}: {count:,}" for reason, count in failures.most_common())
    return f"{by_role:,} through their own role, {centrally:,} centrally" + (f" ({why})" if why else "")


def list_roster_facts(run: Mapping[str, Any], mode: str) -> list[RosterFact]:
    """The roster that the page compares with, and the roster of the plan if it is another one.

    `mode` is that of the first, where no override says otherwise.
    """
    judged, approved = run["judged_by"], run["approved"]
    audit = ", in audit mode: differences are alerted and not set" if mode == Mode.AUDIT else ""
    facts = [RosterFact(term="Roster", digest=judged, standing=_describe_approval(judged, approved) + audit)]
    if run["roster"] != judged:
        standing = "approved" if run["roster"] == approved else "not approved"
        facts.append(RosterFact(term="Deployed roster", digest=run["roster"], standing=standing))
    return facts


def _describe_approval(digest: str, approved: str | None) -> str:
    if digest == approved:
        return "approved"
    if approved is None:
        return "not approved, nothing is enforced"
    return f"not approved, {approved[:12]} is"
