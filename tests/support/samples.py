"""Intents, incidents and alerts, errors for AWS to answer with, and a search for contact details."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from botocore.hooks import HierarchicalEmitter

from rollcall.decide.intent import Intent
from rollcall.events.actor import Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALTERNATE_KINDS, Contact, ContactKind
from rollcall.model.desired import Desired, Present
from rollcall.model.levels import Severity
from rollcall.model.roster import compute_digest
from rollcall.notify.message import Links, Message, Status, make_fact
from rollcall.outcomes.outcome import Incident, Outcome, Stage
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

REGION = "us-east-1"
MANAGEMENT, HUB, MEMBER = "111111111111", "333333333333", "222222222222"
NOW = datetime(2026, 10, 5, 9, 30, 0, 123456, tzinfo=UTC)

# Values that no log line, key or text of ours could hold by chance.
WANTED = Contact(
    name="Quentin Xylander",
    title="Zookeeper General",
    email="q.xylander@roster.example",
    phone="+49 1577 0314159",
)
FOUND = Contact(
    name="Ulrike Vandal",
    title="Gatecrasher Royal",
    email="u.vandal@intruder.example",
    phone="+81 90 2718 2818",
)
PRIMARY_WANTED = Contact(
    name="Quentin Xylander",
    company_name="Zookeepers United",
    address_line1="1701 Roster Boulevard",
    city="Rosterville",
    state_or_region="Washington",
    postal_code="98109-0314",
    country_code="US",
    phone="+1 206 555 031459",
)
PRIMARY_FOUND = Contact(
    name="Ulrike Vandal",
    company_name="Gatecrashers Incorporated",
    address_line1="66 Intruder Alley",
    address_line2="Second Courtyard",
    city="Vandalia",
    postal_code="27182-8182",
    country_code="CH",
    phone="+41 2718 281828",
    website_url="https://intruder.example",
)
#: By kind: a contact of the roster, and a foreign one.
WANTED_OF = dict.fromkeys(ALTERNATE_KINDS, WANTED) | {ContactKind.PRIMARY: PRIMARY_WANTED}
FOUND_OF = dict.fromkeys(ALTERNATE_KINDS, FOUND) | {ContactKind.PRIMARY: PRIMARY_FOUND}
ROSTER: dict[str, Any] = {
    "version": 1,
    "mode": "enforce",
    "contacts": {"soc": WANTED.as_document() | {"review_by": None}},
    "defaults": {"SECURITY": "soc"},
    "overrides": [],
    "exempt": [],
    "authorised_changers": [],
    "limits": {"max_changed_accounts": "10%"},
}
DIGEST = compute_digest(ROSTER)

LINKS = Links(region=REGION, runbook="https://docs.example.com/operations")
ACTOR = Actor(
    principal="arn:aws:sts::222222222222:assumed-role/Dev/mary",
    kind="assumed role",
    account_id=MEMBER,
    role_arn="arn:aws:iam::222222222222:role/Dev",
    mfa=False,
    source_ip="192.0.2.10",
    user_agent="aws-cli/2.31.0",
    session="mary",
    console=False,
    access_key="ASIA***MPLE",
)
EVENT = EventReference(
    id="541805b0-f5df-5d9a-beaf-c00e26d05379",
    name="PutAlternateContact",
    time="2026-10-05T09:29:55Z",
    request_id="5b6ad03d-dfdf-5cad-9a71-4fff247b1dd6",
)
SIGNAL = Signal(
    account_id=MEMBER, cause=Cause.CONTACT_EDITED, event=EVENT, actor=ACTOR, kind=ContactKind.SECURITY
)
INTENT = Intent(
    id="20261005T093000Z-1f2e3d4c5b6a",
    opened_at=NOW,
    until=NOW + timedelta(seconds=90),
    roster_digest=DIGEST,
    signal=SIGNAL,
    kind=ContactKind.SECURITY,
    found=Present(contact=FOUND),
    wanted=Desired(contact=WANTED, source="contact soc (defaults)"),
)
OUTCOME = Outcome(
    verdict=Verdict.SET,
    reason="set the contact of the roster",
    kind=ContactKind.SECURITY,
    found=INTENT.found,
    wanted=INTENT.wanted,
    roster_digest=DIGEST,
    intent_id=INTENT.id,
    request_id="0b55f43f-cc2b-57bc-bcbf-17da8bdbbe68",
    verified=True,
)
ACCOUNT = Account(
    id=MEMBER,
    name="Payments",
    state=AccountState.ACTIVE,
    ou_path=("Workloads", "Development"),
    parent_ids=("r-a1b2", "ou-a1b2-11111111", "ou-a1b2-22222222"),
)
INCIDENT = Incident(id="RC-0123456789ab", event=EVENT, signal=SIGNAL, account=ACCOUNT, outcomes=(OUTCOME,))


def another(intent: Intent = INTENT, **changes: Any) -> Intent:
    return replace(intent, **{"id": "20261005T093100Z-ffffffffffff"} | changes)


def message(
    stage: str = "closed",
    incident_id: str = "RC-0123456789ab",
    *,
    severity: Severity = Severity.MEDIUM,
    **more: Any,
) -> Message:
    attributes = {"severity": severity.name, "cause": "contact-edited", "stage": stage, "account": MEMBER}
    return Message(
        incident_id=incident_id,
        stage=Stage(stage),
        severity=severity,
        headline="222222222222 security contact edited",
        status=Status.RESOLVED if stage == "closed" else Status.OPEN,
        facts=(make_fact("Severity", severity.name),),
        sections=(),
        next_steps=("Nothing.",),
        links=(),
        ids=(make_fact("Incident", incident_id),),
        attributes=attributes,
        decided_at=NOW,
        **{"retried": stage == "open", **more},
    )


def client_error(code: str, status: int = 400, message: str = "no", **more: Any) -> ClientError:
    error = {"Code": code, "Message": message}
    metadata = {"HTTPStatusCode": status, "RequestId": "r-1"}
    answer: Any = {"Error": error, "ResponseMetadata": metadata, **more}
    return ClientError(answer, "Operation")


def make_meta() -> Any:
    """What a client says of itself; handlers may be registered there."""
    return SimpleNamespace(events=HierarchicalEmitter())


@dataclass
class Refusing:
    """A client whose calls fail: each method named in `errors` with its error, the others go on to `real`."""

    errors: dict[str, Exception]
    real: Any = None
    calls: list[str] = field(default_factory=list)
    meta: Any = field(default_factory=make_meta)

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append(name)
            if name in self.errors:
                raise self.errors[name]
            return getattr(self.real, name)(**parameters)

        return call


@dataclass
class Recording:
    """A client that answers every call with the next of `answers` and keeps the parameters."""

    answers: list[Any]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    meta: Any = field(default_factory=make_meta)

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((name, parameters))
            return self.answers.pop(0)

        return call


def leaks(text: str, contacts: Iterable[Contact | dict[str, str]] = (WANTED, FOUND)) -> list[str]:
    """The contact details that `text` holds, as they are, escaped, in another case or without punctuation.

    A country is two letters, which are in many words.
    """
    folded = text.casefold()
    digits = "".join(filter(str.isdigit, text))
    found = []
    for contact in contacts:
        values = contact.as_document() if isinstance(contact, Contact) else contact
        for value in [value.strip() for part, value in values.items() if part != "country_code"]:
            spellings, number = _spell(value)
            if any(spelling in folded for spelling in spellings):
                found.append(value)
            if len(number) > 6 and number in digits:
                found.append(value)
    return found


@cache
def _spell(value: str) -> tuple[set[str], str]:
    spellings = {value, json.dumps(value)[1:-1], repr(value)[1:-1]}
    if "@" in value:
        spellings.add(value.partition("@")[0] + "@")
    return {spelling.casefold() for spelling in spellings}, "".join(filter(str.isdigit, value))


def alert_leaks(text: str) -> list[str]:
    """The same of an alert, which may have the mailbox and the address of a contact of the roster."""
    personal = ("name", "title", "phone")
    hidden = [{part: one.get(part) for part in personal if one.get(part)} for one in (WANTED, PRIMARY_WANTED)]
    return leaks(text, (*hidden, FOUND, PRIMARY_FOUND))
