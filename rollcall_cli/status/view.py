"""The state of Rollcall as text."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rollcall_cli.history.view import build_open_document, describe_open
from rollcall_cli.status import plans, runs
from rollcall_cli.status.plan_values import MOST_GROUPS, list_values
from rollcall_cli.status.runs import measure_progress
from rollcall_cli.text.formatting import count, format_rest, format_rows, format_span, format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rollcall.contact.record import ContactRecord
    from rollcall.model.display import Masks
    from rollcall.sweep.approvals import LapsedApproval, PendingPlan
    from rollcall.sweep.run import Run
    from rollcall_cli.aws.hub import OperatorDecision
    from rollcall_cli.status.overview import Overview


#: Open contacts that are shown.
MOST_OPEN: Final = 10


def render(found: Overview, *, masks: Masks) -> Iterator[Text]:
    """Yield the page line by line."""
    yield from _render_section("Last sweep", _list_last(found))
    if found.current is not None:
        yield from _render_section("Running sweep", _list_current(found.current, found.now))
    yield from _render_section("Roster", _list_roster(found))
    if found.controls.paused is not None:
        yield from _render_section("Paused", _list_decision(found.controls.paused, found.now))
    for plan in found.waiting:
        command = ("approve", f"rollcall approve {plan.plan[:12]}")
        values = list_values(found.values[plan.plan], masks=masks, most=MOST_GROUPS)
        rows = [*plans.describe_plan(plan, found.now), *values, command]
        yield from _render_section("Pending approval", rows)
    for plan in found.approved:
        yield from _render_section("Approved, being applied", _list_approved(plan, found))
    if found.lapsed is not None:
        yield from _render_section("Approval lapsed", _list_lapsed(found.lapsed, found.now))
    for record in found.repeated:
        yield from _render_section("Repeated edits", _list_repeated_edits(record))
    if found.open:
        yield from _render_section("Open", _list_open(found))
    yield from _render_section("Dead letters", _list_dead_letters(found))
    yield Text(
        "; ".join(found.concerns).capitalize() + "." if found.concerns else "No problems found.",
        style="yellow" if found.concerns else "green",
    )


def _render_section(title: str, facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    yield Text(title, style="bold")
    yield from format_rows(facts)
    yield Text()


def _list_last(found: Overview) -> Iterator[tuple[str, str]]:
    if found.last is None:
        yield "run", "none has finished yet; `rollcall sweep` starts one"
        return
    ended = datetime.fromisoformat(found.last["ended_at"])
    yield "run", f"{found.last['run']}, {format_span(found.now - ended)} ago"
    yield from runs.summarise_run(found.last)


def _list_current(run: Run, now: datetime) -> Iterator[tuple[str, str]]:
    step, done, all_ = measure_progress(run)
    yield "run", f"{run.id}, {run.trigger}, for {format_span(now - run.started_at)}"
    yield "step", f"{step}, {done} of {all_}" if all_ else step


def _list_roster(found: Overview) -> Iterator[tuple[str, str]]:
    controls = found.controls
    if controls.approved is None or controls.approval is None:
        yield "approved", "none: differences are alerted, nothing is written"
    else:
        yield "approved", controls.approved
        yield from _list_decision(controls.approval, found.now)
    if found.candidate is not None:
        same = found.candidate == controls.approved
        yield "deployed", "the same" if same else f"{found.candidate}, not approved"
        waiting = [plan for plan in found.waiting if plan.roster == found.candidate]
        if any(plan.summary["weakenings"] for plan in waiting):
            yield "pending", "another deployment replaces its plan; what weakens enforcement waits again"


def _list_approved(plan: PendingPlan, found: Overview) -> Iterator[tuple[str, str]]:
    yield from plans.describe_plan(plan, found.now)
    yield from plans.describe_approval(plan, found.now)
    if found.is_interrupted(plan):
        yield "state", "the approval was interrupted before the roster was in force"
        yield "finish", f"rollcall approve {plan.plan[:12]}"
    else:
        yield "state", "in force; the running sweep or the next one writes the rest"


def _list_lapsed(found: LapsedApproval, now: datetime) -> Iterator[tuple[str, str]]:
    yield "plan", found.plan
    yield "approved", f"by {found.by}"
    yield "at", f"{format_time(found.at)}, {format_span(now - found.at)} ago"
    yield "reason", found.reason
    yield "do", "`rollcall sweep` plans the remaining changes again"


def _list_decision(decision: OperatorDecision, now: datetime) -> Iterator[tuple[str, str]]:
    yield "by", decision.by
    if decision.execution:  # of a person's decision; a sweep's approval has none
        yield "user id", decision.user_id
        yield "execution", decision.execution
    ago = f", {format_span(now - decision.at)} ago" if decision.at else ""
    yield "at", f"{format_time(decision.at)}{ago}"
    if decision.until:
        yield "until", f"{format_time(decision.until)}, in {format_rest(decision.until - now)}"
    if decision.reason:
        yield "reason", decision.reason


def _list_repeated_edits(found: ContactRecord) -> Iterator[tuple[str, str]]:
    edits = found.repeated
    yield "contact", f"{found.kind} of {found.account_id}"
    yield "since", f"{format_time(edits.opened_at)}, restored {count(edits.reverts, 'time')}"
    if edits.next_at is not None:
        yield "next", f"restore at {format_time(edits.next_at)} or later"
    for actor in edits.actors:
        yield "by", actor
    yield "release", f"rollcall release {found.account_id} {found.kind}"


def _list_open(found: Overview) -> Iterator[tuple[str, str]]:
    for record in found.open[:MOST_OPEN]:
        item = build_open_document(record, found.now)
        since = datetime.fromisoformat(item["since"])
        yield "contact", f"{record.kind} of {record.account_id}, {describe_open(item)}"
        yield "since", f"{format_time(since)}, {format_span(found.now - since)} ago"
        for principal in item["principals"]:
            yield "by", principal
    if len(found.open) > MOST_OPEN:
        yield "more", count(len(found.open) - MOST_OPEN, "contact")
    yield "all", "rollcall history --open"


def _list_dead_letters(found: Overview) -> Iterator[tuple[str, str]]:
    for queue in found.dead:
        yield queue.queue, count(queue.waiting, "message") if queue.waiting else "empty"
        for reason, number in sorted(queue.reasons.items()):
            yield "", f"{number} x {reason}"
        if unseen := queue.waiting - sum(queue.reasons.values()):
            yield "", f"{unseen} not read: hidden by another reader, or beyond the limit of 100"
