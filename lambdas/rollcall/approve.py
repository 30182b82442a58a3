"""Approval: the one step that makes a roster the one that is enforced. Nothing in AWS calls it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.ports import State


def approve_candidate(*, state: State, document: Mapping[str, Any], approved_by: str, now: datetime) -> str:
    """Make the compiled candidate the approved roster; returns its digest.

    KeyError or ValueError if the document is not one that synth compiled: then nothing is stored.
    """
    digest = Roster.from_document(document).digest
    state.approve(digest=digest, document=document, by=approved_by, at=now)
    return digest
