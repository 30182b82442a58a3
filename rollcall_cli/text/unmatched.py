"""Entries of the roster that are for nothing in the organization now: mostly a typing error."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from rollcall.model.roster import AccountIds, OuId, OuPath, read_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall_cli.aws.directory import Directory
    from rollcall_config.document import ConfigWarning, Document, Route


def unmatched(document: Document, directory: Directory) -> list[ConfigWarning]:
    """One warning for each OU, tag and account that the roster names and the organization has not.

    `document` is the roster's file, which was found good.
    """
    overrides = enumerate(document.data.get("overrides") or [])
    exempt = enumerate(document.data.get("exempt") or [])
    return [
        *(fault for index, entry in overrides for fault in _entry(document, index, entry, directory)),
        *(
            fault
            for index, entry in exempt
            for fault in _strangers(document, ("exempt", index, "accounts"), entry["accounts"], directory)
        ),
    ]


def _entry(
    document: Document, index: int, entry: dict[str, Any], directory: Directory
) -> Iterator[ConfigWarning]:
    selector = read_selector(entry)
    route = ("overrides", index)
    match selector:
        case AccountIds():
            yield from _strangers(document, (*route, "accounts"), entry["accounts"], directory)
        case OuPath(names=names):
            if names not in directory.units.values():
                path = "/".join(names)
                known = ["/".join(unit) for unit in directory.units.values()]
                yield document.make_warning(
                    (*route, "ou"), f"there is no OU {path!r} now{_near(path, known)}"
                )
        case OuId(id=unit):
            if unit not in directory.units:
                near = _near(unit, list(directory.units))
                yield document.make_warning((*route, "ou"), f"there is no OU {unit!r} now{near}")
        case _:
            if not any(selector.match_rank(account) for account in directory.accounts):
                yield document.make_warning((*route, "tag"), f"no account carries the {selector} now")


def _strangers(
    document: Document, route: Route, ids: list[str], directory: Directory
) -> Iterator[ConfigWarning]:
    known = {account.id for account in directory.accounts}
    for index, account in enumerate(ids):
        if account not in known:
            near = _near(account, sorted(known))
            yield document.make_warning((*route, index), f"{account} is not in the organization now{near}")


def _near(meant: str, known: list[str]) -> str:
    near = difflib.get_close_matches(meant, known, n=1, cutoff=0.8)
    return f" (did you mean {near[0]!r}?)" if near else ""
