"""AWS Organizations: one account read afresh for a decision, or all accounts with their places."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.adapters.errors import AWS_ERRORS, get_code, is_throttled, is_transient
from rollcall.adapters.system import SystemClock
from rollcall.events.monitored import GUARDRAIL_TYPE
from rollcall.model.account import Account, AccountState
from rollcall.model.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from rollcall.ports import Clock, Pool
    from rollcall.timing import Pace


#: How old a name of an OU may be where only people read it, and how many are kept.
RECENT_NAMES: Final = timedelta(minutes=10)
MOST_NAMES: Final = 1000


class AwsOrganization:
    """The organization as its management account or a delegated administrator may read it."""

    def __init__(self, *, client: Any, pool: Pool | None = None) -> None:
        self._client = client
        #: For names of several OUs; None to read one after the other.
        self._pool = pool
        #: Names of OUs by their ids, and when each was read.
        self._names: dict[str, tuple[datetime, str]] = {}

    def get_account(self, account_id: str, *, with_tags: bool, recent_names: bool = False) -> Account | None:
        """The account as it is now, None if the organization has no such account.

        `recent_names`: names of OUs may be some minutes old. RetryableError if AWS could not be asked.
        """
        try:
            found = self._client.describe_account(AccountId=account_id)["Account"]
            parents = list_parents(found) or self._walk(account_id)
            units = [parent for parent in parents if parent.startswith("ou-")]
            find = self._find_recent_name if recent_names else self._get_ou_name
            pool = self._pool
            names = pool.map_each(find, units, go_on=lambda: True) if pool else list(map(find, units))
            tags = self._read_tags(account_id) if with_tags else {}
        except AWS_ERRORS as error:
            if get_code(error) == "AccountNotFoundException":
                return None
            raise RetryableError(f"the account could not be looked up: {get_code(error)}") from error
        return Account(
            id=account_id,
            name=found.get("Name", ""),
            # State since 2025; Status where the SDK of the runtime does not know it yet.
            state=AccountState(found.get("State") or found.get("Status")),
            ou_path=tuple(names),
            parent_ids=tuple(parents),
            tags=tags,
        )

    def find_guardrail(self, name: str) -> str | None:
        """Id of the service control policy of this name, None without one.

        Listed and not described: the policy that an event names may be gone, or of a type or an owner that
        the role may not describe. RetryableError if AWS could not be asked, or did not answer.
        """
        try:
            pages = self._client.get_paginator("list_policies").paginate(Filter=GUARDRAIL_TYPE)
            found = (policy for page in pages for policy in page["Policies"])
            return next((str(policy["Id"]) for policy in found if policy["Name"] == name), None)
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
        """Names from below the root to a unit, None if there is none.

        RetryableError if AWS could not be asked.
        """
        try:
            above = [parent for parent in self._walk(ou_id) if parent.startswith("ou-")]
            return [self._get_ou_name(unit) for unit in (*above, ou_id)]
        except AWS_ERRORS as error:
            if get_code(error) in ("ChildNotFoundException", "OrganizationalUnitNotFoundException"):
                return None
            raise RetryableError(f"the unit could not be looked up: {get_code(error)}") from error

    def list_accounts_below(self, ou_id: str, *, most: int) -> Sequence[str]:
        """Ids of accounts below an OU, at most so many; empty if there is no such unit.

        RetryableError if AWS could not be asked.
        """
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

    def _find_recent_name(self, ou_id: str) -> str:
        read_at, name = self._names.get(ou_id, (None, ""))
        recent = read_at is not None and SystemClock().now() - read_at < RECENT_NAMES
        return name if recent else self._get_ou_name(ou_id)

    def _get_ou_name(self, ou_id: str) -> str:
        found = self._client.describe_organizational_unit(OrganizationalUnitId=ou_id)
        name = str(found["OrganizationalUnit"]["Name"])
        if len(self._names) >= MOST_NAMES:
            self._names.clear()
        self._names[ou_id] = (SystemClock().now(), name)
        return name


def list_parents(found: Mapping[str, Any]) -> list[str]:
    """Ids from the root down, out of `o-.../r-.../ou-.../<account>/`; empty if AWS or the SDK gave none."""
    paths = found.get("Paths") or []
    return [part for part in paths[0].split("/") if part.startswith(("r-", "ou-"))] if paths else []


class Pages(Protocol):
    """How AWS Organizations is asked for a listing."""

    def __call__(self, operation: str, result: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        """The items of all pages; RetryableError."""


class UnitTree:
    """Names and parents of all units, once it was walked."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._names: dict[str, str] = {}
        self._above: dict[str, list[str]] = {}

    def walk(self) -> None:
        """Read all units: one call for each, and one for the root. RetryableError."""
        for root in self._pages("list_roots", "Roots"):
            self._walk(str(root["Id"]), [])

    def list_parents(self) -> list[str]:
        """Ids of the root and all units: whatever may hold accounts."""
        return list(self._above)

    def find_path(self, parent_id: str) -> list[str]:
        """Ids from the root down to a unit, itself included."""
        return [*self._above[parent_id], parent_id]

    def get_names(self, place: Sequence[str]) -> tuple[str, ...] | None:
        """The names of the OUs of a place; None for none, or with one that the walk did not see."""
        known = bool(place) and all(unit_id in self._names for unit_id in place[1:])
        return tuple(self._names[unit_id] for unit_id in place[1:]) if known else None

    def _walk(self, parent_id: str, above: list[str]) -> None:
        self._above[parent_id] = above
        listing = "list_organizational_units_for_parent"
        for unit in self._pages(listing, "OrganizationalUnits", ParentId=parent_id):
            self._names[str(unit["Id"])] = str(unit["Name"])
            self._walk(str(unit["Id"]), [*above, parent_id])


def _make_account(found: Mapping[str, Any], place: Sequence[str], names: tuple[str, ...] | None) -> Account:
    # State since 2025; Status where the SDK of the runtime does not know it yet.
    state = found.get("State") or found.get("Status") or AccountState.UNKNOWN
    return Account(
        id=found["Id"],
        name=found.get("Name", ""),
        state=AccountState.UNKNOWN if names is None else AccountState(state),
        ou_path=names or (),
        parent_ids=() if names is None else tuple(place),
    )


#: What AWS Organizations gives at most on one page; of accounts it has never given more.
PAGE_SIZE = 20
#: Waits before each further try of a call that AWS was too busy for: a minute in all.
_WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class OrganizationAccounts:
    """The port `Accounts` over a boto3 Organizations client that does not retry by itself."""

    def __init__(self, *, client: Any, clock: Clock, pace: Pace, pool: Pool) -> None:
        self._client = client
        self._clock = clock
        self._pace = pace
        self._pool = pool
        self._reads = 0
        # Several threads read.
        self._lock = Lock()

    @property
    def reads(self) -> int:
        """How many calls to AWS Organizations were made, those that it refused among them."""
        return self._reads

    def list_accounts(self) -> Sequence[Account]:
        """Every account with its place, without tags, in the order of their ids.

        One whose place AWS does not say, such as one that moves meanwhile, is UNKNOWN and in no OU: it is
        left alone, and stops nobody. RetryableError if AWS was too busy for a minute.
        """
        found: dict[str, Mapping[str, Any]] = {}
        tree = UnitTree(self._read_pages)

        def list_all() -> None:
            found.update((one["Id"], one) for one in self._read_pages("list_accounts", "Accounts"))

        # Side by side: each is pages or units one after the other.
        self._pool.map_each(lambda work: work(), (list_all, tree.walk), go_on=lambda: True)
        places = {account_id: list_parents(account) for account_id, account in found.items()}
        if not all(places.values()):
            # An SDK or an organization without `Account.Paths`: where each account is, unit by unit.
            places |= {
                str(account["Id"]): tree.find_path(parent)
                for parent in tree.list_parents()
                for account in self._read_pages("list_accounts_for_parent", "Accounts", ParentId=parent)
            }
        return [
            _make_account(account, places[account_id], tree.get_names(places[account_id]))
            for account_id, account in sorted(found.items())
        ]

    def read_tags(self, account_id: str) -> Mapping[str, str]:
        """The tags of an account; RetryableError at the first refusal: the caller has its own patience."""
        # This listing takes no MaxResults.
        found = self._read_account("list_tags_for_resource", "Tags", {"ResourceId": account_id}, waits=(0.0,))
        return {tag["Key"]: tag["Value"] for tag in found}

    def _read_pages(self, operation: str, result: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        return self._read_account(operation, result, {**parameters, "MaxResults": PAGE_SIZE}, waits=_WAITS)

    def _read_account(
        self, operation: str, result: str, parameters: Mapping[str, Any], *, waits: Sequence[float]
    ) -> Iterator[Mapping[str, Any]]:
        """The items of all pages. A page may be empty and not the last; an empty token is an error."""
        token: dict[str, str] = {}
        while True:
            answer = self._call(operation, {**parameters, **token}, waits)
            yield from answer[result]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _call(self, operation: str, parameters: Mapping[str, Any], waits: Sequence[float]) -> dict[str, Any]:
        code = ""
        for seconds in waits:
            self._clock.sleep(seconds + self._pace.reserve(self._get_seconds() + seconds))
            with self._lock:
                self._reads += 1
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
            except AWS_ERRORS as error:
                code = get_code(error)
                if not is_transient(error):
                    break
                if is_throttled(error):
                    self._pace.slow_down(self._get_seconds())
                continue
            self._pace.speed_up(self._get_seconds())
            return answer
        raise RetryableError(f"AWS Organizations refused {operation}: {code}")

    def _get_seconds(self) -> float:
        return self._clock.now().timestamp()
