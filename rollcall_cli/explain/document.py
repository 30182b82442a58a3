"""An explanation as JSON, version 1. Contact details are masked unless they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.model.contact import mask_contact
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    DesiredOrConflict,
    Observation,
    Present,
    Unreadable,
)
from rollcall_cli.explain.explanation import winners

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.decide.resolve import SelectorMatch
    from rollcall.model.contact import Contact
    from rollcall_cli.explain.explanation import Explanation, KindExplanation

VERSION = 1


def document(explanation: Explanation, *, details: bool) -> dict[str, Any]:
    """Plain JSON; with `details` the contacts are in full."""
    account = explanation.account
    return {
        "version": VERSION,
        "status": explanation.status.name.lower().replace("_", "-"),
        "account": {
            "id": account.id,
            "name": account.name,
            "state": str(account.state),
            "ou": "/".join(account.ou_path),
            "parent_ids": list(account.parent_ids),
            "tags": dict(account.tags),
        },
        "roster": {"digest": explanation.roster.digest},
        "mode": _candidates(explanation.modes, "mode"),
        "halted": explanation.requirement.held or explanation.requirement.halted,
        "exempt": explanation.requirement.exempt,
        "exemptions": [
            {
                "reason": exemption.reason,
                "until": exemption.until.isoformat() if exemption.until else None,
                "in_force": in_force,
            }
            for exemption, in_force in explanation.exemptions
        ],
        "kinds": [_kind(kind, details=details) for kind in explanation.kinds],
    }


def shown(contact: Contact, *, details: bool) -> dict[str, str]:
    """The four values, masked unless `details`."""
    return contact.as_document() if details else mask_contact(contact)


def _kind(kind: KindExplanation, *, details: bool) -> dict[str, Any]:
    return {
        "kind": str(kind.kind),
        "verdict": str(kind.verdict) if kind.verdict else None,
        "reason": kind.reason,
        "entries": _candidates(kind.candidates, "contact"),
        "placeholders": list(kind.placeholders),
        "wanted": _wanted(kind.demand, details=details),
        "found": _found(kind.found, details=details),
        "differs_in": list(kind.differs_in),
    }


def _candidates(found: Sequence[SelectorMatch[Any]], value: str) -> list[dict[str, Any]]:
    won = winners(found)
    return [
        {
            "source": item.source,
            value: None if item.value is None else str(item.value),
            "wins": item in won,
        }
        for item in found
    ]


def _wanted(demand: DesiredOrConflict | None, *, details: bool) -> dict[str, Any]:
    match demand:
        case Desired(contact=contact, source=source):
            return {"state": "present", "contact": shown(contact, details=details), "source": source}
        case DesiredAbsent(source=source):
            return {"state": "absent", "contact": None, "source": source}
        case Conflict(reason=reason):
            return {"state": "blocked", "contact": None, "source": reason}
        case None:
            return {"state": "unmanaged", "contact": None, "source": None}


def _found(found: Observation | None, *, details: bool) -> dict[str, Any]:
    match found:
        case Present(contact=contact):
            return {"state": "present", "contact": shown(contact, details=details), "reason": None}
        case Absent():
            return {"state": "absent", "contact": None, "reason": None}
        case Unreadable(reason=reason):
            return {"state": "unreadable", "contact": None, "reason": reason}
        case None:
            return {"state": "unknown", "contact": None, "reason": "nobody looked"}
