"""The file that `rollcall plan --out` writes: the accounts to plan, and what was read so far."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Self

from rollcall.decide.plan import ObservedAccount
from rollcall.decide.roster_entries import OrganizationNames
from rollcall.model.account import Account
from rollcall.model.desired import Present, Unreadable
from rollcall.model.roster import read_selector
from rollcall_cli.aws.directory import suggest
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanScope:
    """The accounts to plan: below an OU, or these accounts, or what is in both; all without either."""

    #: Path of names, or an ID.
    ou: str | None = None
    accounts: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is the whole organization."""
        return self.ou is None and not self.accounts

    def select(self, every: Sequence[Account]) -> list[Account]:
        """Return the accounts in scope; CommandError if it names an account or OU that does not exist."""
        strangers = sorted(set(self.accounts) - {account.id for account in every})
        if strangers:
            raise CommandError(
                f"account {strangers[0]} is not in the organization",
                fix="check the ID; `aws organizations list-accounts` lists all accounts",
            )
        below = [account for account in every if self._below(account)]
        if not below:
            names = OrganizationNames()
            for account in every:
                names.add(account)
            hint = suggest(read_selector({"ou": self.ou or ""}), names)
            fix = f"give the names of the OUs below the root, as in Workloads/Production, or its ID{hint}"
            raise CommandError(f"there is no account below {self.ou!r}", fix=fix)
        return [account for account in below if not self.accounts or account.id in self.accounts]

    def as_document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"ou": self.ou, "accounts": list(self.accounts)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the scope from its JSON form."""
        return cls(ou=document["ou"], accounts=tuple(document["accounts"]))

    def _below(self, account: Account) -> bool:
        return self.ou is None or read_selector({"ou": self.ou}).match_rank(account) is not None


VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReading:
    """What was read for a plan, with contacts in full."""

    organization: str
    #: Digest of the roster.
    roster: str
    scope: PlanScope
    #: When the first account was read.
    since: datetime
    #: All accounts to plan.
    accounts: Sequence[Account]
    #: The accounts that were read.
    observed: Sequence[ObservedAccount]

    @property
    def partial(self) -> bool:
        """Whether accounts are still to be read."""
        return len(self.observed) < len(self.accounts)

    @property
    def left(self) -> list[Account]:
        """The accounts that are still to be read."""
        done = {item.account.id for item in self.observed}
        return [account for account in self.accounts if account.id not in done]


def write_reading(path: Path, seen: PlanReading, *, plan: Mapping[str, Any] | None) -> None:
    """Write the file, readable for its owner only: it has contacts in full. CommandError if that fails."""
    document = {
        "version": VERSION,
        "partial": seen.partial,
        "organization": seen.organization,
        "roster": seen.roster,
        "since": seen.since.isoformat(),
        "scope": seen.scope.as_document(),
        "plan": plan,
        "accounts": [account.as_document() for account in seen.accounts],
        "observed": [item.as_document() for item in seen.observed],
    }
    draft = path.parent / f"{path.name}.part"
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(document, file, indent=1)
        draft.replace(path)
    except OSError as error:
        raise _report_file_error(path, "written", error) from None


def read_reading(path: Path, *, organization: str, roster: str) -> PlanReading:
    """Read a file; CommandError if it is not a plan, or belongs to another organization or roster."""
    try:
        seen = _parse_reading(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise _report_file_error(path, "read", error) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fix = "use a file that `rollcall plan --out` wrote"
        raise CommandError(f"{path} is not a plan", fix=fix) from None
    if (seen.organization, seen.roster) != (organization, roster):
        raise CommandError(
            f"{path} was made with another roster or for another organization",
            fix="plan again without --resume",
        )
    return seen


def _parse_reading(document: Mapping[str, Any]) -> PlanReading:
    if document["version"] != VERSION:
        raise ValueError("of another release")
    seen = PlanReading(
        organization=document["organization"],
        roster=document["roster"],
        scope=PlanScope.from_document(document["scope"]),
        since=datetime.fromisoformat(document["since"]),
        accounts=[Account.from_document(item) for item in document["accounts"]],
        observed=[ObservedAccount.from_document(item) for item in document["observed"]],
    )
    accounts = [*seen.accounts, *(item.account for item in seen.observed)]
    texts = [
        *chain.from_iterable(map(_list_account_texts, accounts)),
        *chain.from_iterable(map(_list_contact_texts, seen.observed)),
    ]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("of something else than text")
    return seen


def _list_account_texts(account: Account) -> Iterator[object]:
    yield from (account.id, account.name, *account.ou_path, *account.parent_ids)
    yield from chain.from_iterable(account.tags.items())


def _list_contact_texts(item: ObservedAccount) -> Iterator[object]:
    yield from item.orphaned.values()
    for found in item.contacts.values():
        if isinstance(found, Present):
            yield from found.contact.as_document().values()
        elif isinstance(found, Unreadable):
            yield found.reason


def _report_file_error(path: Path, done: str, error: OSError) -> CommandError:
    return CommandError(f"{path} cannot be {done}: {error.strerror}", fix="choose another file")
