"""How Rollcall is, for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from rollcall_cli.status import held, summary
from rollcall_cli.status.rows import rows
from rollcall_cli.status.watch import progress_of
from rollcall_cli.status.words import count, lasting, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rollcall.repeated_edits.rules import RepeatedEdits
    from rollcall.sweep.approvals import LapsedApproval, PendingPlan
    from rollcall.sweep.run import Run
    from rollcall_cli.status.hub import Decision
    from rollcall_cli.status.standing import Standing


def view(found: Standing) -> Iterator[Text]:
    """The page, line by line."""
    yield from _section("Last sweep", _last(found))
    if found.current is not None:
        yield from _section("Under way", _current(found.current, found.now))
    yield from _section("Roster", _roster(found))
    if found.controls.paused is not None:
        yield from _section("Paused", _decided(found.controls.paused, found.now))
    for plan in found.waiting:
        command = ("approve", f"rollcall approve {plan.plan[:12]}")
        yield from _section("Waits for approval", [*held.lines(plan, found.now), command])
    for plan in found.approved:
        yield from _section("Approved, and not carried out yet", _approved(plan, found))
    if found.lapsed is not None:
        yield from _section("Approved, and not carried out", _lapsed(found.lapsed, found.now))
    for standoff in found.standoffs:
        yield from _section("Standoff", _standoff(standoff))
    yield from _section("Dead letters", _dead(found))
    yield Text(
        "; ".join(found.concerns).capitalize() + "." if found.concerns else "All is well.",
        style="yellow" if found.concerns else "green",
    )


def _section(title: str, facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    yield Text(title, style="bold")
    yield from rows(facts)
    yield Text()


def _last(found: Standing) -> Iterator[tuple[str, str]]:
    if found.last is None:
        yield "run", "none has finished yet; `rollcall sweep` starts one"
        return
    ended = datetime.fromisoformat(found.last["ended_at"])
    yield "run", f"{found.last['run']}, {lasting(found.now - ended)} ago"
    yield from summary.lines(found.last)


def _current(run: Run, now: datetime) -> Iterator[tuple[str, str]]:
    step, done, all_ = progress_of(run)
    yield "run", f"{run.id}, {run.trigger}, for {lasting(now - run.started_at)}"
    yield "step", f"{step}, {done} of {all_}" if all_ else step


def _roster(found: Standing) -> Iterator[tuple[str, str]]:
    controls = found.controls
    if controls.approved is None or controls.approval is None:
        yield "approved", "none: differences are told, nothing is written"
    else:
        yield "approved", controls.approved
        yield from _decided(controls.approval, found.now)
    if found.candidate is not None:
        same = found.candidate == controls.approved
        yield "deployed", "the same" if same else f"{found.candidate}, not approved"


def _approved(plan: PendingPlan, found: Standing) -> Iterator[tuple[str, str]]:
    yield from held.lines(plan, found.now)
    yield from held.approval(plan, found.now)
    if found.cut_off(plan):
        yield "state", "the approval was cut off before the roster was in force"
        yield "finish", f"rollcall approve {plan.plan[:12]}"
    else:
        yield "state", "in force; what is not written yet is left to the run under way or the next sweep"


def _lapsed(found: LapsedApproval, now: datetime) -> Iterator[tuple[str, str]]:
    yield "plan", found.plan
    yield "approved", f"by {found.by}"
    yield "at", f"{moment(found.at)}, {lasting(now - found.at)} ago"
    yield "why", found.why
    yield "do", "`rollcall sweep`: what is left is planned anew"


def _decided(decision: Decision, now: datetime) -> Iterator[tuple[str, str]]:
    yield "by", decision.by
    ago = f", {lasting(now - decision.at)} ago" if decision.at else ""
    yield "at", f"{moment(decision.at)}{ago}"
    if decision.why:
        yield "why", decision.why


def _standoff(found: RepeatedEdits) -> Iterator[tuple[str, str]]:
    yield "contact", f"{found.kind} of {found.account_id}"
    yield "since", f"{moment(found.opened_at)}, put back {count(found.reverts, 'time')}"
    if found.next_at is not None:
        yield "next", f"put back at {moment(found.next_at)} or later"
    for actor in found.actors:
        yield "by", actor
    yield "release", f"rollcall release {found.account_id} {found.kind}"


def _dead(found: Standing) -> Iterator[tuple[str, str]]:
    for queue in found.dead:
        yield queue.queue, count(queue.waiting, "message") if queue.waiting else "empty"
        for reason, number in sorted(queue.reasons.items()):
            yield "", f"{number} x {reason}"
        if unseen := queue.waiting - sum(queue.reasons.values()):
            yield "", f"{unseen} not seen: hidden from this look, or more than it shows"
