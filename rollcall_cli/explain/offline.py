"""An account as its owner describes it, for explaining without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.account import Account, AccountState
from rollcall.model.roster import OuId
from rollcall_cli.explain.explanation import placeholders_of
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.model.roster import Roster


def described(
    account_id: str, *, name: str | None, ou: str | None, tags: Sequence[str], roster: Roster
) -> Account:
    """An active account at this path of OU names; CommandError if the roster needs to know more of it."""
    if name is None and any(
        "account_name" in placeholders_of(roster, contact) for contact in roster.contacts
    ):
        raise CommandError(
            "the roster fills in {account_name}", fix="say what the account is called, with --name"
        )
    names = tuple(part for part in (ou or "").split("/") if part)
    return Account(
        id=account_id,
        name=name or "",
        state=AccountState.ACTIVE,
        ou_path=names,
        parent_ids=(),
        tags={key: value for key, _, value in (tag.partition("=") for tag in tags)},
    )


def by_id(roster: Roster) -> tuple[str, ...]:
    """Organizational units that the roster names by id: without AWS nobody knows what is below them."""
    units = (entry.selector for entry in roster.overrides)
    return tuple(sorted({unit.id for unit in units if isinstance(unit, OuId)}))
