"""Imaginary new accounts: they show which contacts future accounts would get under a roster."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rollcall.decide.tag_choice import list_selectable
from rollcall.model.account import Account, AccountState
from rollcall.model.display import list_first, spell_value
from rollcall.model.roster import AccountIds, Roster, Selector, TagChoice, Tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rollcall.model.contact import Contact, ContactKind

    _Named = tuple[str, Contact] | None
    #: A contact of the approved roster and the one in its place, each with its name; None for none.
    Replacement = tuple[ContactKind, _Named, _Named]

#: Names of contacts in one text: a tag may choose among hundreds.
_MOST_NAMED: Final = 20
#: A value that selects nothing: synth refuses a contact of this name.
_UNKNOWN = ""


def make_new_accounts(
    rosters: Sequence[Roster], places: Mapping[tuple[str, ...], tuple[str, ...]]
) -> Iterator[tuple[str, Account]]:
    """An account in each place, with the tags of each override, and with each tag that chooses a contact.

    Yields a text for where it is, and the account. `places` are paths of OU names below the root, by the ids
    from the root on.
    """
    ordered = [_make_new(*place) for place in sorted(places.items(), key=lambda item: item[1])]
    for account in ordered:
        yield spell_value(f"OU {'/'.join(account.ou_path)}") if account.ou_path else "", account
    selectors = {override.selector: None for roster in rosters for override in roster.overrides}
    for selector in selectors if ordered else ():
        if isinstance(selector, Tagged):
            yield spell_value(str(selector)), _tag(ordered[0], dict(selector.tags))
    for chosen, key, value in _list_choices(rosters):
        if (matched := _find_match(chosen, ordered)) is not None:
            text = f"tag {key}" if value else f"tag {key} with another value"
            where = f" ({chosen})" if chosen is not None else ""
            yield spell_value(text + where), _tag(matched, {key: value})


def _list_choices(rosters: Sequence[Roster]) -> Sequence[tuple[Selector | None, str, str]]:
    """Override (None: the defaults) and key of each tag that chooses a contact, with each of its values."""
    entries = [
        (selector, kind, said.key)
        for roster in rosters
        for selector, kinds in (
            (None, roster.defaults),
            *((override.selector, override.kinds) for override in roster.overrides),
        )
        for kind, said in kinds.items()
        if isinstance(said, TagChoice)
    ]
    return list(
        {
            (selector, key, value): None
            for selector, kind, key in entries
            for value in (
                *sorted({name for roster in rosters for name in list_selectable(roster, kind)}),
                _UNKNOWN,
            )
        }
    )


def _find_match(selector: Selector | None, accounts: Sequence[Account]) -> Account | None:
    """The first account to which the override applies, given the id or the tags that the override names."""
    for account in accounts:
        if isinstance(selector, AccountIds):
            return replace(account, id=min(selector.ids))
        if isinstance(selector, Tagged):
            return _tag(account, dict(selector.tags))
        if selector is None or selector.match_rank(account) is not None:
            return account
    return None


def _tag(account: Account, tags: Mapping[str, str]) -> Account:
    return replace(account, tags={**account.tags, **tags})


def _make_new(parent_ids: tuple[str, ...], ou_path: tuple[str, ...]) -> Account:
    return Account(id="0" * 12, name="0", state=AccountState.ACTIVE, ou_path=ou_path, parent_ids=parent_ids)


def describe_replaced(
    replaced: Mapping[Replacement, Iterable[str]],
) -> Iterator[tuple[str, Sequence[str]]]:
    """Texts of the contacts that new accounts get in place of others, and where; equal changes are one text.

    `SECURITY contact (soc with another email)`: the values are in the roster.
    """
    groups: dict[tuple[ContactKind, str, tuple[str, ...]], list[Replacement]] = defaultdict(list)
    for one, places in replaced.items():
        kind, before, after = one
        renamed = before is None or after is None or before[0] != after[0]
        groups[kind, _get_name(before) if renamed else "", tuple(places)].append(one)
    for (kind, old, where), found in groups.items():
        names = list_first(sorted(_get_name(after) for _, _, after in found), most=_MOST_NAMED)
        what = f"{old} -> {names}" if old else f"{names} with another {_list_parts(found)}"
        yield f"{kind} contact ({what})", where


def _get_name(named: _Named) -> str:
    return named[0] if named else "none"


def _list_parts(found: Iterable[Replacement]) -> str:
    """The parts in which the contacts differ from those of the same name."""
    documents = [
        (before[1].as_document(), after[1].as_document()) for _, before, after in found if before and after
    ]
    parts = [part for old, new in documents for part in {**old, **new} if old.get(part) != new.get(part)]
    return ", ".join(dict.fromkeys(parts))
