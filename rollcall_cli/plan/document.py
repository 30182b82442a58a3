"""A plan as JSON, version 1. Contact details are masked unless they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.model.desired import Desired, Present
from rollcall.sweep.plan_builder import describe_account
from rollcall_cli.explain.document import shown

if TYPE_CHECKING:
    from rollcall_cli.plan.result import Difference, Result

VERSION: Final = 1


def document(result: Result, *, details: bool) -> dict[str, Any]:
    """Plain JSON; with `details` the contacts are in full."""
    seen = result.seen
    return {
        "version": VERSION,
        "status": result.status.name.lower().replace("_", "-"),
        "partial": seen.partial,
        "organization": seen.organization,
        "roster": seen.roster,
        "plan": result.digest,
        "since": seen.since.isoformat(),
        "scope": seen.scope.as_document(),
        "accounts": {
            "planned": len(seen.accounts),
            "seen": len(seen.observed),
            "active": result.active,
            "changed": result.changed,
        },
        "would_be_held": list(result.hold),
        "differences": [_difference(item, details=details) for item in result.differences],
        "unknown": [
            {
                "account": describe_account(account),
                "kind": str(finding.kind),
                "verdict": str(finding.verdict),
                "reason": finding.reason,
            }
            for account, finding in result.unknown
        ],
    }


def _difference(item: Difference, *, details: bool) -> dict[str, Any]:
    change = item.change
    found = change.found.contact if isinstance(change.found, Present) else None
    wanted = change.wanted.contact if isinstance(change.wanted, Desired) else None
    return {
        "account": describe_account(item.account),
        "kind": str(change.kind),
        "action": item.action,
        "only_told": item.told,
        "source": change.wanted.source,
        "found": shown(found, details=details) if found else None,
        "wanted": shown(wanted, details=details) if wanted else None,
    }
