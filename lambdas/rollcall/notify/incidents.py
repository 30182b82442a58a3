"""An incident as a message: one event on one account, who caused it, and what became of its contacts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.events.monitored import get_monitored
from rollcall.events.signal import Cause
from rollcall.model.levels import Severity
from rollcall.notify.message import Fact, Message, Section, make_fact, make_facts, make_printable
from rollcall.notify.words import (
    ARRANGED,
    ARRANGED_WORDS,
    AUTHORISED,
    CLOSED_OTHERWISE,
    CLOSING,
    HEADLINES,
    WORDS,
)
from rollcall.outcomes.outcome import Stage
from rollcall.outcomes.verdicts import NOTHING, Verdict, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollcall.notify.message import Links

_LONGEST: Final = 60
_CUT: Final = "..."
_VERSION: Final = r"/v?(\d{1,5}(?:\.\d{1,8}){0,3})"


def _match_product(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){name}{_VERSION}", re.ASCII | re.IGNORECASE)


#: The first that is found names the program: what is built upon another comes before it. Terraform's user
#: agent names its provider and the SDK as well, the AWS CLI's names botocore and Python.
_PROGRAMS: Final = (
    ("Terraform", _match_product("Terraform")),
    ("OpenTofu", _match_product("OpenTofu")),
    ("Pulumi", _match_product("Pulumi")),
    ("AWS CLI", _match_product("aws-cli")),
    ("AWS Tools for PowerShell", _match_product("AWSPowerShell[.A-Za-z]*")),
    ("Boto3", _match_product("Boto3")),
    ("AWS SDK for Python", _match_product("Botocore")),
    ("AWS SDK for Go", _match_product("aws-sdk-go(?:-v2)?")),
    ("AWS SDK for Java", _match_product("aws-sdk-java")),
    ("AWS SDK for JavaScript", _match_product("aws-sdk-(?:js|nodejs)")),
    ("AWS SDK for .NET", _match_product("aws-sdk-dotnet[a-z0-9-]*")),
    ("AWS SDK for Ruby", _match_product("aws-sdk-ruby[0-9]*")),
    ("AWS SDK for PHP", _match_product("aws-sdk-php")),
    ("AWS SDK for Rust", _match_product("aws-sdk-rust")),
)
_BROWSER: Final = "browser"
#: `exec-env/CloudShell`: the program ran inside this service of AWS.
_INSIDE: Final = re.compile(r"\bexec-env/([A-Za-z0-9_.-]{1,40})", re.ASCII)


def name_program(user_agent: str) -> str:
    """A program with its version, `browser`, or the beginning of what is known as neither."""
    text = user_agent.strip().removeprefix("[").removesuffix("]")
    # A browser in front of the console's own back end, which is written in Java, is a browser.
    if text.lower().startswith("mozilla/"):
        return _BROWSER
    for name, pattern in _PROGRAMS:
        if found := pattern.search(text):
            inside = _INSIDE.search(text)
            return f"{name} {found[1]}" + (f" in {inside[1]}" if inside else "")
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT


_MFA = {True: "with MFA", False: "without MFA", None: "MFA unknown"}
_WAYS = {True: "console", False: "API", None: "console or API unknown"}


def describe_actor(actor: Mapping[str, Any]) -> str:
    """Principal, kind, account, MFA and what it went through; KeyError if it is no actor document."""
    via = f", through {actor['via']}" if actor.get("via") else ""
    return (
        f"{actor['principal']} ({actor['kind']} of account {actor['account_id']}, {_MFA[actor['mfa']]}{via})"
    )


def describe_origin(actor: Mapping[str, Any]) -> str:
    """Source address, console or API, program, access key; KeyError if it is no actor document."""
    key = f", access key {actor['access_key']}" if actor.get("access_key") else ""
    return (
        f"{actor['source_ip']}, {_WAYS[actor.get('console')]} ({name_program(str(actor['user_agent']))}){key}"
    )


VERSION = 1
_WATCHED = str(Cause.MONITORED)
#: What happened to the account itself, where no contact is concerned.
_WITHOUT_CONTACT = {
    str(Cause.ACCOUNT_RENAMED): "account renamed",
    str(Cause.OU_CHANGED): "organizational unit changed",
}

_Told = list[tuple["Mapping[str, Any]", Words]]


def build_incident_message(incident: Mapping[str, Any], links: Links) -> Message:
    """The message of an incident document, version 1; KeyError or ValueError if it is something else."""
    if incident["version"] != VERSION:
        raise ValueError("this release reads incident documents of version 1")
    stage, alerted = Stage(incident["stage"]), _pick_outcome(incident)
    # The worst first: a long headline is cut at its end.
    worst = sorted(alerted, key=lambda item: item[1].over)
    over = all(word.over for _, word in alerted)
    account, event, outcomes = incident["account"], incident["event"], [outcome for outcome, _ in alerted]
    return Message(
        incident_id=incident["incident_id"],
        decided_at=datetime.fromisoformat(incident["decided_at"]),
        stage=stage,
        severity=Severity[incident["severity"]],
        headline=make_printable(_write_headline(incident, outcomes, worst)),
        over=over,
        facts=_build_facts(incident, over=over),
        sections=tuple(_build_section(outcome, word) for outcome, word in alerted),
        next_steps=_list_steps(word for _, word in alerted),
        links=(
            links.link_section(worst[0][1].runbook),
            *links.link_event(event["id"]),
            *links.account(account["id"]),
        ),
        ids=make_facts(
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
        content=_build_content(outcomes, stage),
        closes_only=incident["closes_only"],
        opened=incident["opened"],
    )


def _build_content(outcomes: Sequence[Mapping[str, Any]], stage: Stage) -> str:
    """A digest of what is news after a closing, empty without any. The same for every repetition.

    News is an intent that ended, and that nobody explained a change after our own write.
    """
    news = sorted(str(outcome["intent_id"]) for outcome in outcomes if outcome["intent_id"])
    news += [str(Verdict.UNEXPLAINED) for outcome in outcomes if outcome["verdict"] == Verdict.UNEXPLAINED]
    if stage is Stage.OPEN or not news:
        return ""
    return hashlib.sha256("/".join(news).encode()).hexdigest()[:12]


def _pick_outcome(incident: Mapping[str, Any]) -> _Told:
    """The outcomes that are alerted, with their words."""
    if incident["closes_only"]:
        return [(item, CLOSING.get(item["verdict"], CLOSED_OTHERWISE)) for item in incident["outcomes"]]
    words = ARRANGED_WORDS if incident["cause"] in ARRANGED else WORDS
    if incident["cause"] == _WATCHED:
        words = WORDS | {str(Verdict.NOTIFIED): describe_monitored(incident["event"]["name"])}
    return [
        (outcome, AUTHORISED if _is_authorised(outcome) else words[outcome["verdict"]])
        for outcome in incident["outcomes"]
        if outcome["severity"]
    ]


def describe_monitored(event_name: str) -> Words:
    """The words of an event that is only alerted; KeyError for any other."""
    watch = get_monitored(event_name)
    return replace(
        WORDS[str(Verdict.NOTIFIED)],
        result="",
        next_step=watch.next_step,
        over=watch.severity < Severity.HIGH,
        runbook=watch.section or event_name.lower(),
    )


def _is_authorised(outcome: Mapping[str, Any]) -> bool:
    return bool(outcome["authorised"]) and outcome["verdict"] == "set"


def _write_headline(incident: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]], worst: _Told) -> str:
    results = dict.fromkeys(word.result for _, word in worst)
    what = ", ".join((_describe_event(incident, outcomes), *filter(None, results)))
    account = incident["account"]
    return f"{account['id']} {what}" + (f": {account['name']}" if account["name"] else "")


def _describe_event(incident: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]) -> str:
    cause, event_name = incident["cause"], incident["event"]["name"]
    if any(outcome["verdict"] == "denied" for outcome in outcomes):
        return f"attempt at {event_name}"
    if cause == _WATCHED:
        return get_monitored(event_name).headline
    if cause in _WITHOUT_CONTACT and not any(outcome["kind"] for outcome in outcomes):
        return _WITHOUT_CONTACT[cause]
    return HEADLINES[cause].format(contacts=_name_contacts(outcomes))


def _name_contacts(outcomes: Sequence[Mapping[str, Any]]) -> str:
    kinds = list(dict.fromkeys(outcome["kind"].lower() for outcome in outcomes if outcome["kind"]))
    if not kinds:
        return "a contact"
    return f"{kinds[0]} contact" if len(kinds) == 1 else f"{len(kinds)} contacts"


def _build_facts(incident: Mapping[str, Any], *, over: bool) -> tuple[Fact, ...]:
    event, account = incident["event"], incident["account"]
    still = "a second message with this incident id will say when" if incident["stage"] == "open" else ""
    name = f"{account['id']} {account['name']}" if account["name"] else account["id"]
    place = f"OU {account['ou']}" if account["ou"] else "not in an OU"
    return make_facts(
        [
            ("Severity", incident["severity"]),
            ("Over", "yes" if over else f"NO: {still or 'see below what is left to do'}"),
            ("Account", f"{name}, {place}"),
            ("Event", f"{event['name']} at {event['time']}"),
            ("Who", describe_actor(incident["actor"])),
            ("From", describe_origin(incident["actor"])),
        ]
    )


def _build_section(outcome: Mapping[str, Any], word: Words) -> Section:
    late = ", but a read afterwards did not show it yet" if outcome["verified"] is False else ""
    lines = []
    if outcome["found"]["state"] != "unknown":
        lines.append(
            make_fact("Found", format_contact(outcome["found"]["contact"]) or outcome["found"]["state"])
        )
    if outcome["source"]:
        wanted = f"{format_contact(outcome['wanted'])} - " if outcome["wanted"] else ""
        lines.append(make_fact("Roster", f"{wanted}{outcome['source']}"))
    lines.append(make_fact("Rollcall", word.did + late))
    if outcome["verdict"] != "set":
        lines.append(make_fact("Why", outcome["reason"]))
    title = f"{outcome['kind'].capitalize()} contact" if outcome["kind"] else "What Rollcall did"
    return Section(title=make_printable(title), facts=tuple(lines))


def format_contact(masked: Mapping[str, str] | None) -> str:
    """A masked contact on one line; empty if there is none."""
    return ", ".join(masked[part] for part in ("name", "title", "email", "phone")) if masked else ""


def _list_steps(words: Iterable[Words]) -> tuple[str, ...]:
    steps = dict.fromkeys(word.next_step for word in words)
    return tuple(step for step in steps if step != NOTHING) or (NOTHING,)
