"""The state of an organization: a tree of OUs with accounts in it, and who may act for it."""

from dataclasses import dataclass, field
from datetime import datetime

from simulation.clock import Clock
from simulation.ids import Ids

ACCOUNT_PRINCIPAL = "account.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateContact:
    """One alternate contact as the Account API stores it."""

    name: str
    title: str
    email: str
    phone: str


@dataclass(slots=True, kw_only=True)
class Account:
    """A member or the management account. Mutable: it is the state that API calls change.

    `state` is one of PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED; `contacts` maps
    SECURITY, OPERATIONS and BILLING to what is stored now.
    """

    id: str
    name: str
    email: str
    parent_id: str
    joined_at: datetime
    joined_method: str = "CREATED"
    state: str = "ACTIVE"
    tags: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, AlternateContact] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class OrganizationalUnit:
    """An OU (mutable, as `Account`)."""

    id: str
    name: str
    parent_id: str
    tags: dict[str, str] = field(default_factory=dict)


class Organization:
    """The tree and its indexes; every lookup takes constant time, paths the depth of the tree."""

    def __init__(
        self, *, organization_id: str, management: str, clock: Clock, partition: str = "aws", seed: int = 0
    ) -> None:
        self.id = organization_id
        self.management = management
        self.clock = clock
        self.partition = partition
        self.ids = Ids(seed)
        self.root_id = "r-a1b2"
        self.accounts: dict[str, Account] = {}
        self.units: dict[str, OrganizationalUnit] = {}
        self.trusted_access: set[str] = set()
        self.delegated_administrators: dict[str, set[str]] = {}
        # Ids by parent id, in order of arrival (dict keys: an ordered set). Every parent has an entry.
        self.child_accounts: dict[str, dict[str, None]] = {self.root_id: {}}
        self.child_units: dict[str, dict[str, None]] = {self.root_id: {}}
        self.emails: set[str] = set()  # root addresses in lower case
        self.add_account(account_id=management, name="Management", email=f"aws+{management}@example.com")

    def add_account(
        self,
        *,
        name: str,
        email: str,
        account_id: str | None = None,
        parent: str | None = None,
        joined_method: str = "CREATED",
    ) -> Account:
        """Put an account under `parent` (an id; the root when not given); a new id when none is given.

        Raises KeyError for an unknown parent, ValueError when id or address is taken.
        """
        parent_id = parent or self.root_id
        if account_id is None:
            account_id = self.ids.account()
        if account_id in self.accounts or email.lower() in self.emails:
            raise ValueError(f"account {account_id} or its address exists already")
        account = Account(
            id=account_id,
            name=name,
            email=email,
            parent_id=parent_id,
            joined_at=self.clock.now(),
            joined_method=joined_method,
        )
        self.child_accounts[parent_id][account_id] = None
        self.accounts[account_id] = account
        self.emails.add(email.lower())
        return account

    def add_ou(self, name: str, parent: str | None = None) -> str:
        """Create an OU under `parent` (an id; the root when not given) and give its id."""
        parent_id = parent or self.root_id
        unit_id = f"ou-{self.root_id[2:]}-{self.ids.suffix(8)}"
        self.child_units[parent_id][unit_id] = None
        self.units[unit_id] = OrganizationalUnit(id=unit_id, name=name, parent_id=parent_id)
        self.child_accounts[unit_id] = {}
        self.child_units[unit_id] = {}
        return unit_id

    def rename_ou(self, unit_id: str, name: str) -> None:
        """Give an OU another name; raises KeyError when there is no such OU."""
        self.units[unit_id].name = name

    def move(self, account_id: str, destination: str) -> None:
        """Move an account under another root or OU id; raises KeyError when either does not exist."""
        account, target = self.accounts[account_id], self.child_accounts[destination]
        del self.child_accounts[account.parent_id][account_id]
        target[account_id] = None
        account.parent_id = destination

    def delegate(self, account_id: str, principal: str = ACCOUNT_PRINCIPAL) -> None:
        """Register a delegated administrator, as after RegisterDelegatedAdministrator."""
        self.delegated_administrators.setdefault(principal, set()).add(account_id)

    def is_delegated(self, account_id: str, principal: str | None = None) -> bool:
        """Whether the account administers `principal`, or any service when none is named."""
        if principal is not None:
            return account_id in self.delegated_administrators.get(principal, ())
        return any(account_id in ids for ids in self.delegated_administrators.values())

    def find_ou(self, path: str) -> str:
        """The id of an OU by its names below the root ("Workloads/Production"); raises KeyError."""
        parent_id = self.root_id
        for name in path.split("/"):
            matches = [unit for unit in self.child_units[parent_id] if self.units[unit].name == name]
            if not matches:
                raise KeyError(path)
            parent_id = matches[0]
        return parent_id

    def path_ids(self, node_id: str) -> str:
        """`o-.../r-.../ou-.../<id>/` of an account or OU, its own id and the last slash included."""
        ids = [node_id]
        parent_id = (self.accounts.get(node_id) or self.units[node_id]).parent_id
        while parent_id != self.root_id:
            ids.append(parent_id)
            parent_id = self.units[parent_id].parent_id
        return "/".join([self.id, self.root_id, *reversed(ids)]) + "/"

    def arn(self, kind: str, node_id: str | None = None) -> str:
        """The ARN of an `account`, `ou`, `root` or the `organization` itself (no node id)."""
        tail = f"/{node_id}" if node_id else ""
        return f"arn:{self.partition}:organizations::{self.management}:{kind}/{self.id}{tail}"
