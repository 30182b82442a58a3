"""The words for notices, as data: a short text for each kind, and for what its facts make of it.

Names in braces are facts of the notice (docs/reference/alerts.md); one that is missing reads `unknown`.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import NoticeWords
from rollcall.outcomes.notice_words import GROUPS, PLANS


class NoticeKind(StrEnum):
    """What a notice is about."""

    SWEEP_HELD = "sweep-held"
    PLAN_ENDED = "plan-ended"
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

_DRIFT = NoticeWords(
    severity=Severity.MEDIUM,
    headline="contacts of {accounts} accounts changed without an event, restored by the sweep",
    lines=(
        ("Accounts", "{accounts}"),
        ("Contacts", "{contacts}"),
        _OUTCOME,
        ("Forwarder suspect", "{suspects}"),
        _RUN,
    ),
    examples="What differed, most accounts first",
    do="""
- Find out why no event reported it: attackers may know of such a gap. In each account with a suspect
forwarder, check that its rule is enabled, that its role may send to rollcall-intake, and that no service
control policy denies it. `rollcall doctor` checks policies, stack instances and trails.""",
    runbook="sweep-drift",
)

_APPLIED = NoticeWords(
    severity=Severity.INFO,
    headline="roster applied to all accounts",
    lines=(_OUTCOME, ("Not checked", "{not_checked}"), _PLAN, ("Trigger", "{trigger}"), _BY, _RUN),
    do="- Nothing.",
    runbook="sweep-applied",
    examples="What was not set",
)

_APPROVED = NoticeWords(
    severity=Severity.MEDIUM,
    headline="roster approved by {operator}",
    reported=True,
    lines=(_BY, _USER, _EXECUTION, _ROSTER, _PLAN, ("Changes", "{changes}")),
    do="""
- Nothing, if the approval was planned. If not, run `rollcall pause --reason TEXT` and ask the principal.""",
    runbook="roster-approved",
)

_PAUSED = NoticeWords(
    severity=Severity.HIGH,
    headline="Rollcall PAUSED until {until}, nothing is restored",
    waits="nothing is written until {until} or `rollcall unpause`; edits are only alerted",
    lines=(_BY, _USER, _EXECUTION, _WHY, ("Until", "{until}")),
    do="""
- If the pause was planned, end it when its reason is gone: `rollcall unpause --reason TEXT`
- If not, treat the principal as compromised, and end the pause now.""",
    runbook="paused",
)

#: By kind, and where its facts make a difference by kind and what that is: see `notify.notices.pick_variant`.
NOTICES: Final[dict[str, NoticeWords]] = {
    **PLANS,
    NoticeKind.SWEEP_FAILED: NoticeWords(
        severity=Severity.HIGH,
        headline="sweep FAILED at {failed_steps}",
        waits="accounts that it did not reach are unchanged; the next sweep tries again",
        lines=(("Why", "{failed}"), ("Contacts", "{contacts}"), _RUN),
        do="""
- Fix the reason above, then run `rollcall sweep`.
- Real-time restore is not affected.""",
        runbook="sweep-failed",
    ),
    NoticeKind.SWEEP_DRIFT: _DRIFT,
    "sweep-drift/left": replace(
        _DRIFT,
        headline="contacts of {accounts} accounts changed without an event, NOT all restored",
        waits="some contacts are left changed",
        do="\n- Correct what was not set: the report (`rollcall report`) has the reasons." + _DRIFT.do,
    ),
    NoticeKind.SWEEP_APPLIED: _APPLIED,
    "sweep-applied/left": replace(
        _APPLIED,
        headline="roster applied, but NOT to all accounts",
        waits="some contacts are not set, or not checked",
        do="""
- Check these contacts: the report (`rollcall report`) has the reasons. Contacts that changed
after the plan was made are skipped; the next sweep checks them.""",
    ),
    "sweep-applied/stopped": replace(
        _APPLIED,
        headline="roster applied in part, the run ended early ({ending})",
        waits="the next sweep continues",
        do="""
- Nothing, if Rollcall was paused or another roster was deployed. Otherwise run `rollcall sweep`.""",
    ),
    NoticeKind.ROSTER_APPROVED: _APPROVED,
    "roster-approved/automatic": replace(
        _APPROVED,
        headline="roster approved automatically, its changes are within the limits",
        do="- Nothing, if the deployment was planned. If not, run `rollcall pause --reason TEXT`.",
    ),
    "roster-approved/drift": replace(
        _APPROVED, headline="deletion of {changes} contacts approved by {operator}"
    ),
    "roster-approved/audit": replace(
        _APPROVED,
        headline="roster approved in audit mode, nothing is restored from now on",
        do="""
- Nothing, if this was planned: changed contacts are alerted, not restored.
- If not, deploy the roster with `mode: enforce`, and ask the person who deployed this one.""",
    ),
    NoticeKind.APPROVAL_LAPSED: NoticeWords(
        severity=Severity.HIGH,
        headline="approved plan NOT applied: {reason}",
        waits="the changes of the plan were not written; the next sweep plans them again",
        lines=(_BY, _WHY, _PLAN, _RUN),
        do="""
- Inform the person who approved it.
- Run `rollcall sweep`. It plans the remaining changes with the roster in force; above the limits they need
approval again.""",
        runbook="approval-lapsed",
    ),
    NoticeKind.PLAN_ALTERED: NoticeWords(
        severity=Severity.CRITICAL,
        headline="stored plan ALTERED after it was made, nothing of it written",
        waits="nothing of the altered plan is written; the next sweep plans again",
        lines=(_PLAN, ("Stored by", "run {stored_by}"), ("Found by", "run {run}")),
        do="""
- Treat this as an attack: find the principal that wrote below runs/{stored_by}/ of the reports bucket.
- Run `rollcall sweep`, and read the new plan before you approve it.""",
        runbook="plan-altered",
    ),
    NoticeKind.PAUSED: _PAUSED,
    "paused/replaced": replace(_PAUSED, headline="pause REPLACED, nothing is restored until {until}"),
    "paused/reminded": replace(
        _PAUSED, headline="Rollcall is still PAUSED until {until}, nothing is restored"
    ),
    "paused/ended": replace(
        _PAUSED,
        headline="pause expired, Rollcall resumed",
        waits="",
        do="- Restore what was changed during the pause: `rollcall sweep`",
    ),
    NoticeKind.UNPAUSED: NoticeWords(
        severity=Severity.INFO,
        headline="Rollcall resumed by {operator}",
        lines=(_BY, _USER, _EXECUTION, _WHY),
        do="- Restore what was changed during the pause: `rollcall sweep`",
        runbook="unpaused",
    ),
    **GROUPS,
    NoticeKind.REPEATED_EDITS: NoticeWords(
        severity=Severity.HIGH,
        headline="{kind} contact of {account} edited again after {reverts} restores",
        waits="Rollcall restores it less often, next at {next_try_at}; this alert is repeated every hour",
        lines=(
            _ACCOUNT,
            _CONTACT,
            ("Who", "{last_actor}"),
            ("Since", "{since}"),
            ("Wrong for", "{wrong_for}"),
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
        headline="repeated edits of the {kind} contact of {account} released",
        lines=(_BY, _USER, _EXECUTION, _ACCOUNT, _CONTACT, ("Next try", "{next_try_at}")),
        do="""
- Nothing. A contact that is still changed is restored at the next try, or now by `rollcall sweep`; a later
  change immediately.""",
        runbook="released",
    ),
    NoticeKind.COMMAND_REFUSED: NoticeWords(
        severity=Severity.HIGH,
        headline="command {operation} REFUSED, its caller is not proven",
        reported=True,
        lines=(_WHY, _BY, _USER, _EXECUTION),
        do="""
- Find the principal that started the execution: CloudTrail's event `StartExecution` in the hub names it.
- If it was an operator, repeat the command with `rollcall` and the role `rollcall-operator`.
- If not, treat the principal as compromised: it tried to give a command in another name.""",
        runbook="command-refused",
    ),
}
