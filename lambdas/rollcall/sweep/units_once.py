"""What rosters matched, for a worker that looks at thousands of accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.lost_matches import Matches


@dataclass(slots=True)
class UnitsOnce:
    """The memory of matches with the units read once, for a worker that looks at many accounts."""

    memory: Matches
    _units: Mapping[str, frozenset[str]] | None = field(default=None, init=False)

    def units(self) -> Mapping[str, frozenset[str]]:
        """Ids of the organizational units that each path of names has led to."""
        if self._units is None:
            self._units = self.memory.units()
        return self._units

    def add_unit(self, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""
        self.memory.add_unit(path, ou_id)
        known = self.units()
        self._units = {**known, path: known.get(path, frozenset()) | {ou_id}}

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Forget that the path led to this unit."""
        self.memory.forget_unit(path, ou_id)
        self._units = None

    def tagged(self, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""
        return self.memory.tagged(tag, account_id)

    def others_tagged(self, tag: str, account_id: str) -> bool:
        """Whether any other account did."""
        return self.memory.others_tagged(tag, account_id)

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""
        self.memory.set_tagged(tag, account_id, carries=carries)
