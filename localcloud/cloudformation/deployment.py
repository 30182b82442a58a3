"""One operation on one stack: create or update it, roll it back, delete it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from localcloud.cloudformation.engine import Engine, is_changed, must_replace
from localcloud.cloudformation.errors import ResourceError, TemplateError
from localcloud.cloudformation.intrinsics import NO_VALUE, TemplateScope
from localcloud.cloudformation.resource import MadeResource, Resource
from localcloud.cloudformation.resources import ROWS
from localcloud.cloudformation.rows import ResourceContext
from localcloud.cloudformation.stack import Stack
from localcloud.cloudformation.template import Revision

_T = TypeVar("_T")
_GONE = ("NotFound", "NoSuch", "NonExist", "NotExist", "404")  # what services call a thing that is not there


class Deployment:
    """Creates or updates a stack, or deletes it; the operation has ended when its method returns.

    `reverts` is whether it brings back what was changed or deleted since, as a drift-aware change set does:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html. Which types
    AWS does this for is not known here: each resource is written anew as for an update that changes nothing.
    """

    def __init__(self, engine: Engine, stack: Stack, *, reverts: bool = False) -> None:
        self._engine = engine
        self._stack = stack
        self._reverts = reverts
        self._undo: list[Callable[[], Any]] = []
        self._replaced: list[Resource] = []

    def run(self, revision: Revision, wanted: Mapping[str, Any]) -> None:
        """Create or update the stack to the revision, or roll back.

        `wanted` are the definitions that `Engine.list_definitions` gives for it.
        """
        stack = self._stack
        verb, rollback = ("UPDATE", "UPDATE_ROLLBACK") if stack.revision else ("CREATE", "ROLLBACK")
        before = dict(stack.resources)
        stack.begin(f"{verb}_IN_PROGRESS")
        try:
            scope = self._engine.make_scope(stack, revision)
            for name, definition in wanted.items():
                self._converge(name, definition, scope)
            outputs = _resolve_outputs(scope)
        except (ResourceError, TemplateError) as error:
            self._roll_back(rollback, before, str(error))
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
        """Delete all resources, newest first. If one cannot be deleted, the stack ends in DELETE_FAILED."""
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

    def _roll_back(self, verb: str, before: dict[str, Resource], reason: str) -> None:
        self._stack.enter(f"{verb}_IN_PROGRESS", reason)
        try:
            for step in reversed(self._undo):
                step()
        except ResourceError as error:
            self._stack.enter(f"{verb}_FAILED", f"{reason} Then, going back: {error}")
            return
        self._stack.resources = before
        self._stack.enter(f"{verb}_COMPLETE", reason)

    def _converge(self, name: str, definition: Mapping[str, Any], scope: TemplateScope) -> None:
        kind, old = definition["Type"], self._stack.resources.get(name)
        try:
            new = Resource(
                logical_id=name,
                type=kind,
                made=old.made if old else MadeResource(id=""),
                properties=scope.resolve(definition.get("Properties", {})),
                deletion_policy=definition.get("DeletionPolicy", "Delete"),
                replace_policy=definition.get("UpdateReplacePolicy", "Delete"),
            )
            ROWS[kind].check(new.properties)
            if old is None:
                new = self._create(new)
            elif must_replace(old, kind, new.properties):
                _refuse_name_clash(old, new)
                new = self._create(new)
                self._replaced.append(old)
            elif is_changed(old, new.properties):
                self._undo.append(lambda: self._update(new, old))
                new = self._update(old, new)
            elif self._reverts:
                new = self._bring_back(old, new)
        except (ResourceError, TemplateError) as error:
            verb, physical_id = ("update", old.made.id) if old else ("create", "")
            self._stack.note(name, kind, f"{verb.upper()}_FAILED", physical_id, str(error))
            raise ResourceError(f"The following resource(s) failed to {verb}: [{name}]. {error}") from error
        self._stack.resources[name] = new

    def _create(self, wanted: Resource) -> Resource:
        name, kind = wanted.logical_id, wanted.type
        self._stack.note(name, kind, "CREATE_IN_PROGRESS")
        context = self._engine.make_context(self._stack, name, wanted.properties)
        try:
            created = replace(wanted, made=_call_guarded(ROWS[kind].apply, context))
        except ResourceError:
            for physical_id in context.begun:
                self._remove(replace(wanted, made=MadeResource(id=physical_id)), "Delete")
            raise
        self._stack.note(name, kind, "CREATE_COMPLETE", created.made.id)
        # RetainExceptOnCreate says so: what an operation made that fails is not kept.
        keep = created.deletion_policy if created.deletion_policy == "Retain" else "Delete"
        self._undo.append(lambda: self._remove(created, keep))
        return created

    def _update(self, old: Resource, new: Resource) -> Resource:
        name, kind, made = old.logical_id, old.type, old.made
        self._stack.note(name, kind, "UPDATE_IN_PROGRESS", made.id)
        complete = ROWS[kind].add_defaults(new.properties, old.properties)
        context = self._engine.make_context(self._stack, name, complete, made=made, previous=old.properties)
        made = _call_guarded(ROWS[kind].apply, context)
        self._stack.note(name, kind, "UPDATE_COMPLETE", made.id)
        return replace(new, made=made)

    def _bring_back(self, old: Resource, new: Resource) -> Resource:
        try:
            return self._update(old, new)
        except ResourceError as error:
            if not _is_gone(error):
                raise
            return self._create(new)

    def _remove(self, resource: Resource, policy: str) -> bool:
        """Whether the resource is gone, or retained as its policy says."""
        name, kind, physical_id = resource.logical_id, resource.type, resource.made.id
        if policy != "Delete":
            self._stack.note(name, kind, "DELETE_SKIPPED", physical_id)
            return True
        self._stack.note(name, kind, "DELETE_IN_PROGRESS", physical_id)
        try:
            context = self._engine.make_context(self._stack, name, resource.properties, made=resource.made)
            _call_guarded(ROWS[kind].delete, context)
        except ResourceError as error:
            if not _is_gone(error):
                self._stack.note(name, kind, "DELETE_FAILED", physical_id, str(error))
                return False
        self._stack.note(name, kind, "DELETE_COMPLETE", physical_id)
        return True


def _is_gone(error: ResourceError) -> bool:
    return any(word in error.code for word in _GONE)


def _call_guarded(function: Callable[[ResourceContext], _T], context: ResourceContext) -> _T:
    """Turn any error of a resource type's function into a failed resource, so that the server goes on."""
    try:
        return function(context)
    except ResourceError:
        raise
    except Exception as error:
        raise ResourceError(f"the local cloud cannot handle this resource: {error!r}") from error


def _refuse_name_clash(old: Resource, new: Resource) -> None:
    """Refuse a replacement with the same given name: the new resource is made before the old one goes."""
    for key in ROWS[new.type].fixed:
        if key.endswith("Name") and new.properties.get(key) == old.made.id:
            raise ResourceError(f"cannot replace a resource whose {key} is given: rename {old.made.id}")


def _resolve_outputs(scope: TemplateScope) -> list[dict[str, str]]:
    """The outputs of a template as DescribeStacks gives them. Raises TemplateError."""
    outputs = []
    for key, output in scope.template.get("Outputs", {}).items():
        value = (
            scope.resolve(output["Value"]) if scope.evaluate_condition(output.get("Condition")) else NO_VALUE
        )
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
