"""An incident as a person reads it: what happened, whether it is over, who did it, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall.alert_texts import HEADLINES, NEXT_STEPS, RESULTS, WHAT_ROLLCALL_DID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: SNS refuses a longer subject, and one with characters other than printable ASCII.
SUBJECT_LENGTH = 100
_LABEL_WIDTH = 10
#: Verdicts that a reader of an alert need not see: nothing was wrong there.
_SILENT = frozenset({"compliant", "not-written", "own-write", "ignored"})


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
    outcomes = [outcome for outcome in incident["outcomes"] if outcome["verdict"] not in _SILENT]
    leading = outcomes[0]
    headline = HEADLINES[incident["cause"]].format(
        kinds=_kinds(outcomes), account=_account(incident["account"]), result=_result(outcomes)
    )
    return Alert(
        incident_id=incident["incident_id"],
        stage=incident["stage"],
        subject=_ascii(f"[{incident['severity']}] {headline}")[:SUBJECT_LENGTH],
        text=_text(incident, outcomes, headline),
        attributes={
            "severity": incident["severity"],
            "cause": incident["cause"],
            "verdict": leading["verdict"],
            "kind": leading["kind"] or "ALL",
            "stage": incident["stage"],
            "account": incident["account"]["id"],
            "incident": incident["incident_id"],
        },
    )


def _text(incident: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]], headline: str) -> str:
    actor, event, account = incident["actor"], incident["event"], incident["account"]
    over = (
        "no, a second message with this incident id will close it" if incident["stage"] == "open" else "yes"
    )
    lines = [
        headline + ".",
        "",
        _line("Severity", incident["severity"]),
        _line("Account", f"{_account(account)}, OU {account['ou'] or '(root or unknown)'}"),
        _line("Event", f"{event['name']} at {event['time']}"),
        _line("Who", _who(actor)),
        _line("From", f"{actor['source_ip']}, {actor['user_agent']}"),
        _line("Told all", over),
    ]
    for outcome in outcomes:
        lines += ["", *_outcome(outcome)]
    steps = dict.fromkeys(NEXT_STEPS[outcome["verdict"]] for outcome in outcomes)
    lines += ["", "What to do next", *(f"  - {step}" for step in steps), ""]
    lines += [_line("Incident", incident["incident_id"]), _line("CloudTrail", f"event id {event['id']}")]
    return "\n".join(_printable(line) for line in lines) + "\n"


def _outcome(outcome: Mapping[str, Any]) -> list[str]:
    did = WHAT_ROLLCALL_DID[outcome["verdict"]]
    if outcome["verdict"] == "set" and outcome["verified"] is False:
        did += ", but a read afterwards did not show it yet"
    lines = [f"{outcome['kind'] or 'All kinds'}: {did}"]
    if outcome["verdict"] != "set":
        lines.append(_line("Why", outcome["reason"]))
    if outcome["found"]["state"] != "unknown":
        lines.append(_line("Found", _contact(outcome["found"]["contact"]) or outcome["found"]["state"]))
    if outcome["wanted"]:
        lines.append(_line("Wanted", _contact(outcome["wanted"])))
        lines.append(_line("By roster", outcome["source"]))
    return lines


def _contact(values: Mapping[str, str] | None) -> str:
    return ", ".join(values[part] for part in ("name", "title", "email", "phone")) if values else ""


def _who(actor: Mapping[str, Any]) -> str:
    mfa = {True: "with MFA", False: "without MFA", None: "MFA unknown"}[actor["mfa"]]
    return f"{actor['principal']} ({actor['kind']} of account {actor['account_id']}, {mfa})"


def _kinds(outcomes: Sequence[Mapping[str, Any]]) -> str:
    kinds = dict.fromkeys(outcome["kind"] for outcome in outcomes if outcome["kind"])
    return ", ".join(kinds) or "a"


def _result(outcomes: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(RESULTS[outcome["verdict"]] for outcome in outcomes))


def _account(account: Mapping[str, Any]) -> str:
    return f"{account['name']} ({account['id']})" if account["name"] else account["id"]


def _line(label: str, value: str) -> str:
    return f"  {label:<{_LABEL_WIDTH}} {value}"


def _printable(text: str) -> str:
    """Names are chosen by others: nothing in them may break a line or hide one."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _ascii(text: str) -> str:
    return "".join(character if " " <= character <= "~" else "?" for character in text)
