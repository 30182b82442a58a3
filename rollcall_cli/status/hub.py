"""The hub as it is deployed, for those who operate it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.state.edits import RepeatedEditItems
from rollcall.adapters.state.rosters import CONTROL
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.state.table import DynamoTable
from rollcall_cli.aws.caller import Position
from rollcall_cli.aws.hub_stack import output, outputs
from rollcall_cli.status.guarded import GuardedClient
from rollcall_cli.text.problems import CommandError
from rollcall_config.configuration import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.ports import Clock
    from rollcall_cli.aws.composition import Composition

SWEEP, CONTROLS, TABLE = "SweepMachineArn", "ControlMachineArn", "StateTableName"
_DEAD_LETTERS: Final = "DeadLetterQueueUrl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided something, when, and what they said."""

    by: str
    at: datetime | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """What people decided. `paused` and `approval` are None if nothing is paused or approved."""

    approved: str | None
    approval: Decision | None
    paused: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """`caller` is the ARN of who operates; `client` gives guarded clients by service."""

    caller: str
    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    clock: Clock

    @property
    def sweeps(self) -> SweepTable:
        """Runs and plans that wait."""
        return SweepTable(client=self.client("dynamodb"), table=self.outputs[TABLE])

    @property
    def repeated_edits(self) -> RepeatedEditItems:
        """Contacts that are changed back again and again."""
        return RepeatedEditItems(client=self.client("dynamodb"), table=self.outputs[TABLE])

    def controls(self) -> Controls:
        """What people decided; RetryableError if the table cannot be asked."""
        item = DynamoTable(client=self.client("dynamodb"), table=self.outputs[TABLE]).get(CONTROL) or {}
        approved = item.get("approved", {}).get("S")
        return Controls(
            approved=approved,
            approval=_decision(item, "approved") if approved else None,
            paused=_decision(item, "paused") if item.get("paused", {}).get("BOOL") else None,
        )

    def dead_letters(self) -> Mapping[str, str]:
        """URLs of the dead-letter queues by what they are of: intake, notify, sweep."""
        return {
            name.removesuffix(_DEAD_LETTERS).lower(): url
            for name, url in sorted(self.outputs.items())
            if name.endswith(_DEAD_LETTERS)
        }


def reach(composition: Composition, *, config: str, profile: str | None) -> Hub:
    """Log in to the hub; CommandError if these are other credentials, or nothing is deployed."""
    settings = load(composition.root, config, today=composition.clock.now().date()).settings
    login = composition.login(settings, profile=profile)
    if login.position is not Position.HUB:
        raise CommandError(
            f"these are credentials of the management account {settings.management}",
            fix=f"Rollcall runs in the hub: use credentials of account {settings.hub}, for example with "
            "--profile",
        )

    def client(service: str) -> GuardedClient:
        return GuardedClient(login.client(service), service=service)

    stack = client("cloudformation")
    for name in (TABLE, SWEEP, CONTROLS):
        output(stack, name)  # raises where there is no stack, or one of an older release
    return Hub(
        caller=login.identity.arn,
        client=client,
        outputs=outputs(stack) or {},
        clock=composition.clock,
    )


def _decision(item: Mapping[str, Any], what: str) -> Decision:
    at = item.get(f"{what}_at", {}).get("S")
    return Decision(
        by=item.get(f"{what}_by", {}).get("S", "unknown"),
        at=datetime.fromisoformat(at) if at else None,
        why=item.get(f"{what}_why", {}).get("S", ""),
    )
