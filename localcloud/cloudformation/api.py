"""CloudFormation's query API, as far as the CDK CLI and boto3's stack operations use it."""

from typing import Any, ClassVar
from urllib.parse import unquote, urlparse

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from localcloud.cloudformation.deployment import Deployment
from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.errors import RequestError, TemplateError
from localcloud.cloudformation.resource import Resource
from localcloud.cloudformation.stack import ChangeSet, Stack
from localcloud.cloudformation.template import Revision, parse
from localcloud.cloudformation.validation import (
    S3_BYTES,
    check_template,
    list_needed_capabilities,
    require_capabilities,
    require_size,
)


class CloudFormationApi(BaseResponse):
    """One request; its public methods are the actions, named as moto's dispatcher wants them."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    def create_stack(self) -> ActionResult:
        """CreateStack; refuses a name that is taken."""
        name = self._get_param("StackName")
        if any(stack.name == name for stack in self._list_stacks()):
            raise RequestError("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = self._make_stack()
        return self._run(stack, self._build_revision(stack))

    def update_stack(self) -> ActionResult:
        """UpdateStack; refuses an update that changes nothing."""
        stack = self._find_stack()
        revision = self._build_revision(stack)
        if revision.is_same_as(stack.revision):
            raise TemplateError("No updates are to be performed.")  # the CDK CLI compares this text
        return self._run(stack, revision)

    def delete_stack(self) -> ActionResult:
        """DeleteStack; one that does not exist is fine."""
        name = self._get_param("StackName")
        for stack in [s for s in self._list_stacks() if name in (s.name, s.id)]:
            Deployment(self.engine, stack).delete()
        return EmptyResult()

    def create_change_set(self) -> ActionResult:
        """CreateChangeSet; one of type CREATE makes its stack, in review."""
        name = self._get_param("StackName")
        known = [s for s in self._list_stacks() if name in (s.name, s.id)]
        creates = self._get_param("ChangeSetType") == "CREATE"
        stack = self._make_stack() if creates and not known else self._find_stack()
        revision, reverts = self._build_revision(stack), self._get_param("DeploymentMode") == "REVERT_DRIFT"
        change_set = ChangeSet(
            stack=stack,
            name=self._get_param("ChangeSetName"),
            revision=revision,
            changes=self.engine.compare(stack, revision),
            empty=revision.is_same_as(stack.revision) and not reverts,
            reverts=reverts,
        )
        stack.change_sets.append(change_set)
        self.engine.register(stack)
        return ActionResult({"Id": change_set.id, "StackId": stack.id})

    def describe_change_set(self) -> ActionResult:
        """DescribeChangeSet."""
        return ActionResult(render_change_set(self._find_change_set()))

    def execute_change_set(self) -> ActionResult:
        """ExecuteChangeSet; returns when the stack has reached its end state."""
        change_set = self._find_change_set()
        if change_set.empty:
            raise RequestError("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] cannot be executed")
        change_set.stack.change_sets.clear()
        self._run(change_set.stack, change_set.revision, reverts=change_set.reverts)
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        """DeleteChangeSet; one that does not exist is fine."""
        stack, name = self._find_stack(), self._get_param("ChangeSetName")
        stack.change_sets[:] = [c for c in stack.change_sets if name not in (c.name, c.id)]
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        """DescribeStacks: one by name or id (a deleted one by id), or all."""
        chosen = [self._find_stack()] if self._get_param("StackName") else self._list_stacks()
        return ActionResult({"Stacks": [render_stack(s) for s in chosen]})

    def describe_stack_events(self) -> ActionResult:
        """DescribeStackEvents, newest first, on one page."""
        return ActionResult({"StackEvents": self._find_stack().events[::-1]})

    def describe_stack_resources(self) -> ActionResult:
        """DescribeStackResources of a stack, or of one resource in it."""
        stack, name = self._find_stack(), self._get_param("LogicalResourceId")
        chosen = [r for r in stack.resources.values() if name in (None, r.logical_id)]
        return ActionResult({"StackResources": [render_resource(stack, r) for r in chosen]})

    def list_stack_resources(self) -> ActionResult:
        """ListStackResources, on one page."""
        stack = self._find_stack()
        return ActionResult(
            {"StackResourceSummaries": [render_resource(stack, r) for r in stack.resources.values()]}
        )

    def validate_template(self) -> ActionResult:
        """ValidateTemplate: the parameters and the capabilities that a template asks for."""
        template = parse(self.read_template_body())
        check_template(template)
        needed = list_needed_capabilities(template)
        parameters = [
            {
                "ParameterKey": name,
                "NoEcho": str(spec.get("NoEcho", False)).lower() == "true",
                "DefaultValue": spec.get("Default"),
                "Description": spec.get("Description"),
            }
            for name, spec in template.get("Parameters", {}).items()
        ]
        known = {"Parameters": parameters, "Description": template.get("Description"), "Capabilities": needed}
        return ActionResult(known)

    def get_template(self) -> ActionResult:
        """GetTemplate: the text as it was given."""
        revision = self._find_stack().revision
        return ActionResult(
            {"TemplateBody": revision.body if revision else "{}", "StagesAvailable": ["Original"]}
        )

    def _list_stacks(self) -> list[Stack]:
        here = [s for s in self.engine.stacks if (s.account, s.region) == (self.current_account, self.region)]
        return [s for s in here if s.status != "DELETE_COMPLETE"]

    def _find_stack(self) -> Stack:
        name = self._get_param("StackName")
        for stack in [*self._list_stacks(), *self.engine.stacks]:
            if name == stack.id or (name == stack.name and stack in self._list_stacks()):
                return stack
        raise TemplateError(f"Stack with id {name} does not exist")  # the CDK CLI compares this text

    def _make_stack(self) -> Stack:
        return Stack(name=self._get_param("StackName"), account=self.current_account, region=self.region)

    def _find_change_set(self) -> ChangeSet:
        name = self._get_param("ChangeSetName")
        for change_set in self._find_stack().change_sets:
            if name in (change_set.name, change_set.id):
                return change_set
        raise RequestError("ChangeSetNotFoundException", f"ChangeSet [{name}] does not exist")

    def _build_revision(self, stack: Stack) -> Revision:
        old = stack.revision
        revision = self.engine.revise(
            stack,
            old.body if old and self._get_param("UsePreviousTemplate") else self.read_template_body(),
            parameters=self._get_param("Parameters", []),
            tags=tuple((tag["Key"], tag["Value"]) for tag in self._get_param("Tags", [])),
        )
        require_capabilities(revision.template, self._get_param("Capabilities", []))
        return revision

    def read_template_body(self) -> str:
        """The template's text: in the request, or where its TemplateURL points to."""
        if url := self._get_param("TemplateURL"):
            # The CDK CLI writes path-style addresses of the endpoint that it was given.
            bucket, key = unquote(urlparse(url).path).lstrip("/").split("/", 1)
            s3 = self.engine.clients.client("s3", self.current_account, region=self.region)
            body = str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
            require_size(body, limit=S3_BYTES)
            return body
        body = str(self._get_param("TemplateBody") or "")
        require_size(body)
        return body

    def _run(self, stack: Stack, revision: Revision, *, reverts: bool = False) -> ActionResult:
        if not stack.can_change:
            raise TemplateError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        wanted = self.engine.list_definitions(stack, revision)  # a senseless template leaves no stack behind
        self.engine.register(stack)
        Deployment(self.engine, stack, reverts=reverts).run(revision, wanted)
        return ActionResult({"StackId": stack.id})


_NO_CHANGES = "The submitted information didn't contain changes."  # the CDK CLI looks for this text


def render_stack(stack: Stack) -> dict[str, Any]:
    """A member of DescribeStacks."""
    revision = stack.revision
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "CreationTime": stack.created_at,
        "Outputs": stack.outputs,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": str(value)} for key, value in revision.given.items()
        ]
        if revision
        else [],
        "Tags": [{"Key": key, "Value": value} for key, value in revision.tags] if revision else [],
    }


def render_resource(stack: Stack, resource: Resource) -> dict[str, Any]:
    """A member of DescribeStackResources and ListStackResources."""
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.made.id,
        "ResourceType": resource.type,
        "ResourceStatus": "CREATE_COMPLETE",
        "Timestamp": resource.at,
        "LastUpdatedTimestamp": resource.at,
    }


def render_change_set(change_set: ChangeSet) -> dict[str, Any]:
    """DescribeChangeSet."""
    return {
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "StackId": change_set.stack.id,
        "StackName": change_set.stack.name,
        "CreationTime": change_set.created_at,
        "Status": "FAILED" if change_set.empty else "CREATE_COMPLETE",
        "StatusReason": _NO_CHANGES if change_set.empty else None,
        "ExecutionStatus": "UNAVAILABLE" if change_set.empty else "AVAILABLE",
        "Changes": [
            {
                "Type": "Resource",
                "ResourceChange": {
                    "Action": change.action,
                    "LogicalResourceId": change.logical_id,
                    "ResourceType": change.type,
                },
            }
            for change in change_set.changes
        ],
    }
