"""Values of a roster without problems that are probably not meant."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.contact import COUNTRIES_WITH_STATES
from rollcall_config.contact_values import KEPT
from rollcall_config.roster_checks import list_accounts, list_choices, list_entries, list_named
from rollcall_config.roster_model import KINDS, PRIMARY, find_keys
from rollcall_config.samples import is_sample_address, is_sample_phone, is_sample_place
from rollcall_config.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rollcall_config.document import ConfigWarning, Document, Route

#: What an account may have of another address.
_BELOW_THE_STREET: Final = ("AddressLine2", "AddressLine3")


def find_warnings(document: Document, *, today: date, management: str) -> list[ConfigWarning]:
    """Return the warnings about a roster without problems, in the order of its lines."""
    found = [
        *_warn_of_reviews(document, today),
        *_warn_of_ended(document, today),
        *_warn_of_unused(document),
        *_warn_of_phones(document),
        *_warn_of_samples(document),
        *_warn_of_addresses(document),
        *_warn_of_root(document),
        *_warn_of_selectors(document),
        *_warn_of_nothing(document),
        *_warn_of_shared(document),
        *_warn_of_exempt_overrides(document),
        *_warn_of_management(document, management),
    ]
    return sorted(found, key=lambda warning: (warning.line, warning.field))


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
    # A tag may choose any contact of the form of its kind.
    chosen = {kind == "primary" for scope in scopes for kind, _ in list_choices(scope)}
    for name, contact in document.data["contacts"].items():
        if name not in used and bool(find_keys(contact, PRIMARY)) not in chosen:
            yield document.make_warning(("contacts", name), "is used by no default and no override")


def _warn_of_phones(document: Document) -> Iterator[ConfigWarning]:
    for name, contact in document.data["contacts"].items():
        key = "phone" if "phone" in contact else "PhoneNumber"
        phone = contact[key]
        if phone != KEPT and is_sample_phone(phone):
            text = "looks like a placeholder, not like a phone number"
            yield document.make_warning(("contacts", name, key), text)
        elif key == "PhoneNumber" and (phone.startswith("+0") or "(0" in phone):
            text = "has a leading zero, which AWS asks not to give after + and the country code"
            yield document.make_warning(("contacts", name, key), text)


def _warn_of_samples(document: Document) -> Iterator[ConfigWarning]:
    contacts = document.data["contacts"].items()
    mail: list[Route] = [
        ("contacts", name, "email")
        for name, contact in contacts
        if is_sample_address(contact.get("email", ""))
    ]
    if mail:
        text = "at a sample domain: no mail arrives there; write your own address"
        yield document.make_joint_warning(mail, text)
    streets: list[Route] = [
        ("contacts", name, key)
        for name, contact in contacts
        for key in ("AddressLine1", "City")
        if is_sample_place(contact.get(key, ""))
    ]
    if streets:
        text = "an address of AWS's documentation: no letter arrives there; write your own address"
        yield document.make_joint_warning(streets, text)


def _warn_of_addresses(document: Document) -> Iterator[ConfigWarning]:
    for name, contact in document.data["contacts"].items():
        unnamed = [key for key in _BELOW_THE_STREET if key not in contact]
        if unnamed and contact.get("AddressLine1", KEPT) != KEPT:
            text = (
                f"is given without {' and '.join(unnamed)}, which each account keeps from its old address:"
                f" write {ABSENT} to remove them, or {KEPT} if that is meant"
            )
            yield document.make_warning(("contacts", name, "AddressLine1"), text)
        country = contact.get("CountryCode", KEPT).upper()
        if country in COUNTRIES_WITH_STATES and contact.get("StateOrRegion") == KEPT:
            text = (
                f"is {KEPT}, but AWS asks for one in {country}: an account that has none, or whose user"
                f" removes it, cannot be set; give it, or write {KEPT} for CountryCode"
            )
            yield document.make_warning(("contacts", name, "StateOrRegion"), text)


def _warn_of_root(document: Document) -> Iterator[ConfigWarning]:
    for route, entry in list_entries(document, "overrides"):
        first, _, rest = entry.get("ou", "").partition("/")
        if first.casefold() == "root":
            meant = f"write {rest}" if rest else "give the ID of the root (aws organizations list-roots)"
            text = (
                f"begins with {first!r}, but paths begin below the root: {meant}, unless an OU has this name"
            )
            yield document.make_warning((*route, "ou"), text)


def _warn_of_selectors(document: Document) -> Iterator[ConfigWarning]:
    """Yield selectors that AWS lets no account match, or that their author wrote as a pattern."""
    for route, entry in list_entries(document, "overrides"):
        if "*" in entry.get("ou", ""):
            text = "has a *, which stands for nothing else: an OU has all OUs below it, so name it alone"
            yield document.make_warning((*route, "ou"), text)
        for key, value in entry.get("tag", {}).items():
            refused = sorted({one for one in key + value if not _is_of_tag(one)})
            if refused:
                shown = " ".join(repr(one) if one.isprintable() else f"U+{ord(one):04X}" for one in refused)
                text = f"has {shown}, which AWS allows in no tag: no account can match"
                yield document.make_warning((*route, "tag", key), text)
            elif value != value.strip() or key != key.strip():
                text = "has space around it: only accounts whose tag has the same space match"
                yield document.make_warning((*route, "tag", key), text)


def _is_of_tag(character: str) -> bool:
    # https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html
    return character in "_.:/=+-@" or unicodedata.category(character)[0] in "LNZM"


def _warn_of_nothing(document: Document) -> Iterator[ConfigWarning]:
    scopes = [document.data["defaults"], *(entry for _, entry in list_entries(document, "overrides"))]
    if not any(key in scope for scope in scopes for key in KINDS):
        text = "names no contact, nor does an override: Rollcall manages nothing; give it security: NAME"
        yield document.make_warning(("defaults",), text)


def _warn_of_shared(document: Document) -> Iterator[ConfigWarning]:
    defaults, contacts = document.data["defaults"], document.data["contacts"]
    for route, entry in [(("defaults",), defaults), *list_entries(document, "overrides")]:
        kinds = _list_usual(defaults) | _list_usual(entry)
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


def _list_usual(entry: Any) -> dict[str, str]:
    """Return the contact of each kind; where a tag chooses it, that of accounts without the tag."""
    chosen = {kind: choice.get("default", ABSENT) for kind, choice in list_choices(entry)}
    return dict(list_named(entry, KINDS)) | chosen


def _find_same(one: Mapping[str, str], two: Mapping[str, str]) -> str:
    same = [
        part
        for part, keys, simplify in _COMPARED
        if (value := _get(one, keys, simplify)) and value == _get(two, keys, simplify)
    ]
    *others, last = same or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _get(contact: Mapping[str, str], keys: Sequence[str], simplify: Callable[[str], str]) -> str | None:
    """The value of the first of the keys, comparable; None for what it does not have or keeps."""
    value = next((contact[key] for key in keys if key in contact), KEPT)
    return None if value == KEPT and keys[0] not in contact else simplify(value)


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
    return re.sub(r"[^0-9]", "", phone) or phone


#: What Prowler compares, each with its keys in both forms of a contact.
_COMPARED: Final = (
    ("name", ("name", "FullName"), str.casefold),
    ("mailbox", ("email",), str.casefold),
    ("phone", ("phone", "PhoneNumber"), _keep_digits),
)
