"""Read operations of the Organizations API, one function each: (organization, parameters) -> answer."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from simulation.accounts import OrganizationalUnit, SimulatedAccount
from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import SimulatedOrganization
from simulation.paging import build_invalid_input, page
from simulation.policy_store import POLICY_TYPE

Operations = dict[str, Callable[[SimulatedOrganization, Params], dict[str, Any]]]
# Status is the older member and knows fewer words; both were still returned after Status was published as
# retired (captured 2026-09-13). What it says of the two states that it lacks is a guess.
_STATUS = {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}


_MOST_TAGS, _KEY_LENGTH, _VALUE_LENGTH = 50, 128, 256
_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*")


def build_not_found(what: str, code: str) -> ApiError:
    """A modelled ...NotFoundException; the codes are AWS's, the texts were not captured."""
    return ApiError(code, f"You specified {what} that doesn't exist.")


def require_account(organization: SimulatedOrganization, account_id: str) -> SimulatedAccount:
    """The account; raises AccountNotFoundException."""
    account = organization.accounts.get(account_id)
    if account is None:
        raise build_not_found("an account", "AccountNotFoundException")
    return account


def require_unit(organization: SimulatedOrganization, unit_id: str) -> OrganizationalUnit:
    """The OU; raises OrganizationalUnitNotFoundException."""
    unit = organization.units.get(unit_id)
    if unit is None:
        raise build_not_found("an organizational unit", "OrganizationalUnitNotFoundException")
    return unit


def require_parent(
    organization: SimulatedOrganization, parent_id: str, code: str = "ParentNotFoundException"
) -> str:
    """The id itself when it names the root or an OU; raises the given not-found code otherwise."""
    if parent_id not in organization.child_accounts:
        raise build_not_found("a parent", code)
    return parent_id


def require_tags(organization: SimulatedOrganization, resource_id: str) -> dict[str, str]:
    """The tags of the root, an account, OU or policy; raises TargetNotFoundException."""
    if resource_id == organization.root_id:
        return organization.root_tags
    holders = (organization.accounts, organization.units, organization.policies.policies)
    resource = next((found for holder in holders if (found := holder.get(resource_id))), None)
    if resource is None:
        raise build_not_found("a target", "TargetNotFoundException")
    return resource.tags


def add_tags(known: Mapping[str, str], given: Collection[Mapping[str, str]]) -> dict[str, str]:
    """The tags with those of a request; raises what AWS answers to too many, too long or reserved ones.

    Source: Organizations API reference, Tag; user guide, "Quotas and service limits" (50 of a resource).
    """
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) < len(given):
        raise build_invalid_input("DUPLICATE_TAG_KEY")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise build_invalid_input("INVALID_SYSTEM_TAGS_PARAMETER")
        if not 1 <= len(key) <= _KEY_LENGTH or len(value) > _VALUE_LENGTH:
            raise build_invalid_input("MAX_LENGTH_EXCEEDED" if key else "MIN_LENGTH_EXCEEDED")
        if not _TAG_TEXT.fullmatch(key) or not _TAG_TEXT.fullmatch(value):
            raise build_invalid_input("INVALID_PATTERN")
    if len({**known, **tags}) > _MOST_TAGS:
        raise build_violation("MAX_TAG_LIMIT_EXCEEDED")
    return {**known, **tags}


def require_all_features(organization: SimulatedOrganization) -> None:
    """Raises ConstraintViolationException in an organization for consolidated billing only."""
    if organization.feature_set != "ALL":
        raise build_violation("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")


def build_violation(reason: str) -> ApiError:
    """ConstraintViolationException with its modelled reason; the text was not captured."""
    return ApiError("ConstraintViolationException", "You violated a constraint.", reason=reason)


def render_unit(organization: SimulatedOrganization, unit_id: str) -> dict[str, Any]:
    """The OrganizationalUnit structure."""
    return {
        "Id": unit_id,
        "Arn": organization.build_arn("ou", unit_id),
        "Name": organization.units[unit_id].name,
        "Path": organization.build_path(unit_id),
    }


def render_account_summary(organization: SimulatedOrganization, account_id: str) -> dict[str, Any]:
    """The members that Account and DelegatedAdministrator have in common."""
    account = organization.accounts[account_id]
    return {
        "Id": account.id,
        "Arn": organization.build_arn("account", account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": _STATUS.get(account.state, account.state),
        "State": account.state,
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined_at,
    }


def _render_account(organization: SimulatedOrganization, account_id: str) -> dict[str, Any]:
    return {
        **render_account_summary(organization, account_id),
        "Paths": [organization.build_path(account_id)],
    }


def get_kind(node_id: str) -> str:
    """ROOT, ORGANIZATIONAL_UNIT or ACCOUNT, by the form of the id."""
    if node_id.isdecimal():
        return "ACCOUNT"
    return "ROOT" if node_id.startswith("r-") else "ORGANIZATIONAL_UNIT"


def _describe_account(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    return {"Account": _render_account(organization, require_account(organization, params["AccountId"]).id)}


def _describe_unit(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    unit = require_unit(organization, params["OrganizationalUnitId"])
    return {"OrganizationalUnit": render_unit(organization, unit.id)}


def _describe_organization(organization: SimulatedOrganization, _: Params) -> dict[str, Any]:
    management = organization.accounts[organization.management]
    return {
        "Organization": {
            "Id": organization.id,
            "Arn": organization.build_arn("organization"),
            "FeatureSet": organization.feature_set,
            "MasterAccountArn": organization.build_arn("account", management.id),
            "MasterAccountId": management.id,
            "MasterAccountEmail": management.email,
        }
    }


def _list_accounts(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    return page(organization.accounts, params, "Accounts", lambda item: _render_account(organization, item))


def _list_accounts_for_parent(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    children = organization.child_accounts[require_parent(organization, params["ParentId"])]
    return page(children, params, "Accounts", lambda item: _render_account(organization, item))


def _list_units_for_parent(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    children = organization.child_units[require_parent(organization, params["ParentId"])]
    return page(children, params, "OrganizationalUnits", lambda item: render_unit(organization, item))


def _list_parents(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    child_id = params["ChildId"]
    child = organization.accounts.get(child_id) or organization.units.get(child_id)
    if child is None:
        raise build_not_found("a child", "ChildNotFoundException")
    return page([child.parent_id], params, "Parents", lambda item: {"Id": item, "Type": get_kind(item)})


def render_root(organization: SimulatedOrganization) -> dict[str, Any]:
    """The Root structure."""
    enabled = [{"Type": POLICY_TYPE, "Status": "ENABLED"}] if organization.policies.enabled else []
    arn = organization.build_arn("root", organization.root_id)
    return {"Id": organization.root_id, "Arn": arn, "Name": "Root", "PolicyTypes": enabled}


def _list_roots(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    return page([organization.root_id], params, "Roots", lambda _: render_root(organization))


def _list_children(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    index = organization.child_accounts if params["ChildType"] == "ACCOUNT" else organization.child_units
    children = index[require_parent(organization, params["ParentId"])]
    return page(children, params, "Children", lambda item: {"Id": item, "Type": params["ChildType"]})


def _list_tags(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    # All in one page: ListTagsForResource takes no MaxResults, and a resource has at most 50 tags.
    tags = require_tags(organization, params["ResourceId"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


READS: Operations = {
    "DescribeAccount": _describe_account,
    "DescribeOrganization": _describe_organization,
    "DescribeOrganizationalUnit": _describe_unit,
    "ListAccounts": _list_accounts,
    "ListAccountsForParent": _list_accounts_for_parent,
    "ListChildren": _list_children,
    "ListOrganizationalUnitsForParent": _list_units_for_parent,
    "ListParents": _list_parents,
    "ListRoots": _list_roots,
    "ListTagsForResource": _list_tags,
}
