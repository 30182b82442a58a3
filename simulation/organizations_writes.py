"""Write operations of the Organizations API, one function each: (organization, parameters) -> answer."""

from typing import Any

from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import Organization
from simulation.organizations_reads import (
    Operations,
    account_of,
    parent_of,
    render_unit,
    tags_of,
    unit_of,
)


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


def _require_free_name(organization: Organization, parent_id: str, name: str) -> None:
    if any(organization.units[unit].name == name for unit in organization.child_units[parent_id]):
        message = "An organizational unit with the same name already exists."
        raise ApiError("DuplicateOrganizationalUnitException", message)


def _create_unit(organization: Organization, params: Params) -> dict[str, Any]:
    parent_id, name = parent_of(organization, params["ParentId"]), params["Name"]
    _require_free_name(organization, parent_id, name)
    unit_id = organization.add_ou(name, parent_id)
    organization.units[unit_id].tags.update((tag["Key"], tag["Value"]) for tag in params.get("Tags", ()))
    return {"OrganizationalUnit": render_unit(organization, unit_id)}


def _update_unit(organization: Organization, params: Params) -> dict[str, Any]:
    unit = unit_of(organization, params["OrganizationalUnitId"])
    name = params.get("Name", unit.name)
    if name != unit.name:  # the name that it has is no duplicate
        _require_free_name(organization, unit.parent_id, name)
        organization.rename_ou(unit.id, name)
    return {"OrganizationalUnit": render_unit(organization, unit.id)}


def _tag(organization: Organization, params: Params) -> dict[str, Any]:
    tags_of(organization, params["ResourceId"]).update((tag["Key"], tag["Value"]) for tag in params["Tags"])
    return {}


def _untag(organization: Organization, params: Params) -> dict[str, Any]:
    tags = tags_of(organization, params["ResourceId"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


WRITES: Operations = {
    "CreateOrganizationalUnit": _create_unit,
    "MoveAccount": _move_account,
    "TagResource": _tag,
    "UntagResource": _untag,
    "UpdateOrganizationalUnit": _update_unit,
}
