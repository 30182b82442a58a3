"""An incident as a message: one event on one account, with what became of its contacts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollcall.alerts.actors import from_where, who
from rollcall.alerts.message import Fact, Message, Section, fact, facts, shown
from rollcall.alerts.words import (
    ARRANGED,
    ARRANGED_WORDS,
    AUTHORISED,
    CLOSED_OTHERWISE,
    CLOSING,
    HEADLINES,
    NOTHING,
    WORDS,
    Words,
)
from rollcall.levels import Severity
from rollcall.outcomes import Stage
from rollcall.signals import Cause
from rollcall.watch import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollcall.alerts.links import Links

VERSION = 1
_WATCHED = str(Cause.WATCHED)
#: What happened to the account itself, where no contact is concerned.
_WITHOUT_CONTACT = {
    str(Cause.ACCOUNT_RENAMED): "account renamed",
    str(Cause.OU_CHANGED): "organizational unit changed",
}

_Told = list[tuple["Mapping[str, Any]", Words]]


def incident_message(incident: Mapping[str, Any], links: Links) -> Message:
    """The message of an incident document, version 1; KeyError or ValueError if it is something else."""
    if incident["version"] != VERSION:
        raise ValueError("this release reads incident documents of version 1")
    stage, told = Stage(incident["stage"]), _told(incident)
    # The worst first: a long headline is cut at its end.
    worst = sorted(told, key=lambda item: item[1].over)
    over = all(word.over for _, word in told)
    account, event, outcomes = incident["account"], incident["event"], [outcome for outcome, _ in told]
    return Message(
        incident_id=incident["incident_id"],
        stage=stage,
        severity=Severity[incident["severity"]],
        headline=shown(_headline(incident, outcomes, worst)),
        over=over,
        facts=_facts(incident, over=over),
        sections=tuple(_section(outcome, word) for outcome, word in told),
        next_steps=_steps(word for _, word in told),
        links=(
            links.section(worst[0][1].runbook),
            *links.event(event["id"]),
            *links.account(account["id"]),
        ),
        ids=facts(
            [("Incident", incident["incident_id"]), ("CloudTrail", f"event id {event['id']}")],
        ),
        attributes={
            "severity": incident["severity"],
            "cause": incident["cause"],
            "verdict": outcomes[0]["verdict"],
            "kind": outcomes[0]["kind"] if len(outcomes) == 1 and outcomes[0]["kind"] else "ALL",
            "stage": incident["stage"],
            "account": account["id"],
            "incident": incident["incident_id"],
        },
        content=_content(outcomes, stage),
        closes_only=incident["closes_only"],
        opened=incident["opened"],
    )


def _content(outcomes: Sequence[Mapping[str, Any]], stage: Stage) -> str:
    """A digest of the intents that ended; empty where none did. The same for every repetition."""
    intents = sorted(str(outcome["intent_id"]) for outcome in outcomes if outcome["intent_id"])
    if stage is Stage.OPEN or not intents:
        return ""
    return hashlib.sha256("/".join(intents).encode()).hexdigest()[:12]


def _told(incident: Mapping[str, Any]) -> _Told:
    """The outcomes that somebody is to be told of, with their words."""
    if incident["closes_only"]:
        return [(item, CLOSING.get(item["verdict"], CLOSED_OTHERWISE)) for item in incident["outcomes"]]
    words = ARRANGED_WORDS if incident["cause"] in ARRANGED else WORDS
    if incident["cause"] == _WATCHED:
        words = WORDS | {"told": watched(incident["event"]["name"])}
    return [
        (outcome, AUTHORISED if _as_the_roster_allows(outcome) else words[outcome["verdict"]])
        for outcome in incident["outcomes"]
        if outcome["severity"]
    ]


def watched(event_name: str) -> Words:
    """The words of an event that is only told; KeyError if it is none of those."""
    watch = BY_NAME[event_name]
    return replace(
        WORDS["told"],
        result="",
        next_step=watch.next_step,
        over=watch.severity < Severity.HIGH,
        runbook=event_name.lower(),
    )


def _as_the_roster_allows(outcome: Mapping[str, Any]) -> bool:
    return bool(outcome["authorised"]) and outcome["verdict"] == "set"


def _headline(incident: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]], worst: _Told) -> str:
    results = dict.fromkeys(word.result for _, word in worst)
    what = ", ".join((_happened(incident, outcomes), *filter(None, results)))
    account = incident["account"]
    return f"{account['id']} {what}" + (f": {account['name']}" if account["name"] else "")


def _happened(incident: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]) -> str:
    cause, event_name = incident["cause"], incident["event"]["name"]
    if any(outcome["verdict"] == "denied" for outcome in outcomes):
        return f"attempt at {event_name}"
    if cause == _WATCHED:
        return BY_NAME[event_name].headline
    if cause in _WITHOUT_CONTACT and not any(outcome["kind"] for outcome in outcomes):
        return _WITHOUT_CONTACT[cause]
    return HEADLINES[cause].format(contacts=_contacts(outcomes))


def _contacts(outcomes: Sequence[Mapping[str, Any]]) -> str:
    kinds = list(dict.fromkeys(outcome["kind"].lower() for outcome in outcomes if outcome["kind"]))
    if not kinds:
        return "a contact"
    return f"{kinds[0]} contact" if len(kinds) == 1 else f"{len(kinds)} contacts"


def _facts(incident: Mapping[str, Any], *, over: bool) -> tuple[Fact, ...]:
    event, account = incident["event"], incident["account"]
    still = "a second message with this incident id will say when" if incident["stage"] == "open" else ""
    name = f"{account['id']} {account['name']}" if account["name"] else account["id"]
    place = f"OU {account['ou']}" if account["ou"] else "not in an OU"
    return facts(
        [
            ("Severity", incident["severity"]),
            ("Over", "yes" if over else f"NO: {still or 'see below what is left to do'}"),
            ("Account", f"{name}, {place}"),
            ("Event", f"{event['name']} at {event['time']}"),
            ("Who", who(incident["actor"])),
            ("From", from_where(incident["actor"])),
        ]
    )


def _section(outcome: Mapping[str, Any], word: Words) -> Section:
    late = ", but a read afterwards did not show it yet" if outcome["verified"] is False else ""
    lines = []
    if outcome["found"]["state"] != "unknown":
        lines.append(fact("Found", contact(outcome["found"]["contact"]) or outcome["found"]["state"]))
    if outcome["source"]:
        wanted = f"{contact(outcome['wanted'])} - " if outcome["wanted"] else ""
        lines.append(fact("Roster", f"{wanted}{outcome['source']}"))
    lines.append(fact("Rollcall", word.did + late))
    if outcome["verdict"] != "set":
        lines.append(fact("Why", outcome["reason"]))
    title = f"{outcome['kind'].capitalize()} contact" if outcome["kind"] else "What Rollcall did"
    return Section(title=shown(title), facts=tuple(lines))


def contact(masked: Mapping[str, str] | None) -> str:
    """A masked contact on one line; empty if there is none."""
    return ", ".join(masked[part] for part in ("name", "title", "email", "phone")) if masked else ""


def _steps(words: Iterable[Words]) -> tuple[str, ...]:
    steps = dict.fromkeys(word.next_step for word in words)
    return tuple(step for step in steps if step != NOTHING) or (NOTHING,)
