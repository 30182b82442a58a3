"""AWS Organizations: all accounts with their places."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from rollcall.adapters.account_api import call_paced
from rollcall.adapters.errors import AWS_ERRORS, get_code, is_transient
from rollcall.adapters.organizations import list_parents
from rollcall.model.account import Account, AccountState
from rollcall.model.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rollcall.ports import Clock
    from rollcall.timing import Pace


class UnitTree:
    """Names and places of OUs, read by `pages` when they are first asked for; RetryableError."""

    def __init__(self, pages: Callable[..., Iterator[Mapping[str, Any]]]) -> None:
        self._pages = pages
        self._names: dict[str, str] = {}
        self._below: dict[str, list[str]] = {}

    def get_names(self, place: Sequence[str]) -> tuple[str, ...] | None:
        """Names of the OUs of a place; None for none, or with one that AWS did not list. RetryableError."""
        for parent_id in place[:-1]:
            self._list_below(parent_id)
        known = bool(place) and all(unit_id in self._names for unit_id in place[1:])
        return tuple(self._names[unit_id] for unit_id in place[1:]) if known else None

    def list_places(self) -> Iterator[list[str]]:
        """Where accounts may be: ids from the root down, of the root and of each OU. RetryableError."""
        for root in self._pages("list_roots", "Roots"):
            yield from self._walk([str(root["Id"])])

    def _walk(self, place: list[str]) -> Iterator[list[str]]:
        yield place
        for unit_id in self._list_below(place[-1]):
            yield from self._walk([*place, unit_id])

    def _list_below(self, parent_id: str) -> list[str]:
        if parent_id not in self._below:
            units = list(
                self._pages("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent_id)
            )
            self._names.update((str(unit["Id"]), str(unit["Name"])) for unit in units)
            self._below[parent_id] = [str(unit["Id"]) for unit in units]
        return self._below[parent_id]


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
    """The port `AccountListing` over a boto3 Organizations client that does not retry by itself."""

    def __init__(self, *, client: Any, clock: Clock, pace: Pace) -> None:
        self._client = client
        self._clock = clock
        self._pace = pace
        self._reads = 0
        # Several threads read.
        self._lock = Lock()

    @property
    def reads(self) -> int:
        """How many calls to AWS Organizations were made, those that it refused among them."""
        return self._reads

    def list_accounts(self) -> Iterator[Account]:
        """Every account once with its place, without tags, as AWS lists them, page by page.

        One whose place AWS does not say, such as one that moves meanwhile, is UNKNOWN and in no OU: it is
        left alone, and stops nobody. RetryableError if AWS was too busy for a minute.
        """
        tree, seen = UnitTree(self._read_pages), set()
        placeless: list[Mapping[str, Any]] = []
        for found in self._read_pages("list_accounts", "Accounts"):
            if found["Id"] in seen:
                continue
            seen.add(found["Id"])
            if place := list_parents(found):
                yield _make_account(found, place, tree.get_names(place))
            else:
                placeless.append(found)
        places: dict[str, list[str]] = {}
        if placeless:
            # An SDK or an organization without `Account.Paths`: where each account is, unit by unit.
            places = {
                str(account["Id"]): place
                for place in tree.list_places()
                for account in self._read_pages("list_accounts_for_parent", "Accounts", ParentId=place[-1])
            }
        for found in placeless:
            place = places.get(found["Id"], [])
            yield _make_account(found, place, tree.get_names(place))

    def read_tags(self, account_id: str) -> Mapping[str, str]:
        """The tags of an account; RetryableError at the first refusal: the caller has its own patience."""
        # This listing takes no MaxResults.
        found = self._read_items("list_tags_for_resource", "Tags", {"ResourceId": account_id}, waits=(0.0,))
        return {tag["Key"]: tag["Value"] for tag in found}

    def _read_pages(self, operation: str, result: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        return self._read_items(operation, result, {**parameters, "MaxResults": PAGE_SIZE}, waits=_WAITS)

    def _read_items(
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
            self._clock.sleep(seconds)
            with self._lock:
                self._reads += 1
            call = getattr(self._client, operation)
            try:
                answer: dict[str, Any] = call_paced(call, parameters, pace=self._pace, clock=self._clock)
            except AWS_ERRORS as error:
                code = get_code(error)
                if not is_transient(error):
                    break
                continue
            return answer
        raise RetryableError(f"AWS Organizations refused {operation}: {code}")
