"""Organizations for the demo and for `make local`, and the contacts with which their accounts begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.stack_sets.service import PRINCIPAL
from simulation.organization import AlternateContact
from simulation.seeds import HUB, example_organization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulation.clock import Clock
    from simulation.organization import Organization

_MORE = (
    ("121212121212", "Checkout", "Workloads/Production"),
    ("131313131313", "Reporting", "Workloads/Development"),
    ("141414141414", "Data Lake", "Workloads/Development"),
    ("151515151515", "Log Archive", "Security"),
    ("161616161616", "Transit", "Infrastructure/Network"),
    ("171717171717", "Shared Services", "Infrastructure"),
)


def demo_organization(clock: Clock) -> Organization:
    """The example organization, in which the hub may use StackSets."""
    organization = example_organization(clock)
    organization.trusted_access.add(PRINCIPAL)
    organization.delegate(HUB, PRINCIPAL)
    return organization


def whole_organization(clock: Clock) -> Organization:
    """The same with six accounts more: twelve, in four OUs at the top (Workloads and Infrastructure nest)."""
    organization = demo_organization(clock)
    organization.add_ou("Network", organization.add_ou("Infrastructure"))
    for account, name, path in _MORE:
        organization.add_account(
            account_id=account,
            name=name,
            email=f"aws+{account}@example.com",
            parent=organization.find_ou(path),
        )
    return organization


def ou_path(organization: Organization, account: str) -> str:
    """The names of an account's OUs below the root: "Workloads/Production"; empty in the root itself."""
    units = [step for step in organization.path_ids(account).split("/") if step in organization.units]
    return "/".join(organization.units[unit].name for unit in units)


def give_contacts(organization: Organization, roster: Mapping[str, Any]) -> None:
    """Set the contacts of all accounts as the compiled roster's defaults and OU overrides want them.

    In the model, before anybody watches: an organization that has been in order for long.
    """
    by_ou = sorted((o for o in roster["overrides"] if "ou" in o), key=lambda o: str(o["ou"]).count("/"))
    for account in organization.accounts.values():
        names = dict(roster["defaults"])
        for override in by_ou:
            if f"{ou_path(organization, account.id)}/".startswith(f"{override['ou']}/"):
                names |= override["kinds"]
        account.contacts.update(
            {kind: _contact(roster["contacts"][name]) for kind, name in names.items() if name}
        )


def _contact(values: Mapping[str, str]) -> AlternateContact:
    return AlternateContact(**{part: values[part] for part in ("name", "title", "email", "phone")})
