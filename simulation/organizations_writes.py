"""Write operations of the Organizations API, one function each: (organization, parameters) -> answer."""

from collections.abc import Callable, Mapping
from typing import Any

from simulation.errors import ApiError
from simulation.organization import Organization
from simulation.organizations_reads import account_of, parent_of, render_unit, tags_of

Params = Mapping[str, Any]


def _move_account(organization: Organization, params: Params) -> dict[str, Any]:
    account = account_of(organization, params["AccountId"])
    source, destination = params["SourceParentId"], params["DestinationParentId"]
    if source != account.parent_id:
        raise ApiError("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
    parent_of(organization, destination, "DestinationParentNotFoundException")
    if destination == source:
        message = "That account is already present in the specified destination."
        raise ApiError("DuplicateAccountException", message)
    organization.move(account.id, destination)
    return {}


def _create_unit(organization: Organization, params: Params) -> dict[str, Any]:
    parent_id, name = parent_of(organization, params["ParentId"]), params["Name"]
    if any(organization.units[unit].name == name for unit in organization.child_units[parent_id]):
        message = "An organizational unit with the same name already exists."
        raise ApiError("DuplicateOrganizationalUnitException", message)
    unit_id = organization.add_ou(name, parent_id)
    organization.units[unit_id].tags.update((tag["Key"], tag["Value"]) for tag in params.get("Tags", ()))
    return {"OrganizationalUnit": render_unit(organization, unit_id)}


def _tag(organization: Organization, params: Params) -> dict[str, Any]:
    tags_of(organization, params["ResourceId"]).update((tag["Key"], tag["Value"]) for tag in params["Tags"])
    return {}


def _untag(organization: Organization, params: Params) -> dict[str, Any]:
    tags = tags_of(organization, params["ResourceId"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


WRITES: dict[str, Callable[[Organization, Params], dict[str, Any]]] = {
    "CreateOrganizationalUnit": _create_unit,
    "MoveAccount": _move_account,
    "TagResource": _tag,
    "UntagResource": _untag,
}
