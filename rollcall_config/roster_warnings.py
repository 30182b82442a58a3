"""What in a good roster looks wrong and may be meant. Synth goes on."""

from __future__ import annotations

import re
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from rollcall_config.roster_entries import accounts, entries, named
from rollcall_config.roster_model import KINDS
from rollcall_config.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall_config.document import Document
    from rollcall_config.faults import ConfigWarning

# +1 NXX 555 0100 to 0199 are kept for fiction (ATIS-0300115).
_FICTION: Final = re.compile(r"1?([2-9][0-9]{2})?55501[0-9]{2}")


def roster_warnings(document: Document, *, today: date, management: str) -> list[ConfigWarning]:
    """Warnings about a roster without faults, in the order of its lines."""
    found = [
        *_reviews(document, today),
        *_ended(document, today),
        *_unused(document),
        *_placeholder_phones(document),
        *_shared(document),
        *_exempt_overrides(document),
        *_management(document, management),
    ]
    return sorted(found, key=lambda warning: (warning.line, warning.field))


def _reviews(document: Document, today: date) -> Iterator[ConfigWarning]:
    for name, contact in document.data["contacts"].items():
        if "review_by" in contact and (day := _day(contact["review_by"])) < today:
            yield document.warning(
                ("contacts", name, "review_by"),
                f"was due for review on {day}: ask whether it still reaches the right people,"
                " then set a later day",
            )


def _ended(document: Document, today: date) -> Iterator[ConfigWarning]:
    for route, entry in entries(document, "exempt"):
        if "until" in entry and (day := _day(entry["until"])) < today:
            yield document.warning(
                (*route, "until"),
                f"ended on {day}: these accounts are not exempt any more; remove the entry,"
                " or set a later day",
            )


def _unused(document: Document) -> Iterator[ConfigWarning]:
    scopes = [document.data["defaults"], *(entry for _, entry in entries(document, "overrides"))]
    used = {name for scope in scopes for _, name in named(scope, KINDS)}
    for name in document.data["contacts"]:
        if name not in used:
            yield document.warning(("contacts", name), "is used by no default and no override")


def _placeholder_phones(document: Document) -> Iterator[ConfigWarning]:
    for name, contact in document.data["contacts"].items():
        digits = _digits(contact["phone"])
        if _FICTION.fullmatch(digits) or (len(set(digits)) <= 1 and "{" not in contact["phone"]):
            text = "looks like a placeholder, not like a number that somebody answers"
            yield document.warning(("contacts", name, "phone"), text)


def _shared(document: Document) -> Iterator[ConfigWarning]:
    defaults, contacts = document.data["defaults"], document.data["contacts"]
    for route, entry in [(("defaults",), defaults), *entries(document, "overrides")]:
        kinds = dict(named(defaults, KINDS)) | dict(named(entry, KINDS))
        for one, two in combinations([kind for kind in KINDS if kinds.get(kind, ABSENT) != ABSENT], 2):
            here = two if two in entry else one
            same = _same(contacts[kinds[one]], contacts[kinds[two]])
            # A pair that the override leaves as it was is told at the defaults.
            if same and here in entry:
                other = one if here == two else two
                text = (
                    f"has the same {same} as {other}: Prowler fails accounts whose contacts are not different"
                )
                yield document.warning((*route, here), text)


def _same(one: Mapping[str, str], two: Mapping[str, str]) -> str:
    same = {
        "mailbox": one["email"].casefold() == two["email"].casefold(),
        "phone": (_digits(one["phone"]) or one["phone"]) == (_digits(two["phone"]) or two["phone"]),
    }
    return " and ".join(part for part, equal in same.items() if equal)


def _exempt_overrides(document: Document) -> Iterator[ConfigWarning]:
    exempt = {account: route for route, account in reversed(accounts(document, "exempt"))}
    for route, account in accounts(document, "overrides"):
        if account in exempt:
            line = document.line(exempt[account])
            yield document.warning(
                route, f"{account} is exempt on line {line}: until that ends, this does nothing"
            )


def _management(document: Document, management: str) -> Iterator[ConfigWarning]:
    for route, account in [*accounts(document, "overrides"), *accounts(document, "exempt")]:
        if account == management:
            text = "is the management account, whose contacts are kept only by the role in RollcallManagement"
            yield document.warning(route, f"{account} {text}")


def _day(value: Any) -> date:
    # Quoted it is text; otherwise YAML read it as a date, which remembers its text.
    return date.fromisoformat(value if isinstance(value, str) else value.raw)


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
