"""One command of an operator, read from what the state machine passes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.resolve import RegisteredDrill
from rollcall.model.account import is_account_id
from rollcall.model.contact import ALTERNATE_KINDS, ContactKind

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_REASON: Final = 500
#: How long a pause lasts, in minutes: unless it says otherwise four hours, and at most seven days.
PAUSE_MINUTES: Final = 4 * 60
SHORTEST_PAUSE: Final = 15
LONGEST_PAUSE: Final = 7 * 24 * 60
#: How long after its registration an edit may be one of a drill.
DRILL_LASTS: Final = timedelta(minutes=15)
#: Python writes no number of more than 4,300 digits, and JSON keeps none above this one exactly.
_LARGEST_NUMBER: Final = 2**53
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
#: No drill edits a primary contact: it is the account's legal address.
_EDIT: Final = re.compile(rf"(?:{'|'.join(ALTERNATE_KINDS)}):[0-9a-f]{{32}}", re.ASCII)
_PRINCIPAL: Final = re.compile(rf"arn:[!-~]{{1,{LONGEST_REASON - 4}}}", re.ASCII)
_MOST_EDITS: Final = 2 * len(ALTERNATE_KINDS)
_REASONED: Final = frozenset({"pause", "unpause"})
#: The fix for what the command line of the hub's release never sends.
GIVE_AGAIN: Final = "repeat the command with `rollcall` of the version that the hub has"


class RefusedError(Exception):
    """The command is not carried out: why, and what helps (`fix`); trying it again does not."""

    def __init__(self, reason: str, *, fix: str) -> None:
        super().__init__(reason)
        self.fix = fix

    def as_document(self) -> dict[str, str]:
        """The answer to the command."""
        return {"refused": str(self), "fix": self.fix}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenCaller:
    """Whose signature it is, as AWS STS says it. `user_id` is `ROLE_ID:SESSION_NAME` of a session."""

    arn: str
    user_id: str


OPERATIONS: Final = frozenset({"pause", "unpause", "approve", "rollback", "release", "sweep", "drill"})
#: What a command may say besides its operation.
_ARGUMENTS: Final = ("reason", "plan", "account", "kind", "minutes", "replace", "principal", "edits")


def describe_command(document: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked, as the ledger keeps it: `operation`, `execution_arn` and the arguments of commands."""
    operation = document.get("operation")
    arguments = {name: _shorten(document.get(name)) for name in _ARGUMENTS}
    known = operation if isinstance(operation, str) and operation in OPERATIONS else None
    return {"operation": known, "execution_arn": _shorten(document.get("execution")), **arguments}


def _shorten(value: object) -> str | int | None:
    """A small number or a text of at most a line: nobody need have given this command."""
    if isinstance(value, str):
        return value[:LONGEST_REASON]
    return value if isinstance(value, int) and abs(value) <= _LARGEST_NUMBER else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. `execution_arn` is the same for every try of one command, and no other's.

    `plan` is the digest to approve, or of the roster to roll back to, `contact` the one whose backoff is to
    end. `started_at` is when its execution started, by the clock of AWS: of two commands it says which one is
    newer. A pause lasts so many `minutes`; `replaces` is whether it may take the place of another one.
    """

    operation: str
    caller: ProvenCaller
    reason: str
    plan: str | None
    contact: tuple[str, ContactKind] | None
    execution_arn: str
    started_at: datetime
    minutes: int
    replaces: bool
    #: What is registered, of no other operation.
    drill: RegisteredDrill | None

    @property
    def execution(self) -> str:
        """The name of its execution."""
        return self.execution_arn.rpartition(":")[2]

    @property
    def facts(self) -> dict[str, str]:
        """Who gave it, as alerts and the ledger name them: `by` (an ARN), `user_id` and `execution`."""
        return {"by": self.caller.arn, "user_id": self.caller.user_id, "execution": self.execution}

    @classmethod
    def from_document(cls, document: Mapping[str, Any], caller: ProvenCaller) -> Command:
        """Read the machine's input; RefusedError if it cannot be shown to people as it is."""
        plan = document.get("plan")
        if plan is not None and not (isinstance(plan, str) and _DIGEST.fullmatch(plan)):
            raise RefusedError("a plan is named by its whole digest, 64 hexadecimal digits", fix=GIVE_AGAIN)
        operation, started_at = str(document.get("operation")), _read_start(document)
        return cls(
            operation=operation,
            caller=caller,
            reason=_read_reason(document, needed=operation in _REASONED),
            plan=plan,
            contact=_read_contact(document) if operation == "release" else None,
            execution_arn=str(document["execution"]),
            started_at=started_at,
            minutes=_read_minutes(document),
            replaces=document.get("replace") is True,
            drill=_read_drill(document, caller, started_at) if operation == "drill" else None,
        )


def _read_start(document: Mapping[str, Any]) -> datetime:
    try:
        started_at = datetime.fromisoformat(document["started"])
    except (LookupError, TypeError, ValueError):
        started_at = None
    if started_at is None or started_at.tzinfo is None:
        raise RefusedError(
            "the state machine did not say when it started this command",
            fix="deploy the hub again: its state machine was changed",
        )
    return started_at


def _read_minutes(document: Mapping[str, Any]) -> int:
    value = document.get("minutes")
    if value is None:
        return PAUSE_MINUTES
    if type(value) is not int or not SHORTEST_PAUSE <= value <= LONGEST_PAUSE:
        raise RefusedError("a pause lasts from 15 minutes to 7 days", fix="pass such a time as --for")
    return value


def _read_contact(document: Mapping[str, Any]) -> tuple[str, ContactKind]:
    account_id, kind = document.get("account"), document.get("kind")
    if not is_account_id(account_id) or kind not in tuple(ContactKind):
        raise RefusedError(
            f"a contact is named by an account id of 12 digits and one of {', '.join(ContactKind)}",
            fix=GIVE_AGAIN,
        )
    return str(account_id), ContactKind(str(kind))


def _read_drill(document: Mapping[str, Any], caller: ProvenCaller, started_at: datetime) -> RegisteredDrill:
    account_id, principal = document.get("account"), document.get("principal")
    edits = str(document.get("edits")).split(" ")
    if not is_account_id(account_id) or not all(map(_EDIT.fullmatch, edits)) or len(edits) > _MOST_EDITS:
        raise RefusedError(
            "a drill names an account id of 12 digits and, for each edit, its kind and fingerprint",
            fix=GIVE_AGAIN,
        )
    if not isinstance(principal, str) or not _PRINCIPAL.fullmatch(principal):
        raise RefusedError("a drill names the ARN of who makes its edits", fix=GIVE_AGAIN)
    return RegisteredDrill(
        account_id=str(account_id),
        principal=principal,
        edits=tuple(edits),
        by=caller.arn,
        started_at=started_at,
        until=started_at + DRILL_LASTS,
    )


def _read_reason(document: Mapping[str, Any], *, needed: bool) -> str:
    """The reason as it may stand in an alert: one line, nothing invisible, not endless."""
    value = document.get("reason") or ""
    if not isinstance(value, str) or len(value) > LONGEST_REASON or not value.isprintable():
        raise RefusedError(
            f"`reason` is one line of at most {LONGEST_REASON} printable characters",
            fix="pass such a line as --reason",
        )
    if needed and not value.strip():
        raise RefusedError("`reason` is missing", fix="pass it as --reason")
    return value.strip()
