"""The words for incidents, as data: a short text for each cause and each verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: What happened; result and account follow. The account comes last: its name is the part that may be cut.
HEADLINES = {
    "account-created": "{contacts} of a new account",
    "account-joined": "{contacts} of an account that joined",
    "account-moved": "{contacts} of an account that moved",
    "account-tagged": "{contacts} of an account whose tags changed",
    "account-renamed": "{contacts} of an account that was renamed",
    "ou-changed": "{contacts} below a changed OU",
    "contact-edited": "{contacts} edited",
    "contact-deleted": "{contacts} deleted",
    "swept": "{contacts} found by the sweep",
}

#: Causes behind which nobody touched a contact: the roster asks for something else than is there.
ARRANGED = frozenset(HEADLINES) - {"contact-edited", "contact-deleted"}

NOTHING = "Nothing."
_DEAD_LETTERS = "If no second message follows within three hours, look at the intake dead-letter queue."


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one verdict is told: in the headline, as what Rollcall did, and what the reader does next.

    `over` is whether the contact is as it should be, or nothing is wrong with it. `runbook` is the anchor
    of its section in docs/operations.md.
    """

    result: str
    did: str
    next_step: str
    runbook: str
    over: bool = True


WORDS = {
    "set": Words(
        result="restored",
        did="set back as the roster wants it",
        next_step="Ask the person behind the change. If nobody knows of it, treat the principal above as "
        "compromised: who silences a contact often does so before something worse.",
        runbook="contact-restored",
    ),
    "undone": Words(
        result="restored",
        did="had set it back already, when it found an earlier change of the same contact",
        next_step="As for the other message about this contact: ask the person behind the change.",
        runbook="contact-restored",
    ),
    "would-set": Words(
        result="NOT restored",
        did="nothing but this message",
        next_step="Set the contact by hand, or let Rollcall write: approve the roster (`rollcall status`), "
        "set `mode: enforce`, or end the pause.",
        runbook="contact-not-restored",
        over=False,
    ),
    "pending": Words(
        result="not restored yet",
        did="nothing so far, it goes on trying",
        next_step=f"Nothing yet. {_DEAD_LETTERS}",
        runbook="contact-waits",
        over=False,
    ),
    "failed": Words(
        result="restore FAILED",
        did="tried to set it, and AWS refused",
        next_step="The contact is still wrong: follow the reason above, then `rollcall sweep`.",
        runbook="restore-failed",
        over=False,
    ),
    "unreadable": Words(
        result="cannot be read",
        did="nothing, it writes on no contact that it cannot read",
        next_step="Nobody knows whom AWS would reach there now: follow the reason above.",
        runbook="contact-cannot-be-read",
        over=False,
    ),
    "unreachable": Words(
        result="cannot be reached",
        did="nothing, it has no way into this account",
        next_step="Follow the reason above; until then put the contact right in the console of that account.",
        runbook="contact-cannot-be-reached",
        over=False,
    ),
    "held": Words(
        result="HELD",
        did="nothing: the roster cannot be applied here as it stands",
        next_step="Mend what the reason above names; until then Rollcall writes nothing here.",
        runbook="account-held",
        over=False,
    ),
    "exempt": Words(
        result="left alone (exempt)",
        did="nothing, the account is exempt",
        next_step="Nothing, as long as the exemption holds.",
        runbook="account-exempt",
    ),
    "denied": Words(
        result="refused by AWS",  # for want of a permission, or of the contact itself: the reason tells
        did="nothing: AWS let nothing be changed",
        next_step="If the principal above should not have tried, ask why it did.",
        runbook="attempt-denied",
    ),
    "told": Words(
        result="",
        did="nothing but this message",
        next_step=NOTHING,
        runbook="nothing-to-do",
    ),
    "unrecorded-write": Words(
        result="by Rollcall's own role, unrecorded",
        did="found a write by its own role that it never recorded",
        next_step="Treat the role behind the session above as stolen: revoke its sessions, "
        '`rollcall pause --reason "stolen role"`, and read the role\'s CloudTrail events.',
        runbook="unrecorded-write",
        over=False,
    ),
}

_RIGHT = Words(
    result="right by now",
    did="nothing more: it is in order without it",
    next_step=NOTHING,
    runbook="contact-right-by-now",
)

#: For an incident that was told as not over, and turned out to need nothing.
CLOSING = {
    "compliant": _RIGHT,
    "own-write": _RIGHT,
    "spaced": Words(
        result="put back later",
        did="waits, because somebody keeps changing it back",
        next_step="Follow the message about the standoff: Rollcall goes on putting the contact back.",
        runbook="standoff",
        over=False,
    ),
}

#: For one that ended in another way.
CLOSED_OTHERWISE = Words(
    result="not pursued any more",
    did="stopped trying",
    next_step="Look at the contact, if the account still matters: it may still be wrong.",
    runbook="not-pursued",
    over=False,
)

#: Where the actor may do this, as the roster says.
AUTHORISED = replace(
    WORDS["set"],
    next_step="Nothing, unless the authorised changer keeps doing it: then roster and changer disagree.",
    runbook="authorised-changer",
)

ARRANGED_WORDS = WORDS | {
    "set": Words(result="set", did="set as the roster wants it", next_step=NOTHING, runbook="contact-set"),
    "would-set": replace(WORDS["would-set"], result="NOT set"),
    "pending": replace(WORDS["pending"], result="not set yet"),
    "failed": replace(WORDS["failed"], result="could NOT be set"),
    "denied": replace(
        WORDS["denied"],
        next_step="Place, tags and name of an account decide which contacts it gets: if the principal above "
        "should not have tried, ask why it did. Where CloudTrail does not show what a denied call was about, "
        "the account above is the caller's.",
        runbook="structure-attempt-denied",
    ),
}
