"""Write operations of the Organizations API, one function each: (organization, parameters) -> answer."""

from typing import Any

from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import SimulatedOrganization
from simulation.organizations_reads import (
    Operations,
    add_tags,
    build_violation,
    render_unit,
    require_account,
    require_parent,
    require_tags,
    require_unit,
)

DEEPEST = 5  # levels of OUs below the root


def _move_account(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    account = require_account(organization, params["AccountId"])
    source, destination = params["SourceParentId"], params["DestinationParentId"]
    if source != account.parent_id:
        raise ApiError("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
    require_parent(organization, destination, "DestinationParentNotFoundException")
    if destination == source:
        message = "That account is already present in the specified destination."
        raise ApiError("DuplicateAccountException", message)
    organization.move(account.id, destination)
    return {}


def _require_free_name(organization: SimulatedOrganization, parent_id: str, name: str) -> None:
    if any(organization.units[unit].name == name for unit in organization.child_units[parent_id]):
        message = "An organizational unit with the same name already exists."
        raise ApiError("DuplicateOrganizationalUnitException", message)


def _create_unit(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    parent_id, name = require_parent(organization, params["ParentId"]), params["Name"]
    _require_free_name(organization, parent_id, name)
    if len(organization.list_lineage(parent_id)) > DEEPEST:
        raise build_violation("OU_DEPTH_LIMIT_EXCEEDED")
    tags = add_tags({}, params.get("Tags", ()))
    unit_id = organization.add_ou(name, parent_id)
    organization.units[unit_id].tags.update(tags)
    return {"OrganizationalUnit": render_unit(organization, unit_id)}


def _update_unit(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    unit = require_unit(organization, params["OrganizationalUnitId"])
    name = params.get("Name", unit.name)
    if name != unit.name:  # the name that it has is no duplicate
        _require_free_name(organization, unit.parent_id, name)
        organization.rename_ou(unit.id, name)
    return {"OrganizationalUnit": render_unit(organization, unit.id)}


def _tag(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    tags = require_tags(organization, params["ResourceId"])
    tags.update(add_tags(tags, params["Tags"]))
    return {}


def _delete_unit(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    unit = require_unit(organization, params["OrganizationalUnitId"])
    if organization.child_accounts[unit.id] or organization.child_units[unit.id]:
        message = "The specified organizational unit is not empty."
        raise ApiError("OrganizationalUnitNotEmptyException", message)
    organization.remove_ou(unit.id)
    return {}


def _untag(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    tags = require_tags(organization, params["ResourceId"])
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


WRITES: Operations = {
    "CreateOrganizationalUnit": _create_unit,
    "DeleteOrganizationalUnit": _delete_unit,
    "MoveAccount": _move_account,
    "TagResource": _tag,
    "UntagResource": _untag,
    "UpdateOrganizationalUnit": _update_unit,
}
