"""The deployed hub: its stack, its outputs, and clients for the people who operate it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.rosters import APPROVAL, CONTROL, ControlItems, is_paused
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.state.table import DynamoTable
from rollcall.control.proof import Place
from rollcall.model.errors import RetryableError
from rollcall.model.roster import Roster
from rollcall.model.well_known import (
    INTAKE_BUS_NAME,
    OPERATOR_ROLE_NAME,
    READER_ROLE_NAME,
    RECONCILE_ROLE_NAME,
)
from rollcall_cli.aws.composition import Position
from rollcall_cli.text.problems import DENIED_CODES, CommandError
from rollcall_config.configuration import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.decide.resolve import Enforcement
    from rollcall.ports import Clock
    from rollcall_cli.aws.composition import Composition, Login
    from rollcall_config.settings import Settings


def intake_bus_arn(settings: Settings) -> str:
    """Return the ARN of the intake bus."""
    place = f"{settings.region}:{settings.hub}"
    return f"arn:{settings.partition}:events:{place}:event-bus/{INTAKE_BUS_NAME}"


def reconcile_role_arn(settings: Settings) -> str:
    """Return the ARN of the role that writes contacts."""
    return f"arn:{settings.partition}:iam::{settings.hub}:role/{RECONCILE_ROLE_NAME}"


STACK: Final = "RollcallHub"


def describe_stack(client: Any) -> Mapping[str, Any] | None:
    """Return the stack as CloudFormation describes it, None if it is not deployed."""
    try:
        found: Mapping[str, Any] = client.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if get_code(error) == "ValidationError":  # AWS's code for a stack that does not exist
            return None
        raise
    return found


def parse_outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs of a described stack by name."""
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", ())}


def read_outputs(client: Any) -> Mapping[str, str] | None:
    """Return the outputs of the stack by name, None if it is not deployed."""
    found = describe_stack(client)
    return None if found is None else parse_outputs(found)


def read_output(client: Any, name: str) -> str:
    """Return one output; CommandError if the stack is not deployed or lacks it."""
    found = read_outputs(client)
    if found is None:
        raise CommandError(
            f"there is no stack {STACK} in the account of these credentials",
            fix="use credentials of the hub; if it is not deployed yet, follow docs/deploying.md",
        )
    if name not in found:
        raise CommandError(
            f"the stack {STACK} has no output {name}: it belongs to another release than this command",
            fix="deploy the stack again from the release of this command",
        )
    return found[name]


#: The name of a service in policies, where it differs from the SDK's.
_PREFIXES: Final = {"stepfunctions": "states"}
_OPERATORS: Final = frozenset({"start_execution", "describe_execution"})
_FIXES: Final = {
    True: f"assume the role {OPERATOR_ROLE_NAME} of the hub, which requires MFA (docs/cli.md)",
    False: f"assume the role {READER_ROLE_NAME} or {OPERATOR_ROLE_NAME} of the hub (docs/cli.md)",
}


class GuardedClient:
    """A retrying client that raises CommandError, with the role to assume, if AWS denies a call."""

    def __init__(self, client: Any, *, service: str) -> None:
        self._client = client
        self._service = service

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call_guarded(**parameters: Any) -> Any:
            try:
                return method(**parameters)
            except ClientError as error:
                if get_code(error) not in DENIED_CODES:
                    raise
                service = _PREFIXES.get(self._service, self._service)
                problem = f"the credentials are not allowed to call {service}:{error.operation_name}"
                raise CommandError(problem, fix=_FIXES[name in _OPERATORS]) from error

        return call_guarded


SWEEP, CONTROLS, TABLE = "SweepMachineArn", "ControlMachineArn", "StateTableName"
REPORTS: Final = "ReportsBucketName"
_DEAD_LETTERS: Final = "DeadLetterQueueUrl"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDecision:
    """A recorded decision of an operator."""

    by: str
    user_id: str
    #: Name of the execution that brought it.
    execution: str
    at: datetime | None
    #: The reason that was given.
    reason: str = ""
    #: When a pause ends, None for other decisions.
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorControls:
    """The decisions in force."""

    #: Digest of the approved roster, None if none is approved.
    approved: str | None
    approval: OperatorDecision | None
    #: None if writes are not paused.
    paused: OperatorDecision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The deployed hub."""

    #: ARN of the caller, as their own credentials have it.
    caller: str
    #: Proves to the hub whose command this is, for the execution of this ARN.
    sign: Callable[[Mapping[str, Any], str], Mapping[str, str]]
    #: Makes a guarded client of a service.
    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    clock: Clock
    #: The ID of the organization.
    organization: str
    #: Whether Rollcall is to reach the management account's own contacts.
    management_role: bool

    @property
    def sweeps(self) -> SweepTable:
        """Runs, and plans that are pending approval."""
        return SweepTable(client=self.client("dynamodb"), table=self.outputs[TABLE])

    @property
    def runs(self) -> RunsBucket:
        """What runs store: accounts, observations, plans and results."""
        return RunsBucket(client=self.client("s3"), bucket=self.outputs[REPORTS])

    def load_roster(self, digest: str) -> Roster:
        """The roster that was approved under this digest; RetryableError if it cannot be read."""
        control = ControlItems(client=self.client("dynamodb"), table=self.outputs[TABLE])
        return Roster.from_document(control.load_roster(digest))

    @property
    def contacts(self) -> ContactItems:
        """The records of contacts."""
        return ContactItems(client=self.client("dynamodb"), table=self.outputs[TABLE])

    def read_controls(self) -> OperatorControls:
        """Read the decisions in force; RetryableError if the table does not answer."""
        table = DynamoTable(client=self.client("dynamodb"), table=self.outputs[TABLE])
        approval, control = (item or {} for item in table.get_each([APPROVAL, CONTROL]))
        approved = approval.get("approved", {}).get("S")
        return OperatorControls(
            approved=approved,
            approval=_read_decision(approval, "approved") if approved else None,
            paused=_read_decision(control, "paused") if is_paused(control, self.clock.now()) else None,
        )

    def list_dead_letters(self) -> Mapping[str, str]:
        """Return the URLs of the dead-letter queues by stage: intake, echoes, sweep, channels."""
        return {
            name.removesuffix(_DEAD_LETTERS).lower(): url
            for name, url in sorted(self.outputs.items())
            if name.endswith(_DEAD_LETTERS)
        }


def log_in_to_hub(composition: Composition, settings: Settings, *, profile: str | None) -> Login:
    """Log in; CommandError for credentials of another account."""
    login = composition.log_in(settings, profile=profile)
    if login.position is not Position.HUB:
        raise CommandError(
            f"these are credentials of the management account {settings.management}",
            fix=f"use credentials of the hub account {settings.hub}, for example with --profile",
        )
    return login


def read_enforcement(login: Login, clock: Clock) -> Enforcement | None:
    """Return the approved roster and whether writes are paused, None if that cannot be read."""
    if login.position is not Position.HUB:
        return None
    try:
        table = (read_outputs(login.client("cloudformation")) or {}).get(TABLE)
        control = ControlItems(client=login.client("dynamodb"), table=table, clock=clock) if table else None
        return control.get_enforcement() if control else None
    except (*AWS_ERRORS, CommandError, RetryableError):
        return None


def connect_to_hub(composition: Composition, *, config: str, profile: str | None) -> Hub:
    """Log in to the hub; CommandError for other credentials, or if nothing is deployed."""
    settings = load(composition.root, config, today=composition.clock.now().date()).settings
    login = log_in_to_hub(composition, settings, profile=profile)

    def client(service: str) -> GuardedClient:
        return GuardedClient(login.client(service), service=service)

    stack = client("cloudformation")
    for name in (TABLE, SWEEP, CONTROLS, REPORTS):
        read_output(stack, name)  # raises if there is no stack, or one of an older release
    place = Place(account=settings.hub, region=settings.region)

    def sign(document: Mapping[str, Any], execution_arn: str) -> Mapping[str, str]:
        from rollcall.adapters.identities import sign_command  # noqa: PLC0415  # slow, and most sign nothing

        now = composition.clock.now()
        return sign_command(
            document, execution_arn=execution_arn, credentials=login.credentials, place=place, now=now
        )

    return Hub(
        caller=login.identity.arn,
        sign=sign,
        client=client,
        outputs=read_outputs(stack) or {},
        clock=composition.clock,
        organization=settings.organization,
        management_role=settings.management_role,
    )


def _read_decision(item: Mapping[str, Any], what: str) -> OperatorDecision:
    def read(name: str) -> str:
        return str(item.get(f"{what}_{name}", {}).get("S", ""))

    at, until = read("at"), item.get(f"{what}_until", {}).get("N")
    return OperatorDecision(
        by=read("by") or "unknown",
        user_id=read("user_id"),
        execution=read("execution"),
        at=datetime.fromisoformat(at) if at else None,
        reason=read("reason"),
        until=datetime.fromtimestamp(int(until), UTC) if until else None,
    )
