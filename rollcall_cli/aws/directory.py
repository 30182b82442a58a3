"""The organization as AWS lists it now, and roster entries that match nothing in it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.model.account import Account, AccountState
from rollcall.model.roster import AccountIds, OuId, OuPath, Tagged, read_selector
from rollcall_cli.aws.patient import list_all
from rollcall_config.roster_model import Override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

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


def find_unmatched(document: Document, directory: Directory) -> list[ConfigWarning]:
    """Return a warning for each OU, tag and account that the roster names and the organization lacks.

    `document` is the valid file of the roster.
    """
    overrides = enumerate(document.data.get("overrides") or [])
    exempt = enumerate(document.data.get("exempt") or [])
    return [
        *(
            warning
            for index, entry in overrides
            for warning in _check_entry(document, index, entry, directory)
        ),
        *(
            warning
            for index, entry in exempt
            for warning in _find_strangers(
                document, ("exempt", index, "accounts"), entry["accounts"], directory
            )
        ),
    ]


def _check_entry(
    document: Document, index: int, entry: dict[str, Any], directory: Directory
) -> Iterator[ConfigWarning]:
    selector = read_selector(entry)
    route = ("overrides", index)
    match selector:
        case AccountIds():
            yield from _find_strangers(document, (*route, "accounts"), entry["accounts"], directory)
        case OuPath(names=names):
            if names not in directory.units.values():
                path = "/".join(names)
                hint = suggest_ou(path, directory.units)
                yield document.make_warning((*route, "ou"), f"there is no OU {path!r} now{hint}")
        case OuId(id=unit):
            if unit not in directory.units:
                near = _suggest(unit, list(directory.units))
                yield document.make_warning((*route, "ou"), f"there is no OU {unit!r} now{near}")
        case Tagged(tags=tags):
            if not any(selector.match_rank(account) for account in directory.accounts):
                hint = _suggest_tags(tags, directory.accounts)
                yield document.make_warning((*route, "tag"), f"no account carries the {selector} now{hint}")


def _find_strangers(
    document: Document, route: Route, ids: list[str], directory: Directory
) -> Iterator[ConfigWarning]:
    known = {account.id for account in directory.accounts}
    for index, account in enumerate(ids):
        if account not in known:
            near = _suggest(account, sorted(known))
            yield document.make_warning((*route, index), f"{account} is not in the organization now{near}")


def name_ou(unit: str, names: tuple[str, ...]) -> str:
    """Return the path of the OU, or its ID if a roster cannot name it by its path."""
    path = "/".join(names)
    try:
        Override(ou=path, mode="audit")
    except ValueError:
        return unit
    # A name can contain a slash, or look like an ID.
    return path if read_selector({"ou": path}) == OuPath(names=names) else unit


def suggest_ou(meant: str, units: Mapping[str, tuple[str, ...]]) -> str:
    """Return ` (did you mean ...?)` with the nearest OU as a roster can name it; empty if none is near.

    `units` are paths of names by ID, without the root.
    """
    paths = {"/".join(names): name_ou(unit, names) for unit, names in units.items() if names}
    if meant in paths:  # only an ID names it
        return f" (the name of this OU has a slash: give its ID, {paths[meant]!r})"
    without_root = re.sub(r"(?i)^root/", "", meant)
    alike = [path for path in paths if path.casefold() in (meant.casefold(), without_root.casefold())]
    below = [path for path in paths if path.casefold().endswith(f"/{without_root.casefold()}")]
    near = alike or (below if len(below) == 1 else difflib.get_close_matches(meant, paths, n=1, cutoff=0.8))
    return f" (did you mean {paths[near[0]]!r}?)" if near else ""


def _suggest_tags(wanted: Sequence[tuple[str, str]], accounts: Sequence[Account]) -> str:
    """Return the tags with those that accounts carry in place of those that none does."""
    carried = sorted({tag for account in accounts for tag in account.tags.items()})
    texts = {f"{key}={value}": (key, value) for key, value in carried}
    meant = []
    for tag in wanted:
        text = "=".join(tag)
        alike = [other for other in texts if other.casefold() == text.casefold()]
        near = [text] if text in texts else alike or difflib.get_close_matches(text, texts, n=1, cutoff=0.8)
        meant += near[:1]
    if len(meant) < len(wanted):
        return ""
    tags = {texts[text] for text in meant}
    if not any(tags <= set(account.tags.items()) for account in accounts):
        return ""
    return f" (did you mean {', '.join(meant)}?)"


def _suggest(meant: str, known: list[str]) -> str:
    near = difflib.get_close_matches(meant, known, n=1, cutoff=0.8)
    return f" (did you mean {near[0]!r}?)" if near else ""
