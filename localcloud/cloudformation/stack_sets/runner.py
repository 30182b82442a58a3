"""Runs operations one after the other, account by account, in a thread of their own.

CloudFormation works on MaxConcurrentCount accounts at a time; one at a time has the same end, except that a
failure stops the rest as strictly as STRICT_FAILURE_TOLERANCE says, whatever the concurrency mode.
"""

import logging
import queue
import threading
import uuid
from itertools import groupby

from localcloud.cloudformation.deployment import Deployment
from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.resource import now
from localcloud.cloudformation.stack import Stack
from localcloud.cloudformation.stack_sets.model import StackInstance, StackSet, StackSetOperation
from simulation.organization import SimulatedOrganization

_DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_log = logging.getLogger(__name__)


class Runner:
    """Takes operations from a queue until it is closed."""

    def __init__(self, engine: Engine, organization: SimulatedOrganization) -> None:
        self._engine = engine
        self._organization = organization
        self._queue: queue.SimpleQueue[tuple[StackSet, StackSetOperation] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="stacksets", daemon=True)
        self._thread.start()

    def submit(self, stack_set: StackSet, operation: StackSetOperation) -> None:
        """Run the operation when all that were submitted before have ended."""
        stack_set.operations.append(operation)
        for result in operation.results:
            result.instance.operation = operation.id
        self._queue.put((stack_set, operation))

    def close(self) -> None:
        """End after the present operation."""
        self._queue.put(None)
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            stack_set, operation = job
            operation.status = "RUNNING"
            try:
                self._run(stack_set, operation)
            except Exception:  # noqa: BLE001 -- the thread must live, and the caller that waits must learn of it
                _log.exception("stack set operation", extra={"operation": operation.id})
                operation.status = "FAILED"
            operation.ended_at = now()

    def _run(self, stack_set: StackSet, operation: StackSetOperation) -> None:
        stopped = False
        for _, results in groupby(operation.results, key=lambda result: result.instance.region):
            of_region = list(results)
            tolerated, failures = operation.count_tolerated(len(of_region)), 0
            for result in of_region:
                if stopped:
                    result.status, result.reason = (
                        "CANCELLED",
                        "Cancelled since failure tolerance has exceeded",
                    )
                    result.instance.settle("OUTDATED", "CANCELLED", result.reason)
                    continue
                result.reason = self._apply(stack_set, operation, result.instance)
                result.status = "FAILED" if result.reason else "SUCCEEDED"
                failures += result.status == "FAILED"
                stopped = failures > tolerated
        operation.status = "FAILED" if stopped else "SUCCEEDED"

    def _apply(
        self, stack_set: StackSet, operation: StackSetOperation, instance: StackInstance
    ) -> str | None:
        """The reason of the failure, None on success."""
        if operation.action == "DELETE":
            return self._delete(stack_set, instance, retain=operation.retain)
        account = self._organization.accounts.get(instance.account)
        if account is None or account.state != "ACTIVE":
            instance.settle("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT")
            return None
        instance.detail = "RUNNING"
        reason = self._deploy(stack_set, instance)
        if reason:
            instance.settle("OUTDATED", "FAILED", reason)
        else:
            instance.settle("CURRENT", "SUCCEEDED")
        return reason

    def _deploy(self, stack_set: StackSet, instance: StackInstance) -> str | None:
        if instance.stack and instance.stack.status == "ROLLBACK_COMPLETE":
            # A creation that failed can only be deleted and begun anew.
            Deployment(self._engine, instance.stack).delete()
            instance.stack = None
        name = f"StackSet-{stack_set.name}-{uuid.uuid4()}"
        stack = instance.stack or Stack(name=name, account=instance.account, region=instance.region)
        definition = stack_set.definition
        given = {p["ParameterKey"]: p for p in [*definition.parameters, *instance.overrides]}
        try:
            revision = self._engine.revise(
                stack, definition.body, parameters=list(given.values()), tags=definition.tags
            )
            if revision.is_same_as(stack.revision):
                return None
            wanted = self._engine.list_definitions(stack, revision)
            if not stack.can_change:
                return f"Stack:{stack.id} is in {stack.status} state and can not be updated."
        except TemplateError as error:
            return str(error)
        self._engine.register(stack)
        instance.stack = stack
        Deployment(self._engine, stack).run(revision, wanted)
        if stack.status in _DEPLOYED:
            return None
        return f"ResourceLogicalId: {stack.name}, {stack.reason}"

    def _delete(self, stack_set: StackSet, instance: StackInstance, *, retain: bool) -> str | None:
        stack = instance.stack
        if stack and not retain:
            Deployment(self._engine, stack).delete()
            if stack.status != "DELETE_COMPLETE":
                instance.settle("INOPERABLE", "INOPERABLE", stack.reason)
                return stack.reason
        stack_set.instances.pop((instance.account, instance.region), None)
        return None
