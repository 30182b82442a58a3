"""Verdicts: what became of one contact or signal, and what each means. All sets derive from here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import NOTHING, Left, Meaning, Verdict, Words

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "COUNTED",
    "NOTHING",
    "OUT_OF_SCOPE",
    "REPORTED",
    "RIGHT",
    "UNREAD",
    "VERDICTS",
    "Left",
    "Verdict",
    "Words",
    "select",
]

_UNREAD: Final = Meaning(
    left=Left.WRONG, severity=(Severity.MEDIUM, Severity.MEDIUM), retried=True, remembered=True
)

_GONE: Final = Words(
    result="left alone (account not active)",
    did="nothing: the account is closed, or left the organization",
    next_step="Look at the contact, if the account still matters: it may still be wrong.",
    runbook="not-pursued",
    over=False,
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
            did="set back as the roster wants it",
            next_step="Ask the person behind the change. If nobody knows of it, treat the principal above as "
            "compromised: who silences a contact often does so before something worse.",
            runbook="contact-restored",
        ),
        arranged={
            "result": "set",
            "did": "set as the roster wants it",
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
            did="had set it back already, when it found an earlier change of the same contact",
            next_step="As for the other message about this contact: ask the person behind the change.",
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
            did="nothing but this message",
            next_step="Set the contact by hand, or let Rollcall write: approve the roster (`rollcall "
            "status`), set `mode: enforce`, or end the pause.",
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
            did="nothing so far, it goes on trying",
            next_step="Nothing yet. If no second message follows within three hours, look at the intake "
            "dead-letter queue.",
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
            did="waits: the contact was changed again after several restores",
            next_step="See the other message about this contact, which says how to have it restored at once.",
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
            did="tried to set it, and AWS refused",
            next_step="The contact is still wrong: follow the reason above, then `rollcall sweep`.",
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
            did="nothing, it writes on no contact that it cannot read",
            next_step="Nobody knows whom AWS would reach there now: follow the reason above.",
            runbook="contact-cannot-be-read",
            over=False,
        ),
    ),
    Verdict.UNREACHABLE: replace(
        _UNREAD,
        counted=Verdict.UNREACHABLE,
        words=Words(
            result="cannot be reached",
            did="nothing, it has no way into this account",
            next_step="Follow the reason above; until then put the contact right in the console of "
            "that account.",
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
            result="HELD",
            did="nothing: the roster cannot be applied here as it stands",
            next_step="Mend what the reason above names; until then Rollcall writes nothing here.",
            runbook="account-held",
            over=False,
        ),
    ),
    Verdict.EXEMPT: Meaning(
        left=Left.ALONE,
        severity=(Severity.LOW, None),
        remembered=True,
        counted=Verdict.EXEMPT,
        words=Words(
            result="left alone (exempt)",
            did="nothing, the account is exempt",
            next_step="Nothing, as long as the exemption holds.",
            runbook="account-exempt",
        ),
    ),
    Verdict.UNMANAGED: Meaning(left=Left.ALONE, counted=Verdict.UNMANAGED),
    Verdict.INACTIVE: Meaning(
        left=Left.ALONE,
        severity=(Severity.LOW, None),
        counted=Verdict.INACTIVE,
        words=_GONE,
    ),
    Verdict.DENIED: Meaning(
        left=Left.ALONE,
        severity=(Severity.LOW, Severity.LOW),
        counted=Verdict.FAILED,
        words=Words(
            result="refused by AWS",
            did="nothing: AWS let nothing be changed",
            next_step="If the principal above should not have tried, ask why it did.",
            runbook="attempt-denied",
        ),
        arranged={
            "next_step": "Place, tags and name of an account decide which contacts it gets: if the principal "
            "above should not have tried, ask why it did. Where CloudTrail does not show what a denied call "
            "was about, the account above is the caller's.",
            "runbook": "structure-attempt-denied",
        },
    ),
    Verdict.NOTIFIED: Meaning(
        left=Left.ALONE,
        severity=(None, Severity.INFO),
        words=Words(
            result="",
            did="nothing but this message",
            next_step=NOTHING,
            runbook="nothing-to-do",
        ),
    ),
    Verdict.OWN_WRITE: Meaning(left=Left.ALONE),
    Verdict.UNRECORDED_WRITE: Meaning(
        left=Left.WRONG,
        severity=(Severity.CRITICAL, None),
        words=Words(
            result="by Rollcall's own role, unrecorded",
            did="found a write by its own role that it never recorded",
            next_step="Treat the role behind the session above as stolen: revoke its sessions, "
            '`rollcall pause --reason "stolen role"`, and read the role\'s CloudTrail events.',
            runbook="unrecorded-write",
            over=False,
        ),
    ),
    Verdict.OVERWRITTEN: Meaning(
        left=Left.ALONE,
        severity=(Severity.HIGH, None),
        words=Words(
            result="differs after our write",
            did="found the contact changed since its own write",
            next_step="Wait for the alert about who changed it. If none comes in 15 minutes, a CRITICAL "
            "follows.",
            runbook="contact-differs-after-our-write",
        ),
    ),
    Verdict.UNEXPLAINED: Meaning(
        left=Left.ALONE,
        severity=(Severity.CRITICAL, None),
        words=Words(
            result="changed by nobody known",
            did="nothing more: the contact was restored before",
            next_step="Somebody changed the contact after Rollcall and no event says who: look for a "
            "stopped trail or a removed forwarder (`rollcall doctor`), and read the account's CloudTrail "
            "events.",
            runbook="contact-differs-after-our-write",
            over=False,
        ),
    ),
    Verdict.CHANGED_BACK: Meaning(
        left=Left.RIGHT,
        severity=(Severity.LOW, None),
        expected=True,
        words=Words(
            result="changed, and already back",
            did="nothing: it was as the roster wants it again",
            next_step="Ask the principals above and in the reason about the change.",
            runbook="contact-changed-and-already-back",
        ),
    ),
    Verdict.SET_BY_OTHERS: Meaning(
        left=Left.RIGHT,
        severity=(Severity.INFO, None),
        expected=True,
        words=Words(
            result="set to the roster's value",
            did="nothing: the change left it as the roster wants it",
            next_step=NOTHING,
            runbook="contact-set-by-others",
        ),
    ),
    Verdict.REFUSED: Meaning(left=Left.WRONG, severity=(Severity.LOW, None), words=_GONE),
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
#: What sweeps count, in the order in which reports list it.
COUNTED: Final = tuple(verdict for verdict, meaning in VERDICTS.items() if meaning.counted is verdict)
#: The roster asks nothing of the contact: it is no part of the coverage.
OUT_OF_SCOPE: Final = tuple(verdict for verdict in COUNTED if VERDICTS[verdict].left is Left.ALONE)
