"""An incident as a person reads it: what happened, whether it is over, who did it, what to do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.alert_texts import (
    ARRANGED,
    ARRANGED_WORDS,
    AUTHORISED_STEP,
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

#: SNS refuses a longer subject, and one with characters other than printable ASCII.
SUBJECT_LENGTH = 100
WATCHED_CAUSE = str(Cause.WATCHED)
UNIT_CAUSE = str(Cause.OU_CHANGED)
RENAMED_CAUSE = str(Cause.ACCOUNT_RENAMED)
_LABEL_WIDTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message: subject (printable ASCII, at most 100 characters), plain text, attributes to filter by.

    `closes_only`: only for those who were told that the incident is not over. `content` tells two closings of
    one incident apart: what was written since the first is news. It is empty where nothing was.
    """

    incident_id: str
    stage: Stage
    subject: str
    text: str
    attributes: Mapping[str, str]
    content: str
    closes_only: bool = False


def render(incident: Mapping[str, Any]) -> Alert:
    """The alert of an incident document, version 1; KeyError or ValueError if it is something else."""
    if incident["version"] != 1:
        raise ValueError("this release reads incident documents of version 1")
    stage, told = Stage(incident["stage"]), _told(incident)
    outcomes = [outcome for outcome, _ in told]
    happened = _happened(incident, outcomes)
    # The worst first: a long subject is cut at its end.
    results = dict.fromkeys(word.result for _, word in sorted(told, key=lambda item: item[1].over))
    account = incident["account"]
    what = ", ".join((happened, *filter(None, results)))
    headline = f"{account['id']} {what}" + (f": {account['name']}" if account["name"] else "")
    lines = [
        headline,
        "",
        *_facts(incident, over=all(word.over for _, word in told)),
        *(line for outcome, word in told for line in ("", *_outcome(outcome, word))),
        "",
        "What to do next",
        *(f"  - {step}" for step in _steps(word for _, word in told)),
        "",
        _line("Incident", incident["incident_id"]),
        _line("CloudTrail", f"event id {incident['event']['id']}"),
    ]
    return Alert(
        incident_id=incident["incident_id"],
        stage=stage,
        subject=_ascii(f"[{incident['severity']}] {headline}")[:SUBJECT_LENGTH],
        text="\n".join(_printable(line) for line in lines) + "\n",
        attributes={
            "severity": incident["severity"],
            "cause": incident["cause"],
            "verdict": outcomes[0]["verdict"],
            "kind": outcomes[0]["kind"] if len(outcomes) == 1 and outcomes[0]["kind"] else "ALL",
            "stage": incident["stage"],
            "account": incident["account"]["id"],
            "incident": incident["incident_id"],
        },
        content=_content(outcomes, stage),
        closes_only=incident["closes_only"],
    )


def _content(outcomes: Sequence[Mapping[str, Any]], stage: Stage) -> str:
    """A digest of the intents that ended; empty where none did. The same for every repetition."""
    intents = sorted(str(outcome["intent_id"]) for outcome in outcomes if outcome["intent_id"])
    if stage is Stage.OPEN or not intents:
        return ""
    return hashlib.sha256("/".join(intents).encode()).hexdigest()[:12]


def _steps(words: Iterable[Words]) -> list[str]:
    steps = list(dict.fromkeys(word.next_step for word in words))
    return [step for step in steps if step != NOTHING] or [NOTHING]


def _told(incident: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Words]]:
    """The outcomes that somebody is to be told of, with their words."""
    if incident["closes_only"]:
        return [(item, CLOSING.get(item["verdict"], CLOSED_OTHERWISE)) for item in incident["outcomes"]]
    words = ARRANGED_WORDS if incident["cause"] in ARRANGED else WORDS
    if incident["cause"] == WATCHED_CAUSE:
        watch = BY_NAME[incident["event"]["name"]]
        over = watch.severity < Severity.HIGH
        words = WORDS | {"told": replace(WORDS["told"], result="", next_step=watch.next_step, over=over)}
    told = [(outcome, words[outcome["verdict"]]) for outcome in incident["outcomes"] if outcome["severity"]]
    return [
        (outcome, replace(word, next_step=AUTHORISED_STEP))
        if outcome["authorised"] and outcome["verdict"] == "set"
        else (outcome, word)
        for outcome, word in told
    ]


def _happened(incident: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]) -> str:
    if any(outcome["verdict"] == "denied" for outcome in outcomes):
        return f"attempt at {incident['event']['name']}"
    if incident["cause"] == WATCHED_CAUSE:
        return BY_NAME[incident["event"]["name"]].headline
    if incident["cause"] == RENAMED_CAUSE and not any(outcome["kind"] for outcome in outcomes):
        return "account renamed"
    if incident["cause"] == UNIT_CAUSE and not any(outcome["kind"] for outcome in outcomes):
        return "organizational unit changed"
    return HEADLINES[incident["cause"]].format(contacts=_contacts(outcomes))


def _facts(incident: Mapping[str, Any], *, over: bool) -> list[str]:
    actor, event, account = incident["actor"], incident["event"], incident["account"]
    still = "a second message with this incident id will say when" if incident["stage"] == "open" else ""
    place = f"OU {account['ou']}" if account["ou"] else "not in an OU"
    return [
        _line("Severity", incident["severity"]),
        _line("Over", "yes" if over else f"NO: {still or 'see below what is left to do'}"),
        _line("Account", f"{_account(account)}, {place}"),
        _line("Event", f"{event['name']} at {event['time']}"),
        _line("Who", _who(actor)),
        _line("From", f"{actor['source_ip']}, {actor['user_agent']}"),
    ]


def _outcome(outcome: Mapping[str, Any], word: Words) -> list[str]:
    late = ", but a read afterwards did not show it yet" if outcome["verified"] is False else ""
    lines = [f"{outcome['kind'].capitalize()} contact" if outcome["kind"] else "What Rollcall did"]
    if outcome["found"]["state"] != "unknown":
        lines.append(_line("Found", _values(outcome["found"]["contact"]) or outcome["found"]["state"]))
    if outcome["source"]:
        wanted = f"{_values(outcome['wanted'])} - " if outcome["wanted"] else ""
        lines.append(_line("Roster", f"{wanted}{outcome['source']}"))
    lines.append(_line("Rollcall", word.did + late))
    if outcome["verdict"] != "set":
        lines.append(_line("Why", outcome["reason"]))
    return lines


def _values(contact: Mapping[str, str] | None) -> str:
    return ", ".join(contact[part] for part in ("name", "title", "email", "phone")) if contact else ""


def _who(actor: Mapping[str, Any]) -> str:
    mfa = {True: "with MFA", False: "without MFA", None: "MFA unknown"}[actor["mfa"]]
    return f"{actor['principal']} ({actor['kind']} of account {actor['account_id']}, {mfa})"


def _contacts(outcomes: Sequence[Mapping[str, Any]]) -> str:
    kinds = list(dict.fromkeys(outcome["kind"].lower() for outcome in outcomes if outcome["kind"]))
    if not kinds:
        return "a contact"
    return f"{kinds[0]} contact" if len(kinds) == 1 else f"{len(kinds)} contacts"


def _account(account: Mapping[str, Any]) -> str:
    return f"{account['id']} {account['name']}" if account["name"] else str(account["id"])


def _line(label: str, value: str) -> str:
    return f"  {label:<{_LABEL_WIDTH}} {value}"


def _printable(text: str) -> str:
    """Names are chosen by others: nothing in them may break a line or hide one."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _ascii(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)
