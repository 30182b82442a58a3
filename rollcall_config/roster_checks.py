"""Problems of a roster that no single value shows. Only what has the right shape is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.model.contact import COUNTRIES_WITH_STATES
from rollcall_config.contact_values import KEPT
from rollcall_config.document import list_known
from rollcall_config.organization_values import PARTITIONS
from rollcall_config.roster_model import ALTERNATE, KINDS, PRIMARY, SELECTORS, find_keys
from rollcall_config.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rollcall_config.document import ConfigProblem, Document, Route

_SETTINGS: Final = (*KINDS, "mode")
_PRIMARY: Final = "primary"
_PRIMARY_KEYS: Final = "FullName, AddressLine1 and the rest of an address"
#: https://docs.amazonaws.cn/en_us/aws/latest/userguide/account-management.html
_FIXED_IN_CHINA: Final = ("CompanyName", "CountryCode")


def find_contradictions(document: Document) -> list[ConfigProblem]:
    """Return unknown contacts, repetitions, and overrides that select or change nothing or disagree."""
    changers = list_texts(("authorised_changers",), document.data.get("authorised_changers"))
    within = [
        problem
        for route, entry in list_entries(document, "overrides")
        for problem in _check_repetitions(
            document, list_texts((*route, "accounts"), entry.get("accounts")), "is given"
        )
    ]
    return [
        *_check_contacts(document),
        *_check_repetitions(document, list_accounts(document, "exempt"), "is exempt"),
        *_check_repetitions(document, changers, "is given"),
        *_check_drill(document),
        *within,
        *_check_selectors(document),
        *_check_effects(document),
        *_check_agreement(document),
    ]


def list_entries(document: Document, key: str) -> list[tuple[Route, dict[str, Any]]]:
    """Return the mappings of a list at the top of the file, each with its route."""
    items = document.data.get(key)
    found = enumerate(items) if isinstance(items, list) else ()
    return [((key, index), item) for index, item in found if isinstance(item, dict)]


def _list_scopes(document: Document) -> list[tuple[Route, Any]]:
    """Everything that names contacts by kind, each with its route."""
    return [(("defaults",), document.data.get("defaults")), *list_entries(document, "overrides")]


def list_texts(route: Route, items: Any) -> list[tuple[Route, str]]:
    """The texts of a list, each with where it stands."""
    found = enumerate(items) if isinstance(items, list) else ()
    return [((*route, index), item) for index, item in found if isinstance(item, str)]


def list_named(entry: Any, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return those of the keys that hold text."""
    return [(key, entry[key]) for key in keys if isinstance(entry, dict) and isinstance(entry.get(key), str)]


def list_choices(entry: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the kinds whose contact a tag chooses, with the key and the default as they are given."""
    return [
        (key, entry[key]) for key in KINDS if isinstance(entry, dict) and isinstance(entry.get(key), dict)
    ]


def list_accounts(document: Document, key: str) -> list[tuple[Route, str]]:
    """All account ids that the entries of a list name, each with where it stands."""
    return [
        found
        for route, entry in list_entries(document, key)
        for found in list_texts((*route, "accounts"), entry.get("accounts"))
    ]


def _check_contacts(document: Document) -> Iterator[ConfigProblem]:
    contacts = document.data.get("contacts")
    if not isinstance(contacts, dict):
        return
    for name, contact in contacts.items():
        yield from _check_form(document, name, contact)
    for route, entry in _list_scopes(document):
        for kind, name in list_named(entry, KINDS):
            if problem := _find_misuse(kind, name, contacts):
                yield document.make_problem((*route, kind), problem)
        for kind, choice in list_choices(entry):
            name = choice.get("default")
            if name == ABSENT:
                problem = "would delete the contact of every account that loses its tag: name a contact"
            else:
                problem = _find_misuse(kind, name, contacts, absent=False) if isinstance(name, str) else None
            if problem:
                yield document.make_problem((*route, kind, "default"), problem)


def _check_form(document: Document, name: str, contact: Any) -> Iterator[ConfigProblem]:
    """Yield what neither form of a contact has, and what only all parts of a primary contact show."""
    route = ("contacts", name)
    ours, primary = find_keys(contact, ALTERNATE), find_keys(contact, PRIMARY)
    if ours and primary:
        odd, rest = sorted((ours, primary), key=len)
        form, other = ("a primary", "an alternate") if odd is primary else ("an alternate", "a primary")
        yield document.make_problem(
            (*route, odd[0]),
            f"is a key of {form} contact, and {rest[0]} one of {other} contact: use the keys of one form",
        )
    elif primary:
        country = contact.get("CountryCode")
        asked = isinstance(country, str) and country.upper() in COUNTRIES_WITH_STATES
        if asked and contact.get("StateOrRegion", ABSENT) == ABSENT:
            text = f"is not given, and AWS asks for it in {country.upper()}: give it, or write {KEPT}"
            yield document.make_problem((*route, "StateOrRegion"), text)


def _find_misuse(kind: str, name: str, contacts: dict[str, Any], *, absent: bool = True) -> str | None:
    """Return why this kind cannot have the contact of this name."""
    if name == ABSENT:
        fix = f"leave primary out, or name a contact whose required values are {KEPT}"
        return f"AWS cannot delete a primary contact: {fix}" if kind == _PRIMARY else None
    form, other = (PRIMARY, ALTERNATE) if kind == _PRIMARY else (ALTERNATE, PRIMARY)
    fitting = [
        one for one, contact in contacts.items() if find_keys(contact, form) or not find_keys(contact, other)
    ]
    if name in fitting:
        return None
    known = list_known("primary contacts" if kind == _PRIMARY else "contacts", fitting, meant=name)
    if name not in contacts:
        either = f"neither a contact nor {ABSENT!r}" if absent else "no contact"
        return f"{name!r} is {'no primary contact' if kind == _PRIMARY else either}; {known}"
    if kind == _PRIMARY:
        return f"{name!r} is an alternate contact: primary needs one with {_PRIMARY_KEYS}; {known}"
    return f"{name!r} is a primary contact, which only primary takes; {known}"


def find_impossible_primary(document: Document, region: str) -> Iterator[ConfigProblem]:
    """Yield what the partition of this Region does not let anyone manage."""
    if PARTITIONS[region] == "aws-us-gov":
        for route, entry in _list_scopes(document):
            if _PRIMARY in entry:
                # https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/getting-started-standard-account-linking.html
                yield document.make_problem(
                    (*route, _PRIMARY),
                    f"is not known to be offered in {region}: AWS publishes no endpoint of the Account"
                    " API there, and bills and supports these accounts as their standard ones: leave it out",
                )
    if PARTITIONS[region] != "aws-cn":
        return
    for name, contact in document.data["contacts"].items():
        for key in _FIXED_IN_CHINA:
            if contact.get(key, KEPT) != KEPT:
                yield document.make_problem(
                    ("contacts", name, key),
                    f"cannot be changed in {region}, except by Customer Support: write {KEPT}",
                )


def find_impossible_drill(document: Document, management: str) -> Iterator[ConfigProblem]:
    """Yield where a drill names the management account: its contacts are of too much use to an attacker."""
    for route, account in _list_drill(document):
        if account == management:
            yield document.make_problem(route, f"{account} is the management account: name a test account")


def _check_drill(document: Document) -> Iterator[ConfigProblem]:
    exempt = {account: route for route, account in list_accounts(document, "exempt")}
    found = _list_drill(document)
    yield from _check_repetitions(document, found, "is given")
    for route, account in found:
        if account in exempt:
            line = document.get_line(exempt[account])
            yield document.make_problem(route, f"{account} is exempt on line {line}: keep one")


def _list_drill(document: Document) -> list[tuple[Route, str]]:
    drill = document.data.get("drill")
    return list_texts(("drill", "accounts"), drill.get("accounts") if isinstance(drill, dict) else None)


def _check_repetitions(
    document: Document, found: list[tuple[Route, str]], what: str
) -> Iterator[ConfigProblem]:
    first: dict[str, Route] = {}
    for route, value in found:
        if first.setdefault(value, route) != route:
            line = document.get_line(first[value])
            yield document.make_problem(route, f"{value} {what} already on line {line}: keep one")


def _check_selectors(document: Document) -> Iterator[ConfigProblem]:
    for route, entry in list_entries(document, "overrides"):
        given = [key for key in SELECTORS if key in entry]
        if not given:
            yield document.make_problem(route, "selects no accounts; give it accounts, tag or ou")
        elif len(given) > 1:
            yield document.make_problem(route, f"has {' and '.join(given)}: make an override of each")


def _check_effects(document: Document) -> Iterator[ConfigProblem]:
    for route, entry in list_entries(document, "overrides"):
        if not any(key in entry for key in _SETTINGS):
            yield document.make_problem(
                route, f"changes nothing; give it {', '.join(_SETTINGS[:-1])} or {_SETTINGS[-1]}"
            )


def _check_agreement(document: Document) -> Iterator[ConfigProblem]:
    seen: list[tuple[Route, dict[str, Any]]] = []
    for route, entry in list_entries(document, "overrides"):
        for key, value in [*list_named(entry, _SETTINGS), *list_choices(entry)]:
            for where, other in seen:
                said = other.get(key)
                differs = isinstance(said, (str, dict)) and said != value
                common = _find_common(entry, other) if differs else None
                if common:
                    line = document.get_line((*where, key))
                    one, two = _describe_setting(value), _describe_setting(said)
                    problem = f"{one} disagrees with {two} on line {line} for {common}: keep one"
                    yield document.make_problem((*route, key), problem)
                    break
        seen.append((route, entry))


def _describe_setting(said: Any) -> str:
    if isinstance(said, str):
        return repr(said)
    default = f" (default {said['default']!r})" if "default" in said else ""
    return f"the choice by tag {said.get('tag')!r}{default}"


def _find_common(entry: dict[str, Any], other: dict[str, Any]) -> str | None:
    """Return the accounts for which both are equally specific, as far as the file says; None for none."""
    if _have_both(entry, other, "ou", str) and entry["ou"] == other["ou"]:
        return f"the same OU {entry['ou']!r}"
    if _have_both(entry, other, "accounts", list):
        ids = {one for one in entry["accounts"] if isinstance(one, str)}
        common = sorted(ids.intersection(one for one in other["accounts"] if isinstance(one, str)))
        return f"account {', '.join(common)}" if common else None
    if _have_both(entry, other, "tag", dict):
        one, two = _get_tags(entry["tag"]), _get_tags(other["tag"])
        # An account with all tags of the longer list has those of the shorter one, and no tag beats another.
        if one <= two or two <= one:
            return f"accounts with the tag {', '.join(f'{key}={value}' for key, value in sorted(one | two))}"
    return None


def _have_both(entry: dict[str, Any], other: dict[str, Any], key: str, type_: type) -> bool:
    return isinstance(entry.get(key), type_) and isinstance(other.get(key), type_)


def _get_tags(tag: dict[str, Any]) -> set[tuple[str, str]]:
    return {(key, value) for key, value in tag.items() if isinstance(value, str)}
