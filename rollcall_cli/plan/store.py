"""What a plan has seen, in a file: the whole of it, or the part after which it was cut off."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.observed import ObservedAccount, read_account, write_account
from rollcall.model.desired import Present, Unreadable
from rollcall_cli.plan.scope import Scope
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rollcall.model.account import Account

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Contacts in full. `accounts` are all that the plan is for, `observed` those that were looked at.

    `roster` is the digest of the roster that is planned with, `since` when the first account was looked at.
    """

    organization: str
    roster: str
    scope: Scope
    since: datetime
    accounts: Sequence[Account]
    observed: Sequence[ObservedAccount]

    @property
    def partial(self) -> bool:
        """Whether accounts are left to look at."""
        return len(self.observed) < len(self.accounts)

    @property
    def left(self) -> list[Account]:
        """Those accounts."""
        done = {item.account.id for item in self.observed}
        return [account for account in self.accounts if account.id not in done]


def write(path: Path, seen: Seen, *, plan: Mapping[str, Any] | None) -> None:
    """Write the file, for its owner only: it has contacts in full. CommandError if it cannot be written."""
    document = {
        "version": VERSION,
        "partial": seen.partial,
        "organization": seen.organization,
        "roster": seen.roster,
        "since": seen.since.isoformat(),
        "scope": seen.scope.as_document(),
        "plan": plan,
        "accounts": [write_account(account) for account in seen.accounts],
        "observed": [item.as_document() for item in seen.observed],
    }
    draft = path.parent / f"{path.name}.part"
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(document, file, indent=1)
        draft.replace(path)
    except OSError as error:
        raise _no_file(path, "written", error) from None


def read(path: Path, *, organization: str, roster: str) -> Seen:
    """Read what `write` wrote; CommandError if it is something else, or of another organization or roster."""
    try:
        seen = _seen(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise _no_file(path, "read", error) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fix = "name a file that `rollcall plan --out` wrote"
        raise CommandError(f"{path.name} is no plan", fix=fix) from None
    if (seen.organization, seen.roster) != (organization, roster):
        raise CommandError(
            f"{path.name} was made with another roster or for another organization",
            fix="plan again without --resume: what was seen then was for other questions",
        )
    return seen


def _seen(document: Mapping[str, Any]) -> Seen:
    if document["version"] != VERSION:
        raise ValueError("of another release")
    seen = Seen(
        organization=document["organization"],
        roster=document["roster"],
        scope=Scope.from_document(document["scope"]),
        since=datetime.fromisoformat(document["since"]),
        accounts=[read_account(item) for item in document["accounts"]],
        observed=[ObservedAccount.from_document(item) for item in document["observed"]],
    )
    accounts = [*seen.accounts, *(item.account for item in seen.observed)]
    texts = [*chain.from_iterable(map(_texts, accounts)), *chain.from_iterable(map(_found, seen.observed))]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("of something else than text")
    return seen


def _texts(account: Account) -> Iterator[object]:
    yield from (account.id, account.name, *account.ou_path, *account.parent_ids)
    yield from chain.from_iterable(account.tags.items())


def _found(item: ObservedAccount) -> Iterator[object]:
    yield from item.orphaned.values()
    for found in item.contacts.values():
        if isinstance(found, Present):
            yield from found.contact.as_document().values()
        elif isinstance(found, Unreadable):
            yield found.reason


def _no_file(path: Path, done: str, error: OSError) -> CommandError:
    return CommandError(f"{path.name} cannot be {done}: {error.strerror}", fix="name another file")
