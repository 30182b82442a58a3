"""AWS Organizations: one account read afresh for a decision, and what is near it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.adapters.system import SystemClock
from rollcall.events.monitored import GUARDRAIL_TYPE
from rollcall.model.account import Account, AccountState
from rollcall.model.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rollcall.ports import Clock, Pool

_Value = TypeVar("_Value")

#: How old a name of an OU may be where only people read it.
RECENT_NAMES: Final = timedelta(minutes=10)
#: Names of OUs, and places of accounts, that are remembered.
MOST_REMEMBERED: Final = 1000


class AwsOrganization:
    """The organization as its management account or a delegated administrator may read it."""

    def __init__(self, *, client: Any, pool: Pool | None = None, clock: Clock | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()
        #: For names of several OUs; None to read one after the other.
        self._pool = pool
        #: Names of OUs by their ids, and when each was read.
        self._names: dict[str, tuple[datetime, str]] = {}
        #: Ids of the OUs that an account was in when it was read last: where it is now decides.
        self._places: dict[str, Sequence[str]] = {}

    def get_account(self, account_id: str, *, with_tags: bool, recent_names: bool = False) -> Account | None:
        """The account as it is now, None if there is none; as the port says."""
        find = self._find_recent_name if recent_names else self._get_ou_name
        foreseen = self._places.get(account_id, ())
        try:
            # Names are read anew, but those of where the account was last do not wait for where it is.
            found, tags, *early = self._read_each(
                [
                    lambda: self._client.describe_account(AccountId=account_id)["Account"],
                    lambda: self._read_tags(account_id) if with_tags else {},
                    *(partial(self._try_name, find, unit) for unit in foreseen),
                ]
            )
            parents = list_parents(found) or self._walk(account_id)
            units = [parent for parent in parents if parent.startswith("ou-")]
            known = dict(zip(foreseen, early, strict=True))
            late = [unit for unit in units if known.get(unit) is None]
            known |= zip(late, self._read_each([partial(find, unit) for unit in late]), strict=True)
        except AWS_ERRORS as error:
            if get_code(error) == "AccountNotFoundException":
                return None
            raise RetryableError(f"the account could not be looked up: {get_code(error)}") from error
        _remember(self._places, account_id, units)
        return Account(
            id=account_id,
            name=found.get("Name", ""),
            # State since 2025; Status where the SDK of the runtime does not know it yet.
            state=AccountState(found.get("State") or found.get("Status")),
            ou_path=tuple(str(known[unit]) for unit in units),
            parent_ids=tuple(parents),
            tags=tags,
        )

    def list_policies(self) -> Mapping[str, str]:
        """Names of all service control policies by their ids.

        Listed and not described: the policy that an event names may be gone, or of a type or an owner that
        the role may not describe. RetryableError if AWS could not be asked, or did not answer.
        """
        try:
            pages = self._client.get_paginator("list_policies").paginate(Filter=GUARDRAIL_TYPE)
            return {str(policy["Id"]): str(policy["Name"]) for page in pages for policy in page["Policies"]}
        except AWS_ERRORS as error:
            raise RetryableError(f"the policies could not be listed: {get_code(error)}") from error

    def find_unit(self, names: Sequence[str]) -> str | None:
        """Id of the OU at this path of names; RetryableError if AWS could not be asked."""
        try:
            parent = self._find_root()
            for name in names:
                found = [unit["Id"] for unit in self._list_units(parent) if unit["Name"] == name]
                if not found:
                    return None
                parent = str(found[0])
        except AWS_ERRORS as error:
            raise RetryableError(f"the units could not be listed: {get_code(error)}") from error
        return parent

    def get_unit_path(self, ou_id: str) -> Sequence[str] | None:
        """Names from below the root to a unit, None if there is none; RetryableError."""
        try:
            above = [parent for parent in self._walk(ou_id) if parent.startswith("ou-")]
            return [self._get_ou_name(unit) for unit in (*above, ou_id)]
        except AWS_ERRORS as error:
            if get_code(error) in ("ChildNotFoundException", "OrganizationalUnitNotFoundException"):
                return None
            raise RetryableError(f"the unit could not be looked up: {get_code(error)}") from error

    def list_accounts_below(self, ou_id: str, *, most: int) -> Sequence[str]:
        """Ids of accounts below an OU, at most so many, none if there is no such unit; RetryableError."""
        try:
            return list(islice(self._find_below(ou_id), most))
        except AWS_ERRORS as error:
            if get_code(error) == "ParentNotFoundException":
                return []
            raise RetryableError(f"the accounts could not be listed: {get_code(error)}") from error

    def _find_root(self) -> str:
        # One root, but any listing of AWS Organizations may begin with an empty page.
        pages = self._client.get_paginator("list_roots").paginate()
        return next(str(root["Id"]) for page in pages for root in page["Roots"])

    def _find_below(self, parent_id: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_accounts_for_parent").paginate(ParentId=parent_id)
        yield from (account["Id"] for page in pages for account in page["Accounts"])
        for unit in self._list_units(parent_id):
            yield from self._find_below(unit["Id"])

    def _list_units(self, parent_id: str) -> Iterator[Mapping[str, Any]]:
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

    def _read_tags(self, account_id: str) -> dict[str, str]:
        pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceId=account_id)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def _read_each(self, reads: Sequence[Callable[[], Any]]) -> list[Any]:
        """What each read gives, side by side if there is a pool."""
        if self._pool is None or len(reads) < 2:  # noqa: PLR2004  # one waits for no other
            return [read() for read in reads]
        return self._pool.map_each(lambda read: read(), reads, go_on=lambda: True)

    def _try_name(self, find: Callable[[str], str], ou_id: str) -> str | None:
        """None if it was not read: perhaps nobody needs it."""
        try:
            return find(ou_id)
        except AWS_ERRORS:
            return None

    def _find_recent_name(self, ou_id: str) -> str:
        read_at, name = self._names.get(ou_id, (None, ""))
        recent = read_at is not None and self._clock.now() - read_at < RECENT_NAMES
        return name if recent else self._get_ou_name(ou_id)

    def _get_ou_name(self, ou_id: str) -> str:
        found = self._client.describe_organizational_unit(OrganizationalUnitId=ou_id)
        name = str(found["OrganizationalUnit"]["Name"])
        _remember(self._names, ou_id, (self._clock.now(), name))
        return name


def _remember(memory: dict[str, _Value], key: str, value: _Value) -> None:
    if len(memory) >= MOST_REMEMBERED:
        memory.clear()
    memory[key] = value


def list_parents(found: Mapping[str, Any]) -> list[str]:
    """Ids from the root down, out of `o-.../r-.../ou-.../<account>/`; empty if AWS or the SDK gave none."""
    paths = found.get("Paths") or []
    return [part for part in paths[0].split("/") if part.startswith(("r-", "ou-"))] if paths else []
