"""The words for notices of plans that wait for a person, and of their ends, as data: see `notice_kinds`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import NoticeWords

_WHY, _PLAN, _ROSTER = ("Why", "{reasons}"), ("Plan", "{plan}"), ("Roster", "{roster}")
_COMPARED = (
    ("Warning", "{warnings}"),
    _PLAN,
    _ROSTER,
    ("Run", "{run}"),
    ("Until", "{expires_at}, then the plan expires"),
)

_HELD = NoticeWords(
    severity=Severity.HIGH,
    headline="plan pending approval, {accounts_changed} of {accounts_active} accounts would change",
    waits="nothing of this plan is written until a person approves it",
    lines=(
        _WHY,
        ("Changes", "{changes} in {accounts_changed} of {accounts_active} accounts: {by_kind}"),
        ("Deletes", "{deletes}"),
        *_COMPARED,
    ),
    do="""
- Compare the changes with the intended change of the roster. `rollcall report` lists all.
- If they are correct, approve this plan: `rollcall approve {plan}`
- If not, correct the roster and deploy it. Until then the roster approved before is enforced.""",
    runbook="sweep-held",
    examples="What would be written, most accounts first",
)

_ENDED = NoticeWords(
    severity=Severity.INFO,
    headline="plan no longer pending approval, nothing of it is left to approve",
    lines=(("By", "{by}"), _PLAN, ("Newer plan", "{newer}"), _ROSTER),
    do="- Nothing.",
    runbook="plan-ended",
)

#: By kind and variant, as `notice_kinds.NOTICES` has them.
PLANS: Final[dict[str, NoticeWords]] = {
    "sweep-held": _HELD,
    "sweep-held/weakens": replace(
        _HELD, headline="roster pending approval, it would change enforcement and write nothing"
    ),
    "sweep-held/first": replace(
        _HELD,
        headline="first roster pending approval, {accounts_changed} of {accounts_active} accounts would"
        " change",
        do="""
- This is expected: the first roster always needs approval.
- Read the report: `rollcall report`. Are these the contacts that every account should have?
- If yes, approve this plan: `rollcall approve {plan}`
- If no, correct the roster and deploy it. Until then nothing is written.""",
    ),
    "sweep-held/first-without-changes": replace(
        _HELD,
        headline="first roster pending approval, it would change nothing today",
        waits="nothing is restored until a person approves the roster",
        lines=(_WHY, ("Changes", "none in {accounts_active} active accounts"), *_COMPARED),
        do="""
- This is expected: the first roster always needs approval, even if no contact differs.
- The approval writes nothing now. From then on, changed contacts are restored.
- Read the report: `rollcall report`. Are these the contacts that every account should have?
- If yes, approve it: `rollcall approve {plan}`
- If no, correct the roster and deploy it. Until then edits are only alerted.""",
    ),
    "sweep-held/drift": replace(
        _HELD,
        headline="{changes} contacts that the roster does not allow wait for deletion",
        waits="nothing of this plan is deleted until a person approves it",
        do="""
- Find out who set them: `rollcall report` lists all.
- To delete them, approve this plan: `rollcall approve {plan}`
- To keep them, allow them in the roster and deploy it.""",
        examples="What would be deleted, most accounts first",
    ),
    "plan-ended": _ENDED,
    "plan-ended/approved": replace(
        _ENDED,
        headline="pending plan approved by {operator}",
        do="""
- Nothing, if the approval was planned. If not, run `rollcall pause --reason TEXT` and ask the principal.""",
    ),
    "plan-ended/superseded": replace(
        _ENDED,
        headline="pending plan superseded by a newer one, which has an open alert of its own",
        do="- Approve or correct the newer plan, by its own alert.",
    ),
    "plan-ended/replaced": replace(
        _ENDED, headline="plan no longer pending approval, another roster was approved or deployed"
    ),
    "plan-ended/expired": replace(
        _ENDED,
        headline="pending plan EXPIRED, nobody approved it and nothing of it was written",
        do="- To have what is left planned again, run `rollcall sweep`: it alerts what needs approval.",
    ),
}
