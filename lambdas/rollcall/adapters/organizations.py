"""AWS Organizations, read afresh for every decision: state, name and place of one account."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from rollcall.account import Account, AccountState
from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError
from rollcall.watch import GUARDRAIL_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class AwsOrganization:
    """The organization as its management account or a delegated administrator may read it."""

    def __init__(self, *, client: Any) -> None:
        self._client = client

    def account(self, account_id: str, *, with_tags: bool) -> Account | None:
        """The account as it is now, None if the organization has no such account.

        RetryableError if AWS could not be asked.
        """
        try:
            found = self._client.describe_account(AccountId=account_id)["Account"]
            parents = parents_of(found) or self._walk(account_id)
            names = [self._ou_name(parent) for parent in parents if parent.startswith("ou-")]
            tags = self._tags(account_id) if with_tags else {}
        except AWS_ERRORS as error:
            if code_of(error) == "AccountNotFoundException":
                return None
            raise RetryableError(f"the account could not be looked up: {code_of(error)}") from error
        return Account(
            id=account_id,
            name=found.get("Name", ""),
            # State since 2025; Status where the SDK of the runtime does not know it yet.
            state=AccountState(found.get("State") or found.get("Status")),
            ou_path=tuple(names),
            parent_ids=tuple(parents),
            tags=tags,
        )

    def guardrail_id(self, name: str) -> str | None:
        """Id of the service control policy of this name, None without one.

        Listed and not described: the policy that an event names may be gone, or of a type or an owner that
        the role may not describe. RetryableError if AWS could not be asked, or did not answer.
        """
        try:
            pages = self._client.get_paginator("list_policies").paginate(Filter=GUARDRAIL_TYPE)
            found = (policy for page in pages for policy in page["Policies"])
            return next((str(policy["Id"]) for policy in found if policy["Name"] == name), None)
        except AWS_ERRORS as error:
            raise RetryableError(f"the policies could not be listed: {code_of(error)}") from error

    def unit_at(self, names: Sequence[str]) -> str | None:
        """Id of the organizational unit at this path of names; RetryableError if AWS could not be asked."""
        try:
            parent = self._root()
            for name in names:
                found = [unit["Id"] for unit in self._units_in(parent) if unit["Name"] == name]
                if not found:
                    return None
                parent = str(found[0])
        except AWS_ERRORS as error:
            raise RetryableError(f"the units could not be listed: {code_of(error)}") from error
        return parent

    def unit_path(self, ou_id: str) -> Sequence[str] | None:
        """Names from below the root to a unit, None if there is none.

        RetryableError if AWS could not be asked.
        """
        try:
            above = [parent for parent in self._walk(ou_id) if parent.startswith("ou-")]
            return [self._ou_name(unit) for unit in (*above, ou_id)]
        except AWS_ERRORS as error:
            if code_of(error) in ("ChildNotFoundException", "OrganizationalUnitNotFoundException"):
                return None
            raise RetryableError(f"the unit could not be looked up: {code_of(error)}") from error

    def accounts_below(self, ou_id: str, *, most: int) -> Sequence[str]:
        """Ids of accounts below an organizational unit, at most so many; empty if there is no such unit.

        RetryableError if AWS could not be asked.
        """
        try:
            return list(islice(self._below(ou_id), most))
        except AWS_ERRORS as error:
            if code_of(error) == "ParentNotFoundException":
                return []
            raise RetryableError(f"the accounts could not be listed: {code_of(error)}") from error

    def _root(self) -> str:
        # One root, but any listing of AWS Organizations may begin with an empty page.
        pages = self._client.get_paginator("list_roots").paginate()
        return next(str(root["Id"]) for page in pages for root in page["Roots"])

    def _below(self, parent_id: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_accounts_for_parent").paginate(ParentId=parent_id)
        yield from (account["Id"] for page in pages for account in page["Accounts"])
        for unit in self._units_in(parent_id):
            yield from self._below(unit["Id"])

    def _units_in(self, parent_id: str) -> Iterator[Mapping[str, Any]]:
        listing = self._client.get_paginator("list_organizational_units_for_parent")
        for page in listing.paginate(ParentId=parent_id):
            yield from page["OrganizationalUnits"]

    def _walk(self, account_id: str) -> list[str]:
        parents: list[str] = []
        child = account_id
        while not child.startswith("r-"):
            # One parent, but any listing of AWS Organizations may begin with an empty page.
            pages = self._client.get_paginator("list_parents").paginate(ChildId=child)
            child = next(parent["Id"] for page in pages for parent in page["Parents"])
            parents.insert(0, child)
        return parents

    def _tags(self, account_id: str) -> dict[str, str]:
        pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceId=account_id)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def _ou_name(self, ou_id: str) -> str:
        found = self._client.describe_organizational_unit(OrganizationalUnitId=ou_id)
        return str(found["OrganizationalUnit"]["Name"])


def parents_of(found: Mapping[str, Any]) -> list[str]:
    """Ids from the root down, out of `o-.../r-.../ou-.../<account>/`; empty if AWS or the SDK gave none."""
    paths = found.get("Paths") or []
    return [part for part in paths[0].split("/") if part.startswith(("r-", "ou-"))] if paths else []
