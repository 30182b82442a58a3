"""Read operations of the Organizations API, one function each: (organization, parameters) -> answer."""

from collections.abc import Callable, Mapping
from typing import Any

from simulation.errors import ApiError
from simulation.organization import Account, Organization
from simulation.paging import page

Params = Mapping[str, Any]
# Status is the older member and knows fewer words; both were still returned after Status was announced as
# retired (captured 2026-09-13). What it says of the two states that it lacks is a guess.
_STATUS = {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}


def not_found(what: str, code: str) -> ApiError:
    """A modelled ...NotFoundException; the codes are AWS's, the texts were not captured."""
    return ApiError(code, f"You specified {what} that doesn't exist.")


def account_of(organization: Organization, account_id: str) -> Account:
    """The account; raises AccountNotFoundException."""
    account = organization.accounts.get(account_id)
    if account is None:
        raise not_found("an account", "AccountNotFoundException")
    return account


def parent_of(organization: Organization, parent_id: str, code: str = "ParentNotFoundException") -> str:
    """The id itself when it names the root or an OU; raises the given not-found code otherwise."""
    if parent_id not in organization.child_accounts:
        raise not_found("a parent", code)
    return parent_id


def tags_of(organization: Organization, resource_id: str) -> dict[str, str]:
    """The tags of an account or OU; raises TargetNotFoundException. Tags of the root are not modelled."""
    resource = organization.accounts.get(resource_id) or organization.units.get(resource_id)
    if resource is None:
        raise not_found("a target", "TargetNotFoundException")
    return resource.tags


def render_unit(organization: Organization, unit_id: str) -> dict[str, Any]:
    """The OrganizationalUnit structure."""
    return {
        "Id": unit_id,
        "Arn": organization.arn("ou", unit_id),
        "Name": organization.units[unit_id].name,
        "Path": organization.path_ids(unit_id),
    }


def _summary(organization: Organization, account_id: str) -> dict[str, Any]:
    account = organization.accounts[account_id]
    return {
        "Id": account.id,
        "Arn": organization.arn("account", account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": _STATUS.get(account.state, account.state),
        "State": account.state,
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined_at,
    }


def _account(organization: Organization, account_id: str) -> dict[str, Any]:
    return {**_summary(organization, account_id), "Paths": [organization.path_ids(account_id)]}


def _kind(node_id: str) -> str:
    return "ROOT" if node_id.startswith("r-") else "ORGANIZATIONAL_UNIT"


def _describe_account(organization: Organization, params: Params) -> dict[str, Any]:
    return {"Account": _account(organization, account_of(organization, params["AccountId"]).id)}


def _describe_unit(organization: Organization, params: Params) -> dict[str, Any]:
    unit_id = params["OrganizationalUnitId"]
    if unit_id not in organization.units:
        raise not_found("an organizational unit", "OrganizationalUnitNotFoundException")
    return {"OrganizationalUnit": render_unit(organization, unit_id)}


def _describe_organization(organization: Organization, _: Params) -> dict[str, Any]:
    management = organization.accounts[organization.management]
    return {
        "Organization": {
            "Id": organization.id,
            "Arn": organization.arn("organization"),
            "FeatureSet": "ALL",
            "MasterAccountArn": organization.arn("account", management.id),
            "MasterAccountId": management.id,
            "MasterAccountEmail": management.email,
        }
    }


def _list_accounts(organization: Organization, params: Params) -> dict[str, Any]:
    return page(organization.accounts, params, "Accounts", lambda item: _account(organization, item))


def _list_accounts_for_parent(organization: Organization, params: Params) -> dict[str, Any]:
    children = organization.child_accounts[parent_of(organization, params["ParentId"])]
    return page(children, params, "Accounts", lambda item: _account(organization, item))


def _list_units_for_parent(organization: Organization, params: Params) -> dict[str, Any]:
    children = organization.child_units[parent_of(organization, params["ParentId"])]
    return page(children, params, "OrganizationalUnits", lambda item: render_unit(organization, item))


def _list_parents(organization: Organization, params: Params) -> dict[str, Any]:
    child_id = params["ChildId"]
    child = organization.accounts.get(child_id) or organization.units.get(child_id)
    if child is None:
        raise not_found("a child", "ChildNotFoundException")
    return page([child.parent_id], params, "Parents", lambda item: {"Id": item, "Type": _kind(item)})


def _list_roots(organization: Organization, params: Params) -> dict[str, Any]:
    root = {"Id": organization.root_id, "Arn": organization.arn("root", organization.root_id)}
    return page(
        [organization.root_id], params, "Roots", lambda _: {**root, "Name": "Root", "PolicyTypes": []}
    )


def _list_tags(organization: Organization, params: Params) -> dict[str, Any]:
    # All in one page: ListTagsForResource takes no MaxResults, and a resource has at most 50 tags.
    tags = tags_of(organization, params["ResourceId"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _list_delegated_administrators(organization: Organization, params: Params) -> dict[str, Any]:
    # DelegationEnabledDate is left out: nobody reads it.
    asked = params.get("ServicePrincipal")
    ids = {
        account_id
        for principal, administrators in organization.delegated_administrators.items()
        if asked in (None, principal)
        for account_id in administrators
    }
    return page(sorted(ids), params, "DelegatedAdministrators", lambda item: _summary(organization, item))


READS: dict[str, Callable[[Organization, Params], dict[str, Any]]] = {
    "DescribeAccount": _describe_account,
    "DescribeOrganization": _describe_organization,
    "DescribeOrganizationalUnit": _describe_unit,
    "ListAccounts": _list_accounts,
    "ListAccountsForParent": _list_accounts_for_parent,
    "ListDelegatedAdministrators": _list_delegated_administrators,
    "ListOrganizationalUnitsForParent": _list_units_for_parent,
    "ListParents": _list_parents,
    "ListRoots": _list_roots,
    "ListTagsForResource": _list_tags,
}
