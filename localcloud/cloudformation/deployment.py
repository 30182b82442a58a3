"""One operation on one stack: to what a revision says, or back to what was deployed, or away."""

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.cloudformation.engine import Engine, differs, must_replace
from localcloud.cloudformation.errors import ResourceError, TemplateError
from localcloud.cloudformation.intrinsics import NO_VALUE, Scope
from localcloud.cloudformation.resources import ROWS
from localcloud.cloudformation.rows import Made, Row
from localcloud.cloudformation.stack import Resource, Stack
from localcloud.cloudformation.template import Revision

_GONE = ("NotFound", "NoSuch", "NonExist", "NotExist", "404")  # what services call a thing that is not there


class Deployment:
    """Creates or updates a stack, or deletes it; the operation has ended when its method returns."""

    def __init__(self, engine: Engine, stack: Stack) -> None:
        self._engine = engine
        self._stack = stack
        self._undo: list[Callable[[], Any]] = []
        self._replaced: list[Resource] = []

    def run(self, revision: Revision, wanted: Mapping[str, Any]) -> None:
        """Creates or updates to the revision, whose wanted resources `Engine.wanted` gives; or rolls back."""
        stack = self._stack
        verb, rollback = ("UPDATE", "UPDATE_ROLLBACK") if stack.revision else ("CREATE", "ROLLBACK")
        before = dict(stack.resources)
        stack.begin(f"{verb}_IN_PROGRESS")
        try:
            scope = self._engine.scope(stack, revision)
            for name, definition in wanted.items():
                self._converge(name, definition, scope)
            outputs = _outputs(scope)
        except (ResourceError, TemplateError) as error:
            stack.enter(f"{rollback}_IN_PROGRESS", str(error))
            for step in reversed(self._undo):
                step()
            stack.resources = before
            stack.enter(f"{rollback}_COMPLETE", str(error))
            return
        stack.outputs, stack.revision = outputs, revision
        if verb == "UPDATE":
            stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in reversed(self._replaced):
            self._remove(resource, resource.replace_policy)
        for name in [name for name in reversed(before) if name not in wanted]:
            self._remove(before[name], before[name].deletion_policy)
        stack.resources = {name: stack.resources[name] for name in wanted}
        stack.enter(f"{verb}_COMPLETE")

    def delete(self) -> None:
        """Deletes all resources, last made first; one that resists leaves the stack in DELETE_FAILED."""
        stack = self._stack
        stack.begin("DELETE_IN_PROGRESS")
        for name, resource in reversed(list(stack.resources.items())):
            if self._remove(resource, resource.deletion_policy):
                del stack.resources[name]
        if stack.resources:
            names = ", ".join(stack.resources)
            stack.enter("DELETE_FAILED", f"The following resource(s) failed to delete: [{names}].")
        else:
            stack.outputs = []
            stack.enter("DELETE_COMPLETE")

    def _converge(self, name: str, definition: Mapping[str, Any], scope: Scope) -> None:
        kind, old = definition["Type"], self._stack.resources.get(name)
        row, physical_id, verb = ROWS[kind], old.made.id if old else "", "UPDATE" if old else "CREATE"
        try:
            properties = scope.resolve(definition.get("Properties", {}))
            row.check(properties)
            if old is None:
                made = self._create(name, kind, properties)
            elif must_replace(old, kind, properties):
                _refuse_name_clash(row, old, properties)
                made = self._create(name, kind, properties)
                self._replaced.append(old)
            elif differs(row, old.properties, properties):
                made = self._update(old, old.properties, properties)
                self._undo.append(lambda: self._update(old, properties, old.properties))
            else:
                made = old.made
        except (ResourceError, TemplateError) as error:
            self._stack.note(name, kind, f"{verb}_FAILED", physical_id, str(error))
            raise ResourceError(
                f"The following resource(s) failed to {verb.lower()}: [{name}]. {error}"
            ) from error
        self._stack.resources[name] = Resource(
            logical_id=name,
            type=kind,
            made=made,
            properties=properties,
            deletion_policy=definition.get("DeletionPolicy", "Delete"),
            replace_policy=definition.get("UpdateReplacePolicy", "Delete"),
        )

    def _create(self, name: str, kind: str, properties: dict[str, Any]) -> Made:
        self._stack.note(name, kind, "CREATE_IN_PROGRESS")
        made = ROWS[kind].apply(self._engine.context(self._stack, name, properties))
        self._stack.note(name, kind, "CREATE_COMPLETE", made.id)
        resource = Resource(logical_id=name, type=kind, made=made, properties=properties)
        self._undo.append(lambda: self._remove(resource, resource.deletion_policy))
        return made

    def _update(self, resource: Resource, previous: dict[str, Any], properties: dict[str, Any]) -> Made:
        name, kind, made = resource.logical_id, resource.type, resource.made
        self._stack.note(name, kind, "UPDATE_IN_PROGRESS", made.id)
        complete = ROWS[kind].with_defaults(properties, previous)
        context = self._engine.context(self._stack, name, complete, made=made, previous=previous)
        made = ROWS[kind].apply(context)
        self._stack.note(name, kind, "UPDATE_COMPLETE", made.id)
        return made

    def _remove(self, resource: Resource, policy: str) -> bool:
        """Whether the resource is gone, or retained as its policy says."""
        name, kind, physical_id = resource.logical_id, resource.type, resource.made.id
        if policy != "Delete":
            self._stack.note(name, kind, "DELETE_SKIPPED", physical_id)
            return True
        self._stack.note(name, kind, "DELETE_IN_PROGRESS", physical_id)
        try:
            ROWS[kind].delete(
                self._engine.context(self._stack, name, resource.properties, made=resource.made)
            )
        except ResourceError as error:
            if not any(word in str(error) for word in _GONE):
                self._stack.note(name, kind, "DELETE_FAILED", physical_id, str(error))
                return False
        self._stack.note(name, kind, "DELETE_COMPLETE", physical_id)
        return True


def _refuse_name_clash(row: Row, old: Resource, properties: Mapping[str, Any]) -> None:
    """The new resource is made before the old one goes, so a fixed name must change too."""
    for key in row.fixed:
        if key.endswith("Name") and properties.get(key) == old.made.id:
            raise ResourceError(f"cannot replace a resource whose {key} is given: rename {old.made.id}")


def _outputs(scope: Scope) -> list[dict[str, str]]:
    """The outputs of a template as DescribeStacks gives them. Raises TemplateError."""
    outputs = []
    for key, output in scope.template.get("Outputs", {}).items():
        value = scope.resolve(output["Value"]) if scope.holds(output.get("Condition")) else NO_VALUE
        if value is not NO_VALUE:
            name = {"ExportName": scope.resolve(output["Export"]["Name"])} if "Export" in output else {}
            outputs.append(
                {
                    "OutputKey": key,
                    "OutputValue": str(value),
                    "Description": output.get("Description", ""),
                    **name,
                }
            )
    return outputs
