"""Which accounts a plan is for."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from rollcall.model.roster import read_selector
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.model.account import Account

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_DEEPEST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """An organizational unit (path of names, or id), accounts by id, both for what is in both, or all."""

    ou: str | None = None
    accounts: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is for the whole organization."""
        return self.ou is None and not self.accounts

    def of(self, every: Sequence[Account]) -> list[Account]:
        """Those of the accounts that it is for; CommandError if it names what is not there."""
        strangers = sorted(set(self.accounts) - {account.id for account in every})
        if strangers:
            raise CommandError(
                f"account {strangers[0]} is not in the organization",
                fix="look at the digits; `aws organizations list-accounts` lists those that are",
            )
        below = [account for account in every if self._below(account)]
        if not below:
            paths = {account.ou_path[:depth] for account in every for depth in range(1, _DEEPEST + 1)}
            known = sorted({"/".join(path) for path in paths if path})
            near = difflib.get_close_matches(self.ou or "", known, n=1, cutoff=0.6)
            meant = f": did you mean {near[0]!r}?" if near else ""
            fix = f"give the names of its units below the root, as in Workloads/Production{meant}"
            raise CommandError(f"there is no account below {self.ou!r}", fix=fix)
        return [account for account in below if not self.accounts or account.id in self.accounts]

    def as_document(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"ou": self.ou, "accounts": list(self.accounts)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote."""
        return cls(ou=document["ou"], accounts=tuple(document["accounts"]))

    def _below(self, account: Account) -> bool:
        return self.ou is None or read_selector({"ou": self.ou}).match_rank(account) is not None
