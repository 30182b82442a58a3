"""What a roster asks of a contact: read from the roster's document alone, for stories and their oracle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos.fakes.account import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def find_want(
    roster: Mapping[str, Any], account: str, name: str, kind: str, units: Sequence[str] = ()
) -> Want:
    """What this roster asks of an account in these units: an override for it wins over the defaults."""
    contact, managed = roster["defaults"].get(kind), kind in roster["defaults"]
    mode = roster["mode"]
    for override in roster["overrides"]:
        if account in override.get("accounts", ()) or override.get("ou") in units:
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


def find_weakened(
    before: Mapping[str, Any], after: Mapping[str, Any], accounts: Sequence[tuple[str, str]]
) -> str | None:
    """Something that the roster `after` weakens of the one `before`, None if it weakens nothing."""
    if set(after["authorised_changers"]) - set(before["authorised_changers"]):
        return "another changer is authorised"
    if after["limits"]["max_changed_accounts"] == "100%" != before["limits"]["max_changed_accounts"]:
        return "all accounts may change"
    for account, name in accounts:
        for kind in KINDS:
            if _rank(find_want(after, account, name, kind)) < _rank(find_want(before, account, name, kind)):
                return f"{account} {kind} is enforced less"
    return None


def _rank(want: Want) -> int:
    return want.managed + (want.managed and want.enforced)


def describe_left(kind: str, values: Values | None) -> str:
    """What an edit of this kind leaves, as an operator registers it for a drill."""
    texts = [] if values is None else [values[0], values[1], values[2].strip(), values[3]]
    return f"{kind}:{hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]}"


def compute_digest(roster: Mapping[str, Any]) -> str:
    """SHA-256 of the roster's canonical JSON, by which it is approved."""
    text = json.dumps(roster, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
