"""Why the first step that failed did so, as far as it can be read, and what fixes it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall_cli.aws.hub import intake_bus_arn
from rollcall_cli.doctor.forwarders import check_rules, list_rules
from rollcall_cli.doctor.model import CheckFinding, CheckResult
from rollcall_cli.doctor.trail import check_account, list_trails
from rollcall_cli.drill import timeline
from rollcall_cli.status.dead_letters import read_dead_letters
from rollcall_cli.text import fixes
from rollcall_cli.text.formatting import count, format_time

if TYPE_CHECKING:
    from rollcall_cli.aws.hub import Hub
    from rollcall_cli.drill.account import EditedAccount
    from rollcall_cli.drill.timeline import DrillStep
    from rollcall_config.settings import Settings

#: The dead-letter queue behind a step, as `rollcall status` calls it.
_QUEUES: Final = {
    timeline.QUEUE: "intake",
    f"{timeline.ALERT}sns": "notify",
    **{f"{timeline.ALERT}{channel}": channel for channel in ("chat", "teams", "slack")},
}
_SOURCES: Final = frozenset({"aws.account"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The step that failed, why, and what fixes it."""

    step: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostician:
    """Reads with the same credentials as the drill."""

    hub: Hub
    account: EditedAccount
    settings: Settings
    #: Why the roster lets nothing be written, None if it does.
    halted: str | None

    def explain(self, step: DrillStep) -> Failure:
        """Why this step failed."""
        reason, fix = step.detail or "nothing was seen of it in time", "run `rollcall doctor`"
        if step.name == timeline.RESTORED:
            reason, fix = self._explain_restore(reason)
        elif step.name in (timeline.CLOUDTRAIL, timeline.QUEUE):
            found = self._find_gap()
            reason, fix = (found.seen, found.fix) if found else self._read_dead(step.name) or (reason, fix)
        elif step.name in _QUEUES:
            reason, fix = self._read_dead(step.name) or (
                f"the channel has not sent the alert: {reason}",
                "look at the logs of its function, and at the permissions of its role; `rollcall doctor`",
            )
        return Failure(step=step.name, reason=reason, fix=fix)

    def _explain_restore(self, reason: str) -> tuple[str, str]:
        paused = self.hub.read_controls().paused
        if paused is not None:
            return f"writes are paused until {format_time(paused.until)}", "`rollcall unpause`"
        if self.halted is not None:
            return self.halted, "set `mode: enforce` for this account, deploy and approve"
        return reason, "follow the alert about this edit"

    def _find_gap(self) -> CheckFinding | None:
        """A trail or a rule that is missing in the account that the edits are recorded in."""
        for check in (self._check_trail, self._check_rule):
            with suppress(ClientError):  # what these credentials cannot see
                found = check()
                if found is not None and found.result is CheckResult.FAIL:
                    return found
        return None

    def _check_trail(self) -> CheckFinding | None:
        region, client = self.settings.region, self.account.client("cloudtrail")
        return check_account(self.account.home, list_trails(client, region=region), region)

    def _check_rule(self) -> CheckFinding | None:
        bus = intake_bus_arn(self.settings)
        rules = list_rules(self.account.client("events"), self.account.client("iam"), bus)
        return check_rules(rules, _SOURCES, bus=bus, restore=self._name_fix())

    def _name_fix(self) -> str:
        if self.account.home == self.settings.hub:
            return fixes.restore("RollcallHub")
        if self.account.home == self.settings.management:
            return fixes.restore("RollcallManagement")
        return "update the stack instance of the account: `rollcall doctor` has the command"

    def _read_dead(self, step: str) -> tuple[str, str] | None:
        try:
            queues = read_dead_letters(self.hub)
        except ClientError as error:
            return f"the dead-letter queues cannot be read: {get_code(error)}", "run `rollcall status`"
        waiting = sum(one.waiting for one in queues if one.queue == _QUEUES.get(step))
        if not waiting:
            return None
        return (
            f"{count(waiting, 'message')} in the dead-letter queue {_QUEUES[step]}",
            "`rollcall status` shows the reasons; fix them and redrive the queue",
        )
