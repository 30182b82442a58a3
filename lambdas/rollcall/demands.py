"""What the roster asks of one contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.contacts import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The contact must be this; `source` is the roster entry that says so."""

    contact: Contact
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAbsent:
    """The contact must not exist."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The roster cannot be applied here; until somebody mends it, nothing is written."""

    reason: str


#: What may be carried out.
Target = Wanted | WantedAbsent
Demand = Wanted | WantedAbsent | Held
