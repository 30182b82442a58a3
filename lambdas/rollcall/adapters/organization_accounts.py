"""All accounts of AWS Organizations with their places: few calls, counted, paced, tried again when busy."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from rollcall.account import Account, AccountState
from rollcall.adapters.aws_errors import AWS_ERRORS, code_of, throttled, transient
from rollcall.adapters.organizations import parents_of
from rollcall.adapters.unit_tree import UnitTree
from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall.pacing import Pace
    from rollcall.ports import Clock

#: What AWS Organizations gives at most on one page; of accounts it has never given more.
PAGE_SIZE = 20
#: Waits before each further try of a call that AWS was too busy for: a minute in all.
_WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class OrganizationAccounts:
    """The port `Accounts` over a boto3 Organizations client that does not retry by itself."""

    def __init__(self, *, client: Any, clock: Clock, pace: Pace) -> None:
        self._client = client
        self._clock = clock
        self._pace = pace
        self._reads = 0
        # Tags are read by several threads.
        self._lock = Lock()

    @property
    def reads(self) -> int:
        """How many calls to AWS Organizations were made, those that it refused among them."""
        return self._reads

    def all(self) -> Sequence[Account]:
        """Every account with its place, without tags, in the order of their ids.

        RetryableError if AWS was too busy for a minute, or an account moved so that it was seen nowhere.
        """
        found = {account["Id"]: account for account in self._pages("list_accounts", "Accounts")}
        tree = UnitTree(self._pages)
        places = {account_id: parents_of(account) for account_id, account in found.items()}
        if not all(places.values()):
            # An SDK or an organization without `Account.Paths`: where each account is, unit by unit.
            places |= {
                str(account["Id"]): tree.down_to(parent)
                for parent in tree.parents()
                for account in self._pages("list_accounts_for_parent", "Accounts", ParentId=parent)
            }
        if not all(places.values()):
            raise RetryableError("an account moved while the accounts were listed")
        return [
            Account(
                id=account_id,
                name=account.get("Name", ""),
                # State since 2025; Status where the SDK of the runtime does not know it yet.
                state=AccountState(account.get("State") or account["Status"]),
                ou_path=tuple(map(tree.name, places[account_id][1:])),
                parent_ids=tuple(places[account_id]),
            )
            for account_id, account in sorted(found.items())
        ]

    def tags(self, account_id: str) -> Mapping[str, str]:
        """The tags of an account; RetryableError at the first refusal: the caller has its own patience."""
        # This listing takes no MaxResults.
        found = self._listed("list_tags_for_resource", "Tags", {"ResourceId": account_id}, waits=(0.0,))
        return {tag["Key"]: tag["Value"] for tag in found}

    def _pages(self, operation: str, result: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        return self._listed(operation, result, {**parameters, "MaxResults": PAGE_SIZE}, waits=_WAITS)

    def _listed(
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
            self._clock.sleep(seconds + self._pace.reserve(self._seconds() + seconds))
            with self._lock:
                self._reads += 1
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
            except AWS_ERRORS as error:
                code = code_of(error)
                if not transient(error):
                    break
                if throttled(error):
                    self._pace.throttled(self._seconds())
                continue
            self._pace.succeeded(self._seconds())
            return answer
        raise RetryableError(f"AWS Organizations refused {operation}: {code}")

    def _seconds(self) -> float:
        return self._clock.now().timestamp()
