"""The state of an organization: a tree of OUs with accounts, trusted access, delegated administrators."""

from typing import Literal

from simulation.accounts import EXAMPLE_PRIMARY, AlternateContact, OrganizationalUnit, SimulatedAccount
from simulation.clock import Clock
from simulation.ids import Ids
from simulation.policy_store import FULL_ACCESS, PolicyStore

__all__ = ["ACCOUNT_PRINCIPAL", "AlternateContact", "FeatureSet", "SimulatedAccount", "SimulatedOrganization"]

ACCOUNT_PRINCIPAL = "account.amazonaws.com"
FeatureSet = Literal["ALL", "CONSOLIDATED_BILLING"]


class SimulatedOrganization:
    """The tree and its indexes; every lookup takes constant time, paths the depth of the tree.

    `standalone` holds accounts outside of it: they may use the Account API on themselves and be invited.
    `feature_set` is ALL or CONSOLIDATED_BILLING. Service control policies are in `policies`.
    """

    def __init__(
        self, *, organization_id: str, management: str, clock: Clock, partition: str = "aws", seed: int = 0
    ) -> None:
        self.id = organization_id
        self.management = management
        self.clock = clock
        self.partition = partition
        self.ids = Ids(seed)
        self.root_id = "r-a1b2"
        self.root_tags: dict[str, str] = {}
        self.feature_set: FeatureSet = "ALL"
        self.accounts: dict[str, SimulatedAccount] = {}
        self.standalone: dict[str, SimulatedAccount] = {}
        self.units: dict[str, OrganizationalUnit] = {}
        self.policies = PolicyStore()
        self.trusted_access: set[str] = set()
        self.delegated_administrators: dict[str, set[str]] = {}
        # Ids by parent id, in order of arrival (dict keys: an ordered set). Every parent has an entry.
        self.child_accounts: dict[str, dict[str, None]] = {self.root_id: {}}
        self.child_units: dict[str, dict[str, None]] = {self.root_id: {}}
        self.emails: set[str] = set()  # root addresses in lower case, those of standalone accounts, too
        self.add_account(account_id=management, name="Management", email=f"aws+{management}@example.com")

    def add_account(
        self,
        *,
        name: str,
        email: str,
        account_id: str | None = None,
        parent: str | None = None,
    ) -> SimulatedAccount:
        """Put an account under `parent` (an id; the root when not given); a new id when none is given.

        It has management's primary contact, with its own name as the full name, and no alternate ones, as
        after CreateAccount. Raises KeyError for an unknown parent, ValueError when id or address is taken.
        """
        parent_id = parent or self.root_id
        children = self.child_accounts[parent_id]
        account = self._make_account(account_id, name, email, parent_id)
        management = self.accounts.get(self.management)
        # Captured once.
        account.primary = {**management.primary, "FullName": name} if management else EXAMPLE_PRIMARY
        children[account.id] = None
        self.accounts[account.id] = account
        return account

    def add_standalone(self, *, name: str, email: str, account_id: str | None = None) -> SimulatedAccount:
        """An account outside the organization; raises ValueError when id or address is taken."""
        account = self._make_account(account_id, name, email, "")
        self.standalone[account.id] = account
        return account

    def admit(self, account_id: str) -> SimulatedAccount:
        """Move a standalone account into the root, as after an accepted invitation; raises KeyError."""
        account = self.standalone.pop(account_id)
        account.parent_id, account.joined_method = self.root_id, "INVITED"
        account.joined_at = self.clock.now()
        self.child_accounts[self.root_id][account_id] = None
        self.accounts[account_id] = account
        return account

    def dismiss(self, account_id: str) -> SimulatedAccount:
        """Make a member a standalone account: its tags and policies stay behind; raises KeyError."""
        account = self.accounts.pop(account_id)
        del self.child_accounts[account.parent_id][account_id]
        self.policies.forget(account_id)
        account.parent_id = ""
        account.tags.clear()
        self.standalone[account_id] = account
        return account

    def find_account(self, account_id: str) -> SimulatedAccount | None:
        """A member, management or standalone account; None when there is no such account."""
        return self.accounts.get(account_id) or self.standalone.get(account_id)

    def add_ou(self, name: str, parent: str | None = None) -> str:
        """Create an OU under `parent` (an id; the root when not given) and give its id."""
        parent_id = parent or self.root_id
        unit_id = f"ou-{self.root_id[2:]}-{self.ids.make_suffix(8)}"
        self.child_units[parent_id][unit_id] = None
        self.units[unit_id] = OrganizationalUnit(id=unit_id, name=name, parent_id=parent_id)
        self.child_accounts[unit_id] = {}
        self.child_units[unit_id] = {}
        return unit_id

    def remove_ou(self, unit_id: str) -> None:
        """Delete an OU that is empty; raises KeyError when there is no such OU."""
        unit = self.units.pop(unit_id)
        del self.child_units[unit.parent_id][unit_id]
        del self.child_units[unit_id], self.child_accounts[unit_id]
        self.policies.forget(unit_id)

    def rename_ou(self, unit_id: str, name: str) -> None:
        """Give an OU another name; raises KeyError when there is no such OU."""
        self.units[unit_id].name = name

    def move(self, account_id: str, destination: str) -> None:
        """Move an account under another root or OU id; raises KeyError when either does not exist."""
        account, target = self.accounts[account_id], self.child_accounts[destination]
        del self.child_accounts[account.parent_id][account_id]
        target[account_id] = None
        account.parent_id = destination

    def has_trusted_access(self, principal: str) -> bool:
        """Whether trusted access is on for a service; without all features it cannot be."""
        return self.feature_set == "ALL" and principal in self.trusted_access

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

    def list_lineage(self, node_id: str) -> list[str]:
        """Ids from the root down to an account or OU, both included; raises KeyError."""
        ids = [node_id]
        while ids[-1] != self.root_id:
            ids.append((self.accounts.get(ids[-1]) or self.units[ids[-1]]).parent_id)
        return ids[::-1]

    def build_path(self, node_id: str) -> str:
        """`o-.../r-.../ou-.../<id>/` of an account or OU, its own id and the last slash included."""
        return "/".join([self.id, *self.list_lineage(node_id)]) + "/"

    def build_arn(self, kind: str, node_id: str | None = None) -> str:
        """The ARN of an `account`, `ou`, `root` or the `organization` itself (no node id)."""
        tail = f"/{node_id}" if node_id else ""
        return f"arn:{self.partition}:organizations::{self.management}:{kind}/{self.id}{tail}"

    def build_policy_arn(self, policy_id: str) -> str:
        """The ARN of a service control policy; AWS's own ones belong to no organization."""
        if policy_id == FULL_ACCESS:
            return f"arn:{self.partition}:organizations::aws:policy/service_control_policy/{policy_id}"
        return f"{self.build_arn('policy')}/service_control_policy/{policy_id}"

    def _make_account(
        self, account_id: str | None, name: str, email: str, parent_id: str
    ) -> SimulatedAccount:
        new_id, now = account_id or self.ids.make_account_id(), self.clock.now()
        if self.find_account(new_id) or email.lower() in self.emails:
            raise ValueError(f"account {new_id} or its address exists already")
        self.emails.add(email.lower())
        return SimulatedAccount(
            id=new_id, name=name, email=email, parent_id=parent_id, created_at=now, joined_at=now
        )
