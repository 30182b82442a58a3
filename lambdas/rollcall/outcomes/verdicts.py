"""Verdicts: what became of one contact or signal, and what each means. All sets derive from here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import GONE, NOT_ACTIVE, NOT_MANAGED, NOTHING, Left, Meaning, Verdict, Words

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NOTHING", "Left", "Verdict", "Words"]

_UNREAD: Final = Meaning(
    left=Left.WRONG, severity=(Severity.MEDIUM, Severity.MEDIUM), retried=True, remembered=True
)

VERDICTS: Final = {
    Verdict.COMPLIANT: Meaning(left=Left.RIGHT, counted=Verdict.COMPLIANT),
    Verdict.SET: Meaning(
        left=Left.RIGHT,
        severity=(Severity.MEDIUM, Severity.INFO),
        expected=True,
        counted=Verdict.SET,
        words=Words(
            result="restored",
            did="Restored the contact of the roster.",
            next_step="Ask the person behind the change. If it was not planned, treat the principal as "
            "compromised: attackers often redirect AWS notifications before they act.",
            runbook="contact-restored",
        ),
        arranged={
            "result": "set",
            "did": "Set the contact of the roster.",
            "next_step": NOTHING,
            "runbook": "contact-set",
        },
    ),
    Verdict.UNDONE: Meaning(
        left=Left.RIGHT,
        severity=(Severity.MEDIUM, None),
        expected=True,
        words=Words(
            result="restored",
            did="Restored the contact after this change, with another alert.",
            next_step="Ask the person behind the change, as for the other alert about this contact.",
            runbook="contact-restored",
        ),
    ),
    Verdict.WOULD_SET: Meaning(
        left=Left.WRONG,
        severity=(Severity.MEDIUM, Severity.INFO),
        expected=True,
        remembered=True,
        counted=Verdict.WOULD_SET,
        words=Words(
            result="NOT restored",
            did="None (alert only).",
            next_step="Correct the contact by hand, or let Rollcall write: end a pause and run `rollcall "
            "sweep`, or approve the roster (`rollcall status`), or set `mode: enforce`.",
            runbook="contact-not-restored",
            over=False,
        ),
        arranged={"result": "NOT set"},
    ),
    Verdict.PENDING: Meaning(
        left=Left.SOON,
        severity=(Severity.MEDIUM, Severity.MEDIUM),
        expected=True,
        retried=True,
        remembered=True,
        counted=Verdict.PENDING,
        words=Words(
            result="not restored yet",
            did="None so far. Rollcall retries.",
            next_step="Nothing yet. If no second alert follows, check the log of the function reconcile. "
            "After 13 hours the event is in the intake dead-letter queue (`rollcall status`).",
            runbook="contact-waits",
            over=False,
        ),
        arranged={"result": "not set yet"},
    ),
    Verdict.BACKED_OFF: Meaning(
        left=Left.SOON,
        severity=(Severity.MEDIUM, None),
        expected=True,
        remembered=True,
        words=Words(
            result="restored later",
            did="Waits, as the contact was changed again after several restores.",
            next_step="Follow the alert about repeated edits of this contact.",
            runbook="repeated-edits",
            over=False,
        ),
    ),
    Verdict.FAILED: Meaning(
        left=Left.WRONG,
        severity=(Severity.HIGH, Severity.HIGH),
        retried=True,
        remembered=True,
        counted=Verdict.FAILED,
        words=Words(
            result="restore FAILED",
            did="AWS refused the write.",
            next_step="The contact is still wrong. Fix the reason above, then run `rollcall sweep`.",
            runbook="restore-failed",
            over=False,
        ),
        arranged={"result": "could NOT be set"},
    ),
    Verdict.SKIPPED: Meaning(left=Left.WRONG, counted=Verdict.SKIPPED),
    Verdict.UNREADABLE: replace(
        _UNREAD,
        counted=Verdict.UNREADABLE,
        words=Words(
            result="cannot be read",
            did="None: Rollcall does not write what it cannot read.",
            next_step="The current contact could not be read. Fix the cause above, then run "
            "`rollcall sweep`.",
            runbook="contact-cannot-be-read",
            over=False,
        ),
    ),
    Verdict.UNREACHABLE: replace(
        _UNREAD,
        counted=Verdict.UNREACHABLE,
        words=Words(
            result="cannot be reached",
            did="None: Rollcall has no access to this account.",
            next_step="Fix the reason above. Until then correct the contact in the console of that account.",
            runbook="contact-cannot-be-reached",
            over=False,
        ),
    ),
    Verdict.BLOCKED: Meaning(
        left=Left.WRONG,
        severity=(Severity.HIGH, Severity.HIGH),
        remembered=True,
        counted=Verdict.BLOCKED,
        words=Words(
            result="blocked",
            did="None: the roster cannot be applied to this account.",
            next_step="Fix the problem above. Until then Rollcall makes no changes to this account.",
            runbook="account-blocked",
            over=False,
        ),
    ),
    Verdict.EXEMPT: Meaning(
        left=Left.ALONE,
        severity=(Severity.LOW, None),
        remembered=True,
        counted=Verdict.EXEMPT,
        words=Words(
            result="not restored (exempt)",
            did="None: the account is exempt.",
            next_step="Nothing, while the exemption is needed.",
            runbook="account-exempt",
        ),
    ),
    Verdict.UNMANAGED: Meaning(
        left=Left.ALONE, severity=(Severity.LOW, None), counted=Verdict.UNMANAGED, words=NOT_MANAGED
    ),
    Verdict.INACTIVE: Meaning(
        left=Left.ALONE, severity=(Severity.LOW, None), counted=Verdict.INACTIVE, words=NOT_ACTIVE
    ),
    Verdict.DENIED: Meaning(
        left=Left.ALONE,
        severity=(Severity.LOW, Severity.LOW),
        counted=Verdict.FAILED,
        words=Words(
            result="refused by AWS",
            did="None: AWS refused the call; nothing changed.",
            next_step="Ask the person behind the attempt why it was made. If CloudTrail omits the target of "
            "a denied call, the account above is the caller's.",
            runbook="attempt-denied",
        ),
        arranged={
            "next_step": "Ask the person behind the attempt: OU, tags and name of an account decide which "
            "contacts it gets. If CloudTrail omits the target of a denied call, the account above is the "
            "caller's.",
            "runbook": "structure-attempt-denied",
        },
    ),
    Verdict.NOTIFIED: Meaning(
        left=Left.ALONE,
        severity=(Severity.MEDIUM, Severity.INFO),
        words=NOT_MANAGED,
        arranged={"result": "", "next_step": NOTHING, "runbook": "nothing-to-do"},
    ),
    Verdict.OWN_WRITE: Meaning(left=Left.ALONE),
    Verdict.UNRECORDED_WRITE: Meaning(
        left=Left.WRONG,
        severity=(Severity.CRITICAL, None),
        words=Words(
            result="with Rollcall's role",
            did="Found a call by its own role and no record of it.",
            next_step='Treat the role as stolen: run `rollcall pause --reason "stolen role"`, revoke the '
            "role's sessions, and read its CloudTrail events.",
            runbook="unrecorded-write",
            over=False,
        ),
    ),
    Verdict.OVERWRITTEN: Meaning(
        left=Left.ALONE,
        severity=(Severity.HIGH, None),
        words=Words(
            result="changed again",
            did="Found another contact than it had written.",
            next_step="Wait for the alert that names the principal. Without one, a CRITICAL alert follows "
            "within 15 minutes.",
            runbook="contact-differs-after-our-write",
        ),
    ),
    Verdict.UNEXPLAINED: Meaning(
        left=Left.ALONE,
        severity=(Severity.CRITICAL, None),
        words=Words(
            result="by an unknown principal",
            did="Restored the contact before.",
            next_step="No event names who changed the contact after Rollcall. Run `rollcall doctor` to find "
            "a stopped trail or a missing forwarder, and read the CloudTrail events of the account.",
            runbook="contact-differs-after-our-write",
            over=False,
        ),
    ),
    Verdict.CHANGED_BACK: Meaning(
        left=Left.RIGHT,
        severity=(Severity.LOW, None),
        expected=True,
        words=Words(
            result="compliant again",
            did="None: the contact was compliant again.",
            next_step="Ask the principals in Who and Why about the change.",
            runbook="contact-changed-and-already-back",
        ),
    ),
    Verdict.SET_BY_OTHERS: Meaning(
        left=Left.RIGHT,
        severity=(Severity.INFO, None),
        expected=True,
        words=Words(
            result="set to the roster's value",
            did="None: the change set the contact of the roster.",
            next_step=NOTHING,
            runbook="contact-set-by-others",
        ),
    ),
    Verdict.KEPT_EDITED: Meaning(
        left=Left.RIGHT,
        severity=(Severity.MEDIUM, None),
        expected=True,
        words=Words(
            result="in kept values",
            did="None: what the roster sets is compliant. Values that it keeps are the account's.",
            next_step="Check the contact in the console of the account. Ask the person behind the change.",
            runbook="not-managed",
        ),
    ),
    Verdict.NO_ACCOUNT: Meaning(left=Left.WRONG, severity=(Severity.LOW, None), words=GONE),
    Verdict.IGNORED: Meaning(left=Left.ALONE),
}


def select(holds: Callable[[Meaning], bool]) -> frozenset[Verdict]:
    """The verdicts whose meaning is such."""
    return frozenset(verdict for verdict, meaning in VERDICTS.items() if holds(meaning))


#: The contact is in its desired state.
RIGHT: Final = select(lambda meaning: meaning.left is Left.RIGHT)
#: Nobody could look at the contact.
UNREAD: Final = frozenset({Verdict.UNREADABLE, Verdict.UNREACHABLE})
#: Only reported: nothing was changed, or Rollcall cannot undo it.
REPORTED: Final = frozenset({Verdict.DENIED, Verdict.NOTIFIED})
#: Nothing is restored; the reader of the alert checks what happened.
LEFT_TO_CHECK: Final = REPORTED | {Verdict.KEPT_EDITED}
#: The contact was found right after such an edit.
FOUND_RIGHT: Final = frozenset({Verdict.SET_BY_OTHERS, Verdict.KEPT_EDITED, Verdict.CHANGED_BACK})
#: What sweeps count, in the order in which reports list it.
COUNTED: Final = tuple(verdict for verdict, meaning in VERDICTS.items() if meaning.counted is verdict)
#: The roster asks nothing of the contact: it is no part of the coverage.
OUT_OF_SCOPE: Final = tuple(verdict for verdict in COUNTED if VERDICTS[verdict].left is Left.ALONE)
