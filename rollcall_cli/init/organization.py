"""The IDs of the organization, its management account and the hub, as AWS reports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall_cli.aws.composition import Position
from rollcall_cli.text.fixes import ACCOUNTS
from rollcall_cli.text.problems import CommandError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

_HUB: Final = "select the account to run Rollcall in (one for security tools, never the management account)"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationIds:
    """The IDs that `organization.yaml` needs, and the account of the caller."""

    organization: str
    management: str
    hub: str
    position: Position


def detect(client: Callable[[str], Any], *, hub: str | None) -> OrganizationIds:
    """Ask AWS; `hub` is used if there is no delegated administrator yet.

    CommandError if these are credentials of neither the management account nor the hub.
    """
    caller = str(client("sts").get_caller_identity()["Account"])
    organizations = client("organizations")
    found = organizations.describe_organization()["Organization"]
    management = str(found["MasterAccountId"])
    try:
        pages = organizations.get_paginator("list_delegated_administrators")
        listed = pages.paginate(ServicePrincipal=ACCOUNTS)
        admins = [str(item["Id"]) for page in listed for item in page["DelegatedAdministrators"]]
    except UnansweredError:
        raise _report_stranger(caller, management, None) from None
    hub = _choose_hub(admins, hub, management)
    if caller not in {hub, management}:
        raise _report_stranger(caller, management, hub)
    position = Position.MANAGEMENT if caller == management else Position.HUB
    return OrganizationIds(organization=found["Id"], management=management, hub=hub, position=position)


def _choose_hub(admins: list[str], said: str | None, management: str) -> str:
    if said == management:
        problem = f"account {said} is the management account, which cannot be a delegated administrator"
        raise CommandError(problem, fix=_HUB)
    if said and admins and said not in admins:
        raise CommandError(
            f"account {admins[0]} already administers contacts",
            fix=f"omit --hub, or deregister that account first: AWS allows one administrator of {ACCOUNTS}",
        )
    if not said and not admins:
        problem = "no account administers contacts yet, so the hub is not known"
        raise CommandError(problem, fix=f"{_HUB} with --hub")
    return said or admins[0]


def _report_stranger(caller: str, management: str, hub: str | None) -> CommandError:
    which = f"account {hub}, which administers contacts" if hub else "the account that administers contacts"
    return CommandError(
        f"these are credentials of account {caller}",
        fix=f"use credentials of the management account {management} or of {which}, for example with "
        "--profile",
    )
