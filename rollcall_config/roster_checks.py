"""Problems and warnings of a roster that no single value shows.

The roster may still be wrong: only what has the right shape is checked.
"""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.edit_limits import BulkLimits
from rollcall_config.document import list_known
from rollcall_config.roster_model import KINDS, SELECTORS
from rollcall_config.samples import is_sample_address, is_sample_phone
from rollcall_config.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_config.document import ConfigProblem, ConfigWarning, Document, Route

_SETTINGS: Final = (*KINDS, "mode")
#: AWS's own form of a tag, in the CLI and in CloudFormation.
_AWS_TAG: Final = ["key", "value"]
#: Text that YAML reads as text without quotes.
_PLAIN: Final = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null)$)[A-Za-z][\w.-]*", re.ASCII)


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
        *within,
        *_check_selectors(document),
        *_check_effects(document),
        *_check_agreement(document),
        *_check_bulk_edits(document),
    ]


def find_warnings(document: Document, *, today: date, management: str) -> list[ConfigWarning]:
    """Return the warnings about a roster without problems, in the order of its lines."""
    found = [
        *_warn_of_reviews(document, today),
        *_warn_of_ended(document, today),
        *_warn_of_unused(document),
        *_warn_of_phones(document),
        *_warn_of_samples(document),
        *_warn_of_root(document),
        *_warn_of_shared(document),
        *_warn_of_exempt_overrides(document),
        *_warn_of_management(document, management),
    ]
    return sorted(found, key=lambda warning: (warning.line, warning.field))


def list_entries(document: Document, key: str) -> list[tuple[Route, dict[str, Any]]]:
    """Return the mappings of a list at the top of the file, each with its route."""
    items = document.data.get(key)
    found = enumerate(items) if isinstance(items, list) else ()
    return [((key, index), item) for index, item in found if isinstance(item, dict)]


def list_texts(route: Route, items: Any) -> list[tuple[Route, str]]:
    """The list_texts of a list, each with where it stands."""
    found = enumerate(items) if isinstance(items, list) else ()
    return [((*route, index), item) for index, item in found if isinstance(item, str)]


def list_named(entry: Any, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return those of the keys that hold text."""
    return [(key, entry[key]) for key in keys if isinstance(entry, dict) and isinstance(entry.get(key), str)]


def list_accounts(document: Document, key: str) -> list[tuple[Route, str]]:
    """All account ids that the list_entries of a list name, each with where it stands."""
    return [
        found
        for route, entry in list_entries(document, key)
        for found in list_texts((*route, "accounts"), entry.get("accounts"))
    ]


def _check_contacts(document: Document) -> Iterator[ConfigProblem]:
    contacts = document.data.get("contacts")
    if not isinstance(contacts, dict):
        return
    for route, entry in [
        (("defaults",), document.data.get("defaults")),
        *list_entries(document, "overrides"),
    ]:
        for kind, name in list_named(entry, KINDS):
            if name not in contacts and name != ABSENT:
                known = list_known("contacts", contacts, meant=name)
                problem = f"{name!r} is neither a contact nor {ABSENT!r}; {known}"
                yield document.make_problem((*route, kind), problem)


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
        tag = entry.get("tag")
        if isinstance(tag, dict) and sorted(map(str.casefold, tag)) == _AWS_TAG:
            named = {name.casefold(): text for name, text in tag.items()}
            if isinstance(named["key"], str) and isinstance(named["value"], str):
                written = f"{{{_quote(named['key'])}: {_quote(named['value'])}}}"
                yield document.make_problem((*route, "tag"), f"is AWS's form of a tag: write {written}")


def _check_effects(document: Document) -> Iterator[ConfigProblem]:
    for route, entry in list_entries(document, "overrides"):
        if not any(key in entry for key in _SETTINGS):
            yield document.make_problem(
                route, f"changes nothing; give it {', '.join(_SETTINGS[:-1])} or {_SETTINGS[-1]}"
            )


def _check_agreement(document: Document) -> Iterator[ConfigProblem]:
    seen: list[tuple[Route, dict[str, Any]]] = []
    for route, entry in list_entries(document, "overrides"):
        for key, value in list_named(entry, _SETTINGS):
            for where, other in seen:
                said = other.get(key)
                common = _find_common(entry, other) if isinstance(said, str) and said != value else None
                if common:
                    line = document.get_line((*where, key))
                    problem = f"{value!r} disagrees with {said!r} on line {line} for {common}: keep one"
                    yield document.make_problem((*route, key), problem)
                    break
        seen.append((route, entry))


def _find_common(entry: dict[str, Any], other: dict[str, Any]) -> str | None:
    """Return the accounts for which both are equally specific, as far as the file tells; None for none."""
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


def _check_bulk_edits(document: Document) -> Iterator[ConfigProblem]:
    given = document.data.get("bulk_edits")
    if not isinstance(given, dict):
        return
    default = BulkLimits()
    accounts = given.get("accounts", default.accounts)
    everywhere = given.get("organization_accounts", default.organization_accounts)
    if isinstance(accounts, int) and isinstance(everywhere, int) and everywhere <= accounts:
        key = "organization_accounts" if "organization_accounts" in given else "accounts"
        problem = f"organization_accounts ({everywhere}) is not more than accounts ({accounts})"
        yield document.make_problem(
            ("bulk_edits", key),
            f"{problem}: edits by anyone would be a bulk edit before those of one principal are",
        )


def _have_both(entry: dict[str, Any], other: dict[str, Any], key: str, type_: type) -> bool:
    return isinstance(entry.get(key), type_) and isinstance(other.get(key), type_)


def _get_tags(tag: dict[str, Any]) -> set[tuple[str, str]]:
    return {(key, value) for key, value in tag.items() if isinstance(value, str)}


def _warn_of_reviews(document: Document, today: date) -> Iterator[ConfigWarning]:
    for name, contact in document.data["contacts"].items():
        if "review_by" in contact and (day := _get_day(contact["review_by"])) < today:
            yield document.make_warning(
                ("contacts", name, "review_by"),
                f"was due for review on {day}: ask whether it still reaches the right people,"
                " then set a later day",
            )


def _warn_of_ended(document: Document, today: date) -> Iterator[ConfigWarning]:
    for route, entry in list_entries(document, "exempt"):
        if "until" in entry and (day := _get_day(entry["until"])) < today:
            yield document.make_warning(
                (*route, "until"),
                f"ended on {day}: these accounts are not exempt any more; remove the entry,"
                " or set a later day",
            )


def _warn_of_unused(document: Document) -> Iterator[ConfigWarning]:
    scopes = [document.data["defaults"], *(entry for _, entry in list_entries(document, "overrides"))]
    used = {name for scope in scopes for _, name in list_named(scope, KINDS)}
    for name in document.data["contacts"]:
        if name not in used:
            yield document.make_warning(("contacts", name), "is used by no default and no override")


def _warn_of_phones(document: Document) -> Iterator[ConfigWarning]:
    for name, contact in document.data["contacts"].items():
        if is_sample_phone(contact["phone"]):
            text = "looks like a placeholder, not like a phone number"
            yield document.make_warning(("contacts", name, "phone"), text)


def _warn_of_samples(document: Document) -> Iterator[ConfigWarning]:
    routes: list[Route] = [
        ("contacts", name, "email")
        for name, contact in document.data["contacts"].items()
        if is_sample_address(contact["email"])
    ]
    if routes:
        text = "at a sample domain: no mail arrives there; write your own address"
        yield document.make_joint_warning(routes, text)


def _warn_of_root(document: Document) -> Iterator[ConfigWarning]:
    for route, entry in list_entries(document, "overrides"):
        first, _, rest = entry.get("ou", "").partition("/")
        if first.casefold() == "root":
            meant = f"write {rest}" if rest else "give the ID of the root (aws organizations list-roots)"
            text = (
                f"begins with {first!r}, but paths begin below the root: {meant}, unless an OU has this name"
            )
            yield document.make_warning((*route, "ou"), text)


def _warn_of_shared(document: Document) -> Iterator[ConfigWarning]:
    defaults, contacts = document.data["defaults"], document.data["contacts"]
    for route, entry in [(("defaults",), defaults), *list_entries(document, "overrides")]:
        kinds = dict(list_named(defaults, KINDS)) | dict(list_named(entry, KINDS))
        for one, two in combinations([kind for kind in KINDS if kinds.get(kind, ABSENT) != ABSENT], 2):
            here = two if two in entry else one
            same = _find_same(contacts[kinds[one]], contacts[kinds[two]])
            # A pair that the override does not change has its warning at the defaults.
            if same and here in entry:
                other = one if here == two else two
                text = (
                    f"has the same {same} as {other}: Prowler fails accounts whose contacts are not different"
                )
                yield document.make_warning((*route, here), text)


def _find_same(one: Mapping[str, str], two: Mapping[str, str]) -> str:
    same = {
        "name": one["name"].casefold() == two["name"].casefold(),
        "mailbox": one["email"].casefold() == two["email"].casefold(),
        "phone": (_keep_digits(one["phone"]) or one["phone"]) == (_keep_digits(two["phone"]) or two["phone"]),
    }
    *others, last = [part for part, equal in same.items() if equal] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _quote(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _warn_of_exempt_overrides(document: Document) -> Iterator[ConfigWarning]:
    exempt = {account: route for route, account in reversed(list_accounts(document, "exempt"))}
    for route, account in list_accounts(document, "overrides"):
        if account in exempt:
            line = document.get_line(exempt[account])
            yield document.make_warning(
                route, f"{account} is exempt on line {line}: until the exemption ends, this has no effect"
            )


def _warn_of_management(document: Document, management: str) -> Iterator[ConfigWarning]:
    for route, account in [*list_accounts(document, "overrides"), *list_accounts(document, "exempt")]:
        if account == management:
            text = "is the management account, whose contacts only the role of RollcallManagement can change"
            yield document.make_warning(route, f"{account} {text}")


def _get_day(value: Any) -> date:
    # Quoted it is text; otherwise YAML read it as a date, which remembers its text.
    return date.fromisoformat(value if isinstance(value, str) else value.raw)


def _keep_digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
