"""AWS Organizations, read only: a root, units and accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos.fakes.errors import make_error

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = "r-ab12"
#: The one tag that is put on accounts.
TAG = ("scope", "pci")
#: The state of an account that has left: nobody sees it here any more.
LEFT = "LEFT"
_LISTS = {
    "ListRoots": "Roots",
    "ListAccounts": "Accounts",
    "ListAccountsForParent": "Accounts",
    "ListOrganizationalUnitsForParent": "OrganizationalUnits",
    "ListParents": "Parents",
    "ListPolicies": "Policies",
    "ListTagsForResource": "Tags",
}


@dataclass(frozen=True, slots=True)
class Member:
    """An account, the path of its units' ids below the root, its state and its tags."""

    id: str
    name: str
    units: tuple[str, ...] = ()
    state: str = "ACTIVE"
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Organization:
    """The organization; `units` has the name of each unit by its id, `parents` the id above it."""

    members: dict[str, Member]
    units: dict[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    paths: bool = True
    empty_pages: bool = False

    def call(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of one operation; ClientError as AWS raises it."""
        if operation in _LISTS:
            return self._list(operation, given)
        if operation == "DescribeAccount":
            member = self.members.get(given["AccountId"])
            if member is None or member.state == LEFT:
                text = "You specified an account that doesn't exist."
                raise make_error(operation, "AccountNotFoundException", text)
            return {"Account": self._describe(member)}
        if operation == "DescribeOrganizationalUnit":
            unit = given["OrganizationalUnitId"]
            return {"OrganizationalUnit": {"Id": unit, "Name": self.units[unit]}}
        raise TypeError(f"organizations {operation} is not modelled")

    def _list(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.empty_pages and "NextToken" not in given:
            return {_LISTS[operation]: [], "NextToken": "second"}
        return {_LISTS[operation]: self._find(operation, given)}

    def _find(self, operation: str, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        match operation:
            case "ListRoots":
                return [{"Id": ROOT, "Name": "Root"}]
            case "ListAccounts" | "ListAccountsForParent":
                found, parent = self._list_members(), given.get("ParentId")
                return [self._describe(one) for one in found if parent in (None, self._above(one))]
            case "ListOrganizationalUnitsForParent":
                return [
                    {"Id": unit, "Name": name}
                    for unit, name in self.units.items()
                    if self.parents.get(unit, ROOT) == given["ParentId"]
                ]
            case "ListParents":
                child = given["ChildId"]
                member = self.members.get(child)
                if member and member.state == LEFT:
                    text = "You specified a child that doesn't exist."
                    raise make_error(operation, "ChildNotFoundException", text)
                parent = self._above(member) if member else self.parents.get(child, ROOT)
                return [{"Id": parent, "Type": "ROOT" if parent == ROOT else "ORGANIZATIONAL_UNIT"}]
            case "ListTagsForResource" if given["ResourceId"] in self.members:
                return [{"Key": key, "Value": value} for key, value in self.members[given["ResourceId"]].tags]
        return []

    def _list_members(self) -> list[Member]:
        return [member for member in self.members.values() if member.state != LEFT]

    def _above(self, member: Member) -> str:
        return member.units[-1] if member.units else ROOT

    def _describe(self, member: Member) -> dict[str, Any]:
        found: dict[str, Any] = {
            "Id": member.id,
            "Name": member.name,
            "Email": f"root-{member.id}@corp.example",
            "State": member.state,
            "Status": member.state,
            "JoinedMethod": "CREATED",
        }
        if self.paths:
            found["Paths"] = ["/".join(("o-ab12cd34ef", ROOT, *member.units, member.id)) + "/"]
        return found
