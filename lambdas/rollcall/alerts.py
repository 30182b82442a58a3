"""An incident as a person reads it: what happened, whether it is over, who did it, what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.alert_texts import ARRANGED, ARRANGED_WORDS, HEADLINES, WORDS, Words
from rollcall.watch import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: SNS refuses a longer subject, and one with characters other than printable ASCII.
SUBJECT_LENGTH = 100
_LABEL_WIDTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message: subject (printable ASCII, at most 100 characters), plain text, attributes to filter by."""

    incident_id: str
    stage: str
    subject: str
    text: str
    attributes: Mapping[str, str]


def render(incident: Mapping[str, Any]) -> Alert:
    """The alert of an incident document, version 1; KeyError or ValueError if it is something else."""
    if incident["version"] != 1:
        raise ValueError("this release reads incident documents of version 1")
    words = _words(incident)
    told = [(outcome, words[outcome["verdict"]]) for outcome in incident["outcomes"] if _is_told(outcome)]
    outcomes = [outcome for outcome, _ in told]
    results = ", ".join(dict.fromkeys(word.result for _, word in told))
    headline = _headline(incident).format(
        contacts=_contacts(outcomes), account=_account(incident["account"]), result=results
    )
    lines = [
        f"{headline[0].upper()}{headline[1:]}.",
        "",
        *_facts(incident),
        *(line for outcome, word in told for line in ("", *_outcome(outcome, word))),
        "",
        "What to do next",
        *(f"  - {step}" for step in dict.fromkeys(word.next_step for _, word in told)),
        "",
        _line("Incident", incident["incident_id"]),
        _line("CloudTrail", f"event id {incident['event']['id']}"),
    ]
    return Alert(
        incident_id=incident["incident_id"],
        stage=incident["stage"],
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
    )


def _words(incident: Mapping[str, Any]) -> Mapping[str, Words]:
    if incident["cause"] == "watched":
        watch = BY_NAME[incident["event"]["name"]]
        return WORDS | {"told": replace(WORDS["told"], next_step=watch.next_step)}
    return ARRANGED_WORDS if incident["cause"] in ARRANGED else WORDS


def _headline(incident: Mapping[str, Any]) -> str:
    if incident["cause"] != "watched":
        return HEADLINES[incident["cause"]]
    headline = BY_NAME[incident["event"]["name"]].headline
    return headline + ": {result}" if incident["outcomes"][0]["verdict"] == "denied" else headline


def _is_told(outcome: Mapping[str, Any]) -> bool:
    return outcome["verdict"] in WORDS


def _facts(incident: Mapping[str, Any]) -> list[str]:
    actor, event, account = incident["actor"], incident["event"], incident["account"]
    is_open = incident["stage"] == "open"
    place = f"OU {account['ou']}" if account["ou"] else "not in an OU"
    return [
        _line("Severity", incident["severity"]),
        _line("Over", "NO: a second message with this incident id will say so" if is_open else "yes"),
        _line("Account", f"{_account(account)}, {place}"),
        _line("Event", f"{event['name']} at {event['time']}"),
        _line("Who", _who(actor)),
        _line("From", f"{actor['source_ip']}, {actor['user_agent']}"),
    ]


def _outcome(outcome: Mapping[str, Any], word: Words) -> list[str]:
    late = ", but a read afterwards did not show it yet" if outcome["verified"] is False else ""
    lines = [f"{(outcome['kind'] or 'Any').capitalize()} contact"]
    if outcome["found"]["state"] != "unknown":
        lines.append(_line("Found", _values(outcome["found"]["contact"]) or outcome["found"]["state"]))
    if outcome["wanted"]:
        lines.append(_line("Roster", f"{_values(outcome['wanted'])} - {outcome['source']}"))
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
    return ", ".join(kinds) + (" contact" if len(kinds) == 1 else " contacts")


def _account(account: Mapping[str, Any]) -> str:
    return f"{account['name']} ({account['id']})" if account["name"] else str(account["id"])


def _line(label: str, value: str) -> str:
    return f"  {label:<{_LABEL_WIDTH}} {value}"


def _printable(text: str) -> str:
    """Names are chosen by others: nothing in them may break a line or hide one."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _ascii(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)
