"""The whole organization as AWS lists it now: organizational units, accounts and, if wanted, their tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.model.account import Account, AccountState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """`units` are the names below the root by the id of each organizational unit; the root's are empty."""

    units: Mapping[str, tuple[str, ...]]
    accounts: Sequence[Account]


def read_directory(
    client: Any, *, with_tags: bool, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Directory:
    """List everything; `progress` is told how many accounts are done, of how many.

    One call for each twenty accounts and for each organizational unit and, with tags, one for each account.
    """
    units = dict(_units(client))
    accounts = [_account(found, units) for found in _all(client, "list_accounts", "Accounts")]
    if with_tags:
        for index, account in enumerate(accounts):
            progress(index, len(accounts))
            tags = _all(client, "list_tags_for_resource", "Tags", ResourceId=account.id)
            accounts[index] = replace(account, tags={tag["Key"]: tag["Value"] for tag in tags})
    progress(len(accounts), len(accounts))
    return Directory(units=units, accounts=accounts)


def _units(client: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    waiting: list[tuple[str, tuple[str, ...]]] = [
        (root["Id"], ()) for root in _all(client, "list_roots", "Roots")
    ]
    while waiting:
        parent, names = waiting.pop()
        yield parent, names
        below = _all(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)
        waiting += [(unit["Id"], (*names, unit["Name"])) for unit in below]


def _account(found: Mapping[str, Any], units: Mapping[str, tuple[str, ...]]) -> Account:
    paths = found.get("Paths") or [""]
    parents = tuple(part for part in paths[0].split("/") if part.startswith(("r-", "ou-")))
    return Account(
        id=found["Id"],
        name=found.get("Name", ""),
        state=AccountState(found.get("State") or found["Status"]),
        ou_path=units.get(parents[-1], ()) if parents else (),
        parent_ids=parents,
    )


def _all(client: Any, operation: str, key: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[key]
