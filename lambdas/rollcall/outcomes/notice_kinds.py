"""The words for notices, as data: a short text for each kind, and for what its facts make of it.

Names in braces are facts of the notice (docs/reference/alerts.md); one that is missing reads `unknown`.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from rollcall.model.levels import Severity
from rollcall.outcomes.bulk_edit_words import GROUPS
from rollcall.outcomes.meaning import NoticeWords


class NoticeKind(StrEnum):
    """What a notice is about."""

    SWEEP_HELD = "sweep-held"
    SWEEP_FAILED = "sweep-failed"
    SWEEP_DRIFT = "sweep-drift"
    SWEEP_APPLIED = "sweep-applied"
    ROSTER_APPROVED = "roster-approved"
    APPROVAL_LAPSED = "approval-lapsed"
    PLAN_ALTERED = "plan-altered"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    BULK_EDIT = "bulk-edit"
    CONTACTS_SET = "contacts-set"
    MANY_ALERTS = "many-alerts"
    REPEATED_EDITS = "repeated-edits"
    RELEASED = "released"
    COMMAND_REFUSED = "command-refused"


_BY, _RUN, _OUTCOME = ("By", "{by}"), ("Run", "{run}"), ("Outcome", "{became}")
_USER, _EXECUTION = ("User ID", "{user_id}"), ("Execution", "{execution}")
_PLAN, _ROSTER, _WHY = ("Plan", "{plan}"), ("Roster", "{roster}"), ("Why", "{reason}")
_ACCOUNT, _CONTACT = ("Account", "{account}"), ("Contact", "{kind}")

_HELD = NoticeWords(
    severity=Severity.HIGH,
    headline="roster HELD: {accounts_changed} of {accounts_active} accounts would change",
    waits="nothing of this plan is written until a person approves it",
    lines=(
        ("Why", "{reasons}"),
        ("Changes", "{changes} in {accounts_changed} of {accounts_active} accounts: {by_kind}"),
        ("Deletes", "{deletes}"),
        _PLAN,
        _ROSTER,
        _RUN,
        ("Until", "{expires_at}, then the plan expires"),
    ),
    do="""
- Read each change: is it what the change of the roster was meant to do? `rollcall report` lists all.
- If yes, approve exactly this plan: `rollcall approve {plan}`
- If no, put the roster right and deploy it again. Until then the roster that was approved before goes on
being enforced.""",
    runbook="sweep-held",
    examples="What would be written, most accounts first",
)

_DRIFT = NoticeWords(
    severity=Severity.MEDIUM,
    headline="sweep found changes that no event announced, all put right",
    lines=(("Accounts", "{accounts}"), ("Contacts", "{contacts}"), _OUTCOME, _RUN),
    examples="What differed, most accounts first",
    do="""
- Find out why no event announced it: `rollcall doctor` checks trails and forwarders. A contact that was
changed while nobody watched may be the work of somebody who knows that.""",
    runbook="sweep-drift",
)

_APPLIED = NoticeWords(
    severity=Severity.INFO,
    headline="roster applied, all as it wants",
    lines=(_OUTCOME, _PLAN, ("Trigger", "{trigger}"), _BY, _RUN),
    do="- Nothing.",
    runbook="sweep-applied",
    examples="What was not set",
)

_APPROVED = NoticeWords(
    severity=Severity.MEDIUM,
    headline="roster approved by {by}",
    lines=(_BY, _USER, _EXECUTION, _ROSTER, _PLAN, ("Changes", "{changes}")),
    do="- Nothing, if you know of it. If nobody does: `rollcall pause --reason TEXT`, and ask who approved.",
    runbook="roster-approved",
)

_PAUSED = NoticeWords(
    severity=Severity.HIGH,
    headline="Rollcall PAUSED until {until}: nothing is put back",
    waits="nothing is written until {until}, unless somebody ends the pause; edits are told and left alone",
    lines=(_BY, _USER, _EXECUTION, _WHY, ("Until", "{until}")),
    do="""
- If you know of it: end the pause when its reason is gone: `rollcall unpause --reason TEXT`
- If nobody does: treat the principal above as compromised, and end the pause now.""",
    runbook="paused",
)

#: By kind, and where its facts make a difference by kind and what that is: see `notify.notices.pick_variant`.
NOTICES: Final[dict[str, NoticeWords]] = {
    NoticeKind.SWEEP_HELD: _HELD,
    "sweep-held/weakens": replace(
        _HELD, headline="roster HELD: it would weaken enforcement and write nothing"
    ),
    "sweep-held/first": replace(
        _HELD,
        headline="first roster HELD until you approve it: {accounts_changed} of {accounts_active} accounts"
        " would change",
        do="""
- This is the normal way in: the first roster that writes is always held.
- Read the report of the run: `rollcall report`. Are these the contacts that you want everywhere?
- If yes, approve exactly this plan: `rollcall approve {plan}`
- If no, put the roster right and deploy it again. Until then nothing is written.""",
    ),
    "sweep-held/first-without-changes": replace(
        _HELD,
        headline="first roster HELD until you approve it: it would change nothing today",
        waits="nothing is put back until a person approves the roster",
        lines=(
            ("Why", "{reasons}"),
            ("Changes", "none in {accounts_active} active accounts"),
            _PLAN,
            _ROSTER,
            _RUN,
            ("Until", "{expires_at}, then the plan expires"),
        ),
        do="""
- This is the normal way in: the first roster is always held, also if no contact differs from it today.
- Approving writes nothing now. From then on this roster is enforced: who changes a contact finds it put
back.
- Read the report of the run: `rollcall report`. Are these the contacts that you want everywhere?
- If yes, approve it: `rollcall approve {plan}`
- If no, put the roster right and deploy it again. Until then edits are told, and nothing is written.""",
    ),
    NoticeKind.SWEEP_FAILED: NoticeWords(
        severity=Severity.HIGH,
        headline="sweep FAILED at {failed_steps}",
        waits="the accounts that it did not get to are as they were; the next sweep tries again",
        lines=(("Why", "{failed}"), ("Contacts", "{contacts}"), _RUN),
        do="""
- Follow the reason above, then start another one: `rollcall sweep`
- Signals are not concerned: edits go on being undone by their events.""",
        runbook="sweep-failed",
    ),
    NoticeKind.SWEEP_DRIFT: _DRIFT,
    "sweep-drift/left": replace(
        _DRIFT,
        headline="sweep found changes that no event announced, NOT all put right",
        waits="see below what is left to do",
        do="\n- Put right what was not set: the report (`rollcall report`) names the reasons." + _DRIFT.do,
    ),
    NoticeKind.SWEEP_APPLIED: _APPLIED,
    "sweep-applied/left": replace(
        _APPLIED,
        headline="roster applied, NOT everywhere",
        waits="see below what was left out",
        do="""
- Look at what was not set: the report (`rollcall report`) names each reason. What changed since the plan
was made was skipped on purpose; the next sweep looks at it again.""",
    ),
    "sweep-applied/stopped": replace(
        _APPLIED,
        headline="roster applied in part, then the run ended: {ending}",
        waits="what the run did not get to is left to the next sweep",
        do="""
- Nothing, if somebody paused Rollcall or deployed another roster meanwhile. Else start another one:
`rollcall sweep`""",
    ),
    NoticeKind.ROSTER_APPROVED: _APPROVED,
    "roster-approved/automatic": replace(
        _APPROVED,
        headline="roster approved: its changes are within the limits",
        do="- Nothing, if you know of the deployment. If nobody does: `rollcall pause --reason TEXT`",
    ),
    "roster-approved/audit": replace(
        _APPROVED,
        headline="roster approved in audit mode: from now on nothing is put back",
        do="""
- Nothing, if you know of it: differences are told, and left as they are.
- If nobody does: deploy the roster with `mode: enforce` again, and ask who deployed this one.""",
    ),
    NoticeKind.APPROVAL_LAPSED: NoticeWords(
        severity=Severity.HIGH,
        headline="approved plan NOT carried out: {reason}",
        waits="what the plan wanted was not written; the next sweep plans it anew",
        lines=(_BY, _WHY, _PLAN, _RUN),
        do="""
- Tell who approved it, the principal above, if that is not you.
- Start a sweep: `rollcall sweep`. It plans what is left under the roster that is enforced now, and what is
above the limits is held for a person again.""",
        runbook="approval-lapsed",
    ),
    NoticeKind.PLAN_ALTERED: NoticeWords(
        severity=Severity.CRITICAL,
        headline="stored plan ALTERED after it was made, and refused",
        waits="nothing of the altered plan is written; the next sweep plans again",
        lines=(_PLAN, ("Stored by", "run {stored_by}"), ("Found by", "run {run}")),
        do="""
- Treat this as an attack: find out who wrote to the reports bucket below runs/{stored_by}/plan/.
- Plan again: `rollcall sweep`. Read the new plan before you approve it.""",
        runbook="plan-altered",
    ),
    NoticeKind.PAUSED: _PAUSED,
    "paused/replaced": replace(_PAUSED, headline="pause REPLACED by one until {until}: nothing is put back"),
    "paused/reminded": replace(_PAUSED, headline="Rollcall is still PAUSED, until {until}"),
    "paused/ended": replace(
        _PAUSED,
        headline="the pause has ended by itself, Rollcall writes again",
        waits="",
        do="- Run a sweep, to put right what was changed during the pause: `rollcall sweep`",
    ),
    NoticeKind.UNPAUSED: NoticeWords(
        severity=Severity.INFO,
        headline="Rollcall writes again",
        lines=(_BY, _USER, _EXECUTION, _WHY),
        do="- Run a sweep, to put right what was changed during the pause: `rollcall sweep`",
        runbook="unpaused",
    ),
    **GROUPS,
    NoticeKind.CONTACTS_SET: NoticeWords(
        severity=Severity.INFO,
        headline="contacts set to the roster's values by {principal}",
        lines=(("Edits", "{edits}"), ("First", "{first_at}"), ("Last", "{last_at}")),
        do="- Nothing.",
        runbook="contact-set-by-others",
    ),
    NoticeKind.REPEATED_EDITS: NoticeWords(
        severity=Severity.HIGH,
        headline="{kind} contact edited again after {reverts} restores, wrong for {wrong_seconds} s so far:"
        " {account}",
        waits="Rollcall restores it less often, next at {next_try_at}; this alert is repeated every hour",
        lines=(
            _ACCOUNT,
            _CONTACT,
            ("Who", "{last_actor}"),
            ("Since", "{since}"),
            ("Wrong for", "{wrong_seconds} s"),
            ("Next try", "{next_try_at}"),
        ),
        do="""
- Stop the principal: a script or a pipeline that wants another contact, or an attacker.
- To deny such edits, attach the guardrail in the management account (its id: `aws organizations list-policies
--filter SERVICE_CONTROL_POLICY`): `{guardrail}`
- Then run `{release}`: Rollcall restores the contact at once again.""",
        runbook="repeated-edits",
    ),
    NoticeKind.RELEASED: NoticeWords(
        severity=Severity.INFO,
        headline="standoff ended: {account} {kind} contact",
        lines=(_BY, _USER, _EXECUTION, _ACCOUNT, _CONTACT),
        do="- Nothing. The next change is undone at once.",
        runbook="released",
    ),
    NoticeKind.COMMAND_REFUSED: NoticeWords(
        severity=Severity.HIGH,
        headline="command {operation} REFUSED: its caller is not proven",
        lines=(_WHY, _BY, _USER, _EXECUTION),
        do="""
- Find out who started the execution above: CloudTrail's event `StartExecution` names the principal.
- If it was one of you, run the command again with `rollcall` and the role `rollcall-operator`.
- If it was not, treat that principal as compromised: it tried to give a command in another name.""",
        runbook="command-refused",
    ),
}
