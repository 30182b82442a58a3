"""What a story is played with: names of what is deployed, the functions under test, and what is noted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from chaos.fakes.people import Identity
from chaos.story import HUB, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from chaos.fakes.cloud import Call
    from chaos.fakes.queue import Message
    from chaos.world import World

TABLE: Final = "rollcall-state"
LEDGER: Final = "rollcall-ledger"
REPORTS: Final = "rollcall-reports"
BUS: Final = "rollcall-outcomes"
#: What the ARN of an execution of the sweep's machine begins with.
SWEEPS: Final = f"arn:aws:states:us-east-1:{HUB}:execution:rollcall-sweep"
TOPIC: Final = f"arn:aws:sns:us-east-1:{HUB}:alerts"
WRITER: Final = Identity(HUB, "rollcall-reconcile", "reconcile", user_agent="Botocore/1.44 md/lambda")
MANAGEMENT_WRITER: Final = Identity(
    MANAGEMENT, "rollcall-management-contacts", "rollcall-reconcile", user_agent="Botocore/1.44 md/lambda"
)
#: The role through which sweeps read a member, whose account stands in place of `*`.
MEMBER_READER: Final = "arn:aws:iam::*:role/rollcall-contact-reader"
#: The organizational unit of all members.
UNIT: Final = "ou-ab12-11111111"
#: Another one, to which accounts are moved.
SANDBOX: Final = "ou-ab12-22222222"
#: Their names, which are their paths, too.
UNITS: Final = {UNIT: "Workloads", SANDBOX: "Sandbox"}
DAY: Final = 86_400.0


@dataclass(eq=False, slots=True)
class Slot:
    """One execution environment of a function: what it made at its start stays until it is killed."""

    function: str
    number: int
    composed: Any = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a function knows of its invocation."""

    now: Callable[[], float]
    deadline: float
    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """How long it may still run."""
        return int((self.deadline - self.now()) * 1000)


class Functions(Protocol):
    """The functions under test."""

    #: Indexes of the state table: partition key and sort key.
    indexes: Mapping[str, tuple[str, str | None]]

    def installed(self, world: World) -> AbstractContextManager[None]:
        """Let the functions work in this world for a while."""

    def prepare(self, roster: Mapping[str, Any]) -> None:
        """Approve the first roster."""

    def invoke(self, slot: Slot, event: Mapping[str, Any], context: Context) -> Any:
        """One invocation, in the process that runs now."""

    def read_log(self) -> str:
        """What the functions have logged."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that came to a queue, and the call behind it."""

    time: float
    call: Call
    event_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Published:
    """An entry that the outcome bus took."""

    time: float
    kind: str
    document: Mapping[str, Any]
    process: str


@dataclass(frozen=True, slots=True)
class Crash:
    """An invocation that raised."""

    time: float
    process: str
    error: str


@dataclass(slots=True)
class Control:
    """Pause and approved roster as they were from a moment on."""

    time: float
    paused: bool
    approved: str | None
    until: float

    def is_paused(self, time: float) -> bool:
        """Whether writes are paused at this time, if nothing changes until then."""
        return self.paused and time < self.until
