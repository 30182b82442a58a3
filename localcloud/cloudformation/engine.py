"""The engine: which stacks there are, and what a revision means for one of them."""

from collections.abc import Mapping
from typing import Any

from localcloud.clients import Clients
from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.intrinsics import KNOWN_AFTER_APPLY, Scope
from localcloud.cloudformation.resources import ROWS
from localcloud.cloudformation.rows import Context, Made, Row
from localcloud.cloudformation.stack import Change, Resource, Stack
from localcloud.cloudformation.template import Revision, creation_order


class _UnknownAttributes(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return KNOWN_AFTER_APPLY


_LATER = Made(id=KNOWN_AFTER_APPLY, attributes=_UnknownAttributes())


class _Deployed(Mapping[str, Made]):
    """What the resources of a stack have become so far: a live view."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources

    def __getitem__(self, name: str) -> Made:
        return self._resources[name].made

    def __iter__(self) -> Any:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)


class Engine:
    """All stacks of all accounts."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.stacks: list[Stack] = []

    def exported(self, account: str, region: str, name: str) -> str:
        """The value of an export of an account and Region. Raises TemplateError."""
        for stack in self.stacks:
            if (stack.account, stack.region) == (account, region):
                for output in stack.outputs:
                    if output.get("ExportName") == name:
                        return output["OutputValue"]
        raise TemplateError(f"No export named {name} found.")

    def scope(self, stack: Stack, revision: Revision, made: Mapping[str, Made] | None = None) -> Scope:
        """What the revision's expressions see: by default its resources as they are."""
        pseudo = {
            "AWS::AccountId": stack.account,
            "AWS::Region": stack.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": stack.id,
            "AWS::NotificationARNs": [],
        }
        return Scope(
            template=revision.template,
            values={**revision.parameters, **pseudo},
            made=_Deployed(stack.resources) if made is None else made,
            exported=lambda name: self.exported(stack.account, stack.region, name),
        )

    def wanted(self, stack: Stack, revision: Revision) -> dict[str, Any]:
        """Definitions of the resources whose condition holds, in creation order. Raises TemplateError."""
        resources, scope = revision.template["Resources"], self.scope(stack, revision)
        if unknown := sorted({r["Type"] for r in resources.values()} - set(ROWS)):
            raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
        present = {name: r for name, r in resources.items() if scope.holds(r.get("Condition"))}
        return {name: present[name] for name in creation_order(present)}

    def plan(self, stack: Stack, revision: Revision) -> list[Change]:
        """What a deployment of the revision would do. Raises TemplateError."""
        changes: list[Change] = []
        made = {name: resource.made for name, resource in stack.resources.items()}
        wanted, scope = self.wanted(stack, revision), self.scope(stack, revision, made)
        for name, definition in wanted.items():
            old, kind = stack.resources.get(name), definition["Type"]
            if old is None:
                made[name] = _LATER
                changes.append(Change(action="Add", logical_id=name, type=kind))
                continue
            properties = scope.resolve(definition.get("Properties", {}))
            if replaces := must_replace(old, kind, properties):
                made[name] = _LATER
            if replaces or differs(ROWS[kind], old.properties, properties):
                changes.append(Change(action="Modify", logical_id=name, type=kind, replaces=replaces))
        gone = [r for name, r in stack.resources.items() if name not in wanted]
        return [*changes, *(Change(action="Remove", logical_id=r.logical_id, type=r.type) for r in gone)]

    def context(self, stack: Stack, name: str, properties: Mapping[str, Any], **present: Any) -> Context:
        """A resource of the stack for its row; `present` is what exists of it (`made`, `previous`)."""
        return Context(
            clients=self.clients,
            stack=stack.name,
            logical_id=name,
            account=stack.account,
            region=stack.region,
            properties=properties,
            **present,
        )


def must_replace(old: Resource, kind: str, properties: Mapping[str, Any]) -> bool:
    """Whether the change cannot be made in place: another type, or a property that is fixed at creation."""
    fixed = ROWS[kind].fixed
    return old.type != kind or any(old.properties.get(key) != properties.get(key) for key in fixed)


def differs(row: Row, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether anything changed that has an effect here."""
    return row.relevant(old) != row.relevant(new)
