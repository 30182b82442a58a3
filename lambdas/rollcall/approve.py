"""Approval: the one step that makes a roster the one that is enforced.

Two callers: a person's command, and the gate of a sweep for a plan that is within the limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.lost_matches import remember_units
from rollcall.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.lost_matches import Matches
    from rollcall.ports import Organization, State


def approve_candidate(
    *,
    state: State,
    matches: Matches,
    organization: Organization,
    document: Mapping[str, Any],
    approved_by: str,
    now: datetime,
) -> str:
    """Make the compiled candidate the approved roster; returns its digest.

    What its paths of names lead to is remembered first, so that a unit renamed later is noticed. KeyError or
    ValueError if the document is not one that synth compiled, RetryableError if AWS could not be asked: then
    it is not approved.
    """
    roster = Roster.from_document(document)
    remember_units(roster, matches, organization)
    state.approve(digest=roster.digest, document=document, by=approved_by, at=now)
    return roster.digest
