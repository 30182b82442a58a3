"""What a drill shows of AWS that nobody knew: expected, and as it was observed. Pure, no contact details.

Each question is one of docs/architecture.md, "What is not known about AWS". What a drill cannot see is
`unknown`, never a guess. Files of it in tests/contract/captured hold the simulation to AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollcall_cli.drill.timeline import MadeEdit

UNKNOWN: Final = "unknown"
#: Members of PutAlternateContact, and the field of a contact that each has.
_MEMBERS: Final = {"name": "name", "title": "title", "emailaddress": "email", "phonenumber": "phone"}

KEYS: Final = "spelling of the keys in requestParameters of an edit"
VALUES: Final = "contact values in requestParameters of an edit"
ACCOUNT_ID: Final = "target account in requestParameters of an edit"
RECIPIENT: Final = "account that the record of an edit belongs to"
COPY: Final = "record of a central write in the account that it changes"
REQUEST: Final = "requestID of the record"
ERROR: Final = "errorCode of a read that the API answers with ResourceNotFoundException"
REGION: Final = "awsRegion of the record"
#: What depends on the moment: seconds.
DELIVERED: Final = "seconds from an edit to the function that handles its event"
LISTED: Final = "seconds from an edit to its record in the Event history"
STALE: Final = "seconds from an edit to a read that shows it"
#: What no edit shows: a person notes what was seen.
SUBJECT: Final = "longest subject that Amazon SNS takes"
REDRIVE: Final = "permissions that a redrive of a dead-letter queue needs"

_EXPECTED: Final = {
    KEYS: "camelCase; both are read",
    VALUES: "not relied on; AWS documents name, title and e-mail in clear",
    ACCOUNT_ID: "of a central edit only",
    RECIPIENT: "the caller's",
    COPY: "none or one; both are handled",
    REQUEST: "that of the answer",
    ERROR: "ResourceNotFoundException or another; any is an error",
    REGION: "us-east-1 in the partition aws",
    DELIVERED: "5 to 30",
    LISTED: "up to 900",
    STALE: "less than 10",
    SUBJECT: "99 characters",
    REDRIVE: "sqs:StartMessageMoveTask, ReceiveMessage, DeleteMessage and SendMessage",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a drill saw."""

    #: Each edit with its CloudTrail record, None if it was not found.
    records: Sequence[tuple[MadeEdit, Mapping[str, Any] | None]]
    #: Account of the edits' credentials.
    home: str
    #: Records of writes in the account itself that Rollcall made; None if it cannot be seen.
    copies: Sequence[Mapping[str, Any]] | None
    #: Records of the drill's own reads.
    reads: Sequence[Mapping[str, Any]]
    delivered: Sequence[float] = ()
    listed: Sequence[float] = ()
    stale: Sequence[float] = ()


def answer_questions(evidence: Evidence) -> list[dict[str, str]]:
    """All questions in their order, each with what was observed."""
    records = [(made, record) for made, record in evidence.records if record is not None]
    puts = [(made, record) for made, record in records if made.edit.contact is not None]
    given = [_read_request(record) for _, record in records]
    observed = {
        KEYS: _join(_name_spelling(parameters) for parameters in given),
        VALUES: _join(_describe_values(made, _read_request(record)) for made, record in puts),
        ACCOUNT_ID: _join("present" if "accountid" in _lower(one) else "absent" for one in given),
        RECIPIENT: _join(
            "the caller's" if record.get("recipientAccountId") == evidence.home else "another one"
            for _, record in records
        ),
        REQUEST: _join(
            "that of the answer" if record.get("requestID") == made.request_id else "another one"
            for made, record in records
        ),
        REGION: _join(str(record.get("awsRegion")) for _, record in records),
        ERROR: _join(str(record["errorCode"]) for record in evidence.reads if record.get("errorCode")),
        DELIVERED: _list_seconds(evidence.delivered),
        LISTED: _list_seconds(evidence.listed),
        STALE: _list_seconds(evidence.stale),
    }
    if evidence.copies is not None:
        # The Event history may have one later.
        observed[COPY] = "one" if evidence.copies else UNKNOWN
    return [
        {"question": question, "expected": expected, "observed": observed.get(question) or UNKNOWN}
        for question, expected in _EXPECTED.items()
    ]


def _read_request(record: Mapping[str, Any]) -> Mapping[str, Any]:
    found = record.get("requestParameters")
    return found if isinstance(found, Mapping) else {}


def _lower(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in parameters.items()}


def _name_spelling(parameters: Mapping[str, Any]) -> str:
    if not parameters:
        return "no requestParameters"
    upper = {name[:1].isupper() for name in parameters}
    return "mixed" if len(upper) > 1 else "PascalCase" if True in upper else "camelCase"


def _describe_values(made: MadeEdit, parameters: Mapping[str, Any]) -> str:
    """Of each value whether it is what was sent: `name in clear, phone absent`."""
    contact, shown = made.edit.contact, _lower(parameters)
    if contact is None:
        return UNKNOWN
    states = {
        part: "absent"
        if member not in shown
        else "in clear"
        if shown[member] == contact.as_document()[part]
        else "redacted"
        for member, part in _MEMBERS.items()
    }
    return ", ".join(f"{part} {state}" for part, state in states.items())


def _join(answers: Iterable[str]) -> str:
    """Different answers one after the other, empty without any."""
    return "; ".join(sorted(set(answers)))


def _list_seconds(seconds: Sequence[float]) -> str:
    return ", ".join(f"{one:.1f}" for one in sorted(seconds))
