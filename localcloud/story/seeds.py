"""Organizations for the demo and for `make local`, and the initial contacts of their accounts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.stack_sets.service import PRINCIPAL
from rollcall.adapters.account_api import name_members, read_members
from rollcall.decide.resolve import resolve_requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Desired
from rollcall.model.roster import Roster
from simulation.organization import AlternateContact
from simulation.seeds import HUB, make_example_organization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulation.accounts import SimulatedAccount
    from simulation.clock import Clock
    from simulation.organization import SimulatedOrganization

_AGE = timedelta(days=400)
_MORE = (
    ("121212121212", "Checkout", "Workloads/Production"),
    ("131313131313", "Reporting", "Workloads/Development"),
    ("141414141414", "Data Lake", "Workloads/Development"),
    ("151515151515", "Log Archive", "Security"),
    ("161616161616", "Transit", "Infrastructure/Network"),
    ("171717171717", "Shared Services", "Infrastructure"),
)


def make_new_organization(clock: Clock) -> SimulatedOrganization:
    """The example organization before `rollcall setup`: no trusted access, no delegated administrators."""
    organization = make_example_organization(clock)
    organization.trusted_access.clear()
    organization.delegated_administrators.clear()
    return _age_accounts(organization)


def make_ready_organization(clock: Clock) -> SimulatedOrganization:
    """The example organization after `rollcall setup` with the demo's configuration."""
    organization = make_example_organization(clock)
    organization.trusted_access.add(PRINCIPAL)
    organization.delegate(HUB, PRINCIPAL)
    organization.policies.enable(on=True)
    return organization


def make_whole_organization(clock: Clock, *, accounts: int = 12) -> SimulatedOrganization:
    """The new organization with six more accounts: twelve, in four top-level OUs.

    Beyond twelve they are teams, in turn in the OUs of the six.
    """
    organization = make_new_organization(clock)
    organization.add_ou("Network", organization.add_ou("Infrastructure"))
    for account, name, path in _MORE:
        organization.add_account(
            account_id=account,
            name=name,
            email=f"aws+{account}@example.com",
            parent=organization.find_ou(path),
        )
    for number in range(len(organization.accounts), accounts):
        account, path = f"2{number:011d}", _MORE[number % len(_MORE)][2]
        organization.add_account(
            account_id=account,
            name=f"Team {number}",
            email=f"aws+{account}@example.com",
            parent=organization.find_ou(path),
        )
    return _age_accounts(organization)


def find_ou_path(organization: SimulatedOrganization, account: str) -> str:
    """The names of an account's OUs below the root: "Workloads/Production"; empty in the root itself."""
    units = [step for step in organization.build_path(account).split("/") if step in organization.units]
    return "/".join(organization.units[unit].name for unit in units)


def give_contacts(organization: SimulatedOrganization, roster: Mapping[str, Any]) -> None:
    """Set the contacts of all accounts as the compiled roster wants them, exempt accounts included.

    It changes the model directly, so that no event is sent: the organization has long been compliant.
    """
    compiled, today = Roster.from_document(roster), organization.clock.now().date()
    for account in organization.accounts.values():
        facts = _build_facts(organization, account)
        for kind, demand in resolve_requirement(compiled, facts, today=today).desired.items():
            if isinstance(demand, Desired) and kind is ContactKind.PRIMARY:
                contact = demand.contact.keep_from(read_members(account.primary, kind))
                account.primary = name_members(contact, kind)
            elif isinstance(demand, Desired):
                account.contacts[str(kind)] = AlternateContact(**demand.contact.as_document())


def find_contact(account: SimulatedAccount, kind: ContactKind) -> Contact | None:
    """The contact in the model; None if there is none. Reading it there uses no API quota."""
    if kind is ContactKind.PRIMARY:
        return read_members(account.primary, kind)
    found = account.contacts.get(kind)
    return Contact(**asdict(found)) if found else None


def count_differing(organization: SimulatedOrganization, roster: Mapping[str, Any]) -> int:
    """How many contacts of active accounts that are not exempt differ from what the compiled roster wants."""
    compiled, today = Roster.from_document(roster), organization.clock.now().date()
    count = 0
    for account in organization.accounts.values():
        wanted = resolve_requirement(compiled, _build_facts(organization, account), today=today)
        if account.state == "ACTIVE" and wanted.exempt is None:
            count += sum(
                not ((found := find_contact(account, kind)) and found.is_same(demand.contact))
                for kind, demand in wanted.desired.items()
                if isinstance(demand, Desired)
            )
    return count


def _age_accounts(organization: SimulatedOrganization) -> SimulatedOrganization:
    """Make all accounts old: checks are lenient with new ones."""
    for account in organization.accounts.values():
        account.created_at = account.joined_at = organization.clock.now() - _AGE
    return organization


def _build_facts(organization: SimulatedOrganization, account: SimulatedAccount) -> Account:
    *parents, _ = organization.list_lineage(account.id)
    return Account(
        id=account.id,
        name=account.name,
        state=AccountState(account.state),
        ou_path=tuple(organization.units[parent].name for parent in parents if parent in organization.units),
        parent_ids=tuple(parents),
        tags=account.tags,
    )
