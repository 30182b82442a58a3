"""Outcomes and incidents as the JSON that leaves the core, version 1. Contact details are masked here.

Of a contact of the roster only the mailbox is not: it is the organization's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.events.monitored import get_monitored
from rollcall.events.signal import Cause
from rollcall.model.account import describe_account
from rollcall.model.contact import KEEP, Contact
from rollcall.model.desired import Desired, Observation, Present
from rollcall.model.display import ContactValue, Masks, show_values, spell_value
from rollcall.model.levels import Severity
from rollcall.outcomes.outcome import Action, Incident, Outcome, Stage
from rollcall.outcomes.severity import find_severity
from rollcall.outcomes.verdicts import VERDICTS, Left, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


VERSION = 1


def build_outcome_documents(
    incident: Incident, *, management_account: str, at: datetime, masks: Masks = Masks.FOREIGN
) -> list[dict[str, Any]]:
    """One document for each outcome, to be read on its own; none for an own write, which had one before."""
    context = _build_context(incident, at) | {"parent_incident_id": incident.parent_incident_id}
    outcomes = _build_outcomes(incident, management_account, masks)
    return [context | outcome for outcome in outcomes if outcome["verdict"] != Verdict.OWN_WRITE]


def build_incident_document(
    incident: Incident, *, management_account: str, at: datetime, masks: Masks = Masks.FOREIGN
) -> dict[str, Any] | None:
    """The whole incident as it is alerted; None if it is not.

    One that is resolved and needs no words, or is grouped, is sent all the same if it was alerted as open:
    its channels have to close it. `closes_only` is whether it has no words of its own.
    """
    outcomes = _build_outcomes(incident, management_account, masks)
    loudest = max(
        (Severity[outcome["severity"]] for outcome in outcomes if outcome["severity"]), default=None
    )
    closes_only = loudest is None
    if (closes_only or incident.parent_incident_id is not None) and not incident.opened:
        return None
    document = _build_context(incident, at) | {"outcomes": outcomes, "closes_only": closes_only}
    stage = _find_stage(document)
    return document | {
        "action": str(_find_action(incident, stage)),
        "title": _write_title(incident),
        "stage": str(stage),
        "retried": incident.stage is Stage.OPEN,
        "severity": (loudest or Severity.INFO).name,
        "opened": incident.opened,
    }


def _find_stage(document: Mapping[str, Any]) -> Stage:
    """Open while Rollcall or a person has something to do; status and attributes of alerts derive from it."""
    monitored = document["event"]["name"] if document["cause"] == Cause.MONITORED else None
    alerted = [one for one in document["outcomes"] if document["closes_only"] or one["severity"]]
    left = any(is_open(Verdict(one["verdict"]), monitored=monitored) for one in alerted)
    return Stage.OPEN if left else Stage.CLOSED


def is_open(verdict: Verdict, *, monitored: str | None = None) -> bool:
    """Whether something is left to do; `monitored` is the event's name if it is one that is only alerted."""
    if verdict is Verdict.NOTIFIED and monitored is not None:
        return get_monitored(monitored).severity >= Severity.HIGH
    meaning = VERDICTS[verdict]
    settled = meaning.left in (Left.RIGHT, Left.ALONE)
    return not (meaning.words.over if meaning.words else settled)


def _find_action(incident: Incident, stage: Stage) -> Action:
    """An incident is resolved by a message only if it was opened by one, and nothing is left to do."""
    if not incident.opened:
        return Action.OPEN
    return Action.RESOLVE if stage is Stage.CLOSED else Action.UPDATE


def _write_title(incident: Incident) -> str:
    """One line for programs: account, CloudTrail's name of the event, verdicts. It names nobody."""
    account = incident.signal.account_id if incident.signal else "unknown account"
    done = [" ".join(filter(None, (one.kind, one.verdict))) for one in incident.outcomes]
    return f"{account} {incident.event.name}: {', '.join(done)}"


def _build_context(incident: Incident, at: datetime) -> dict[str, Any]:
    signal = incident.signal
    return {
        "version": VERSION,
        "incident_id": incident.id,
        "decided_at": at.isoformat(),
        "cause": str(signal.cause) if signal else None,
        "account": describe_account(incident.account, account_id=signal.account_id if signal else None),
        "actor": signal.actor.as_document() if signal else None,
        "drill": incident.drill,
        "event": {
            "id": incident.event.id,
            "name": incident.event.name,
            "time": incident.event.time,
            "request_id": incident.event.request_id,
        },
    }


def _build_outcomes(incident: Incident, management_account: str, masks: Masks) -> list[dict[str, Any]]:
    values = _list_values(incident.outcomes)
    # Its readers are programs, too: without quotes.
    written = show_values(values, masks=masks, write=lambda _value, text: spell_value(text))
    shown = {(value.part, value.text): text for value, text in written.items()}
    found = []
    for outcome in incident.outcomes:
        severity = find_severity(incident.signal, outcome, management_account=management_account)
        found.append(_build_outcome(outcome, shown) | {"severity": severity and severity.name})
    return found


def _list_values(outcomes: Iterable[Outcome]) -> list[ContactValue]:
    """All values of their contacts. `own`, and so never masked, are values of the roster that name no person.

    These are mailboxes, and parts of an address that differ from those found.
    """
    states = [state for outcome in outcomes for state in (outcome.found, outcome.wanted)]
    own = {
        (part, text.strip())
        for outcome in outcomes
        if isinstance(outcome.wanted, Desired)
        for part, text in outcome.wanted.contact.as_document().items()
        if part == "email" or (part not in _PERSONAL and not _is_kept(part, text, outcome.found))
    }
    return [
        ContactValue(part=part, text=text, own=(part, text.strip()) in own)
        for state in states
        if isinstance(state, (Present, Desired))
        for part, text in state.contact.as_document().items()
    ]


#: Parts that name a person, or reach one.
_PERSONAL: Final = frozenset({"name", "title", "phone"})


def _is_kept(part: str, text: str, found: Observation | None) -> bool:
    """Whether the account has it already, or may have: then it may be no value of the roster."""
    return found.contact.get(part) == text if isinstance(found, Present) else found is None


def _build_outcome(outcome: Outcome, shown: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    found = outcome.found

    def show(contact: Contact) -> dict[str, str]:
        # Without what was found, a kept part has no value; with it, `keep` may be the account's own.
        known = isinstance(found, Present)
        return {
            part: shown[part, text] for part, text in contact.as_document().items() if known or text != KEEP
        }

    return {
        "kind": str(outcome.kind) if outcome.kind else None,
        "verdict": str(outcome.verdict),
        "reason": outcome.reason,
        "found": {
            "state": found.tag if found else "unknown",
            "contact": show(found.contact) if isinstance(found, Present) else None,
        },
        "wanted": show(outcome.wanted.contact) if isinstance(outcome.wanted, Desired) else None,
        "source": outcome.wanted.source if outcome.wanted else None,
        "authorised": outcome.authorised,
        "roster_digest": outcome.roster_digest,
        "intent_id": outcome.intent_id,
        "request_id": outcome.request_id,
        "verified": outcome.verified,
        "kept": list(outcome.kept),
    }
