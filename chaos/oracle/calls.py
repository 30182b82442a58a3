"""What a call on a contact was about, and what its caller knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.fakes.account import FIELDS, PRIMARY_FIELDS, READS
from chaos.fakes.client import READ_TIMEOUT

if TYPE_CHECKING:
    from chaos.fakes.account import Contact, Values
    from chaos.fakes.cloud import Call
    from chaos.oracle.evidence import Evidence


def find_contact(evidence: Evidence, call: Call) -> Contact:
    """Which contact a call is about."""
    return evidence.account.find_contact(call.given, call.identity)


def read_values(call: Call) -> Values | None:
    """What a call sets, None for a delete. AWS trims e-mail addresses, and turns countries into capitals."""
    if call.operation == "DeleteAlternateContact":
        return None
    if call.operation == "PutContactInformation":
        members = call.given["ContactInformation"]
        found = ((name, members.get(name, "")) for name in PRIMARY_FIELDS)
        return tuple(value.upper() if name == "CountryCode" else value for name, value in found)
    return tuple(call.given[name].strip() if name == "EmailAddress" else call.given[name] for name in FIELDS)


def is_done(call: Call) -> bool:
    """Whether the contact was as the call wants it after it: set, or gone already."""
    if call.error == "ResourceNotFoundException" and call.operation == "DeleteAlternateContact":
        return True
    return call.made_at is not None


def shows(read: Call, values: Values | None) -> bool:
    """Whether the answer to a read showed these values."""
    if values is None:
        return read.error == "ResourceNotFoundException"
    names = PRIMARY_FIELDS if read.operation == "GetContactInformation" else FIELDS
    return read.answer is not None and tuple(read.answer.get(name, "") for name in names) == values


def is_late(call: Call) -> bool:
    """Whether it took effect when its caller waited for it no more."""
    return call.made_at is not None and not call.answered and call.made_at - call.sent_at >= READ_TIMEOUT


def is_answered(look: Call) -> bool:
    """Whether the reader got to know what was there."""
    return look.answer is not None or look.error == "ResourceNotFoundException"


def find_look(evidence: Evidence, call: Call, until: float) -> Call | None:
    """The last look of the call's worker at the contact before that moment, an answered one if any.

    A second look may have been refused: then the one before counts.
    """
    contact = find_contact(evidence, call)
    looks = [
        other
        for other in evidence.calls
        if other.process == call.process
        and other.operation in READS
        and other.sent_at < until
        and find_contact(evidence, other) == contact
    ]
    answered = [look for look in looks if is_answered(look)]
    return next(reversed(answered or looks), None)
