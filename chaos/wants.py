"""What a roster asks of a contact: read from the roster's document alone, for stories and their oracle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.fakes.account import Values


@dataclass(frozen=True, slots=True)
class Want:
    """`managed` is whether the roster names the kind here; then `values` is what must be there, None if none.

    `enforced` is whether it may be written: not in audit mode, and not in an account that is exempt.
    """

    managed: bool
    values: Values | None
    enforced: bool
    exempt: bool


def find_want(roster: Mapping[str, Any], account: str, name: str, kind: str) -> Want:
    """What this roster asks: an override for the account wins over the defaults."""
    contact, managed = roster["defaults"].get(kind), kind in roster["defaults"]
    mode = roster["mode"]
    for override in roster["overrides"]:
        if account in override["accounts"]:
            if kind in override["kinds"]:
                contact, managed = override["kinds"][kind], True
            mode = override["mode"] or mode
    exempt = any(account in exemption["accounts"] for exemption in roster["exempt"])
    values = None
    if managed and contact is not None:
        parts = roster["contacts"][contact]
        texts = (parts[part] for part in ("name", "title", "email", "phone"))
        values = tuple(
            text.replace("{account_id}", account).replace("{account_name}", name) for text in texts
        )
    return Want(managed, values, mode == "enforce" and not exempt, exempt)


def compute_digest(roster: Mapping[str, Any]) -> str:
    """SHA-256 of the roster's canonical JSON, by which it is approved."""
    text = json.dumps(roster, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
