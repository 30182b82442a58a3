"""The organization as AWS lists it now, and roster entries that match nothing in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.decide import roster_entries
from rollcall.decide.roster_entries import OrganizationNames, find_alike
from rollcall.model.account import Account, AccountState
from rollcall.model.roster import AccountIds, Tagged, read_selector
from rollcall_cli.aws.patient import list_all
from rollcall_config.roster_checks import list_choices, list_entries
from rollcall_config.roster_model import Override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rollcall.model.roster import Selector
    from rollcall_config.document import ConfigWarning, Document, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """OUs and accounts of the organization."""

    #: Path of names below the root, by OU ID. The root's is empty.
    units: Mapping[str, tuple[str, ...]]
    accounts: Sequence[Account]


def read_directory(
    client: Any, *, with_tags: bool, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Directory:
    """List everything; `progress` gets how many accounts are done, of how many.

    Takes one call for every 20 accounts, one for each OU and, with tags, one for each account.
    """
    units = dict(_list_units(client))
    accounts = [_parse_account(found, units) for found in list_all(client, "list_accounts", "Accounts")]
    if with_tags:
        for index, account in enumerate(accounts):
            progress(index, len(accounts))
            tags = list_all(client, "list_tags_for_resource", "Tags", ResourceId=account.id)
            accounts[index] = replace(account, tags={tag["Key"]: tag["Value"] for tag in tags})
    progress(len(accounts), len(accounts))
    return Directory(units=units, accounts=accounts)


def _list_units(client: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    waiting: list[tuple[str, tuple[str, ...]]] = [
        (root["Id"], ()) for root in list_all(client, "list_roots", "Roots")
    ]
    while waiting:
        parent, names = waiting.pop()
        yield parent, names
        below = list_all(
            client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent
        )
        waiting += [(unit["Id"], (*names, unit["Name"])) for unit in below]


def _parse_account(found: Mapping[str, Any], units: Mapping[str, tuple[str, ...]]) -> Account:
    paths = found.get("Paths") or [""]
    parents = tuple(part for part in paths[0].split("/") if part.startswith(("r-", "ou-")))
    return Account(
        id=found["Id"],
        name=found.get("Name", ""),
        state=AccountState(found.get("State") or found["Status"]),
        ou_path=units.get(parents[-1], ()) if parents else (),
        parent_ids=parents,
    )


def _list_names(directory: Directory) -> OrganizationNames:
    """Return the names that exist, also of OUs without an account."""
    names = OrganizationNames()
    for account in directory.accounts:
        names.add(account)
    names.units.update(directory.units)
    return names


def find_unmatched(document: Document, directory: Directory) -> list[ConfigWarning]:
    """Return a warning for each OU, tag and account that the roster names and the organization lacks.

    `document` is the valid file of the roster.
    """
    names = _list_names(directory)
    overrides = list_entries(document, "overrides")
    entries = [*overrides, *list_entries(document, "exempt")]
    return [
        warning
        for route, entry in [(("defaults",), document.data["defaults"]), *overrides]
        for warning in _check_choices(document, route, entry, names)
    ] + [warning for route, entry in entries for warning in _check_entry(document, route, entry, names)]


def _check_choices(
    document: Document, route: Route, entry: dict[str, Any], names: OrganizationNames
) -> Iterator[ConfigWarning]:
    keys = {key for tags in names.tags for key, _ in tags}
    for kind, choice in list_choices(entry):
        if choice["tag"] not in keys:
            near = find_alike(choice["tag"], keys)
            meant = f" (did you mean {near!r}?)" if near else ""
            problem = f"no account carries the tag {choice['tag']} now{meant}"
            yield document.make_warning((*route, kind, "tag"), problem)


def _check_entry(
    document: Document, route: Route, entry: dict[str, Any], names: OrganizationNames
) -> Iterator[ConfigWarning]:
    if "accounts" not in entry:
        selector = read_selector(entry)
        if not names.has(selector):
            key, missing = "tag", f"no account carries the {selector}"
            if "ou" in entry:
                key, missing = "ou", f"there is no OU {entry['ou']!r}"
            yield document.make_warning((*route, key), f"{missing} now{suggest(selector, names)}")
        return
    for index, account in enumerate(entry["accounts"]):
        selector = AccountIds(ids=frozenset({account}))
        if not names.has(selector):
            problem = f"{account} is not in the organization now{suggest(selector, names)}"
            yield document.make_warning((*route, "accounts", index), problem)


def suggest(selector: Selector, names: OrganizationNames) -> str:
    """Return ` (did you mean ...?)` with the nearest name that exists; empty if none is near."""
    near = names.find_near(selector)
    if near is None:
        return ""
    if isinstance(selector, Tagged):
        return f" (did you mean {near}?)"
    path = "/".join(names.units.get(near, ()))
    return f" (did you mean {near!r}, the OU {path}?)" if path else f" (did you mean {near!r}?)"


def name_ou(unit: str, names: tuple[str, ...]) -> str:
    """Return the path of the OU, or its ID if a roster cannot name it by its path."""
    try:
        Override(ou="/".join(names), mode="audit")
    except ValueError:
        return unit
    return roster_entries.name_ou(unit, names)
