"""The state of one stack and its history."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.resource import Resource, now
from localcloud.cloudformation.template import Revision

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange:
    """One planned change of a resource: Add, Modify or Remove."""

    action: str
    logical_id: str
    type: str


@dataclass(slots=True, kw_only=True, eq=False)
class Stack:
    """One stack; the engine changes it in place."""

    name: str
    account: str
    region: str
    id: str = ""
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    revision: Revision | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    change_sets: "list[ChangeSet]" = field(default_factory=list)
    created_at: dt.datetime = field(default_factory=now)
    operation: str = ""
    on_status: "Callable[[Stack], None]" = lambda _: None

    def __post_init__(self) -> None:
        self.id = f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.name}/{uuid.uuid4()}"

    @property
    def can_change(self) -> bool:
        """Whether an operation may start: none is running, and the stack is not a failed creation."""
        busy = self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"
        return not busy and self.status != "ROLLBACK_COMPLETE" and not self.status.endswith("_FAILED")

    def begin(self, status: str) -> None:
        """Start an operation. Later events carry its id."""
        self.operation = str(uuid.uuid4())
        self.enter(status)

    def enter(self, status: str, reason: str | None = None) -> None:
        """Set the stack's status and add its event."""
        self.status, self.reason = status, reason
        self.note(self.name, "AWS::CloudFormation::Stack", status, self.id, reason)
        self.on_status(self)

    def note(
        self, logical_id: str, kind: str, status: str, physical_id: str = "", reason: str | None = None
    ) -> None:
        """Add an event at least a millisecond after the last: the CDK CLI sorts events by their time."""
        last = self.events[-1]["Timestamp"] + dt.timedelta(milliseconds=1) if self.events else now()
        self.events.append(
            {
                "StackId": self.id,
                "StackName": self.name,
                "EventId": str(uuid.uuid4()),
                "OperationId": self.operation,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceType": kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": max(now(), last),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeSet:
    """A proposed revision of a stack. `empty`: it would change nothing. `reverts`: it undoes drift, too."""

    stack: Stack
    name: str
    revision: Revision
    changes: tuple[ResourceChange, ...]
    empty: bool
    reverts: bool
    created_at: dt.datetime = field(default_factory=now)

    @property
    def id(self) -> str:
        """ARN of the change set."""
        return self.stack.id.replace(":stack/", f":changeSet/{self.name}-of-", 1)
