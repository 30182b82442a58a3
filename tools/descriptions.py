"""What docs/reference says of names that the code has and cannot explain by itself. A test holds both together."""

from __future__ import annotations

from typing import Final

from rollcall.events.signal import Cause
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.verdicts import Verdict

VERDICTS: Final = {
    Verdict.COMPLIANT: "The contact equals the roster. Nothing to do.",
    Verdict.SET: "Rollcall wrote or deleted the contact as the roster says.",
    Verdict.UNDONE: "The contact is compliant: a write for a later event undid this change, too.",
    Verdict.WOULD_SET: "The contact differs. Not written: audit mode, a pause, or no approved roster.",
    Verdict.PENDING: "The contact differs. Rollcall retries.",
    Verdict.BACKED_OFF: "The contact differs. It is restored later, because somebody changes it repeatedly.",
    Verdict.FAILED: "AWS refused the write permanently.",
    Verdict.SKIPPED: "A sweep planned to set the contact and found another value than when it planned.",
    Verdict.UNREADABLE: "The Account API did not show the contact. The reason names the fix.",
    Verdict.UNREACHABLE: "The management account's own contact: the role there cannot be assumed.",
    Verdict.BLOCKED: "Blocked: overrides conflict, a value is invalid, or an override stopped matching.",
    Verdict.EXEMPT: "The roster exempts the account. Not changed.",
    Verdict.UNMANAGED: "The roster names no contact of this kind. Not changed.",
    Verdict.INACTIVE: "The account is suspended or closing. Not changed.",
    Verdict.DENIED: "AWS denied the attempt of somebody else. Nothing changed.",
    Verdict.NOTIFIED: "Alert only: Rollcall cannot undo this event, or does not manage this primary contact.",
    Verdict.OWN_WRITE: "The event of a write that Rollcall recorded. Only in the log: no event.",
    Verdict.UNRECORDED_WRITE: "A call by Rollcall's role that Rollcall did not record.",
    Verdict.OVERWRITTEN: "The contact differs from what Rollcall wrote just before. It is restored.",
    Verdict.UNEXPLAINED: "15 minutes after that, no event said who changed it.",
    Verdict.CHANGED_BACK: "Changed, and compliant again before Rollcall looked.",
    Verdict.SET_BY_OTHERS: "The change left the contact as the roster says.",
    Verdict.KEPT_EDITED: "The same, but the roster keeps a value of it, which may have changed. Not restored.",
    Verdict.NO_ACCOUNT: "The organization has no such account.",
    Verdict.IGNORED: "The event does not concern Rollcall.",
}

CAUSES: Final = {
    Cause.ACCOUNT_CREATED: "Sets the contacts of the account. Checks again after 15 and 60 minutes.",
    Cause.ACCOUNT_JOINED: "Sets the contacts of the account. Checks again after 15 and 60 minutes.",
    Cause.ACCOUNT_MOVED: "Sets the contacts that the roster names for the new OU.",
    Cause.ACCOUNT_TAGGED: "Sets the contacts that the roster names for the new tags. Checks again after 15 minutes.",
    Cause.ACCOUNT_RENAMED: "Sets contacts that contain `{account_name}`; otherwise alert only.",
    Cause.OU_CHANGED: "Checks the accounts below the OU, at most ten. Checks again after 15 minutes.",
    Cause.CONTACT_EDITED: "Restores the contact; values that the roster keeps are alerted only.",
    Cause.CONTACT_DELETED: "Restores the contact.",
    Cause.MONITORED: "Alert only.",
}

_GROUP: Final = (
    "by (principal, address, set, unsure (as set, but some edits may have set other values), critical, reported or rest),"
    " actor (of the latest edit), source_ip, principals (at most 100, most edits"
    " first), principals_count, accounts_count, restored_count (accounts with no contact left changed),"
    " at_least (those of the facts that may be more: a group remembers 200 principals, 5,000 accounts, 20 programs), edits,"
    " done (what was done to which contacts: count), programs, first_at,"
    " last_at, ended, lines (new ones, at most 100: incident_id, account, kinds, cause, event, done, principal, program,"
    " verdict, severity, at, left, reason), lines_count, left (contacts left changed that keep the group open, as lines), left_count,"
    " left_alone (contacts left changed by decision: exempt, not managed, account not active), left_alone_count, file (S3 URI"
    " of the object with all lines)"
)

#: Facts of each kind of notice, in the order in which people ask for them.
NOTICES: Final = {
    NoticeKind.SWEEP_HELD: "run, plan (digest), roster (digest), first, drift (deletes under the roster in force), reasons, accounts_changed, accounts_active,"
    " changes, deletes, by_kind, weakenings (kind, text, accounts: ids, count), warnings, not_compared, groups (largest first), groups_count, expires_at",
    NoticeKind.PLAN_ENDED: "plan, roster, ending (approved, superseded, renewed by the same plan of a later run, replaced by another roster, not-needed, expired, or lapsed: expired though approved), by (who approved it), newer (plan)",
    NoticeKind.SWEEP_FAILED: "run (or the execution, if no run began), failed (step: error), contacts (count by verdict)",
    NoticeKind.SWEEP_DRIFT: "run, accounts, contacts, became (verdict: count), suspects, groups, groups_count",
    NoticeKind.SWEEP_APPLIED: "run, plan, trigger, by, became, ending, examples of contacts that were not set (at most"
    " 5), examples_count (how many were not set), not_checked (unreadable, unreachable or blocked: count)",
    NoticeKind.ROSTER_APPROVED: "roster, plan, by, user_id and execution (of a person), automatic, drift (only deletes are approved), enforces (false: audit mode everywhere), changes",
    NoticeKind.APPROVAL_LAPSED: "run, plan, by, reason",
    NoticeKind.PLAN_ALTERED: "run, plan, stored_by",
    NoticeKind.PAUSED: "by, user_id, execution, reason, until, stage (begun, replaced, reminded, ended)",
    NoticeKind.UNPAUSED: "by, user_id, execution, reason",
    NoticeKind.BULK_EDIT: _GROUP,
    NoticeKind.CONTACTS_SET: _GROUP,
    NoticeKind.MANY_ALERTS: _GROUP,
    NoticeKind.REPEATED_EDITS: "account, kind, reverts, window_minutes, since, wrong_seconds (since then), actors (all so far,"
    " the latest last), next_try_at, release and guardrail (commands)",
    NoticeKind.RELEASED: "by, user_id, execution, account, kind, next_try_at (null if nothing waits)",
    NoticeKind.COMMAND_REFUSED: "operation, reason, execution, by and user_id (null if nobody is proven)",
}

#: Fields of the events on the outcome bus, by the part of the event that has them.
FIELDS: Final = {
    "every event": {
        "version": "1",
        "incident_id": "`RC-` and 12 hexadecimal digits",
        "decided_at": "ISO 8601, UTC",
    },
    "`Rollcall Outcome` and `Rollcall Incident`": {
        "cause": "why Rollcall looked at the account, see [causes](events.md)",
        "account": "`id`, `name`, `ou` (path of names)",
        "actor": "the caller, see below; null for a sweep",
        "drill": "the operator who registered exactly this edit as a drill; null for any other",
        "event": "the CloudTrail event: `id`, `name`, `time`, `request_id`",
    },
    "`Rollcall Outcome`, and each of `outcomes` in `Rollcall Incident`": {
        "kind": "`SECURITY`, `OPERATIONS`, `BILLING` or `PRIMARY`",
        "verdict": "see [verdicts](#verdicts)",
        "reason": "text",
        "severity": "null if nobody is alerted",
        "found": "`state` (`present`, `absent`, `unreadable`, `unknown`) and `contact`, masked",
        "wanted": "the contact of the roster, masked but for its mailbox; null for none",
        "source": "the entry of the roster",
        "authorised": "true if the roster names the caller in `authorised_changers`",
        "roster_digest": "SHA-256 of the roster in force",
        "intent_id": "key of the record in the ledger",
        "request_id": "of the write, as CloudTrail has it",
        "verified": "true if the contact was read back after the write",
        "kept": "parts that a restore after an edit left as they were found, as the roster keeps them",
    },
    "`Rollcall Outcome` only": {
        "parent_incident_id": "incident that groups this one (bulk edit, repeated edits); null if it has its own alert",
    },
    "`Rollcall Incident` and `Rollcall Notice`": {
        "action": "`open`, `update` or `resolve` the incident with this `incident_id`, which is the deduplication key."
        " Of notices only a group, `sweep-held`, `paused` and `repeated-edits` are resolved by a later one",
        "title": "one line for programs: what happened where; names nobody",
    },
    "`Rollcall Incident` only": {
        "stage": "`open` while something is left to do, by Rollcall or a person: the status of the alert and its attribute `stage` say the same; else `closed`",
        "retried": "true while Rollcall retries: a second event with this incident id follows",
        "opened": "true if an alert said that the incident is open",
        "closes_only": "true if the event only closes that alert",
        "outcomes": "one for each contact",
    },
    "`Rollcall Notice`": {
        "notice": "see [notices](#notices)",
        "severity": "severity of the notice",
        "update": "counted from 0 within one incident",
        "facts": "see [notices](#notices)",
    },
    "`actor`": {
        "principal": "ARN; `unknown` if CloudTrail does not say",
        "kind": "type of identity, such as `assumed role`",
        "account_id": "account of the caller",
        "role_arn": "of a role",
        "session": "of a role or federated user",
        "via": "AWS service that made the call for the caller",
        "source_ip": "address or service name",
        "user_agent": "as the caller sent it, at most 2,048 characters",
        "console": "true, false, or null if unknown",
        "mfa": "true, false, or null if unknown",
        "access_key": "masked",
    },
}

#: Items of the state table by the beginning of `pk`: `sk`, content, how long it is kept.
STATE: Final = {
    "approval": (
        "`approval`",
        "digest of the approved roster; `approved_notice`, until its alert is published",
        "always",
    ),
    "control": (
        "`control`",
        "`paused` and `paused_*`: the pause's starter, reason and end; `drill`: the last one that was registered",
        "always",
    ),
    "roster": ("digest", "a compiled roster that was approved", "always"),
    "contact#": (
        "`record`",
        "`contact#ACCOUNT#KIND`: the open intent, the last eight writes and edits, repeated edits, known drift",
        "60 days",
    ),
    "incident#": (
        "`incident`",
        "`incident#INCIDENT`: how far it was alerted, and its first alert; accounts of an OU that were checked",
        "30 days",
    ),
    "alerts": (
        "`KIND#NAME`, or `sent#` and ten minutes",
        "the latest alerts of a principal or address, and their group; ids of alerts that left alone",
        "30 days",
    ),
    "group#": (
        "`group`, or `line#INCIDENT`",
        "`group#ID`: what its messages said so far; its lines until they are sent, or as long as a contact is left changed",
        "30 days",
    ),
    "grouped#": ("`grouped`", "`grouped#INCIDENT`: the group that it is a line of", "30 days"),
    "watch#": ("group", "`watch#MESSAGE`: the message comes back for the group", "30 days"),
    "units": ("OU id, `#`, SHA-256 of the path", "the OU that a path of the roster led to", "always"),
    "guardrail": ("policy id", "a policy that a sweep found under the guardrail's name", "always"),
    "tagged#": (
        "account",
        "`tagged#` and SHA-256 of the tags: the account carried them when last read",
        "always",
    ),
    "alert#": (
        "`alert`",
        "`alert#CHANNEL#INCIDENT`: alerts sent, thread, lock of the worker that sends",
        "30 days",
    ),
    "sweep": (
        "`current`, `last`, `pending#PLAN`, `alerted#PLAN/RUN`, `lapsed`, `passed#RUN`, `left` or `unreported#RUN`",
        (
            "the run under way; the last summary; a plan that is pending approval or approved; its alert, and how its wait ended; the last lapsed approval;"
            " a plan within the limits, until it is carried out, with its number of accounts; the roster that a person"
            " rolled back; a run that began to write and whose report is not stored yet"
        ),
        "7 days (plans, lapsed approvals, `passed#`), 30 days (`alerted#`, `unreported#`)",
    ),
}

#: Keys in the bucket for reports.
OBJECTS: Final = {
    "runs/RUN/accounts.json.gz": ("the accounts of the run", "30 days"),
    "runs/RUN/observed/PART.json.gz": ("contacts that were read, in full", "30 days"),
    "runs/RUN/plan/ROSTER/00000.json.gz": ("the plan for a roster, 1,000 changes in a part", "30 days"),
    "runs/RUN/results/00000000.json.gz": ("results of the changes from this number on", "30 days"),
    "runs/trend.json.gz": ("the trend that the next report continues", "30 days from the last report"),
    "reports/RUN/report.json, .csv, .html; reports/latest.json": (
        "the [report](../report.md)",
        "`reports.retention_days`",
    ),
}
