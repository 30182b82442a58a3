"""The stack sets of an organization: who may work on them, where they go, and what an operation is made of.

Sources: CloudFormation user guide, "Register a delegated administrator" and "Activate trusted access"; API
reference, DeploymentTargets; the texts of refusals as users of cdk-stacksets #265, the Terraform provider
(#22867, #32536) and cdk-organizations #1718 quote them.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.errors import RequestError, TemplateError
from localcloud.cloudformation.stack_sets.model import (
    InstanceResult,
    StackInstance,
    StackSet,
    StackSetDefinition,
    StackSetOperation,
)
from localcloud.cloudformation.stack_sets.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from localcloud.cloudformation.engine import Engine
    from simulation.organization import SimulatedOrganization

_FILTERS: dict[str, Callable[[str, set[str]], bool]] = {
    "NONE": lambda _account, _named: True,
    "INTERSECTION": lambda account, named: account in named,
    "DIFFERENCE": lambda account, named: account not in named,
}


def list_accounts_below(organization: SimulatedOrganization, unit: str) -> Iterator[str]:
    """All accounts under a root or OU and the OUs in it, but never the management account."""
    yield from (a for a in list(organization.child_accounts[unit]) if a != organization.management)
    for child in list(organization.child_units[unit]):
        yield from list_accounts_below(organization, child)


def resolve_targets(organization: SimulatedOrganization, targets: Mapping[str, Any]) -> dict[str, str]:
    """The target accounts, each with the targeted root or OU that it is below.

    Raises TemplateError for targets that a service-managed set cannot have. AWS's texts are not known here.
    """
    units, filtered = targets.get("OrganizationalUnitIds", []), targets.get("AccountFilterType", "NONE")
    if not units:
        raise TemplateError(
            "OrganizationalUnitIds are required for StackSets with SERVICE_MANAGED permissions"
        )
    if filtered not in _FILTERS:
        raise TemplateError(f"AccountFilterType {filtered} is not modelled by the local cloud")
    if unknown := [unit for unit in units if unit not in organization.child_accounts]:
        raise TemplateError(f"OrganizationalUnit(s) not found: {', '.join(unknown)}")
    keeps, named = _FILTERS[filtered], set(targets.get("Accounts", []))
    found: dict[str, str] = {}
    for unit in units:
        for account in list_accounts_below(organization, unit):
            if keeps(account, named):
                found.setdefault(account, unit)
    return found


PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
_NO_ACCESS = "You must enable organizations access to operate a service managed stack set"
_NOT_DELEGATED = "Account used is not a delegated administrator"
_NOT_ADMINISTRATOR = (
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set"
)
_ENDED = ("SUCCEEDED", "FAILED")


class StackSets:
    """All sets of one organization. `lock` guards what requests and auto-deployment change."""

    def __init__(self, engine: Engine, organization: SimulatedOrganization) -> None:
        self.organization = organization
        self.lock = threading.RLock()
        self.sets: list[StackSet] = []
        self.runner = Runner(engine, organization)
        # An organization that starts with trusted access was activated before.
        self._activated = PRINCIPAL in organization.trusted_access

    @property
    def enabled(self) -> bool:
        """Whether StackSets are activated and still have trusted access in Organizations."""
        return self._activated and PRINCIPAL in self.organization.trusted_access

    def activate(self, account: str, *, on: bool) -> None:
        """Activate or deactivate access to Organizations. Only the management account may."""
        if account != self.organization.management:
            raise RequestError("InvalidOperationException", _NOT_ADMINISTRATOR)
        self._activated = on
        change = self.organization.trusted_access.add if on else self.organization.trusted_access.discard
        change(PRINCIPAL)

    def authorize(self, account: str, call_as: str, *, changes: bool = False) -> None:
        """Raise TemplateError unless the account may act as `call_as`, in an activated organization."""
        if call_as == "DELEGATED_ADMIN" and not self.organization.is_delegated(account, PRINCIPAL):
            raise TemplateError(_NOT_DELEGATED)
        if call_as == "SELF" and account != self.organization.management:
            raise TemplateError(_NOT_ADMINISTRATOR)
        if changes and not self.enabled:
            raise TemplateError(_NO_ACCESS)

    def find(self, name: str, region: str) -> StackSet:
        """The set of that name or id in a Region; raises StackSetNotFoundException."""
        for stack_set in self.sets:
            active = stack_set.name == name and stack_set.status == "ACTIVE"
            if stack_set.region == region and (active or stack_set.id == name):
                return stack_set
        raise RequestError("StackSetNotFoundException", f"StackSet {name} not found")

    def create(self, name: str, region: str, definition: StackSetDefinition) -> StackSet:
        """A new set without instances; raises NameAlreadyExistsException."""
        if any(s.name == name and s.region == region and s.status == "ACTIVE" for s in self.sets):
            raise RequestError("NameAlreadyExistsException", f"StackSet {name} already exists")
        set_id = f"{name}:{uuid.uuid4()}"
        arn = f"arn:aws:cloudformation:{region}:{self.organization.management}:stackset/{set_id}"
        stack_set = StackSet(name=name, id=set_id, arn=arn, region=region, definition=definition)
        self.sets.append(stack_set)
        return stack_set

    def update(
        self, stack_set: StackSet, definition: StackSetDefinition, operation: StackSetOperation
    ) -> None:
        """Change the set and all its instances."""
        self._admit(stack_set, operation)
        stack_set.definition = definition
        self._start(stack_set, operation, stack_set.instances.values())

    def delete(self, stack_set: StackSet) -> None:
        """Raises StackSetNotEmptyException while there are instances."""
        if stack_set.instances:
            raise RequestError("StackSetNotEmptyException", "StackSet is not empty")
        stack_set.status = "DELETED"

    def add_instances(
        self,
        stack_set: StackSet,
        operation: StackSetOperation,
        regions: Iterable[str],
        overrides: list[dict[str, Any]],
    ) -> None:
        """Deploy to the operation's targets, and remember the OUs for auto-deployment."""
        accounts = resolve_targets(self.organization, operation.targets)
        self._admit(stack_set, operation)
        instances = [
            self._get_instance(stack_set, account, region, unit)
            for region in regions
            for account, unit in accounts.items()
        ]
        for instance in instances:
            instance.overrides = overrides
        self._start(stack_set, operation, instances)
        for unit in operation.targets["OrganizationalUnitIds"]:
            stack_set.targets.setdefault(unit, set()).update(regions)

    def remove_instances(
        self, stack_set: StackSet, operation: StackSetOperation, regions: Iterable[str]
    ) -> None:
        """Delete (or, with `retain`, release) the existing instances of the operation's targets."""
        accounts = resolve_targets(self.organization, operation.targets)
        self._admit(stack_set, operation)
        found = [
            stack_set.instances[account, region]
            for region in regions
            for account in accounts
            if (account, region) in stack_set.instances
        ]
        self._start(stack_set, operation, found)
        if operation.targets.get("AccountFilterType", "NONE") == "NONE":
            for unit in operation.targets["OrganizationalUnitIds"]:
                left = stack_set.targets.pop(unit, set()) - set(regions)
                if left:
                    stack_set.targets[unit] = left

    def deploy(self, stack_set: StackSet, units: Mapping[str, str]) -> None:
        """Create the instances of accounts that joined a target. `units`: the target of each account."""
        instances = [
            self._get_instance(stack_set, account, region, unit)
            for account, unit in units.items()
            for region in sorted(stack_set.targets[unit])
        ]
        for instance in instances:
            instance.unit = units[instance.account]
        missing = [i for i in instances if (i.account, i.region) not in stack_set.instances]
        if missing:
            self._start(stack_set, _make_automatic_operation("CREATE"), missing)

    def withdraw(self, stack_set: StackSet, accounts: Iterable[str]) -> None:
        """Delete the instances of accounts that left the targets."""
        gone = [i for account in accounts for i in stack_set.instances.values() if i.account == account]
        if gone:
            retain = bool(stack_set.definition.auto_deployment.get("RetainStacksOnAccountRemoval"))
            self._start(stack_set, _make_automatic_operation("DELETE", retain=retain), gone)

    def _get_instance(self, stack_set: StackSet, account: str, region: str, unit: str) -> StackInstance:
        present = stack_set.instances.get((account, region))
        return present or StackInstance(account=account, region=region, unit=unit)

    def _admit(self, stack_set: StackSet, operation: StackSetOperation) -> None:
        running = [o for o in stack_set.operations if o.status not in _ENDED]
        if running and not stack_set.definition.managed_execution:
            raise RequestError(
                "OperationInProgressException",
                f"Another Operation on StackSet {stack_set.arn} is in progress: {running[0].id}",
            )
        if any(o.id == operation.id for o in stack_set.operations):
            raise RequestError(
                "OperationIdAlreadyExistsException", f"Operation {operation.id} already exists"
            )

    def _start(
        self, stack_set: StackSet, operation: StackSetOperation, instances: Iterable[StackInstance]
    ) -> None:
        chosen = sorted(instances, key=lambda instance: (instance.region, instance.account))
        if operation.action != "DELETE":
            stack_set.instances.update({(i.account, i.region): i for i in chosen})
        operation.results.extend(InstanceResult(instance=instance) for instance in chosen)
        self.runner.submit(stack_set, operation)


def _make_automatic_operation(action: str, *, retain: bool = False) -> StackSetOperation:
    # One account's failure is nothing to the others.
    return StackSetOperation(action=action, retain=retain, preferences={"FailureTolerancePercentage": 100})
