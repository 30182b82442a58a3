"""Outcomes and incidents as the JSON that leaves the core, version 1. Contact details are masked here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.model.account import describe_account
from rollcall.model.contact import mask_contact
from rollcall.model.desired import Absent, Desired, Observation, Present, Unreadable
from rollcall.model.levels import Severity
from rollcall.outcomes.severity import find_severity

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.outcomes.outcome import Incident, Outcome

VERSION = 1


def build_outcome_documents(
    incident: Incident, *, management_account: str, at: datetime
) -> list[dict[str, Any]]:
    """One document for each outcome of the incident, to be read on its own."""
    context = _build_context(incident, at) | {"gathered_by": incident.parent_incident_id}
    return [context | outcome for outcome in _build_outcomes(incident, management_account)]


def build_incident_document(
    incident: Incident, *, management_account: str, at: datetime
) -> dict[str, Any] | None:
    """The whole incident for those who must be told; None if nobody must be.

    One that is over and needs no words, or is told with others, is sent all the same if people were told that
    it was not over: then it is to be closed. `closes_only` is whether it has no words of its own.
    """
    outcomes = _build_outcomes(incident, management_account)
    loudest = max(
        (Severity[outcome["severity"]] for outcome in outcomes if outcome["severity"]), default=None
    )
    closes_only = loudest is None
    if (closes_only or incident.parent_incident_id is not None) and not incident.opened:
        return None
    return _build_context(incident, at) | {
        "stage": str(incident.stage),
        "severity": (loudest or Severity.INFO).name,
        "opened": incident.opened,
        "closes_only": closes_only,
        "outcomes": outcomes,
    }


def _build_context(incident: Incident, at: datetime) -> dict[str, Any]:
    signal = incident.signal
    return {
        "version": VERSION,
        "incident_id": incident.id,
        "decided_at": at.isoformat(),
        "cause": str(signal.cause) if signal else None,
        "account": describe_account(incident.account, account_id=signal.account_id if signal else None),
        "actor": signal.actor.as_document() if signal else None,
        "event": {
            "id": incident.event.id,
            "name": incident.event.name,
            "time": incident.event.time,
            "request_id": incident.event.request_id,
        },
    }


def _build_outcomes(incident: Incident, management_account: str) -> list[dict[str, Any]]:
    return [
        _build_outcome(outcome) | {"severity": _find_severity(incident, outcome, management_account)}
        for outcome in incident.outcomes
    ]


def _build_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": str(outcome.kind) if outcome.kind else None,
        "verdict": str(outcome.verdict),
        "reason": outcome.reason,
        "found": _build_found(outcome.found),
        "wanted": mask_contact(outcome.wanted.contact) if isinstance(outcome.wanted, Desired) else None,
        "source": outcome.wanted.source if outcome.wanted else None,
        "authorised": outcome.authorised,
        "roster_digest": outcome.roster_digest,
        "intent_id": outcome.intent_id,
        "request_id": outcome.request_id,
        "verified": outcome.verified,
    }


def _build_found(found: Observation | None) -> dict[str, Any]:
    match found:
        case Present(contact=contact):
            return {"state": "present", "contact": mask_contact(contact)}
        case Absent():
            return {"state": "absent", "contact": None}
        case Unreadable():
            return {"state": "unreadable", "contact": None}
        case None:
            return {"state": "unknown", "contact": None}


def _find_severity(incident: Incident, outcome: Outcome, management_account: str) -> str | None:
    if incident.signal is None:
        return None
    found = find_severity(
        signal=incident.signal,
        verdict=outcome.verdict,
        management_account=management_account,
        authorised=outcome.authorised,
        beside_root=outcome.beside_root,
    )
    return found.name if found else None
