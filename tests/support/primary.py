"""Primary contacts in a world: a roster that names one, what an account has, and an edit by a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.model.contact import KEEP, PRIMARY_PARTS
from simulation.caller import Caller
from tests.support.organizations import PRIMARY_CONTACTS
from tests.support.world import MEMBER, ROSTER, World

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIMARY_ROSTER: Final[dict[str, Any]] = ROSTER | {
    "contacts": ROSTER["contacts"] | PRIMARY_CONTACTS,
    "defaults": ROSTER["defaults"] | {"PRIMARY": "headquarters"},
}
#: What the roster does not keep of it, as the Account API has it.
HEADQUARTERS: Final = {
    PRIMARY_PARTS[part].member: value
    for part, value in PRIMARY_CONTACTS["headquarters"].items()
    if value != KEEP
}


def read_primary(world: World, account_id: str = MEMBER) -> dict[str, str]:
    """What the account has now, as the Account API has it."""
    return dict(world.organization.accounts[account_id].primary)


def edit_primary(
    world: World, account_id: str = MEMBER, session: str | None = "mary", /, **members: str | None
) -> None:
    """Somebody, the root user without a session, puts these fields beside what is there; None removes one."""
    values: Mapping[str, str | None] = {**read_primary(world, account_id), **members}
    given = {name: value for name, value in values.items() if value is not None}
    caller = Caller.role(account_id, "Dev", session) if session else Caller.root(account_id)
    world.cloud.client("account", caller).put_contact_information(ContactInformation=given)
