"""All stacks, and what a template with its parameters means for one of them."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localcloud.cloud.clients import AccountClients
from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.intrinsics import TemplateScope
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.resources import ROWS
from localcloud.cloudformation.rows import ResourceContext
from localcloud.cloudformation.stack import ResourceChange, Stack
from localcloud.cloudformation.template import (
    Revision,
    merge_parameters,
    order_resources,
    parse,
    resolve_parameters,
)
from localcloud.cloudformation.validation import check_template


class Engine:
    """All stacks of all accounts."""

    def __init__(self, clients: AccountClients) -> None:
        self.clients = clients
        self.stacks: list[Stack] = []
        self._listeners: list[Callable[[Stack], None]] = []

    def listen(self, listener: Callable[[Stack], None]) -> None:
        """Call `listener` whenever a stack has entered a status."""
        self._listeners.append(listener)

    def _notify(self, stack: Stack) -> None:
        for listener in self._listeners:
            listener(stack)

    def register(self, stack: Stack) -> None:
        """Keep the stack, if it is new."""
        if stack not in self.stacks:
            stack.on_status = self._notify
            self.stacks.append(stack)

    def revise(
        self,
        stack: Stack,
        body: str,
        *,
        parameters: list[dict[str, Any]],
        tags: tuple[tuple[str, str], ...] = (),
    ) -> Revision:
        """Parse a template and resolve its parameters for a stack. Raises TemplateError."""
        template = parse(body)
        check_template(template)
        given = merge_parameters(template, parameters, stack.revision.given if stack.revision else {})

        def ssm_value(name: str) -> str:
            ssm = self.clients.client("ssm", stack.account, region=stack.region)
            try:
                return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
            except ClientError as error:
                raise TemplateError(f"Unable to fetch parameters [{name}] from parameter store") from error

        revision = Revision(
            body=body,
            template=template,
            given=given,
            parameters=resolve_parameters(template, given, ssm_value),
            tags=tags,
        )
        if broken := self.make_scope(stack, revision).find_broken_assertion():
            raise TemplateError(f"Template validation error: {broken}")
        return revision

    def make_scope(self, stack: Stack, revision: Revision) -> TemplateScope:
        """The scope for the revision's expressions. It has each resource as soon as it is made."""
        pseudo = {
            "AWS::AccountId": stack.account,
            "AWS::Region": stack.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": stack.id,
        }
        return TemplateScope(
            template=revision.template, values={**revision.parameters, **pseudo}, resources=stack.resources
        )

    def list_definitions(self, stack: Stack, revision: Revision) -> dict[str, Any]:
        """Definitions of the resources whose condition holds, in creation order. Raises TemplateError."""
        resources, scope = revision.template["Resources"], self.make_scope(stack, revision)
        if unknown := sorted({r["Type"] for r in resources.values()} - set(ROWS)):
            raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
        present = {name: r for name, r in resources.items() if scope.evaluate_condition(r.get("Condition"))}
        return {name: present[name] for name in order_resources(present)}

    def compare(self, stack: Stack, revision: Revision) -> tuple[ResourceChange, ...]:
        """How the definitions differ from the deployed ones. Raises TemplateError."""
        old = self.list_definitions(stack, stack.revision) if stack.revision else {}
        new = self.list_definitions(stack, revision)
        both = {
            "Add": [name for name in new if name not in old],
            "Modify": [name for name in new if name in old and new[name] != old[name]],
            "Remove": [name for name in old if name not in new],
        }
        types = {name: definition["Type"] for name, definition in {**old, **new}.items()}
        return tuple(
            ResourceChange(action=action, logical_id=name, type=types[name])
            for action, names in both.items()
            for name in names
        )

    def make_context(
        self, stack: Stack, name: str, properties: Mapping[str, Any], **present: Any
    ) -> ResourceContext:
        """The context for a resource's type; `present`: `made` and `previous` of one that exists."""
        return ResourceContext(
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


def is_changed(old: Resource, properties: Mapping[str, Any]) -> bool:
    """Whether anything changed that has an effect here."""
    relevant = ROWS[old.type].select_relevant
    return relevant(old.properties) != relevant(properties)
