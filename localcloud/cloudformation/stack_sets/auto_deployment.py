"""Automatic deployment: accounts that join a target gain an instance, accounts that leave it lose theirs.

Source: CloudFormation user guide, "Enable or disable automatic deployments for StackSets". An account that
moves between two targets of a set keeps its instance.
"""

import threading
from typing import Any

from localcloud.cloudformation.stack_sets.model import StackSet
from localcloud.cloudformation.stack_sets.service import StackSets, list_accounts_below
from simulation.cloud import SimulatedCloud


class AutoDeployment:
    """Compares the organization with its last state, `seconds` after each of its events."""

    def __init__(self, stack_sets: StackSets, simulation: SimulatedCloud, seconds: float) -> None:
        self._stack_sets = stack_sets
        self._seconds = seconds
        self._parents = self._read_parents()
        self._closed = False
        simulation.subscribe(self._on_event)

    def close(self) -> None:
        """Ignore further events."""
        self._closed = True

    def _on_event(self, _account: str, event: dict[str, Any]) -> None:
        if event["source"] == "aws.organizations" and not self._closed:
            timer = threading.Timer(self._seconds, self._compare)
            timer.daemon = True
            timer.start()

    def _compare(self) -> None:
        """Deploy where accounts moved. It compares states, because events have many shapes."""
        with self._stack_sets.lock:
            current, before = self._read_parents(), self._parents
            self._parents = current
            changed = {a for a in current.keys() | before.keys() if current.get(a) != before.get(a)}
            if self._closed or not changed or not self._stack_sets.enabled:
                return
            for stack_set in self._stack_sets.sets:
                if stack_set.status == "ACTIVE" and stack_set.definition.deploys_itself:
                    self._follow(stack_set, changed)

    def _follow(self, stack_set: StackSet, changed: set[str]) -> None:
        organization = self._stack_sets.organization
        targets = {
            account: unit
            for unit in stack_set.targets
            if unit in organization.child_accounts
            for account in list_accounts_below(organization, unit)
            if account in changed
        }
        self._stack_sets.deploy(stack_set, targets)
        self._stack_sets.withdraw(stack_set, changed - targets.keys())

    def _read_parents(self) -> dict[str, str]:
        accounts = list(self._stack_sets.organization.accounts.values())
        return {account.id: account.parent_id for account in accounts}
