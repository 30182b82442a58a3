"""Organizations of any size as a run observed them, all as their roster wants it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan import ObservedAccount
from rollcall.decide.resolve import resolve_requirement
from rollcall.decide.roster_change import RosterChange, RosterComparison
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import KEEP, Contact
from rollcall.model.desired import Absent, Desired, Present
from rollcall.model.roster import Roster
from tests.support.world import ROSTER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollcall.model.desired import Observation

TODAY: Final = date(2026, 11, 30)
ROOT, WORKLOADS, PRODUCTION, SANDBOX = "r-a1b2", "ou-a1b2-11111111", "ou-a1b2-22222222", "ou-a1b2-33333333"
#: OUs in which accounts stand in turn.
PLACES: Final = (
    (("Workloads", "Production"), (ROOT, WORKLOADS, PRODUCTION)),
    (("Sandbox",), (ROOT, SANDBOX)),
    (("Workloads",), (ROOT, WORKLOADS)),
)
#: Primary contacts as synth compiles them: one keeps what it does not name, one removes it.
PRIMARY_CONTACTS: Final = {
    "headquarters": {
        "name": KEEP,
        "company_name": "Example Corp",
        "address_line1": "410 Terry Avenue North",
        "address_line2": KEEP,
        "city": "Seattle",
        "state_or_region": "WA",
        "postal_code": "98109",
        "country_code": "US",
        "phone": "+1 206 555 0110",
        "website_url": KEEP,
    },
    "branch": {
        "name": "Example Branch {account_id}",
        "address_line1": "Rue Example 1",
        "city": "Geneva",
        "postal_code": "1201",
        "country_code": "CH",
        "phone": "+41 22 555 01 10",
    },
}
#: What an account has before anybody sets its primary contact.
FIRST_PRIMARY: Final = Contact(
    name="Member",
    address_line1="Old Street 1",
    address_line2="Floor 3",
    city="Portland",
    state_or_region="OR",
    postal_code="97201",
    country_code="US",
    phone="+1 503 555 0100",
    website_url="https://old.example.com",
)
BASE: Final[dict[str, Any]] = ROSTER | {
    "overrides": [{"ou": "Workloads/Production", "kinds": {"SECURITY": "pci-soc"}, "mode": None}],
    "exempt": [],
}


def name_account(number: int) -> str:
    return f"7{number:011}"


def make_account(number: int, **more: Any) -> Account:
    ou_path, parent_ids = PLACES[number % len(PLACES)]
    values: dict[str, Any] = {
        "id": name_account(number),
        "name": f"Member {number}",
        "state": AccountState.ACTIVE,
        "ou_path": ou_path,
        "parent_ids": parent_ids,
    }
    return Account(**values | more)


def observe(accounts: Iterable[Account], roster: dict[str, Any]) -> list[ObservedAccount]:
    """Accounts that are as the roster wants them."""
    read = Roster.from_document(roster)
    return [_observe(account, read) for account in accounts]


def _observe(account: Account, roster: Roster) -> ObservedAccount:
    required = resolve_requirement(roster, account, today=TODAY)
    contacts: dict[Any, Observation] = {
        kind: Present(contact=wanted.contact.keep_from(FIRST_PRIMARY))
        if isinstance(wanted, Desired)
        else Absent()
        for kind, wanted in required.desired.items()
    }
    return ObservedAccount(account=account, contacts=contacts)


def compare(
    approved: dict[str, Any] | None, candidate: dict[str, Any], observed: Iterable[ObservedAccount]
) -> RosterChange:
    comparison = RosterComparison(
        approved=Roster.from_document(approved) if approved else None,
        candidate=Roster.from_document(candidate),
        today=TODAY,
    )
    for one in observed:
        comparison.add(one)
    return comparison.finish()
