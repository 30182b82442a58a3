"""An incident as a message: one event on one account, who caused it, and what became of its contacts."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from rollcall.events.monitored import get_monitored
from rollcall.events.signal import TAMPERING, Cause, read_time
from rollcall.model.contact import ContactKind, find_rules
from rollcall.model.display import format_duration
from rollcall.model.levels import Severity
from rollcall.notify.message import (
    Fact,
    Links,
    Message,
    Section,
    Status,
    format_account,
    format_contact,
    make_fact,
    make_facts,
    make_printable,
)
from rollcall.notify.words import (
    ARRANGED,
    ARRANGED_WORDS,
    AUTHORISED,
    HEADLINES,
    WORDS,
    describe_actor,
    describe_kept,
    describe_monitored,
    describe_origin,
    find_closing_words,
    list_next_steps,
    name_principal,
)
from rollcall.outcomes.documents import VERSION
from rollcall.outcomes.outcome import Stage
from rollcall.outcomes.verdicts import LEFT_TO_CHECK, RIGHT, VERDICTS, Left, Verdict, Words, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_MONITORED = str(Cause.MONITORED)
#: What happened to the account itself, where no contact is concerned.
_WITHOUT_CONTACT = {
    str(Cause.ACCOUNT_RENAMED): "account renamed",
    str(Cause.OU_CHANGED): "OU changed",
}

#: Fits a subject behind the severity. The name of the account is shortened so that the result is not cut.
_HEADLINE_LENGTH: Final = 88
_SHORTEST_NAME: Final = 7

#: The contact is not in the desired state, and nothing of this event will change that.
_LEFT_WRONG: Final = select(lambda meaning: meaning.left is Left.WRONG)

_Alerted = list[tuple["Mapping[str, Any]", Words]]


def build_incident_message(incident: Mapping[str, Any], links: Links) -> Message:
    """The message of an incident document, version 1; KeyError or ValueError if it is something else."""
    if incident["version"] != VERSION:
        raise ValueError("this release reads incident documents of version 1")
    retried, stage, alerted = incident["retried"], Stage(incident["stage"]), _pick_outcome(incident)
    # The worst first: a long headline is cut at its end.
    worst = sorted(alerted, key=lambda item: (item[1].over, -Severity[item[0]["severity"] or "INFO"]))
    status = _find_status(incident, alerted, stage)
    first = f"{status}: Drill: " if incident["drill"] else f"{status}: "
    account, event, outcomes = incident["account"], incident["event"], [outcome for outcome, _ in alerted]
    actor, incident_id, refused = incident["actor"], incident["incident_id"], _is_refused(outcomes)
    return Message(
        incident_id=incident_id,
        decided_at=datetime.fromisoformat(incident["decided_at"]),
        stage=stage,
        severity=Severity[incident["severity"]],
        headline=f"{first}{_write_headline(incident, worst, len(first))}",
        status=status,
        facts=_build_facts(incident, alerted, _describe_status(alerted, status, retried=retried)),
        sections=(
            *(_build_section(outcome, word) for outcome, word in alerted),
            *links.quote_section(worst[0][1].runbook),
        ),
        next_steps=list_next_steps(word for _, word in worst),
        links=(
            links.link_section(worst[0][1].runbook),
            *links.link_event(event["id"], actor["account_id"]),
            *links.account(account["id"]),
        ),
        ids=make_facts(
            [
                ("Incident", incident_id),
                # Nothing is recorded of a refused call.
                *([] if refused else [("History", f"rollcall history --incident {incident_id}")]),
                ("Event ID", event["id"]),
            ],
        ),
        attributes={
            "severity": incident["severity"],
            "cause": incident["cause"],
            "verdict": outcomes[0]["verdict"],
            "kind": outcomes[0]["kind"] if len(outcomes) == 1 and outcomes[0]["kind"] else "ALL",
            "stage": str(stage),
            "account": account["id"],
            "incident": incident_id,
        },
        content=_build_content(outcomes, retried=retried),
        wrong=frozenset() if retried else _list_wrong(incident["outcomes"]),
        retried=retried,
        closes_only=incident["closes_only"],
        opened=incident["opened"],
    )


def _find_status(incident: Mapping[str, Any], alerted: _Alerted, stage: Stage) -> Status:
    if stage is Stage.OPEN:
        return Status.OPEN
    settled = any(one["verdict"] in RIGHT - LEFT_TO_CHECK and not _list_kept(one) for one, _ in alerted)
    return Status.RESOLVED if settled or incident["closes_only"] else Status.REPORTED


def _build_content(outcomes: Sequence[Mapping[str, Any]], *, retried: bool) -> str:
    """A digest of news that is sent even after a closing, empty without any; equal for each repetition.

    News are intents that ended, and a change after our own write that no event explained.
    """
    news = sorted(str(outcome["intent_id"]) for outcome in outcomes if outcome["intent_id"])
    news += [str(Verdict.UNEXPLAINED) for outcome in outcomes if outcome["verdict"] == Verdict.UNEXPLAINED]
    if retried or not news:
        return ""
    return hashlib.sha256("/".join(news).encode()).hexdigest()[:12]


def _list_wrong(outcomes: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The contacts, with their verdicts, that are alerted as left wrong."""
    left = [one for one in outcomes if one["severity"] and one["verdict"] in _LEFT_WRONG]
    return frozenset(f"{one['kind'] or 'ALL'}/{one['verdict']}" for one in left)


def _pick_outcome(incident: Mapping[str, Any]) -> _Alerted:
    """The outcomes that are alerted, with their words."""
    if incident["closes_only"]:
        return [(item, find_closing_words(item["verdict"])) for item in incident["outcomes"]]
    words = ARRANGED_WORDS if incident["cause"] in ARRANGED else WORDS
    if incident["cause"] == _MONITORED:
        words = WORDS | {str(Verdict.NOTIFIED): describe_monitored(incident["event"]["name"])}
    return [(item, _choose_words(item, words)) for item in incident["outcomes"] if item["severity"]]


def _choose_words(outcome: Mapping[str, Any], words: Mapping[str, Words]) -> Words:
    chosen = (
        AUTHORISED if outcome["authorised"] and outcome["verdict"] == "set" else words[outcome["verdict"]]
    )
    return describe_kept(chosen, kept) if (kept := _list_kept(outcome)) else chosen


def _list_kept(outcome: Mapping[str, Any]) -> Sequence[str]:
    """What a restore left as it was found, by the Account API's names."""
    return [find_rules(ContactKind(outcome["kind"]))[part].member for part in outcome["kept"]]


def _is_refused(outcomes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether AWS denied the call that the event is about."""
    return all(outcome["verdict"] == Verdict.DENIED for outcome in outcomes)


def _write_headline(incident: Mapping[str, Any], worst: _Alerted, before: int) -> str:
    """What happened, with the account in it. `before` characters stand before it."""
    text, account = _describe_event(incident, worst), incident["account"]
    room = _HEADLINE_LENGTH - before - len(text.replace(_ACCOUNT, f" ({account['id']})"))
    return make_printable(text.replace(_ACCOUNT, format_account(account, max(room, _SHORTEST_NAME))))


#: Stands for the account until its name is known to fit.
_ACCOUNT: Final = "\0"


def _describe_event(incident: Mapping[str, Any], worst: _Alerted) -> str:
    cause, event_name = incident["cause"], incident["event"]["name"]
    outcomes, results = [outcome for outcome, _ in worst], _summarize_results(worst)
    joined = results if results.startswith(":") else f"{' ' if cause in ARRANGED else ', '}{results}"
    if _is_refused(outcomes):
        return f"{event_name} for {_ACCOUNT} {results}"
    if cause == _MONITORED:
        return ", ".join(filter(None, (f"{_ACCOUNT}: {get_monitored(event_name).headline}", results)))
    if cause in _WITHOUT_CONTACT and not any(outcome["kind"] for outcome in outcomes):
        return ", ".join(filter(None, (f"{_ACCOUNT}: {_WITHOUT_CONTACT[cause]}", results)))
    return HEADLINES[cause].format(contacts=f"{_name_contacts(outcomes)} of {_ACCOUNT}", results=joined)


def _summarize_results(worst: _Alerted) -> str:
    """The results, the worst first. Behind a colon each with how many of several contacts it is of."""
    counts = Counter(word.result for _, word in worst if word.result)
    several = len(counts) > 1 and len({outcome["kind"] for outcome, _ in worst}) > 1
    if several:
        return ": " + ", ".join(f"{count} {result}" for result, count in counts.items())
    return ", ".join(counts)


def _name_contacts(outcomes: Sequence[Mapping[str, Any]]) -> str:
    kinds = list(dict.fromkeys(outcome["kind"] for outcome in outcomes if outcome["kind"]))
    if not kinds:
        return "a contact"
    return f"{kinds[0]} contact" if len(kinds) == 1 else f"{len(kinds)} contacts"


def _build_facts(incident: Mapping[str, Any], alerted: _Alerted, status: str) -> tuple[Fact, ...]:
    event, account, actor = incident["event"], incident["account"], incident["actor"]
    place = f"OU {account['ou']}" if account["ou"] else "not in an OU"
    named = name_principal(actor) != actor["principal"]
    who = [
        ("Who", describe_actor(actor) + _describe_distance(incident)),
        *([("Principal", actor["principal"])] if named else []),
        ("From", describe_origin(actor)),
    ]
    if any(outcome["verdict"] in _OF_OTHERS for outcome, _ in alerted):
        who = [("Who", f"unknown so far: the event is the write before, by {actor['principal']}")]
    return make_facts(
        [
            ("Status", status),
            ("When", _describe_time(incident, alerted)),
            ("Account", f"{format_account(account)}, {place}"),
            ("Event", event["name"]),
            *([("Drill", f"registered by {incident['drill']}")] if incident["drill"] else []),
            *who,
        ]
    )


def _describe_status(alerted: _Alerted, status: Status, *, retried: bool) -> str:
    if status is not Status.OPEN:
        return str(status)
    if retried:
        return "Open, retrying: a second alert with this incident ID follows"
    waits = all(word.over or VERDICTS[Verdict(one["verdict"])].left is Left.SOON for one, word in alerted)
    return "Open, retrying" if waits else "Open, action required"


def _describe_time(incident: Mapping[str, Any], alerted: _Alerted) -> str:
    """When it happened, and how long a contact that somebody changed waited to be restored."""
    if (then := read_time(incident["event"]["time"])) is None:
        return f"{incident['event']['time'] or 'unknown'}, how long ago is unknown"
    span = max(datetime.fromisoformat(incident["decided_at"]) - then, timedelta(0))
    age = format_duration(span) if span >= _SECOND else "less than 1 s"
    text = f"{then:%Y-%m-%d %H:%M:%S} UTC"
    if incident["cause"] in TAMPERING:
        restored = {outcome["kind"] for outcome, _ in alerted if outcome["verdict"] == Verdict.SET}
        if {outcome["kind"] for outcome, _ in alerted if outcome["verdict"] in _WRONG} - restored:
            return f"{text}, not restored for {age} so far"
        if restored:
            return f"{text}, restored within {format_duration(timedelta(seconds=ceil(span / _SECOND) or 1))}"
    return f"{text}, {age} before this alert"


def _describe_distance(incident: Mapping[str, Any]) -> str:
    """A hint if who edited a contact is of another account: nobody in this one need have made the call."""
    elsewhere = incident["actor"]["account_id"] not in (None, "", incident["account"]["id"])
    return ", from another account" if elsewhere and incident["cause"] in TAMPERING else ""


_SECOND: Final = timedelta(seconds=1)
#: The change came after the event, which is our own write: its caller did not make it.
_OF_OTHERS: Final = frozenset({Verdict.OVERWRITTEN, Verdict.UNEXPLAINED})
#: The contact is not, or maybe not, in the desired state.
_WRONG: Final = select(lambda meaning: meaning.left in (Left.WRONG, Left.SOON))


def _build_section(outcome: Mapping[str, Any], word: Words) -> Section:
    late = " A read afterwards did not show it yet." if outcome["verified"] is False else ""
    lines = []
    found, wanted = outcome["found"]["contact"], outcome["wanted"]
    if outcome["found"]["state"] != "unknown":
        lines.append(make_fact("Found", format_contact(found, wanted) or outcome["found"]["state"]))
    if outcome["source"]:
        shown = f"{format_contact(wanted, found)} - " if wanted else ""
        lines.append(make_fact("Roster", f"{shown}{outcome['source']}"))
    lines.append(make_fact("Action", word.did + late))
    if outcome["verdict"] != "set":
        lines.append(make_fact("Why", outcome["reason"]))
    title = f"{outcome['kind']} contact" if outcome["kind"] else "What Rollcall did"
    return Section(title=make_printable(title), facts=tuple(lines))
