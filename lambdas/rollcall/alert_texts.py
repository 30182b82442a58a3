"""The words of the alerts, as data: a short text for each cause and each verdict."""

from __future__ import annotations

HEADLINES = {
    "account-created": "New account {account}: {kinds} contact {result}",
    "account-moved": "Account {account} moved: {kinds} contact {result}",
    "contact-edited": "{kinds} contact of {account} edited: {result}",
    "contact-deleted": "{kinds} contact of {account} deleted: {result}",
}

RESULTS = {
    "set": "restored",
    "would-set": "NOT restored",
    "pending": "not restored yet",
    "failed": "restore FAILED",
    "unreadable": "cannot be read",
    "unreachable": "cannot be reached",
    "exempt": "left alone (exempt)",
    "denied": "attempt denied by AWS",
    "unrecorded-write": "by Rollcall's own role, unrecorded",
    "unmanaged": "unmanaged",
    "inactive": "account inactive",
    "refused": "account unknown",
}

WHAT_ROLLCALL_DID = {
    "set": "set as the roster wants it",
    "would-set": "told you, and wrote nothing",
    "pending": "not done yet, Rollcall goes on trying",
    "failed": "tried to set it, and AWS refused",
    "unreadable": "could not read it, and wrote nothing",
    "unreachable": "could not reach it, and wrote nothing",
    "exempt": "left it alone, the account is exempt",
    "denied": "nothing, AWS had refused the attempt",
    "unrecorded-write": "found a write by its own role that it never recorded",
    "unmanaged": "nothing, the roster names no such contact",
    "inactive": "nothing, the account is not active",
    "refused": "nothing, the account is not in the organization",
}

NEXT_STEPS = {
    "set": "Ask the person or team behind the change. If nobody knows of it, treat that principal as "
    "compromised: whoever silences a contact often does so before something else.",
    "would-set": "Set the contact by hand, or let Rollcall write: approve the roster, set `mode: enforce`, "
    "or end the pause.",
    "pending": "Nothing yet. If no second message follows within three hours, look at the intake "
    "dead-letter queue.",
    "failed": "Follow the reason above; the contact is still wrong.",
    "unreadable": "Follow the reason above; nobody knows who AWS would reach there now.",
    "unreachable": "Check the contact in the console of that account.",
    "exempt": "Nothing, if the exemption still holds.",
    "denied": "Nothing was changed. If the principal should not have tried, ask why it did.",
    "unrecorded-write": "Treat the role rollcall-reconcile as stolen: pause Rollcall, revoke the role's "
    "sessions, and read its CloudTrail events.",
    "unmanaged": "Nothing.",
    "inactive": "Nothing.",
    "refused": "Nothing.",
}
