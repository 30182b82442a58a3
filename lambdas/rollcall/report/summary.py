"""The words at the top of the page: the run and its roster, are we covered, who changed what, what to do."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan import ReadBy
from rollcall.model.contact import ContactKind
from rollcall.model.display import format_duration
from rollcall.model.roster import Mode
from rollcall.outcomes.verdicts import Verdict
from rollcall.report.build import ATTENTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    """The roster that the page compares with, in this `mode`, and that of the plan if it is another."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question with its answer: a word or two, then sentences. `tone` is good, warn, bad or empty."""

    question: str
    short: str
    sentences: tuple[str, ...]
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What waits for a person, and the command or the place that has more."""

    text: str
    command: str = ""


def answer_coverage(report: Mapping[str, Any]) -> Answer:
    """Whether contacts are compliant, now and before the run repaired them."""
    coverage, run = report["coverage"], report["run"]
    total = {name: sum(kind[name] for kind in coverage["kinds"].values()) for name in _NAMES}
    question = "Are we covered?"
    if not total["managed"]:
        nothing = ("No managed contact was read.",)
        return Answer(question=question, short="Not known", sentences=nothing, tone="")
    whole = total["compliant"] == total["managed"]
    partial = coverage["accounts"] < run["accounts"]
    short = "Not known" if whole and partial else "Yes" if whole else "Not fully"
    security = coverage["kinds"][ContactKind.SECURITY]
    tone = "warn" if security["compliant"] == security["managed"] else "bad"
    if report["waiting"]:
        by = "approved" if run["judged_by"] == run["approved"] else "deployed"
        short = f"{short}, by the {by} roster" if run["approved"] else "Nothing is enforced yet"
    return Answer(
        question=question,
        short=short,
        sentences=tuple(_describe_coverage(report, total)),
        tone="good" if short == "Yes" else "warn" if whole else tone,
    )


_NAMES = ("managed", "found", "compliant")


def _describe_coverage(report: Mapping[str, Any], total: Mapping[str, int]) -> Iterator[str]:
    kinds = report["coverage"]["kinds"]
    if total["compliant"] == total["managed"]:
        yield f"All {total['managed']:,} managed contacts that were read are compliant now."
    else:
        wrong = total["managed"] - total["compliant"]
        security = kinds[ContactKind.SECURITY]["managed"] - kinds[ContactKind.SECURITY]["compliant"]
        yield (
            f"{wrong:,} of {total['managed']:,} managed contacts {_be(wrong)} not compliant now,"
            f" {security:,} of them SECURITY."
        )
    if total["found"] < total["compliant"]:
        differed = kinds[ContactKind.SECURITY]["managed"] - kinds[ContactKind.SECURITY]["found"]
        lacking = total["managed"] - total["found"]
        verb = "was" if lacking == 1 else "were"
        yield f"Before this run, {lacking:,} {verb} not, {differed:,} of them SECURITY."
    previous = report["previous"]
    if previous and previous["compliant_share"] is not None and not report["waiting"]:
        yield (
            f"The run before ended with {format_percent(previous['compliant_share'])}"
            f" of {previous['managed']:,} at {_format_time(previous['ended_at'])}."
        )


def answer_edits(report: Mapping[str, Any]) -> Answer:
    """Who changed contacts since the report before, and how long they were wrong."""
    edits = report["edits"]
    contacts = {(edit["account_id"], edit["kind"]) for edit in edits}
    still = {(edit["account_id"], edit["kind"]) for edit in edits if edit["open"]}
    sentences: list[str] = []
    if edits:
        principals = {edit["principal"] for edit in edits}
        sentences.append(
            f"{_count(len(principals), 'principal')} edited {_count(len(contacts), 'contact')}"
            f"{_count_security(contacts)}."
        )
        sentences += _describe_lengths(edits)
    else:
        sentences.append("No edit is known.")
    if drift := len(report["drift"]):
        sentences.append(
            f"{_count(drift, 'more contact')} differed without a known edit: found by the sweep only."
        )
    since = f" since {_format_time(report['previous']['ended_at'])}" if report["previous"] else ""
    short = "Not known" if drift else "Nobody"
    tone = "warn" if still or drift else "" if edits else "good"
    if edits:
        short = _count(len(edits), "edit") + (f", {len(still):,} still open" if still else "")
    if any(kind == ContactKind.SECURITY for _, kind in still):
        tone = "bad"
    return Answer(question=f"Who changed what{since}?", short=short, sentences=tuple(sentences), tone=tone)


def _describe_lengths(edits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How long the contacts were wrong: the longest by name, SECURITY first."""
    known = [edit for edit in edits if edit["wrong_seconds"] is not None]
    if not known:
        return
    longest = max(known, key=lambda edit: (edit["open"], edit["wrong_seconds"]))
    length = format_duration(timedelta(seconds=longest["wrong_seconds"]))
    place = f"{longest['kind']} of {longest['account_id']}"
    if longest["account_name"]:
        place += f" {longest['account_name']}"
    if longest["open"]:
        yield f"The longest is still wrong, for {length} so far: {place}, by {longest['principal']}."
    elif longest["wrong_seconds"]:
        yield f"The longest was wrong for {length}: {place}, by {longest['principal']}."


def find_tasks(report: Mapping[str, Any]) -> Iterator[Task]:
    """What waits for a person, the most urgent first."""
    run, counts = report["run"], report["coverage"]["contacts"]
    if run["failed"]:
        yield Task(
            text=f"The run did not finish: {', '.join(sorted(run['failed']))} failed.",
            command="rollcall sweep",
        )
    still = sorted({(edit["account_id"], edit["kind"]) for edit in report["edits"] if edit["open"]})
    if still:
        text = f"{_count(len(still), 'contact')} {_be(len(still))} left changed after an edit"
        yield Task(text=f"{text}{_count_security(still)}.", command="rollcall history --open")
    attention = [
        (entry["id"], kind)
        for entry in report["accounts"]
        for kind, contact in entry["contacts"].items()
        if contact["status"] in ATTENTION
    ]
    if attention:
        listed = _count(len(attention), "contact")
        yield Task(text=f"To look at, listed below: {listed}{_count_security(attention)}.")
    for plan in report["waiting"]:
        text = f"A plan with {_count(plan['changes'], 'change')} is pending approval."
        yield Task(text=text, command=f"rollcall approve {plan['plan'][:12]}")
    if run["ending"] == "paused":
        yield Task(text="Writes are paused.", command="rollcall unpause --reason TEXT")
    elif counts[Verdict.WOULD_SET] and not report["waiting"]:
        yield Task(text=f"{_count(counts[Verdict.WOULD_SET], 'contact')} below differ and were not set.")
    yield from _find_failures_in_members(report)
    if due := len(report["reviews"]):
        yield Task(text=f"{_count(due, 'contact')} of the roster {_be(due)} due for review.")
    if lost := len(report["unmatched"]):
        listed = _count(lost, "entry of the roster matches", "entries of the roster match")
        yield Task(text=f"{listed} no account: correct or remove what is listed below.")


def _find_failures_in_members(report: Mapping[str, Any]) -> Iterator[Task]:
    if drift := len(report["drift"]):
        text = f"{_count(drift, 'change')} came without an event: check trails and forwarders."
        yield Task(text=text, command="rollcall doctor")
    if lost := report["run"]["lost_roles"]:
        text = f"Read centrally, although their role worked in the run before: {', '.join(lost)}."
        yield Task(text=text, command="rollcall doctor")


def _count_security(contacts: Sequence[tuple[str, str]] | set[tuple[str, str]]) -> str:
    security = sum(kind == ContactKind.SECURITY for _, kind in contacts)
    return f", {security:,} of them SECURITY" if security else ""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


def _format_time(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC"
